"""When a rise with the heater off is one of its own, by the numbers: readings that are as straight as a ruler."""

from types import SimpleNamespace

import pytest

from alimante.config.verify import LimitKeys, VerifyKeys
from alimante.core.events import Quality
from alimante.safety.findings import Finding, Kind
from alimante.safety.seen import Seen
from alimante.safety.stuck_on import StuckOn
from alimante.safety.trace import Entry, Trace
from tests.unit.safety.heating import good

EVERY_S = 5.0
FIRST_S = 120.0 + 0.95 * 300.0
"""After so long off a rise over a whole window can be seen first."""

BEGIN_S = 10_000.0


class Course:
    """A heater that is off from the beginning, in a place that gets warmer by `slope` °C per minute."""

    def __init__(
        self, slope: float, *, is_known: bool = False, has_cutoff: bool = False, strength: float = 0.6,
        off_c: float = 0.0, doubt_c: float = 0.0, rate: float = 1.0, lowest: float = 1.0,
    ) -> None:  # fmt: skip
        self.slope = slope
        self.is_known = is_known
        self.has_cutoff = has_cutoff
        self.lowest = lowest
        self.stuck = StuckOn("heater", verify=VerifyKeys(), limit=LimitKeys(max_c=34.0, max_rate_c_per_min=rate))
        self.learner = SimpleNamespace(
            strength=strength, heat_lasts_s=180.0, expect_off=lambda start, end: (off_c, doubt_c, 0.0)
        )
        self.trace = Trace(EVERY_S, 6000.0)
        self.now_s = BEGIN_S
        self.reading_c = 25.0
        self.seen: dict[str, object] = {}
        self.history: list[tuple[float, Finding | None]] = []

    def run(self, for_s: float, **seen: object) -> "Course":
        """Go on for so long, with these things so."""
        for _ in range(round(for_s / EVERY_S)):
            self.now_s += EVERY_S
            self.reading_c += self.slope * EVERY_S / 60.0
            lowest_c = 25.0 + (self.reading_c - 25.0) * self.lowest
            look = {"duty": 0.0, "belief": good(self.reading_c, at_s=self.now_s), "has_cutoff": self.has_cutoff}
            one = Seen(**(look | self.seen | seen))
            self.stuck.note(self.now_s, one)
            self.trace.add(Entry(self.now_s, self.reading_c, lowest_c, 0.0, (), {}))
            self.stuck.judge(self.now_s, one, self.trace, self.learner, is_known=self.is_known)
            if not self.history or self.stuck.found is not self.history[-1][1]:
                self.history.append((self.now_s - BEGIN_S - EVERY_S, self.stuck.found))
        return self

    @property
    def found(self) -> Finding | None:
        return self.stuck.found

    def found_s(self) -> float | None:
        """When it was found first, since it went off."""
        return next((at_s for at_s, finding in self.history if finding is not None), None)


# What is a rise of this heater.


def test_a_rise_over_a_whole_window_is_found_as_soon_as_there_is_one():
    course = Course(0.5).run(600.0)
    assert course.found_s() == FIRST_S
    assert course.found is not None
    assert (course.found.kind, course.found.is_trip, course.found.counts) == (Kind.STUCK_ON, False, False)
    assert course.found.text.startswith("heater is off")
    assert dict(course.history[-1][1].values) == {"rise_c": pytest.approx(2.375, abs=0.05), "span_s": 285.0}


@pytest.mark.parametrize(("slope", "rate", "is_found"), [
    (0.18, 1.0, True), (0.16, 1.0, False),  # a sixth of what is configured, where nothing was learned
    (0.11, 0.3, True), (0.095, 0.3, False),  # half a degree in five minutes, at least
])  # fmt: skip
def test_of_a_heater_that_is_not_known_less_is_none_of_its(slope: float, rate: float, is_found: bool):
    assert (Course(slope, rate=rate).run(1200.0).found is not None) is is_found


@pytest.mark.parametrize(("known", "slope"), [
    ({}, 0.3),  # half of its strength
    ({"off_c": 0.5}, 0.3 + 0.1),  # above what comes without it in five minutes
    ({"off_c": -0.5}, 0.3 - 0.1),
    ({"doubt_c": 2.0}, 0.4),  # what is in doubt may as well be no rise
    ({"doubt_c": 9.0}, 0.45),  # but three quarters of the strength are never doubted
    ({"strength": 0.1}, 0.1),
])  # fmt: skip
def test_of_a_heater_that_is_known_it_must_be_nearer_to_its_strength_than_to_what_comes_without_it(
    known: dict[str, float], slope: float
):
    assert Course(slope + 0.025, is_known=True, **known).run(900.0).found is not None
    assert Course(slope - 0.01, is_known=True, **known).run(900.0).found is None


