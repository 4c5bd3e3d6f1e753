"""What was read while a heater worked, of the last minutes or hours; it must not judge it."""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Final

from alimante.safety.learning import Sums

_STRETCH: Final = 1.5
"""Each longer span that is offered is so much longer than the last."""


@dataclass(slots=True, eq=False)
class Entry:
    """One reading at the monotonic time `at_s`.

    `lowest_c` is what the coldest of several thermometers says where they contradict each other, else `reading_c`. What
    is `smooth` is the mean of a reading and its neighbours, and it alone until the next is there. `full_s` counts the
    seconds at full power up to one dead time ago. `elsewhere` are the readings of other zones.
    """

    at_s: float
    reading_c: float
    lowest_c: float
    full_s: float
    sums: Sums
    elsewhere: Mapping[str, float]
    smooth_c: float = field(init=False)
    smooth_lowest_c: float = field(init=False)

    def __post_init__(self) -> None:
        self.smooth_c = self.reading_c
        self.smooth_lowest_c = self.lowest_c


@dataclass(slots=True)
class Trace:
    """Entries at least `spacing_s` apart, of the last `kept_s`."""

    spacing_s: float
    kept_s: float
    entries: list[Entry] = field(default_factory=list)

    def add(self, entry: Entry) -> bool:
        """Keep `entry`; False when the last one is too near."""
        entries = self.entries
        if entries and entry.at_s - entries[-1].at_s < self.spacing_s:
            return False
        entries.append(entry)
        if len(entries) > 2:
            one, two, three = entries[-3:]
            two.smooth_c = (one.reading_c + two.reading_c + three.reading_c) / 3.0
            two.smooth_lowest_c = (one.lowest_c + two.lowest_c + three.lowest_c) / 3.0
        gone = bisect_left(entries, entry.at_s - self.kept_s, key=lambda one: one.at_s)
        if gone > 16:
            del entries[:gone]
        return True

    def at(self, at_s: float) -> Entry | None:
        """The first entry not before `at_s`."""
        found = bisect_left(self.entries, at_s, key=lambda one: one.at_s)
        return self.entries[found] if found < len(self.entries) else None

    def between(self, from_s: float, to_s: float) -> list[Entry]:
        """The entries of this time, both ends included."""
        return [entry for entry in self.entries if from_s <= entry.at_s <= to_s]

    def spans(self, full_s: float) -> Iterator[tuple[Entry, Entry]]:
        """Spans up to now that hold `full_s` seconds at full power, the shortest first, then ever longer ones.

        Both ends are smooth; the readings that make them so count as part of the span.
        """
        entries = self.entries
        if len(entries) < 5:
            return
        first = bisect_right(entries, entries[-1].full_s - full_s, key=lambda one: one.full_s) - 1
        while first >= 0:
            if first + 1 < len(entries) - 2:
                yield entries[first + 1], entries[-2]
            if first == 0:
                return
            first = max(len(entries) - ceil((len(entries) - first) * _STRETCH), 0)


def is_still(entries: Sequence[Entry], resolution_c: float) -> bool:
    """Whether the reading of a sensor with steps of `resolution_c` stood still."""
    read_c = [entry.reading_c for entry in entries]
    return max(read_c) - min(read_c) < 0.9 * resolution_c


@dataclass(slots=True)
class Delayed:
    """The integral of a duty over time, as it was `delay_s` ago."""

    delay_s: float
    total: float = field(default=0.0, init=False)
    """The integral up to now, in seconds at full power."""
    _past: deque[tuple[float, float]] = field(default_factory=deque, init=False)

    def add(self, now_s: float, span_s: float, duty: float) -> None:
        """`span_s` up to `now_s` went by at `duty`."""
        if not self._past:
            self._past.append((now_s - span_s, 0.0))
        self.total += duty * span_s
        self._past.append((now_s, self.total))
        while len(self._past) > 1 and self._past[1][0] <= now_s - self.delay_s:
            self._past.popleft()

    def total_s(self, now_s: float) -> float:
        """Seconds at full power up to `delay_s` before `now_s`."""
        if len(self._past) < 2:
            return 0.0
        (one_s, one), (two_s, two) = self._past[0], self._past[1]
        share = (now_s - self.delay_s - one_s) / (two_s - one_s) if two_s > one_s else 0.0
        return one + (two - one) * min(max(share, 0.0), 1.0)
