"""When the check of a heater speaks, by the numbers: readings that are as straight as a ruler."""

from dataclasses import replace

import pytest

from alimante.config.verify import LimitKeys, VerifyKeys
from alimante.core.events import Level
from alimante.policy.belief import unknown
from alimante.safety.findings import Finding, Kind
from alimante.safety.verification import GAP_S, Seen, Verification
from tests.unit.safety.heating import good

EVERY_S = 5.0
LIMIT = LimitKeys(max_c=34.0, max_rate_c_per_min=1.0)
WINDOW_S = 120.0
"""Half of the 240 s from the limit to harm."""

FIRST_S = 60.0 + WINDOW_S
"""After so long on at full power a window of it has been felt for the dead time."""

REACH_C = 9.0
"""How far below the reference, which is the limit, a course begins."""


def fresh(limit: LimitKeys = LIMIT, **keys: object) -> Verification:
    return Verification("heater", verify=VerifyKeys(**keys), limit=limit, others=())


def known(
    *, gain: float = 0.6, net: float = -0.3, loss: float = 1.0 / 60.0, is_foretold: bool = True, is_proven: bool = True,
    misfits: tuple[float, ...] = (50.0, 1.0, 50.0, 50.0), spread: float = 0.0, **keys: object,
) -> Verification:  # fmt: skip
    """One that learned a strength, and that without the heater it gets warmer by `net` °C per minute, as it is."""
    watch = fresh(**keys)
    state = [gain, loss, net - REACH_C * loss]
    kept = watch.snapshot()
    kept["is_proven"], kept["is_foretold"] = is_proven, is_foretold
    kept["learner"]["learned_min"] = 600.0
    kept["learner"]["models"] = [
        {"state": state, "cov": [[spread**2 * (i == j) for i in range(3)] for j in range(3)], "misfit": misfit}
        for misfit in misfits
    ]
    watch.restore(kept)
    assert watch.is_proven is is_proven
    return watch


class Course:
    """Readings and looks; `found` has the first of each kind, and when it was found since the course began."""

    def __init__(self, watch: Verification) -> None:
        self.watch = watch
        self.now_s = 0.0
        self.reading_c = LIMIT.max_c - REACH_C
        self.found: dict[tuple[Kind, bool], tuple[float, Finding]] = {}
        self.told: list[Finding] = []

    def run(self, for_s: float, slope: float = 0.0, *, duty: float = 1.0, **seen: object) -> "Course":
        """Go on for so long while the reading gets warmer by `slope` °C per minute."""
        for _ in range(round(for_s / EVERY_S)):
            self.now_s += EVERY_S
            self.reading_c += slope * EVERY_S / 60.0
            self.look(**{"duty": duty, **seen})
        return self

    def look(self, **seen: object) -> None:
        belief = good(self.reading_c, at_s=self.now_s)
        given = {name: value() if callable(value) else value for name, value in seen.items()}
        self.told = self.watch.look(self.now_s, Seen(**{"belief": belief, **given}))
        for finding in self.told:
            self.found.setdefault((finding.kind, finding.is_trip), (self.now_s - EVERY_S, finding))

    def first(self, kind: Kind, *, is_trip: bool = True) -> float | None:
        return self.found.get((kind, is_trip), (None, None))[0]

    @property
    def kinds(self) -> list[Kind]:
        return [kind for kind, _ in self.found]


# (a) A heater that nothing was learned of.


def test_a_reading_that_does_not_move_is_found_after_a_dead_time_and_a_window():
    course = Course(fresh()).run(600.0)
    at_s, finding = course.found[Kind.NO_RESPONSE, True]
    assert (at_s, course.kinds) == (FIRST_S, [Kind.NO_RESPONSE])
    assert dict(finding.values) == {"full_s": 110.0, "risen_c": 0.0, "expected_c": pytest.approx(110.0 / 60.0)}
    assert finding.counts


@pytest.mark.parametrize(("slope", "is_found"), [(0.160, True), (0.167, False)])
def test_three_tenths_of_a_degree_are_always_enough(slope: float, is_found: bool):
    assert (Course(fresh()).run(400.0, slope).first(Kind.NO_RESPONSE) is not None) is is_found


@pytest.mark.parametrize(("slope", "is_found"), [(0.048, True), (0.053, False)])
def test_a_quarter_of_what_is_expected_is_enough_where_that_is_less(slope: float, is_found: bool):
    """0.2 °C per minute are expected, in a window of ten minutes."""
    slow = LimitKeys(max_c=34.0, max_rate_c_per_min=0.2)
    course = Course(Verification("heater", verify=VerifyKeys(rise_c=5.0), limit=slow))
    assert (course.run(1200.0, slope).first(Kind.NO_RESPONSE) is not None) is is_found


