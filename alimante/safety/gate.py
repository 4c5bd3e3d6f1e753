"""The output gate: decides on every command and on every tick what each output may be, and is the only way to them.

It must not wait, ask for the time or know where a command came from.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf

from alimante.core.bus import EventBus
from alimante.core.events import CommandFinished, CommandReceived, Outcome, OutputChanged
from alimante.io.handle import WRITE_DEADLINE_S, ActuatorHandle
from alimante.io.worker import DeadlinePassed, Done
from alimante.policy.values import parse_value, say_value, tolerance

REMEMBERED_COMMANDS = 1000
"""How many command ids keep their answer, so that a repeated command has no second effect."""

OVERTAKE_AFTER_S = 0.05
"""A safe value waits behind earlier commands to the same output for so long at most; then it overtakes them."""

DECISIONS = 20
"""How many decisions on each output are kept for the question why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision on an output at the monotonic time `at_s`, for people."""

    at_s: float
    text: str


@dataclass(slots=True, eq=False)
class Output:
    """What the gate knows of one actuator. `value` was read back; None where it is not known.

    `is_confirmed` says whether the last write was seen to take effect. A failed one is never confirmed by what it
    happened to read back: an output that was switched on and looks off may be on.
    """

    handle: ActuatorHandle
    safe: float
    commanded: float
    value: float | None = None
    is_confirmed: bool = False
    source: str = "start"
    reason: str = ""
    since_s: float = 0.0
    until_s: float | None = None
    epoch: int = 0
    waiting: deque[float] = field(default_factory=deque)  # when each write under way was asked for
    busy_since_s: float = 0.0  # since when there has always been one
    decisions: deque[Decision] = field(default_factory=lambda: deque(maxlen=DECISIONS))

    def decide(self, at_s: float, text: str) -> None:
        """Keep a decision; the same one on every tick is kept once, or it would push out its own cause."""
        if not self.decisions or self.decisions[-1].text != text:
            self.decisions.append(Decision(at_s=at_s, text=text))

    def say(self, value: float | None) -> str:
        """`value` in this output's terms."""
        return say_value(self.handle.accepts, value)


OnFinished = Callable[[Outcome, str], None]


