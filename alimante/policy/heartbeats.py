"""When tasks gave their last sign of life; it must not know what they do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Final

from alimante.core.events import Level
from alimante.policy.advice import advice_for
from alimante.policy.checkup import SOUND, Finding

LATE_AFTER: Final = 3.0
"""A task is late when its last sign of life is this many of its periods old: one can be slow, two can be a pause."""


@dataclass(slots=True)
class Heartbeats:
    """The signs of life of tasks by name; `now` is the monotonic time in seconds."""

    now: Callable[[], float]
    _beats: dict[str, tuple[float, float]] = field(default_factory=dict)
    _sure_until_s: float = inf
    """Until then nobody can be late: beats only put that off."""

    def expect(self, name: str, *, every_s: float) -> Callable[[], None]:
        """Expect one from `name` each `every_s` seconds from now on; returns the function that gives it."""

        def beat() -> None:
            self._beats[name] = (self.now(), every_s)

        beat()
        self._sure_until_s = min(self._sure_until_s, self.now() + LATE_AFTER * every_s)
        return beat

    def finding(self, name: str) -> Finding:
        """Whether `name` lives; CRITICAL when it is late. Raises `KeyError` for a task that nobody expects."""
        at_s, every_s = self._beats[name]
        late_s = self.now() - at_s
        if late_s <= LATE_AFTER * every_s:
            return SOUND
        text = f"the task {name} gave its last sign of life {late_s:.0f} s ago"
        return Finding(level=Level.CRITICAL, code="late", text=text, advice=advice_for("late"), value=late_s)

    def late(self) -> list[str]:
        """A sentence for each task that is late."""
        now_s = self.now()
        if now_s <= self._sure_until_s:
            return []
        self._sure_until_s = min((at_s + LATE_AFTER * every_s for at_s, every_s in self._beats.values()), default=inf)
        if now_s <= self._sure_until_s:
            return []
        return [found.text for found in map(self.finding, self._beats) if found.level is not Level.CLEAR]
