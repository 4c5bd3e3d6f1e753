"""What excuses that something comes back late, and what does not."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from alimante.commands.loading import load_whole
from alimante.core.events import ConditionChanged, HealthChanged, Level
from alimante.simulation.faults import parse
from alimante.simulation.ledger import FaultRecord, Ledger
from alimante.simulation.liveness import BREAKERS_S, HEALTHY_S, Liveness
from alimante.simulation.patience import TIME_CONSTANTS, patience_of, time_constant_s
from alimante.simulation.stage import on_simulated_wires

CONFIG = Path(__file__).parents[3] / "config"
DEVICES = {"probe": "sensor", "heater": "actuator"}


def record(spec: str, *, is_active: bool = False) -> FaultRecord:
    return FaultRecord(parse(spec, DEVICES), frozenset(), (), is_active=is_active)


def late(repaired: str, *others: str, for_s: float) -> list[str]:
    """What is late when the node never becomes healthy after `repaired` was over, with `others` still there."""
    config = SimpleNamespace(
        mqtt=SimpleNamespace(base="alimante"),
        node=SimpleNamespace(id="node"),
        devices={},
        controllers={},
        groups={},
        simulation=SimpleNamespace(zones={"warm": None}),
    )
    there = [record(spec, is_active=True) for spec in others]
    ledger: Any = SimpleNamespace(config=config, faults=there, is_healthy=False, unwell={}, told=set())
    supervisor = SimpleNamespace(
        ports=SimpleNamespace(safe_mode=""),
        gate=SimpleNamespace(outputs={}),
        guards=SimpleNamespace(report=lambda: {"sensors": {"probe": {"state": "open"}}}),
    )
    liveness = Liveness(ledger, SimpleNamespace(retained={}), start_s=0.0)  # type: ignore[arg-type]
    liveness.begin_life(supervisor)
    liveness.repaired(record(repaired), 0.0)
    for now_s in range(0, int(for_s) + 1, 10):
        liveness.look(float(now_s))
    return [violation.invariant for violation in liveness.late]


def test_what_is_not_well_in_time_after_a_fault_is_late():
    assert late("probe=off@1m+5m", for_s=HEALTHY_S) == []
    assert late("probe=off@1m+5m", for_s=BREAKERS_S + 10.0) == ["L1", "L2"]


def test_another_fault_is_an_excuse():
    assert late("probe=off@1m+5m", "heater=welded@1m", for_s=1000.0) == []


@pytest.mark.parametrize("event", ["door=open@1m", "room=step(-8)@1m", "sun=on@1m", "heater=power(0.5)@1m"])
def test_an_event_is_none(event: str):
    assert late("probe=off@1m+5m", event, for_s=1000.0) == ["L1", "L2"]


def test_a_probe_that_was_put_back_may_become_warm_first():
    assert late("probe=detached(100)@1m+5m", for_s=500.0 + HEALTHY_S) == []
    assert late("probe=detached(100)@1m+5m", for_s=500.0 + BREAKERS_S + 10.0) == ["L1", "L2"]


class Bench:
    """Liveness of a shipped configuration in which nothing is broken any more, and what is told of its node."""

    def __init__(self, name: str, *there: str) -> None:
        self.config = on_simulated_wires(load_whole(CONFIG / name).config)
        self.ledger = Ledger(self.config, {}, 0.0)
        self.ledger.faults += [record(spec, is_active=True) for spec in there]
        self.liveness = Liveness(self.ledger, SimpleNamespace(retained={}), start_s=0.0)  # type: ignore[arg-type]
        self.supervisor = SimpleNamespace(
            ports=SimpleNamespace(safe_mode=""),
            gate=SimpleNamespace(outputs={}),
            guards=SimpleNamespace(report=dict),
        )
        self.liveness.begin_life(self.supervisor)
        self.now_s = 0.0

    def unwell(self, component: str, condition: str = "") -> "Bench":
        for name in ("node", component):
            self.ledger.hear(HealthChanged(component=name, old="HEALTHY", new="WARNING", reason=""), self.now_s)
        if condition:
            self.tell(component, condition, Level.WARNING)
        return self

    def tell(self, component: str, condition: str, level: Level) -> None:
        told = ConditionChanged(component=component, condition=condition, level=level, text="", advice="")
        self.ledger.hear(told, self.now_s)

    def late(self, for_s: float) -> list[str]:
        """What is late at the latest after so many more seconds."""
        end_s = self.now_s + for_s
        while self.now_s < end_s:
            self.now_s += 10.0
            self.liveness.look(self.now_s)
        return [violation.invariant for violation in self.liveness.late]

    def repaired(self) -> "Bench":
        self.liveness.repaired(record("probe=off@1m+5m"), self.now_s)
        return self


OUTLASTS = [
    ("three-probes.json", "warm", "member_ejected"),
    ("three-probes.json", "heater", "lower_than_possible"),
    ("one-probe.json", "heater", "more_than_ever_needed"),
    ("one-probe.json", "heater", "weak"),
    ("one-probe.json", "heater", "not_heating"),
    ("simulated.json", "meals", "missed_feeding"),
    ("one-probe.json", "mqtt", "link"),
]


@pytest.mark.parametrize(("name", "component", "condition"), OUTLASTS)
def test_what_may_outlast_its_cause_may_do_so_for_as_long_as_the_configuration_says(
    name: str, component: str, condition: str
):
    bench = Bench(name).repaired().unwell(component, condition)
    most_s = patience_of(bench.config)[component, condition]
    slower_s = bench.liveness._slower_s
    assert bench.late(most_s + HEALTHY_S + slower_s - 20.0) == []
    assert bench.late(40.0) == ["L1"]


@pytest.mark.parametrize(("name", "component", "condition"), OUTLASTS)
def test_only_while_it_is_told(name: str, component: str, condition: str):
    bench = Bench(name).repaired().unwell(component, condition)
    slower_s = bench.liveness._slower_s
    assert bench.late(patience_of(bench.config)[component, condition] / 2.0) == []
    bench.tell(component, condition, Level.CLEAR)
    assert bench.late(HEALTHY_S + slower_s - 20.0) == []
    assert bench.late(40.0) == ["L1"]


def test_what_outlasts_its_cause_excuses_nothing_else():
    bench = Bench("three-probes.json").repaired().unwell("heater", "lower_than_possible").unwell("left_probe")
    assert bench.late(HEALTHY_S + 20.0) == ["L1"]
    assert "because of left_probe" in bench.liveness.late[0].text


def test_that_it_is_too_hot_is_over_as_soon_as_it_is_cool():
    assert Bench("one-probe.json").repaired().unwell("heater", "over_temperature").late(HEALTHY_S + 20.0) == ["L1"]


def test_how_long_follows_from_the_configuration():
    config = on_simulated_wires(load_whole(CONFIG / "three-probes.json").config)
    patience = patience_of(config)
    assert patience["warm", "member_ejected"] == config.groups["warm"].eject_cap_s
    assert patience["heater", "lower_than_possible"] == TIME_CONSTANTS * time_constant_s(config, "warm")
    daily = patience_of(on_simulated_wires(load_whole(CONFIG / "simulated.json").config))["meals", "missed_feeding"]
    assert 86_400.0 <= daily <= 15 * 86_400.0


def test_what_another_fault_left_behind_is_an_excuse_as_long_as_it_is_there():
    bench = Bench("three-probes.json").repaired().unwell("warm")
    other = record("probe=detached(100)@0+10")
    other.is_over = True
    bench.ledger.faults.append(other)
    assert bench.late(other.fault.ends_s + other.fault.lingers_s + HEALTHY_S - 20.0) == []
    assert bench.late(40.0) == ["L1"]


def test_nobody_can_be_well_while_another_fault_keeps_the_process_away():
    away = Bench("one-probe.json", "heater=welded@1m").repaired()
    away.liveness.begin_life(None)
    assert away.late(2000.0) == []
    away.ledger.faults.clear()
    away.liveness.begin_life(away.supervisor)
    assert away.late(HEALTHY_S) == []
    assert away.late(20.0) == ["L1"]


def test_a_process_that_nothing_keeps_away_has_no_excuse():
    bench = Bench("one-probe.json").repaired()
    bench.liveness.begin_life(None)
    assert bench.late(2000.0) == []  # nobody can be asked
    bench.liveness.begin_life(bench.supervisor)
    assert bench.late(10.0) == ["L1"]
