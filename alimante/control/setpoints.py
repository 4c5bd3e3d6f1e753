"""What is to be held at a time of the day; it must not guess that time: without it, the cautious value is taken."""

from collections.abc import Callable
from dataclasses import dataclass

from alimante.config.days import second_of
from alimante.control.local_time import LocalTime
from alimante.control.season import Curve

IsDay = Callable[[LocalTime], bool]
"""Whether it is day in the enclosure, as its lamps have it or as the configuration says."""

Cautious = Callable[[float, float], float]
"""Of two values the one that acts less: `min` for what heats or wets, `max` for what cools or airs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setpoint:
    """One value for the day and one for the night, both moved by `shift` over the year.

    `cautious` picks between them while the time is not known: a heater that takes the night for day cooks the animal.
    `reach` are the least and the largest shift of the year.
    """

    day: float
    night: float
    cautious: Cautious
    is_day: IsDay
    shift: Curve | None = None
    reach: tuple[float, float] = (0.0, 0.0)

    def at(self, local: LocalTime | None) -> float:
        """The value now, in the unit of the set-point; the cautious one of the whole year while `local` is None."""
        if local is None:
            return self.cautious(self.day, self.night) + self.cautious(*self.reach)
        moved = 0.0 if self.shift is None else self.shift.at(local.date)
        return (self.day if self.is_day(local) else self.night) + moved


def always(local: LocalTime) -> bool:
    """It is always day: for a set-point that has one value only."""
    return True


def steady(value: float) -> Setpoint:
    """The same value at any time."""
    return Setpoint(day=value, night=value, cautious=min, is_day=always)


def between(start: str, end: str) -> IsDay:
    """Day from `start` (included) to `end`, local wall-clock times "HH:MM"; past midnight when `end` is earlier."""
    start_s, end_s = second_of(start), second_of(end)

    def is_day(local: LocalTime) -> bool:
        if start_s <= end_s:
            return start_s <= local.second_of_day < end_s
        return not end_s <= local.second_of_day < start_s

    return is_day
