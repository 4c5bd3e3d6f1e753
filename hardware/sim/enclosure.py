"""The zones in their room, with tank and door, stepped under constant inputs; it must not know locks or clocks."""

from collections.abc import Mapping
from itertools import pairwise
from math import ceil, prod
from typing import Final

from hardware.sim.load import Load
from hardware.sim.room import Room
from hardware.sim.settings import PlantSettings
from hardware.sim.truth import ZoneTruth
from hardware.sim.zone import AIR_J_PER_M3_K, Inputs, Passage, Zone

LONGEST_STEP_S: Final = 30.0
"""The bound of a substep: half a degree at full power, and far below the minutes in which the room changes."""
WATERING_STEP_S: Final = 5.0
"""The bound while water runs: mist and what condenses of it race each other."""


class Enclosure:
    """Everything starts in balance with the room, with a full tank and a closed door.

    After `door_open` was changed `renew` must follow, and `renew_load` after a load was.
    """

    def __init__(self, settings: PlantSettings, *, start_s: float) -> None:
        self.settings = settings
        self.room = Room(settings.ambient, start_s=start_s)
        self.zones: Mapping[str, Zone] = {name: Zone(zone, self.room) for name, zone in settings.zones.items()}
        self.tank_ml = settings.tank_capacity_ml
        self.door_open = False
        self._all = tuple(self.zones.values())
        self._passages = tuple(Passage(one, other) for one, other in pairwise(self._all))
        self._draught_g_per_s = 0.0
        self._loads: list[Load] = []
        self.renew(start_s)

    @property
    def is_watering(self) -> bool:
        """Whether water is drawn out of the tank now."""
        return self._draught_g_per_s > 0.0

    def add(self, load: Load) -> None:
        """Put an actuator in; `renew` must follow."""
        self._loads.append(load)

    def settle(self, at_s: float) -> None:
        """Let every load write down what it did up to `at_s`."""
        for load in self._loads:
            load.settle(at_s)

    def run(self, from_s: float, to_s: float) -> None:
        """Advance everything, in equal substeps."""
        watering = self._draught_g_per_s > 0.0 and self.tank_ml > 0.0
        count = ceil((to_s - from_s) / (WATERING_STEP_S if watering else LONGEST_STEP_S))
        step_s = (to_s - from_s) / count
        for number in range(count):
            self.room.at(from_s + (number + 0.5) * step_s)
            self._step(step_s)
        self.room.at(to_s)

    def renew(self, at_s: float) -> None:
        """Work out what each load does from `at_s` on, and what that does to each zone."""
        for load in self._loads:
            self._run(load, at_s)
        for name in self.zones:
            self._renew_zone(name)
        self._renew_between()

    def renew_load(self, load: Load, at_s: float) -> None:
        """The same where only `load` was changed."""
        if load.role == "cutoff":
            self.renew(at_s)
            return
        self._run(load, at_s)
        if not load.is_inert and load.zone is not None:
            self._renew_zone(load.zone)
            self._renew_between()

    def _run(self, load: Load, at_s: float) -> None:
        load.settle(at_s)
        load.run(load.contact * (self._powered(load) if load.role == "heater" else 1.0))

    def _renew_zone(self, name: str) -> None:
        self.zones[name].inputs = self._inputs(self.zones[name], self._running(name))

    def _renew_between(self) -> None:
        """What more than one zone has to do with: the air between them and the tank."""
        for passage in self._passages:
            passage.renew(self.settings.coupling_w_per_k / AIR_J_PER_M3_K)
        self._draught_g_per_s = sum(load.settings.water_g_per_s * load.fraction for load in self._loads)

    def _running(self, zone: str) -> list[Load]:
        return [load for load in self._loads if load.fraction and load.zone == zone and not load.is_inert]

    def light_lux(self, zone: Zone) -> float:
        """The zone's lamps, what spills over from the others, and daylight."""
        others = sum(other.inputs.light_lux for other in self._all) - zone.inputs.light_lux
        daylight = self.room.daylight_lux * zone.settings.daylight_share
        return zone.inputs.light_lux + self.settings.light_spill * others + daylight

    def truth(self, zone: Zone) -> ZoneTruth:
        """What is true in `zone` now."""
        return ZoneTruth(
            temperature_c=zone.temperature_c,
            humidity_pct=zone.humidity_pct,
            light_lux=self.light_lux(zone),
            co2_ppm=zone.co2_ppm,
            soil_pct=zone.soil_pct,
            lowest_c=zone.lowest_c,
            highest_c=zone.highest_c,
        )

    def _powered(self, heater: Load) -> float:
        """Cutoffs stand in series with the heaters: one that is open takes their power."""
        return prod(cut.contact for cut in self._loads if cut.role == "cutoff" and cut.zone in (None, heater.zone))

    def _inputs(self, zone: Zone, loads: list[Load]) -> Inputs:
        inputs = Inputs()
        for load in loads:
            full, fraction = load.settings, load.fraction
            inputs.heat_w += full.heat_w * fraction
            inputs.light_lux += full.light_lux * fraction
            inputs.fan_m3_per_s += full.airflow_m3_per_h / 3600.0 * fraction
            inputs.vapour_g_per_s += full.water_g_per_s * full.airborne_share * fraction
            inputs.rain_g_per_s += full.water_g_per_s * (1.0 - full.airborne_share) * fraction
        draught_m3_per_h = zone.settings.air_changes_per_h * zone.volume_m3
        if self.door_open:
            draught_m3_per_h += self.settings.door_airflow_m3_per_h
        inputs.airflow_m3_per_s = draught_m3_per_h / 3600.0 + inputs.fan_m3_per_s
        return inputs

    def _step(self, step_s: float) -> None:
        lag_s = self.settings.element_lag_s
        watered = self._draw(step_s) if self._draught_g_per_s else 0.0
        for passage in self._passages:
            passage.exchange(step_s / 2.0)
        for zone in self._all:
            zone.relax(step_s, self.room, element_lag_s=lag_s, watered=watered)
        for passage in reversed(self._passages):
            passage.exchange(step_s / 2.0)
        for zone in self._all:
            zone.remember()

    def _draw(self, step_s: float) -> float:
        """Take a step's water out of the tank; returns the share of the step for which it lasted."""
        wanted_ml = self._draught_g_per_s * step_s
        if wanted_ml <= self.tank_ml:
            self.tank_ml -= wanted_ml
            return 1.0
        share = self.tank_ml / wanted_ml
        self.tank_ml = 0.0
        return share
