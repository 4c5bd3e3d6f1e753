"""The recent past of one number; it must not grow without bound."""

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Summary:
    """What is left of a series: `count` values within its age."""

    last: float
    lowest: float
    mean: float
    highest: float
    count: int
    age_s: float


class Series:
    """The values of the last `keep_s` seconds, at most `capacity` of them."""

    def __init__(self, *, keep_s: float, capacity: int = 1000) -> None:
        self._keep_s = keep_s
        self._values: deque[tuple[float, float]] = deque(maxlen=capacity)

    def add(self, value: float, at_s: float) -> None:
        """Keep `value`, measured at the monotonic time `at_s`."""
        self._values.append((at_s, value))
        self._forget(at_s)

    def summary(self, now_s: float) -> Summary | None:
        """What is known now; None when everything is too old."""
        self._forget(now_s)
        if not self._values:
            return None
        values = [value for _, value in self._values]
        at_s, last = self._values[-1]
        return Summary(last, min(values), sum(values) / len(values), max(values), len(values), now_s - at_s)

    def _forget(self, now_s: float) -> None:
        while self._values and now_s - self._values[0][0] > self._keep_s:
            self._values.popleft()
