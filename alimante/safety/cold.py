"""Says when cold comes in: a reading falls faster than its place can cool by itself; it must not judge the heater.

A door that stands open and a probe that falls out of its zone look alike while they fall. Neither is the heater's.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import Final

from alimante.safety.learning import Learner
from alimante.safety.trace import Trace

_SPAN_S: Final = 60.0
_STEPS: Final = 6.0  # smallest steps of the sensor: less may be noise
_AT_ONCE: Final = 0.6
_TAIL: Final = 0.1  # of the heater's strength: a fall that gets slower has ended at so little
_OFF_SPAN_S: Final = 120.0
_MOST_SHORT: Final = 0.5  # of the heater's strength: no sensor that fell down hides a heater
_SETTLED_S: Final = 1800.0
_STAYS_S: Final = 6 * 3600.0


@dataclass(slots=True)
class Cold:
    """The last such fall. Each must end lower than the one before: a reading that only swings hides nothing."""

    resolution_c: float
    fell_s: float = field(default=-inf, init=False)
    """When it fell last faster than it can by itself."""
    is_in: bool = field(default=False, init=False)
    """Whether it has not been seen to get warmer since then."""
    from_c: float = field(default=0.0, init=False)
    """What was read before it began."""
    _short: float = field(default=0.0, init=False)
    _short_s: float = field(default=-inf, init=False)
    _lowest_c: float = field(default=inf, init=False)

    def look(self, trace: Trace, learner: Learner) -> None:
        """Take in the newest reading."""
        entries = trace.entries
        if len(entries) < 4:
            return
        end = entries[-2]
        start = trace.at(end.at_s - _SPAN_S)
        if start is None or end.at_s - start.at_s < _SPAN_S / 2.0:
            return
        moved_c = end.smooth_c - start.smooth_c
        tail_c = _TAIL * learner.strength * (end.at_s - start.at_s) / 60.0
        if self.is_in and moved_c < -max(tail_c, self.resolution_c) and end.smooth_c < self._lowest_c:
            self.fell_s, self._lowest_c = end.at_s, end.smooth_c  # it has not ended
        if moved_c > -_STEPS * self.resolution_c or end.smooth_c >= self._lowest_c:
            return
        before = max(entries.index(start) - 1, 0)  # it is in what is smooth at the start
        read_c = [entry.reading_c for entry in entries[before:]]
        if max(one - two for one, two in pairwise(read_c)) > _AT_ONCE * -moved_c:
            return  # a sensor that jumps: air does not
        off_c, doubt_c, _ = learner.expect_off(start.sums, end.sums)
        if moved_c < min(off_c, 0.0) - doubt_c - _STEPS / 2.0 * self.resolution_c:
            self.from_c = self.from_c if self.is_in else start.smooth_c
            self.fell_s, self.is_in, self._lowest_c = end.at_s, True, end.smooth_c

    def look_off(self, now_s: float, since_s: float, trace: Trace, learner: Learner) -> None:
        """The same while no heat is left of the heater, which is so since `since_s`: is it colder than was learned?

        Where the sun has gone or the room got colder, less is expected of the heater than what was learned asks for.
        """
        entries = trace.entries
        start = trace.at(max(since_s, now_s - _OFF_SPAN_S))
        if len(entries) < 4 or start is None or entries[-2].at_s - start.at_s < _SPAN_S:
            return
        end = entries[-2]
        off_c, *_ = learner.expect_off(start.sums, end.sums)
        short = (off_c - (end.smooth_c - start.smooth_c)) / ((end.at_s - start.at_s) / 60.0)
        self._short, self._short_s = min(max(short, 0.0), _MOST_SHORT * learner.strength), now_s

    def short(self, now_s: float) -> float:
        """By how much less per minute it gets warmer than was learned, as seen while the heater was off, in °C."""
        return self._short if now_s - self._short_s < _SETTLED_S else 0.0

    def is_recent(self, now_s: float) -> bool:
        """Whether it came in so lately that what the place is without heat may not be learned anew yet."""
        return now_s - self.fell_s < _STAYS_S + _SETTLED_S

    def is_new(self, now_s: float) -> bool:
        """Whether it may still end by itself: a place that stays so is learned anew."""
        return self.is_in and now_s - self.fell_s < _STAYS_S

    def over(self) -> None:
        """It got warmer again."""
        self.is_in, self._lowest_c = False, inf
