"""The recent past of numbers that are measured together; it must not grow without bound."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Summary:
    """What is left of one number: `count` values within its age."""

    last: float
    lowest: float
    mean: float
    highest: float
    count: int
    age_s: float


class Series:
    """The measurements of the last `keep_s` seconds, at most `capacity` of them. Not each has to have every number."""

    def __init__(self, *, keep_s: float, capacity: int = 1000) -> None:
        self._keep_s = keep_s
        self._rows: deque[tuple[float, Mapping[str, float]]] = deque(maxlen=capacity)

    def add(self, values: Mapping[str, float], at_s: float) -> None:
        """Keep `values` by name, measured at the monotonic time `at_s`; they must not be changed any more."""
        self._rows.append((at_s, values))
        self._forget(at_s)

    def summaries(self, now_s: float) -> dict[str, Summary]:
        """What is known now by name, in the order of the names; without what is too old altogether."""
        self._forget(now_s)
        found: dict[str, list[float]] = {}
        last_s: dict[str, float] = {}
        for at_s, row in self._rows:
            for name, value in row.items():
                found.setdefault(name, []).append(value)
                last_s[name] = at_s
        return {
            name: Summary(
                values[-1], min(values), sum(values) / len(values), max(values), len(values), now_s - last_s[name]
            )
            for name, values in sorted(found.items())
        }

    def _forget(self, now_s: float) -> None:
        while self._rows and now_s - self._rows[0][0] > self._keep_s:
            self._rows.popleft()
