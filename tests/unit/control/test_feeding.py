"""Each date is fed once at each of its times, whatever clocks and power do."""

import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alimante.control import feeding as feeding_module
from alimante.control.feeding import AHEAD_S
from alimante.control.local_time import LocalTime
from tests.unit.control.calendars import PARIS, at, feeding, look

NEW_YORK, LORD_HOWE = ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")


class Bench:
    """A feeding controller with clocks that can be set, and what it fed.

    It is asked every `tick_s` seconds, and every second while a feeding goes on.
    """

    def __init__(self, make, start, zone=PARIS):
        self.make, self.zone = make, zone
        self.controller = make()
        self.now_s, self.wall_s = 0.0, at(start, zone)
        self.is_known = True
        self.fed: list[str] = []
        self.fed_at: list[str] = []
        self.on_s = 0.0
        self._was_on = False

    def run(self, seconds, *, tick_s=30.0):
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            wall_s = self.wall_s if self.is_known else None
            (demand,) = self.controller.decide(look(wall_s, self.zone, now_s=self.now_s))
            name = demand.reason.removeprefix("the feeding of ")
            if demand.value and not self._was_on:
                self.fed.append(name)
                self.fed_at.append(LocalTime(self.wall_s, self.zone).moment.strftime("%H:%M:%S"))
            self._was_on = bool(demand.value)
            passed_s = 1.0 if name != demand.reason else min(tick_s, end_s - self.now_s)
            self.on_s += passed_s * self._was_on
            self.now_s += passed_s
            self.wall_s += passed_s

    def run_until(self, text):
        self.run(at(text, self.zone) - self.wall_s)

    def restart(self, *, down_s=0.0):
        """Begin anew with what was saved."""
        saved = json.loads(json.dumps(self.controller.snapshot()))
        self.controller = self.make()
        self.controller.restore(saved)
        self._was_on = False
        self.wall_s += down_s


def bench(*times, start="2026-05-01 07:00", zone=PARIS, **keys):
    return Bench(lambda: feeding(*times, **keys), start, zone)


def test_it_feeds_once_for_its_length_and_not_again_that_day():
    box = bench("08:00")
    box.run_until("2026-05-01 23:00")
    assert (box.fed, box.on_s) == (["2026-05-01 08:00"], 3)


def test_it_feeds_at_each_of_its_times_on_each_day():
    box = bench("08:00", "18:30")
    box.run_until("2026-05-02 20:00")
    assert box.fed == [f"2026-05-0{day} {time}" for day in (1, 2) for time in ("08:00", "18:30")]


def test_it_keeps_to_its_days_and_to_the_days_in_between():
    box = bench("08:00", days=["mon", "fri"])
    box.run(14 * 86_400, tick_s=60.0)
    assert [name[:10] for name in box.fed] == ["2026-05-01", "2026-05-04", "2026-05-08", "2026-05-11"]
    weekly = bench("08:00", every_days=7)
    weekly.run(15 * 86_400, tick_s=60.0)
    assert [name[:10] for name in weekly.fed] == ["2026-05-01", "2026-05-08", "2026-05-15"]


def test_the_output_is_told_to_be_off_at_all_other_times():
    assert feeding("08:00").decide(look(at("2026-05-01 12:00")))[0].value == 0.0
    assert feeding("08:00").decide(look(None))[0].value == 0.0


def test_a_feeding_is_written_down_before_anything_moves():
    box = bench("08:00", start="2026-05-01 07:59:59")
    milestones = box.controller.milestones
    box.run(3, tick_s=1.0)
    assert "2026-05-01 08:00" in box.controller.snapshot()["fed"]
    assert box.controller.milestones > milestones
    assert box.fed == []
    box.run(AHEAD_S)
    assert box.fed == ["2026-05-01 08:00"]


def test_what_a_restart_cut_off_is_not_begun_again_but_told():
    for seconds in (AHEAD_S - 2, AHEAD_S + 2):
        box = bench("08:00", start="2026-05-01 08:00")
        box.run(seconds)
        fed = list(box.fed)
        box.restart(down_s=20)
        box.run(3600)
        assert box.fed == fed
        assert "cut off" in box.controller.missed


def test_what_is_told_is_taken_back_by_the_next_good_feeding():
    box = bench("08:00", start="2026-05-01 08:00")
    box.run(AHEAD_S + 2)
    box.restart()
    box.run_until("2026-05-02 08:05")
    assert box.controller.missed == ""
    box.restart()
    assert box.controller.missed == ""


def test_a_restart_within_five_minutes_still_feeds_and_one_later_tells_and_does_not():
    for down_s, fed in ((290, ["2026-05-01 08:00"]), (310, [])):
        box = bench("08:00", start="2026-05-01 07:59:50")
        box.run(5)
        box.restart(down_s=down_s)
        box.run(60)
        assert box.fed == fed
        assert bool(box.controller.missed) is not bool(fed)


def test_a_first_start_at_noon_has_missed_nothing():
    box = bench("08:00", start="2026-05-01 12:00")
    box.run(600)
    assert (box.fed, box.controller.missed) == ([], "")


