"""The upper bound of a zone by the numbers: what it expects, how high it can be, and from where on it doubts."""

from dataclasses import replace
from math import exp

import pytest

from alimante.safety.bound import Doubt, Physics, UpperBound

KNOWN = Physics(
    gain=1.0,
    gain_most=1.2,
    loss=0.04,
    loss_least=0.02,
    lag_min=2.0,
    room_c=20.0,
    room_low_c=15.0,
    room_high_c=23.0,
    effects=(0.3, -0.1),
    effects_most=(0.5, 0.0),
    is_known=True,
)
UNKNOWN = replace(KNOWN, is_known=False)
IDLE = (0.0, 0.0)


def begun(reading_c: float = 30.0, *, at: Physics = KNOWN) -> UpperBound:
    """One whose first readings came at the time 0."""
    bound = UpperBound(at)
    bound.take(0.0, reading_c)
    bound.take(0.0, reading_c)
    assert (bound.expected_c, bound.high_c, bound.doubt) == (reading_c, reading_c, Doubt.NONE)
    return bound


def doubted(lower_c: float = 12.0, *, at: Physics = KNOWN, now_s: float = 60.0) -> UpperBound:
    """One whose second reading was so much lower."""
    bound = begun(at=at)
    bound.take(now_s, 30.0 - lower_c)
    assert bound.doubt is not Doubt.NONE
    return bound


def towards(goal_c: float, from_c: float, rate: float, minutes: float) -> float:
    return goal_c + (from_c - goal_c) * exp(-rate * minutes)


# What goes by.


def test_the_zone_goes_to_where_its_heat_and_its_room_hold_it_with_the_lag_of_the_element():
    bound = begun()
    bound.advance(120.0, duty=0.5, others=(1.0, 0.5))
    felt = 0.5 * (1.0 - exp(-1.0))
    assert bound.expected_c == pytest.approx(towards(20.0 + (felt + 0.25) / 0.04, 30.0, 0.04, 2.0))
    assert bound.high_c == pytest.approx(towards(23.0 + (0.6 + 0.5) / 0.02, 30.0, 0.02, 2.0))
    assert bound.full_s == 60.0
    expected_c, high_c = bound.expected_c, bound.high_c
    bound.advance(60.0, duty=0.0, others=IDLE)
    felt *= exp(-0.5)
    assert bound.expected_c == pytest.approx(towards(20.0 + felt / 0.04, expected_c, 0.04, 1.0))
    assert bound.high_c == pytest.approx(towards(23.0, high_c, 0.02, 1.0))
    assert bound.full_s == 60.0


def test_before_it_is_known_nothing_is_expected_but_what_was_read_and_the_bound_rises():
    bound = begun(at=UNKNOWN)
    bound.advance(120.0, duty=1.0, others=IDLE)
    assert bound.expected_c == 30.0
    assert bound.high_c == pytest.approx(towards(23.0 + 1.2 / 0.02, 30.0, 0.02, 2.0))


def test_while_a_reading_is_doubted_what_is_not_known_warms_as_fast_as_it_can():
    bound = doubted(at=UNKNOWN)
    expected_c = bound.expected_c
    assert expected_c is not None
    bound.advance(120.0, duty=1.0, others=IDLE)
    forced = 1.0 - exp(-1.0)
    assert bound.expected_c == pytest.approx(towards(20.0 + 2.0 * forced / 0.08, expected_c, 0.08, 2.0))


def test_while_a_reading_is_doubted_the_room_may_get_colder_by_two_degrees_an_hour_down_to_its_coldest():
    bound = doubted()
    expected_c = bound.expected_c
    bound.advance(3600.0, duty=0.0, others=IDLE)
    assert bound.expected_c == pytest.approx(towards(18.0, expected_c, 0.04, 60.0))
    expected_c = bound.expected_c
    bound.advance(7200.0, duty=0.0, others=IDLE)
    assert bound.expected_c == pytest.approx(towards(15.0, expected_c, 0.04, 120.0))
    expected_c = bound.expected_c
    bound.learn(replace(KNOWN, room_c=14.0))
    bound.advance(60.0, duty=0.0, others=IDLE)  # it seems to be colder than it can be: then it is
    assert bound.expected_c == pytest.approx(towards(14.0, expected_c, 0.04, 1.0))


