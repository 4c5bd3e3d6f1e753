"""Turns conditions into alerts and tells when people should hear of them; it must not find a condition itself."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from alimante.core.bus import EventBus, Undo
from alimante.core.clock import Clock
from alimante.core.component import Phase
from alimante.core.events import ConditionChanged, Event
from alimante.core.tasks import Tasks
from alimante.policy.alert import Alert
from alimante.policy.alerts import AlertBook, AlertRules

SOON_S = 0.001
"""The shortest wait: a timer may fire a trace too early, and waiting for that trace would spin."""


class AlertService:
    """The alerts of a node. `on_change(critical)` is told when they should be saved."""

    name = "alerts"
    phase = Phase.WIRES
    """Before all others: the first condition of a start must not be missed."""

    def __init__(
        self,
        rules: AlertRules,
        *,
        bus: EventBus,
        clock: Clock,
        tasks: Tasks,
        on_change: Callable[[bool], None] = lambda critical: None,
    ) -> None:
        self.book = AlertBook(rules)
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._on_change = on_change
        self._news = asyncio.Event()
        self._undo: Undo = lambda: None

    async def start(self) -> None:
        """Listen."""
        self._undo = self._bus.subscribe(ConditionChanged, self._on_condition)
        self._tasks.spawn(self._serve(), name=self.name)

    async def stop(self) -> None:
        """Listen no more."""
        self._undo()
        await self._tasks.cancel()

    def acknowledge(self, name: str, *, by: str) -> None:
        """A person knows of the alert `component/condition`. Raises `KeyError` when it is not active."""
        component, _, condition = name.partition("/")
        self._publish(self.book.acknowledge(component, condition, by=by))

    def quiet(self, is_quiet: bool) -> None:
        """Tell only of safety alarms while a person works in the enclosure."""
        self.book.is_quiet = is_quiet

    def report(self) -> list[dict[str, Any]]:
        """The active alerts, the oldest first."""
        return [_shown(alert) for alert in self.book.active.values()]

    def snapshot(self) -> dict[str, Any]:
        """What outlives a restart."""
        return self.book.snapshot(self._clock.mono())

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up a snapshot. Raises `KeyError`, `ValueError` or `TypeError` for one that is none."""
        self.book.restore(saved, self._clock.mono())

    def _on_condition(self, event: ConditionChanged) -> None:
        self._publish(self.book.hear(event, now_s=self._clock.mono(), wall_s=self._clock.wall()))
        self._news.set()

    async def _serve(self) -> None:
        while True:
            now_s = self._clock.mono()
            self._publish(self.book.tick(now_s=now_s, wall_s=self._clock.wall()))
            self._news.clear()
            await self._until(self.book.due_s(now_s))

    async def _until(self, at_s: float) -> None:
        """Wait until then, or until there is a new condition."""
        left_s = at_s - self._clock.mono()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), None if left_s == float("inf") else max(SOON_S, left_s))

    def _publish(self, facts: list[Event]) -> None:
        for fact in facts:
            self._bus.publish(fact)
        if facts:
            self._on_change(True)


def _shown(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "component": alert.component,
        "condition": alert.condition,
        "level": alert.level.value,
        "state": alert.state,
        "text": alert.text,
        "advice": alert.advice,
        "since": alert.since_wall_s,
        "count": alert.count,
        "flapping": alert.flapping.is_flapping,
        "acknowledged_by": alert.acknowledged_by,
    }
