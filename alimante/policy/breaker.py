"""Whether something that keeps failing is asked at all; it must not ask, wait or look at a clock.

The states and the sliding window of calls are those of the circuit breakers that people know (Nygard, "Release It!",
2007; resilience4j); how long it stays open is bounded by what a probe costs, see `BreakerRules.wait_s`.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from alimante.core.states import Tracked, Transitions


class BreakerState(StrEnum):
    """Who may pass. The last two are set by a person and stay."""

    CLOSED = "closed"  # everybody
    OPEN = "open"  # nobody until the wait is over
    HALF_OPEN = "half_open"  # one probe at a time
    FORCED_OPEN = "forced_open"  # nobody
    DISABLED = "disabled"  # everybody, and nothing is counted


_FORCED = frozenset({BreakerState.FORCED_OPEN, BreakerState.DISABLED})
BREAKER: Transitions = {
    BreakerState.CLOSED: frozenset({BreakerState.OPEN}) | _FORCED,
    BreakerState.OPEN: frozenset({BreakerState.HALF_OPEN}) | _FORCED,
    BreakerState.HALF_OPEN: frozenset({BreakerState.CLOSED, BreakerState.OPEN}) | _FORCED,
    BreakerState.FORCED_OPEN: frozenset({BreakerState.CLOSED, BreakerState.DISABLED}),
    BreakerState.DISABLED: frozenset({BreakerState.CLOSED, BreakerState.FORCED_OPEN}),
}


@dataclass(frozen=True, kw_only=True)
class BreakerRules:
    """The numbers of a breaker: calls, shares from 0 to 1, seconds."""

    window: int = 20
    min_calls: int = 5
    failure_share: float = 0.5
    slow_share: float = 0.8
    slow_s: float = 1.0
    consecutive: int = 4
    open_s: float = 30.0
    cap_s: float = 300.0
    jitter: float = 0.2
    probe_every_s: float = 4.0
    probe_share: float = 0.2
    probes: int = 3
    half_open_s: float = 60.0
    decay_s: float = 600.0

    def wait_s(self, *, times_opened: int, cost_s: float) -> float:
        """How long to stay open before the next probe, without jitter.

        `open_s` for each time it opened, up to `cap_s`; but not longer than it takes until a probe, which holds the
        wire for `cost_s`, is no more than `probe_share` of the time: what fails cheaply is asked often, so that it is
        found soon after it has come back.
        """
        affordable_s = max(self.probe_every_s, cost_s / self.probe_share)
        return min(self.open_s * times_opened, self.cap_s, affordable_s)


class Breaker:
    """One breaker; `announce(old, new, reason)` hears every change. All times are monotonic seconds.

    Each `admits` that says yes is followed by one `record`, or by `abandon` when the call brought no evidence.
    """

    def __init__(
        self,
        rules: BreakerRules,
        *,
        rng: random.Random,
        announce: Callable[[BreakerState, BreakerState, str], None] = lambda old, new, reason: None,
    ) -> None:
        self.rules = rules
        self.times_opened = 0
        """How often it opened; one is forgotten for each `decay_s` of being closed since."""
        self.rejected = 0
        self.open_until_s = 0.0
        self._rng = rng
        self._state = Tracked(BreakerState.CLOSED, BREAKER, announce)
        self._window: deque[tuple[bool, bool]] = deque()  # (failed, slow) of the last calls
        self._failed = 0
        self._slow = 0
        self._in_a_row = 0
        self._since_s = 0.0  # when it closed or half-opened last
        self._probing = False
        self._passed = 0

    @property
    def state(self) -> BreakerState:
        """The state now; an open one whose wait is over becomes half open only when somebody asks to pass."""
        return self._state.current

    @property
    def reason(self) -> str:
        """Why it is in its state."""
        return self._state.reason

    def admits(self, now_s: float) -> bool:
        """Whether a call may be made now; in HALF_OPEN a yes takes the place of the one probe."""
        state = self._state.current
        if state is BreakerState.CLOSED or state is BreakerState.DISABLED or self._takes_probe(now_s):
            return True
        self.rejected += 1
        return False

    def _takes_probe(self, now_s: float) -> bool:
        """Let time pass, and say whether a call may be made after that."""
        if self.state is BreakerState.OPEN and now_s >= self.open_until_s:
            self._half_open(now_s)
        elif self.state is BreakerState.HALF_OPEN and now_s - self._since_s >= self.rules.half_open_s:
            self._end_half_open(now_s)
        if self.state is BreakerState.HALF_OPEN and not self._probing:
            self._probing = True
            return True
        return self.state is BreakerState.CLOSED

    def abandon(self) -> None:
        """A call that was let pass said nothing about what is behind the breaker."""
        self._probing = False

    def record(self, now_s: float, *, failed: bool, took_s: float, cost_s: float | None = None) -> None:
        """A call that was let pass has ended after `took_s`; `cost_s` is how long it held the wire, if that is more.

        What comes while it is open was let pass before and changes nothing.
        """
        state = self._state.current
        slow = took_s > self.rules.slow_s
        cost_s = took_s if cost_s is None else cost_s
        if state is BreakerState.CLOSED:
            self._count(failed, slow)
            if (failed or slow) and (reason := self._too_much()):
                self._open(now_s, cost_s, reason)
        elif state is BreakerState.HALF_OPEN:
            self._probing = False
            if failed or slow:
                self._open(now_s, cost_s, f"asking it once more {'failed' if failed else f'took {took_s:.1f} s'}")
                return
            self._passed += 1
            if self._passed >= self.rules.probes:
                self._close(now_s, f"{self._passed} probes in a row succeeded")

    def force(self, state: BreakerState, reason: str) -> None:
        """Hold it in FORCED_OPEN or DISABLED until `release`. Raises `ValueError` for any other state."""
        if state not in _FORCED:
            raise ValueError(f"a breaker cannot be held {state}")
        self._state.move(state, reason)

    def release(self, now_s: float) -> None:
        """End a forced state: closed, with nothing counted."""
        if self._state.current in _FORCED:
            self._close(now_s, "it is held no more")

    def _count(self, failed: bool, slow: bool) -> None:
        window = self._window
        if len(window) == self.rules.window:
            old_failed, old_slow = window.popleft()
            self._failed -= old_failed
            self._slow -= old_slow
        window.append((failed, slow))
        self._failed += failed
        self._slow += slow
        self._in_a_row = self._in_a_row + 1 if failed else 0

    def _too_much(self) -> str:
        """Why it should open; empty when it should not."""
        rules, calls = self.rules, len(self._window)
        if self._in_a_row >= rules.consecutive:
            return f"{self._in_a_row} failures in a row"
        if calls < rules.min_calls:
            return ""
        if self._failed >= rules.failure_share * calls:
            return f"{self._failed} of the last {calls} calls failed"
        if self._slow >= rules.slow_share * calls:
            return f"{self._slow} of the last {calls} calls took longer than {rules.slow_s:g} s"
        return ""

    def _open(self, now_s: float, cost_s: float, reason: str) -> None:
        if self._state.current is BreakerState.CLOSED:
            healthy = int((now_s - self._since_s) // self.rules.decay_s)
            self.times_opened = max(0, self.times_opened - healthy)
        self.times_opened += 1
        wait_s = self.rules.wait_s(times_opened=self.times_opened, cost_s=cost_s)
        self.open_until_s = now_s + wait_s * self._rng.uniform(1.0 - self.rules.jitter, 1.0 + self.rules.jitter)
        self._forget()
        self._state.move(BreakerState.OPEN, reason)

    def _half_open(self, now_s: float) -> None:
        self._since_s = now_s
        self._forget()
        self._state.move(BreakerState.HALF_OPEN, "the wait is over")

    def _end_half_open(self, now_s: float) -> None:
        """Its time is up: what is asked rarely closes with fewer probes, and a lost probe is a failed one."""
        if self._passed > 0 and not self._probing:
            self._close(now_s, f"all probes succeeded for {self.rules.half_open_s:g} s")
        else:
            self._open(now_s, 0.0, f"no probe has ended for {self.rules.half_open_s:g} s")

    def _close(self, now_s: float, reason: str) -> None:
        self._since_s = now_s
        self._forget()
        self._state.move(BreakerState.CLOSED, reason)

    def _forget(self) -> None:
        self._window.clear()
        self._failed = self._slow = self._in_a_row = self._passed = 0
        self._probing = False