def test_what_only_one_of_several_thermometers_shows_is_no_heat():
    assert Course(0.5, lowest=0.1).run(900.0).found is None
    assert Course(0.09, lowest=10.0).run(900.0).found is None
    assert Course(0.5, lowest=0.4).run(900.0).found is not None


@pytest.mark.parametrize(("later", "is_found"), [(0.2, False), (0.25, True)])
def test_what_dies_away_is_heat_that_was_left(later: float, is_found: bool):
    """In the second half of the window less than a third of the rise comes."""
    course = Course(0.5).run(260.0)
    course.slope = later
    assert (course.run(FIRST_S - 255.0).found is not None) is is_found


# What else can have warmed it.


@pytest.mark.parametrize(
    ("seen", "rest_s"),
    [
        ({"heat_elsewhere": True}, FIRST_S),
        ({"is_cooled": True}, 3600.0 + 285.0),
        ({"duty": 0.5}, FIRST_S + EVERY_S),
    ],
)
def test_after_other_heat_a_cooler_or_its_own_heat_it_is_looked_at_anew(seen: dict[str, object], rest_s: float):
    course = Course(0.5).run(300.0)
    course.run(EVERY_S, **seen)
    assert course.run(5000.0).found_s() == 300.0 + rest_s


def test_after_a_cooler_a_fast_place_is_looked_at_sooner():
    course = Course(5.0, rate=4.0).run(300.0)
    course.run(EVERY_S, is_cooled=True)
    assert course.run(2000.0).found_s() == 300.0 + 900.0 + 285.0


def test_what_a_noisy_sensor_showed_is_no_rise():
    course = Course(0.5).run(300.0)
    suspect = SimpleNamespace(quality=Quality.SUSPECT)
    course.run(EVERY_S, belief=suspect)
    assert course.run(900.0).found_s() == 300.0 + 285.0


def test_while_it_is_on_nothing_is_judged():
    course = Course(0.5)
    assert course.run(900.0, duty=0.1).found is None
    assert course.stuck.off_since_s is None
    course.run(EVERY_S)
    assert course.stuck.off_since_s == course.now_s
    course.run(EVERY_S)
    assert course.stuck.off_since_s == course.now_s - EVERY_S


def test_after_a_reset_it_is_looked_at_anew():
    course = Course(0.5).run(600.0)
    course.stuck.retry(course.now_s)
    assert course.found is None
    assert course.stuck.off_since_s == course.now_s
    again_s = course.now_s
    course.history.clear()
    course.run(900.0)
    assert course.found_s() == again_s - BEGIN_S - EVERY_S + FIRST_S
    on = Course(0.5).run(60.0, duty=1.0)
    on.stuck.retry(on.now_s)
    assert on.stuck.off_since_s is None


# Where nothing can take its power.


@pytest.mark.parametrize(("slope", "is_over"), [(-0.03, False), (-0.0355, True)])
def test_without_a_safety_relay_it_is_told_until_it_is_seen_to_get_colder(slope: float, is_over: bool):
    course = Course(0.5).run(600.0)
    course.slope = slope
    assert (course.run(900.0).found is None) is is_over


def test_it_is_told_once_and_not_anew_with_each_reading():
    assert len([each for _, each in Course(0.5).run(1200.0).history if each is not None]) == 1


# Where a safety relay can.


def cut(before: float, after: float, *, for_s: float = 900.0, seen: dict[str, object] | None = None, **known: object):
    """It was found, and its power was taken away; then the place goes on at `after`."""
    course = Course(before, has_cutoff=True, **known).run(FIRST_S + EVERY_S)
    assert course.found is not None
    assert course.found.is_trip
    course.slope = after
    return course.run(for_s, has_power=False, **(seen or {}))


@pytest.mark.parametrize(("known", "before", "least"), [
    ({"is_known": True}, 0.5, 0.3),  # half of its strength
    ({"is_known": True, "strength": 0.4}, 0.5, 0.2),
    ({}, 0.3, 0.25),  # a quarter of what is configured
    ({}, 1.0, 0.6),  # or six tenths of the rise
])  # fmt: skip
def test_a_rise_that_bends_when_the_power_goes_was_its_own(known: dict[str, object], before: float, least: float):
    course = cut(before, before - least - 0.02, **known)
    assert course.found is not None
    assert (course.found.is_for_person, course.found.counts) == (True, True)
    assert course.found.text.startswith("heater was off")
    assert dict(course.found.values) == {
        "before": pytest.approx(before - (least + 0.02) / 30.0, abs=0.001),
        "after": pytest.approx(before - least - 0.02, abs=0.001),
    }  # fmt: skip
    assert cut(before, before - least + 0.01, **known).found is None


