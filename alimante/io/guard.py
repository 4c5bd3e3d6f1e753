"""Stands between a sensor's handle and its wire: may it be read, may it be tried again, and what does the end teach?

It must not be asked before an output is written: a safe value needs nobody's leave.
"""

from alimante.io.worker import DeadlinePassed, WireWedged
from alimante.policy.blame import Blame, Suspicion
from alimante.policy.breaker import Breaker, BreakerState
from alimante.policy.retry import RetryPolicy
from alimante.policy.tokens import TokenBucket
from hardware.errors import DeviceError, WireTimeout

TIMEOUT_HELD = 2.0
"""A call that has not come back by its deadline holds its wire for longer than that; it is taken for twice as long."""


class BreakerOpen(DeviceError):
    """The device was not read, because it or its wire has failed so often that it is asked only now and then."""


class WireGuard:
    """What the sensors of one wire share."""

    def __init__(self, wire: str, *, breaker: Breaker, tokens: TokenBucket, suspicion: Suspicion) -> None:
        self.wire = wire
        self.breaker = breaker
        self.tokens = tokens
        self.suspicion = suspicion
        self.retries = 0
        """How many repetitions were paid for on this wire."""

    def succeeded(self, now_s: float, device: str, *, is_first: bool) -> None:
        """`device` was read, at the first attempt or a later one."""
        self.suspicion.clear(device)
        self.breaker.record(now_s, failed=False, took_s=0.0)
        if is_first:
            self.tokens.succeeded()

    def failed(self, now_s: float, device: str, error: DeviceError, *, cost_s: float) -> Blame:
        """Reading `device` failed for good; returns whose fault that is."""
        is_served = error.started if isinstance(error, DeadlinePassed) else not isinstance(error, WireWedged)
        is_timeout = isinstance(error, DeadlinePassed) and is_served
        blame = self.suspicion.judge(device, error, is_served=is_served, is_timeout=is_timeout)
        if blame is Blame.WIRE:
            self.breaker.record(now_s, failed=True, took_s=0.0, cost_s=cost_s)
        elif blame is Blame.DEVICE and not self.suspicion.covers(device):  # it answered: the wire works
            self.breaker.record(now_s, failed=False, took_s=0.0)
        else:
            self.breaker.abandon()
        return blame


class ReadGuard:
    """What stands before one sensor. All times are monotonic seconds."""

    def __init__(self, device: str, *, breaker: Breaker, wire: WireGuard, retry: RetryPolicy) -> None:
        self.device = device
        self.breaker = breaker
        self.wire = wire
        self.retry = retry

    def refusal(self, now_s: float) -> str:
        """Why the sensor may not be read now; empty when it may, and then `ended` or `abandon` must follow."""
        if not self.breaker.admits(now_s):
            return f"{self.device} is not read for now: {self.breaker.reason}"
        if not self.wire.breaker.admits(now_s):
            self.breaker.abandon()
            return f"{self.device} is not read while its wire {self.wire.wire} fails: {self.wire.breaker.reason}"
        return ""

    def ended(
        self, now_s: float, error: DeviceError | None, *, attempt: int, took_s: float, left_s: float
    ) -> float | None:
        """Attempt number `attempt` (1 is the first) ended with `error` after it had held the wire for `took_s`.

        Returns how long to wait before the next attempt, with `left_s` left until the deadline; None when this was
        the last one, and then it is counted.
        """
        if error is None:
            self.breaker.record(now_s, failed=False, took_s=took_s)
            self.wire.succeeded(now_s, self.device, is_first=attempt == 1)
            return None
        wait_s = self._again_s(now_s, error, attempt=attempt, took_s=took_s, left_s=left_s)
        if wait_s is None:
            self._failed(now_s, error, took_s=took_s)
        return wait_s

    def _again_s(self, now_s: float, error: DeviceError, *, attempt: int, took_s: float, left_s: float) -> float | None:
        """A probe is never repeated: only what usually works is worth it."""
        if self.breaker.state is not BreakerState.CLOSED or self.wire.breaker.state is not BreakerState.CLOSED:
            return None
        wait_s = self.retry.wait_s(error, attempt=attempt, took_s=took_s, left_s=left_s)
        if wait_s is None or not self.wire.tokens.take(now_s, after_timeout=isinstance(error, WireTimeout)):
            return None
        self.wire.retries += 1
        return wait_s

    def _failed(self, now_s: float, error: DeviceError, *, took_s: float) -> None:
        is_timeout = isinstance(error, DeadlinePassed) and error.started
        cost_s = took_s * TIMEOUT_HELD if is_timeout else took_s
        blame = self.wire.failed(now_s, self.device, error, cost_s=cost_s)
        if blame is Blame.DEVICE:
            self.breaker.record(now_s, failed=True, took_s=took_s, cost_s=cost_s)
        else:
            self.breaker.abandon()

    def abandon(self) -> None:
        """A read was broken off."""
        self.breaker.abandon()
        self.wire.breaker.abandon()
