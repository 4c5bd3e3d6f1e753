"""When what keeps failing is asked no more, and how it is found again."""

import random
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pybreaker
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alimante.policy.breaker import Breaker, BreakerRules, BreakerState

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
STILL = replace(BreakerRules(), jitter=0.0)


class Bench:
    """A breaker, what it said, and a time that passes when it is told to."""

    def __init__(self, rules=STILL, *, seed=1):
        self.now_s = 1000.0
        self.said = []
        self.breaker = Breaker(
            rules, rng=random.Random(seed), announce=lambda old, new, reason: self.said.append((new, reason))
        )

    def call(self, *, failed=False, took_s=0.01, cost_s=None):
        """One call; returns whether it was let pass."""
        if not self.breaker.admits(self.now_s):
            return False
        self.breaker.record(self.now_s, failed=failed, took_s=took_s, cost_s=cost_s)
        return True

    def fail(self, times=4, **named):
        for _ in range(times):
            assert self.call(failed=True, **named)

    def open_for_s(self):
        """How long it stays open, to a tenth of a second."""
        begun_s = self.now_s
        while not self.breaker.admits(self.now_s):
            self.now_s += 0.1
            assert self.now_s - begun_s < 10_000
        return self.now_s - begun_s


class TestOpening:
    def test_four_failures_in_a_row_open_it(self):
        bench = Bench()
        bench.fail(3)
        assert bench.breaker.state is CLOSED
        bench.fail(1)
        assert bench.breaker.state is OPEN
        assert bench.said == [(OPEN, "4 failures in a row")]

    def test_a_success_between_them_keeps_it_closed(self):
        bench = Bench()
        for _ in range(3):
            bench.call()
        for _ in range(20):
            bench.fail(1)
            bench.call()
            bench.call()
        assert bench.breaker.state is CLOSED

    def test_half_of_the_calls_failing_opens_it_but_not_before_five(self):
        bench = Bench()
        for failed in (True, False, True, True):
            bench.call(failed=failed)
        assert bench.breaker.state is CLOSED
        bench.call(failed=False)
        assert bench.breaker.state is CLOSED  # a success opens nothing
        bench.call(failed=True)
        assert bench.said == [(OPEN, "4 of the last 6 calls failed")]

    def test_only_the_last_twenty_calls_count(self):
        bench = Bench()
        for _ in range(100):
            bench.call()
        for index in range(18):
            bench.call(failed=index % 2 == 0)
        assert bench.breaker.state is CLOSED
        bench.call(failed=True)
        assert bench.said == [(OPEN, "10 of the last 20 calls failed")]

    def test_f026_calls_that_come_back_late_open_it(self):
        bench = Bench()
        for _ in range(5):
            assert bench.call(took_s=1.5)
        assert bench.said == [(OPEN, "5 of the last 5 calls took longer than 1 s")]

    def test_calls_as_slow_as_allowed_do_not(self):
        bench = Bench()
        for _ in range(100):
            bench.call(took_s=1.0)
        assert bench.breaker.state is CLOSED

    def test_rejections_and_broken_off_calls_are_no_failures(self):
        bench = Bench()
        bench.fail(3)
        for _ in range(50):
            assert bench.breaker.admits(bench.now_s)
            bench.breaker.abandon()
        bench.fail(1)
        for _ in range(50):
            assert not bench.breaker.admits(bench.now_s)
        assert bench.breaker.rejected == 50
        assert bench.breaker.times_opened == 1

    def test_a_result_that_comes_while_it_is_open_changes_nothing(self):
        bench = Bench()
        bench.fail()
        until_s = bench.breaker.open_until_s
        bench.breaker.record(bench.now_s, failed=True, took_s=9.0)
        bench.breaker.record(bench.now_s, failed=False, took_s=0.1)
        assert (bench.breaker.state, bench.breaker.open_until_s) == (OPEN, until_s)


