"""A share of power becomes pulses that are neither too short nor too rare."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.control.time_proportion import TimeProportion, Timing

TIMING = Timing(cycle_s=240.0, min_on_s=60.0, min_off_s=120.0, longest_s=1800.0)
SHARES = st.floats(0.0, 1.0)


def runs(switch, share, seconds, *, start_s=0):
    """Whether it is on in each second."""
    return [switch.switch(share, float(start_s + second)) for second in range(seconds)]


def lengths(states):
    """How long each stretch of one state lasted, the first and the last left out."""
    found, last = [], 0
    for index in range(1, len(states)):
        if states[index] != states[index - 1]:
            found.append((states[index - 1], index - last))
            last = index
    return found[1:]


def test_pulse_and_pause_fill_the_cycle_where_both_are_long_enough():
    assert TIMING.lengths_s(0.4) == pytest.approx((96.0, 144.0))


def test_a_small_share_gets_the_shortest_pulse_and_a_longer_pause():
    assert TIMING.lengths_s(0.1) == pytest.approx((60.0, 540.0))


def test_a_large_share_gets_the_shortest_pause_and_a_longer_pulse():
    assert TIMING.lengths_s(0.9) == pytest.approx((1080.0, 120.0))


@pytest.mark.parametrize(
    ("share", "lengths_s"), [(0.0, (0.0, inf)), (0.03, (0.0, inf)), (0.95, (inf, 0.0)), (1.0, (inf, 0.0))]
)
def test_what_would_need_too_long_a_cycle_is_off_or_on_for_good(share, lengths_s):
    assert TIMING.lengths_s(share) == lengths_s


@given(SHARES, SHARES)
def test_a_larger_share_never_has_a_shorter_pulse_or_a_longer_pause(one, other):
    low, high = sorted((one, other))
    (low_on, low_off), (high_on, high_off) = TIMING.lengths_s(low), TIMING.lengths_s(high)
    if low_on > 0.0 and high_off > 0.0:
        assert high_on / high_off >= low_on / low_off - 1e-9


@given(st.floats(0.034, 0.93))
def test_over_time_the_switch_is_on_for_its_share(share):
    states = runs(TimeProportion(TIMING), share, 4 * 3600)
    assert sum(states) / len(states) == pytest.approx(share, abs=0.08)


@given(st.lists(SHARES, min_size=5, max_size=40))
def test_no_pulse_or_pause_is_too_short_however_the_share_moves(shares):
    switch = TimeProportion(TIMING)
    states = [state for index, share in enumerate(shares) for state in runs(switch, share, 45, start_s=45 * index)]
    for is_on, lasted_s in lengths(states):
        assert lasted_s >= (60 if is_on else 120)


def test_it_does_not_go_on_when_it_may_not_rise():
    switch = TimeProportion(TIMING)
    assert not switch.switch(1.0, 0.0, may_rise=False)
    assert switch.switch(1.0, 1.0)
    assert switch.switch(1.0, 2.0, may_rise=False)


def test_off_at_once_waits_for_no_pulse():
    switch = TimeProportion(TIMING)
    switch.switch(0.5, 0.0)
    switch.turn_off(1.0)
    assert not switch.is_on
    assert not switch.switch(1.0, 120.0)
    assert switch.switch(1.0, 121.0)
