"""Asks whether everything comes back in time when a fault is over; it must not judge safety: `oracles` does.

What is asked: HEALTHY within 120 s, breakers closed within 300 s, and what was as warm as it should be before the fault
again within three time constants of the enclosure; at the broker the true states of all outputs within 30 s after the
connection stands, and within 60 s nothing that still waits to be told. Where a trip still has to rest or a person is
asked for, time waits. So it does for HEALTHY while something is told that may outlast its cause, for as long as it may:
see `patience`.
"""

import json
from collections.abc import Mapping
from math import inf
from typing import Any, Final

from alimante.config.climate import PidKeys, ThermostatKeys
from alimante.config.model import Config
from alimante.mqtt.topics import Topics
from alimante.policy.breaker import BreakerState
from alimante.policy.density import LEAVE_RUN
from alimante.policy.values import show_value
from alimante.safety.output import Output
from alimante.simulation.broker import MemoryBroker
from alimante.simulation.ledger import FaultRecord, Ledger
from alimante.simulation.oracles import Violation
from alimante.simulation.patience import Told, patience_of, time_constant_s
from hardware.sim.truth import Truth

HEALTHY_S: Final = 120.0
BREAKERS_S: Final = 300.0
USUAL_POLL_S: Final = 5.0
POLLS: Final = float(LEAVE_RUN)
"""The two times above are for sensors that are read every five seconds; for slower ones so many readings count.

After so many good ones in a row a sensor of which many readings failed is well again."""
STATES_S: Final = 30.0
OUTBOX_S: Final = 60.0
TIME_CONSTANTS: Final = 3.0
BAND_C: Final = 2.0
"""So far from the target it may truly be: the sensor's own error, the hysteresis, and where in its zone it hangs."""
LIVENESS: Final = {
    "L1": "the node is HEALTHY at most 120 s after a fault is over, if no person is needed, sensors are read often and "
    "nothing is told any more that may outlast its cause",
    "L2": "all breakers are closed at most 300 s after a fault is over, if sensors are read often",
    "L3": "the broker has the true state of every output at most 30 s after it was reached",
    "L4": "a zone is as warm as before two to three time constants after a fault is over",
    "L5": "nothing waits to be told any more at some time in the 60 s after the broker was reached",
}