@pytest.mark.parametrize(("slope", "is_found"), [(0.22, True), (0.225, False)])
def test_two_steps_of_the_sensor_must_be_seen(slope: float, is_found: bool):
    """Of 0.5 °C. More than three quarters of the way from the limit to harm is never waited for."""
    course = Course(fresh(resolution_c=0.5)).run(900.0, slope)
    assert (course.first(Kind.NO_RESPONSE) is not None) is is_found


def test_a_window_in_which_too_little_is_expected_is_stretched():
    slow = LimitKeys(max_c=34.0, max_rate_c_per_min=0.1)
    keys = VerifyKeys(window_max_s=120.0)
    course = Course(Verification("heater", verify=keys, limit=slow)).run(900.0)
    at_s, finding = course.found[Kind.NO_RESPONSE, True]
    assert dict(finding.values)["expected_c"] == pytest.approx(0.625)  # the first stretch in which half a degree is
    assert at_s == 60.0 + 375.0 + EVERY_S


@pytest.mark.parametrize(("duty", "is_found"), [(0.89, False), (0.95, True)])
def test_what_is_not_on_without_a_break_is_not_judged_before_it_is_known(duty: float, is_found: bool):
    assert (Course(fresh()).run(900.0, duty=duty).first(Kind.NO_RESPONSE) is not None) is is_found


def test_a_reading_that_falls_is_another_finding():
    course = Course(fresh()).run(200.0, -0.1)
    assert course.first(Kind.NOT_HEATING) == FIRST_S


def test_what_is_said_to_end_below_harm_only_warns():
    for equilibrium_c, is_trip in ((37.9, False), (38.0, True)):
        course = Course(fresh(equilibrium_c=equilibrium_c)).run(300.0)
        assert course.first(Kind.NO_RESPONSE, is_trip=is_trip) == FIRST_S


def test_a_warning_is_withdrawn_when_it_rises_and_a_trip_stays():
    weak, strong = (Course(fresh(equilibrium_c=e)).run(300.0) for e in (30.0, None))
    assert weak.run(120.0, 1.0).told == []
    assert [finding.kind for finding in strong.run(120.0, 1.0).told] == [Kind.NO_RESPONSE]
    strong.watch.retry(strong.now_s)
    assert strong.run(5.0, 1.0).told == []


def test_a_slow_sensor_may_go_on_falling_for_three_dead_times_where_it_was_seen_to_rise_before():
    course = Course(fresh()).run(400.0, 0.3)
    assert course.found == {}
    course.run(600.0, -0.1, duty=0.0)
    off_s = course.now_s
    course.run(900.0, -0.1)
    assert course.first(Kind.NOT_HEATING) == off_s + 3.0 * 60.0 + WINDOW_S + EVERY_S


def test_one_that_stands_still_for_longer_than_its_turn_does_not_fall():
    course = Course(fresh()).run(400.0, 0.3)
    course.run(600.0, -0.1, duty=0.0)
    off_s = course.now_s
    course.run(900.0, 0.0)
    assert course.first(Kind.NO_RESPONSE) == off_s + FIRST_S


def test_steps_too_wide_to_see_that_prove_nothing():
    course = Course(fresh(resolution_c=0.2)).run(500.0, 0.5)
    course.run(600.0, -0.1, duty=0.0)
    off_s = course.now_s
    course.run(1200.0, 0.0)
    assert (course.first(Kind.NO_RESPONSE) or 0.0) >= off_s + 3.0 * 60.0 + WINDOW_S


def slow(slope: float, *, for_s: float = 900.0, **keys: object) -> float | None:
    """When it is found, since it went on again, if its sensor falls by `slope` for so long and then stands still."""
    course = Course(fresh(**keys)).run(400.0, 0.4)
    course.run(600.0, -0.1, duty=0.0)
    on_s = course.now_s
    course.run(for_s, slope)
    course.run(400.0)
    return min(at_s for at_s, _ in course.found.values()) - on_s


def test_to_stand_still_is_to_move_by_less_than_half_a_step_that_is_fine_enough():
    """Half of the least rise is fine enough, and 0.125 °C is."""
    assert slow(-0.027, resolution_c=0.125) == FIRST_S
    assert slow(-0.05, resolution_c=0.125) > FIRST_S + 60.0


def test_to_stand_still_for_less_than_a_turn_proves_nothing():
    assert slow(-0.3, for_s=20.0, window_max_s=60.0) == 60.0 + 60.0
    assert slow(-0.3, for_s=45.0, window_max_s=60.0) == 60.0 + 70.0


