"""Gathers everything that fails into one book and says it as `ErrorSeen`; it must not repair anything."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from alimante.config.keys import Role
from alimante.config.model import Config
from alimante.core.bus import EventBus, Undo
from alimante.core.clock import Clock
from alimante.core.component import Phase
from alimante.core.events import (
    CommandFinished,
    ConditionChanged,
    ControllerFailed,
    ErrorSeen,
    HandlerFailed,
    Level,
    LinkChanged,
    MailboxOverflowed,
    Outcome,
    ReadingMissed,
    ServiceFailed,
    WireStateChanged,
)
from alimante.io.guard import BreakerOpen
from alimante.policy.advice import advice_for
from alimante.policy.checkup import SOUND, Finding
from alimante.policy.classify import DEFECTS, Part, classify
from alimante.policy.error_book import RATE_WINDOWS_MIN, ErrorBook, ErrorRules, Noted, Record

MQTT = "mqtt"
EVENT_BUS = "event_bus"
DEFECT = "defect"
OFTEN = "fails_often"
_HEAT = frozenset({Role.HEATER, Role.CUTOFF})
_FAILED = frozenset({Outcome.FAILED, Outcome.UNKNOWN})


def parts_of(config: Config) -> dict[str, Part]:
    """What each wire and device of `config` is to the animal.

    A sensor gates when an output that is not to be on without it names it, itself or through a group.
    """
    parts = dict.fromkeys(config.wires, Part.WIRE)
    gating = set(gating_sensors(config))
    for device in config.devices.values():
        if device.spec.kind == "sensor":
            parts[device.id] = Part.GATING_SENSOR if device.id in gating else Part.SENSOR
        else:
            parts[device.id] = Part.HEAT_OUTPUT if device.role in _HEAT else Part.OUTPUT
    return parts


def gating_sensors(config: Config) -> list[str]:
    """The ids of the sensors that outputs depend on."""
    wanted = [config.references.get(ref, ref) for device in config.devices.values() for ref in device.output.needed]
    channels = [
        config.references.get(member, member)
        for name in wanted
        for member in (config.groups[name].members if name in config.groups else (name,))
    ]
    return [channel.partition(".")[0] for channel in channels]


class ErrorRegistry:
    """Counts, rates and the last errors of every component. `parts` says what each one is."""

    name = "errors"
    phase = Phase.WIRES

    def __init__(self, parts: Mapping[str, Part], *, rules: ErrorRules, bus: EventBus, clock: Clock) -> None:
        self.book = ErrorBook(rules)
        self._parts = parts
        self._bus = bus
        self._clock = clock
        self._undo: list[Undo] = []
        self._misses: dict[str, int] = {}  # of each sensor, the number of its last reading that failed
        self._defective: dict[str, asyncio.TimerHandle] = {}

    async def start(self) -> None:
        """Listen."""
        subscribe = self._bus.subscribe
        self._undo = [
            subscribe(ReadingMissed, self._on_missed),
            subscribe(CommandFinished, self._on_command),
            subscribe(WireStateChanged, self._on_wire),
            subscribe(HandlerFailed, self._on_handler),
            subscribe(MailboxOverflowed, self._on_mailbox),
            subscribe(LinkChanged, self._on_link),
            subscribe(ServiceFailed, self._on_service),
            subscribe(ControllerFailed, self._on_controller),
        ]

    async def stop(self) -> None:
        """Listen no more."""
        for undo in self._undo:
            undo()
        for timer in self._defective.values():
            timer.cancel()

    def finding(self, component: str, *, of: Iterable[str] = ()) -> Finding:
        """A warning while `component` fails again and again, which nobody sees who waits for it to fail for good.

        `of` are its driver and the kind of its wire, for the advice.
        """
        if component not in self.book.records:
            return SOUND
        last, rules = self.book.too_often(component, self._clock.mono()), self.book.rules
        if last is None:
            return SOUND
        often = f"{rules.failures} times or more within {rules.failures_within_s / 60:g} min"
        text = f"{component} fails again and again, {often}; the last time: {last.text}"
        return Finding(level=Level.WARNING, code=OFTEN, text=text, advice=advice_for(last.error, of=of))

    def report(self) -> dict[str, Any]:
        """The book as plain JSON values, the component that failed last first."""
        now_s = self._clock.mono()
        self.book.forget(now_s)
        return {name: _shown(record, now_s) for name, record in reversed(self.book.records.items())}

    def _on_missed(self, event: ReadingMissed) -> None:
        before = self._misses.get(event.device)
        self._misses[event.device] = event.seq
        if event.error == BreakerOpen.__name__ or before == event.seq:
            return  # a refusal is no failure, and one failed reading is one error whatever its channels
        part, goes_on = self._part(event.device, Part.SENSOR), before == event.seq - 1
        self._note(event.device, event.error, part, event.reason, reading=event.seq, goes_on=goes_on)

    def _on_command(self, event: CommandFinished) -> None:
        if event.outcome in _FAILED:
            error = f"Command{event.outcome.value.capitalize()}"
            self._note(event.device, error, self._part(event.device, Part.OUTPUT), event.reason)

    def _on_wire(self, event: WireStateChanged) -> None:
        if event.wedged:
            self._note(event.wire, "WireWedged", Part.WIRE, event.reason)

    def _on_handler(self, event: HandlerFailed) -> None:
        self._note(EVENT_BUS, "HandlerFailed", Part.SYSTEM, f"{event.handler} failed on {event.event}: {event.error}")

    def _on_mailbox(self, event: MailboxOverflowed) -> None:
        text = f"the mailbox {event.mailbox} was full with {event.capacity} events and dropped telemetry"
        self._note(EVENT_BUS, "MailboxOverflowed", Part.SYSTEM, text)

    def _on_link(self, event: LinkChanged) -> None:
        if not event.connected:
            self._note(MQTT, "LinkLost", Part.LINK, event.reason)

    def _on_service(self, event: ServiceFailed) -> None:
        part = Part.VITAL_SERVICE if event.is_critical else Part.SERVICE
        self._note(event.service, "ServiceFailed", part, event.error)

    def _on_controller(self, event: ControllerFailed) -> None:
        self._note(event.controller, event.error, Part.CONTROLLER, event.text)

    def _part(self, component: str, otherwise: Part) -> Part:
        return self._parts.get(component, otherwise)

    def _note(
        self, component: str, error: str, part: Part, text: str, *, reading: int | None = None, goes_on: bool = False
    ) -> None:
        found = classify(error, part)
        now_s = self._clock.mono()
        self.book.note(component, error, found, text, now_s=now_s, reading=reading, goes_on=goes_on)
        self._bus.publish(
            ErrorSeen(component=component, error=error, severity=found.severity, category=found.category, text=text)
        )
        if error in DEFECTS:
            self._look_at_defects(component, text)

    def _look_at_defects(self, component: str, text: str) -> None:
        until_s = self.book.defective_until_s(component)
        if until_s is None:
            return
        timer = self._defective.pop(component, None)
        if timer is None:
            self._tell(component, Level.WARNING, f"{component} fails again and again: {text}")
        else:
            timer.cancel()
        silent_s = until_s - self._clock.mono()
        self._defective[component] = asyncio.get_running_loop().call_later(silent_s, self._healed, component)

    def _healed(self, component: str) -> None:
        del self._defective[component]
        self._tell(component, Level.CLEAR, f"{component} has stopped failing")

    def _tell(self, component: str, level: Level, text: str) -> None:
        advice = "This is a defect of a program: update it, or report it to those who wrote it."
        self._bus.publish(
            ConditionChanged(component=component, condition=DEFECT, level=level, text=text, advice=advice)
        )


def _shown(record: Record, now_s: float) -> dict[str, Any]:
    return {
        "total": record.total,
        "first_age_s": round(now_s - record.first_s, 1),
        "last_age_s": round(now_s - record.last_s, 1),
        "by_error": dict(record.by_error),
        "per_min": {
            f"{window}min": round(record.count(now_s, within_min=window) / window, 3) for window in RATE_WINDOWS_MIN
        },
        "recent": [_shown_one(noted, now_s) for noted in reversed(record.recent)],
    }


def _shown_one(noted: Noted, now_s: float) -> dict[str, Any]:
    return {
        "age_s": round(now_s - noted.at_s, 1),
        "error": noted.error,
        "severity": noted.severity.value,
        "category": noted.category.value,
        "text": noted.text,
    }
