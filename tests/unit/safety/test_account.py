"""What an output has been, over hours, days and restarts."""

import json
from datetime import date, timedelta
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.safety.account import HOUR_S, KEPT_SPANS, Account, Window

spans = st.lists(st.tuples(st.floats(0.5, 900.0), st.floats(0.5, 900.0)), max_size=30)


@given(gaps=spans)
def test_a_window_adds_up_what_lies_in_it(gaps):
    window, told, now_s = Window(HOUR_S), [], 10_000.0
    for off_s, on_s in gaps:
        start_s = now_s + off_s
        now_s = start_s + on_s
        window.add(start_s, now_s)
        told.append((start_s, now_s))
        inside = sum(max(0.0, end - max(start, now_s - HOUR_S)) for start, end in told)
        assert window.used_s(now_s) == pytest.approx(inside, abs=1e-6)


def test_a_window_is_bounded_and_never_forgets_in_favour_of_more():
    window = Window(HOUR_S)
    for number in range(3 * KEPT_SPANS):
        window.add(10_000.0 + 2 * number, 10_001.0 + 2 * number)
    now_s = 10_000.0 + 6 * KEPT_SPANS
    assert window.used_s(now_s) >= min(HOUR_S, 6 * KEPT_SPANS) / 2
    assert len(window.ages(now_s)) <= KEPT_SPANS


def test_the_two_oldest_spans_become_one_as_long_that_leaves_the_window_no_earlier():
    window = Window(HOUR_S)
    window.add(1000.0, 1003.0)
    window.add(1010.0, 1012.0)
    for number in range(KEPT_SPANS - 2):
        window.add(1020.0 + number, 1020.5 + number)
    assert window.ages(2000.0)[:2] == [[1000.0, 3.0], [990.0, 2.0]]
    used_s = window.used_s(2000.0)
    window.add(1990.0, 1991.0)
    assert window.ages(2000.0)[:2] == [[993.0, 5.0], [980.0, 0.5]]
    assert len(window.ages(2000.0)) == KEPT_SPANS
    assert window.used_s(2000.0) == used_s + 1.0


@pytest.mark.parametrize("end_s", [10.0, 9.0])
def test_a_span_without_a_length_is_none(end_s):
    window = Window(HOUR_S)
    window.add(10.0, end_s)
    assert window.ages(20.0) == []
    assert window.used_s(20.0) == 0.0


def used(away_s, *, was_on=False, longest_on_s=inf, now_s=50.0):
    """The hour's use after a restart `away_s` after a snapshot with 300 s on, ended 100 s before or still on."""
    account = Account()
    account.turned_on(9_600.0 if not was_on else 9_700.0, None)
    if not was_on:
        account.turned_off(9_900.0)
    saved = json.loads(json.dumps(account.snapshot(10_000.0)))
    again = Account()
    again.restore(saved, now_s=now_s, away_s=away_s, longest_on_s=longest_on_s)
    return again.used_s(again.hour, now_s)


@pytest.mark.parametrize(
    ("away_s", "left_s"), [(0.0, 300.0), (3200.0, 300.0), (3350.0, 150.0), (3500.0, 0.0), (1e9, 0.0)]
)
def test_a_quota_goes_on_over_a_restart_by_the_time_that_is_known_to_have_passed(away_s, left_s):
    assert used(away_s) == pytest.approx(left_s)


def test_what_was_on_when_the_process_died_counts_as_on_for_as_long_as_it_may_have_been():
    assert used(60.0, was_on=True) == pytest.approx(360.0)
    assert used(60.0, was_on=True, longest_on_s=310.0) == pytest.approx(310.0)


def test_a_pause_goes_on_over_a_restart():
    account = Account()
    account.turned_on(100.0, None)
    account.turned_off(110.0)
    again = Account()
    again.restore(account.snapshot(200.0), now_s=5.0, away_s=30.0, longest_on_s=inf)
    assert again.lasted_s(5.0) == pytest.approx(120.0)
    again.shift(1000.0, before_s=5.0)  # the clock was not believed at first
    assert again.lasted_s(5.0) == pytest.approx(1120.0)


def test_what_happened_after_the_restart_is_not_shifted():
    account = Account()
    account.restore(Account().snapshot(0.0), now_s=5.0, away_s=0.0, longest_on_s=inf)
    account.turned_on(10.0, None)
    account.turned_off(20.0)
    account.shift(1000.0, before_s=5.0)
    assert account.lasted_s(30.0) == 10.0
    assert account.used_s(account.hour, 30.0) == 10.0


