"""Falls that are faster than a place can cool by itself, and those that are not."""

from math import exp
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alimante.safety.cold import Cold
from alimante.safety.heat_model import Guess
from alimante.safety.learning import Learner
from alimante.safety.trace import Entry, Trace

RESOLUTION_C = 0.0625


def looked(readings: list[float], *, every_s: float = 5.0) -> Cold:
    """After these readings of a place of which nothing was learned, with its heater off."""
    learner = Learner(Guess(rate=1.0, noise_c=0.03, others=0), 34.0, 60.0, ())
    trace, cold = Trace(2.0, 1200.0), Cold(RESOLUTION_C)
    for at, reading_c in enumerate(readings):
        trace.add(Entry(at * every_s, reading_c, reading_c, 0.0, learner.sums(), {}))
        learner.advance(every_s, duty=0.0, reading_c=reading_c, others={})
        cold.look(trace, learner)
    return cold


def falling(lag_s: float, *, room_c: float, count: int = 60) -> list[float]:
    return [30.0] * 20 + [room_c + (30.0 - room_c) * exp(-at * 5.0 / lag_s) for at in range(count)]


@pytest.mark.parametrize(("lag_s", "room_c"), [(130.0, 21.0), (270.0, 10.0), (60.0, 24.0)])
def test_a_fall_faster_than_the_place_can_cool_is_cold_that_comes_in(lag_s: float, room_c: float):
    assert looked(falling(lag_s, room_c=room_c)).is_in


@pytest.mark.parametrize("lag_s", [2500.0, 6000.0])
def test_a_place_that_cools_by_itself_is_not(lag_s: float):
    assert not looked(falling(lag_s, room_c=18.0, count=200)).is_in


@settings(max_examples=50, deadline=None)
@given(down_c=st.floats(0.5, 25.0), before=st.integers(0, 40))
def test_a_reading_that_jumps_and_then_stands_is_not(down_c: float, before: int):
    assert not looked([30.0] * before + [30.0 - down_c] * 40).is_in


def test_a_reading_that_swings_hides_nothing_for_ever():
    swing = [30.0 - 2.0 * (at % 24) / 12.0 if at % 24 < 12 else 28.0 + 2.0 * (at % 24 - 12) / 12.0 for at in range(400)]
    assert looked(swing).fell_s < 300.0


def test_it_is_over_when_it_got_warmer():
    cold = looked(falling(130.0, room_c=21.0))
    cold.over()
    assert not cold.is_in


# By the numbers: each trace is looked at once.

EVERY_S = 7.5
BEGIN_S = 1000.0


def knows(*, strength: float = 1.0, off_c: float = 0.0, doubt_c: float = 0.0) -> SimpleNamespace:
    """A learner that expects `off_c` without the heater in whatever span it is asked for."""
    return SimpleNamespace(strength=strength, expect_off=lambda start, end: (off_c, doubt_c, 0.0))


def trace_of(readings: list[float], *, every_s: float = EVERY_S) -> Trace:
    trace = Trace(every_s, 12_000.0)
    for at, reading_c in enumerate(readings):
        trace.add(Entry(BEGIN_S + at * every_s, reading_c, reading_c, 0.0, (), {}))
    return trace


def slope(down_c: float, *, count: int = 10, from_c: float = 30.0) -> list[float]:
    """A fall by `down_c` in a minute; the last reading is not smooth yet, so that it takes one more."""
    return [from_c - down_c / 8.0 * at for at in range(count)]


def found(trace: Trace, **known: float) -> Cold:
    cold = Cold(RESOLUTION_C)
    cold.look(trace, knows(**known))
    return cold


@pytest.mark.parametrize(("down_c", "is_in"), [(0.375, True), (0.374, False)])
def test_less_than_six_steps_of_the_sensor_may_be_noise(down_c: float, is_in: bool):
    assert found(trace_of(slope(down_c))).is_in is is_in


@pytest.mark.parametrize(("down_c", "is_in"), [(0.51, True), (0.5, False)])
@pytest.mark.parametrize("off_c", [0.0, 0.9])
def test_a_fall_within_the_doubt_and_half_the_noise_may_be_the_place_itself(down_c: float, is_in: bool, off_c: float):
    assert found(trace_of(slope(down_c)), doubt_c=0.3125, off_c=off_c).is_in is is_in


@pytest.mark.parametrize(("down_c", "is_in"), [(0.7, True), (0.68, False)])
def test_what_cools_by_itself_may_fall_by_so_much_more(down_c: float, is_in: bool):
    assert found(trace_of(slope(down_c)), off_c=-0.5).is_in is is_in


@pytest.mark.parametrize(("count", "is_in"), [(5, False), (6, True)])
def test_less_than_half_a_minute_shows_nothing(count: int, is_in: bool):
    assert found(trace_of(slope(4.0, count=count))).is_in is is_in


def test_four_readings_are_enough_where_they_come_seldom():
    assert found(trace_of([30.0, 29.75, 29.5, 29.25], every_s=30.0)).is_in
    assert not found(trace_of([30.0, 29.5, 29.0], every_s=30.0)).is_in


@pytest.mark.parametrize(
    ("readings", "is_in"),
    [
        ([32.0, 30.0, *slope(0.5)], True),  # it jumped before, and then it fell
        ([32.0, *[30.0] * 9], False),
        ([30.0, *[29.5] * 9], False),
        ([30.0, 29.95, 29.9, 29.88, *[29.48] * 6], False),
        ([30.0, 29.95, 29.9, 29.85, *[29.6, 29.55, 29.5] * 2], True),
    ],
)
def test_a_reading_that_moves_mostly_at_once_is_no_air(readings: list[float], is_in: bool):
    assert found(trace_of(readings)).is_in is is_in


