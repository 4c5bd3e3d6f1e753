"""Judges a run by cold: how far zones are below their targets, and whether anybody had to be cold; it must not act.

What is true counts, never what a sensor says. Weather, doors and the sun are no faults of a device: they excuse
nothing.
"""

from collections.abc import Callable, Mapping
from math import inf
from typing import Any, Final

from alimante.config.model import Config
from alimante.core.events import SafetyActed
from alimante.core.states import NodeState
from alimante.simulation.faults import Fault
from alimante.simulation.kept import Chill, Kept
from alimante.simulation.warmth import SENSOR_C, Warmth, warmths_of
from hardware.sim.load import Load

EVERY_S: Final = 30.0
"""How often temperatures are held against targets."""
RECOVERY_S: Final = 300.0
"""So long after a fault, beyond the rest after a trip, something may still be off because of it."""
CLEAR_BELOW_C: Final = 1.0
"""An over-temperature is over so far below the limit."""
BLAME_S: Final = 3600.0
"""So long after a fault, beyond that rest, a trip may still be because of what was seen in it."""
PAUSE_S: Final = 300.0
"""So long a heater may be off below the safe minimum, beyond its own pause."""
HEAT_LASTS_S: Final = 300.0
"""So long after it was on a heater still warms: five time constants of an element of one minute."""
LONG_S: Final = 7200.0
"""Over so long a heater in a zone that is too cold has to give all that it can."""
LEAST_SHARE: Final = 0.7
"""So much of it is asked for: what is missing are its pauses."""

_NOBODY_IN_CONTROL: Final = frozenset({"process", "computer", "config", "people"})
"""When these break, the heater may be off, or a person has it; but it must not trip."""

Judge = Callable[[str, str, bool, float, str], None]
"""Take down whether an invariant is broken: its number, its subject, whether, the time and what to say."""