def test_it_waits_while_the_time_is_not_known():
    box = bench("08:00", start="2026-05-01 07:59")
    box.is_known = False
    box.run(120)
    assert box.fed == []
    box.is_known = True
    box.run(60)
    assert box.fed == ["2026-05-01 08:00"]


def test_f120_a_jump_of_56_years_feeds_nothing_and_tells_nothing():
    box = bench("08:00", start="1970-01-01 07:59")
    box.is_known = False
    box.run(300)
    box.wall_s, box.is_known = at("2026-05-01 12:00"), True
    box.run(3600)
    assert (box.fed, box.controller.missed) == ([], "")


def test_f121_a_clock_set_back_by_two_hours_does_not_feed_again():
    box = bench("08:00", start="2026-05-01 07:55")
    box.run(600)
    box.wall_s -= 7200
    box.run(3 * 3600)
    assert box.fed == ["2026-05-01 08:00"]


def test_a_clock_that_jumps_ahead_and_back_has_still_fed_once():
    box = bench("08:00", start="2026-05-01 07:00")
    box.run(60)
    box.wall_s += 3 * 3600
    box.run(60)
    assert "did not happen" in box.controller.missed
    box.wall_s -= 3 * 3600
    box.run_until("2026-05-01 12:00")
    assert (box.fed, box.controller.missed) == (["2026-05-01 08:00"], "")


@pytest.mark.parametrize(
    ("zone", "day", "time", "fed_at"),
    [
        (PARIS, "2026-03-29", "02:30", "03:00:15"),  # never shown: at the next moment that is
        (PARIS, "2026-10-25", "02:30", "02:30:15"),  # shown twice: at the first
        (NEW_YORK, "2026-03-08", "02:30", "03:00:15"),
        (NEW_YORK, "2026-11-01", "01:30", "01:30:15"),
        (LORD_HOWE, "2026-10-04", "02:10", "02:30:15"),
        (LORD_HOWE, "2026-04-05", "01:45", "01:45:15"),
        (PARIS, "2028-02-29", "08:00", "08:00:15"),
        (PARIS, "2026-02-28", "23:58", "23:58:15"),
    ],
)
def test_f122_each_date_is_fed_once_also_when_the_clock_changes(zone, day, time, fed_at):
    box = bench(time, start=f"{day} 00:15", zone=zone)
    box.run(48 * 3600, tick_s=15.0)
    assert (box.fed[0], box.fed_at[0]) == (f"{day} {time}", fed_at)
    assert len({name[:10] for name in box.fed}) == len(box.fed) == 2


def test_f122_another_time_zone_does_not_feed_a_date_twice():
    box = bench("08:00")
    box.run_until("2026-05-01 09:00")
    box.zone = NEW_YORK
    box.run(12 * 3600, tick_s=60.0)
    assert box.fed == ["2026-05-01 08:00"]


def test_no_date_is_fed_more_often_than_allowed_when_the_times_are_edited():
    box = bench("08:00", start="2026-05-01 07:59")
    box.run(120)
    box.make = lambda: feeding("08:03", max_per_day=1)
    box.restart()
    box.run(600)
    assert box.fed == ["2026-05-01 08:00"]


@pytest.mark.parametrize("saved", [{}, {"fed": 1}, {"fed": {"x": "y", "": 1}, "seen_wall_s": "now", "missed": 3}])
def test_a_memory_that_makes_no_sense_is_left_out(saved):
    controller = feeding("08:00")
    controller.restore(saved)
    assert controller.decide(look(at("2026-05-01 12:00")))[0].value == 0.0


def test_its_memory_does_not_grow_for_ever(monkeypatch):
    monkeypatch.setattr(feeding_module, "KEPT", 20)
    box = bench("08:00", "16:00")
    box.run(15 * 86_400, tick_s=120.0)
    assert len(box.controller.snapshot()["fed"]) == 20


SECONDS = st.integers(0, 3 * 86_400)
ACTS = st.one_of(
    st.tuples(st.just("run"), st.integers(1, 40_000)),
    st.tuples(st.just("step"), st.one_of(SECONDS, SECONDS.map(int.__neg__))),
    st.tuples(st.just("restart"), SECONDS),
    st.tuples(st.just("zone"), st.sampled_from([PARIS, NEW_YORK, LORD_HOWE])),
    st.tuples(st.just("known"), st.booleans()),
)


@settings(max_examples=60, deadline=None)
@given(
    acts=st.lists(ACTS, max_size=12),
    start=st.sampled_from(["2026-03-27 23:00", "2026-10-24 12:00", "2028-02-28 07:00"]),
)
def test_f124_no_feeding_happens_twice_whatever_the_clock_and_the_power_do(acts, start):
    box = bench("02:30", "08:00", "23:59", start=start)
    for act, argument in acts:
        if act == "run":
            box.run(argument, tick_s=60.0)
        elif act == "step":
            box.wall_s += argument
        elif act == "restart":
            box.restart(down_s=argument)
        elif act == "zone":
            box.zone = argument
        else:
            box.is_known = argument
    assert len(box.fed) == len(set(box.fed))
