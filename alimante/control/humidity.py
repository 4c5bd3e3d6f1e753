"""Mists when it is too dry and airs when it is too damp; it must not do both at once or mist from an empty tank.

Mist needs minutes to spread to the sensor, so it comes in pulses with pauses, and never continuously.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from alimante.control.controller import Demand, Look, Report
from alimante.control.drive import Drive
from alimante.control.setpoints import Setpoint
from alimante.core.events import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Misting:
    """What wets below `low` (in % of relative humidity), and the full name of the tank's float switch, if any."""

    drive: Drive
    low: Setpoint
    pulse_s: float
    pause_s: float
    tank: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Airing:
    """What airs above `high` (in % of relative humidity) until `hysteresis_pct` below it."""

    drive: Drive
    high: Setpoint
    hysteresis_pct: float
    share: float


class Humidity:
    """A suspect reading starts nothing: what runs may go on to its end. Without a reading nothing is demanded."""

    def __init__(self, id: str, *, sensor: str, misting: Misting | None, airing: Airing | None) -> None:  # noqa: A002
        self.id = id
        self.outputs = tuple(part.drive.output for part in (misting, airing) if part is not None)
        self._sensor = sensor
        self._misting = misting
        self._airing = airing
        self._pulse_since_s: float | None = None
        self._pulse_ended_s = -inf
        self._is_airing = False
        self._report: dict[str, Any] = {}

    def decide(self, look: Look) -> Sequence[Demand]:
        """See `Controller`."""
        belief = look.believed(self._sensor)
        self._report = {"measured": belief.value, "targets": {}, "demands": {}}
        if belief.value is None:
            self._end_pulse(look.now_s)
            self._is_airing = False
            self._report["reason"] = f"{self._sensor} is not known"
            return ()
        demands = []
        may_start = belief.quality is Quality.GOOD
        if self._airing is not None:
            demands.append(self._air(self._airing, belief.value, look, may_start=may_start))
        if self._misting is not None:
            demands.append(self._mist(self._misting, belief.value, look, may_start=may_start))
        return demands

    def report(self) -> Report:
        """See `Controller`."""
        return self._report

    def _air(self, airing: Airing, value_pct: float, look: Look, *, may_start: bool) -> Demand:
        high_pct = airing.high.at(look.local)
        was_airing = self._is_airing
        is_wanted = value_pct > high_pct - (airing.hysteresis_pct if was_airing else 0.0)
        self._is_airing = is_wanted and (was_airing or may_start)
        reason = f"{value_pct:.1f} %, airs above {high_pct:g} %"
        return self._told(airing.drive, airing.share if self._is_airing else 0.0, high_pct, reason)

    def _mist(self, misting: Misting, value_pct: float, look: Look, *, may_start: bool) -> Demand:
        low_pct = misting.low.at(look.local)
        dry = self._dryness(misting, look)
        lasted_s = 0.0 if self._pulse_since_s is None else look.now_s - self._pulse_since_s
        if dry or self._is_airing or lasted_s >= misting.pulse_s:
            self._end_pulse(look.now_s)
        elif self._pulse_since_s is None and may_start and value_pct < low_pct and self._has_spread(misting, look):
            self._pulse_since_s = look.now_s
        reason = dry or f"{value_pct:.1f} %, mists below {low_pct:g} %"
        return self._told(misting.drive, float(self._pulse_since_s is not None), low_pct, reason)

    def _has_spread(self, misting: Misting, look: Look) -> bool:
        return look.now_s - self._pulse_ended_s >= misting.pause_s

    @staticmethod
    def _dryness(misting: Misting, look: Look) -> str:
        """Why there may be no water; a pump that runs dry breaks."""
        if misting.tank is None:
            return ""
        level = look.believed(misting.tank)
        if level.value is None or level.quality is not Quality.GOOD:
            return f"no mist: it is not known whether there is water ({misting.tank})"
        return "" if level.value >= 0.5 else f"no mist: the water tank is empty ({misting.tank})"

    def _end_pulse(self, now_s: float) -> None:
        if self._pulse_since_s is not None:
            self._pulse_since_s, self._pulse_ended_s = None, now_s

    def _told(self, drive: Drive, share: float, target_pct: float, reason: str) -> Demand:
        self._report["targets"][drive.output] = target_pct
        self._report["demands"][drive.output] = share
        self._report["reason"] = reason
        return Demand(output=drive.output, value=drive.value(share), reason=reason)
