"""Smooths values that were judged already; it must not see a value before, or it would hide a fault."""

from collections import deque
from typing import Protocol


class Filter(Protocol):
    """Takes one value after the other."""

    def add(self, value: float) -> float:
        """The smoothed value, `value` included."""
        ...

    def reset(self) -> None:
        """Forget all values."""
        ...


class Median:
    """The middle one of the last `samples` values: one outlier leaves no trace. With an even count the lower one."""

    def __init__(self, samples: int) -> None:
        self._last: deque[float] = deque(maxlen=samples)

    def add(self, value: float) -> float:
        """See `Filter`."""
        self._last.append(value)
        return sorted(self._last)[(len(self._last) - 1) // 2]

    def reset(self) -> None:
        """See `Filter`."""
        self._last.clear()


class Mean:
    """The mean of the last `samples` values."""

    def __init__(self, samples: int) -> None:
        self._last: deque[float] = deque(maxlen=samples)

    def add(self, value: float) -> float:
        """See `Filter`."""
        self._last.append(value)
        count = len(self._last)
        return sum(value / count for value in self._last)  # a sum of huge values could leave the floats

    def reset(self) -> None:
        """See `Filter`."""
        self._last.clear()


def filters(*, median_of: int = 1, mean_of: int = 1) -> tuple[Filter, ...]:
    """The filters in the order in which they work: first outliers go, then the rest is smoothed."""
    wanted: list[Filter] = []
    if median_of > 1:
        wanted.append(Median(median_of))
    if mean_of > 1:
        wanted.append(Mean(mean_of))
    return tuple(wanted)
