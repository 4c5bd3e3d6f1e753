"""Levels become worse quickly and better slowly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.core.events import Level
from alimante.policy.hysteresis import Hysteresis, Patience, worst

CLEAR, WARNING, CRITICAL = Level.CLEAR, Level.WARNING, Level.CRITICAL
RANK = [CLEAR, WARNING, CRITICAL]
FINDINGS = st.lists(st.sampled_from(RANK), min_size=1, max_size=80)


def levels(findings, *, every_s=5.0, **options):
    hysteresis = Hysteresis(**options)
    return [hysteresis.feed(found, index * every_s) for index, found in enumerate(findings)]


def test_two_bad_findings_warn_and_three_are_critical():
    assert levels([CLEAR, CRITICAL, CRITICAL, CRITICAL]) == [CLEAR, CLEAR, WARNING, CRITICAL]


def test_warnings_never_become_critical():
    assert set(levels([CLEAR, *[WARNING] * 50])) == {CLEAR, WARNING}


def test_a_good_finding_in_between_begins_a_new_count():
    assert set(levels([CLEAR, *[CRITICAL, CLEAR] * 50])) == {CLEAR}


@pytest.mark.parametrize("found", [WARNING, CRITICAL])
def test_what_is_safety_counts_at_once(found):
    assert levels([CLEAR, found], is_safety=True)[-1] is found


def test_before_there_is_enough_to_go_by_nothing_is_said():
    assert levels([CRITICAL, CRITICAL]) == [None, WARNING]
    assert levels([CLEAR]) == [CLEAR]


def test_recovery_waits_a_minute_and_goes_by_one_step():
    seen = levels([CLEAR, *[CRITICAL] * 3, *[CLEAR] * 30])
    last_bad = 3
    assert seen[last_bad : last_bad + 12] == [CRITICAL] * 12
    assert seen[last_bad + 12 : last_bad + 15] == [WARNING] * 3
    assert set(seen[last_bad + 15 :]) == {CLEAR}


def test_what_was_critical_and_is_only_a_warning_now_becomes_one():
    assert levels([*[CRITICAL] * 3, *[WARNING] * 30])[-1] is WARNING


def test_seldom_findings_need_three_good_ones_for_each_step():
    seen = levels([*[CRITICAL] * 3, *[CLEAR] * 6], every_s=60.0)
    assert seen[3:] == [CRITICAL, CRITICAL, WARNING, WARNING, WARNING, CLEAR]


@given(FINDINGS, st.booleans())
def test_a_level_is_never_worse_than_what_was_found_and_falls_one_step_at_a_time(findings, is_safety):
    before, seen = None, levels(findings, is_safety=is_safety)
    for index, level in enumerate(seen):
        if level is not None:
            assert RANK.index(level) <= max(RANK.index(found) for found in findings[: index + 1])
        if before is not None and level is not None:
            assert RANK.index(before) - RANK.index(level) <= 1
        before = level


@given(FINDINGS, st.sampled_from([1.0, 5.0, 10.0]))
def test_whatever_was_before_all_is_clear_two_minutes_after_the_last_bad_finding(findings, every_s):
    good = int(120 / every_s)
    assert levels([*findings, *[CLEAR] * good], every_s=every_s)[-1] is CLEAR


@given(FINDINGS)
def test_no_level_is_left_downwards_within_a_minute_of_a_finding_as_bad(findings):
    before, seen = None, levels(findings)
    for index, level in enumerate(seen):
        if before is not None and RANK.index(level) < RANK.index(before):
            recent = findings[max(0, index - 11) : index + 1]
            assert all(RANK.index(found) < RANK.index(before) for found in recent)
        before = level


@given(FINDINGS)
def test_three_critical_findings_in_a_row_are_always_critical(findings):
    assert levels([*findings, *[CRITICAL] * 3])[-1] is CRITICAL


def test_the_numbers_are_the_configurations():
    patience = Patience(bad_to_warning=1, bad_to_critical=1, good_to_recover=1, dwell_s=0.0)
    assert levels([CRITICAL, CLEAR, CLEAR], patience=patience) == [CRITICAL, WARNING, CLEAR]


def test_the_worst_of_nothing_is_clear():
    assert worst() is CLEAR
    assert worst(CLEAR, CRITICAL, WARNING) is CRITICAL
