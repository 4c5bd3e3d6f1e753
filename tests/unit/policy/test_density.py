"""Too many failures are told soon, and are over soon."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.policy.density import ErrorDensity


def fill(density, outcomes):
    return [density.add(failed=failed) for failed in outcomes]


@pytest.mark.parametrize(("failed", "is_high"), [(20, False), (21, True)])
def test_of_100_attempts_more_than_20_are_too_many(failed, is_high):
    density = ErrorDensity(0.2)
    fill(density, [False] * (100 - failed) + [True] * failed)
    assert density.is_high is is_high
    assert density.share == failed / 100


def test_a_few_failures_at_the_start_are_not_enough():
    density = ErrorDensity(0.2)
    assert not any(fill(density, [True] * 11))
    assert density.add(failed=True)


@pytest.mark.parametrize(("good_before", "late_at_most"), [(0, 5), (100, 10)])
def test_f007_a_third_of_failures_is_told_within_60_readings(good_before, late_at_most):
    late = 0
    for seed in range(100):
        random = Random(seed)
        density = ErrorDensity(0.2)
        fill(density, [False] * good_before)
        told = fill(density, [random.random() < 0.3 for _ in range(86)])  # 60 readings with their repetitions
        late += not any(told)
    assert late <= late_at_most


def test_a_few_failures_now_and_then_are_nothing():
    for seed in range(50):
        random = Random(seed)
        assert not any(fill(ErrorDensity(0.2), [random.random() < 0.07 for _ in range(1000)]))


def test_a_repaired_cable_is_seen_after_fifteen_good_attempts():
    density = ErrorDensity(0.2)
    fill(density, [False, True] * 50)
    assert fill(density, [False] * 15) == [True] * 14 + [False]
    assert density.share == 0.0


def test_it_is_over_below_half_the_share():
    density = ErrorDensity(0.2)
    fill(density, [False] * 79 + [True] * 21)
    fill(density, ([False] * 9 + [True]) * 10)
    assert not density.is_high


@given(st.lists(st.booleans(), max_size=400))
def test_the_share_is_that_of_the_attempts_since_it_forgot(outcomes):
    density = ErrorDensity(0.2)
    kept = []
    for failed in outcomes:
        was_high = density.is_high
        kept = [*kept, failed][-100:]
        if not density.add(failed=failed) and was_high and not any(kept[-15:]):
            kept = []
        assert density.share == pytest.approx(sum(kept) / len(kept) if kept else 0.0)
