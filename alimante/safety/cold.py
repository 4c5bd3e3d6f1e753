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
_SETTLED_S: Final = 1800.0


@dataclass(slots=True)
class Cold:
    """The last such fall. Each must end lower than the one before: a reading that only swings hides nothing."""

    resolution_c: float
    fell_s: float = field(default=-inf, init=False)
    """When it fell last faster than it can by itself."""
    is_in: bool = field(default=False, init=False)
    """Whether it has not been seen to get warmer since then."""
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
        read_c = [entry.reading_c for entry in entries if entry.at_s >= start.at_s]
        if max(one - two for one, two in pairwise(read_c)) > _AT_ONCE * -moved_c:
            return  # a sensor that jumps: air does not
        off_c, doubt_c, _ = learner.expect_off(start.sums, end.sums)
        if moved_c < min(off_c, 0.0) - doubt_c - _STEPS / 2.0 * self.resolution_c:
            self.fell_s, self.is_in, self._lowest_c = end.at_s, True, end.smooth_c

    def is_new(self, now_s: float) -> bool:
        """Whether it may still end by itself: a place that stays so is learned anew."""
        return self.is_in and now_s - self.fell_s < _SETTLED_S

    def over(self) -> None:
        """It got warmer again."""
        self.is_in, self._lowest_c = False, inf