def test_what_is_known_better_counts_from_then_on():
    bound = begun()
    bound.learn(replace(KNOWN, room_c=22.0, loss=0.05))
    bound.advance(60.0, duty=0.0, others=IDLE)
    assert bound.expected_c == pytest.approx(towards(22.0, 30.0, 0.05, 1.0))


# A reading that is believed.


def test_what_is_expected_is_drawn_to_a_reading_that_is_a_little_lower():
    bound = begun()
    bound.take(120.0, 28.0)
    assert bound.expected_c == pytest.approx(30.0 - 2.0 * (1.0 - exp(-0.2)))
    assert bound.high_c == bound.expected_c
    assert bound.reading_c == 28.0
    expected_c = bound.expected_c
    bound.take(120.0 + 7200.0, 28.0)  # not more than an hour's worth
    assert bound.expected_c == pytest.approx(28.0 + (expected_c - 28.0) * exp(-6.0))


@pytest.mark.parametrize("at", [KNOWN, UNKNOWN], ids=["known", "not known"])
def test_more_than_two_and_a_half_degrees_below_what_is_expected_are_doubted(at: Physics):
    bound = begun(at=at)
    bound.take(0.0, 27.5)
    assert bound.doubt is Doubt.NONE
    bound = begun(at=at)
    bound.take(0.0, 27.4)
    assert bound.doubt is not Doubt.NONE
    assert (bound.expected_c, bound.high_c) == (30.0, 30.0)


def test_a_zone_that_is_not_known_may_fall_as_what_the_sun_has_warmed():
    bound = begun(at=UNKNOWN)
    bound.take(60.0, 27.6)
    assert bound.expected_c == pytest.approx(30.0 - 15.0 * (1.0 - exp(-2.0 * 2.0 * 0.04)))
    bound = begun(at=UNKNOWN)
    bound.take(600.0, 29.5)  # but not below what is read
    assert bound.expected_c == 29.5
    cold = begun(14.0, at=replace(UNKNOWN, room_low_c=15.0))
    cold.take(600.0, 12.0)  # and below its room it does not rise
    assert cold.expected_c == 14.0


def test_what_rises_counts_at_once():
    bound = begun()
    bound.take(60.0, 34.8)
    assert (bound.expected_c, bound.high_c) == (34.8, 34.8)


def test_what_jumps_up_counts_for_the_bound_at_once_and_for_what_is_expected_only_when_it_stays():
    bound = begun()
    bound.take(60.0, 35.0)  # 2.5 °C and twice what the heater can do in a minute are no jump
    assert (bound.expected_c, bound.high_c) == (30.0, 35.0)
    bound.take(120.0, 35.2)
    assert (bound.expected_c, bound.high_c) == (30.0, 35.2)
    bound.take(3660.0, 35.2)
    assert bound.expected_c == 30.0
    bound.take(3661.0, 35.2)
    assert bound.expected_c == 35.2


def test_what_jumped_up_and_came_back_is_forgotten():
    bound = begun()
    bound.take(60.0, 36.0)
    bound.take(120.0, 30.9)  # nearer than one degree
    assert bound.expected_c == 30.9
    bound = begun()
    bound.take(60.0, 36.0)
    bound.take(120.0, 31.1)
    assert bound.expected_c == 30.0
    bound.take(180.0, 29.0)
    bound.take(240.0, 31.0)
    assert bound.expected_c == 31.0


# A reading that is doubted.

DOOR_LOST = 8.0 * 0.04


@pytest.mark.parametrize(("at", "lost"), [(KNOWN, 0.32), (replace(KNOWN, loss=0.01), 0.25)])
@pytest.mark.parametrize("after_s", [20.0, 90.0])
def test_what_an_open_front_explains_is_a_fall_and_more_is_a_jump(at: Physics, lost: float, after_s: float):
    most_c = 15.0 * (1.0 - exp(-lost * after_s / 60.0)) + 2.5
    for lower_c, kind in ((most_c - 0.01, Doubt.FALL), (most_c + 0.01, Doubt.JUMP)):
        bound = begun(at=at)
        bound.take(after_s, 30.0 - lower_c)
        assert bound.doubt is kind


def test_only_the_last_moments_say_whether_it_jumped():
    bound = begun()
    bound.take(91.0, 16.0)
    assert bound.doubt is Doubt.FALL


