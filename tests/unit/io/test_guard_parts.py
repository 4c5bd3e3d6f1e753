"""What a guard counts, and for whom: the cases that a whole run rarely meets."""

import random

import pytest

from alimante.io.guard import ReadGuard, WireGuard
from alimante.io.worker import DeadlinePassed, WireWedged
from alimante.policy.blame import Suspicion
from alimante.policy.breaker import Breaker, BreakerRules, BreakerState
from alimante.policy.retry import RetryPolicy, RetryRules
from alimante.policy.tokens import TokenBucket, TokenRules
from hardware.errors import BadData, NoAnswer, WireTimeout, WireUnavailable

RULES = BreakerRules(jitter=0.0)


class Bench:
    """Two devices on one wire, at a time that stands still."""

    def __init__(self):
        self.now_s = 100.0
        self.wire = WireGuard(
            "i2c",
            breaker=Breaker(RULES, rng=random.Random(1)),
            tokens=TokenBucket(TokenRules(refill_per_s=0.0), now_s=self.now_s),
            suspicion=Suspicion(2),
        )
        retry = RetryPolicy(RetryRules(), rng=random.Random(1))
        self.one, self.two = (
            ReadGuard(name, breaker=Breaker(RULES, rng=random.Random(1)), wire=self.wire, retry=retry)
            for name in ("one", "two")
        )

    @property
    def tokens(self):
        return self.wire.tokens.tokens(self.now_s)

    def end(self, guard, error=None, *, attempt=3, took_s=0.01):
        assert guard.refusal(self.now_s) == ""
        return guard.ended(self.now_s, error, attempt=attempt, took_s=took_s, left_s=1.0)

    def half_open(self, breaker, guard, error):
        while breaker.state is BreakerState.CLOSED:
            self.end(guard, error)
        self.now_s = breaker.open_until_s


def test_a_device_that_its_wire_turns_away_has_not_used_its_own_probe():
    bench = Bench()
    bench.half_open(bench.one.breaker, bench.one, NoAnswer("gone"))
    bench.wire.breaker.force(BreakerState.FORCED_OPEN, "a test")
    assert "its wire i2c fails: a test" in bench.one.refusal(bench.now_s)
    bench.wire.breaker.release(bench.now_s)
    assert bench.one.refusal(bench.now_s) == ""


def test_only_a_success_at_the_first_attempt_fills_the_bucket():
    bench = Bench()
    bench.wire.tokens.take(bench.now_s, after_timeout=True)
    bench.end(bench.one, attempt=2)
    assert bench.tokens == 40.0
    bench.end(bench.one, attempt=1)
    assert bench.tokens == 41.0


@pytest.mark.parametrize(("error", "cost"), [(BadData("crc"), 5.0), (WireTimeout("held low"), 10.0)])
def test_a_repetition_after_a_time_out_costs_twice(error, cost):
    bench = Bench()
    assert bench.end(bench.one, error, attempt=1) is not None
    assert bench.tokens == 50.0 - cost


def test_what_no_repetition_helps_costs_no_token():
    bench = Bench()
    assert bench.end(bench.one, WireUnavailable("no bus"), attempt=1) is None
    assert bench.tokens == 50.0


def test_a_call_that_was_not_made_is_counted_against_nobody_and_gives_its_probes_back():
    bench = Bench()
    bench.half_open(bench.wire.breaker, bench.one, WireUnavailable("no bus"))
    for error in (WireWedged("stuck"), DeadlinePassed("waited in vain", started=False)) * 3:
        bench.end(bench.one, error)
    assert bench.wire.breaker.state is BreakerState.HALF_OPEN
    assert bench.one.breaker.state is BreakerState.CLOSED
    for _ in range(3):
        bench.end(bench.two)
    assert bench.wire.breaker.state is BreakerState.CLOSED


def test_a_doubtful_failure_says_neither_that_the_wire_works_nor_that_it_does_not():
    bench = Bench()
    bench.half_open(bench.wire.breaker, bench.one, WireUnavailable("no bus"))
    for _ in range(3):
        bench.end(bench.one, WireTimeout("held low"))
    assert bench.wire.breaker.state is BreakerState.HALF_OPEN


def test_a_wrong_answer_is_a_good_probe_of_the_wire():
    bench = Bench()
    bench.half_open(bench.wire.breaker, bench.one, WireUnavailable("no bus"))
    for _ in range(3):
        bench.end(bench.one, BadData("crc"))
    assert bench.wire.breaker.state is BreakerState.CLOSED


def test_a_hanging_call_is_taken_for_twice_as_long_as_was_waited():
    bench = Bench()
    for _ in range(4):
        bench.end(bench.one, DeadlinePassed("hangs", started=True), took_s=2.0)
    assert bench.one.breaker.open_until_s - bench.now_s == pytest.approx(2 * 2.0 / RULES.probe_share)
