"""Whether a channel is noisier than it was; it must not take a steady rise, a step or one outlier for noise.

It looks at second differences, which are zero on any straight line: of white noise with the standard deviation σ they
have √6 σ. Their median is used, for a step and an outlier touch only two and three of them.
"""

from collections import deque

_WINDOW = 9
_ENOUGH = 5
_MEDIAN_PER_SIGMA = 0.6745 * 6.0**0.5  # the median of |x| is 0.6745 standard deviations of a normal distribution
_LEARNING = 1 / 200
_LEARNED_AT_MOST = 4.0
_LEAVE = 0.5


class Noise:
    """The memory of one channel. Noise up to a standard deviation of `floor`, in the channel's unit, is usual.

    It is noisy while the variance is more than `factor` times the usual one, until it is below half of that. What is
    usual is learned while it is quiet, up to four times the floor's variance: else slowly growing noise was learned.
    """

    def __init__(self, *, floor: float, factor: float) -> None:
        self._factor = factor
        self._floor = self._usual = floor * floor
        self._last: deque[float] = deque(maxlen=2)
        self._bends: deque[float] = deque(maxlen=_WINDOW)
        self.is_noisy = False

    def reset(self) -> None:
        """Forget the values, but not what is usual."""
        self._last.clear()
        self._bends.clear()
        self.is_noisy = False

    def add(self, value: float) -> bool:
        """Take in a value; returns whether the channel is noisy."""
        last = self._last
        if len(last) == last.maxlen:
            self._bends.append(abs(value - 2.0 * last[1] + last[0]))
        last.append(value)
        count = len(self._bends)
        if count < _ENOUGH:
            return self.is_noisy
        sigma = sorted(self._bends)[count // 2] / _MEDIAN_PER_SIGMA
        variance = sigma * sigma
        limit = self._factor * max(self._floor, self._usual)
        self.is_noisy = variance > (limit * _LEAVE if self.is_noisy else limit)
        if not self.is_noisy:
            most = _LEARNED_AT_MOST * self._floor
            self._usual += (min(variance, most) - self._usual) * _LEARNING
        return self.is_noisy
