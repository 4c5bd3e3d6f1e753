from hypothesis import given
from hypothesis import strategies as st

from alimante.policy.series import Series


def test_a_summary_is_of_what_is_young_enough():
    series = Series(keep_s=60)
    for at_s, value in ((0, 100.0), (50, 1.0), (70, 3.0)):
        series.add(value, at_s)
    summary = series.summary(80)
    assert (summary.last, summary.lowest, summary.mean, summary.highest) == (3.0, 1.0, 2.0, 3.0)
    assert (summary.count, summary.age_s) == (2, 10)
    assert series.summary(131) is None


@given(st.lists(st.floats(-1e6, 1e6), max_size=50), st.integers(1, 10))
def test_it_never_grows_beyond_its_capacity(values, capacity):
    series = Series(keep_s=1e9, capacity=capacity)
    for at_s, value in enumerate(values):
        series.add(value, at_s)
    summary = series.summary(len(values))
    if values:
        assert summary.count == min(len(values), capacity)
        assert summary.lowest - 1e-6 <= summary.mean <= summary.highest + 1e-6
        assert summary.last == values[-1]
    else:
        assert summary is None


def test_nothing_added_is_no_summary():
    assert Series(keep_s=1).summary(0) is None
