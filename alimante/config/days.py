"""What the configuration may say about controllers that follow the clock; it must not know the time."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, WithJsonSchema

from alimante.config.base import Id, Keys

Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["08:30"])]
"""A local time of the day, such as 08:30."""

ClockEnd = Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", examples=["22:00"])]
"""A local time of the day, or 24:00 for the end of the day."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

MonthDay = Annotated[
    str,
    Field(
        pattern=r"^((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|[12]\d))$",
        examples=["06-21"],
    ),
]
"""A day of any year as month and day, such as 06-21."""

Said = Annotated[Any, WithJsonSchema({"anyOf": [{"enum": ["off", "on"]}, {"type": "number"}]})]
"""A value of an output: off, on or a number that it takes."""

Outputs = Annotated[list[Id], Field(min_length=1)]


def second_of(text: str) -> int:
    """The second of the day that a `Clock` or `ClockEnd` says."""
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60


class SeasonPoint(Keys):
    """The length of the light on one day of the year."""

    date: MonthDay = Field(description="Month and day, such as 06-21.")
    hours: float = Field(ge=0, le=24, description="Hours of light on that day; in between they change evenly.")


class PhotoperiodKeys(Keys):
    """Light by day. It says one of: `on` and `off`, `day_length`, or `sun`."""

    kind: Literal["photoperiod"] = Field(description="Lights by day, with dawn and dusk where they can be dimmed.")
    outputs: Outputs = Field(description="The lamps that follow.")
    on: Clock | None = Field(default=None, description="Local time at which the day begins, such as 08:00.")
    off: ClockEnd | None = Field(default=None, description="Local time at which the day ends, such as 20:00.")
    day_length: list[SeasonPoint] | None = Field(
        default=None, min_length=1, description="Hours of light over the year, around `midday`."
    )
    midday: Clock = Field(default="13:00", description="Local time of the middle of the day, for `day_length`.")
    sun: bool = Field(default=False, description="Follow sunrise and sunset at `location`.")
    ramp_s: float = Field(
        default=0,
        ge=0,
        le=14_400,
        description="Seconds of dawn and of dusk, within the day, of lamps that can be dimmed.",
    )
    value: Said = Field(default="on", description="How bright it is by day: on or a number that all the lamps take.")
    max_h: float = Field(
        default=16, gt=0, le=24, description="No day is longer than so many hours, however far north the sun is asked."
    )
    min_h: float = Field(default=0, ge=0, le=24, description="No day is shorter than so many hours.")


class IntervalKeys(Keys):
    """One time of the week."""

    on: Clock = Field(description="Local time at which it begins, such as 08:00.")
    off: ClockEnd = Field(description="Local time at which it ends; on the next day when it is not later than `on`.")
    days: list[Weekday] = Field(
        default=list(WEEKDAYS), min_length=1, description="The days on which it begins; every day when not given."
    )
    value: Said = Field(default="on", description="What the outputs are put to: on, off or a number that they take.")


class ScheduleKeys(Keys):
    """Outputs by a timetable."""

    kind: Literal["schedule"] = Field(description="Outputs by a timetable of the day or the week.")
    outputs: Outputs = Field(description="The outputs that follow.")
    intervals: Annotated[list[IntervalKeys], Field(min_length=1)] = Field(
        description="The times of the week; where two overlap, the first in the list counts."
    )
    otherwise: Said = Field(default="off", description="What the outputs are put to at all other times.")


class FeedingKeys(Keys):
    """Food or a dose, exactly once at each of its times."""

    kind: Literal["feeding"] = Field(
        description="One pulse of a feeder or a dosing pump at each of its times, never twice."
    )
    output: Id = Field(description="The feeder or the pump.")
    times: Annotated[list[Clock], Field(min_length=1, max_length=24)] = Field(
        description="Local times of the day, such as 08:00."
    )
    days: list[Weekday] = Field(
        default=list(WEEKDAYS), min_length=1, description="The days on which it may happen; every day when not given."
    )
    every_days: int = Field(
        default=1, ge=1, le=60, description="Days from one day with food to the next: 1 is daily, 7 is weekly."
    )
    pulse_s: float = Field(ge=1, le=60, description="Seconds for which the output is on, in full seconds.")
    value: Said = Field(default="on", description="What the output is put to: on or a number that it takes.")
    late_s: float = Field(
        default=300, ge=60, le=3600, description="So many seconds after its time it is given up, with a warning."
    )
    max_per_day: int | None = Field(
        default=None,
        ge=1,
        le=24,
        description="No more often than this on one local date; as many as `times` when not given.",
    )


DAYS: Final[dict[str, type[Keys]]] = {
    "photoperiod": PhotoperiodKeys,
    "schedule": ScheduleKeys,
    "feeding": FeedingKeys,
}
