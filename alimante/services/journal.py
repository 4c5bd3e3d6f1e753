"""Writes edges to the log: one line when something breaks, one when it heals; levels are for counters.

It must not tell the same fact twice: what is told as a condition is not told again as an alert or an act of safety.
"""

import logging

from alimante.core.bus import EventBus, Undo
from alimante.core.component import Phase
from alimante.core.events import (
    AlertChanged,
    ClockStepped,
    CommandFinished,
    ConditionChanged,
    ConfigurationChanged,
    DeviceStateChanged,
    HandlerSlow,
    Level,
    MailboxOverflowed,
    NodeStateChanged,
    Outcome,
    OutputChanged,
    PeopleTold,
    RecoveryFinished,
    SafetyActed,
    WireStateChanged,
)
from alimante.core.states import DeviceState
from alimante.core.text import printable

_LEVELS = {Level.CLEAR: logging.INFO, Level.WARNING: logging.WARNING, Level.CRITICAL: logging.ERROR}
_TOLD_OTHERWISE = frozenset({"alert", "group", "resolved"})
"""Notifications whose alerts were told as conditions already."""

_log = logging.getLogger("alimante")


class OneLine(logging.Filter):
    """Writes out what is not printable in every message: names and payloads come from anywhere."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place; a traceback below it keeps its lines."""
        record.msg, record.args = printable(record.getMessage()), None
        return True


class Journal:
    """Subscribes to what a keeper would look for in the log."""

    name = "journal"
    phase = Phase.WIRES

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._undo: list[Undo] = []
        self._said: dict[str, str] = {}  # the last text of a condition, by component
        self._flapping: set[tuple[str, str]] = set()

    async def start(self) -> None:
        """Listen."""
        subscribe = self._bus.subscribe
        self._undo = [
            subscribe(NodeStateChanged, lambda e: _log.info("the supervisor is %s%s", e.new, _because(e.reason))),
            subscribe(DeviceStateChanged, self._on_device),
            subscribe(WireStateChanged, self._on_wire),
            subscribe(OutputChanged, self._on_output),
            subscribe(CommandFinished, self._on_command),
            subscribe(ConditionChanged, self._on_condition),
            subscribe(AlertChanged, self._on_alert),
            subscribe(PeopleTold, self._on_told),
            subscribe(SafetyActed, self._on_safety),
            subscribe(RecoveryFinished, self._on_recovery),
            subscribe(ConfigurationChanged, self._on_configuration),
            subscribe(ClockStepped, lambda e: _log.warning("the clock jumped by %+.1f s", e.by_s)),
            subscribe(HandlerSlow, lambda e: _log.warning("%s took %.3f s on %s", e.handler, e.took_s, e.event)),
            subscribe(MailboxOverflowed, lambda e: _log.warning("mailbox %s is full and drops telemetry", e.mailbox)),
        ]

    async def stop(self) -> None:
        """Listen no more."""
        for undo in self._undo:
            undo()

    def _on_device(self, event: DeviceStateChanged) -> None:
        if event.new is DeviceState.OFFLINE:
            _log.warning("%s is offline: %s", event.device, event.reason)
        elif event.old is DeviceState.OFFLINE:
            _log.info("%s is %s again", event.device, event.new)

    def _on_wire(self, event: WireStateChanged) -> None:
        level = logging.ERROR if event.wedged else logging.INFO
        _log.log(level, "wire %s is %s: %s", event.wire, "stuck" if event.wedged else "free again", event.reason)

    def _on_output(self, event: OutputChanged) -> None:
        if event.value is None:
            _log.error("the state of %s is unknown: %s", event.device, event.reason)

    def _on_command(self, event: CommandFinished) -> None:
        if event.outcome not in (Outcome.APPLIED, Outcome.SUPERSEDED):
            _log.warning("command %s to %s was %s: %s", event.id, event.device, event.outcome, event.reason)

    def _on_condition(self, event: ConditionChanged) -> None:
        self._said[event.component] = event.text
        if (event.component, event.condition) in self._flapping and not event.is_safety:
            return
        name = f"{event.component}/{event.condition}"
        if event.level is Level.CLEAR:
            _log.info("%s is over", name)
        else:
            _log.log(_LEVELS[event.level], "%s: %s", name, event.text)

    def _on_alert(self, event: AlertChanged) -> None:
        """One that comes and goes again and again is one line, until it is calm."""
        key, name = (event.component, event.condition), f"{event.component}/{event.condition}"
        if event.is_flapping and key not in self._flapping:
            self._flapping.add(key)
            _log.warning("%s comes and goes; no more is told of it until it is calm", name)
        elif not event.is_flapping and key in self._flapping:
            self._flapping.discard(key)
            _log.info("%s is calm again", name)

    def _on_told(self, event: PeopleTold) -> None:
        if event.kind not in _TOLD_OTHERWISE:
            _log.warning("reminder (%s) of %s: %s", event.kind, ", ".join(event.alerts), event.text)

    def _on_safety(self, event: SafetyActed) -> None:
        """A refusal is told to who asked, and its reason is a condition where a person can do something."""
        if event.action != "refused" and event.text != self._said.get(event.device):
            _log.warning("%s was %s: %s", event.device, event.action.replace("_", " "), event.text)

    def _on_recovery(self, event: RecoveryFinished) -> None:
        level = logging.INFO if event.succeeded else logging.WARNING
        outcome = "worked" if event.succeeded else "failed"
        what = f"{event.action}, attempt {event.attempt} of {event.allowed}, {outcome}"
        _log.log(level, "repair of %s: %s%s", event.component, what, _because(event.reason))

    def _on_configuration(self, event: ConfigurationChanged) -> None:
        name, verdict = event.sha256[:12], event.verdict.replace("_", " ")
        _log.info("the configuration %s is %s%s", name, verdict, _because(event.reason))


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
