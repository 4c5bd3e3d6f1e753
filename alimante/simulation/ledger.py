"""Writes down what becomes of each fault, of alerts and of repairs in a run; it must not judge or change anything.

All times that it tells are virtual seconds since the start of the run.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from alimante.config.model import Config, Role
from alimante.core.events import (
    AlertChanged,
    BreakerChanged,
    ClockStepped,
    ConditionChanged,
    ConfigurationChanged,
    DeviceStateChanged,
    Event,
    HealthChanged,
    Level,
    LinkChanged,
    OutputChanged,
    PeopleTold,
    PostMortem,
    Quality,
    ReadingAged,
    ReadingMissed,
    RecoveryFinished,
    SafetyActed,
    WireStateChanged,
)
from alimante.core.states import DeviceState
from alimante.policy.health import Health
from alimante.safety.rules import rules_of
from alimante.simulation.faults import Fault
from hardware.sim.load import Load

NOTICED_WITHIN_S: Final = 600.0
"""What is noticed so long after a fault was over is no longer about it."""
OFF: Final = 0.03
"""As in the oracles: how far from its safe share a load may stand."""

_AROUND: Final[Mapping[str, frozenset[str]]] = {
    "broker": frozenset({"mqtt", "broker", "link"}),
    "clock": frozenset({"time", "clock"}),
    "disk": frozenset({"storage", "disk"}),
    "process": frozenset({"process"}),
    "config": frozenset({"config"}),
    "people": frozenset(),
    "computer": frozenset(),
}
_ALL_AT_RISK: Final = frozenset({"process", "computer"})
"""When these break, nobody is in control of any output."""
_UNWELL: Final = frozenset({Health.WARNING.value, Health.CRITICAL.value})
_RUNS_ANEW: Final = frozenset({"blind", "crashes"})
"""Changes of the configuration that are taken at first, by a new run."""


@dataclass(slots=True, eq=False)
class FaultRecord:
    """One fault: when somebody noticed it, when all outputs at risk were safe, and when everything was well again.

    Of an event nobody has to notice anything, and it puts no output at risk.
    """

    fault: Fault
    related: frozenset[str]
    at_risk: tuple[Callable[[], bool], ...]
    """For each output at risk, whether it is truly safe now."""
    detected_s: float | None = None
    safe_s: float | None = None
    healed_s: float | None = None
    is_active: bool = False
    is_over: bool = False


@dataclass(slots=True)
class AlertRecord:
    """One alert from its beginning to its end."""

    component: str
    condition: str
    level: str
    text: str
    at_s: float
    resolved_s: float | None = None


@dataclass(slots=True)
class Ledger:
    """The books of one run."""

    config: Config
    loads: Mapping[str, Load]
    start_s: float
    faults: list[FaultRecord] = field(default_factory=list)
    open: list[FaultRecord] = field(default_factory=list)
    """Those that have begun and after which not all is well yet."""
    alerts: list[AlertRecord] = field(default_factory=list)
    recoveries: list[dict[str, Any]] = field(default_factory=list)
    sometimes: Counter[str] = field(default_factory=Counter)
    notifications: int = 0
    is_healthy: bool = False
    unwell: dict[str, float] = field(default_factory=dict)
    """The components that are WARNING or CRITICAL, with since when, in seconds since the start."""
    told: set[tuple[str, str]] = field(default_factory=set)
    """The components and their conditions that people are told of now."""
    _open: dict[tuple[str, str], AlertRecord] = field(default_factory=dict)

    def add(self, fault: Fault) -> FaultRecord:
        """A fault that is to come."""
        record = FaultRecord(fault, related(fault, self.config), self._at_risk(fault))
        self.faults.append(record)
        return record

    def begin(self, record: FaultRecord) -> None:
        """It is there from now on."""
        record.is_active = True
        self.open.append(record)

    def hear(self, event: Event, now_s: float) -> None:
        """Any event but a reading that was taken."""
        handler = _HANDLERS.get(event.__class__)
        if handler is not None:
            handler(self, event, now_s - self.start_s)

    def look(self, now_s: float) -> None:
        """Note which faults are safe and which are healed."""
        at_s = round(now_s - self.start_s, 3)
        for record in self.open:
            is_about_it = at_s <= record.fault.ends_s + NOTICED_WITHIN_S
            if (
                record.safe_s is None
                and record.at_risk
                and is_about_it
                and all(is_safe() for is_safe in record.at_risk)
            ):
                record.safe_s = at_s
            if record.is_over and self.is_healthy and at_s > record.fault.ends_s:
                record.healed_s = at_s
        if any(record.healed_s is not None for record in self.open):
            self.open = [record for record in self.open if record.healed_s is None]

    def end_life(self) -> None:
        """The process is gone, and the next one knows nothing yet."""
        self.is_healthy = False
        self.unwell.clear()
        self.told.clear()

    def _at_risk(self, fault: Fault) -> tuple[Callable[[], bool], ...]:
        if fault.is_event:
            return ()
        names = related(fault, self.config)
        found = []
        for device in self.config.devices.values():
            if device.spec.kind != "actuator" or device.role in (Role.FAN, Role.CUTOFF):
                continue
            rules = rules_of(device, self.config.references)
            is_own = device.id == fault.target or fault.target in _ALL_AT_RISK or fault.kind in _RUNS_ANEW
            if is_own or any(need in names for need in rules.needs):
                found.append(_is_safe(self.loads[device.id], min(max(rules.share(rules.safe), 0.0), 1.0)))
        return tuple(found)

    def _detect(self, component: str, at_s: float) -> None:
        for record in self.faults:
            if component in record.related:
                self._note_detected(record, at_s)

    def _detect_target(self, target: str, at_s: float) -> None:
        for record in self.faults:
            if record.fault.target == target and not record.fault.is_event:
                self._note_detected(record, at_s)

    def _note_detected(self, record: FaultRecord, at_s: float) -> None:
        has_begun = record.is_active or record.is_over
        if record.detected_s is None and has_begun and at_s <= record.fault.ends_s + NOTICED_WITHIN_S:
            record.detected_s = round(at_s, 3)

    def _on_condition(self, event: ConditionChanged, at_s: float) -> None:
        if event.level is not Level.CLEAR:
            self.sometimes[event.condition] += 1
            self._detect(event.component, at_s)
            self.told.add((event.component, event.condition))
        else:
            self.told.discard((event.component, event.condition))

    def _on_acted(self, event: SafetyActed, at_s: float) -> None:
        self.sometimes[f"output {event.action}"] += 1
        self.sometimes[f"cause {event.cause}"] += 1
        if event.action != "refused":
            self._detect(event.device, at_s)

    def _on_alert(self, event: AlertChanged, at_s: float) -> None:
        key = (event.component, event.condition)
        if event.state == "resolved":
            if (record := self._open.pop(key, None)) is not None:
                record.resolved_s = round(at_s, 3)
        elif key in self._open:
            self._open[key].level = event.level.value
        else:
            self._open[key] = AlertRecord(
                event.component, event.condition, event.level.value, event.text, round(at_s, 3)
            )
            self.alerts.append(self._open[key])

    def _on_recovery(self, event: RecoveryFinished, at_s: float) -> None:
        self.sometimes[f"recovery by {event.strategy} {'succeeded' if event.succeeded else 'failed'}"] += 1
        self.recoveries.append(
            {
                "component": event.component,
                "strategy": event.strategy,
                "action": event.action,
                "attempt": event.attempt,
                "allowed": event.allowed,
                "succeeded": event.succeeded,
                "reason": event.reason,
                "at_s": round(at_s, 3),
                "took_s": round(event.took_s, 3),
            }
        )

    def _on_breaker(self, event: BreakerChanged, at_s: float) -> None:
        self.sometimes[f"breaker {event.new}"] += 1
        self._detect(event.component, at_s)

    def _on_device(self, event: DeviceStateChanged, at_s: float) -> None:
        self.sometimes[f"device {event.new}"] += 1
        if event.new is DeviceState.OFFLINE:
            self._detect(event.device, at_s)

    def _on_wire(self, event: WireStateChanged, at_s: float) -> None:
        self.sometimes["wire stuck" if event.wedged else "wire freed"] += 1
        if event.wedged:
            self._detect(event.wire, at_s)

    def _on_link(self, event: LinkChanged, at_s: float) -> None:
        self.sometimes["broker reached" if event.connected else "broker lost"] += 1
        if not event.connected:
            self._detect_target("broker", at_s)

    def _on_clock(self, event: ClockStepped, at_s: float) -> None:
        self.sometimes["clock stepped"] += 1
        self._detect_target("clock", at_s)

    def _on_health(self, event: HealthChanged, at_s: float) -> None:
        if event.component == "node":
            self.is_healthy = event.new == Health.HEALTHY.value
            self.sometimes[f"node {event.new}"] += 1
        elif event.new in _UNWELL:
            self.unwell.setdefault(event.component, at_s)
        else:
            self.unwell.pop(event.component, None)

    def _on_output(self, event: OutputChanged, at_s: float) -> None:
        if event.value is not None:
            self.sometimes[f"{event.device} {'at' if event.value == 0.0 else 'above'} zero"] += 1

    def _on_aged(self, event: ReadingAged, at_s: float) -> None:
        self.sometimes["reading lost" if event.quality is Quality.UNKNOWN else "reading stale"] += 1

    def _on_missed(self, event: ReadingMissed, at_s: float) -> None:
        self.sometimes["reading missed"] += 1

    def _on_post_mortem(self, event: PostMortem, at_s: float) -> None:
        self.sometimes[f"process died of {event.kind}"] += 1
        for target in ("process", "computer"):
            self._detect_target(target, at_s)

    def _on_configuration(self, event: ConfigurationChanged, at_s: float) -> None:
        self.sometimes[f"configuration {event.verdict}"] += 1

    def _on_told(self, event: PeopleTold, at_s: float) -> None:
        self.notifications += 1


_HANDLERS: Final[Mapping[type[Event], Callable[[Ledger, Any, float], None]]] = {
    ConditionChanged: Ledger._on_condition,
    SafetyActed: Ledger._on_acted,
    AlertChanged: Ledger._on_alert,
    RecoveryFinished: Ledger._on_recovery,
    BreakerChanged: Ledger._on_breaker,
    DeviceStateChanged: Ledger._on_device,
    WireStateChanged: Ledger._on_wire,
    LinkChanged: Ledger._on_link,
    ClockStepped: Ledger._on_clock,
    HealthChanged: Ledger._on_health,
    OutputChanged: Ledger._on_output,
    ReadingAged: Ledger._on_aged,
    ReadingMissed: Ledger._on_missed,
    PeopleTold: Ledger._on_told,
    PostMortem: Ledger._on_post_mortem,
    ConfigurationChanged: Ledger._on_configuration,
}


def related(fault: Fault, config: Config) -> frozenset[str]:
    """What may show that there is this fault: device or wire, groups, and the outputs and controllers behind them."""
    if fault.is_event:
        return frozenset()
    if fault.device is None and not fault.is_of_wire:
        return _AROUND[fault.target]
    devices = [device for device in config.devices.values() if not fault.targets.isdisjoint((device.id, device.wire))]
    names = {name for device in devices for name in (device.id, device.wire)}
    names |= {full for full in config.references.values() if full.partition(".")[0] in names}
    names |= {
        name
        for name, group in config.groups.items()
        if any(config.references.get(member) in names for member in group.members)
    }
    for output in config.devices.values():
        if output.spec.kind != "actuator":
            continue
        needs = rules_of(output, config.references).needs
        guards = output.role is Role.HEATER and output.output.cutoff in names
        if guards or any(need in names for need in needs):
            names.add(output.id)
    return frozenset(names)


def _is_safe(load: Load, safe: float) -> Callable[[], bool]:
    """Whether `load` truly does no more than its safe share; heat counts, not the contact: a cutoff may be open."""
    return lambda: abs(load.fraction - safe) <= OFF