# (a) A heater that is known.

KNOWN_S = 205.0
"""After so long on what was learned lets expect half a degree, which is what the sensor can show."""


def test_of_a_known_heater_the_learned_rise_is_expected():
    course = Course(known()).run(400.0, 0.001)
    at_s, finding = course.found[Kind.NO_RESPONSE, True]
    assert at_s == KNOWN_S
    assert dict(finding.values)["expected_c"] == pytest.approx(0.5008, abs=0.0001)


@pytest.mark.parametrize(("slope", "kind", "begins_s"), [
    (0.001, Kind.NO_RESPONSE, KNOWN_S),  # it stands still
    (0.064, Kind.WEAK, KNOWN_S + 60.0),  # it rises by a little less than a quarter of what is expected
    (-0.1, Kind.WEAK, KNOWN_S),  # without the heater it would fall faster
    (-0.2, Kind.NOT_HEATING, KNOWN_S),  # and so much is less than a quarter of its strength
])  # fmt: skip
def test_weak_is_not_none(slope: float, kind: Kind, begins_s: float):
    """It is told when it was so for half a window."""
    course = Course(known()).run(400.0, slope)
    assert course.kinds == [kind]
    at_s, finding = next(iter(course.found.values()))
    assert at_s == begins_s + (WINDOW_S / 2.0 if kind is Kind.WEAK else 0.0)
    assert (finding.is_trip, finding.level is Level.WARNING) == (kind is not Kind.WEAK, kind is Kind.WEAK)


def test_what_rises_as_it_must_is_not_weak():
    assert Course(known()).run(600.0, 0.12).found == {}


def test_weak_is_told_for_half_an_hour_at_least():
    course = Course(known()).run(400.0, 0.064)
    assert [finding.kind for finding in course.told] == [Kind.WEAK]
    ended_s = course.now_s
    course.run(1500.0, 0.2)
    assert [finding.kind for finding in course.told] == [Kind.WEAK]
    course.run(600.0, 0.2)
    assert course.told == []
    assert course.now_s - ended_s > 1800.0


def test_a_heater_that_is_weak_is_learned_anew():
    course = Course(known()).run(KNOWN_S, 0.064)
    before = course.watch.learner.models[1].doubt_of(0)
    course.run(180.0, 0.064)
    assert course.found
    assert course.watch.learner.models[1].doubt_of(0) > before + 0.05


def test_where_nothing_is_expected_nothing_is_found():
    assert Course(known(net=-0.55)).run(1200.0, 0.001).found == {}


@pytest.mark.parametrize(("is_foretold", "is_found"), [(True, False), (False, True)])
def test_what_was_foretold_once_is_judged_by_what_was_learned_only(is_foretold: bool, is_found: bool):
    course = Course(known(net=-0.55, is_foretold=is_foretold)).run(600.0, 0.001)
    assert bool(course.found) is is_found


def test_what_was_learned_of_a_heater_that_is_not_proven_is_not_expected():
    course = Course(known(is_foretold=False, is_proven=False)).run(FIRST_S + EVERY_S, 0.001)
    assert dict(course.found[Kind.NO_RESPONSE, True][1].values)["expected_c"] == pytest.approx(110.0 / 60.0)


def test_a_rise_of_half_of_what_was_foretold_makes_it_known():
    for slope, is_foretold in ((0.15, True), (0.1, False)):
        course = Course(known(is_foretold=False)).run(300.0, slope)
        assert course.watch.snapshot()["is_foretold"] is is_foretold


# Proof.


def test_a_rise_while_nothing_else_was_on_proves_it():
    course = Course(fresh()).run(FIRST_S + EVERY_S, 0.5)
    assert course.watch.is_proven
    assert course.watch.report()["is_proven"] is True
    lit = Course(fresh()).run(FIRST_S + EVERY_S, 0.5, heat_elsewhere=True)
    assert not lit.watch.is_proven


def test_after_other_heat_a_dead_time_must_go_by():
    course = Course(fresh()).run(300.0, 0.5, heat_elsewhere=True)
    lit_s = course.now_s
    while not course.watch.is_proven:
        course.run(EVERY_S, 0.5)
    assert course.now_s - lit_s == 60.0 + 110.0 + 10.0


# F032. Whose sensor it warms.


def rising(course: Course, slope: float):
    """Another zone's reading, that gets warmer by `slope` °C per minute."""
    return lambda: {"cool.temperature": 20.0 + slope * course.now_s / 60.0, "far.temperature": 20.0}


