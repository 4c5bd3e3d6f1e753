"""Writes outputs and looks at them at rest, and keeps what came of it; it must not decide what they should be."""

from collections.abc import Callable
from datetime import date
from functools import partial
from math import inf
from typing import Final

from alimante.core.events import Outcome
from alimante.io.worker import DeadlinePassed, Done, WireWedged
from alimante.safety.output import Output
from alimante.safety.reporting import Reporter

OVERTAKE_AFTER_S: Final = 0.05
"""A safe value waits behind earlier commands to the same output for so long at most; then it overtakes them."""

UNSEEN: Final = 2
"""So many failed looks in a row at an output at rest make it one that is not known."""

OnFinished = Callable[[Outcome, str], None]
NOT_BEGUN: Final = (Outcome.SUPERSEDED, Outcome.EXPIRED)


class Writer:
    """The only one who calls the actuators' handles. `on_settled` is told of every write and look that has ended."""

    def __init__(
        self,
        reporter: Reporter,
        *,
        now: Callable[[], float],
        today: Callable[[], date | None],
        on_settled: Callable[[Output], None],
    ) -> None:
        self._reporter = reporter
        self._now = now
        self._today = today
        self._on_settled = on_settled

    def assert_safe(self, output: Output, source: str, reason: str) -> None:
        """Put `output` to its safe value ahead of everything else; what waits to be written to it is superseded."""
        output.epoch += 1
        self.write(output, output.safe, source=source, reason=reason, urgent=True)

    def write(
        self,
        output: Output,
        value: float,
        *,
        source: str,
        reason: str,
        urgent: bool = False,
        expires_s: float = inf,
        on_finished: OnFinished = lambda outcome, reason: None,
    ) -> None:
        """Put `output` to `value`, unless that can begin only after `expires_s`."""
        now_s = self._now()
        if value == output.safe and output.waiting and now_s - output.waiting[0] > OVERTAKE_AFTER_S:
            output.epoch += 1
            urgent = True
        if not output.waiting:
            output.busy_since_s = now_s
            urgent = urgent or value == output.safe
        output.waiting.append(now_s)
        output.asked = value
        output.asks += 1
        if value == output.safe:
            output.ask_safe(now_s)
        epoch = output.epoch
        output.decide(now_s, f"{output.say(value)} by {source}: {reason}")

        def still_wanted() -> bool:
            return output.epoch == epoch and self._now() <= expires_s

        def on_done(done: Done[float]) -> None:
            output.waiting.popleft()
            outcome, why = _outcome(output, value, done, superseded=output.epoch != epoch)
            if outcome not in NOT_BEGUN:
                self._account(output, value, now_s, is_applied=outcome is Outcome.APPLIED)
                self._record(output, value, outcome, done, source=source, reason=why or reason)
            elif output.is_confirmed and not output.waiting:  # nothing was begun, and nothing waits to be
                output.answered()
            on_finished(outcome, why)
            self._on_settled(output)

        output.handle.write(value, on_done, urgent=urgent, still_wanted=still_wanted)

    def check(self, output: Output) -> None:
        """Read `output` back at rest; one that does not stand as commanded is put safe."""
        output.is_checking = True
        output.handle.check(partial(self._checked, output, output.asks))

    def _checked(self, output: Output, asks: int, done: Done[float]) -> None:
        output.is_checking = False
        output.looked_s = now_s = self._now()
        if output.asks == asks:  # else a write has come between, which reads back itself
            self._compare(output, done, now_s)

    def _compare(self, output: Output, done: Done[float], now_s: float) -> None:
        if done.error is None and done.value is not None:
            if abs(done.value - output.commanded) <= output.rules.tolerance:
                self._seen(output, done.value, now_s)
            else:
                reason = f"it was left at {output.say(output.commanded)} and reads {output.say(done.value)}"
                self._lost(output, done.value, reason)
            return
        was_tried = not isinstance(done.error, WireWedged) and getattr(done.error, "started", True)
        output.misses += was_tried
        if output.misses >= UNSEEN or now_s - output.seen_s > output.rules.lease_s:
            self._lost(output, None, str(done.error))

    def _seen(self, output: Output, value: float, now_s: float) -> None:
        output.value = value
        output.seen_s = output.looked_s = now_s
        output.misses = 0
        self._reporter.seen(output)

    def _lost(self, output: Output, value: float | None, reason: str) -> None:
        """It does not stand, or is not known to stand, where it was left."""
        now_s = self._now()
        output.is_confirmed = False
        output.value = value
        output.source, output.reason, output.since_s = "gate", reason, now_s
        output.rest_until_s = now_s + output.rules.lease_s
        output.end_override(reason)
        if value is not None and output.rules.is_on(value):
            output.account.turned_on(now_s, self._today())
        self._reporter.astray(output)
        self.assert_safe(output, "gate", reason)

    def _account(self, output: Output, value: float, asked_s: float, *, is_applied: bool) -> None:
        """What is on counts from when that was asked for, and as long as it is not known to be off."""
        account, is_on = output.account, output.rules.is_on(value)
        if is_on and not account.is_on:
            account.turned_on(asked_s, self._today())
            self._reporter.turned_on(output)
        elif is_applied and not is_on and account.is_on:
            account.turned_off(self._now())
            self._reporter.turned_off(output)

    def _record(
        self, output: Output, value: float, outcome: Outcome, done: Done[float], *, source: str, reason: str
    ) -> None:
        """Keep and publish what is known of `output` after a write."""
        is_applied, now_s = outcome is Outcome.APPLIED, self._now()
        before = (output.value, output.commanded, output.source, output.reason)
        output.is_confirmed = is_applied
        output.commanded = value if is_applied else output.safe
        output.source, output.reason = source, reason
        if is_applied:
            output.failed_safe = 0
            output.answered()
            self._seen(output, value if done.value is None else done.value, now_s)
        else:
            output.value = done.value
            output.failed_safe += value == output.safe
            output.rest_until_s = now_s + output.rules.lease_s
            if before == (output.value, output.commanded, output.source, output.reason):
                return  # told already: the same failure on every tick is one fact
            output.decide(now_s, f"{outcome}: {reason}")
            self._reporter.unconfirmed(output)
        output.since_s = now_s
        self._reporter.changed(output)


def _outcome(output: Output, value: float, done: Done[float], *, superseded: bool) -> tuple[Outcome, str]:
    """What became of writing `value`, and why it was not applied."""
    if isinstance(done.error, DeadlinePassed) and done.error.started:
        return Outcome.UNKNOWN, str(done.error)
    if done.error is not None:
        return Outcome.FAILED, str(done.error)
    if done.value is None and superseded:
        return Outcome.SUPERSEDED, "a later command took its place"
    if done.value is None:
        return Outcome.EXPIRED, "the wire was not free in time"
    if abs(done.value - value) > output.rules.tolerance:
        return Outcome.FAILED, f"{output.say(value)} was written, but {output.say(done.value)} was read back"
    return Outcome.APPLIED, ""