def test_the_experiment_takes_its_time():
    """After the dead time a bend is looked for over two minutes; and no heat may be left before it is given up."""
    course = cut(0.5, 0.0, is_known=True)
    ended_s = next(at_s for at_s, each in course.history if each is not None and each.is_for_person)
    assert ended_s == FIRST_S + EVERY_S + 60.0 + 90.0
    course = cut(0.5, 0.5, is_known=True)
    assert course.history[-1] == (FIRST_S + EVERY_S + 180.0 + 120.0, None)


def test_who_was_acquitted_is_not_suspected_for_an_hour():
    course = cut(0.5, 0.5, is_known=True, for_s=400.0)
    assert course.found is None
    acquitted_s = course.history[-1][0]
    course.run(5000.0, has_power=False)
    assert course.history[-1][0] >= acquitted_s + 3600.0
    again = [at_s for at_s, each in course.history if each is not None and at_s > acquitted_s]
    assert again[0] == acquitted_s + 3600.0


def test_who_was_on_again_is_no_longer_acquitted():
    course = cut(0.5, 0.5, is_known=True, for_s=400.0)
    course.run(EVERY_S, duty=1.0)
    on_s = course.now_s - BEGIN_S - EVERY_S
    course.history.clear()
    course.run(900.0)
    assert course.found_s() == on_s + EVERY_S + FIRST_S


@pytest.mark.parametrize(("share", "is_told"), [(0.3, True), (0.25, True), (0.24, False), (0.2, False)])
def test_something_else_that_changes_meanwhile_spoils_the_experiment_and_the_trip_counts(share: float, is_told: bool):
    course = Course(0.5, has_cutoff=True, is_known=True)
    course.seen = {"others": {"fan": 0.2}}
    course.run(FIRST_S + EVERY_S)
    course.run(10.0, has_power=False)
    course.slope = 0.0
    course.run(EVERY_S, has_power=False, others={"fan": share + 0.001 if is_told else share})
    assert course.found is not None
    assert course.found.counts is is_told
    course.run(400.0, has_power=False, others={"fan": share + 0.001 if is_told else share})
    assert course.found is not None
    assert course.found.counts
    assert course.found.is_for_person is not is_told


def test_one_that_is_gone_does_nothing_any_more():
    course = Course(0.5, has_cutoff=True, is_known=True)
    course.seen = {"others": {"fan": 1.0}}
    course.run(FIRST_S + EVERY_S)
    course.run(10.0, has_power=False)
    course.slope = 0.0
    course.run(400.0, has_power=False, others={})
    assert course.found is not None
    assert not course.found.is_for_person


def test_a_heater_that_never_had_power_is_no_experiment():
    course = Course(0.5, has_cutoff=True).run(900.0, has_power=False)
    assert course.found_s() == FIRST_S
    assert course.found is not None
    assert (course.found.counts, course.found.is_for_person) == (True, False)


def test_where_the_relay_does_not_open_no_experiment_can_tell_and_the_trip_counts():
    course = Course(0.5, has_cutoff=True).run(FIRST_S + EVERY_S + 60.0)
    assert course.found is not None
    assert not course.found.counts
    course.run(EVERY_S)
    assert course.found is not None
    assert (course.found.counts, course.found.is_for_person) == (True, False)


def test_power_that_goes_before_anything_was_found_is_an_experiment_too_where_the_rise_would_fit():
    for slope, is_welded in ((0.5, True), (0.25, False)):
        course = Course(slope, has_cutoff=True, is_known=True).run(120.0 + 60.0)
        course.slope = -0.2
        course.run(400.0, has_power=False)
        assert (course.found is not None and course.found.is_for_person) is is_welded


@pytest.mark.parametrize(("quiet_s", "is_welded"), [(40.0, False), (50.0, True)])
def test_before_the_power_went_its_rise_must_have_been_seen_for_a_while(quiet_s: float, is_welded: bool):
    course = Course(0.5, has_cutoff=True, is_known=True).run(120.0 + quiet_s)
    course.slope = -0.2
    course.run(400.0, has_power=False)
    assert (course.found is not None) is is_welded


def test_power_that_comes_back_ends_the_experiment():
    course = Course(0.5, has_cutoff=True, is_known=True).run(FIRST_S + EVERY_S)
    course.run(100.0, has_power=False)
    course.run(EVERY_S)
    course.slope = 0.0
    course.run(120.0)
    assert course.found is not None
    assert not course.found.is_for_person


def test_a_heater_that_goes_on_ends_the_experiment():
    course = Course(0.5, has_cutoff=True, is_known=True).run(FIRST_S + EVERY_S)
    course.run(100.0, has_power=False)
    course.run(EVERY_S, has_power=False, duty=0.1)
    course.slope = 0.0
    course.run(200.0, has_power=False)
    assert course.found is not None
    assert not course.found.is_for_person
