"""Keeps what a place was without heat at its coldest within the last day, as it was learned; it must not judge that.

What is learned while the sun shines is not the place's own: the heat that comes in ends, and the heater is not to blame
for that. What was learned before it came in is the better guess then.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import isfinite
from typing import Any, Final

_SPAN_MIN: Final = 180.0
_KEPT: Final = 8
"""A day in spans of three hours, each with the coldest of it."""


@dataclass(frozen=True, slots=True)
class _Place:
    """What was learned at `at_min`: without heat it gets warmer by `drift − loss · above` °C per minute."""

    at_min: float
    drift: float
    loss: float

    def rate(self, above_c: float) -> float:
        return self.drift - self.loss * above_c


@dataclass(slots=True)
class Coldest:
    """What one model learned. Times are minutes of the learner, `above_c` is a reading above its reference."""

    _places: deque[_Place] = field(default_factory=deque, init=False)
    _begun_min: float = field(default=0.0, init=False)

    def keep(self, now_min: float, *, drift: float, loss: float, above_c: float) -> None:
        """Take in what is learned by now, at the temperature at which it was learned."""
        place = _Place(now_min, drift, loss)
        if not self._places or now_min - self._begun_min >= _SPAN_MIN:
            self._places.append(place)
            self._begun_min = now_min
        elif place.rate(above_c) < self._places[-1].rate(above_c):
            self._places[-1] = place
        while len(self._places) > _KEPT or self._places[0].at_min < now_min - _SPAN_MIN * _KEPT:
            self._places.popleft()

    def rate(self, above_c: float) -> float | None:
        """How fast it got warmer at least without heat, in °C per minute; None where nothing is known."""
        return min((place.rate(above_c) for place in self._places), default=None)

    def snapshot(self, now_min: float) -> list[list[float]]:
        """How many minutes ago it was so, drift and loss of each, as plain JSON values."""
        return [[now_min - place.at_min, place.drift, place.loss] for place in self._places]

    def restore(self, kept: Any, now_min: float) -> None:
        """Take up a snapshot; what makes no sense is left out. Time away does not count."""
        self._places.clear()
        for age_min, drift, loss in islice(_sound(kept if isinstance(kept, list) else ()), _KEPT):
            self._places.append(_Place(now_min - age_min, drift, loss))
        self._begun_min = now_min - _SPAN_MIN


def _sound(rows: Iterable[Any]) -> Iterable[Sequence[float]]:
    """The rows of three finite numbers."""
    for row in rows:
        is_row = isinstance(row, list) and len(row) == 3
        if is_row and all(isinstance(one, int | float) and isfinite(one) for one in row):
            yield row