class TestWaiting:
    def test_what_fails_cheaply_is_asked_again_before_the_next_poll(self):
        bench = Bench()
        bench.fail(took_s=0.001)
        assert bench.open_for_s() == pytest.approx(4.0, abs=0.2)

    def test_what_holds_its_wire_is_asked_for_a_fifth_of_the_time_at_most(self):
        bench = Bench()
        bench.fail(took_s=2.0, cost_s=4.0)
        assert bench.open_for_s() == pytest.approx(20.0, abs=0.2)

    def test_what_holds_it_for_long_waits_longer_each_time_up_to_the_cap(self):
        bench, waits_s = Bench(), []
        bench.fail(cost_s=1000.0)
        for _ in range(12):
            waits_s.append(round(bench.open_for_s()))
            bench.breaker.record(bench.now_s, failed=True, took_s=1.0, cost_s=1000.0)
        assert waits_s == [30 * n for n in range(1, 11)] + [300, 300]

    def test_an_opening_is_forgotten_for_ten_healthy_minutes(self):
        bench = Bench()
        for _ in range(3):
            bench.fail(cost_s=1000.0)
            bench.open_for_s()
            bench.breaker.abandon()
            for _ in range(3):
                assert bench.call()
            assert bench.breaker.state is CLOSED
        assert bench.breaker.times_opened == 3
        bench.now_s += 1200.0
        bench.fail(cost_s=1000.0)
        assert bench.breaker.times_opened == 2
        assert bench.open_for_s() == pytest.approx(60.0, abs=0.2)

    @given(st.integers(), st.integers(1, 100), st.floats(0, 1000))
    def test_jitter_is_a_fifth_either_way(self, seed, times, cost_s):
        bench = Bench(BreakerRules(), seed=seed)
        bench.breaker.times_opened = times - 1
        bench.now_s = bench.breaker._since_s  # nothing is forgotten yet
        bench.fail(cost_s=cost_s)
        plain_s = bench.breaker.rules.wait_s(times_opened=times, cost_s=cost_s)
        assert 0.8 * plain_s <= bench.breaker.open_until_s - bench.now_s <= 1.2 * plain_s + 1e-9
        assert plain_s <= 300.0


class TestProbing:
    def half_open(self, rules=STILL):
        bench = Bench(rules)
        bench.fail()
        bench.now_s = bench.breaker.open_until_s
        return bench

    def test_three_good_probes_close_it(self):
        bench = self.half_open()
        for _ in range(2):
            assert bench.call()
            assert bench.breaker.state is HALF_OPEN
        assert bench.call()
        assert [state for state, _ in bench.said] == [OPEN, HALF_OPEN, CLOSED]

    def test_one_bad_probe_opens_it_again(self):
        bench = self.half_open()
        bench.call()
        bench.call()
        bench.call(failed=True)
        assert [state for state, _ in bench.said] == [OPEN, HALF_OPEN, OPEN]
        assert bench.breaker.times_opened == 2

    def test_a_slow_probe_is_a_bad_one(self):
        bench = self.half_open()
        bench.call(took_s=1.5)
        assert bench.breaker.state is OPEN

    def test_one_probe_is_under_way_at_a_time(self):
        bench = self.half_open()
        assert bench.breaker.admits(bench.now_s)
        assert not bench.breaker.admits(bench.now_s)
        bench.breaker.record(bench.now_s, failed=False, took_s=0.1)
        assert bench.breaker.admits(bench.now_s)

    def test_a_probe_that_was_broken_off_makes_room_for_the_next(self):
        bench = self.half_open()
        assert bench.breaker.admits(bench.now_s)
        bench.breaker.abandon()
        assert bench.breaker.admits(bench.now_s)

    def test_a_probe_that_never_ends_opens_it_again_after_a_minute(self):
        bench = self.half_open()
        assert bench.breaker.admits(bench.now_s)
        bench.now_s += 60.0
        assert not bench.breaker.admits(bench.now_s)
        assert bench.breaker.state is OPEN

    def test_a_lost_probe_counts_more_than_the_good_one_before_it(self):
        bench = self.half_open()
        assert bench.call()
        assert bench.breaker.admits(bench.now_s)
        bench.now_s += 60.0
        assert not bench.breaker.admits(bench.now_s)
        assert bench.breaker.state is OPEN

    def test_what_is_asked_once_a_minute_closes_with_the_probes_it_had(self):
        bench = self.half_open()
        assert bench.call()
        bench.now_s += 60.0
        assert bench.call()
        assert bench.breaker.state is CLOSED

    def test_after_closing_old_failures_are_forgotten(self):
        bench = self.half_open()
        for _ in range(3):
            bench.call()
        bench.fail(3)
        assert bench.breaker.state is CLOSED


