"""Controllers of the clock with a clock to move them by, for tests."""

from datetime import datetime
from zoneinfo import ZoneInfo

from alimante.config.days import FeedingKeys, PhotoperiodKeys, ScheduleKeys
from alimante.config.place import Location
from alimante.control.controller import Look
from alimante.control.feeding import Feeding
from alimante.control.local_time import LocalTime
from alimante.control.photoperiod import Photoperiod
from alimante.control.schedule import Schedule
from alimante.policy.belief import unknown
from hardware.api import Range, Switch, Unit

PARIS = ZoneInfo("Europe/Paris")
DIMMER = Range(low=0.0, high=100.0, unit=Unit.PERCENT, off=0.0, on=100.0)
ACCEPTS = {"lamp": Switch(), "dimmer": DIMMER, "feeder": Switch()}


def at(text, zone=PARIS):
    """Seconds since 1970 UTC of a local time such as `2026-03-29 08:00`; with `+` behind it, of its second showing."""
    return datetime.fromisoformat(text.rstrip("+")).replace(tzinfo=zone, fold=text.endswith("+")).timestamp()


def look(wall_s, zone=PARIS, *, now_s=0.0):
    """A look at that moment; None is a moment that is not known."""
    local = None if wall_s is None else LocalTime(wall_s, zone)
    return Look(now_s=now_s, believed=lambda name: unknown(), local=local)


def photoperiod(*, location=None, **keys):
    keys = {"kind": "photoperiod", "outputs": ["lamp"], **keys}
    return Photoperiod("light", PhotoperiodKeys(**keys), location=location or Location(), accepts=ACCEPTS)


def schedule(*intervals, **keys):
    keys = {"kind": "schedule", "outputs": ["lamp"], "intervals": list(intervals), **keys}
    return Schedule("timer", ScheduleKeys(**keys), accepts=ACCEPTS)


def feeding(*times, **keys):
    keys = {"kind": "feeding", "output": "feeder", "times": list(times), "pulse_s": 3, **keys}
    return Feeding("meals", FeedingKeys(**keys), accepts=ACCEPTS)


def lit_s(controller, start_s, end_s, zone=PARIS, *, step_s=300):
    """Seconds between two moments in which the first output of `controller` is demanded above zero."""
    moments = range(int(start_s), int(end_s), step_s)
    return step_s * sum(controller.decide(look(wall_s, zone))[0].value > 0 for wall_s in moments)
