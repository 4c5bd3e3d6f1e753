"""How long the very same value is no fault."""

import pytest

from alimante.policy.stuck import Stuck


def stuck(**asked):
    return Stuck(**{"stuck_after_s": 100.0, "grace_s": 20.0, "identical_after_s": 500.0, **asked})


def same(one, until_s, value=20.0):
    one.add(value, 0.0)
    one.add(value, until_s)


@pytest.mark.parametrize(
    ("until_s", "excited_s", "is_stuck"), [(100.0, 80.0, True), (99.9, 50.0, False), (100.0, 80.1, False)]
)
def test_it_is_stuck_after_its_time_and_the_grace(until_s, excited_s, is_stuck):
    one = stuck()
    same(one, 1.0)
    one.excite(excited_s)
    one.add(20.0, until_s)
    assert one.is_stuck is is_stuck


def test_without_a_reason_to_move_nothing_is_stuck():
    one = stuck()
    same(one, 1e6)
    assert not one.is_stuck
    assert one.is_identical


def test_the_first_reason_to_move_counts_and_a_move_forgets_it():
    one = stuck()
    same(one, 50.0)
    one.excite(50.0)
    one.excite(99.0)
    one.add(20.0, 100.0)
    assert one.is_stuck
    one.add(20.1, 101.0)
    assert (one.same_s, one.since_s) == (0.0, 101.0)
    one.add(20.1, 300.0)
    assert not one.is_stuck


@pytest.mark.parametrize(("until_s", "is_identical"), [(499.9, False), (500.0, True)])
def test_it_is_worth_a_look_after_its_time(until_s, is_identical):
    one = stuck()
    same(one, until_s)
    assert one.is_identical is is_identical


def test_it_asks_for_a_reason_only_while_there_is_none():
    one = stuck()
    same(one, 99.9)
    assert not one.wants_to_know
    one.add(20.0, 100.0)
    assert one.wants_to_know
    one.excite(100.0)
    assert not one.wants_to_know


def test_zero_asks_nothing():
    one = stuck(stuck_after_s=0.0, identical_after_s=0.0)
    same(one, 1e6)
    one.excite(1.0)
    assert (one.is_stuck, one.is_identical, one.wants_to_know) == (False, False, False)


def test_a_reset_begins_anew_with_the_same_value():
    one = stuck()
    same(one, 90.0)
    one.excite(10.0)
    one.reset()
    one.add(20.0, 95.0)
    assert one.same_s == 0.0
    one.add(20.0, 250.0)
    assert not one.is_stuck


def test_before_the_first_value_nothing_is_asked():
    one = stuck()
    assert (one.is_stuck, one.is_identical, one.wants_to_know, one.same_s) == (False, False, False, 0.0)