@pytest.mark.parametrize(("own", "other", "kind", "is_trip"), [
    (0.0, 0.3, Kind.SWAPPED, True),
    (0.0, 0.167, Kind.SWAPPED, True),
    (0.0, 0.16, Kind.NO_RESPONSE, True),  # less than what would be a rise here
    (0.2, 0.45, Kind.SWAPPED, False),
])  # fmt: skip
def test_a_heater_that_warms_another_sensor_twice_as_much_has_the_wrong_one(
    own: float, other: float, kind: Kind, is_trip: bool
):
    course = Course(fresh())
    course.run(400.0, own, elsewhere=rising(course, other))
    assert course.first(kind, is_trip=is_trip) is not None
    assert len(course.found) == 1 + (kind is Kind.SWAPPED and is_trip and (Kind.SWAPPED, False) in course.found)
    finding = course.found[kind, is_trip][1]
    assert finding.text.startswith("heater w")
    assert finding.other == ("cool.temperature" if kind is Kind.SWAPPED else "")


@pytest.mark.parametrize(("other", "is_other"), [(0.215, False), (0.225, True)])
def test_four_steps_of_a_sensor_are_needed_to_be_seen_elsewhere(other: float, is_other: bool):
    course = Course(fresh(resolution_c=0.1))
    course.run(400.0, elsewhere=rising(course, other))
    assert (course.first(Kind.SWAPPED) is not None) is is_other


def test_with_pauses_nobody_says_whose_sensor_it_warms():
    course = Course(fresh())
    assert course.run(900.0, 0.2, duty=0.8, elsewhere=rising(course, 0.45)).found == {}
    assert course.run(400.0, 0.2, elsewhere=rising(course, 0.45)).kinds == [Kind.SWAPPED]


def test_a_heater_that_warms_its_own_sensor_more_than_half_as_much_has_its_own():
    course = Course(fresh())
    assert course.run(400.0, 0.25, elsewhere=rising(course, 0.45)).found == {}


def test_the_warning_ends_when_its_own_sensor_rises_more():
    course = Course(fresh())
    course.run(300.0, 0.2, elsewhere=rising(course, 0.45))
    assert [finding.kind for finding in course.told] == [Kind.SWAPPED]
    course.run(300.0, 0.7, elsewhere=rising(course, 0.45))
    assert course.told == []


def test_while_other_heat_is_on_nobody_knows_whose_it_is():
    course = Course(fresh())
    course.run(400.0, 0.2, elsewhere=rising(course, 0.45), heat_elsewhere=True)
    assert course.found == {}


def test_just_after_other_heat_it_is_waited_for_whose_sensor_it_warms():
    course = Course(fresh()).run(FIRST_S - 30.0, heat_elsewhere=True, elsewhere={"cool.temperature": 20.0})
    lit_s = course.now_s
    course.run(300.0, elsewhere=rising(course, 0.6))
    assert course.first(Kind.SWAPPED) is not None
    assert course.kinds == [Kind.SWAPPED]
    assert course.found[Kind.SWAPPED, True][0] + EVERY_S - lit_s == 75.0 + EVERY_S


def test_after_a_reset_what_was_learned_at_another_place_is_forgotten():
    course = Course(known())
    course.run(300.0, elsewhere=rising(course, 0.6))
    assert course.kinds[0] is Kind.SWAPPED
    course.watch.retry(course.now_s)
    assert not course.watch.is_proven
    assert course.watch.learned is None
    assert course.watch.snapshot()["is_foretold"] is False
    other = Course(known()).run(300.0)
    other.watch.retry(other.now_s)
    assert other.watch.is_proven
    assert other.watch.learned is not None


def test_a_harmless_heater_is_told_of_its_own_sensor_only():
    course = Course(fresh(equilibrium_c=30.0))
    course.run(400.0, elsewhere=rising(course, 0.3))
    assert course.first(Kind.NO_RESPONSE, is_trip=False) == FIRST_S


# (b) Below its target.

PATIENCE_S = 12.0 * 0.3 * 60.0
"""At full power: so long a rise that counts as progress may take near the limit."""


def below(course: Course, deficit_c: float, for_s: float, *, duty: float = 0.2, **seen: object) -> Course:
    """A target of so much more than the hold band above a reading that stands still."""
    return course.run(for_s, duty=duty, target_c=course.reading_c + 1.5 + deficit_c, **seen)


@pytest.mark.parametrize("deficit_c", [2.0, 4.0])
def test_so_many_degrees_below_the_band_for_so_long_are_enough(deficit_c: float):
    course = below(Course(fresh()), deficit_c, 3000.0, duty=0.7)
    at_s, finding = course.found[Kind.NOT_HEATING, True]
    assert at_s == pytest.approx(1800.0 / deficit_c, abs=2 * EVERY_S)
    assert dict(finding.values) == {"target_c": 25.0 + 1.5 + deficit_c, "reading_c": 25.0}
    assert finding.text.startswith("heater ")
    no_more = below(Course(fresh()), deficit_c, at_s, duty=0.7)
    assert no_more.run(EVERY_S, duty=0.7).found == {}  # nothing is wanted any more


