"""Whether a value can follow those before it; it must not ask whether it is possible at all."""

from collections import deque

from alimante.core.events import Quality

Verdict = tuple[Quality, str]
_FINE: Verdict = (Quality.GOOD, "")


class Changes:
    """The memory of one channel for values that move faster than what it measures can.

    A value that moved by more than `most` within `within_s` (the most per longer time in proportion) is suspect until
    `needed` values in a row go together. One that jumped by more than `jump` is bad, and so are its followers until
    `needed` of them go together: then the new level is believed. A limit of 0.0 asks nothing.
    """

    def __init__(self, *, most: float, within_s: float, jump: float, needed: int) -> None:
        self._most = most
        self._within_s = within_s
        self._jump = jump
        self._needed = needed
        self._level: deque[tuple[float, float]] = deque()
        self._other: deque[tuple[float, float]] = deque()
        self._run = 0
        self._other_run = 0

    def reset(self) -> None:
        """Forget all values: the next one has nothing to be compared with."""
        self._level.clear()
        self._other.clear()

    def judge(self, value: float, at_s: float) -> Verdict:
        """The quality of `value`, measured at `at_s`, not before the value before it; with the reason."""
        if not self._level:
            self._begin(value, at_s, run=self._needed)
            return _FINE
        last_s, last = self._level[-1]
        if self._jump and abs(value - last) > max(self._jump, self._allowed(at_s - last_s)):
            return self._jumped(value, at_s, last)
        if self._other:
            self._other.clear()
        if self._fits(self._level, value, at_s):
            self._follow(self._level, value, at_s)
            self._run += 1
            return _FINE if self._run >= self._needed else (Quality.SUSPECT, "it moved too fast just before")
        self._begin(value, at_s, run=1)
        return Quality.SUSPECT, f"moved by {value - last:+.3g} in {at_s - last_s:.3g} s, which is too fast"

    def _jumped(self, value: float, at_s: float, last: float) -> Verdict:
        if not self._other or not self._fits(self._other, value, at_s):
            self._other.clear()
            self._other_run = 0
        self._follow(self._other, value, at_s)
        self._other_run += 1
        if self._other_run < self._needed:
            return Quality.BAD, f"jumped by {value - last:+.3g} at once"
        self._level, self._other = self._other, deque()
        self._run = self._needed
        return _FINE

    def _begin(self, value: float, at_s: float, *, run: int) -> None:
        self._level.clear()
        self._level.append((at_s, value))
        self._run = run

    def _follow(self, level: deque[tuple[float, float]], value: float, at_s: float) -> None:
        """Keep no more than reaches back over the time that a change is measured in."""
        level.append((at_s, value))
        while len(level) > 2 and at_s - level[1][0] >= self._within_s:
            level.popleft()

    def _fits(self, level: deque[tuple[float, float]], value: float, at_s: float) -> bool:
        if not self._most:
            return not self._jump or abs(value - level[-1][1]) <= self._jump
        (first_s, first), (last_s, last) = level[0], level[-1]
        fits_first = abs(value - first) <= self._allowed(at_s - first_s)
        return fits_first and abs(value - last) <= self._allowed(at_s - last_s)

    def _allowed(self, took_s: float) -> float:
        return self._most * max(1.0, took_s / self._within_s)
