"""When a clock is believed, and that each local time has one moment."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.control.local_time import EARLIEST_S, LATEST_S, Calendar, LocalTime, instant
from tests.unit.control.calendars import PARIS, at

NOW_S = at("2026-06-01 12:00")
ZONES = [PARIS, *map(ZoneInfo, ("America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo", "UTC"))]


def test_a_clock_that_nobody_set_is_not_believed():
    assert Calendar(PARIS).read(wall_s=NOW_S, synced=False) is None


def test_a_clock_that_was_set_is_believed():
    local = Calendar(PARIS).read(wall_s=NOW_S, synced=True)
    assert (local.date, local.second_of_day, local.wall_s) == (date(2026, 6, 1), 43_200, NOW_S)


def test_a_clock_that_went_on_since_the_last_run_is_believed():
    before, after = Calendar(PARIS), Calendar(PARIS)
    before.read(wall_s=NOW_S, synced=True)
    after.restore(before.snapshot())
    assert after.read(wall_s=NOW_S - 3600, synced=False) is None
    assert after.read(wall_s=NOW_S + 5, synced=False) is not None


def test_a_clock_that_is_set_back_by_a_stranger_is_not_believed_until_it_has_caught_up():
    calendar = Calendar(PARIS)
    calendar.read(wall_s=NOW_S, synced=True)
    assert calendar.read(wall_s=NOW_S - 7200, synced=False) is None
    assert calendar.read(wall_s=NOW_S - 7200, synced=True) is not None
    assert calendar.read(wall_s=NOW_S - 7100, synced=False) is not None


def test_a_computer_that_keeps_the_time_itself_is_believed_without_a_time_service():
    assert Calendar(PARIS, is_trusted=True).read(wall_s=NOW_S, synced=False) is not None


@pytest.mark.parametrize("wall_s", [0.0, 3600.0, EARLIEST_S - 1, LATEST_S, 1e300, -1e300, float("nan"), float("inf")])
def test_no_clock_is_believed_that_shows_what_cannot_be(wall_s):
    calendar = Calendar(PARIS, is_trusted=True)
    assert calendar.read(wall_s=wall_s, synced=True) is None
    assert calendar.last_s is None


@pytest.mark.parametrize("saved", [{}, {"last_wall_s": None}, {"last_wall_s": "x"}, {"last_wall_s": float("nan")}])
def test_a_saved_time_that_cannot_be_is_left_out(saved):
    calendar = Calendar(PARIS)
    calendar.restore(saved)
    assert calendar.read(wall_s=NOW_S, synced=False) is None


@pytest.mark.parametrize(
    ("zone", "day", "clock", "shows"),
    [
        ("Europe/Paris", date(2026, 3, 29), (2, 30), "2026-03-29T03:00:00+02:00"),
        ("Europe/Paris", date(2026, 3, 29), (1, 59), "2026-03-29T01:59:00+01:00"),
        ("Europe/Paris", date(2026, 10, 25), (2, 30), "2026-10-25T02:30:00+02:00"),
        ("Europe/Paris", date(2026, 10, 25), (3, 0), "2026-10-25T03:00:00+01:00"),
        ("America/New_York", date(2026, 3, 8), (2, 0), "2026-03-08T03:00:00-04:00"),
        ("America/New_York", date(2026, 11, 1), (1, 30), "2026-11-01T01:30:00-04:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), (2, 15), "2026-10-04T02:30:00+11:00"),
        ("Australia/Lord_Howe", date(2026, 4, 5), (1, 45), "2026-04-05T01:45:00+11:00"),
        ("Europe/Paris", date(2028, 2, 29), (8, 0), "2028-02-29T08:00:00+01:00"),
        ("Europe/Paris", date(2026, 2, 28), (24, 0), "2026-03-01T00:00:00+01:00"),
    ],
)
def test_each_local_time_has_one_moment(zone, day, clock, shows):
    zone = ZoneInfo(zone)
    at_s = instant(zone, day, clock[0] * 3600 + clock[1] * 60)
    assert LocalTime(at_s, zone).moment.isoformat() == shows


@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2025, 1, 1), date(2040, 1, 1)),
    clocks=st.tuples(st.integers(0, 86_400), st.integers(0, 86_400)),
)
def test_the_moments_of_a_day_are_in_order_and_within_it(zone, day, clocks):
    first, second = (instant(zone, day, clock) for clock in sorted(clocks))
    assert instant(zone, day, 0) <= first <= second <= instant(zone, day + timedelta(days=1), 0)
    assert LocalTime(second, zone).second_of_day >= max(clocks) % 86_400
