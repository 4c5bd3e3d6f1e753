"""One zone's heat, vapour and gas over one substep of constant inputs; it must not know loads, time or devices.

Every law here is a first-order relaxation, solved exactly for inputs that stay constant over the substep. A step is
split (Strang: half of the exchange between zones, the zones alone, the other half), so that it stays bounded at any
length and its error falls with the square of the length.

Left out: the latent heat of evaporating water. It only ever cools, so the simulated box errs on the hot side.
"""

from dataclasses import dataclass
from math import exp, expm1, nan
from typing import Final

from hardware.sim.room import Room, saturation_g_per_m3
from hardware.sim.settings import ZoneSettings

AIR_J_PER_M3_K: Final = 1206.0
"""Heat capacity of air: 1.2 kg/m³ x 1005 J/(kg·K), at 20 °C and sea level."""


@dataclass(slots=True, kw_only=True)
class Inputs:
    """What acts on one zone; `airflow_m3_per_s` is all that it exchanges with the room, the fans' share included."""

    heat_w: float = 0.0
    light_lux: float = 0.0
    fan_m3_per_s: float = 0.0
    airflow_m3_per_s: float = 0.0
    vapour_g_per_s: float = 0.0
    rain_g_per_s: float = 0.0


class Zone:
    """The state of one zone, and its laws. `inputs` is set from outside; the state may be read at any time."""

    __slots__ = (
        "_co2_ml_per_s", "_co2_surplus_ppm", "_flux_gone", "_flux_mean", "_flux_w", "_gas_kept", "_glass_m2",
        "_heat_kept", "_loss_w_per_k", "_paced_inputs", "_paced_s", "_soil_capacity_g", "_wet_m3_per_s_g",
        "capacity_j_per_k", "co2_ppm", "highest_c", "inputs", "loss_w_per_k", "lowest_c", "settings",
        "shine_w_per_m2", "soil_g", "temperature_c", "vapour_g_per_m3", "volume_m3",
    )  # fmt: skip

    def __init__(self, settings: ZoneSettings, room: Room) -> None:
        self.settings = settings
        self.capacity_j_per_k = settings.heat_capacity_j_per_k
        self.loss_w_per_k = settings.loss_w_per_k
        self.volume_m3 = settings.volume_m3
        start_c = room.temperature_c if settings.start_c is None else settings.start_c
        self.temperature_c = self.lowest_c = self.highest_c = start_c
        self.vapour_g_per_m3 = room.vapour_g_per_m3
        self.co2_ppm = room.co2_ppm
        self.soil_g = settings.soil_capacity_g * settings.soil_start_pct / 100.0
        self.inputs = Inputs()
        self._paced_inputs: Inputs | None = None
        self._paced_s = nan
        self._flux_w = 0.0
        self.shine_w_per_m2 = 0.0
        """The sun on its glass beside that of every day."""
        self._glass_m2 = settings.glass_m2
        self._soil_capacity_g = settings.soil_capacity_g
        self._wet_m3_per_s_g = settings.evaporation_m3_per_h / 3600.0 / settings.soil_capacity_g
        self._co2_ml_per_s = settings.co2_ml_per_h / 3600.0  # 1 ml in 1 m³ is 1 ppm

    @property
    def humidity_pct(self) -> float:
        """Relative humidity, 0 to 100."""
        return min(100.0 * self.vapour_g_per_m3 / saturation_g_per_m3(self.temperature_c), 100.0)

    @property
    def soil_pct(self) -> float:
        """How much of its water capacity the substrate holds."""
        return 100.0 * self.soil_g / self._soil_capacity_g

    def relax(self, step_s: float, room: Room, *, element_lag_s: float, watered: float) -> None:
        """Advance this zone alone; `watered` is the share of the step for which the tank still gave water."""
        inputs = self.inputs
        if inputs is not self._paced_inputs or step_s != self._paced_s:
            self._pace(step_s, element_lag_s)
        # The heating elements' own warmth: their flux follows the power with one time constant.
        heat_w = inputs.heat_w
        surplus_w = self._flux_w - heat_w
        self._flux_w -= surplus_w * self._flux_gone
        # Heat.
        sun_w = (room.sun_w_per_m2 + self.shine_w_per_m2) * self._glass_m2
        goal_c = room.temperature_c + (heat_w + surplus_w * self._flux_mean + sun_w) / self._loss_w_per_k
        now_c = goal_c + (self.temperature_c - goal_c) * self._heat_kept
        self.temperature_c = now_c
        # Carbon dioxide.
        goal_ppm = room.co2_ppm + self._co2_surplus_ppm
        self.co2_ppm = goal_ppm + (self.co2_ppm - goal_ppm) * self._gas_kept
        self._breathe(step_s, room, saturation_g_per_m3(now_c), watered)

    def _pace(self, step_s: float, element_lag_s: float) -> None:
        """Work out what depends on nothing but the inputs and the length of a step: most are like the one before."""
        self._paced_inputs, self._paced_s = self.inputs, step_s
        flow = self.inputs.airflow_m3_per_s
        self._flux_gone = -expm1(-step_s / element_lag_s)
        self._flux_mean = self._flux_gone * element_lag_s / step_s
        self._loss_w_per_k = self.loss_w_per_k + AIR_J_PER_M3_K * flow
        self._heat_kept = exp(-self._loss_w_per_k * step_s / self.capacity_j_per_k)
        self._co2_surplus_ppm = self._co2_ml_per_s / flow
        self._gas_kept = exp(-flow * step_s / self.volume_m3)

    def _breathe(self, step_s: float, room: Room, saturation: float, watered: float) -> None:
        """Vapour from the mist and from the wet soil, to the room and, where the air is full, back to the soil."""
        inputs = self.inputs
        flow, volume_m3, soil_g = inputs.airflow_m3_per_s, self.volume_m3, self.soil_g
        wet = self._wet_m3_per_s_g * soil_g
        rate = flow + wet
        goal = (flow * room.vapour_g_per_m3 + wet * saturation + inputs.vapour_g_per_s * watered) / rate
        gone = -expm1(-rate * step_s / volume_m3)
        surplus = self.vapour_g_per_m3 - goal
        mean = goal + surplus * gone * volume_m3 / (rate * step_s)
        vapour = self.vapour_g_per_m3 - surplus * gone
        soil_g += (inputs.rain_g_per_s * watered - wet * (saturation - mean)) * step_s
        if vapour > saturation:
            soil_g += (vapour - saturation) * volume_m3
            vapour = saturation
        self.vapour_g_per_m3 = vapour
        self.soil_g = 0.0 if soil_g < 0.0 else soil_g if soil_g < self._soil_capacity_g else self._soil_capacity_g

    def remember(self) -> None:
        """Note the extremes of the temperature."""
        if self.temperature_c > self.highest_c:
            self.highest_c = self.temperature_c
        elif self.temperature_c < self.lowest_c:
            self.lowest_c = self.temperature_c