def test_it_must_have_been_on_for_long_enough_meanwhile():
    course = below(Course(fresh()), 10.0, 3000.0)
    assert course.first(Kind.NOT_HEATING) == pytest.approx(PATIENCE_S / 0.2, abs=2 * EVERY_S)


def test_of_a_faster_heater_it_is_asked_sooner():
    watch = Verification("heater", verify=VerifyKeys(), limit=LimitKeys(max_c=34.0, max_rate_c_per_min=2.0))
    course = below(Course(watch), 10.0, 2000.0)
    assert course.first(Kind.NOT_HEATING) == pytest.approx(PATIENCE_S / 2.0 / 0.2, abs=2 * EVERY_S)


def test_within_the_band_nothing_is_missing():
    assert below(Course(fresh()), 0.0, 6000.0).found == {}
    assert below(Course(fresh()), 0.5, 6000.0).kinds == [Kind.NOT_HEATING]


def test_while_it_is_off_or_held_or_has_no_target_nothing_is_missing():
    assert below(Course(fresh()), 10.0, 4000.0, duty=0.0).found == {}
    assert below(Course(fresh()), 10.0, 4000.0, is_held=True).found == {}
    assert Course(fresh()).run(4000.0, duty=0.2).found == {}


def test_what_gets_warmer_by_a_rise_that_counts_is_on_its_way():
    course = Course(fresh())
    for _ in range(8):
        course.run(600.0, duty=0.2, target_c=40.0)
        course.reading_c += 0.3
    assert course.found == {}
    slow = Course(fresh())
    for _ in range(8):
        slow.run(600.0, duty=0.2, target_c=40.0)
        slow.reading_c += 0.05
    assert slow.kinds == [Kind.NOT_HEATING]


def test_a_target_that_was_reached_begins_it_anew():
    course = below(Course(fresh()), 4.0, 400.0, duty=0.7)
    course.run(EVERY_S, duty=0.7, target_c=20.0)
    begun_s = course.now_s
    below(course, 4.0, 1000.0, duty=0.7)
    assert course.first(Kind.NOT_HEATING) == pytest.approx(begun_s + 450.0, abs=3 * EVERY_S)


def test_a_harmless_or_weak_heater_that_does_not_get_there_is_only_told():
    course = below(Course(fresh(equilibrium_c=30.0)), 4.0, 900.0, duty=0.7)
    assert course.first(Kind.NOT_HEATING, is_trip=False) is not None
    assert (Kind.NOT_HEATING, True) not in course.found


# Evidence.


def test_nothing_is_judged_across_a_gap_in_looks():
    for gap_s, is_found in ((GAP_S, True), (GAP_S + EVERY_S, False)):
        course = Course(fresh()).run(FIRST_S - 20.0)
        course.now_s += gap_s - EVERY_S
        course.run(30.0)
        assert bool(course.found) is is_found


def test_nothing_is_judged_across_another_number_of_thermometers_or_a_dispute():
    for change in ({"members": (25.0,) * 2}, {"is_disputed": True}):
        course = Course(fresh()).run(FIRST_S - 20.0)
        other = replace(good(25.0, at_s=0.0), **change)
        course.run(60.0, belief=lambda other=other, course=course: replace(other, measured_s=course.now_s))
        assert course.found == {}


def test_a_reading_that_is_lost_ends_all_evidence():
    course = Course(fresh()).run(FIRST_S - 20.0)
    course.run(EVERY_S, belief=unknown("lost"))
    lost_s = course.now_s
    course.run(400.0)
    assert course.first(Kind.NO_RESPONSE) == lost_s + 2 * EVERY_S + WINDOW_S + EVERY_S


def test_the_same_reading_twice_is_one():
    course = Course(fresh())
    course.run(900.0, belief=good(25.0, at_s=1.0))
    assert course.found == {}


def test_a_doubted_reading_is_not_judged_and_a_jump_ends_all_evidence():
    course = Course(fresh()).run(FIRST_S - 20.0)
    course.watch.doubt(True, has_jumped=False)
    assert course.run(300.0).found == {}
    course.watch.doubt(False, has_jumped=False)
    assert course.run(EVERY_S).kinds == [Kind.NO_RESPONSE]
    jumped = Course(fresh()).run(FIRST_S - 20.0)
    jumped.watch.doubt(True, has_jumped=True)
    jumped.watch.doubt(False, has_jumped=True)
    jumped_s = jumped.now_s
    jumped.run(300.0)
    assert jumped.first(Kind.NO_RESPONSE) == jumped_s + 110.0 + 10.0


