"""What can follow the values before it, at the very edges of the limits."""

import pytest

from alimante.core.events import Quality
from alimante.policy.changes import Changes

GOOD, SUSPECT, BAD = Quality.GOOD, Quality.SUSPECT, Quality.BAD


def judged(changes, *values, every_s=5.0, from_s=0.0):
    return [changes.judge(value, from_s + every_s * at)[0] for at, value in enumerate(values)]


def changes(**limits):
    return Changes(**{"most": 2.0, "within_s": 10.0, "jump": 0.0, "needed": 3, **limits})


def test_the_most_that_may_be_moved_may_be_moved():
    assert judged(changes(), 20.0, 22.0) == [GOOD, GOOD]
    assert judged(changes(), 20.0, 22.01) == [GOOD, SUSPECT]
    assert judged(changes(), 20.0, 18.0, every_s=10.0) == [GOOD, GOOD]
    assert judged(changes(), 20.0, 18.0 - 0.01, every_s=10.0) == [GOOD, SUSPECT]


def test_longer_times_allow_more_in_proportion():
    assert judged(changes(), 20.0, 26.0, every_s=30.0) == [GOOD, GOOD]
    assert judged(changes(), 20.0, 26.1, every_s=30.0) == [GOOD, SUSPECT]


def test_many_small_steps_are_one_fast_move():
    assert judged(changes(), 20.0, 21.5, 23.0) == [GOOD, GOOD, SUSPECT]
    assert judged(changes(), 20.0, 21.0, 22.0, 23.0, 24.0) == [GOOD] * 5


def test_a_new_level_is_believed_when_as_many_as_are_needed_go_together():
    assert judged(changes(), 20.0, 30.0, 30.0, 30.0, 30.0) == [GOOD, SUSPECT, SUSPECT, GOOD, GOOD]
    assert judged(changes(needed=2), 20.0, 30.0, 30.0) == [GOOD, SUSPECT, GOOD]
    assert judged(changes(), 20.0, 30.0, 30.0, 40.0, 40.0, 40.0) == [GOOD, SUSPECT, SUSPECT, SUSPECT, SUSPECT, GOOD]


def test_a_move_says_how_far_and_how_fast():
    one = changes()
    one.judge(20.0, 0.0)
    assert one.judge(15.0, 5.0) == (SUSPECT, "moved by -5 in 5 s, which is too fast")
    assert one.judge(15.0, 10.0) == (SUSPECT, "it moved too fast just before")
    assert one.judge(15.0, 15.0) == (GOOD, "")


def test_a_jump_is_bad_until_as_many_as_are_needed_go_together():
    one = changes(jump=5.0)
    one.judge(20.0, 0.0)
    assert one.judge(25.1, 5.0) == (BAD, "jumped by +5.1 at once")
    assert one.judge(25.1, 10.0)[0] is BAD
    assert one.judge(25.1, 15.0) == (GOOD, "")
    assert one.judge(25.2, 20.0) == (GOOD, "")
    assert one.judge(20.0, 25.0)[0] is BAD


def test_what_jumps_exactly_as_far_as_it_may_is_no_jump():
    assert judged(changes(most=0.0, jump=5.0), 20.0, 25.0) == [GOOD, GOOD]
    assert judged(changes(most=0.0, jump=5.0), 20.0, 15.0) == [GOOD, GOOD]
    assert judged(changes(most=0.0, jump=5.0), 20.0, 14.9) == [GOOD, BAD]


def test_a_jump_back_leaves_no_trace():
    assert judged(changes(jump=5.0), 20.0, 40.0, 20.0, 40.0, 40.0, 20.0) == [GOOD, BAD, GOOD, BAD, BAD, GOOD]


def test_followers_that_do_not_go_together_begin_anew():
    assert judged(changes(jump=5.0), 20.0, 40.0, 60.0, 60.0, 60.0) == [GOOD, BAD, BAD, BAD, GOOD]
    assert judged(changes(most=0.0, jump=5.0), 20.0, 40.0, 45.0, 50.0) == [GOOD, BAD, BAD, GOOD]
    assert judged(changes(most=0.0, jump=5.0), 20.0, 40.0, 45.1, 45.1, 45.1) == [GOOD, BAD, BAD, BAD, GOOD]


def test_a_long_time_allows_what_else_would_be_a_jump():
    assert judged(changes(jump=5.0), 20.0, 32.0, every_s=60.0) == [GOOD, GOOD]
    assert judged(changes(jump=5.0), 20.0, 32.1, every_s=60.0) == [GOOD, BAD]


def test_after_a_reset_the_next_value_has_nothing_to_be_compared_with():
    one = changes(jump=5.0)
    judged(one, 20.0, 40.0, 40.0)
    one.reset()
    assert judged(one, 90.0, 90.5, 20.0, from_s=100.0) == [GOOD, GOOD, BAD]


@pytest.mark.parametrize("most", [0.0, 2.0])
def test_only_what_reaches_back_over_the_time_is_kept(most):
    """A slow move over hours never adds up."""
    one = changes(most=most, jump=50.0)
    assert judged(one, *(20.0 + 0.1 * at for at in range(500))) == [GOOD] * 500
    assert len(one._level) <= 4


@pytest.mark.parametrize("from_s", [0.0, 100_000.0])
def test_small_steps_are_added_up_over_the_time_whatever_the_clock_shows(from_s):
    steps = (20.0, 20.9, 21.8, 22.7)
    assert judged(changes(), *steps, every_s=2.0, from_s=from_s) == [GOOD, GOOD, GOOD, SUSPECT]


@pytest.mark.parametrize("from_s", [0.0, 100_000.0])
def test_a_value_has_to_fit_the_last_one_too(from_s):
    assert judged(changes(), 20.0, 21.9, 19.8, from_s=from_s) == [GOOD, GOOD, SUSPECT]
