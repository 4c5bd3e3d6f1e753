"""Tells what happens to outputs: facts, conditions, decisions and the log of safety; it must not decide."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Any, Final

from alimante.core.bus import EventBus
from alimante.core.events import ConditionChanged, Level, OutputChanged, SafetyActed
from alimante.safety.conditions import Conditions
from alimante.safety.decision import Cause, Verdict, Wish
from alimante.safety.output import Output
from alimante.safety.rules import WORN_SHARE

LOGGED: Final = 200
"""How many safety actions are kept."""

NODE: Final = "node"
Values = tuple[tuple[str, float], ...]

_QUIET: Final = frozenset(
    {Cause.MIN_ON, Cause.MIN_OFF, Cause.MAX_POWER, Cause.FAILED, Cause.TRIPPED, Cause.UPPER_BOUND}
)
"""What happens in ordinary control, or is told by a condition."""

_CONDITIONS: Final[Mapping[Cause, tuple[str, Level, str]]] = {
    Cause.NO_EVIDENCE: ("no_evidence", Level.WARNING, "Look after the sensor; the output goes on by itself."),
    Cause.QUOTA: ("quota_spent", Level.WARNING, "Find out what asks for so much, or raise the quota."),
    Cause.COUNT: ("quota_spent", Level.WARNING, "Find out what asks for so much, or raise the quota."),
    Cause.HEATER_FAULT: ("cutoff_open", Level.CRITICAL, "See what the heater's own alert says. It has no power now."),
}


class Reporter:
    """Tells it all. `on_change(critical)` is told when something changed that should outlive a restart."""

    def __init__(
        self,
        bus: EventBus,
        conditions: Conditions,
        *,
        now: Callable[[], float],
        wall: Callable[[], float | None],
    ) -> None:
        self.on_change: Callable[[bool], None] = lambda critical: None
        self.log: deque[Mapping[str, Any]] = deque(maxlen=LOGGED)
        self._bus = bus
        self._conditions = conditions
        self._now = now
        self._wall = wall

    def changed(self, output: Output) -> None:
        """What is known of `output` changed."""
        self._bus.publish(
            OutputChanged(
                device=output.id,
                value=output.value,
                commanded=output.commanded,
                source=output.source,
                reason=output.reason,
                since_s=output.since_s,
                latched=bool(output.trip),
                until_s=output.until_s,
            )
        )

    def bound(self, output: Output, wish: Wish | None, verdict: Verdict, values: Values) -> None:
        """Another rule than before keeps `output` from what is wished, or none any more."""
        before, output.bound = output.bound, verdict.cause
        if before in _CONDITIONS:
            self._conditions.clear(output.id, _CONDITIONS[before][0])
        if verdict.cause is Cause.NONE or wish is None:
            return
        output.decide(self._now(), f"{output.say(wish.value)} by {wish.source} is not granted: {verdict.text}")
        if verdict.cause in _CONDITIONS:
            name, level, advice = _CONDITIONS[verdict.cause]
            self._raise(output, name, level, verdict.text, advice, cause=verdict.lacks.partition(".")[0])
        if verdict.cause not in _QUIET:
            is_forced = output.target != output.safe and verdict.value == output.safe
            self.acted(output, "forced_safe" if is_forced else "refused", verdict.cause, verdict.text, values)

    def acted(self, output: Output, action: str, cause: str, text: str, values: Values = ()) -> None:
        """The gate did something on its own."""
        self.told(
            SafetyActed(
                device=output.id,
                action=action,
                cause=cause,
                text=text,
                values=values,
                latched=bool(output.trip),
                at_s=self._now(),
            )
        )

    def told(self, event: SafetyActed) -> None:
        """Publish a safety action; all but refusals are also logged."""
        self._bus.publish(event)
        if event.action == "refused":
            return
        self.log.append(
            {
                "wall_s": self._wall(),
                "device": event.device,
                "action": event.action,
                "cause": str(event.cause),
                "text": event.text,
                "values": dict(event.values),
                "latched": event.latched,
            }
        )
        self.on_change(True)

    def lapsed(self, output: Output) -> None:
        """Nobody renewed the demand that held `output` off its safe value."""
        self.acted(output, "forced_safe", "lease", output.lapsed)

    def found(self, output: Output, name: str, *, level: Level, text: str, advice: str) -> None:
        """Something was found about `output`: a condition called `name`."""
        self._raise(output, name, level, text, advice)

    def not_found(self, output: Output, name: str) -> None:
        """It is so no more."""
        self._conditions.clear(output.id, name)

    def tripped(self, output: Output, event: SafetyActed) -> None:
        """`output` stays safe until a reset."""
        output.decide(self._now(), f"tripped: {event.text}")
        self.told(event)

    def reset(self, output: Output, event: SafetyActed, causes: Iterable[str]) -> None:
        """`output` may be used again, whatever the `causes` of its trips were."""
        output.decide(self._now(), event.text)
        for cause in causes:
            self._conditions.clear(output.id, cause)
        self.told(event)

    def astray(self, output: Output) -> None:
        """`output` does not stand where it was left."""
        advice = "Something else moves this output, or its wire is loose. It is put safe again and again."
        self._raise(output, "read_back", Level.CRITICAL, output.reason, advice)
        self.acted(output, "forced_safe", "read_back", output.reason)
        self.changed(output)

    def unconfirmed(self, output: Output) -> None:
        """A write to `output` was not seen to take effect."""
        text = f"it cannot be seen to be safe: {output.reason}"
        advice = "Look after the output and its wire; it is written again every second."
        self._raise(output, "not_confirmed", Level.CRITICAL, text, advice)

    def seen(self, output: Output) -> None:
        """`output` was read back as it was commanded."""
        if not self._conditions.active:
            return
        self._conditions.clear(output.id, "read_back")
        self._conditions.clear(output.id, "not_confirmed")

    def turned_on(self, output: Output) -> None:
        """`output` went on."""
        rules, cycles = output.rules, output.account.cycles
        if cycles >= WORN_SHARE * rules.rated_cycles:
            text = f"it has switched {cycles} times of the {rules.rated_cycles:g} that it is built for"
            self._raise(output, "worn", Level.WARNING, text, "Replace the relay before it welds shut.")
        self.on_change(rules.is_dated or min(rules.per_hour_s, rules.per_day_s) < inf)

    def turned_off(self, output: Output) -> None:
        """`output` went off."""
        self.on_change(False)

    def gap(self, outputs: Iterable[Output], text: str) -> None:
        """Nothing was supervised for a while."""
        for output in outputs:
            output.decide(self._now(), text)
            if output.target != output.safe:
                self.acted(output, "forced_safe", "gap", text)

    def maintenance(self, is_on: bool) -> None:
        """A person works in the enclosure, or has finished."""
        if is_on:
            text = "controllers are ignored while a person works in the enclosure"
            advice = "It ends by itself; end it earlier when you have finished."
            condition = ConditionChanged(
                component=NODE, condition="maintenance", level=Level.WARNING, text=text, advice=advice
            )
            self._conditions.raise_(condition)
        else:
            self._conditions.clear(NODE, "maintenance")
        self.on_change(True)

    def held(self, reason: str) -> None:
        """Nothing but safe values passes until the next start, because a person wants it so."""
        text = f"every output is held safe: {reason}"
        advice = "Nothing is heated or lit. Restart the supervisor when everything is in order again."
        condition = ConditionChanged(component=NODE, condition="held", level=Level.WARNING, text=text, advice=advice)
        self._conditions.raise_(condition)

    def _raise(self, output: Output, name: str, level: Level, text: str, advice: str, *, cause: str = "") -> None:
        """`cause` is the component whose failure explains it, if any."""
        self._conditions.raise_(
            ConditionChanged(
                component=output.id,
                condition=name,
                level=level,
                text=text,
                advice=advice,
                is_safety=level is Level.CRITICAL,
                cause=cause,
            )
        )