def test_what_rests_goes_on_as_it_was():
    watch = fresh()
    assert not watch.rest(0.0)
    course = Course(watch).run(60.0, duty=0.0)
    assert watch.rest(course.now_s + GAP_S)
    assert not watch.rest(course.now_s + 2.0 * GAP_S + 0.1)


# (d) Power.


@pytest.mark.parametrize(("power_w", "is_found"), [(2.0, False), (2.1, True)])
def test_power_while_it_is_off_is_found_after_three_seconds(power_w: float, is_found: bool):
    watch = fresh()
    found = [
        bool(watch.look(1000.0 + at_s, Seen(duty=0.0, belief=good(25.0, at_s=1000.0 + at_s), power_w=power_w)))
        for at_s in range(6)
    ]
    assert found == [is_found and at_s >= 3 for at_s in range(6)]


# Learning.


def learned_min(course: Course) -> float:
    return course.watch.learner.learned_min


def test_it_learns_from_blocks_of_a_minute_that_are_older_than_the_window():
    course = Course(fresh())
    while learned_min(course) == 0.0:
        course.run(EVERY_S, 0.5)
    assert learned_min(course) == pytest.approx(1.0)
    assert course.now_s == 15.0 + 60.0 + WINDOW_S + 60.0
    course.run(600.0, 0.5)
    assert learned_min(course) == pytest.approx(11.0)


def test_of_a_slow_place_the_blocks_are_a_quarter_of_the_window():
    slow_place = LimitKeys(max_c=34.0, max_rate_c_per_min=0.2)
    course = Course(Verification("heater", verify=VerifyKeys(), limit=slow_place))
    while learned_min(course) == 0.0:
        course.run(EVERY_S, 0.1)
    assert learned_min(course) == pytest.approx(2.5, abs=0.2)


def test_while_it_is_off_it_learns_only_what_is_older_than_the_window_of_one_that_is_stuck():
    course = Course(fresh())
    while learned_min(course) == 0.0:
        course.run(EVERY_S, -0.1, duty=0.0)
    assert course.now_s == 15.0 + 60.0 + 120.0 + 300.0 + 60.0


def test_nothing_is_learned_of_what_is_suspected_doubted_or_disputed():
    stuck = Course(fresh()).run(1200.0, 0.001)
    assert learned_min(stuck) == 0.0
    harmless = Course(fresh(equilibrium_c=30.0)).run(1200.0, 0.001)
    assert harmless.found
    assert learned_min(harmless) > 15.0
    doubted = Course(fresh())
    doubted.watch.doubt(True, has_jumped=False)
    assert learned_min(doubted.run(900.0, 0.5)) == 0.0
    disputed = Course(fresh())
    disputed.run(
        900.0, 0.5, belief=lambda: replace(good(disputed.reading_c, at_s=disputed.now_s), is_disputed=True)
    )  # fmt: skip
    assert learned_min(disputed) == 0.0


def test_a_strength_that_is_surely_one_is_proven_and_one_of_next_to_nothing_is_found():
    proven = Course(known(gain=0.1, net=0.3, is_proven=False, is_foretold=False))
    proven.run(420.0, 0.4, heat_elsewhere=True)
    assert proven.watch.is_proven
    none = Course(known(gain=0.01, net=0.4, is_proven=False, is_foretold=False))
    none.run(1500.0, 0.4, heat_elsewhere=True)
    at_s, finding = none.found[Kind.NO_RESPONSE, True]
    assert not none.watch.is_proven
    assert dict(finding.values)["rate"] == 1.0
    assert finding.text.startswith("heater was on")
    assert 15.0 <= dict(finding.values)["full_min"] < 16.5
    assert at_s > 15.0 * 60.0 + FIRST_S
    none.watch.retry(none.now_s)
    assert learned_min(none) == 0.0
    harmless = Course(known(gain=0.01, net=0.4, is_proven=False, is_foretold=False, equilibrium_c=30.0))
    assert harmless.run(1500.0, 0.4, heat_elsewhere=True).found == {}


def test_the_heat_lasts_as_long_as_it_is_felt_and_no_shorter_than_is_configured():
    assert known().heat_lasts_s == 180.0
    assert known(off_after_s=300.0).heat_lasts_s == 300.0


