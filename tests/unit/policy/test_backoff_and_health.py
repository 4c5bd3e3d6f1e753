"""How long to wait before the next attempt, and what parts mean for the health of a whole."""

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.policy.backoff import full_jitter_s
from alimante.policy.health import Health, roll_up

SEVERITY = [Health.HEALTHY, Health.WARNING, Health.UNKNOWN, Health.CRITICAL]


@given(st.integers(1, 10_000), st.integers())
def test_a_wait_lies_between_nothing_and_the_doubled_base_below_the_cap(attempt, seed):
    wait_s = full_jitter_s(attempt, base_s=1.0, cap_s=120.0, rng=random.Random(seed))
    assert 0.0 <= wait_s <= min(120.0, 2.0 ** min(attempt - 1, 10))


@pytest.mark.parametrize(("attempt", "longest_s"), [(1, 1.0), (2, 2.0), (7, 64.0), (8, 120.0), (5000, 120.0)])
def test_the_whole_span_is_used(attempt, longest_s):
    rng = random.Random(1)
    waits_s = [full_jitter_s(attempt, base_s=1.0, cap_s=120.0, rng=rng) for _ in range(500)]
    assert max(waits_s) > 0.95 * longest_s
    assert min(waits_s) < 0.05 * longest_s


def test_the_stream_decides_and_nothing_else():
    waits = [full_jitter_s(3, base_s=1.0, cap_s=9.0, rng=random.Random(4)) for _ in range(2)]
    assert waits[0] == waits[1]


def test_nothing_at_all_is_unknown():
    assert roll_up([]) is Health.UNKNOWN


@pytest.mark.parametrize(("one", "other"), list(product(Health, Health)))
def test_the_worse_of_two_counts(one, other):
    assert roll_up([one, other]) is max(one, other, key=SEVERITY.index)


@given(st.lists(st.sampled_from(list(Health)), min_size=1))
def test_a_node_is_healthy_exactly_when_all_its_parts_are(parts):
    assert (roll_up(iter(parts)) is Health.HEALTHY) is all(part is Health.HEALTHY for part in parts)
