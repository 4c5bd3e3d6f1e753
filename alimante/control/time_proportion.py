"""Gives a switch a share of the time to be on; it must not know what the switch does.

A relay wears out and a lamp suffers from being switched often, so neither pulse nor pause may be short. Where the share
asks for a shorter one, pulse and pause are both stretched: the share stays right and the cycle gets longer.
"""

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """`cycle_s` is the length of a cycle where nothing stretches it, `longest_s` the longest that is of use.

    Shares that would need a longer cycle become always off or always on, whichever is nearer.
    """

    cycle_s: float
    min_on_s: float
    min_off_s: float
    longest_s: float

    def lengths_s(self, share: float) -> tuple[float, float]:
        """How long the switch is on and off in one cycle of `share` (0 to 1); `inf` is for good."""
        on_s, off_s = share * self.cycle_s, (1.0 - share) * self.cycle_s
        if on_s <= 0.0 or off_s <= 0.0:
            return (0.0, inf) if on_s <= 0.0 else (inf, 0.0)
        stretch = max(1.0, self.min_on_s / on_s, self.min_off_s / off_s)
        if stretch * self.cycle_s > self.longest_s:
            return (0.0, inf) if share < 0.5 else (inf, 0.0)
        return on_s * stretch, off_s * stretch


class TimeProportion:
    """One switch, off at first. The share may change at any moment: it counts for the pulse or pause under way."""

    def __init__(self, timing: Timing) -> None:
        self.timing = timing
        self.is_on = False
        self._since_s = -inf

    def switch(self, share: float, now_s: float, *, may_rise: bool = True) -> bool:
        """Whether to be on at `now_s` (monotonic, never going back); it does not go on unless it `may_rise`."""
        on_s, off_s = self.timing.lengths_s(share)
        lasted_s = now_s - self._since_s
        if self.is_on:
            is_over = lasted_s >= max(on_s, self.timing.min_on_s)
            wanted = not is_over or off_s == 0.0
        else:
            wanted = may_rise and on_s > 0.0 and lasted_s >= max(off_s, self.timing.min_off_s)
        if wanted != self.is_on:
            self.is_on, self._since_s = wanted, now_s
        return self.is_on

    def turn_off(self, now_s: float) -> None:
        """Off at once, whatever pulse was under way."""
        if self.is_on:
            self.is_on, self._since_s = False, now_s
