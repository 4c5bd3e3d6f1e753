"""When a failed operation is tried again, and how many of them a wire can afford."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.policy.retry import RetryPolicy, RetryRules
from alimante.policy.tokens import TokenBucket, TokenRules
from hardware.errors import BadData, DeviceError, NoAnswer, TransferError, WirePermission, WireTimeout, WrongChip

TRANSIENT = [NoAnswer("x"), BadData("x"), TransferError("x"), WireTimeout("x")]
LASTING = [WirePermission("x"), WrongChip("x"), DeviceError("x"), ValueError("x"), SystemExit(1)]


def a_policy(*, seed=1, **rules):
    return RetryPolicy(RetryRules(**rules), rng=random.Random(seed))


def wait_s(policy, error=TRANSIENT[0], *, attempt=1, took_s=0.0, left_s=10.0):
    return policy.wait_s(error, attempt=attempt, took_s=took_s, left_s=left_s)


class TestRetry:
    @pytest.mark.parametrize("error", TRANSIENT, ids=lambda error: type(error).__name__)
    def test_what_may_pass_by_itself_is_tried_again(self, error):
        assert wait_s(a_policy(), error) is not None

    @pytest.mark.parametrize("error", LASTING, ids=lambda error: type(error).__name__)
    def test_what_will_not_pass_by_itself_is_not(self, error):
        assert wait_s(a_policy(), error) is None

    def test_the_last_attempt_is_the_last(self):
        waits = [wait_s(a_policy(attempts=3), attempt=attempt) for attempt in (1, 2, 3, 4)]
        assert [wait is None for wait in waits] == [False, False, True, True]

    def test_an_attempt_that_would_end_after_the_deadline_is_not_made(self):
        assert wait_s(a_policy(), took_s=0.75, left_s=0.8 + 0.1) is not None
        assert wait_s(a_policy(), took_s=0.75, left_s=0.75) is None

    @given(st.integers(0, 1000), st.integers(1, 20), st.floats(0, 5), st.floats(-1, 5))
    def test_a_wait_and_its_attempt_always_fit(self, seed, attempt, took_s, left_s):
        policy = a_policy(seed=seed, attempts=100)
        wait = wait_s(policy, attempt=attempt, took_s=took_s, left_s=left_s)
        assert wait is None or (0 <= wait <= min(1.0, 0.1 * 2 ** (attempt - 1)) and wait + took_s < left_s)


class TestTokens:
    def test_a_full_bucket_pays_for_ten_repetitions_and_no_more(self):
        bucket = TokenBucket(TokenRules(refill_per_s=0.0), now_s=0.0)
        assert [bucket.take(0.0, after_timeout=False) for _ in range(12)] == [True] * 10 + [False] * 2

    def test_after_a_timeout_a_repetition_costs_twice(self):
        bucket = TokenBucket(TokenRules(refill_per_s=0.0), now_s=0.0)
        assert [bucket.take(0.0, after_timeout=True) for _ in range(6)] == [True] * 5 + [False]

    def test_successes_fill_it_again(self):
        bucket = TokenBucket(TokenRules(capacity=5.0, refill_per_s=0.0), now_s=0.0)
        assert bucket.take(0.0, after_timeout=False)
        for _ in range(4):
            bucket.succeeded()
        assert not bucket.take(0.0, after_timeout=False)
        bucket.succeeded()
        assert bucket.take(0.0, after_timeout=False)

    def test_time_fills_it_slowly_so_that_a_lone_device_can_always_be_tried_again(self):
        bucket = TokenBucket(TokenRules(capacity=5.0), now_s=0.0)
        assert bucket.take(0.0, after_timeout=False)
        assert not bucket.take(4.9, after_timeout=False)
        assert bucket.take(5.0, after_timeout=False)

    @given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from(["take", "timeout", "ok"])), max_size=60))
    def test_it_never_holds_less_than_nothing_or_more_than_fits(self, story):
        bucket, now_s, paid = TokenBucket(TokenRules(), now_s=0.0), 0.0, 0.0
        for passed_s, what in story:
            now_s += passed_s
            if what == "ok":
                bucket.succeeded()
            elif bucket.take(now_s, after_timeout=what == "timeout"):
                paid += 10.0 if what == "timeout" else 5.0
            assert 0.0 <= bucket.tokens(now_s) <= 50.0
        assert paid <= 50.0 + now_s + len(story)
