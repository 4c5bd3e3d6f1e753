"""Switches heat and cold around a temperature; it must not act on a reading that is not believed.

Heating and cooling have a target each, with a gap between their bands, so that they never work against each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alimante.control.controller import Demand, Look, Report
from alimante.control.drive import Drive
from alimante.control.setpoints import Setpoint
from alimante.core.events import Quality
from alimante.policy.belief import Belief


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One output and the temperature in °C that it holds; `sign` is 1 for heat and -1 for cold."""

    drive: Drive
    target: Setpoint
    sign: int


class Thermostat:
    """On at `hysteresis_c` before a side's target, off at as much behind it, and as it was in between.

    A suspect reading may leave an output on or switch it off, but never on. Without any reading nothing is demanded.
    """

    def __init__(self, id: str, *, sensor: str, sides: Sequence[Side], hysteresis_c: float) -> None:  # noqa: A002
        self.id = id
        self.outputs = tuple(side.drive.output for side in sides)
        self._sensor = sensor
        self._sides = tuple(sides)
        self._hysteresis_c = hysteresis_c
        self._is_on = dict.fromkeys(self.outputs, False)
        self._report: dict[str, Any] = {}
        self._judged: tuple[Belief, list[float]] | None = None
        self._demands: Sequence[Demand] = ()

    def decide(self, look: Look) -> Sequence[Demand]:
        """See `Controller`."""
        belief = look.believed(self._sensor)
        targets_c = [side.target.at(look.local) for side in self._sides]
        if self._judged is not None and self._judged[0] is belief and self._judged[1] == targets_c:
            return self._demands  # nothing new was measured, and nothing else is to be held
        self._judged = belief, targets_c
        self._demands = self._decide(belief, targets_c)
        return self._demands

    def _decide(self, belief: Belief, targets_c: Sequence[float]) -> Sequence[Demand]:
        self._report = {"measured": belief.value, "targets": {}, "demands": {}}
        if belief.value is None:
            self._is_on = dict.fromkeys(self.outputs, False)
            self._report["reason"] = f"{self._sensor} is not known"
            return ()
        may_rise = belief.quality is Quality.GOOD
        return [
            self._demand(side, belief.value, target_c, may_rise=may_rise)
            for side, target_c in zip(self._sides, targets_c, strict=True)
        ]

    def report(self) -> Report:
        """See `Controller`."""
        return self._report

    def _demand(self, side: Side, value_c: float, target_c: float, *, may_rise: bool) -> Demand:
        output = side.drive.output
        missing_c = side.sign * (target_c - value_c)
        was_on = self._is_on[output]
        is_wanted = missing_c >= self._hysteresis_c or (was_on and missing_c > -self._hysteresis_c)
        is_on = is_wanted and (was_on or may_rise)
        self._is_on[output] = is_on
        reason = f"{value_c:.2f} °C, target {target_c:.2f} ± {self._hysteresis_c:g} °C"
        if is_wanted and not is_on:
            reason += "; not switched on by a suspect reading"
        self._report["targets"][output] = target_c
        self._report["demands"][output] = float(is_on)
        self._report["reason"] = reason
        return Demand(output=output, value=side.drive.value(float(is_on)), reason=reason, target=target_c)
