"""Asks whether everything comes back in time when a fault is over; it must not judge safety: `oracles` does.

What is asked: HEALTHY within 120 s, breakers closed within 300 s, and at the broker the true states of all outputs
within 30 s after the connection stands. Where a trip still has to rest or a person is asked for, time waits.
"""

import json
from math import inf
from typing import Any, Final

from alimante.mqtt.topics import Topics
from alimante.policy.breaker import BreakerState
from alimante.policy.values import show_value
from alimante.safety.output import Output
from alimante.simulation.broker import MemoryBroker
from alimante.simulation.ledger import FaultRecord, Ledger
from alimante.simulation.oracles import Violation

HEALTHY_S: Final = 120.0
BREAKERS_S: Final = 300.0
STATES_S: Final = 30.0
LIVENESS: Final = {
    "L1": "the node is HEALTHY at most 120 s after a fault is over, if no person is needed",
    "L2": "all breakers are closed at most 300 s after a fault is over",
    "L3": "the broker has the true state of every output at most 30 s after it was reached",
}


class Liveness:
    """Watches every fault that is over until everything is well again, or is late once."""

    def __init__(self, ledger: Ledger, broker: MemoryBroker, *, start_s: float) -> None:
        self.late: list[Violation] = []
        self._ledger = ledger
        self._broker = broker
        self._start_s = start_s
        self._topics = Topics(ledger.config.mqtt.base, ledger.config.node.id)
        self._states_due_s = inf
        self._supervisor: Any = None
        self._healthy: dict[str, float] = {}
        """By fault: since when it could be HEALTHY."""
        self._closed: dict[str, float] = {}

    def begin_life(self, supervisor: Any) -> None:
        """Another process begins."""
        self._supervisor = supervisor

    def repaired(self, record: FaultRecord, now_s: float) -> None:
        """A fault is over."""
        self._healthy[record.fault.spec] = self._closed[record.fault.spec] = now_s

    def on_link(self, *, connected: bool, now_s: float) -> None:
        """The broker was reached or lost."""
        self._states_due_s = now_s + STATES_S if connected else inf

    def look(self, now_s: float) -> None:
        """Tell what is late."""
        if now_s >= self._states_due_s and self._supervisor is not None:
            self._states_due_s = inf
            self._compare_states(now_s)
        if not (self._healthy or self._closed) or self._supervisor is None:
            return
        if self._ledger.is_healthy:
            self._healthy.clear()
        elif self._is_excused():
            self._healthy = dict.fromkeys(self._healthy, now_s)
        self._look_at(self._healthy, "L1", HEALTHY_S, now_s, "the node is not HEALTHY")
        if self._closed and not self._open_breakers():
            self._closed.clear()
        elif self._is_excused():
            self._closed = dict.fromkeys(self._closed, now_s)
        self._look_at(self._closed, "L2", BREAKERS_S, now_s, "a breaker is open")

    def _compare_states(self, now_s: float) -> None:
        for name, output in self._supervisor.gate.outputs.items():
            payload = self._broker.retained.get(self._topics.actuator_state(name))
            if payload is None or (output.is_confirmed and json.loads(payload)["value"] != _shown(output)):
                text = f"the broker does not have the state of {name}"
                at_s = round(now_s - self._start_s, 3)
                self.late.append(Violation(invariant="L3", at_s=at_s, text=text))

    def _look_at(self, waiting: dict[str, float], rule: str, most_s: float, now_s: float, text: str) -> None:
        for spec, since_s in list(waiting.items()):
            if now_s - since_s > most_s:
                del waiting[spec]
                at_s = round(now_s - self._start_s, 3)
                told = f"{text} {most_s:g} s after {spec} was over"
                self.late.append(Violation(invariant=rule, at_s=at_s, text=told))

    def _is_excused(self) -> bool:
        """Whether another fault is there, or something rests or waits for a person."""
        if any(record.is_active for record in self._ledger.faults):
            return True
        return any(output.latch.is_tripped for output in self._supervisor.gate.outputs.values())

    def _open_breakers(self) -> list[str]:
        passing = (BreakerState.CLOSED.value, BreakerState.DISABLED.value)
        return [name for name, told in _breakers(self._supervisor.guards) if told not in passing]


def _shown(output: Output) -> object:
    return None if output.value is None else show_value(output.handle.accepts, output.value)


def _breakers(guards: Any) -> list[tuple[str, str]]:
    report = guards.report()
    return [(name, str(entry["state"])) for part in report.values() for name, entry in part.items() if "state" in entry]
