"""When a number is bad for long enough; it must not know what the number measures."""

from dataclasses import dataclass
from math import inf

from alimante.core.events import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A level is entered when the number was at or beyond `enter` for `hold_s`, and left when it is back at `leave`.

    The number is bad when high if `enter` > `leave`, bad when low if `enter` < `leave`; between them nothing changes.
    """

    enter: float
    leave: float
    hold_s: float = 0.0

    def is_beyond(self, value: float) -> bool:
        """Whether `value` is bad enough to enter."""
        return value >= self.enter if self.enter > self.leave else value <= self.enter

    def is_back(self, value: float) -> bool:
        """Whether `value` is good enough to leave."""
        return value <= self.leave if self.enter > self.leave else value >= self.leave


class _Edge:
    """One limit in time."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._since_s: float | None = None
        self.is_on = False

    @property
    def is_calm(self) -> bool:
        """Whether it is neither on nor on its way there."""
        return not self.is_on and self._since_s is None

    def look(self, value: float, now_s: float) -> bool:
        if self.is_on:
            self.is_on = not self._limit.is_back(value)
            self._since_s = None
        elif not self._limit.is_beyond(value):
            self._since_s = None
        else:
            self._since_s = now_s if self._since_s is None else self._since_s
            self.is_on = now_s - self._since_s >= self._limit.hold_s
        return self.is_on


class Threshold:
    """Turns one number in time into a level; CRITICAL is looked at first."""

    def __init__(self, *, warning: Limit | None = None, critical: Limit | None = None) -> None:
        self._edges = [
            (level, _Edge(limit))
            for level, limit in ((Level.CRITICAL, critical), (Level.WARNING, warning))
            if limit is not None
        ]
        limits = [limit for limit in (critical, warning) if limit is not None]
        self._is_calm = True
        self._above = max((limit.enter for limit in limits if limit.enter < limit.leave), default=-inf)
        self._below = min((limit.enter for limit in limits if limit.enter > limit.leave), default=inf)
        """Between these two nothing begins."""

    def look(self, value: float, now_s: float) -> Level:
        """The level now that `value` was measured at the monotonic time `now_s`."""
        if self._is_calm and self._above < value < self._below:
            return Level.CLEAR
        on = [level for level, edge in self._edges if edge.look(value, now_s)]
        self._is_calm = all(edge.is_calm for _, edge in self._edges)
        return on[0] if on else Level.CLEAR