def test_another_output_warms_it_where_that_is_surely_more_than_next_to_nothing():
    for effect, warms in ((0.13, True), (0.12, False)):
        watch = Verification("heater", verify=VerifyKeys(), limit=LIMIT, others=("mat",))
        kept = watch.snapshot()
        kept["learner"]["models"] = [
            {"state": [0.5, 0.02, 0.0, effect], "cov": [[0.0] * 4] * 4, "misfit": 1.0} for _ in range(4)
        ]
        watch.restore(kept)
        assert watch.is_warmed_by("mat") is warms
        assert not watch.is_warmed_by("lamp")


# Cold that comes in.


@pytest.mark.parametrize(("net", "kind"), [(-0.12, Kind.WEAK), (-0.1, Kind.NO_RESPONSE)])
def test_where_cold_came_in_all_counts_that_is_surely_more_than_without_the_heater(net: float, kind: Kind):
    """And what is found counts for nothing towards a person."""
    course = Course(known(net=net)).run(400.0, 0.5)
    course.run(60.0, -4.0)
    assert course.found == {}
    fell_s = course.now_s
    course.run(300.0, 0.001)
    assert course.kinds == [kind]
    at_s, finding = course.found[kind, kind is not Kind.WEAK]
    assert at_s - fell_s == 115.0 if kind is Kind.NO_RESPONSE else at_s - fell_s in (115.0, 175.0)
    assert finding.text.startswith("heater ")
    assert course.watch.learner.models[1].doubt_of(0) < 0.05  # its strength is none the less for that
    assert finding.counts is (kind is Kind.WEAK)
    assert ("while cold came in" in finding.text) is (kind is Kind.WEAK)


@pytest.mark.parametrize(("net", "is_trip"), [(-0.12, False), (-0.1, True)])
def test_a_target_that_is_not_reached_is_asked_for_a_window_after_the_cold_and_only_told_of_a_weak_heater(
    net: float, is_trip: bool
):
    course = Course(known(net=net)).run(400.0, 0.5, target_c=40.0)
    course.run(60.0, -4.0, target_c=40.0)
    fell_s = course.now_s
    course.run(300.0, 0.001, target_c=40.0)
    assert course.first(Kind.NOT_HEATING, is_trip=is_trip) == fell_s + 60.0 + WINDOW_S
    assert course.first(Kind.NOT_HEATING, is_trip=not is_trip) is None


def test_while_cold_comes_in_nothing_is_judged_or_learned():
    course = Course(known(net=-0.1)).run(400.0, 0.5)
    course.run(400.0, -4.0)
    assert course.found == {}
    learned = learned_min(course)
    course.run(200.0, -4.0)
    assert learned_min(course) == learned


def test_what_it_is_colder_than_was_learned_is_not_asked_of_the_heater():
    """That shows while it is off, as soon as none of its heat is left."""
    for off_s, is_found in ((230.0, True), (260.0, False)):
        course = Course(known()).run(off_s, -0.5, duty=0.0)
        course.run(240.0, 0.05)
        assert (course.first(Kind.NO_RESPONSE) is not None) is is_found


def test_what_it_is_colder_by_is_taken_off_for_as_long_as_the_window_is():
    expected_c = []
    for slope in (-0.3, -0.4):
        course = Course(known(gain=1.0)).run(600.0, slope, duty=0.0)
        course.run(300.0, 0.001)
        expected_c.append(dict(course.found[Kind.NO_RESPONSE, True][1].values)["expected_c"])
    assert expected_c[0] - expected_c[1] == pytest.approx(0.1 * 110.0 / 60.0, abs=0.02)


# More and more power.


def crept(*, seen: dict[str, object] | None = None, duty: float = 0.3, **keys: object) -> Course:
    """Used to a duty of 0.2 it got more, and its reading stands still from then on."""
    course = Course(known(**keys)).run(3600.0, 0.001, duty=0.2)
    assert course.found == {}
    course.begun_s = course.now_s
    return course.run(3000.0, 0.0, duty=duty, **(seen or {}))


def test_a_reading_that_stands_still_while_the_power_creeps_up_is_found_half_way_to_harm():
    course = crept()
    at_s, finding = course.found[Kind.NO_RESPONSE, True]
    assert 1200.0 < at_s - course.begun_s < 1600.0
    assert dict(finding.values) == {"risen_c": 0.0, "expected_c": pytest.approx(2.0, abs=0.02)}
    assert finding.text.startswith("heater got more and more power")


def test_one_that_is_not_known_or_harmless_or_at_its_usual_power_does_not_trip_so():
    assert crept(is_foretold=False, is_proven=False).found == {}
    assert crept(duty=0.2).found == {}
    assert crept(equilibrium_c=30.0).first(Kind.NO_RESPONSE, is_trip=False) is not None