def test_it_is_told_when_it_fell_and_from_what():
    trace = trace_of(slope(0.5, count=20))
    cold = found(trace)
    assert (cold.fell_s, cold.from_c) == (trace.entries[-2].at_s, trace.entries[-10].smooth_c)
    trace.add(Entry(BEGIN_S + 20 * EVERY_S, 28.75, 28.75, 0.0, (), {}))
    cold.look(trace, knows())
    assert (cold.fell_s, cold.from_c) == (trace.entries[-2].at_s, trace.entries[-11].smooth_c)
    cold.over()
    assert not cold.is_in


def test_a_fall_that_goes_on_more_slowly_is_still_from_where_it_began():
    trace = trace_of(slope(0.6, count=20))
    cold = found(trace, strength=7.0)
    from_c = cold.from_c
    for at in range(1, 4):
        one = trace.entries[-1].reading_c - 0.075 * at
        trace.add(Entry(trace.entries[-1].at_s + EVERY_S, one, one, 0.0, (), {}))
        cold.look(trace, knows(strength=7.0))
    assert cold.is_in
    assert cold.from_c == from_c


@pytest.mark.parametrize(
    ("strength", "down_c", "goes_on"),
    [(1.0, 0.11, True), (1.0, 0.099, False), (0.1, 0.07, True), (0.1, 0.0625, False), (2.0, 0.19, False)],
)
def test_it_lasts_as_long_as_it_falls_by_more_than_a_step_and_a_tenth_of_the_heater(
    strength: float, down_c: float, goes_on: bool
):
    trace = trace_of(slope(0.5))
    cold = found(trace, strength=strength)
    fell_s = cold.fell_s
    for one in slope(down_c, count=12, from_c=29.4):
        trace.add(Entry(trace.entries[-1].at_s + EVERY_S, one, one, 0.0, (), {}))
    cold.look(trace, knows(strength=strength))
    assert (cold.fell_s > fell_s) is goes_on


def test_each_fall_must_end_lower_than_the_one_before_until_it_is_over():
    cold, again = found(trace_of(slope(0.5))), trace_of([*[31.0] * 40, *slope(0.5, count=12, from_c=30.2)])
    fell_s = cold.fell_s
    cold.look(again, knows())
    assert cold.fell_s == fell_s
    cold.over()
    cold.look(again, knows())
    assert cold.fell_s == again.entries[-2].at_s


def test_it_is_new_for_six_hours():
    cold = found(trace_of(slope(0.5)))
    assert cold.is_new(cold.fell_s + 6 * 3600.0 - 0.1)
    assert not cold.is_new(cold.fell_s + 6 * 3600.0)
    cold.over()
    assert not cold.is_new(cold.fell_s)


def off(down_c: float, *, since_s: float = 0.0, strength: float = 1.0, off_c: float = 0.0, count: int = 40) -> Cold:
    """After a look while no heat was left of the heater since `since_s`, at a fall by `down_c` per minute."""
    cold, trace = Cold(RESOLUTION_C), trace_of(slope(down_c, count=count))
    now_s = trace.entries[-1].at_s
    cold.look_off(now_s, since_s, trace, knows(strength=strength, off_c=off_c))
    return cold


LOOKED_S = BEGIN_S + 39 * EVERY_S


@pytest.mark.parametrize(
    ("down_c", "off_c", "short"),
    [
        (0.2, 0.0, 0.2),
        (0.2, -0.1875, 0.1),  # it was to fall by so much in the 112.5 s up to the last smooth reading
        (0.2, 0.1875, 0.3),
        (0.1, -0.375, 0.0),  # it falls less than was learned
        (2.0, 0.0, 0.5),  # no sensor that fell down hides a heater
    ],
)
def test_how_much_colder_it_is_than_was_learned_shows_while_the_heater_is_off(
    down_c: float, off_c: float, short: float
):
    assert off(down_c, off_c=off_c).short(LOOKED_S) == pytest.approx(short)


def test_no_more_than_half_of_the_heaters_strength_is_taken_off():
    assert off(2.0, strength=0.6).short(LOOKED_S) == pytest.approx(0.3)


def test_it_counts_for_half_an_hour_only():
    cold = off(0.2)
    assert cold.short(LOOKED_S + 1799.9) == pytest.approx(0.2)
    assert cold.short(LOOKED_S + 1800.0) == 0.0
    assert Cold(RESOLUTION_C).short(0.0) == 0.0


@pytest.mark.parametrize(("back", "is_known"), [(9, True), (8, False)])
def test_a_minute_without_heat_is_needed_for_it(back: int, is_known: bool):
    since_s = LOOKED_S - back * EVERY_S
    assert (off(0.2, since_s=since_s).short(LOOKED_S) > 0.0) is is_known
    assert off(0.2, since_s=LOOKED_S + 1.0).short(LOOKED_S) == 0.0


def test_four_readings_are_enough_for_it_where_they_come_seldom():
    for count, short in ((4, 0.25), (3, 0.0)):
        cold, trace = Cold(RESOLUTION_C), trace_of([30.0 - 0.125 * at for at in range(count)], every_s=30.0)
        cold.look_off(trace.entries[-1].at_s, 0.0, trace, knows())
        assert cold.short(trace.entries[-1].at_s) == pytest.approx(short)
