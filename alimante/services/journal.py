"""Writes edges to the log: one line when something breaks, one when it heals; levels are for counters."""

import logging

from alimante.core.bus import EventBus, Undo
from alimante.core.component import Phase
from alimante.core.events import (
    CommandFinished,
    DeviceStateChanged,
    HandlerSlow,
    MailboxOverflowed,
    NodeStateChanged,
    Outcome,
    OutputChanged,
    WireStateChanged,
)
from alimante.core.states import DeviceState

_log = logging.getLogger("alimante")


class Journal:
    """Subscribes to what a keeper would look for in the log."""

    name = "journal"
    phase = Phase.WIRES

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._undo: list[Undo] = []

    async def start(self) -> None:
        """Listen."""
        subscribe = self._bus.subscribe
        self._undo = [
            subscribe(NodeStateChanged, lambda e: _log.info("the supervisor is %s%s", e.new, _because(e.reason))),
            subscribe(DeviceStateChanged, self._on_device),
            subscribe(WireStateChanged, self._on_wire),
            subscribe(OutputChanged, self._on_output),
            subscribe(CommandFinished, self._on_command),
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


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
