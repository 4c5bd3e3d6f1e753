"""Takes commands: one answer for each id, one order for each source; it must not decide what an output may be."""

from collections.abc import Callable
from typing import Final

from alimante.core.bus import EventBus
from alimante.core.events import CommandFinished, CommandReceived, Outcome
from alimante.policy.values import parse_value
from alimante.safety.answers import Answers
from alimante.safety.decision import Cause, Verdict, Wish
from alimante.safety.output import Output, Outputs
from alimante.safety.writer import Writer

Decide = Callable[[Output, Wish, float], Verdict]

WITHOUT_EFFECT: Final = frozenset({Outcome.REJECTED, Outcome.EXPIRED, Outcome.SUPERSEDED})


class _Refused(Exception):
    """A command that may not pass."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


class Desk:
    """Where commands arrive. `verdict(output, wish, now_s)` says what a wish may get, `settle` brings it about.

    `on_effect` is told of each command that may have had one: its id should outlive a restart.
    """

    def __init__(
        self,
        outputs: Outputs,
        writer: Writer,
        *,
        bus: EventBus,
        now: Callable[[], float],
        verdict: Decide,
        settle: Callable[[Output, float], None],
        on_effect: Callable[[], None] = lambda: None,
    ) -> None:
        self._outputs = outputs
        self._writer = writer
        self._bus = bus
        self._now = now
        self._verdict = verdict
        self._settle = settle
        self._on_effect = on_effect
        self.answers = Answers()

    def take(self, command: CommandReceived) -> None:
        """Decide on `command`; ends in exactly one `CommandFinished` for each command received."""
        if self.answers.is_known(command):
            answer = self.answers.of(command)
            if answer is not None:
                self._bus.publish(answer)
            return
        try:
            output, wish, verdict = self._judge(command)
        except _Refused as refused:
            self._finish(command, refused.outcome, refused.reason)
            return
        if command.value is None:
            self._give_back(command, output)
        else:
            self._obey(command, output, wish, verdict)

    def _judge(self, command: CommandReceived) -> tuple[Output, Wish, Verdict]:
        """What it may get. Raises `_Refused` when it may not pass."""
        output = self._outputs.get(command.device)
        if output is None:
            raise _Refused(Outcome.REJECTED, f"there is no actuator {command.device}")
        try:
            value = output.safe if command.value is None else parse_value(output.handle.accepts, command.value)
        except ValueError as error:
            raise _Refused(Outcome.REJECTED, str(error)) from None
        now_s = self._now()
        if now_s > command.expires_s:
            raise _Refused(Outcome.EXPIRED, "the command came too late")
        if self.answers.is_overtaken(command, now_s):
            raise _Refused(Outcome.REJECTED, "out of order: a later command came first")
        wish = _wish_of(command, value, now_s)
        verdict = self._verdict(output, wish, now_s)
        if verdict.cause not in (Cause.NONE, Cause.MAX_POWER):
            raise _Refused(Outcome.REJECTED, verdict.text)
        return output, wish, verdict

    def _obey(self, command: CommandReceived, output: Output, wish: Wish, verdict: Verdict) -> None:
        output.override, ended = wish, output.overrides_ended

        def on_finished(outcome: Outcome, reason: str) -> None:
            if outcome is Outcome.APPLIED:  # what was ended while it was written must not come back
                output.standing = wish if output.overrides_ended == ended else output.standing
            elif output.override is wish:  # what was never begun leaves what held before
                output.override = output.standing if outcome is Outcome.EXPIRED else None
            self._finish(command, outcome, reason or verdict.text)

        self._writer.write(
            output,
            verdict.value,
            source=command.source,
            reason=wish.reason,
            expires_s=command.expires_s,
            on_finished=on_finished,
        )

    def _give_back(self, command: CommandReceived, output: Output) -> None:
        output.end_override(f"{command.source} has given it back to its controllers")
        output.decide(self._now(), output.lapsed)
        self._settle(output, self._now())
        self._finish(command, Outcome.APPLIED, "")

    def _finish(self, command: CommandReceived, outcome: Outcome, reason: str) -> None:
        output = self._outputs.get(command.device)
        if output is not None and outcome is Outcome.REJECTED:
            said = "AUTO" if command.value is None else output.say(command.value)
            output.decide(self._now(), f"{said} by {command.source} refused: {reason}")
        finished = CommandFinished(
            id=command.id,
            device=command.device,
            outcome=outcome,
            reason=reason,
            value=output.value if output is not None else None,
        )
        self.answers.keep(finished)
        if outcome not in WITHOUT_EFFECT:
            self._on_effect()
        self._bus.publish(finished)


def _wish_of(command: CommandReceived, value: float, now_s: float) -> Wish:
    return Wish(
        value=value,
        source=command.source,
        reason=f"command {command.id}",
        until_s=now_s + command.ttl_s,
        is_override=True,
    )
