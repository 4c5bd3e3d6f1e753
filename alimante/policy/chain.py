"""Judges every value of one channel, in one order; it must not wait, and no filter may work before the judgement."""

from dataclasses import dataclass
from typing import Final

from alimante.core.events import Quality
from alimante.policy.calibration import Point, correction
from alimante.policy.changes import Changes
from alimante.policy.filters import filters
from alimante.policy.noise import Noise
from alimante.policy.plausibility import is_number
from alimante.policy.stuck import Stuck
from hardware.api import Channel

STUCK: Final = "stuck"
IDENTICAL: Final = "identical"
NOISY: Final = "noisy"

NEAR_POWER_ON = 5.0
"""How near to a chip's power-on value the reading before must be for it to be believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All numbers that one channel is judged by, in its unit and in seconds; a limit of 0.0 asks nothing.

    `gap_s` without a value makes the channel begin anew. See `Changes`, `Noise`, `Stuck` and the filters.
    """

    offset: float = 0.0
    points: tuple[Point, ...] = ()
    beyond: float = 0.0
    low: float
    high: float
    most: float = 0.0
    within_s: float = 10.0
    jump: float = 0.0
    needed: int = 3
    noise_floor: float = 0.0
    noise_factor: float = 10.0
    stuck_after_s: float = 0.0
    grace_s: float = 300.0
    identical_after_s: float = 0.0
    sibling_moved_by: float = 0.0
    median_of: int = 1
    mean_of: int = 1
    gap_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Judged:
    """One value as it is to be told, how far it is to be trusted, and why not further.

    `value` is corrected and smoothed; of a bad one it is what the chip or the correction said, and None where that
    is no finite number.
    """

    value: float | None
    quality: Quality
    reasons: tuple[str, ...] = ()


class Chain:
    """The judge of one channel.

    The order: a finite number → within the chip's range → corrected → plausible → not the power-on value → not moved
    too fast → not stuck → not noisy → smoothed.
    """

    def __init__(self, channel: Channel, rules: Rules) -> None:
        self.channel = channel
        self.rules = rules
        self._unit = f" {channel.unit}" if channel.unit else ""
        self._correct = correction(offset=rules.offset, points=rules.points, beyond=rules.beyond)
        self._changes = (
            Changes(most=rules.most, within_s=rules.within_s, jump=rules.jump, needed=rules.needed)
            if rules.most or rules.jump
            else None
        )
        self._noise = Noise(floor=rules.noise_floor, factor=rules.noise_factor) if rules.noise_floor else None
        self.stuck = Stuck(
            stuck_after_s=rules.stuck_after_s, grace_s=rules.grace_s, identical_after_s=rules.identical_after_s
        )
        self._filters = filters(median_of=rules.median_of, mean_of=rules.mean_of)
        self._last_s: float | None = None
        self._good: float | None = None
        self.findings: tuple[str, ...] = ()
        """Which of `STUCK`, `IDENTICAL` and `NOISY` hold since the last value."""

    def judge(self, value: float, *, measured_s: float) -> Judged:
        """The worth of one `value`, measured at the monotonic time `measured_s`. Never raises."""
        if not is_number(value):
            return Judged(None, Quality.BAD, ("it is no finite number",))
        value = float(value)
        corrected, impossible = self._possible(value)
        if impossible:
            return Judged(corrected, Quality.BAD, (impossible,))
        if self._last_s is not None and measured_s < self._last_s:
            return Judged(corrected, Quality.BAD, ("it was measured before the last one",))
        if self._last_s is None or measured_s - self._last_s > self.rules.gap_s:
            self._begin_anew()
        if self._is_power_on(value):
            return Judged(corrected, Quality.BAD, (f"{value:g}{self._unit} is what the chip says after power-on",))
        self._last_s = measured_s
        quality, reasons = self._credible(corrected, measured_s)
        if quality is Quality.BAD:
            return Judged(corrected, quality, reasons)
        if quality is Quality.GOOD:
            self._good = value
        for each in self._filters:
            corrected = each.add(corrected)
        return Judged(corrected, quality, reasons)

    def _possible(self, value: float) -> tuple[float, str]:
        """The corrected value, and why it is none."""
        channel, rules = self.channel, self.rules
        if not channel.low <= value <= channel.high:
            return value, f"outside the chip's range {channel.low:g} to {channel.high:g}{self._unit}"
        if self._correct is not None:
            corrected = self._correct(value)
            if corrected is None or not is_number(corrected):
                return value, "too far outside of what it was calibrated for"
            value = corrected
        if not rules.low <= value <= rules.high:
            return value, f"not plausible: outside {rules.low:g} to {rules.high:g}{self._unit}"
        return value, ""

    def _is_power_on(self, value: float) -> bool:
        if value != self.channel.power_on:
            return False
        return self._good is None or abs(self._good - value) > NEAR_POWER_ON

    def _credible(self, value: float, at_s: float) -> tuple[Quality, tuple[str, ...]]:
        """Whether `value` can follow those before it; every memory sees it, whatever the others say."""
        quality, reasons, findings = Quality.GOOD, [], []
        if self._changes is not None:
            quality, moved = self._changes.judge(value, at_s)
            if moved:
                reasons.append(moved)
        stuck = self.stuck
        stuck.add(value, at_s)
        if stuck.is_stuck:
            findings.append(STUCK)
            reasons.append(f"the same for {stuck.same_s / 60:.0f} min although it should have moved")
        if stuck.is_identical:
            findings.append(IDENTICAL)
        if self._noise is not None and self._noise.add(value):
            findings.append(NOISY)
            reasons.append("much noisier than usual")
        self.findings = tuple(findings)
        if reasons and quality is Quality.GOOD:
            quality = Quality.SUSPECT
        return quality, tuple(reasons)

    def _begin_anew(self) -> None:
        self._good = None
        self.stuck.reset()
        if self._changes is not None:
            self._changes.reset()
        if self._noise is not None:
            self._noise.reset()
        for each in self._filters:
            each.reset()