def test_a_gap_in_looks_is_no_standing_still():
    course = Course(known()).run(3600.0, 0.001, duty=0.2)
    for _ in range(60):
        course.now_s += 60.0
        course.look(duty=0.3)
    assert course.found == {}


def test_from_a_tenth_of_that_on_a_reading_that_stands_still_teaches_nothing():
    course = Course(known()).run(3600.0, 0.001, duty=0.2)
    course.run(600.0, 0.0, duty=0.3)
    learned = learned_min(course)
    course.run(300.0, 0.0, duty=0.3)
    assert learned_min(course) == learned
    course.run(5 * EVERY_S, 0.1, duty=0.3)
    assert learned_min(course) > learned + 5.0  # it moves: what was put off is learned


# Off.


@pytest.mark.parametrize(("slope", "is_found"), [(0.25, False), (0.3, True)])
def test_what_is_known_of_it_says_whether_a_rise_with_the_heater_off_is_its_own(slope: float, is_found: bool):
    course = Course(known(net=0.0)).run(700.0, slope, duty=0.0)
    assert bool(course.found) is is_found
    if is_found:
        assert course.found[Kind.STUCK_ON, False][1].text.startswith("heater is off")


def test_after_a_reset_a_heater_that_still_heats_while_off_is_found_again():
    course = Course(fresh()).run(700.0, 0.5, duty=0.0)
    assert course.first(Kind.STUCK_ON, is_trip=False) == 405.0
    course.watch.retry(course.now_s)
    course.found.clear()
    again_s = course.now_s
    course.run(700.0, 0.5, duty=0.0)
    assert course.first(Kind.STUCK_ON, is_trip=False) == again_s + 400.0


@pytest.mark.parametrize(("is_disputed", "is_found"), [(True, False), (False, True)])
def test_of_thermometers_that_contradict_each_other_the_coldest_says_whether_it_heats(
    is_disputed: bool, is_found: bool
):
    course = Course(fresh())
    course.run(
        700.0, 0.5, duty=0.0,
        belief=lambda: replace(good(course.reading_c, at_s=course.now_s), lowest=20.0, is_disputed=is_disputed),
    )  # fmt: skip
    assert bool(course.found) is is_found


def test_of_a_dispute_without_a_lowest_the_reading_itself_counts():
    course = Course(fresh())
    course.run(
        700.0, 0.5, duty=0.0,
        belief=lambda: replace(good(course.reading_c, at_s=course.now_s), lowest=None, is_disputed=True),
    )  # fmt: skip
    assert course.kinds == [Kind.STUCK_ON]


# More of the same.


def test_what_rested_was_seen_as_it_was():
    course = Course(fresh()).run(100.0, 0.5, heat_elsewhere=True)
    course.now_s += 20.0
    assert course.watch.rest(course.now_s)
    lit_s = course.now_s
    while not course.watch.is_proven:
        course.run(EVERY_S, 0.5)
    assert course.now_s == lit_s + 60.0 + WINDOW_S + 2 * EVERY_S


def test_what_only_warns_of_a_falling_reading_is_withdrawn_too():
    course = Course(fresh(equilibrium_c=30.0)).run(300.0, -0.1)
    assert course.kinds == [Kind.NOT_HEATING]
    assert course.run(200.0, 1.0).told == []


def test_a_restart_keeps_what_is_proven_and_foretold():
    for is_proven, is_foretold in ((True, True), (True, False), (False, False)):
        kept = known(is_proven=is_proven, is_foretold=is_foretold).snapshot()
        again = fresh()
        again.restore(kept)
        assert again.is_proven is is_proven
        assert again.snapshot() == kept
        assert set(kept) == {"learner", "is_proven", "is_foretold"}


def test_what_is_assumed_of_it_is_what_is_configured():
    guess = fresh(resolution_c=0.5).learner.guess
    assert (guess.rate, guess.noise_c, guess.others) == (1.0, 0.25, 0)


@pytest.mark.parametrize(("effect", "warms"), [(0.26, True), (0.24, False)])
def test_next_to_nothing_is_an_eighth_of_the_configured_rate(effect: float, warms: bool):
    limit = LimitKeys(max_c=34.0, max_rate_c_per_min=2.0)
    watch = Verification("heater", verify=VerifyKeys(), limit=limit, others=("mat",))
    kept = watch.snapshot()
    kept["learner"]["models"] = [
        {"state": [0.5, 0.02, 0.0, effect], "cov": [[0.0] * 4] * 4, "misfit": 1.0} for _ in range(4)
    ]
    watch.restore(kept)
    assert watch.is_warmed_by("mat") is warms
