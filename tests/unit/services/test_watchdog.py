"""The watchdog gets its food only while everything critical is alive, and people hear why it does not."""

import pytest
from fakes import heard

from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import ConditionChanged, Level
from alimante.services.watchdog import Watchdog


class Bench:
    def __init__(self, interval_s):
        self.clock, self.late = ManualClock(), []
        self.food: list[float] = []
        bus = EventBus()
        self.told = heard(bus, ConditionChanged)
        self.watchdog = Watchdog(
            lambda: list(self.late),
            interval_s=interval_s,
            tick_s=1.0,
            lag_limit_s=1.0,
            feed=lambda: self.food.append(self.clock.mono()),
            bus=bus,
            clock=self.clock,
        )

    def tick(self, times=1, *, every_s=1.0):
        """Look so often; returns how often the watchdog was fed."""
        before = len(self.food)
        for _ in range(times):
            self.clock.advance(every_s)
            self.watchdog.look()
        return len(self.food) - before

    def conditions(self):
        return [(event.condition, event.level) for event in self.told]


@pytest.fixture
def bench():
    return Bench(15.0)


def test_it_is_fed_while_everything_lives(bench):
    assert bench.tick(60) == 30
    assert bench.told == []


def test_a_part_that_stops_or_starts_is_a_sign_of_life_where_others_give_none(bench):
    bench.tick()
    bench.late = ["the task control gave its last sign of life 4 s ago"]
    before = len(bench.food)
    for _ in range(10):
        bench.clock.advance(1.0)
        bench.watchdog.step()
    assert len(bench.food) - before == 5


def test_an_impatient_manager_is_told_more_often():
    assert Bench(2.0).tick(60, every_s=0.5) == 60


def test_f132_one_critical_task_that_is_late_starves_it_and_is_named(bench):
    bench.tick(10)
    bench.late = ["the task control gave its last sign of life 4 s ago"]
    assert bench.tick(60) == 0
    assert bench.conditions() == [("not_fed", Level.CRITICAL)]
    assert "control" in bench.told[0].text
    bench.late = []
    assert bench.tick(10) == 5
    assert bench.conditions()[-1] == ("not_fed", Level.CLEAR)


def test_what_is_late_for_one_look_only_is_not_told(bench):
    for _ in range(5):
        bench.late = ["a task that the loop comes to next"]
        assert bench.tick() == 0
        bench.late = []
        bench.tick()
    assert bench.told == []


def test_f044_a_loop_that_stood_still_for_three_seconds_is_a_warning_until_it_has_been_calm(bench):
    bench.tick(10)
    bench.tick(every_s=4.0)
    assert bench.conditions() == [("loop_lag", Level.WARNING)]
    assert "3.0 s" in bench.told[0].text
    bench.tick(59)
    assert len(bench.told) == 1
    bench.tick()
    assert bench.conditions()[-1] == ("loop_lag", Level.CLEAR)
    assert bench.watchdog.longest_lag_s == pytest.approx(3.0)


def test_ticks_that_come_early_or_a_little_late_are_no_lag(bench):
    bench.tick(100, every_s=0.05)
    bench.tick(100, every_s=1.9)
    assert bench.told == []


def test_f146_that_nobody_watches_is_told_once_where_it_matters(bench):
    bench.watchdog.tell_missing()
    bench.watchdog.tell_missing()
    assert bench.conditions() == [("no_watchdog", Level.WARNING)]


def test_the_lag_since_it_was_asked_last_is_told_beside_the_longest(bench):
    bench.tick(3)
    bench.tick(1, every_s=4.0)
    bench.tick(3)
    assert bench.watchdog.take_lag_s() == 3.0
    bench.tick(1, every_s=1.5)
    assert bench.watchdog.take_lag_s() == 0.5
    assert bench.watchdog.take_lag_s() == 0.0
    assert bench.watchdog.longest_lag_s == 3.0
