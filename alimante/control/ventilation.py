"""Airs the more, the worse the air is, and now and then anyway; it must not take silence for good air."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alimante.control.controller import Demand, Look, Report
from alimante.control.drive import Drive
from alimante.core.events import Quality
from alimante.policy.belief import Belief


@dataclass(frozen=True, slots=True, kw_only=True)
class AiringPlan:
    """`share` of full speed for `for_s` seconds, every `every_s` seconds from the first tick on."""

    every_s: float
    for_s: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AirBand:
    """From `low_ppm` to `high_ppm` the speed rises from `least` to `most`, both shares of full speed."""

    low_ppm: float
    high_ppm: float
    least: float
    most: float

    def share(self, value_ppm: float) -> float:
        """The speed for air of `value_ppm`."""
        fraction = (value_ppm - self.low_ppm) / (self.high_ppm - self.low_ppm)
        return self.least + min(1.0, max(0.0, fraction)) * (self.most - self.least)


class Ventilation:
    """One fan. A switch goes on at `high_ppm` and off at `low_ppm`.

    A suspect reading may leave the fan as it is or slow it down. Without a reading only the plan airs; outside of it
    nothing is demanded, and the fan goes to its safe value.
    """

    def __init__(
        self,
        id: str,  # noqa: A002
        drive: Drive,
        *,
        sensor: str | None,
        band: AirBand,
        plan: AiringPlan | None,
    ) -> None:
        self.id = id
        self.outputs: tuple[str, ...] = (drive.output,)
        self._drive = drive
        self._sensor = sensor
        self._band = band
        self._plan = plan
        self._first_s: float | None = None
        self._share = 0.0
        self._report: dict[str, Any] = {}

    def decide(self, look: Look) -> Sequence[Demand]:
        """See `Controller`."""
        self._first_s = look.now_s if self._first_s is None else self._first_s
        belief = None if self._sensor is None else look.believed(self._sensor)
        measured_ppm = None if belief is None else belief.value
        by_air = None if belief is None else self._by_air(belief)
        self._share = by_air or 0.0
        by_plan = self._by_plan(look.now_s - self._first_s)
        reason = "no airing is due" if measured_ppm is None else f"{measured_ppm:.0f} ppm"
        if by_plan > (by_air or 0.0):
            reason = f"{reason}; airing by plan" if measured_ppm is not None else "airing by plan"
        share = max(by_air or 0.0, by_plan)
        self._report = {"measured": measured_ppm, "demand": share, "reason": reason}
        if by_air is None and by_plan <= 0.0:
            return ()
        return (Demand(output=self._drive.output, value=self._drive.value(share), reason=reason),)

    def report(self) -> Report:
        """See `Controller`."""
        return self._report

    def _by_air(self, belief: Belief) -> float | None:
        """The speed that the air asks for; None when nothing is known of it."""
        if belief.value is None:
            return None
        share = self._switched(belief.value) if self._drive.is_switch else self._band.share(belief.value)
        return share if belief.quality is Quality.GOOD else min(share, self._share)

    def _switched(self, value_ppm: float) -> float:
        is_on = value_ppm >= self._band.high_ppm or (self._share > 0.0 and value_ppm > self._band.low_ppm)
        return 1.0 if is_on else 0.0

    def _by_plan(self, passed_s: float) -> float:
        if self._plan is None or passed_s % self._plan.every_s >= self._plan.for_s:
            return 0.0
        return self._plan.share
