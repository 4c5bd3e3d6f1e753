"""Light by day: by the clock, by a table of the year or by the sun; it must not remember when to switch.

What is lit follows from the local time alone, at every tick anew. So a clock that is set, a day with 23 hours and a
restart need no care: there is no queue of events that could be lost or done twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from alimante.config.days import PhotoperiodKeys, second_of
from alimante.config.place import Location
from alimante.control.controller import Demand, Look
from alimante.control.local_time import DAY_S, LocalTime, instant
from alimante.control.season import Curve
from alimante.policy.values import parse_value
from hardware.api import Accepts, Switch

if TYPE_CHECKING:
    from astral import Observer

STEPS: Final = 100
"""A dimmed lamp moves in hundredths of its way: finer steps are not seen, and each one is a write and a message."""

LOOK_AHEAD_S: Final = 3600.0
"""For so long at most it is known that a light does not change: within it, the dates around stay those that matter."""

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Daylight:
    """The light that begins on one date, in seconds since 1970 UTC; empty where `end_s` is not later."""

    start_s: float
    end_s: float

    def clamped(self, *, min_s: float, max_s: float) -> "Daylight":
        """The same middle, with a length within the bounds."""
        length_s = self.end_s - self.start_s
        half_s, middle_s = min(max(length_s, min_s), max_s) / 2, self.start_s + length_s / 2
        return self if min_s <= length_s <= max_s else Daylight(middle_s - half_s, middle_s + half_s)

    def has(self, wall_s: float) -> bool:
        """Whether it is light at that moment."""
        return self.start_s <= wall_s < self.end_s

    def level(self, wall_s: float, *, ramp_s: float) -> float:
        """How bright it is, 0 to 1, with dawn and dusk of `ramp_s` seconds inside the day."""
        if not self.has(wall_s):
            return 0.0
        inside_s = min(wall_s - self.start_s, self.end_s - wall_s)
        return min(1.0, inside_s / ramp_s) if ramp_s > 0 else 1.0


DaylightOf = Callable[[ZoneInfo, date], Daylight]
"""The light of a local date."""


def by_clock(on: str, off: str) -> DaylightOf:
    """From `on` to `off` on the wall clock, past midnight when `off` is not later."""
    on_s, off_s = second_of(on), second_of(off)

    @lru_cache(maxsize=8)
    def of(zone: ZoneInfo, day: date) -> Daylight:
        return Daylight(instant(zone, day, on_s), instant(zone, day if off_s > on_s else day + _ONE_DAY, off_s))

    return of


def by_table(curve: Curve, midday: str) -> DaylightOf:
    """As many hours as `curve` says, around `midday` on the wall clock."""
    midday_s = second_of(midday)

    @lru_cache(maxsize=8)
    def of(zone: ZoneInfo, day: date) -> Daylight:
        middle_s, half_s = instant(zone, day, midday_s), curve.at(day) * 1800
        return Daylight(middle_s - half_s, middle_s + half_s)

    return of


def by_sun(latitude_deg: float, longitude_deg: float) -> DaylightOf:
    """From sunrise to sunset at sea level; all day where the sun does not set, and never where it does not rise."""

    @lru_cache(maxsize=8)
    def of(zone: ZoneInfo, day: date) -> Daylight:
        from astral import Observer  # 20 ms and a megabyte that only those pay who follow the sun

        return _sun(Observer(latitude_deg, longitude_deg), zone, day)

    return of


def _sun(observer: "Observer", zone: ZoneInfo, day: date) -> Daylight:
    from astral.sun import elevation, noon, sunrise, sunset

    middle_s = noon(observer, day, tzinfo=zone).timestamp()
    middle = datetime.fromtimestamp(middle_s, UTC)

    def seen(event: Callable[..., datetime]) -> list[float]:
        """Astral sorts events by UTC dates; far from Greenwich those are not this day's."""
        found = []
        for days in (-1, 0, 1):
            try:
                found.append(event(observer, middle.date() + timedelta(days=days), tzinfo=UTC).timestamp())
            except ValueError:  # which is how astral says that the sun does not rise or set
                continue
        return found

    rises = [at_s for at_s in seen(sunrise) if middle_s - DAY_S / 2 <= at_s <= middle_s]
    sets = [at_s for at_s in seen(sunset) if middle_s <= at_s <= middle_s + DAY_S / 2]
    if not rises or not sets:
        half_s = DAY_S / 2 if elevation(observer, middle) > 0 else 0.0
        return Daylight(middle_s - half_s, middle_s + half_s)
    return Daylight(max(rises), min(sets))


