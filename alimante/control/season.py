"""A value that changes over the year; it must not know what the value is for."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from typing import Final

YEAR_DAYS: Final = 366
"""Days are counted as in a leap year, so that a date is at the same place in every year."""


class Curve:
    """Straight lines between values on some days of the year, going round from the last to the first.

    `points` are a month and a day as "06-21" with a value, at least one, in any order.
    """

    def __init__(self, points: Iterable[tuple[str, float]]) -> None:
        known = sorted((_place(*map(int, day.split("-"))), value) for day, value in points)
        (last_place, last), (first_place, first) = known[-1], known[0]
        around = [(last_place - YEAR_DAYS, last), *known, (first_place + YEAR_DAYS, first)]
        self._places = [place for place, _ in around]
        self._values = [value for _, value in around]

    def at(self, day: date) -> float:
        """The value on `day`, never outside the given ones."""
        place = _place(day.month, day.day)
        after = bisect_right(self._places, place)
        (start, end), (low, high) = self._places[after - 1 : after + 1], self._values[after - 1 : after + 1]
        share = (place - start) / (end - start)
        return low * (1 - share) + high * share


def _place(month: int, day: int) -> int:
    """How many days of a leap year lie before that day."""
    return (date(2000, month, day) - date(2000, 1, 1)).days