class Cold:
    """Watches the zones of all heaters. `temperature` says what is true in a zone; times are monotonic.

    `is_spent(heater, now_s)` says whether the quota of a heater is used up.
    """

    def __init__(
        self,
        config: Config,
        loads: Mapping[str, Load],
        *,
        temperature: Callable[[str], float],
        judge: Judge,
        is_spent: Callable[[str, float], bool],
        start_s: float,
    ) -> None:
        self.kept = {warmth.id: Kept(warmth) for warmth in warmths_of(config, loads)}
        self.due_s = start_s
        self.false_trips = 0
        self._temperature = temperature
        self._judge = judge
        self._is_spent = is_spent
        self._start_s = self._looked_s = start_s
        self._uncontrolled = 0
        self._uncontrolled_s = -inf
        self._was_uncontrolled = False

    def zones(self) -> dict[str, tuple[Chill, Chill]]:
        """For each zone that something has to keep warm how cold it was, and how cold it was with an excuse."""
        found: dict[str, tuple[Chill, Chill]] = {}
        for kept in self.kept.values():
            if kept.warmth.target_c is not None:
                zone, both = kept.warmth.zones[0], (kept.chill, kept.excused)
                found[zone] = both if zone not in found else (found[zone][0] | both[0], found[zone][1] | both[1])
        return found

    @property
    def is_warm(self) -> bool:
        """Whether no zone was too cold when it was last looked at, with an excuse or without."""
        return not any(kept.is_cold for kept in self.kept.values())

    # What is told.

    def broken(self, fault: Fault) -> None:
        """A fault begins."""
        if fault.target in _NOBODY_IN_CONTROL:
            self._uncontrolled += 1
            self._was_uncontrolled = True
        for kept in self._excused_by(fault):
            kept.broken += 1

    def repaired(self, fault: Fault, now_s: float) -> None:
        """It is over."""
        if fault.target in _NOBODY_IN_CONTROL:
            self._uncontrolled -= 1
            self._uncontrolled_s = now_s
        for kept in self._excused_by(fault):
            kept.broken -= 1
            kept.broken_s = now_s + fault.lingers_s

    def on_acted(self, event: SafetyActed, now_s: float) -> None:
        """The gate did something on its own: a trip of a healthy heater is a false one."""
        kept = self.kept.get(event.device)
        if kept is None or event.action not in ("tripped", "reset"):
            return
        if event.action == "reset":
            kept.trip, kept.waits_rightly = "", False
            self._judge("I19", kept.warmth.id, False, now_s, "")
            self._judge("I19", f"{kept.warmth.id} for a person", False, now_s, "")
            return
        kept.note_heat(now_s)
        warmth = kept.warmth
        reached_c = max(self._temperature(zone) for zone in {warmth.zone, *warmth.zones})
        if self._is_right(kept, event, reached_c, now_s):
            kept.trip = kept.trip or "rightly"
            kept.hot_s = now_s
            kept.waits_rightly = kept.waits_rightly or event.latched
            return
        self.false_trips += kept.trip != "falsely"
        kept.trip = "falsely"
        end = "waits for a person" if event.latched else "is off until it is tried again"
        subject = f"{warmth.id} for a person" if event.latched else warmth.id
        text = f"false trip: {warmth.id} is healthy and {end}, at {reached_c:.1f} °C in {warmth.zone}: {event.text}"
        self._judge("I19", subject, True, now_s, text)

    def look(self, now_s: float, supervisor: Any) -> None:
        """Hold every zone against its target; call it when it is due."""
        span_s, self._looked_s, self.due_s = now_s - self._looked_s, now_s, now_s + EVERY_S
        for kept in self.kept.values():
            kept.note_heat(now_s)
            if kept.trip and kept.warmth.load.fraction > 0.0:
                kept.trip, kept.waits_rightly = "", False  # it is on again, whoever has reset it
            if kept.warmth.target_c is not None:
                self._look_at(kept, span_s, now_s, supervisor)

    # What is judged.

    def _look_at(self, kept: Kept, span_s: float, now_s: float, supervisor: Any) -> None:
        warmth = kept.warmth
        output = None if supervisor is None else supervisor.gate.outputs.get(warmth.id)
        target_c = kept.heard(_target_c(warmth, output, now_s), now_s)
        now_c = max([self._temperature(zone) for zone in warmth.zones])
        missing_c = target_c - now_c
        if self._is_hot(kept, now_c + CLEAR_BELOW_C):
            kept.hot_s = now_s
        is_excused = self._is_excused(kept, output, supervisor, now_s)
        is_cold = kept.is_cold = missing_c > warmth.band_c
        if is_excused:
            kept.excused_until_s = now_s + warmth.warm_up_s
        elif missing_c <= SENSOR_C:
            kept.excused_until_s, kept.is_warm = -inf, True
        elif now_s - self._start_s >= warmth.warm_up_s:
            kept.is_warm = True
        if kept.is_warm:
            chill = kept.excused if now_s < kept.excused_until_s else kept.chill
            chill.add(span_s, missing_c, warmth.band_c)
        if is_excused or not is_cold or self._is_spent(warmth.id, now_s):
            self._end(kept, now_s)
        else:
            self._judge_cold(kept, span_s, now_s, now_c, f"{now_c:.1f} °C in {warmth.zones[0]}, target {target_c:g} °C")

    def _judge_cold(self, kept: Kept, span_s: float, now_s: float, now_c: float, at: str) -> None:
        warmth = kept.warmth
        if kept.cold_since_s is None:
            kept.cold_since_s = kept.share_since_s = now_s
            kept.given_s = 0.0
            return
        off_s = now_s - max(kept.cold_since_s, kept.heated_s)
        text = f"{warmth.id} is healthy and was off for {off_s:.0f} s: {at}"
        self._judge("I17", warmth.id, off_s > warmth.bound_s, now_s, text)
        is_lowest = now_c < warmth.minimum_c and off_s > warmth.rules.min_off_s + PAUSE_S
        text = f"{warmth.id} is healthy and was off for {off_s:.0f} s below the safe minimum: {at}"
        self._judge("I18", warmth.zone, is_lowest, now_s, text)
        kept.given_s += warmth.load.fraction * span_s
        whole_s = now_s - kept.share_since_s
        if whole_s >= LONG_S + warmth.ramp_s:
            share = kept.given_s / whole_s
            kept.share_since_s, kept.given_s = now_s, 0.0
            text = f"{warmth.id} is healthy and gave {share:.0%} of its power in {whole_s / 3600.0:.1f} h: {at}"
            self._judge("I17", f"{warmth.id} at work", 0.0 < share < LEAST_SHARE * warmth.most, now_s, text)

    def _end(self, kept: Kept, now_s: float) -> None:
        """It is not too cold, or somebody is excused: what was seen before counts no more."""
        if kept.cold_since_s is None:
            return
        kept.cold_since_s = None
        for subject in (kept.warmth.id, f"{kept.warmth.id} at work"):
            self._judge("I17", subject, False, now_s, "")
        self._judge("I18", kept.warmth.zone, False, now_s, "")

    def _is_excused(self, kept: Kept, output: Any, supervisor: Any, now_s: float) -> bool:
        """Whether there is a reason for the heater to be off, however cold it is."""
        if not kept.warmth.is_strong or kept.waits_rightly or kept.is_broken(now_s, RECOVERY_S):
            return True
        if kept.trip == "rightly" and now_s - kept.hot_s < RECOVERY_S + kept.warmth.cooldown_s:
            return True
        if self._uncontrolled or now_s - self._uncontrolled_s < RECOVERY_S + kept.warmth.cooldown_s:
            return True
        if output is None:
            return False
        gate = supervisor.gate
        if gate.maintained_until_s is not None or output.override is not None:
            return True
        is_held = bool(gate.held) or supervisor.node.current is NodeState.SAFE
        return is_held and self._was_uncontrolled  # after too many bad starts a person has to look

    def _is_right(self, kept: Kept, event: SafetyActed, reached_c: float, now_s: float) -> bool:
        """Whether there is a reason for this trip.

        Where it is truly too hot a heater is held off, whoever heated; but only its own heat is one for a person.
        """
        if not kept.warmth.is_strong or kept.is_broken(now_s, BLAME_S):
            return True
        is_own = now_s - kept.heated_s < HEAT_LASTS_S
        return self._is_hot(kept, reached_c) and (is_own or not event.latched)

    @staticmethod
    def _is_hot(kept: Kept, now_c: float) -> bool:
        """Whether a healthy thermometer may say at `now_c` that the limit is reached."""
        return now_c + SENSOR_C + kept.warmth.offset_c >= kept.warmth.max_c

    def _excused_by(self, fault: Fault) -> list[Kept]:
        if fault.is_event:
            return []
        return [kept for kept in self.kept.values() if not fault.targets.isdisjoint(kept.warmth.parts)]


def _target_c(warmth: Warmth, output: Any, now_s: float) -> float:
    """What the gate heard that is wanted, and no less than the configuration says."""
    said_c = -inf if warmth.target_c is None else warmth.target_c
    for wish in () if output is None else output.demands.values():
        if wish.target is not None and wish.until_s > now_s:
            said_c = max(said_c, wish.target)
    return said_c
