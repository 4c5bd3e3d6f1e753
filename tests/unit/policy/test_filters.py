"""Smoothing, one value after the other."""

from statistics import mean, median_low

from hypothesis import given
from hypothesis import strategies as st

from alimante.policy.filters import Mean, Median, filters

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


@given(VALUES, st.integers(1, 12))
def test_the_median_is_the_middle_of_the_last(values, samples):
    taken = Median(samples)
    for index, value in enumerate(values):
        assert taken.add(value) == median_low(values[max(0, index + 1 - samples) : index + 1])


@given(VALUES, st.integers(1, 12))
def test_the_mean_is_that_of_the_last(values, samples):
    taken = Mean(samples)
    for index, value in enumerate(values):
        among = values[max(0, index + 1 - samples) : index + 1]
        assert abs(taken.add(value) - mean(among)) <= 1e-6


def test_a_reset_forgets():
    for smooth in (Mean(5), Median(5)):
        smooth.add(100.0)
        smooth.reset()
        assert smooth.add(1.0) == 1.0


def test_nothing_is_built_that_changes_nothing():
    assert filters() == ()
    assert [type(each) for each in filters(median_of=3, mean_of=4)] == [Median, Mean]


def test_two_values_are_enough_to_smooth():
    assert [type(each) for each in filters(median_of=2, mean_of=2)] == [Median, Mean]
    (smooth,) = filters(mean_of=2)
    assert [smooth.add(value) for value in (1.0, 2.0, 3.0)] == [1.0, 1.5, 2.5]
