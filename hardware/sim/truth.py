"""What is true in the simulated enclosure at one moment; it must not change when the enclosure does."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneTruth:
    """What is true in one zone; the extremes are since the start."""

    temperature_c: float
    humidity_pct: float
    light_lux: float
    co2_ppm: float
    soil_pct: float
    lowest_c: float
    highest_c: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTruth:
    """What one load does and has done since the start.

    `commanded` is what its wire last asked for, `fraction` (0 to 1) what it does: they differ when it is stuck or cut
    off. `heat_w` is its true heat now and `energy_j` the sum of it. `on_s`, `longest_on_s` and `cycles` count
    `fraction` > 0. `strokes` counts full strokes, out after home: a feeder's servings.
    """

    role: str
    zone: str | None
    commanded: float
    stuck: float | None
    fraction: float
    heat_w: float
    energy_j: float
    on_s: float
    longest_on_s: float
    cycles: int
    strokes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Everything that is true at `at_s` on the injected clock."""

    at_s: float
    ambient_c: float
    tank_ml: float
    door_open: bool
    zones: Mapping[str, ZoneTruth]
    loads: Mapping[str, LoadTruth]
