"""Samples of what is true and believed in a run, coarse enough to be kept and drawn; it must not judge them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from alimante.config.model import Config, Role
from alimante.safety.watch import ZoneBounds
from hardware.sim.truth import Truth

POINTS = 1200
"""How many samples a whole run has at most: about one for each pixel of a picture."""
SHORTEST_S = 5.0


@dataclass(slots=True)
class ZoneRange:
    """The extremes in one zone, and the sum for its mean temperature."""

    min_c: float
    max_c: float
    min_pct: float
    max_pct: float
    sum_c: float = 0.0
    samples: int = 0


@dataclass(slots=True)
class HeaterCurve:
    """What the supervisor knows of a heater's zone beside its limits, in °C; None where it knows nothing.

    `reading_c` is what the heater goes by, and `highest_c` the upper bound.
    """

    max_c: float
    harm_c: float
    reading_c: list[float | None] = field(default_factory=list)
    highest_c: list[float | None] = field(default_factory=list)


@dataclass(slots=True)
class Curves:
    """`at_s` are the times of the samples; what loads did, `duty`, is the mean since the sample before."""

    every_s: float
    at_s: list[float] = field(default_factory=list)
    temperature_c: dict[str, list[float]] = field(default_factory=dict)
    ambient_c: list[float] = field(default_factory=list)
    duty: dict[str, list[float]] = field(default_factory=dict)
    zones: dict[str, ZoneRange] = field(default_factory=dict)
    heaters: dict[str, HeaterCurve] = field(default_factory=dict)
    _on_s: dict[str, float] = field(default_factory=dict)

    def add(self, at_s: float, truth: Truth, bounds: Mapping[str, ZoneBounds] | None = None) -> None:
        """Take in the truth at `at_s` seconds after the start, and what a supervisor that runs knows of the zones."""
        span_s = at_s - self.at_s[-1] if self.at_s else 0.0
        self.at_s.append(at_s)
        self.ambient_c.append(truth.ambient_c)
        for name, zone in truth.zones.items():
            self.temperature_c.setdefault(name, []).append(zone.temperature_c)
            self._range(name, truth)
        for name, load in truth.loads.items():
            on_s = load.on_s - self._on_s.get(name, 0.0)
            self._on_s[name] = load.on_s
            self.duty.setdefault(name, []).append(min(on_s / span_s, 1.0) if span_s > 0 else 0.0)
        for name, heater in self.heaters.items():
            known = (bounds or {}).get(name)
            heater.reading_c.append(None if known is None else known.reading_c)
            heater.highest_c.append(None if known is None else known.highest_c)

    def _range(self, name: str, truth: Truth) -> None:
        zone = truth.zones[name]
        kept = self.zones.get(name)
        if kept is None:
            kept = self.zones[name] = ZoneRange(
                zone.lowest_c, zone.highest_c, min_pct=zone.humidity_pct, max_pct=zone.humidity_pct
            )
        kept.min_c, kept.max_c = zone.lowest_c, zone.highest_c
        kept.min_pct, kept.max_pct = min(kept.min_pct, zone.humidity_pct), max(kept.max_pct, zone.humidity_pct)
        kept.sum_c += zone.temperature_c
        kept.samples += 1


def heaters_of(config: Config) -> dict[str, HeaterCurve]:
    """An empty curve for each heater that has a limit."""
    return {
        name: HeaterCurve(max_c=limit.max_c, harm_c=limit.harmful_c)
        for name, device in config.devices.items()
        if device.role is Role.HEATER and (limit := device.output.limit) is not None
    }


def every_s(for_s: float) -> float:
    """How far apart the samples of a run of `for_s` seconds are."""
    return max(SHORTEST_S, for_s / POINTS)