class Liveness:
    """Watches every fault that is over until everything is well again, or is late once."""

    def __init__(self, ledger: Ledger, broker: MemoryBroker, *, start_s: float) -> None:
        self.late: list[Violation] = []
        self._ledger = ledger
        self._broker = broker
        self._start_s = start_s
        self._topics = Topics(ledger.config.mqtt.base, ledger.config.node.id)
        slowest_s = max(
            (each.poll_s for each in ledger.config.devices.values() if each.spec.kind == "sensor"), default=0.0
        )
        self._slower_s = POLLS * max(0.0, slowest_s - USUAL_POLL_S)
        self._states_due_s = self._outbox_due_s = inf
        self._zones = _zones(ledger.config)
        self._warm: dict[str, set[str]] = {}
        """By fault: the controllers whose zones were as warm as they should be when it began."""
        self._cold: dict[tuple[str, str], float] = {}
        """By fault and controller: since when it could be so warm again."""
        self._supervisor: Any = None
        self._patience = patience_of(ledger.config)
        self._healthy: dict[str, float] = {}
        """By fault: since when it could be HEALTHY."""
        self._told_s: dict[Told, float] = {}
        """By component and condition: when people were last told of what may outlast its cause."""
        self._closed: dict[str, float] = {}

    def begin_life(self, supervisor: Any) -> None:
        """Another process begins."""
        self._supervisor = supervisor

    def broken(self, record: FaultRecord, truth: Truth) -> None:
        """A fault begins."""
        if self._supervisor is not None:
            self._warm[record.fault.spec] = self._warm_enough(truth)

    def repaired(self, record: FaultRecord, now_s: float) -> None:
        """A fault is over, and what is left of it will be soon."""
        since_s = now_s + record.fault.lingers_s
        self._cold |= {(record.fault.spec, name): since_s for name in sorted(self._warm.pop(record.fault.spec, ()))}
        self._healthy[record.fault.spec] = self._closed[record.fault.spec] = since_s

    def on_link(self, *, connected: bool, now_s: float) -> None:
        """The broker was reached or lost."""
        self._states_due_s = now_s + STATES_S if connected else inf
        self._outbox_due_s = now_s + OUTBOX_S if connected else inf

    @property
    def waits_for_warmth(self) -> bool:
        """Whether the truth has to be known."""
        return bool(self._cold)

    def is_done(self, end_s: float) -> bool:
        """Whether nothing is waited for that could be late by `end_s`."""
        is_waiting = self._healthy or self._closed or min(self._states_due_s, self._outbox_due_s) < inf
        late_s = (since_s + TIME_CONSTANTS * self._time_constant_s(name) for (_, name), since_s in self._cold.items())
        return not is_waiting and all(each_s > end_s for each_s in late_s)

    def look(self, now_s: float, truth: Truth | None = None) -> None:
        """Tell what is late; the truth is given now and then, at least while `waits_for_warmth`."""
        self._look_at_outbox(now_s)
        if truth is not None and self._cold:
            self._look_at_warmth(now_s, truth)
        if now_s >= self._states_due_s and self._supervisor is not None:
            self._states_due_s = inf
            self._compare_states(now_s)
        if not (self._healthy or self._closed):
            return
        if self._supervisor is None:
            self._wait_for_process(now_s)
            return
        self._look_at_health(now_s)
        if self._closed and not self._open_breakers():
            self._closed.clear()
        elif self._is_excused(now_s):
            self._closed = dict.fromkeys(self._closed, now_s)
        self._look_at(self._closed, "L2", BREAKERS_S + self._slower_s, now_s, "a breaker is open")

    def _wait_for_process(self, now_s: float) -> None:
        """Time waits while another fault keeps the process away: nobody is there who could be HEALTHY."""
        if self._is_broken(now_s):
            self._healthy = dict.fromkeys(self._healthy, now_s)
            self._closed = dict.fromkeys(self._closed, now_s)

    def _look_at_health(self, now_s: float) -> None:
        if self._ledger.is_healthy:
            self._healthy.clear()
            return
        if self._is_excused(now_s):
            self._healthy = dict.fromkeys(self._healthy, now_s)
        for told in self._ledger.told & self._patience.keys():
            self._told_s[told] = now_s
        for spec, since_s in list(self._healthy.items()):
            late = [name for name in self._ledger.unwell or ("node",) if now_s > self._due_s(name, since_s)]
            if late:
                del self._healthy[spec]
                text = f"the node is not HEALTHY {now_s - since_s:.0f} s after {spec} was over, because of {late[0]}"
                self._tell("L1", now_s, text)

    def _due_s(self, component: str, since_s: float) -> float:
        """When `component` is to be well again that could be since `since_s`, or that is unwell since it was well."""
        unwell_s = self._start_s + self._ledger.unwell.get(component, 0.0)
        waits_s = max(
            (
                min(self._told_s.get(told, since_s), since_s + most_s)
                for told, most_s in self._patience.items()
                if told[0] == component
            ),
            default=since_s,
        )
        return max(since_s, unwell_s, waits_s) + HEALTHY_S + self._slower_s

    def _look_at_outbox(self, now_s: float) -> None:
        if self._outbox_due_s == inf or self._supervisor is None:
            return
        waiting = self._supervisor.gauges["outbox_waiting"]()
        if not waiting:
            self._outbox_due_s = inf
        elif now_s >= self._outbox_due_s:
            self._outbox_due_s = inf
            self._tell("L5", now_s, f"{waiting:g} messages still wait")

    def _look_at_warmth(self, now_s: float, truth: Truth) -> None:
        if self._supervisor is None or self._is_excused(now_s) or self._is_disturbed():
            self._cold = dict.fromkeys(self._cold, now_s)
            return
        warm = self._warm_enough(truth)
        for (spec, name), since_s in list(self._cold.items()):
            constant_s = self._time_constant_s(name)
            if name in warm and now_s - since_s > (TIME_CONSTANTS - 1.0) * constant_s:
                del self._cold[spec, name]
            elif now_s - since_s > TIME_CONSTANTS * constant_s:
                del self._cold[spec, name]
                self._tell("L4", now_s, f"{', '.join(self._zones[name])} is not as warm as it should be after {spec}")

    def _warm_enough(self, truth: Truth) -> set[str]:
        """The controllers of which a zone is truly about as warm as they want it, or warmer: rooms can be, too."""
        reports = self._supervisor.control.reports()
        targets = {name: _target_c(reports[name]) for name in self._zones if name in reports}
        return {
            name
            for name, target_c in targets.items()
            if target_c is not None
            and any(truth.zones[zone].temperature_c >= target_c - BAND_C for zone in self._zones[name])
        }

    def _time_constant_s(self, name: str) -> float:
        return max(time_constant_s(self._ledger.config, zone) for zone in self._zones[name])

    def _tell(self, rule: str, now_s: float, text: str) -> None:
        self.late.append(Violation(invariant=rule, at_s=round(now_s - self._start_s, 3), text=text))

    def _compare_states(self, now_s: float) -> None:
        for name, output in self._supervisor.gate.outputs.items():
            payload = self._broker.retained.get(self._topics.actuator_state(name))
            if payload is None or (output.is_confirmed and json.loads(payload)["value"] != _shown(output)):
                text = f"the broker does not have the state of {name}"
                self._tell("L3", now_s, text)

    def _look_at(self, waiting: dict[str, float], rule: str, most_s: float, now_s: float, text: str) -> None:
        for spec, since_s in list(waiting.items()):
            if now_s - since_s > most_s:
                del waiting[spec]
                self._tell(rule, now_s, f"{text} {most_s:g} s after {spec} was over")

    def _is_excused(self, now_s: float) -> bool:
        """Whether another fault is there, or something rests or waits for a person."""
        if self._is_broken(now_s) or self._supervisor.ports.safe_mode:
            return True
        return any(output.latch.is_tripped for output in self._supervisor.gate.outputs.values())

    def _is_broken(self, now_s: float) -> bool:
        """Whether a fault is there, or something that it left behind."""
        at_s = now_s - self._start_s
        return any(
            record.is_active or (record.is_over and at_s < record.fault.ends_s + record.fault.lingers_s)
            for record in self._ledger.faults
            if not record.fault.is_event
        )

    def _is_disturbed(self) -> bool:
        """Whether an event is there, with which nobody knows how warm it can be."""
        return any(record.is_active and record.fault.is_event for record in self._ledger.faults)

    def _open_breakers(self) -> list[str]:
        passing = (BreakerState.CLOSED.value, BreakerState.DISABLED.value)
        return [name for name, told in _breakers(self._supervisor.guards) if told not in passing]


def _zones(config: Config) -> dict[str, tuple[str, ...]]:
    """For each controller of warmth the zones of its thermometers."""
    first = next(iter(config.simulation.zones))
    found = {}
    for name, keys in config.controllers.items():
        if isinstance(keys, ThermostatKeys | PidKeys):
            group = config.groups.get(keys.sensor)
            members = (keys.sensor,) if group is None else group.members
            ids = [config.references.get(member, member).partition(".")[0] for member in members]
            found[name] = tuple(dict.fromkeys(config.devices[device].zone or first for device in ids))
    return found


def _target_c(report: Mapping[str, Any]) -> float | None:
    """What a controller of warmth wants now, if it says so."""
    targets = [report.get("target"), *report.get("targets", {}).values()]
    return next((float(target) for target in targets if target is not None), None)


def _shown(output: Output) -> object:
    return None if output.value is None else show_value(output.handle.accepts, output.value)


def _breakers(guards: Any) -> list[tuple[str, str]]:
    report = guards.report()
    return [(name, str(entry["state"])) for part in report.values() for name, entry in part.items() if "state" in entry]
