"""Says how much a reading turns with its heater as that goes on and off; it must not judge it.

What a place loses, and to where, changes slowly, whatever it is. What bends with the heat is the heater's. So it is
seen also where nothing is known any more of the place: when the sun has gone, or in a room that got colder. A sensor
that is stuck bends with nothing, and one that fell out of its place slows down as it falls.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, sqrt
from typing import Final

from alimante.safety.learning import FASTEST, Learner
from alimante.safety.trace import Entry, Trace, is_still

_POINTS: Final = 60
_LEAST: Final = 12  # points: fewer say nothing
_SWING: Final = 0.25  # of full power: by so much what is felt of the heat has to go up or down
_SWINGS: Final = 2  # up and down, or down and up: anything bends once
_SIGMAS: Final = 4.0  # neighbouring readings are wrong together, so the doubt is larger than it seems
_NOTHING: Final = 1e-9


_ALIKE: Final = 0.6  # of what was learned: the heater is there and not weak
_WITHIN: Final = 5.0  # windows: in longer ones a sensor that got stuck did turn before
_LATELY: Final = 0.4  # of what is looked at: so long none that turns stands still
_FOR: Final = 1.5  # windows, after which one that got stuck stands still
_JUMP: Final = 4.0  # smallest steps of the sensor beyond a rise that counts


@dataclass(slots=True)
class Turns:
    """Whether the reading turned with its heater lately. Times are in seconds, `window_s` that of the verification."""

    window_s: float
    rise_c: float
    resolution_c: float
    _last_s: float = field(default=-inf, init=False)
    _since_s: float = field(default=-inf, init=False)

    def look(self, now_s: float, start: Entry, end: Entry, trace: Trace, learner: Learner) -> bool:
        """Whether it turned between `start` and `end`, by about as much as was learned.

        So it may also seem of one that got stuck in between, for a while: see `is_lasting`.
        """
        if end.at_s - start.at_s > _WITHIN * self.window_s:
            return False
        entries = trace.between(start.at_s, end.at_s)
        lately_s = end.at_s - _LATELY * (end.at_s - start.at_s)
        if is_still(trace.between(lately_s, end.at_s), self.resolution_c):
            return False
        steps_c = (abs(two.reading_c - one.reading_c) for one, two in pairwise(entries))
        if max(steps_c, default=0.0) > self.rise_c + _JUMP * self.resolution_c:
            return False  # no heat does that
        if shown(entries, heat=learner.heat_felt) < _ALIKE * learner.strength:
            return False
        if now_s - self._last_s > _WITHIN * self.window_s:
            self._since_s = now_s
        self._last_s = now_s
        return True

    def is_lasting(self, now_s: float) -> bool:
        """Whether it has turned for longer than one that got stuck seems to."""
        return now_s - self._since_s >= _FOR * self.window_s


def shown(entries: Sequence[Entry], *, heat: int) -> float:
    """The strength of the heater that `entries` show, in °C per minute at full power; 0 where they may show none.

    `heat` is the place of the heat that is felt in the sums of an entry. Time goes linearly and by its square into what
    is taken for the place.
    """
    points = entries[:: max(1, len(entries) // _POINTS)]
    if len(points) < _LEAST or _swings(points) < _SWINGS:
        return 0.0
    span_s = points[-1].at_s - points[0].at_s
    rows = []
    for point in points:
        share = (point.at_s - points[0].at_s) / span_s
        given = point.sums[heat] - points[0].sums[heat]
        rows.append((1.0, share, share * share, given, point.reading_c - points[0].reading_c))
    found = _fit(rows)
    if found is None:
        return 0.0
    strength, doubt = found
    return strength if strength > _SIGMAS * doubt else 0.0


def _swings(points: Sequence[Entry]) -> int:
    """How often the share of full power that is felt, by the shortest lag, goes up or down by much, by turns."""
    felt = [(two.sums[FASTEST] - one.sums[FASTEST]) * 60.0 / (two.at_s - one.at_s) for one, two in pairwise(points)]
    lowest = highest = felt[0]
    swings = way = 0
    for share in felt:
        lowest, highest = min(lowest, share), max(highest, share)
        if way <= 0 and share - lowest >= _SWING:
            swings, way, highest = swings + 1, 1, share
        elif way >= 0 and highest - share >= _SWING:
            swings, way, lowest = swings + 1, -1, share
    return swings


def _fit(rows: Sequence[tuple[float, ...]]) -> tuple[float, float] | None:
    """The factor of the last but one column that explains the last one best, and its standard deviation."""
    size = len(rows[0])
    table = [[sum(row[i] * row[j] for row in rows) for j in range(size)] for i in range(size)]
    for i in range(size - 1):
        pivot = table[i][i]
        if pivot < _NOTHING * len(rows):
            return None
        for j in range(i + 1, size):
            factor = table[j][i] / pivot
            table[j] = [mine - factor * other for mine, other in zip(table[j], table[i], strict=True)]
    left, pivot = max(table[-1][-1], 0.0), table[-2][-2]
    return table[-2][-1] / pivot, sqrt(left / (len(rows) - size + 1) / pivot)
