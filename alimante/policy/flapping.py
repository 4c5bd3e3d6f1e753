"""Whether something changes so often that each change is no news; it must not know what changes."""

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

RESULTS: Final = 21
"""Twenty changes between them are looked at."""

OLDEST_WEIGHT: Final = 0.75
NEWEST_WEIGHT: Final = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class FlapRules:
    """From `start_percent` on something flaps, until it is down to `stop_percent`."""

    start_percent: float = 30.0
    stop_percent: float = 20.0


class Flapping:
    """The last results of one check, looked at again and again in equal steps of time.

    A change counts the more the newer it is, from 0.75 to 1.25 evenly (Nagios Core documentation, "Detection and
    Handling of State Flapping").
    """

    def __init__(self, rules: FlapRules, results: list[str] | None = None) -> None:
        self._rules = rules
        self.results: deque[str] = deque(results or [], maxlen=RESULTS)
        self.is_flapping = False

    def add(self, result: str) -> bool:
        """Take one more result; returns whether it flaps now."""
        self.results.append(result)
        percent = self.percent
        if self.is_flapping:
            self.is_flapping = percent > self._rules.stop_percent
        else:
            self.is_flapping = percent >= self._rules.start_percent
        return self.is_flapping

    @property
    def percent(self) -> float:
        """The weighted share of changes, in percent of what could have changed in a full record."""
        steps = RESULTS - 1
        results = list(self.results)
        first = steps - (len(results) - 1)  # a short record stands at the new end
        total = 0.0
        for index, (before, after) in enumerate(pairwise(results)):
            if before != after:
                place = (first + index) / (steps - 1)
                total += OLDEST_WEIGHT + (NEWEST_WEIGHT - OLDEST_WEIGHT) * place
        return 100.0 * total / steps