def test_a_zone_below_its_coldest_room_does_not_cool():
    at = replace(KNOWN, room_low_c=31.0)
    for lower_c, kind in ((2.6, Doubt.JUMP), (2.51, Doubt.JUMP)):
        bound = begun(at=at)
        bound.take(60.0, 30.0 - lower_c)
        assert bound.doubt is kind


@pytest.mark.parametrize("count", [2, 3])
def test_three_readings_in_a_row_that_are_nearly_as_high_as_expected_end_the_doubt(count: int):
    bound = doubted()
    for at in range(count):
        bound.take(200.0 + at * 100.0, 29.1)
    assert (bound.doubt is Doubt.NONE) is (count == 3)
    if count == 3:
        assert (bound.expected_c, bound.high_c) == (29.1, 29.1)


def test_what_is_not_so_near_or_not_in_a_row_does_not():
    bound = doubted()
    for at in range(9):
        bound.take(200.0 + at * 100.0, 28.9 if at % 3 == 2 else 29.1)
    assert bound.doubt is not Doubt.NONE


def test_after_half_an_hour_only_the_bound_itself_is_high_enough():
    bound = doubted()
    bound.advance(60.0, duty=1.0, others=IDLE)
    high_c, expected_c = bound.high_c, bound.expected_c
    assert high_c is not None
    assert expected_c is not None
    for at in range(3):
        bound.take(60.0 + 1801.0 + at * 100.0, high_c - 0.1)
    assert bound.doubt is not Doubt.NONE
    for at in range(3):
        bound.take(60.0 + 2201.0 + at * 100.0, high_c)
    assert bound.doubt is Doubt.NONE
    soon = doubted()
    for at in range(3):
        soon.take(60.0 + 1800.0 - 200.0 + at * 100.0, 29.0)
    assert soon.doubt is Doubt.NONE


@pytest.mark.parametrize(("risen_c", "after_s", "is_back"), [
    (8.5, 60.0, True),  # seven tenths of the twelve degrees that it fell
    (8.3, 60.0, False),
    (8.5, 90.0, True),
    (8.5, 91.0, False),  # so slowly heat may have done it
])  # fmt: skip
def test_what_jumps_back_by_most_of_what_it_fell_is_believed_at_once(risen_c: float, after_s: float, is_back: bool):
    bound = doubted()
    bound.take(100.0, 18.0)
    bound.take(100.0 + after_s, 18.0 + risen_c)
    assert (bound.doubt is Doubt.NONE) is is_back


def test_what_a_heater_can_do_is_no_jump_back():
    """A small fall: 2.5 °C and twice what the heater can do."""
    for risen_c, is_back in ((4.8, False), (5.0, True)):
        bound = doubted(3.0, now_s=0.0)
        bound.take(1.0, 10.0)
        bound.take(61.0, 10.0 + risen_c)
        assert (bound.doubt is Doubt.NONE) is is_back


def rises(share: float, *, minutes: float = 6.0, kind: Doubt = Doubt.FALL, reading_c: float = 24.0) -> UpperBound:
    """After a fall its reading rises by a share of what the heater brings to a place that is where it reads."""
    bound = begun()
    bound.take(600.0 if kind is Doubt.FALL else 1.0, reading_c)
    assert bound.doubt is kind
    felt = 0.0
    now_s = 600.0
    for _ in range(round(minutes * 6.0)):
        now_s += 10.0
        felt += (1.0 - felt) * (1.0 - exp(-1.0 / 12.0))
        bound.advance(10.0, duty=1.0, others=IDLE)
        reading_c += share * (felt - 0.04 * (bound.reading_c - 20.0)) / 6.0
        bound.take(now_s, reading_c)
        if bound.doubt is Doubt.NONE:
            break
    return bound


@pytest.mark.parametrize(("share", "is_back"), [(0.73, True), (0.67, False)])
def test_a_reading_that_rises_as_the_zone_would_from_there_is_believed(share: float, is_back: bool):
    assert (rises(share).doubt is Doubt.NONE) is is_back


def test_what_jumped_down_must_come_back_whatever_it_does_then():
    assert rises(1.0, kind=Doubt.JUMP, reading_c=18.0).doubt is Doubt.JUMP


