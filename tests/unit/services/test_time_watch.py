"""What is told of the wall clock, and when it is believed."""

from datetime import UTC, date, datetime

import pytest

from alimante.config.place import Location
from alimante.core.clock import ManualClock
from alimante.core.events import ClockStepped, ConditionChanged, Level
from alimante.services.time_watch import PATIENCE_S, TimeWatch

NOW_S = datetime(2026, 6, 1, 10, tzinfo=UTC).timestamp()
YEARS_S = 56 * 365.25 * 86_400


class Watched:
    """A watch with its clock and what it published."""

    def __init__(self, bus, *, wall_s=NOW_S, synced=True, saved=None, **location):
        self.clock = ManualClock(wall_s=wall_s, synced=synced)
        self.watch = TimeWatch(Location(**{"timezone": "Europe/Paris", **location}), clock=self.clock, bus=bus)
        self.watch.restore(saved or {})
        self.steps: list[float] = []
        self.conditions: list[ConditionChanged] = []
        bus.subscribe(ClockStepped, lambda event: self.steps.append(event.by_s))
        bus.subscribe(ConditionChanged, self.conditions.append)

    def run(self, seconds):
        for _ in range(int(seconds)):
            self.clock.advance(1.0)
            self.watch.tick()


async def test_it_gives_the_local_time_of_the_place(bus):
    local = Watched(bus).watch.local()
    assert local is not None
    assert local.moment.isoformat() == "2026-06-01T12:00:00+02:00"


async def test_without_a_believed_clock_there_is_no_date_and_no_time(bus):
    known, unknown = Watched(bus).watch, Watched(bus, synced=False).watch
    assert (known.today(), known.wall()) == (date(2026, 6, 1), NOW_S)
    assert (unknown.today(), unknown.wall()) == (None, None)


@pytest.mark.parametrize("by_s", [2.5, -7200.0, YEARS_S])
async def test_a_jump_is_told_once_with_its_length(bus, by_s):
    watched = Watched(bus)
    watched.run(10)
    watched.clock.step_wall(by_s)
    watched.run(10)
    assert watched.steps == [pytest.approx(by_s)]


async def test_small_corrections_and_a_drift_of_five_percent_are_no_jumps(bus):
    watched = Watched(bus)
    for _ in range(3600):
        watched.clock.step_wall(0.05)
        watched.run(1)
    assert watched.steps == []


async def test_a_pause_of_ten_minutes_is_no_jump(bus):
    watched = Watched(bus)
    watched.clock.advance(600)
    watched.watch.tick()
    assert watched.steps == []


async def test_a_time_that_stays_unknown_is_told_after_five_minutes_and_taken_back(bus):
    watched = Watched(bus, synced=False)
    watched.run(PATIENCE_S - 1)
    assert watched.conditions == []
    watched.run(2)
    watched.clock.set_synced(True)
    watched.run(5)
    assert [condition.level for condition in watched.conditions] == [Level.WARNING, Level.CLEAR]


async def test_f120_a_boot_in_1970_that_hears_the_time_in_time_tells_the_jump_and_nothing_else(bus):
    watched = Watched(bus, wall_s=0.0, synced=False)
    watched.run(60)
    assert watched.watch.report() == {"believed": False, "synced": False, "local": None}
    watched.clock.step_wall(NOW_S)
    watched.clock.set_synced(True)
    watched.run(600)
    assert (len(watched.steps), watched.conditions) == (1, [])
    assert watched.watch.report()["believed"]


async def test_the_last_believed_time_outlives_a_restart(bus):
    before = Watched(bus)
    before.run(1)
    saved = before.watch.snapshot()
    assert Watched(bus, synced=False, wall_s=NOW_S - 3600, saved=saved).watch.local() is None
    assert Watched(bus, synced=False, wall_s=NOW_S + 3600, saved=saved).watch.local() is not None


async def test_a_battery_clock_is_believed_at_once(bus):
    assert Watched(bus, synced=False, clock_is_trusted=True).watch.local() is not None


async def test_only_a_believed_time_is_worth_to_be_kept(bus):
    kept: list[bool] = []
    clock = ManualClock(wall_s=NOW_S, synced=False)
    watch = TimeWatch(Location(), clock=clock, bus=bus, on_change=kept.append)
    watch.tick()
    assert kept == []
    clock.set_synced(True)
    watch.tick()
    assert kept == [False]