class Passage:
    """The air that two neighbouring zones exchange; it conserves heat, vapour and gas."""

    __slots__ = ("_flow_m3_per_s", "_heat_one", "_heat_other", "_mixed_m3", "_one", "_other", "_paced_s")

    def __init__(self, one: Zone, other: Zone) -> None:
        self._one, self._other = one, other
        self._flow_m3_per_s = 0.0
        self._pace(1.0)

    def renew(self, still_m3_per_s: float) -> None:
        """Take over the zones' inputs: their fans stir what flows in still air."""
        self._flow_m3_per_s = still_m3_per_s + self._one.inputs.fan_m3_per_s + self._other.inputs.fan_m3_per_s
        self._paced_s = nan

    def exchange(self, step_s: float) -> None:
        """Let the two zones mix for `step_s`, each with nothing else going on."""
        if step_s != self._paced_s:
            self._pace(step_s)
        one, other, mixed_m3 = self._one, self._other, self._mixed_m3
        warmer_c = one.temperature_c - other.temperature_c
        one.temperature_c -= warmer_c * self._heat_one
        other.temperature_c += warmer_c * self._heat_other
        vapour_g = (one.vapour_g_per_m3 - other.vapour_g_per_m3) * mixed_m3
        one.vapour_g_per_m3 -= vapour_g / one.volume_m3
        other.vapour_g_per_m3 += vapour_g / other.volume_m3
        gas_ml = (one.co2_ppm - other.co2_ppm) * mixed_m3
        one.co2_ppm -= gas_ml / one.volume_m3
        other.co2_ppm += gas_ml / other.volume_m3

    def _pace(self, step_s: float) -> None:
        """Work out what depends on nothing but the flow and the length of a step: most are like the one before."""
        self._paced_s = step_s
        one, other = self._one, self._other
        volume = 1.0 / one.volume_m3 + 1.0 / other.volume_m3
        self._mixed_m3 = -expm1(-self._flow_m3_per_s * step_s * volume) / volume
        heat = 1.0 / one.capacity_j_per_k + 1.0 / other.capacity_j_per_k
        mixed_j_per_k = -expm1(-AIR_J_PER_M3_K * self._flow_m3_per_s * step_s * heat) / heat
        self._heat_one = mixed_j_per_k / one.capacity_j_per_k
        self._heat_other = mixed_j_per_k / other.capacity_j_per_k