class Gate:
    """All outputs of the node.

    Until every output was read back safe once, the gate is not armed and lets only safe values pass. A safe value
    passes always. Whatever goes wrong with a write ends in the safe value, asserted again on every tick until it is
    read back.
    """

    def __init__(self, handles: Mapping[str, ActuatorHandle], *, bus: EventBus, now: Callable[[], float]) -> None:
        self.outputs = {
            name: Output(handle, handle.device.safe_value, handle.device.safe_value) for name, handle in handles.items()
        }
        self.armed = False
        self.held = ""
        """Why nothing but safe values passes until the next start; empty while that is not so."""
        self._bus = bus
        self._now = now
        self._idle: list[Callable[[], None]] = []
        self._answers: OrderedDict[tuple[str, str], CommandFinished | None] = OrderedDict()

    def on_command(self, command: CommandReceived) -> None:
        """Decide on `command`; ends in exactly one `CommandFinished` for each command received."""
        key = (command.device, command.id)
        if key in self._answers:
            answer = self._answers[key]
            if answer is not None:
                self._bus.publish(answer)
            return
        self._answers[key] = None
        while len(self._answers) > REMEMBERED_COMMANDS:
            self._answers.popitem(last=False)
        outcome, reason = self._judge(command)
        if outcome is not None:
            self._finish(command, outcome, reason)
            return
        until_s = self._now() + command.ttl_s
        self._write(
            self.outputs[command.device],
            command.value,
            source=command.source,
            reason=f"command {command.id}",
            until_s=until_s,
            expires_s=command.expires_s,
            on_finished=lambda outcome, reason: self._finish(command, outcome, reason),
        )

    def make_safe(self, source: str, reason: str) -> None:
        """Put every output to its safe value now, ahead of everything else."""
        for output in self.outputs.values():
            self._assert_safe(output, source, reason)

    def hold(self, reason: str) -> None:
        """Put everything safe and let nothing else pass until the next start."""
        self.held = reason
        self.make_safe("hold", reason)

    def tick(self) -> None:
        """Look at every output again: end what has run its time, and assert the safe value where it is not seen."""
        now_s = self._now()
        for output in self.outputs.values():
            if output.waiting and now_s - output.busy_since_s <= WRITE_DEADLINE_S:
                continue  # a write is about to decide; a stream of writes that never end decides nothing
            if output.until_s is not None and not now_s < output.until_s:
                self._assert_safe(output, "gate", "the time of the last command is over")
            elif not output.is_confirmed:
                self._assert_safe(output, "gate", output.reason)
        self._arm()

    def refusal(self) -> str:
        """Why a value other than the safe one would be refused now; empty if it would not."""
        if self.held:
            return self.held
        if self.armed:
            return ""
        unsafe = [name for name, output in self.outputs.items() if not output.is_confirmed]
        return f"not armed: not yet known to be safe: {', '.join(unsafe) or 'nothing was asked yet'}"

    def when_idle(self, tell: Callable[[], None]) -> None:
        """Call `tell` once, as soon as no write is under way; perhaps at once."""
        self._idle.append(tell)
        self._tell_idle()

    def _judge(self, command: CommandReceived) -> tuple[Outcome | None, str]:
        """The outcome of a command that may not pass, or None for one that may."""
        output = self.outputs.get(command.device)
        if output is None:
            return Outcome.REJECTED, f"there is no actuator {command.device}"
        try:
            parse_value(output.handle.accepts, command.value)
        except ValueError as error:
            return Outcome.REJECTED, str(error)
        if self._now() > command.expires_s:
            return Outcome.EXPIRED, "the command came too late"
        if command.value != output.safe and self.refusal():
            return Outcome.REJECTED, self.refusal()
        return None, ""

    def _assert_safe(self, output: Output, source: str, reason: str) -> None:
        output.epoch += 1
        self._write(output, output.safe, source=source, reason=reason, until_s=None, urgent=True)

    def _write(
        self,
        output: Output,
        value: float,
        *,
        source: str,
        reason: str,
        until_s: float | None,
        urgent: bool = False,
        expires_s: float = inf,
        on_finished: OnFinished = lambda outcome, reason: None,
    ) -> None:
        now_s = self._now()
        if value == output.safe and output.waiting and now_s - output.waiting[0] > OVERTAKE_AFTER_S:
            output.epoch += 1
            urgent = True
        if not output.waiting:
            output.busy_since_s = now_s
            urgent = urgent or value == output.safe
        output.waiting.append(now_s)
        epoch = output.epoch
        output.decide(now_s, f"{output.say(value)} by {source}: {reason}")

        def still_wanted() -> bool:
            return output.epoch == epoch and self._now() <= expires_s

        def on_done(done: Done[float]) -> None:
            output.waiting.popleft()
            outcome, why = _outcome(output, value, done, superseded=output.epoch != epoch)
            if outcome not in (Outcome.SUPERSEDED, Outcome.EXPIRED):  # then nothing was written
                self._record(output, value, outcome, done, source=source, reason=why or reason, until_s=until_s)
            on_finished(outcome, why)
            if not self.armed:
                self._arm()
            if self._idle:
                self._tell_idle()

        output.handle.write(value, on_done, urgent=urgent, still_wanted=still_wanted)

    def _record(
        self,
        output: Output,
        value: float,
        outcome: Outcome,
        done: Done[float],
        *,
        source: str,
        reason: str,
        until_s: float | None,
    ) -> None:
        """Keep and publish what is known of `output` after a write."""
        applied = outcome is Outcome.APPLIED
        before = (output.value, output.commanded, output.source, output.reason)
        output.value = done.value
        output.is_confirmed = applied
        output.commanded = value if applied else output.safe
        output.until_s = until_s if applied and value != output.safe else None
        output.source, output.reason = source, reason
        if not applied and before == (output.value, output.commanded, output.source, output.reason):
            return  # told already: the same failure on every tick is one fact
        if not applied:
            output.decide(self._now(), f"{outcome}: {reason}")
        output.since_s = self._now()
        self._bus.publish(
            OutputChanged(
                device=output.handle.device.id,
                value=output.value,
                commanded=output.commanded,
                source=source,
                reason=reason,
                since_s=output.since_s,
            )
        )

    def _finish(self, command: CommandReceived, outcome: Outcome, reason: str) -> None:
        output = self.outputs.get(command.device)
        if output is not None and outcome is Outcome.REJECTED:
            output.decide(self._now(), f"{output.say(command.value)} by {command.source} refused: {reason}")
        finished = CommandFinished(
            id=command.id,
            device=command.device,
            outcome=outcome,
            reason=reason,
            value=output.value if output is not None else None,
        )
        if (command.device, command.id) in self._answers:
            self._answers[command.device, command.id] = finished
        self._bus.publish(finished)

    def _tell_idle(self) -> None:
        if not any(output.waiting for output in self.outputs.values()):
            waiting, self._idle = self._idle, []
            for tell in waiting:
                tell()

    def _arm(self) -> None:
        if not self.armed and all(output.is_confirmed for output in self.outputs.values()):
            self.armed = True


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
    if abs(done.value - value) > tolerance(output.handle.accepts):
        return Outcome.FAILED, f"{output.say(value)} was written, but {output.say(done.value)} was read back"
    return Outcome.APPLIED, ""
