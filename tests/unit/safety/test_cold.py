"""Falls that are faster than a place can cool by itself, and those that are not."""

from math import exp

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
