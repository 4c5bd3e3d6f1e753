"""The output gate: decides on every wish and on every tick what each output may be, and is the only way to them.

It must not wait, ask for the time or know where a command came from.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from math import inf
from typing import Any, Final

from alimante.config.model import Role
from alimante.config.outputs import InterlockKeys
from alimante.core.bus import EventBus
from alimante.core.events import CommandReceived
from alimante.io.handle import WRITE_DEADLINE_S, ActuatorHandle
from alimante.policy.asking import MAX_MAINTENANCE_S
from alimante.policy.belief import Believed, unknown
from alimante.policy.values import parse_value
from alimante.safety import cutoffs, stranding
from alimante.safety.conditions import Conditions
from alimante.safety.decision import ROUNDING_S, Cause, Situation, Verdict, Wish, decide
from alimante.safety.desk import Desk
from alimante.safety.evidence import Evidence
from alimante.safety.grants import Grant, dues_s, ends_s, grant, lone
from alimante.safety.memory import Memory
from alimante.safety.output import Decision, Output, output_of
from alimante.safety.reporting import Reporter, Values
from alimante.safety.room import RoomLimits
from alimante.safety.trips import Trips
from alimante.safety.watch import ZoneBounds, watches_of
from alimante.safety.writer import Writer

__all__ = ["Decision", "Gate", "Output"]

GAP_S: Final = 10.0
"""After so long without a tick nothing is certain any more: a paused machine, or a loop that hung."""

WARMING_LAMPS: Final = frozenset({Role.LIGHT, Role.UVB})
"""Lamps have no trip of their own, but where it is too hot nothing may go on that warms."""


def nothing_believed(name: str) -> Any:
    """A belief in nothing, for a node without sensors."""
    return unknown("nothing is measured")


class Gate:
    """All outputs of the node.

    Until every output was read back safe once, the gate is not armed and lets only safe values pass. Each output is
    armed by itself when everything that it needs has given three good readings in a row. A safe value passes always.
    Whatever goes wrong with a write ends in the safe value, asserted again on every tick until it is read back.

    `believed` says what is believed of the full names that `references` has for what outputs depend on; `thermometers`
    has the zones of those that are temperatures. `today` is the local date and `wall` the seconds since 1970; both are
    None while the clock is not believed.
    """

    def __init__(
        self,
        handles: Mapping[str, ActuatorHandle],
        *,
        bus: EventBus,
        now: Callable[[], float],
        believed: Believed = nothing_believed,
        references: Mapping[str, str] | None = None,
        thermometers: Mapping[str, str | None] | None = None,
        room: RoomLimits | None = None,
        interlocks: Sequence[InterlockKeys] = (),
        today: Callable[[], date | None] = lambda: None,
        wall: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._now = now
        self._today = today
        self.outputs = {name: output_of(handle, references or {}, now()) for name, handle in handles.items()}
        self.armed = False
        self.held = ""
        """Why nothing but safe values passes until the next start; empty while that is not so."""
        self.maintained_until_s: float | None = None
        self._restored_until_s: float | None = None
        """The end of a maintenance that an earlier run began, in which nobody asked for another one."""
        """Until when controllers are ignored, because a person works in the enclosure."""
        self.conditions = Conditions(bus)
        self._interlocks = interlocks
        self._served = cutoffs.served(self.outputs)
        self._lamps = {name for name, output in self.outputs.items() if output.rules.role in WARMING_LAMPS}
        self._heaters = {name for name, output in self.outputs.items() if output.rules.role is Role.HEATER}
        self._in_order = sorted(self.outputs.values(), key=lambda output: output.rules.role is Role.CUTOFF)
        """Cutoffs come last: they follow what became of the heaters."""
        self._lone = lone(self.outputs, interlocks, self._served)
        self._grants: dict[str, Grant] = {}
        self._evidence = Evidence(believed)
        self._reporter = Reporter(bus, self.conditions, now=now, wall=wall)
        self._writer = Writer(self._reporter, now=now, today=today, on_settled=self._on_settled)
        self._desk = Desk(
            self.outputs,
            self._writer,
            bus=bus,
            now=now,
            verdict=self._verdict,
            settle=self._settle,
            on_effect=lambda: self._reporter.on_change(True),
        )
        watches = watches_of(self.outputs, references or {}, thermometers or {}, room or RoomLimits())
        self._trips = Trips(self.outputs, watches, self._reporter, now=now, wall=wall)
        self._memory = Memory(self.outputs, watches, self._reporter, now=now, wall=wall)
        self._idle: list[Callable[[], None]] = []
        self._ticked_s = now()

    # What is wished.

    def demand(self, device: str, value: float, *, source: str, reason: str, target: float | None = None) -> None:
        """A controller wishes `device` to be at `value`; it has to say so again before the output's lease is over.

        `target` is what its sensor is to show, where there is such a thing. Raises `KeyError` for a device that is no
        actuator and `ValueError` for a value that it does not take.
        """
        output = self.outputs[device]
        before = output.demands.get(source)
        until_s = self._now() + output.rules.lease_s
        if before is not None and before.value == value and before.reason == reason and before.target == target:
            before.until_s = until_s
            return
        value = parse_value(output.handle.accepts, value)
        output.demands[source] = Wish(value=value, source=source, reason=reason, until_s=until_s, target=target)
        if before is None or before.value != value:
            self._settle(output, self._now())

    def release(self, device: str, source: str) -> None:
        """`source` wishes nothing of `device` any more. Raises `KeyError` for a device that is no actuator."""
        output = self.outputs[device]
        if output.demands.pop(source, None) is not None:
            output.lapsed = f"{source} has given it back"
        if output.override is not None and output.override.source == source:
            output.end_override(f"{source} has given it back")
        self._settle(output, self._now())

    def on_command(self, command: CommandReceived) -> None:
        """Decide on `command`; ends in exactly one `CommandFinished` for each command received."""
        self._desk.take(command)

    def make_safe(self, source: str, reason: str) -> None:
        """Put every output to its safe value now, ahead of everything else, and forget what was wished."""
        for output in self.outputs.values():
            output.forget_wishes(reason)
            self._writer.assert_safe(output, source, reason)

    def hold(self, reason: str, *, is_by_person: bool = False) -> None:
        """Put everything safe and let nothing else pass until the next start; a node that a person holds is not well.

        `is_by_person` is False where somebody else tells of it, or the run ends anyway.
        """
        if is_by_person and not self.held:
            self._reporter.held(reason)
        self.held = reason
        self.make_safe("hold", reason)

    def maintain(self, for_s: float) -> None:
        """Ignore all controllers for `for_s` seconds, at most four hours, with the outputs safe at first.

        What a person commands then still passes as the rules have it.
        """
        self.maintained_until_s = self._now() + max(0.0, min(for_s, MAX_MAINTENANCE_S))
        self.make_safe("maintenance", "a person works in the enclosure")
        self._reporter.maintenance(True)

    def end_maintenance(self) -> None:
        """Let the controllers have the outputs again."""
        self.maintained_until_s = None
        self._reporter.maintenance(False)

    def maintenance_left_s(self) -> float | None:
        """For how long controllers are still ignored; None when they are not."""
        return None if self.maintained_until_s is None else max(0.0, self.maintained_until_s - self._now())

    # What is trusted and what is remembered.

    def trip(self, device: str, cause: str, text: str, *, values: Values = (), is_for_person: bool = False) -> None:
        """Put `device` safe until its latch resets, by itself or by a person. Raises `KeyError`.

        The causes in `DANGEROUS` also open its cutoff.
        """
        self._trips.trip(self.outputs[device], cause, text, values=values, is_for_person=is_for_person)

    def reset(self, device: str, by: str) -> bool:
        """A person, `by`, says that `device` is in order again, and of a heater its sensor, too. Raises `KeyError`.

        False when there was nothing to reset: it is not tripped, and what its sensor says is believed.
        """
        return self._trips.reset(self.outputs[device], by)

    def on_change(self, tell: Callable[[bool], None]) -> None:
        """Call `tell(critical)` whenever `snapshot` says something new that should outlive a restart."""
        self._reporter.on_change = tell

    def snapshot(self) -> dict[str, Any]:
        """What must outlive a restart, in plain JSON values."""
        commands = self._desk.answers.snapshot(self._now())
        return {**self._memory.snapshot(), "commands": commands, "maintenance_left_s": self.maintenance_left_s()}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take up a snapshot before the start; what does not fit is left out, and it never raises."""
        away_s = self._memory.restore(saved)
        self._desk.answers.restore(saved.get("commands"), self._now())
        left_s = saved.get("maintenance_left_s")
        if isinstance(left_s, int | float) and left_s - away_s > 0:
            self.maintain(left_s - away_s)
            self._restored_until_s = self.maintained_until_s

    @property
    def safety_log(self) -> Sequence[Mapping[str, Any]]:
        """What the gate did on its own, oldest first, over restarts."""
        return self._reporter.log

    def learned(self, device: str) -> dict[str, Any] | None:
        """What was learned of the heater `device`, as plain JSON values; None for what is not watched as a heater."""
        return self._trips.learned(device)

    def bounds(self) -> dict[str, ZoneBounds]:
        """What the zone of each heater that is watched can be, by the heater's id, as of the last tick."""
        return self._trips.bounds()

    # Time.

    def tick(self) -> None:
        """Look at every output again: end what has run its time, and assert the safe value where it is not seen."""
        now_s = self._now()
        if now_s - self._ticked_s > GAP_S:
            self._start_over(f"nothing was supervised for {now_s - self._ticked_s:.0f} s")
        self._ticked_s = now_s
        if self.maintained_until_s is not None and not now_s < self.maintained_until_s:
            self.end_maintenance()
        self._believe_clock()
        self._trips.look(now_s, self._evidence.look, self._served)
        for output in self._in_order:
            self._settle(output, now_s)
        self._arm()

    def due_in_s(self, within_s: float = inf) -> float:
        """How long until the next time of an output is over, so that a tick can come just then; `inf` for none.

        Of what is over later than in `within_s` it need not tell.
        """
        now_s, soonest_s = self._now(), inf
        for output in self._in_order:
            if output.account.is_on:
                granted = self._grants.get(output.id)
                is_long = granted is not None and granted.until_s > now_s + within_s
                for due_s in ends_s(output) if is_long else dues_s(output, now_s):
                    if now_s < due_s < soonest_s:
                        soonest_s = due_s
        return soonest_s - now_s

    def stranded(self, *, after_s: float = stranding.AFTER_S) -> str:
        """Why the outputs have to be left to another process; empty while this one can make them safe."""
        return stranding.stranded(self.outputs, self._served, self._now(), after_s=after_s)

    def refusal(self) -> str:
        """Why a value other than the safe one would be refused now, whatever the output; empty if it would not."""
        if self.held:
            return self.held
        if self.armed:
            return ""
        unsafe = [name for name, output in self.outputs.items() if not output.is_confirmed]
        return f"not armed: not yet known to be safe: {', '.join(unsafe) or 'nothing was asked yet'}"

    def refusal_of(self, device: str) -> str:
        """Why `device` may not leave its safe value now, whoever asks; empty if it may. Raises `KeyError`."""
        output = self.outputs[device]
        wish = Wish(value=output.farthest, source="", reason="", until_s=inf, is_override=True)
        verdict = self._verdict(output, wish, self._now())
        return verdict.text if verdict.value == output.safe else ""

    def when_idle(self, tell: Callable[[], None]) -> None:
        """Call `tell` once, as soon as no write is under way; perhaps at once."""
        self._idle.append(tell)
        self._tell_idle()

    # How it is decided.

    def _settle(self, output: Output, now_s: float) -> None:
        """Bring `output` to what it may be now."""
        wish = self._wish(output, now_s)
        granted = self._grants.get(output.id)
        if granted is not None:
            if self._still(granted, output, wish, now_s):
                self._look_at(output, now_s)
                return
            del self._grants[output.id]
        verdict = self._verdict(output, wish, now_s)
        output.bound_text = verdict.text
        if verdict.cause is not output.bound:
            self._reporter.bound(output, wish, verdict, self._evidence.values(output.rules.needs))
        if wish is not None and wish.is_override and verdict.value == output.safe != wish.value:
            output.end_override(verdict.text)  # what was interrupted does not come back by surprise
        reason = verdict.text or (output.lapsed if wish is None else wish.reason)
        if output.waiting:
            # A write is about to decide; a stream of writes that never end decides nothing.
            is_endless = now_s - output.busy_since_s > WRITE_DEADLINE_S
            is_needed = verdict.value == output.safe != output.asked
            if is_needed or (is_endless and not (output.is_confirmed and verdict.value != output.safe)):
                self._writer.assert_safe(output, "gate", reason)
        elif not output.is_confirmed:
            self._writer.assert_safe(output, "gate", output.reason)
        elif verdict.value == output.commanded:
            self._look_at(output, now_s)
        elif verdict.value == output.safe:
            if wish is None and output.is_lapsed:
                self._reporter.lapsed(output)
            self._writer.assert_safe(output, "gate" if wish is None or verdict.text else wish.source, reason)
        elif wish is not None:
            self._writer.write(output, verdict.value, source=wish.source, reason=wish.reason)

    def _wish(self, output: Output, now_s: float) -> Wish | None:
        wish = output.wish(now_s, with_controllers=self.maintained_until_s is None)
        if wish is None and output.rules.role is Role.CUTOFF and output.id in self._served:
            reason = "no heater that it protects gives a reason to open"
            return Wish(value=output.rules.on, source="gate", reason=reason, until_s=inf)
        if wish is None or not wish.is_override:
            reason = self._trips.reason_to_air(output)
            if reason:
                return Wish(value=output.rules.on, source="gate", reason=reason, until_s=inf)
        return wish

    def _verdict(self, output: Output, wish: Wish | None, now_s: float) -> Verdict:
        """What `output` may be; no rule is asked about the safe value, which passes anyway."""
        if wish is None or (wish.is_override and wish.value == output.safe):
            return Verdict(value=output.safe)
        if wish.value == output.safe and not output.account.is_on:
            for name in output.rules.needs:  # good readings count while it is off, too
                self._evidence.look(name)
            return Verdict(value=output.safe)
        is_new = wish.is_override and wish is not output.override  # a person who tries again does not have to wait
        rest_s = 0.0 if is_new else output.rest_until_s - now_s
        situation = self._situation(output, now_s, rest_s=rest_s)
        verdict = decide(output.rules, wish, situation)
        if not is_new and output.id in self._lone and (granted := grant(output, wish, verdict, situation)) is not None:
            self._grants[output.id] = granted
        return verdict

    def _still(self, granted: Grant, output: Output, wish: Wish | None, now_s: float) -> bool:
        """Whether all rules would say again that `output` may be on as it is."""
        is_barred = not self.armed or self.held or output.latch.is_tripped
        if is_barred or (output.id in self._lamps and self._trips.reason_to_cool(output)):
            return False
        if output.id in self._heaters and self._trips.reason_to_wait(output):
            return False
        return granted.holds(output, wish, now_s, self._evidence.look)

    def _situation(self, output: Output, now_s: float, *, rest_s: float) -> Situation:
        looked = {name: self._evidence.look(name) for name in output.rules.needs}
        bar, cause = self.refusal(), Cause.HELD if self.held else Cause.NOT_ARMED
        if not bar and output.latch.is_tripped:
            bar, cause = output.trip, Cause.TRIPPED
        elif not bar and output.id in self._served and (fault := cutoffs.reason_to_open(self._served[output.id])):
            bar, cause = fault, Cause.HEATER_FAULT
        elif not bar and output.id in self._lamps and (hot := self._trips.reason_to_cool(output)):
            bar, cause = hot, Cause.TOO_HOT
        elif not bar and output.id in self._heaters and (full := self._trips.reason_to_wait(output)):
            bar, cause = full, Cause.UPPER_BOUND
        return Situation(
            now_s=now_s,
            current=output.target,
            account=output.account,
            bar=bar or (self._evidence.lack(looked) if looked else ""),
            bar_cause=cause,
            evidence=tuple(looked.items()),
            interlock=self._in_the_way(output, now_s),
            cutoff=cutoffs.open_before(output, self._served, self.outputs),
            rest_s=rest_s,
            today=self._today() if output.rules.is_dated else None,
        )

    def _in_the_way(self, output: Output, now_s: float) -> str:
        """Which interlocked output is or may be on, or was until just now."""
        for interlock in self._interlocks:
            if output.id in interlock.outputs:
                for name in interlock.outputs:
                    other = self.outputs.get(name)
                    if other is None or other is output or other.is_surely_off(now_s, for_s=interlock.gap_s):
                        continue
                    return f"{name} excludes it and has not been off for {interlock.gap_s:g} s"
        return ""

    def _look_at(self, output: Output, now_s: float) -> None:
        """Read back an output at rest, if it is time to."""
        if not output.is_checking and now_s - output.looked_s >= output.rules.read_back_s - ROUNDING_S:
            self._writer.check(output)

    def _believe_clock(self) -> None:
        """What began before this run is older by the time without power, as soon as that is known."""
        away_s = self._memory.believe_clock()
        if away_s and self.maintained_until_s is not None and self.maintained_until_s == self._restored_until_s:
            self.maintained_until_s -= away_s

    def _start_over(self, reason: str) -> None:
        """Trust nothing that was known before a gap in time: everything safe, and armed anew."""
        self.armed = False
        self._grants.clear()
        self._evidence.doubt()
        for output in self.outputs.values():
            output.is_confirmed = False
        self._reporter.gap(self.outputs.values(), reason)
        self.make_safe("gate", reason)

    def _on_settled(self, output: Output) -> None:
        """A write or a look has ended."""
        if not self.armed:
            self._arm()
        if self._idle:
            self._tell_idle()

    def _tell_idle(self) -> None:
        if not any(output.waiting for output in self.outputs.values()):
            waiting, self._idle = self._idle, []
            for tell in waiting:
                tell()

    def _arm(self) -> None:
        if not self.armed and all(output.is_confirmed for output in self.outputs.values()):
            self.armed = True
