"""A timetable is a function of the local time; no hour of it happens twice."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.control.calendars import PARIS, at, lit_s, look, schedule

NEW_YORK, LORD_HOWE = ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")
CLOCKS = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))


def shown(timer, *moments):
    return [timer.decide(look(at(moment)))[0].value for moment in moments]


def test_it_is_on_between_its_times():
    timer = schedule({"on": "08:00", "off": "10:00"})
    assert shown(timer, "2026-05-01 07:59", "2026-05-01 08:00", "2026-05-01 09:59", "2026-05-01 10:00") == [0, 1, 1, 0]


def test_an_interval_over_midnight_belongs_to_the_day_on_which_it_begins():
    timer = schedule({"on": "22:00", "off": "02:00", "days": ["fri"]})  # 2026-05-01 is a Friday
    assert shown(timer, "2026-05-01 01:00", "2026-05-01 23:00", "2026-05-02 01:00", "2026-05-02 23:00") == [0, 1, 1, 0]


def test_where_two_intervals_overlap_the_first_counts():
    timer = schedule(
        {"on": "08:00", "off": "10:00", "value": 70},
        {"on": "00:00", "off": "24:00", "value": 20},
        outputs=["dimmer"],
        otherwise=0,
    )
    assert shown(timer, "2026-05-01 07:00", "2026-05-01 09:00") == [20, 70]


def test_outside_its_times_it_says_what_it_was_told_to_say():
    timer = schedule({"on": "08:00", "off": "10:00", "value": "off"}, otherwise="on")
    assert shown(timer, "2026-05-01 09:00", "2026-05-01 12:00") == [0, 1]


def test_without_a_known_time_it_stays_as_it_was_over_a_restart_too():
    before, after, never = (schedule({"on": "08:00", "off": "10:00"}) for _ in range(3))
    shown(before, "2026-05-01 09:00")
    after.restore(before.snapshot())
    assert [timer.decide(look(None))[0].value for timer in (before, after)] == [1, 1]
    assert never.decide(look(None)) == ()


@pytest.mark.parametrize("saved", [{}, {"phase": 7}, {"phase": True}, {"phase": "x"}, {"phase": -1}])
def test_a_saved_line_that_does_not_exist_is_left_out(saved):
    timer = schedule({"on": "08:00", "off": "10:00"})
    timer.restore(saved)
    assert timer.decide(look(None)) == ()


@pytest.mark.parametrize(
    ("zone", "day", "on", "off", "minutes"),
    [
        (PARIS, "2026-10-25", "02:15", "02:45", 30),  # shown twice
        (PARIS, "2026-03-29", "02:15", "02:45", 0),  # never shown
        (PARIS, "2026-03-29", "01:30", "02:30", 30),
        (PARIS, "2026-03-29", "02:30", "04:00", 60),
        (NEW_YORK, "2026-11-01", "01:15", "01:45", 30),
        (NEW_YORK, "2026-03-08", "02:15", "02:45", 0),
        (LORD_HOWE, "2026-04-05", "01:35", "01:55", 20),
        (LORD_HOWE, "2026-10-04", "02:05", "02:25", 0),
        (PARIS, "2028-02-29", "08:00", "09:00", 60),
    ],
)
def test_an_hour_that_is_shown_twice_is_lit_once(zone, day, on, off, minutes):
    start_s = at(f"{day} 00:00", zone)
    timer = schedule({"on": on, "off": off})
    assert lit_s(timer, start_s, start_s + 22 * 3600, zone, step_s=60) == minutes * 60


@given(
    on=CLOCKS,
    off=CLOCKS,
    zone=st.sampled_from([PARIS, NEW_YORK, LORD_HOWE]),
    day=st.dates(date(2025, 1, 2), date(2034, 12, 30)),
)
def test_a_day_is_lit_as_long_as_was_said_give_or_take_the_change_of_the_clock(on, off, zone, day):
    if on == off:
        return
    timer = schedule({"on": on, "off": off, "days": [day.strftime("%a").lower()]})
    start_s = at(f"{day} 00:00", zone)
    said_s = (at(f"2026-06-02 {off}") - at(f"2026-06-02 {on}")) % 86_400
    lit = lit_s(timer, start_s, start_s + 50 * 3600, zone, step_s=600)
    assert abs(lit - said_s) <= 3600 + 600
