"""Holds a temperature with as much heat as it takes; it must not act on a reading that is not believed.

The sum is the one of simple-pid, with the derivative taken of the measurement. It is told how much time has passed
and never looks at a clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Final

from simple_pid import PID

from alimante.control.autotune import Autotune
from alimante.control.controller import Demand, Look, Report
from alimante.control.drive import Drive
from alimante.control.gains import Gains
from alimante.control.setpoints import Setpoint
from alimante.control.time_proportion import TimeProportion, Timing
from alimante.core.events import Quality
from alimante.policy.belief import Belief

FORGET_S: Final = 60.0
"""After so long without a reading the last one says nothing about how fast the temperature changes."""

_AT_ONCE_S: Final = 1e-6
"""How much time a first reading stands for: simple-pid takes no zero."""


class Loop:
    """The control loop itself: temperatures in, a share of full power from 0 to `most` out.

    The integral stands still while the share is at an end and the error would push it further (conditional
    integration: K. J. Åström, T. Hägglund, PID Controllers, 2nd ed., ISA 1995, section 3.5), and while something
    else holds the share down.
    """

    def __init__(self, gains: Gains, *, most: float) -> None:
        self.gains = gains
        self.share = 0.0
        self._most = most
        self._pid = PID(sample_time=None, output_limits=(0.0, most), time_fn=lambda: 0.0)
        self._at_s: float | None = None
        self.retune(gains)

    @property
    def terms(self) -> dict[str, float]:
        """What the share is the sum of."""
        return dict(zip(("p", "i", "d"), self._pid.components, strict=True))

    @property
    def integral(self) -> float:
        """The share that the past has shown to be needed."""
        return float(self._pid.components[1])

    def retune(self, gains: Gains) -> None:
        """Use other gains from now on; what has been integrated stays."""
        self.gains = gains
        self._pid.tunings = (gains.gain, gains.gain / gains.integral_s, gains.gain * gains.derivative_s)

    def preset(self, integral: float) -> None:
        """Begin anew from an `integral`."""
        self._pid.auto_mode = False
        self._pid.set_auto_mode(True, last_output=integral)
        self._at_s = None

    def update(self, value_c: float, target_c: float, *, at_s: float, may_integrate: bool = True) -> float:
        """The share after a reading that was taken at `at_s`. The same reading again changes nothing."""
        if self._at_s is not None and at_s <= self._at_s:
            return self.share
        if self._at_s is not None and at_s - self._at_s > FORGET_S:
            self.preset(self.integral)
        passed_s = _AT_ONCE_S if self._at_s is None else at_s - self._at_s
        error_c = target_c - value_c
        is_at_end = (self.share >= self._most and error_c > 0.0) or (self.share <= 0.0 and error_c < 0.0)
        is_still = is_at_end or not may_integrate
        self._pid.Ki = 0.0 if is_still else self.gains.gain / self.gains.integral_s
        self._pid.setpoint = target_c
        self._at_s = at_s
        self.share = self._pid(value_c, dt=passed_s) or 0.0  # it is None in manual mode only
        return self.share


@dataclass(frozen=True, slots=True, kw_only=True)
class PidSettings:
    """What a `Pid` holds and how.

    `most` is the largest share of full power. `band_c` above the target there is no heat at all. `timing` is for a
    switch. `ceiling_c` is the limit of the heater; tuning ends one degree below it, and None forbids tuning.
    """

    sensor: str
    target: Setpoint
    gains: Gains
    most: float
    band_c: float
    timing: Timing
    ceiling_c: float | None
    tune_once: bool


class Pid:
    """One heater. A suspect reading may leave it as it is or turn it down, but never up."""

    def __init__(self, id: str, drive: Drive, settings: PidSettings) -> None:  # noqa: A002
        self.id = id
        self.outputs: tuple[str, ...] = (drive.output,)
        self.milestones = 0
        self._drive = drive
        self._settings = settings
        self._loop = Loop(settings.gains, most=settings.most)
        self._switch = TimeProportion(settings.timing)
        self._share = 0.0
        self._wants_tuning = settings.tune_once
        self._tuning: Autotune | None = None
        self._tuned = ""
        self._report: dict[str, Any] = {}

    def tune(self) -> str:
        """Find new gains, beginning at the next good reading; returns why not, or the empty text."""
        if self._settings.ceiling_c is None:
            return f"{self._drive.output} has no limit, and without one nothing is tried out on it"
        self._wants_tuning = True
        return ""

    def decide(self, look: Look) -> Sequence[Demand]:
        """See `Controller`."""
        settings = self._settings
        belief = look.believed(settings.sensor)
        target_c = settings.target.at(look.local)
        self._tend(belief, target_c, look.now_s)
        if belief.value is None:
            self._share = 0.0
            self._switch.turn_off(look.now_s)
            self._report = {"target": target_c, "measured": None, "reason": f"{settings.sensor} is not known"}
            return ()
        self._share, reason = self._wanted(belief, belief.value, target_c, look.now_s)
        value = self._value(look.now_s, may_rise=belief.quality is Quality.GOOD)
        reason = f"{belief.value:.2f} °C, target {target_c:.2f} °C: {reason}"
        self._report = {"target": target_c, "measured": belief.value, "demand": value, "reason": reason}
        return (Demand(output=self._drive.output, value=value, reason=reason, target=target_c),)

    def report(self) -> Report:
        """See `Controller`."""
        more = {"share": self._share, "terms": self._loop.terms, "gains": asdict(self._loop.gains)}
        return {**self._report, **more, "tuning": self._tuning.told if self._tuning is not None else self._tuned}

    def snapshot(self) -> dict[str, Any]:
        """See `Remembering`."""
        found = {"gains": asdict(self._loop.gains), "configured": asdict(self._settings.gains)}
        return {"integral": self._loop.integral, "tuned": self._tuned, **found}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """See `Remembering`. Found gains go on to be used until the configuration says others.

        An attempt that failed is not made again by itself.
        """
        integral, tuned = saved.get("integral"), saved.get("tuned")
        if isinstance(integral, (int, float)) and isfinite(integral):
            self._loop.preset(float(integral))
        if isinstance(tuned, str) and tuned and Gains.parsed(saved.get("configured")) == self._settings.gains:
            self._tuned, self._wants_tuning = tuned, False
            if (found := Gains.parsed(saved.get("gains"))) is not None:
                self._loop.retune(found)

    def _wanted(self, belief: Belief, value_c: float, target_c: float, now_s: float) -> tuple[float, str]:
        """The share of full power and why; what is not a good reading leaves it as it was or ends it."""
        if self._tuning is not None:
            return self._tuning.share, f"trying out how it answers: {self._tuning.told}"
        too_warm = value_c >= target_c + self._settings.band_c
        share = self._share
        if belief.quality is Quality.GOOD:
            at_s = now_s if belief.measured_s is None else belief.measured_s
            share = self._loop.update(value_c, target_c, at_s=at_s, may_integrate=not too_warm)
        return (0.0, "warm enough") if too_warm else (share, f"{share:.0%} of full power")

    def _value(self, now_s: float, *, may_rise: bool) -> float:
        """The value of the output for the share."""
        if not self._drive.is_switch:
            return self._drive.value(self._share)
        if self._share <= 0.0:
            self._switch.turn_off(now_s)
        return self._drive.value(float(self._switch.switch(self._share, now_s, may_rise=may_rise)))

    def _tend(self, belief: Belief, target_c: float, now_s: float) -> None:
        """Begin, continue or end trying out."""
        settings = self._settings
        is_good = belief.quality is Quality.GOOD and belief.value is not None
        if self._wants_tuning and self._tuning is None and is_good and settings.ceiling_c is not None:
            self._wants_tuning = False
            self._tuning = Autotune(target_c, most=settings.most, ceiling_c=settings.ceiling_c, timing=settings.timing)
        if self._tuning is None:
            return
        self._tuning.step(belief.value if is_good else None, now_s)
        if self._tuning.is_over:
            self._tuned = self._tuning.told
            if self._tuning.found is not None:
                self._loop.retune(self._tuning.found)
                self._loop.preset(self._tuning.mean_share)
            self._tuning = None
            self.milestones += 1
