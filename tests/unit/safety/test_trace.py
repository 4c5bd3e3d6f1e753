"""What is kept of the readings while a heater worked, and the spans of it."""

import pytest

from alimante.safety.trace import Delayed, Entry, Trace


def entry(at_s: float, reading_c: float = 25.0, *, lowest_c: float | None = None, full_s: float = 0.0) -> Entry:
    return Entry(at_s, reading_c, reading_c if lowest_c is None else lowest_c, full_s, (at_s,), {})


def traced(*entries: Entry, spacing_s: float = 5.0, kept_s: float = 1200.0) -> Trace:
    trace = Trace(spacing_s, kept_s)
    for one in entries:
        assert trace.add(one)
    return trace


def full(count: int, *, off: int = 0) -> Trace:
    """Entries each 5 s, the first `off` of them with the heater off and then at full power."""
    return traced(*(entry(at * 5.0, full_s=max(at - off, 0) * 5.0) for at in range(count)))


def test_what_comes_too_soon_is_not_kept():
    trace = traced(entry(100.0))
    assert not trace.add(entry(104.9))
    assert trace.add(entry(105.0))
    assert [one.at_s for one in trace.entries] == [100.0, 105.0]


def test_a_reading_is_smoothed_with_its_neighbours_once_both_are_there():
    one, two, three = (entry(at * 5.0, read, lowest_c=read - 6.0) for at, read in enumerate((20.0, 21.0, 25.0)))
    trace = traced(one, two)
    assert [(each.smooth_c, each.smooth_lowest_c) for each in trace.entries] == [(20.0, 14.0), (21.0, 15.0)]
    trace.add(three)
    assert [(each.smooth_c, each.smooth_lowest_c) for each in trace.entries] == [(20, 14), (22, 16), (25, 19)]
    trace.add(entry(15.0, 32.0, lowest_c=20.0))
    assert (three.smooth_c, three.smooth_lowest_c) == (26.0, pytest.approx((15.0 + 19.0 + 20.0) / 3.0))


def test_nothing_older_than_is_kept_stays_for_long():
    trace = Trace(5.0, 100.0)
    most = 0
    for at in range(200):
        trace.add(entry(at * 5.0))
        most = max(most, len(trace.entries))
        assert trace.entries[0].at_s <= max(at * 5.0 - 100.0, 0.0)
    assert most <= 21 + 16


def test_the_first_entry_not_before_a_moment_is_found():
    trace = traced(entry(10.0), entry(20.0))
    assert [found and found.at_s for found in map(trace.at, (0.0, 10.0, 10.1, 20.0, 20.1))] == [10, 10, 20, 20, None]


def test_a_span_holds_the_full_power_that_is_asked_for_and_its_ends_are_smooth():
    """Ever longer ones, up to the last entry whose neighbours are both there."""
    spans = [(start.at_s, end.at_s) for start, end in full(100).spans(100.0)]
    ends = [99, 99 - 1]
    lengths, first = [], ends[0] - 20
    while True:
        lengths.append(((first + 1) * 5.0, ends[1] * 5.0))
        if first == 0:
            break
        first = max(100 - -(-(100 - first) * 3 // 2), 0)
    assert spans == lengths


def test_off_time_makes_a_span_longer_and_what_was_not_so_long_on_has_none():
    assert next(full(40, off=20).spans(95.0))[0].at_s == 105.0  # the last off entry is its outer neighbour
    assert list(full(40, off=20).spans(96.0)) == []


@pytest.mark.parametrize(("count", "spans"), [(4, []), (5, [(5.0, 15.0)]), (6, [(10.0, 20.0), (5.0, 20.0)])])
def test_a_span_needs_two_smooth_ends_that_are_apart(count: int, spans: list[tuple[float, float]]):
    found = [(start.at_s, end.at_s) for start, end in full(count).spans(20.0)]
    assert found == spans


def test_a_span_whose_ends_would_be_the_same_is_left_out():
    assert [start.at_s for start, _ in full(8).spans(10.0)] == [20.0, 5.0]
    assert [start.at_s for start, _ in full(8).spans(15.0)] == [25.0, 15.0, 5.0]


def test_a_delayed_integral_is_the_one_of_a_while_ago():
    one = Delayed(60.0)
    assert one.total_s(0.0) == 0.0
    one.add(10.0, 10.0, 1.0)
    assert one.total_s(10.0) == 0.0
    assert one.total_s(65.0) == 5.0
    assert one.total_s(70.0) == 10.0
    assert one.total_s(700.0) == 10.0
    assert one.total == 10.0


def test_a_delayed_integral_follows_each_duty_in_its_turn():
    one, at_s = Delayed(60.0), 0.0
    for at in range(60):
        at_s += 5.0
        one.add(at_s, 5.0, 1.0 if at % 2 else 0.2)
        assert one.total_s(at_s) == pytest.approx(max((at_s - 60.0) // 10.0 * 6.0 + (at_s % 10.0) * 0.2, 0.0))
    assert one.total == pytest.approx(180.0)


def test_a_span_of_no_length_changes_nothing():
    one = Delayed(5.0)
    one.add(10.0, 0.0, 1.0)
    assert one.total_s(15.0) == 0.0
    one.add(20.0, 10.0, 1.0)
    assert one.total_s(20.0) == 5.0