def test_a_persons_word_ends_the_doubt_at_the_reading():
    bound = doubted()
    bound.trust()
    assert (bound.doubt, bound.expected_c, bound.high_c) == (Doubt.NONE, 18.0, 18.0)
    bound.trust(25.0)
    assert (bound.expected_c, bound.high_c) == (25.0, 25.0)


# What people are told.


@pytest.mark.parametrize(("lower_c", "kind", "told_s"), [(12.0, Doubt.JUMP, 10.0), (4.0, Doubt.FALL, 1500.0)])
def test_a_jump_is_told_within_moments_and_a_fall_after_a_door_may_have_been_closed(
    lower_c: float, kind: Doubt, told_s: float
):
    bound = begun()
    bound.take(30.0, 30.0)
    bound.take(60.0, 30.0 - lower_c)
    assert bound.doubt is kind
    assert not bound.is_told(60.0 + told_s - 0.1)
    assert bound.is_told(60.0 + told_s)
    bound.trust()
    assert not bound.is_told(5000.0)


@pytest.mark.parametrize(
    ("level_c", "on_s", "wobble_c", "at", "is_told"),
    [
        (22.0, 50.0, 0.0, KNOWN, True),
        (22.0, 45.0, 0.0, KNOWN, True),
        (22.0, 40.0, 0.0, KNOWN, False),
        (22.4, 120.0, 0.0, KNOWN, True),
        (22.6, 120.0, 0.0, KNOWN, False),
        (22.0, 120.0, 0.79, KNOWN, True),
        (22.0, 120.0, 0.81, KNOWN, False),
        (22.0, 120.0, 0.0, UNKNOWN, False),
    ],
)
def test_a_reading_that_stands_still_at_the_rooms_temperature_although_the_heater_works_is_told_sooner(
    level_c: float, on_s: float, wobble_c: float, at: Physics, is_told: bool
):
    bound = begun(at=at)
    bound.take(110.0, level_c + wobble_c)
    assert bound.doubt is Doubt.FALL
    for at_s in range(210, 331, 10):
        bound.advance(10.0, duty=float(at_s > 330 - on_s), others=IDLE)
        bound.take(float(at_s), level_c + (wobble_c if at_s < 330 else 0.0))
    assert bound.doubt is Doubt.FALL
    assert bound.is_told(330.0) is is_told


def test_it_is_not_said_before_it_was_seen_for_a_while():
    for begins_s, is_told in ((230, True), (240, False)):
        bound = begun()
        for at_s in range(begins_s, 331, 10):
            bound.take(float(at_s), 22.0)
            bound.advance(10.0, duty=1.0, others=IDLE)
        assert bound.doubt is Doubt.FALL
        assert bound.is_told(330.0) is is_told


# The first reading, and what an earlier run left.


@pytest.mark.parametrize(("reading_c", "doubt"), [(12.5, Doubt.NONE), (12.4, Doubt.JUMP)])
def test_a_first_reading_far_below_the_coldest_room_is_doubted(reading_c: float, doubt: Doubt):
    bound = UpperBound(KNOWN)
    bound.take(0.0, reading_c)
    assert bound.doubt is doubt
    if doubt is not Doubt.NONE:
        assert (bound.expected_c, bound.high_c) == (15.0, 23.0)


@pytest.mark.parametrize(("at", "lost"), [(KNOWN, 0.052), (UNKNOWN, 0.08)])
def test_what_an_earlier_run_expected_cools_down_meanwhile_as_fast_as_it_can(at: Physics, lost: float):
    closed_c = 15.0 + 15.0 * exp(-lost * 10.0)
    for lower_c, is_doubted in ((2.49, False), (2.51, True)):
        bound = UpperBound(at)
        bound.restore({"expected_c": 30.0, "high_c": 33.0, "doubt": ""}, away_s=540.0)
        bound.advance(60.0, duty=0.0, others=IDLE)
        bound.take(0.0, closed_c - lower_c)
        assert (bound.doubt is not Doubt.NONE) is is_doubted
        if is_doubted:
            assert (bound.expected_c, bound.high_c) == (pytest.approx(closed_c), 33.0)
            assert bound.doubt is Doubt.FALL
        else:
            assert bound.expected_c == bound.high_c == closed_c - lower_c


