"""Outputs by a timetable of the day or the week; it must not remember when to switch.

Each interval belongs to the date on which it begins, and its two ends are single moments. So an hour that the clock
shows twice is lit once, and one that it jumps over is left out.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from alimante.config.days import WEEKDAYS, IntervalKeys, ScheduleKeys, second_of
from alimante.control.controller import Demand, Look
from alimante.control.local_time import LocalTime, instant
from alimante.policy.values import parse_value
from hardware.api import Accepts


class _Interval:
    def __init__(self, keys: IntervalKeys) -> None:
        self.text = f"{keys.on} to {keys.off}"
        self._on_s, self._off_s = second_of(keys.on), second_of(keys.off)
        self._weekdays = frozenset(WEEKDAYS.index(day) for day in keys.days)

    def has(self, local: LocalTime) -> bool:
        """Whether the interval that began on this or on the last date goes on now."""
        return any(self._has(local, local.date - timedelta(days=days)) for days in (0, 1))

    def _has(self, local: LocalTime, day: date) -> bool:
        if day.weekday() not in self._weekdays:
            return False
        last = day if self._off_s > self._on_s else day + timedelta(days=1)
        return instant(local.zone, day, self._on_s) <= local.wall_s < instant(local.zone, last, self._off_s)


class Schedule:
    """A timetable. While the time is not believed, the outputs stay as they were, over a restart, too.

    Where that is not known either, nothing is demanded.
    """

    def __init__(self, name: str, keys: ScheduleKeys, *, accepts: Mapping[str, Accepts]) -> None:
        self.id = name
        self.outputs = tuple(keys.outputs)
        self.milestones = 0
        self._intervals = [_Interval(interval) for interval in keys.intervals]
        said = [*(interval.value for interval in keys.intervals), keys.otherwise]
        self._values = [{output: parse_value(accepts[output], value) for output in keys.outputs} for value in said]
        self._phase: int | None = None
        self._reason = "not asked yet"

    def phase(self, local: LocalTime) -> int:
        """The index of the interval that counts now; that behind the last one when none does."""
        going = (index for index, interval in enumerate(self._intervals) if interval.has(local))
        return next(going, len(self._intervals))

    def decide(self, look: Look) -> Sequence[Demand]:
        """What the timetable says; without a believed time, what was demanded last."""
        if look.local is not None:
            phase = self.phase(look.local)
            self.milestones += phase != self._phase
            self._phase = phase
            self._reason = self._intervals[phase].text if phase < len(self._intervals) else "outside its times"
        else:
            self._reason = "the time is not known yet: as it was before"
        if self._phase is None:
            return ()
        values = self._values[self._phase]
        return [Demand(output=output, value=values[output], reason=self._reason) for output in self.outputs]

    def report(self) -> dict[str, Any]:
        """The values demanded, and which line of the timetable says so."""
        return {"demand": None if self._phase is None else self._values[self._phase], "reason": self._reason}

    def snapshot(self) -> dict[str, Any]:
        """Which line of the timetable counted last."""
        return {"phase": self._phase}

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up the line, if there is such a one."""
        phase = saved.get("phase")
        if type(phase) is int and 0 <= phase <= len(self._intervals):
            self._phase = phase