def test_only_spans_that_ended_before_the_restart_are_shifted():
    """The clock tells later that the time without power was longer: those spans leave the window so much earlier."""
    window = Window(HOUR_S)
    window.add(-3000.0, -2900.0)
    window.add(-200.0, 5.0)  # ended with the restart
    window.add(10.0, 20.0)
    window.shift(500.0, before_s=5.0)
    assert window.ages(20.0) == [[3520.0, 100.0], [720.0, 205.0], [10.0, 10.0]]
    assert window.used_s(20.0) == 315.0
    assert window.used_s(150.0) == pytest.approx(265.0)


def test_a_pause_that_began_with_the_restart_is_shifted_too():
    account = Account(off_since_s=5.0)
    account.shift(100.0, before_s=5.0)
    assert account.lasted_s(5.0) == 100.0


def test_what_is_on_is_not_shifted():
    account = Account()
    account.turned_on(4.0, None)
    account.shift(100.0, before_s=5.0)
    assert account.lasted_s(10.0) == 6.0


def test_a_snapshot_is_exact_to_a_millisecond():
    account = Account()
    account.turned_on(100.0, None)
    account.turned_off(100.25)
    saved = account.snapshot(107.6564)
    assert saved["lasted_s"] == 7.406
    assert saved["day"] == [[7.656, 0.25]]
    assert saved["is_on"] is False


def test_both_quotas_are_restored_with_the_lengths_that_they_had():
    account = Account()
    account.turned_on(0.0, None)
    account.turned_off(300.0)
    again = Account()
    again.restore(account.snapshot(1000.0), now_s=50.0, away_s=0.0, longest_on_s=inf)
    assert again.used_s(again.hour, 50.0) == 300.0
    assert again.used_s(again.day, 50.0) == 300.0
    assert again.day.ages(50.0) == [[1000.0, 300.0]]


@pytest.mark.parametrize(("said", "lasted_s"), [(0, 0.0), (0.0, 0.0), (0.5, 0.5), ("2.5", 2.5)])
def test_any_time_from_zero_on_is_a_time(said, lasted_s):
    saved = {"day": [], "cycles": 0, "counts": {}, "lasted_s": said, "is_on": False}
    account = Account()
    account.restore(saved, now_s=10.0, away_s=0.0, longest_on_s=inf)
    assert account.lasted_s(10.0) == lasted_s


def test_counts_are_kept_by_date_for_some_days_and_a_clock_that_goes_back_finds_them():
    account, today = Account(), date(2026, 2, 27)
    for day in range(6):
        account.turned_on(day * 10.0, today + timedelta(days=day))
        account.turned_off(day * 10.0 + 1)
    assert account.count(today + timedelta(days=5)) == 1
    assert account.count(today + timedelta(days=4)) == 1
    assert account.count(today) == 0
    assert account.count(None) == inf
    assert account.cycles == 6


@pytest.mark.parametrize(
    "saved",
    [
        {},
        {"day": 1, "cycles": 0, "counts": {}, "lasted_s": 0, "is_on": False},
        {"day": [], "cycles": "many", "counts": {}, "lasted_s": 0, "is_on": False},
        {"day": [], "cycles": 0, "counts": {"today": 1}, "lasted_s": 0, "is_on": False},
        {"day": [[-1, 5]], "cycles": 0, "counts": {}, "lasted_s": 0, "is_on": False},
        {"day": [], "cycles": 0, "counts": {}, "lasted_s": inf, "is_on": False},
        {"day": [], "cycles": 0, "counts": {}, "lasted_s": float("nan"), "is_on": False},
    ],
)
def test_what_is_no_account_is_refused(saved):
    with pytest.raises((KeyError, TypeError, ValueError)):
        Account().restore(saved, now_s=0.0, away_s=0.0, longest_on_s=inf)


def test_the_counts_of_the_last_four_dates_are_kept():
    account, first = Account(off_since_s=-inf), date(2026, 5, 1)
    for day in range(6):
        account.turned_on(100.0 * day, first + timedelta(days=day))
        account.turned_off(100.0 * day + 50.0)
    assert account.counts == {(first + timedelta(days=day)).isoformat(): 1 for day in (2, 3, 4, 5)}
