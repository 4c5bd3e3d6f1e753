"""Food and doses: one pulse at each of the times, and never a second one; it must not see what became of the pulse.

Each feeding is known by its local date and its time, and that name is remembered before anything moves. So a clock
that is set back, an hour that is shown twice and a restart cannot feed twice. Between "twice" and "not at all" the
second is chosen everywhere, since a hungry animal is told of and an overfed one is not.

A feeding counts as done when the output was demanded for the whole pulse. Whether the output gate let that pass is
not seen here: a gate that refuses says so itself, and its quotas stand behind this as a second line.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from alimante.config.days import WEEKDAYS, FeedingKeys, second_of
from alimante.control.controller import Demand, Finding, Look
from alimante.control.local_time import LocalTime, instant
from alimante.policy.values import parse_value
from hardware.api import Accepts

AHEAD_S: Final = 15.0
"""So long before its pulse a feeding is written down: longer than the state store takes to save what is critical.

Without it a power cut in the first seconds of a pulse would forget the pulse and feed again.
"""

KEPT: Final = 200
"""So many feedings are remembered."""

PLANNED: Final = "planned"
CUT_OFF: Final = "cut off"
DONE: Final = "done"


@dataclass(slots=True)
class _Pulse:
    """A feeding under way: planned for the monotonic time `start_s`, on since then or, while None, not yet."""

    name: str
    start_s: float
    end_s: float | None = None


class Feeding:
    """A feeder or a dosing pump. It waits while the time is not believed."""

    def __init__(self, name: str, keys: FeedingKeys, *, accepts: Mapping[str, Accepts]) -> None:
        self.id = name
        self.outputs: tuple[str, ...] = (keys.output,)
        self.milestones = 0
        self.missed = ""
        """What a person is to be told: a feeding that did not happen or was cut off. Empty after the next good one."""
        self._keys = keys
        self._weekdays = frozenset(WEEKDAYS.index(day) for day in keys.days)
        self._per_day = keys.max_per_day or len(keys.times)
        accepted = accepts[keys.output]
        self._on = parse_value(accepted, keys.value)
        self._off = accepted.off
        self._fed: dict[str, str] = {}
        self._seen_s: float | None = None
        self._pulse: _Pulse | None = None
        self._reason = "not asked yet"

    def decide(self, look: Look) -> Sequence[Demand]:
        """The pulse while there is one, else off."""
        self._reason = "no feeding is due" if look.local is not None else "waits until the time is known"
        if look.local is not None:
            self._look_for_one(look.now_s, look.local)
        value = self._on if self._goes_on(look.now_s) else self._off
        return [Demand(output=self._keys.output, value=value, reason=self._reason)]

    def report(self) -> dict[str, Any]:
        """What it does now, when it fed last, and what was missed."""
        last = next((name for name, state in reversed(self._fed.items()) if state == DONE), None)
        return {"demand": self._pulse is not None, "reason": self._reason, "last": last, "missed": self.missed}

    def findings(self) -> Mapping[str, Finding]:
        """A feeding that did not happen or was cut off."""
        if not self.missed:
            return {}
        advice = "see whether there is food, and feed by hand if there is none; it is not made up for"
        return {"missed_feeding": Finding(text=self.missed, advice=advice)}

    def snapshot(self) -> dict[str, Any]:
        """Every feeding that was begun, the last believed time, and what was missed."""
        return {"fed": dict(self._fed), "seen_wall_s": self._seen_s, "missed": self.missed}

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up what was remembered. What was begun and not seen to end is not begun again, but told."""
        fed, seen_s, missed = (saved.get(key) for key in ("fed", "seen_wall_s", "missed"))
        if isinstance(fed, dict):
            self._fed = {name: str(state) for name, state in list(fed.items())[-KEPT:] if _is_name(name)}
        if isinstance(seen_s, (int, float)):
            self._seen_s = float(seen_s)
        if isinstance(missed, str):
            self.missed = missed
        for name, state in self._fed.items():
            if state == PLANNED:
                self._fed[name] = CUT_OFF
                self.missed = f"the feeding of {name} was cut off by a restart"

    def _goes_on(self, now_s: float) -> bool:
        """Whether a pulse is to be on now. It is for its whole length from when that was first demanded."""
        pulse = self._pulse
        if pulse is None:
            return False
        self._reason = f"the feeding of {pulse.name}"
        if now_s < pulse.start_s:
            return False
        if pulse.end_s is None:
            pulse.end_s = now_s + self._keys.pulse_s
        if now_s < pulse.end_s:
            return True
        self._fed[pulse.name] = DONE
        self._pulse = None
        self.missed = ""
        self.milestones += 1
        return False

    def _look_for_one(self, now_s: float, local: LocalTime) -> None:
        """Plan the pulse of a feeding whose time has come; note those whose time went by while nobody looked."""
        for name, at_s in self._slots(local):
            late_s = local.wall_s - at_s
            is_due = 0 <= late_s < self._keys.late_s and self._pulse is None
            was_due = late_s >= self._keys.late_s and self._seen_s is not None and self._seen_s < at_s
            if (is_due or was_due) and self._may_feed(name):
                if is_due:
                    self._plan(name, now_s)
                else:
                    self.missed = f"the feeding of {name} did not happen"
                    self.milestones += 1
        self._seen_s = local.wall_s

    def _slots(self, local: LocalTime) -> Iterator[tuple[str, float]]:
        """The feedings of yesterday and of today: name, and time in seconds since 1970 UTC."""
        for day in (local.date - timedelta(days=1), local.date):
            if day.weekday() in self._weekdays:
                for time in self._keys.times:
                    yield f"{day.isoformat()} {time}", instant(local.zone, day, second_of(time))

    def _may_feed(self, name: str) -> bool:
        """Whether it was not begun, its date may have one more, and the last date with one is far enough away."""
        day = _date_of(name)
        fed = [_date_of(other) for other in self._fed]
        if name in self._fed or fed.count(day) >= self._per_day:
            return False
        before = [other for other in fed if other < day]
        return not before or (day - max(before)).days >= self._keys.every_days

    def _plan(self, name: str, now_s: float) -> None:
        """Write the feeding down first and act later, when that is on the disk."""
        self._pulse = _Pulse(name, now_s + AHEAD_S)
        self._fed[name] = PLANNED
        while len(self._fed) > KEPT:
            del self._fed[next(iter(self._fed))]
        self.milestones += 1


def _date_of(name: str) -> date:
    """The local date in a feeding's name. Raises `ValueError`."""
    return date.fromisoformat(name[:10])


def _is_name(name: object) -> bool:
    try:
        return bool(_date_of(str(name)))
    except ValueError:
        return False