def daylight_of(keys: PhotoperiodKeys, location: Location) -> DaylightOf:
    """What `keys`, which were found sound, say."""
    if keys.sun and location.latitude_deg is not None and location.longitude_deg is not None:
        found = by_sun(location.latitude_deg, location.longitude_deg)
    elif keys.day_length is not None:
        found = by_table(Curve((point.date, point.hours) for point in keys.day_length), keys.midday)
    else:
        found = by_clock(keys.on or "00:00", keys.off or "00:00")
    min_s, max_s = keys.min_h * 3600, keys.max_h * 3600
    return lambda zone, day: found(zone, day).clamped(min_s=min_s, max_s=max_s)


class Photoperiod:
    """Lamps that follow the day. Switches are on all day; what can be dimmed has a dawn and a dusk.

    While the time is not believed, the lamps stay as they were, over a restart, too; where that is not known either,
    nothing is demanded.
    """

    def __init__(self, name: str, keys: PhotoperiodKeys, *, location: Location, accepts: Mapping[str, Accepts]) -> None:
        self.id = name
        self.outputs = tuple(keys.outputs)
        self.milestones = 0
        self._daylight_of = daylight_of(keys, location)
        self._ramp_s = keys.ramp_s
        self._accepts = {output: accepts[output] for output in keys.outputs}
        self._full = {output: parse_value(accepts[output], keys.value) for output in keys.outputs}
        self._level: float | None = None
        self._reason = "not asked yet"
        self._around: tuple[ZoneInfo, date, list[Daylight]] | None = None
        self._steady = 0.0, 0.0, 0.0
        self._demands: tuple[float, str, list[Demand]] | None = None

    def is_day(self, local: LocalTime) -> bool:
        """Whether it is day at that moment, dawn and dusk included: what day and night set-points go by."""
        return self.level(local) > 0.0

    def level(self, local: LocalTime) -> float:
        """How bright it is at that moment, 0 to 1; what is lit at all is at least at a hundredth."""
        wall_s = local.wall_s
        begins_s, ends_s, level = self._steady
        if begins_s <= wall_s < ends_s:
            return level
        days = self._days(local)
        bright = [day.level(wall_s, ramp_s=self._ramp_s) for day in days if day.has(wall_s)]
        level = max(round(max(bright) * STEPS), 1) / STEPS if bright else 0.0
        self._steady = wall_s, self._until_s(wall_s, days), level
        return level

    def _until_s(self, wall_s: float, days: Sequence[Daylight]) -> float:
        """Until when it stays as bright as at `wall_s`; that moment itself within a dawn or a dusk."""
        changes_s = [wall_s + LOOK_AHEAD_S]
        for day in days:
            dawn_s, dusk_s = day.start_s + self._ramp_s, day.end_s - self._ramp_s
            if day.start_s <= wall_s < dawn_s or dusk_s <= wall_s < day.end_s:
                return wall_s
            changes_s += [at_s for at_s in (day.start_s, dusk_s, day.end_s) if at_s > wall_s]
        return min(changes_s)

    def decide(self, look: Look) -> Sequence[Demand]:
        """What the local time says; without one, what was demanded last."""
        if look.local is not None:
            level = self.level(look.local)
            if level != self._level and not (level and self._level):
                self.milestones += 1
            self._level, self._reason = level, "day" if level else "night"
        else:
            self._reason = "the time is not known yet: as it was before"
        if self._level is None:
            return ()
        if self._demands is None or self._demands[:2] != (self._level, self._reason):
            demands = [Demand(output=output, value=self._value(output), reason=self._reason) for output in self.outputs]
            self._demands = self._level, self._reason, demands
        return self._demands[2]

    def report(self) -> dict[str, Any]:
        """The brightness, 0 to 1, and why."""
        return {"demand": self._level, "reason": self._reason}

    def snapshot(self) -> dict[str, Any]:
        """The brightness, for a restart without a believed time."""
        return {"level": self._level}

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up the brightness, if it is one."""
        level = saved.get("level")
        if isinstance(level, (int, float)) and 0 <= level <= 1:
            self._level = float(level)

    def _days(self, local: LocalTime) -> list[Daylight]:
        """The light of the dates around, kept for the day: near a pole it begins on the evening before."""
        zone, today = local.zone, local.date
        if self._around is None or self._around[1] != today or self._around[0] is not zone:
            days = [self._daylight_of(zone, today + timedelta(days=days)) for days in (-1, 0, 1)]
            self._around = zone, today, days
        return self._around[2]

    def _value(self, output: str) -> float:
        accepts, full = self._accepts[output], self._full[output]
        if isinstance(accepts, Switch):
            return full if self._level else 0.0
        return accepts.off + (full - accepts.off) * (self._level or 0.0)
