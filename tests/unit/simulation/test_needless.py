"""What people were told in a life without faults was needed only where it is true; each rule both ways."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from alimante.commands.loading import whole
from alimante.simulation.cold import Cold
from alimante.simulation.ledger import AlertRecord
from alimante.simulation.needless import AFTER_S, LONG_OPEN_S, Needless
from alimante.simulation.stage import on_simulated_wires
from alimante.wiring import open_wires

DOCUMENT: dict[str, Any] = {
    "version": 1,
    "node": {"id": "bench"},
    "mqtt": {"host": "127.0.0.1"},
    "wires": {"header": {"kind": "gpio", "backend": "sim"}, "probes": {"kind": "onewire", "backend": "sim"}},
    "devices": {
        "probe": {
            "driver": "ds18b20", "wire": "probes", "address": "28-000000000001", "zone": "warm",
            "channels": {"temperature": {"alarm_low": 22.0, "alarm_high": 36.0}},
        },
        "heater": {
            "driver": "relay", "wire": "header", "pin": 17, "active_high": True, "role": "heater", "zone": "warm",
            "safe_value": "off", "depends_on": ["probe"], "limit": {"max_c": 34.0},
        },
    },
    "controllers": {"warmth": {"kind": "thermostat", "sensor": "probe", "heater": "heater", "target_c": 28.0}},
    "simulation": {"zones": {"warm": {}}, "ambient": {"mean_c": 20.0, "amplitude_c": 0.0}},
}  # fmt: skip


class Bench:
    """The plant of one enclosure and an ear for alerts, without a supervisor."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.config = on_simulated_wires(whole(json.dumps(DOCUMENT).encode()).config)
        wires = open_wires(self.config, now=lambda: self.now_s)
        assert wires.world is not None
        self.plant = wires.world.plant
        cold = Cold(
            self.config, self.plant.loads, temperature=self.plant.last_c, judge=lambda *given: None,
            is_spent=lambda *given: False, start_s=0.0,
        )  # fmt: skip
        self.alerts: list[AlertRecord] = []
        self.node: Any = SimpleNamespace(
            clock=SimpleNamespace(mono=lambda: self.now_s),
            ledger=SimpleNamespace(alerts=self.alerts),
            plant=self.plant,
            oracles=SimpleNamespace(cold=cold),
            wires=wires,
        )
        self.needless = Needless(self.config)

    def pass_(self, span_s: float) -> None:
        end_s = self.now_s + span_s
        while self.now_s < end_s:
            self.now_s = min(self.now_s + 10.0, end_s)
            self.plant.advance()
            self.needless.look(self.node)

    def tell(self, condition: str, component: str = "heater") -> bool:
        """Whether people needed it."""
        before = len(self.needless.needless)
        self.alerts.append(AlertRecord(component, condition, "warning", "", self.now_s))
        self.needless.look(self.node)
        return len(self.needless.needless) == before

    def warm(self, temperature_c: float) -> None:
        self.plant._enclosure.zones["warm"].temperature_c = temperature_c


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("condition", ["no_response", "stuck_on", "swapped_probes", "lost", "noisy", "a new one"])
def test_whatever_says_that_something_is_broken_is_needless(bench: Bench, condition: str):
    bench.pass_(3600.0)
    assert not bench.tell(condition)


def test_a_door_that_stands_open_for_long_is_worth_a_word_and_one_for_feeding_is_not(bench: Bench):
    bench.pass_(60.0)
    bench.plant.door_open = True
    bench.pass_(LONG_OPEN_S - 30.0)
    assert not bench.tell("lower_than_possible")
    bench.pass_(60.0)
    assert bench.tell("lower_than_possible")
    bench.plant.door_open = False
    bench.pass_(AFTER_S - 60.0)
    assert bench.tell("lower_than_possible")
    bench.pass_(120.0)
    assert not bench.tell("lower_than_possible")
    assert (len(bench.needless.needless), bench.needless.rightful["lower_than_possible"]) == (2, 2)


@pytest.mark.parametrize(("power", "is_needed"), [(1.0, False), (0.85, False), (1.3, False), (0.7, True), (0.5, True)])
@pytest.mark.parametrize("condition", ["weak", "more_than_ever_needed"])
def test_a_heater_is_called_weaker_rightly_where_it_is(bench: Bench, power: float, is_needed: bool, condition: str):
    bench.pass_(60.0)
    bench.plant.loads["heater"].power = power
    bench.pass_(3600.0)
    assert bench.tell(condition) is is_needed


def test_what_a_heater_could_weeks_ago_is_forgotten(bench: Bench):
    bench.pass_(60.0)
    bench.plant.loads["heater"].power = 0.7
    for _ in range(16):
        bench.now_s += 86_400.0
        bench.pass_(20.0)
    assert not bench.tell("weak")


def test_a_heater_that_cannot_reach_its_target_may_be_called_so(bench: Bench):
    bench.pass_(60.0)
    assert not bench.tell("not_heating")
    bench.plant.loads["heater"].power = 0.1
    bench.pass_(60.0)
    assert bench.tell("not_heating")


@pytest.mark.parametrize(("temperature_c", "is_needed"), [(30.0, False), (32.5, False), (33.5, True), (36.0, True)])
def test_it_is_too_hot_where_it_is(bench: Bench, temperature_c: float, is_needed: bool):
    bench.warm(temperature_c)
    assert bench.tell("over_temperature") is is_needed


def test_a_cutoff_is_open_rightly_while_a_heater_behind_it_is_too_hot(bench: Bench):
    assert not bench.tell("cutoff_open", "cutoff")
    bench.node.oracles.cold.kept["heater"].trip = "falsely"
    assert not bench.tell("cutoff_open", "cutoff")
    bench.node.oracles.cold.kept["heater"].trip = "rightly"
    assert bench.tell("cutoff_open", "cutoff")


@pytest.mark.parametrize(
    ("condition", "temperature_c", "is_needed"),
    [("too_low", 21.0, True), ("too_low", 25.0, False), ("too_high", 36.5, True), ("too_high", 30.0, False)],
)
def test_a_value_beyond_its_threshold_is_told_rightly(
    bench: Bench, condition: str, temperature_c: float, is_needed: bool
):
    bench.warm(temperature_c)
    assert bench.tell(condition, "probe") is is_needed