def test_what_fell_farther_than_through_an_open_front_while_nobody_looked_jumped():
    open_c = 15.0 + 15.0 * exp(-DOOR_LOST * 1.0)
    for lower_c, kind in ((2.4, Doubt.FALL), (2.6, Doubt.JUMP)):
        bound = UpperBound(KNOWN)
        bound.restore({"expected_c": 30.0, "high_c": 30.0, "doubt": ""}, away_s=60.0)
        bound.take(0.0, open_c - lower_c)
        assert bound.doubt is kind


def test_a_doubt_that_was_kept_goes_on():
    bound = UpperBound(KNOWN)
    bound.restore({"expected_c": 30.0, "high_c": 31.0, "doubt": "fall"}, away_s=0.0)
    bound.take(0.0, 29.9)
    assert (bound.doubt, bound.expected_c, bound.high_c) == (Doubt.FALL, 30.0, 31.0)
    warm = UpperBound(KNOWN)
    warm.restore({"expected_c": 30.0, "high_c": 31.0, "doubt": "jump"}, away_s=0.0)
    warm.take(0.0, 33.0)
    assert (warm.doubt, warm.high_c) == (Doubt.JUMP, 33.0)


def test_after_nobody_knows_how_long_everything_has_cooled_down():
    bound = UpperBound(KNOWN)
    bound.restore({"expected_c": 30.0, "high_c": 30.0, "doubt": ""}, away_s=None)
    bound.take(0.0, 12.6)
    assert bound.doubt is Doubt.NONE


def test_what_was_colder_than_the_room_does_not_get_warmer_meanwhile():
    bound = UpperBound(KNOWN)
    bound.restore({"expected_c": 10.0, "high_c": 9.0, "doubt": ""}, away_s=60.0)
    bound.take(0.0, 12.4)
    assert (bound.doubt, bound.expected_c, bound.high_c) == (Doubt.JUMP, 15.0, 15.0)


def test_a_snapshot_says_what_is_expected_and_why_a_reading_is_doubted():
    assert doubted().snapshot() == {"expected_c": 30.0, "high_c": 30.0, "doubt": "jump"}
    assert UpperBound(KNOWN).snapshot() == {"expected_c": None, "high_c": None, "doubt": ""}


# A reading that turns with the heater.

ONE_LOOK_MIN = 1.0 / 6.0
QUICK = replace(KNOWN, lag_min=0.1, gain=2.0, gain_most=2.4)


def turning(share: float, *, pattern: tuple[float, ...] = (1.0, 0.0), minutes: int = 12, begin_s: float = 600.0):
    """How many minutes after a fall a reading is believed that falls on, but turns by a share of the heater's strength.

    None where it is not. The heater changes from minute to minute.
    """
    bound, reading_c, felt = begun(at=QUICK), 24.0, 0.0
    bound.take(begin_s, reading_c)
    assert bound.doubt is Doubt.FALL
    for minute in range(minutes):
        duty = pattern[minute % len(pattern)]
        for step in range(1, 7):
            felt += (duty - felt) * (1.0 - exp(-1.0 / 0.6))
            bound.advance(10.0, duty=duty, others=IDLE)
            reading_c += (share * 2.0 * felt - 1.2) / 6.0
            bound.take(begin_s + minute * 60.0 + step * 10.0, reading_c)
            if bound.doubt is Doubt.NONE:
                return minute + step / 6.0
    return None


@pytest.mark.parametrize(("share", "after_min"), [(0.62, 7.0), (0.58, None), (-1.0, None)])
def test_a_reading_that_turns_by_most_of_the_heaters_strength_is_believed_after_seven_minutes(share, after_min):
    assert turning(share) == (after_min and pytest.approx(after_min + ONE_LOOK_MIN))


def test_it_must_turn_in_both_directions_and_twice():
    assert turning(0.8, pattern=(1.0, 1.0, 1.0, 0.0, 0.0, 0.0), minutes=8) is None
    assert turning(0.8, pattern=(1.0, 1.0, 0.0, 0.0), minutes=12) == pytest.approx(7.0 + ONE_LOOK_MIN)
    # What turns by less has to turn more often.
    assert turning(0.8, pattern=(0.6, 0.3), minutes=40) == pytest.approx(16.0 + ONE_LOOK_MIN)
    assert turning(0.8, pattern=(0.6, 0.42), minutes=40) == pytest.approx(24.0 + ONE_LOOK_MIN)
