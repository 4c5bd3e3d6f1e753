"""The calendar where the enclosure stands, and whether it can be believed; it must not ask a clock itself.

A Raspberry Pi has no clock battery: until somebody has told it the time, it may be years off. What follows a calendar
has to wait for a believed time, and what follows durations must not look here at all.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

EARLIEST_S: Final = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
"""No clock that shows less can be right: it is before this program was written."""

LATEST_S: Final = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
"""No clock that shows more can be right; calendars end not far behind."""

SLACK_S: Final = 2.0
"""So much earlier than the last believed time the clock may be and still count as not having gone back."""

DAY_S: Final = 86_400


class LocalTime:
    """One believed moment, with its local date and time: `wall_s` seconds since 1970 UTC, in the years 1 to 9999.

    There is a new one at each control tick, and at most of them nobody asks for more than its seconds.
    """

    __slots__ = ("_moment", "wall_s", "zone")

    def __init__(self, wall_s: float, zone: ZoneInfo) -> None:
        self.wall_s = wall_s
        self.zone = zone
        self._moment: datetime | None = None

    @property
    def moment(self) -> datetime:
        """The local date and time; it knows its time zone."""
        if self._moment is None:
            self._moment = datetime.fromtimestamp(self.wall_s, self.zone)
        return self._moment

    @property
    def date(self) -> date:
        """The local date."""
        return self.moment.date()

    @property
    def second_of_day(self) -> float:
        """What a wall clock shows, in seconds since midnight: 0 to 86,400, and on a day of change not gapless."""
        now = self.moment
        return now.hour * 3600 + now.minute * 60 + now.second + now.microsecond / 1e6


class Calendar:
    """Decides whether the wall clock is believed, and remembers the last believed time.

    It is believed when it is plausible and was either set by somebody who knows the time, or shows no less than the
    last time that was believed, in this run or before it. `is_trusted` says that the computer keeps the time by
    itself, so that every plausible time is believed.
    """

    def __init__(self, zone: ZoneInfo, *, is_trusted: bool = False) -> None:
        self.zone = zone
        self._is_trusted = is_trusted
        self.last_s: float | None = None
        """The last believed time in seconds since 1970 UTC, or None when there never was one."""
        self._latest: LocalTime | None = None

    def read(self, *, wall_s: float, synced: bool) -> LocalTime | None:
        """The local time when the clock shows `wall_s`; None while that is not believed."""
        if not EARLIEST_S <= wall_s < LATEST_S or not (synced or self._is_trusted or self._went_on(wall_s)):
            return None
        self.last_s = wall_s
        if self._latest is None or self._latest.wall_s != wall_s:
            self._latest = LocalTime(wall_s, self.zone)
        return self._latest

    def snapshot(self) -> dict[str, Any]:
        """What to remember over a restart."""
        return {"last_wall_s": self.last_s}

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up what was remembered; what is no plausible time is left out."""
        last_s = saved.get("last_wall_s")
        if isinstance(last_s, (int, float)) and EARLIEST_S <= last_s < LATEST_S:
            self.last_s = float(last_s)

    def _went_on(self, wall_s: float) -> bool:
        return self.last_s is not None and wall_s >= self.last_s - SLACK_S


@lru_cache(maxsize=256)
def instant(zone: ZoneInfo, day: date, second_of_day: int) -> float:
    """When a wall clock shows `second_of_day` on `day`, in seconds since 1970 UTC.

    A time that is shown twice counts at its first showing; one that the clock jumps over counts at the jump. So every
    time of every day has exactly one moment, and they are in order. 86,400 is the next midnight.
    """
    shown = datetime(day.year, day.month, day.day) + timedelta(seconds=second_of_day)  # noqa: DTZ001  # gets its zone
    first = shown.replace(tzinfo=zone)
    at_s = first.timestamp()
    if datetime.fromtimestamp(at_s, zone).replace(tzinfo=None) == shown:
        return at_s
    return _jump(zone, first.replace(fold=1).timestamp(), at_s)


def _jump(zone: ZoneInfo, before_s: float, after_s: float) -> float:
    """The full second between the two moments at which the clock jumps forward."""
    old = datetime.fromtimestamp(before_s, zone).utcoffset()
    while after_s - before_s > 1:
        middle_s = float((before_s + after_s) // 2)
        if datetime.fromtimestamp(middle_s, zone).utcoffset() == old:
            before_s = middle_s
        else:
            after_s = middle_s
    return after_s
