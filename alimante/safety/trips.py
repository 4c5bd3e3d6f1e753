"""Trips outputs and lets trips end: what the watches find, and what the latches remember; it must not write outputs."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from alimante.core.events import Level, SafetyActed
from alimante.safety import cutoffs
from alimante.safety.findings import Finding, Kind
from alimante.safety.output import Output, Outputs
from alimante.safety.reporting import Reporter, Values
from alimante.safety.watch import Look, Watch, ZoneBounds, siblings

ADVICE: Final = "Find the cause; `alimante why` tells what was seen."

ELSEWHERE_S: Final = 60.0
"""Where all heaters of a place have been off for so long, one elsewhere may heat it."""

UNKNOWN_LASTS_S: Final = 720.0
"""After so long off no heat is left of a heater that nothing is known of."""


class Trips:
    """The trips of all outputs and the watches over those that are heaters."""

    def __init__(
        self,
        outputs: Outputs,
        watches: Mapping[str, Watch],
        reporter: Reporter,
        *,
        now: Callable[[], float],
        wall: Callable[[], float | None],
    ) -> None:
        self._outputs = outputs
        self._watches = watches
        self._reporter = reporter
        self._now = now
        self._wall = wall
        self._airing = {name: [watch for watch in watches.values() if name in watch.fans] for name in outputs}
        self._cut: frozenset[Watch] | None = None
        self._warming = {
            name: [watch for watch in watches.values() if watch.output.handle.device.zone == output.handle.device.zone]
            for name, output in outputs.items()
        }

    def trip(
        self,
        output: Output,
        cause: str,
        text: str,
        *,
        values: Values = (),
        advice: str = ADVICE,
        is_for_person: bool = False,
        counts: bool = True,
    ) -> None:
        """See `Gate.trip`; `advice` is for people. One that does not count brings no later one nearer to a person."""
        self._reporter.found(output, cause, level=Level.CRITICAL, text=text, advice=advice)
        acted = output.latch.trip(
            cause=cause,
            text=text,
            now_s=self._now(),
            wall_s=self._wall(),
            values=values,
            is_for_person=is_for_person,
            counts=counts,
        )
        if acted is not None:
            self._reporter.tripped(output, acted)
            output.end_override(text)

    def learned(self, device: str) -> dict[str, Any] | None:
        """See `Gate.learned`."""
        return self._watches[device].learned() if device in self._watches else None

    def bounds(self) -> dict[str, ZoneBounds]:
        """See `Gate.bounds`."""
        return {name: watch.bounds() for name, watch in self._watches.items()}

    def reset(self, output: Output, by: str) -> bool:
        """See `Gate.reset`."""
        watch = self._watches.get(output.id)
        was_held = watch is not None and watch.bounded.is_held
        if watch is not None:
            watch.bounded.settle()
        causes = tuple(output.latch.causes)
        acted = output.latch.reset(by, self._now())
        if acted is not None:
            self._reset(output, acted, causes)
        return acted is not None or was_held

    def look(self, now_s: float, believed: Look, served: cutoffs.Served) -> None:
        """Hold every heater against its sensor, and let trips end whose rest is over."""
        if self._cut is None:
            behind = [heater for heaters in served.values() for heater in heaters]
            self._cut = frozenset(watch for watch in self._watches.values() if watch.output in behind)
        for watch in self._watches.values():
            wish = watch.output.wish(now_s, with_controllers=True)
            has_power = not served or not cutoffs.open_before(watch.output, served, self._outputs)
            target_c = None if wish is None else wish.target
            found = watch.look(now_s, believed, target_c=target_c, has_power=has_power, has_cutoff=watch in self._cut)
            for finding in found:
                self._take(watch, finding)
            for kind in watch.gone(found):
                self._reporter.not_found(watch.output, kind)
        for output in self._outputs.values():
            if not output.latch.is_tripped:
                continue
            causes, is_clear = tuple(output.latch.causes), not self.reason_to_cool(output)
            if (acted := output.latch.tick(now_s, is_clear=is_clear)) is not None:
                self._reset(output, acted, causes)

    def reason_to_air(self, output: Output) -> str:
        """Why the fan `output` has to run, whatever controllers wish; empty when it has not."""
        for watch in self._airing[output.id]:
            if watch.over.is_hot:
                return f"it is too hot at {watch.output.id}"
        return ""

    def reason_to_cool(self, output: Output) -> str:
        """Why the zone of `output` must not be heated, by a heater or by a lamp; empty when it may be."""
        for watch in self._warming[output.id]:
            if watch.over.is_hot:
                return f"it is too hot at {watch.output.id}"
        return ""

    def reason_to_wait(self, output: Output) -> str:
        """Why the heater `output` may not be on although its sensor does not say so; empty when it may."""
        for watch in self._warming[output.id]:
            if watch.bounded.is_full:
                return watch.bounded.reason
        return ""

    def _take(self, watch: Watch, finding: Finding) -> None:
        """Do what a finding asks for. Too much heat in a place is the matter of all heaters that may have made it."""
        if not finding.is_trip:
            self._reporter.found(
                watch.output, finding.kind, level=finding.level, text=finding.text, advice=finding.advice
            )
        elif finding.kind is Kind.OVER_TEMPERATURE:
            for output, counts in self._makers(watch):
                self._trip_for(finding, output, counts=counts)
        else:
            for output in self._concerned(watch, finding):
                self._trip_for(finding, output, counts=finding.counts)

    def _trip_for(self, finding: Finding, output: Output, *, counts: bool) -> None:
        self.trip(
            output,
            finding.kind.value,
            finding.text,
            values=finding.values,
            advice=finding.advice,
            is_for_person=finding.is_for_person,
            counts=counts,
        )

    def _makers(self, watch: Watch) -> list[tuple[Output, bool]]:
        """The heaters that go off for heat at `watch`, and of each whether it counts: those in its place, always.

        What was off for long did not make the heat, so it does not count. Where none in the place is on, a heater
        elsewhere may make it: one that is known to warm this sensor, or one that does not warm its own, or never did.
        """
        own = siblings(watch.output, self._outputs)
        makers = [(output, not self._is_cold(output)) for output in own]
        if all(output.is_surely_off(self._now(), for_s=ELSEWHERE_S) for output in own):
            for other in self._watches.values():
                if other.output not in own and not self._is_cold(other.output):
                    is_known = watch.is_warmed_by(other.output)
                    if is_known or not other.is_proven or other.warms_too_little:
                        makers.append((other.output, is_known))
        return makers

    def _is_cold(self, output: Output) -> bool:
        """Whether it was seen off for longer than its heat lasts."""
        lasts_s = self._watches[output.id].heat_lasts_s if output.id in self._watches else UNKNOWN_LASTS_S
        return output.is_surely_off(self._now(), for_s=lasts_s)

    def _concerned(self, watch: Watch, finding: Finding) -> list[Output]:
        """The heater itself and, where another sensor follows it, those that are held against that one."""
        others = [
            one.output
            for one in self._watches.values()
            if finding.other and one is not watch and one.is_held_against(finding.other)
        ]
        return [watch.output, *others]

    def _reset(self, output: Output, acted: SafetyActed, causes: Iterable[str]) -> None:
        self._reporter.reset(output, acted, causes)
        if output.id in self._watches:
            self._watches[output.id].retry(self._now())
