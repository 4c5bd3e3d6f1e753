"""What excuses that something comes back late, and what does not."""

from types import SimpleNamespace
from typing import Any

import pytest

from alimante.simulation.faults import parse
from alimante.simulation.ledger import FaultRecord
from alimante.simulation.liveness import BREAKERS_S, HEALTHY_S, Liveness

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
        simulation=SimpleNamespace(zones={"warm": None}),
    )
    there = [record(spec, is_active=True) for spec in others]
    ledger: Any = SimpleNamespace(config=config, faults=there, is_healthy=False)
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