class TestForced:
    def test_a_breaker_held_open_lets_nobody_pass_however_long(self):
        bench = Bench()
        bench.breaker.force(BreakerState.FORCED_OPEN, "the probe is being replaced")
        bench.now_s += 1e6
        assert not bench.call()
        assert bench.breaker.reason == "the probe is being replaced"

    def test_a_disabled_breaker_lets_everybody_pass_and_counts_nothing(self):
        bench = Bench()
        bench.breaker.force(BreakerState.DISABLED, "a test")
        bench.fail(100)
        bench.breaker.release(bench.now_s)
        bench.fail(3)
        assert bench.breaker.state is CLOSED

    def test_a_released_breaker_is_closed_and_one_that_was_not_held_is_left_alone(self):
        bench = Bench()
        bench.fail()
        bench.breaker.release(bench.now_s)
        assert bench.breaker.state is OPEN
        bench.breaker.force(BreakerState.FORCED_OPEN, "a test")
        bench.breaker.release(bench.now_s)
        assert bench.breaker.state is CLOSED

    @pytest.mark.parametrize("state", [CLOSED, OPEN, HALF_OPEN])
    def test_nobody_can_force_what_only_calls_decide(self, state):
        with pytest.raises(ValueError, match="cannot be held"):
            Bench().breaker.force(state, "no")


class Boom(Exception):
    pass


def boom():
    raise Boom


def ask_theirs(theirs, *, fails):
    """Whether pybreaker let the call pass."""
    called = []

    def call():
        called.append(1)
        if fails:
            boom()

    with suppress(Boom, pybreaker.CircuitBreakerError):
        theirs.call(call)
    return bool(called)


STEPS = st.lists(st.tuples(st.sampled_from([0, 0, 1, 7, 29, 30, 31]), st.booleans()), max_size=60)


@settings(max_examples=150, deadline=None)
@given(STEPS, st.integers(1, 5), st.integers(1, 4))
def test_where_both_define_it_it_does_what_pybreaker_does(story, fail_max, probes):
    """Openings by failures in a row, a fixed wait, and probes in a row; nothing else."""
    rules = BreakerRules(
        window=1000,
        min_calls=1000,
        consecutive=fail_max,
        open_s=30.0,
        cap_s=30.0,
        jitter=0.0,
        probe_every_s=30.0,
        probes=probes,
        half_open_s=1e9,
    )
    bench = Bench(rules)
    theirs = pybreaker.CircuitBreaker(fail_max=fail_max, reset_timeout=30, success_threshold=probes)

    class TheirTime(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=bench.now_s)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pybreaker, "datetime", TheirTime)
        for passed_s, fails in story:
            bench.now_s += passed_s
            assert bench.call(failed=fails) == ask_theirs(theirs, fails=fails)
            assert bench.breaker.state.value.replace("_", "-") == theirs.current_state


@settings(max_examples=150, deadline=None)
@given(
    st.integers(),
    st.lists(
        st.tuples(
            st.floats(0, 100),
            st.sampled_from(["ok", "fail", "slow", "abandon", "lost", "late", "force", "disable", "release"]),
        ),
        max_size=80,
    ),
)
def test_whatever_happens_it_answers_again_within_five_minutes_and_a_fifth_once_all_is_well(seed, story):
    bench = Bench(BreakerRules(), seed=seed)
    breaker = bench.breaker
    for passed_s, what in story:
        bench.now_s += passed_s
        if what == "force":
            breaker.force(BreakerState.FORCED_OPEN, what)
        elif what == "disable":
            breaker.force(BreakerState.DISABLED, what)
        elif what == "release":
            breaker.release(bench.now_s)
        elif what == "late":
            breaker.record(bench.now_s, failed=True, took_s=100.0)
        elif breaker.admits(bench.now_s):
            if what == "abandon":
                breaker.abandon()
            elif what != "lost":
                breaker.record(bench.now_s, failed=what == "fail", took_s=5.0 if what == "slow" else 0.1, cost_s=500.0)
    breaker.release(bench.now_s)
    well_s = bench.now_s
    while breaker.state is not CLOSED:
        bench.call()
        bench.now_s += 5.0
        assert bench.now_s - well_s <= 360.0 + 60.0 + 60.0
