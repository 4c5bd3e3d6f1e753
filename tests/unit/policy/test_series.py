from hypothesis import given
from hypothesis import strategies as st

from alimante.policy.series import Series


def test_a_summary_is_of_what_is_young_enough():
    series = Series(keep_s=60)
    for at_s, value in ((0, 100.0), (50, 1.0), (70, 3.0)):
        series.add({"load": value}, at_s)
    summary = series.summaries(80)["load"]
    assert (summary.last, summary.lowest, summary.mean, summary.highest) == (3.0, 1.0, 2.0, 3.0)
    assert (summary.count, summary.age_s) == (2, 10)
    assert series.summaries(131) == {}


@given(st.lists(st.floats(-1e6, 1e6), max_size=50), st.integers(1, 10))
def test_it_never_grows_beyond_its_capacity(values, capacity):
    series = Series(keep_s=1e9, capacity=capacity)
    for at_s, value in enumerate(values):
        series.add({"load": value}, at_s)
    summary = series.summaries(len(values)).get("load")
    if values:
        assert summary.count == min(len(values), capacity)
        assert summary.lowest - 1e-6 <= summary.mean <= summary.highest + 1e-6
        assert summary.last == values[-1]
    else:
        assert summary is None


def test_nothing_added_is_no_summary():
    assert Series(keep_s=1).summaries(0) == {}


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.floats(-1e6, 1e6), max_size=3), max_size=20))
def test_a_number_that_is_not_always_measured_is_summed_up_from_where_it_was(rows):
    series = Series(keep_s=1e9)
    for at_s, row in enumerate(rows):
        series.add(row, at_s)
    summaries = series.summaries(len(rows))
    assert list(summaries) == sorted({name for row in rows for name in row})
    for name, summary in summaries.items():
        at = [at_s for at_s, row in enumerate(rows) if name in row]
        assert (summary.count, summary.age_s) == (len(at), len(rows) - at[-1])
        assert summary.last == rows[at[-1]][name]
        assert summary.highest == max(rows[at_s][name] for at_s in at)
