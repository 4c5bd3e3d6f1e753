"""Restarts are counted exactly, and only time gives any back."""

from hypothesis import given
from hypothesis import strategies as st

from alimante.policy.restarts import RestartBudget, RestartRules

RULES = RestartRules()


def test_f045_what_fails_at_once_each_time_is_restarted_five_times_with_growing_pauses():
    budget = RestartBudget(RULES)
    assert [budget.failed(100.0 + n) for n in range(7)] == [1.0, 2.0, 4.0, 8.0, 16.0, None, None]
    assert budget.restarts(106.0) == 5


def test_f046_a_failure_every_61_seconds_for_a_day_is_below_the_intensity():
    budget = RestartBudget(RULES)
    assert None not in [budget.failed(61.0 * n) for n in range(24 * 60)]
    assert not budget.is_well(61.0 * 24 * 60)


def test_one_failure_more_often_and_the_budget_runs_out():
    budget = RestartBudget(RULES)
    assert [budget.failed(59.0 * n) is None for n in range(6)] == [False] * 5 + [True]


def test_a_restart_counts_until_its_time_is_over_and_not_longer():
    budget = RestartBudget(RestartRules(limit=1, within_s=300.0))
    assert budget.failed(0.0) is not None
    assert budget.restarts(300.0) == 1
    assert budget.restarts(300.1) == 0
    assert budget.failed(300.1) is not None


def test_what_may_never_be_restarted_is_not():
    assert RestartBudget(RestartRules(limit=0)).failed(0.0) is None


def test_it_is_well_after_half_a_minute_without_a_failure():
    budget = RestartBudget(RULES)
    assert budget.is_well(0.0)
    budget.failed(100.0)
    assert budget.silence_s(110.0) == 20.0
    assert not budget.is_well(129.9)
    assert budget.is_well(130.0)
    assert budget.silence_s(140.0) == 0.0


@given(st.floats(min_value=30.0, max_value=599.0))
def test_a_silence_that_is_usual_means_nothing(gap_s):
    budget = RestartBudget(RULES)
    for number in range(4):
        budget.failed(gap_s * number)
        assert number == 0 or not budget.is_well(gap_s * (number + 1))
    assert budget.is_well(gap_s * 3 + max(30.0, 1.51 * gap_s))


def test_failures_that_are_far_apart_are_no_series():
    budget = RestartBudget(RULES)
    budget.failed(0.0)
    budget.failed(86_400.0)
    assert budget.is_well(86_430.0)


@given(st.lists(st.floats(min_value=0.0, max_value=120.0), max_size=60))
def test_there_are_never_more_restarts_than_the_limit_within_the_time(gaps_s):
    budget, now_s, restarts_s = RestartBudget(RULES), 0.0, []
    for gap_s in gaps_s:
        now_s += gap_s
        pause_s = budget.failed(now_s)
        if pause_s is not None:
            assert RULES.base_s <= pause_s <= RULES.cap_s
            restarts_s.append(now_s)
    for start_s in restarts_s:
        assert sum(start_s <= each_s <= start_s + RULES.within_s for each_s in restarts_s) <= RULES.limit
