"""Sizes of the simulated enclosure and of what stands in it; it must not integrate anything.

The defaults are a 90 x 45 x 45 cm box of 18 mm plywood with a foam back and sliding glass, in a heated room, with a
60 W heater that can do harm: left on for good, it takes the warm half to about 50 °C.
"""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

STRICT: Final = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class ZoneSettings(BaseModel):
    """One part of the enclosure with one temperature and one humidity; the defaults are half of the box.

    `heat_capacity_j_per_k`: 0.11 kJ/K of air and about 2 kg of wood, cork and topsoil at 1.4 kJ/(kg·K) that follow the
        air within minutes; with 60 W it heats by 0.9 °C/min at 30 °C, near the 1 °C/min that FTTI assumes.
    `loss_w_per_k`: through the walls; 1.0 m² of outer surface at U = 1.2 W/(m²·K), 18 mm plywood with 20 mm of foam.
    `volume_m3`: 0.45 x 0.45 x 0.45 m.
    `air_changes_per_h`: two mesh strips and still air; 0.4 m³/h.
    `daylight_share`: of the room's daylight that gets in through the front.
    `glass_m2`: what the sun warms through the front, as an area across its beam: 0.2 m² of glass that lets 80 % of the
        heat in, with a sun that stands 60° off its normal. 500 W/m² are 40 W in the zone.
    `soil_capacity_g`: water that 10 litres of substrate hold at "100 %".
    `soil_start_pct`: at the start; moist, so that the box stands above the room's humidity.
    `evaporation_m3_per_h`: of saturated substrate; 0.2 m² at a mass transfer of 0.7 mm/s (still air over litter).
    `co2_ml_per_h`: a small lizard and some soil life.
    `start_c`: its temperature at the start; the room's when not given.
    """

    model_config = STRICT

    heat_capacity_j_per_k: float = Field(default=3000.0, ge=500.0)
    loss_w_per_k: float = Field(default=1.2, gt=0.0)
    volume_m3: float = Field(default=0.091, ge=0.001)
    air_changes_per_h: float = Field(default=5.0, gt=0.0)
    daylight_share: float = Field(default=0.2, ge=0.0, le=1.0)
    glass_m2: float = Field(default=0.08, ge=0.0, le=10.0)
    soil_capacity_g: float = Field(default=2000.0, gt=0.0)
    soil_start_pct: float = Field(default=40.0, ge=0.0, le=100.0)
    evaporation_m3_per_h: float = Field(default=0.5, ge=0.0)
    co2_ml_per_h: float = Field(default=30.0, ge=0.0)
    start_c: float | None = Field(default=None, ge=-40.0, le=80.0)


class AmbientSettings(BaseModel):
    """The room. Everything swings with the sun: warmest and brightest `peak_hour` hours after midnight.

    `mean_c`, `amplitude_c`: a heated living room, cooler at night. `season_c`: how much warmer than over the year it is
    in the middle of July, and colder in January; nothing usually. `humidity_pct`: at the mean temperature; the
    absolute humidity stays the same all day, as it does indoors. `co2_ppm`: outdoor air is at 420 (NOAA, 2023), a
    lived-in room above. `daylight_lux`: a bright room at noon, away from the window. `sun_w_per_m2`: what shines on the
    enclosure's glass when the sun is highest, every day; none usually. `pressure_hpa` swings by
    `pressure_amplitude_hpa` in `pressure_period_h`, the pace of passing highs and lows. `start_hour`, `start_day`: the
    hour of the day and the day of the year when the simulation starts; day 79 is the equinox in March.
    """

    model_config = STRICT

    mean_c: float = Field(default=21.0, ge=-40.0, le=60.0)
    amplitude_c: float = Field(default=2.0, ge=0.0, le=30.0)
    season_c: float = Field(default=0.0, ge=0.0, le=30.0)
    peak_hour: float = Field(default=14.0, ge=0.0, lt=24.0)
    start_hour: float = Field(default=8.0, ge=0.0, lt=24.0)
    start_day: int = Field(default=79, ge=1, le=365)
    humidity_pct: float = Field(default=45.0, ge=0.0, le=100.0)
    co2_ppm: float = Field(default=600.0, ge=0.0)
    daylight_lux: float = Field(default=500.0, ge=0.0)
    sun_w_per_m2: float = Field(default=0.0, ge=0.0, le=1400.0)
    pressure_hpa: float = Field(default=1013.25, ge=300.0, le=1100.0)
    pressure_amplitude_hpa: float = Field(default=8.0, ge=0.0, le=50.0)
    pressure_period_h: float = Field(default=130.0, gt=0.0)


class LoadSettings(BaseModel):
    """What an actuator does to its zone at full power.

    `heat_w` into the zone, negative for a cooler; `light_lux` on the zone's floor; `airflow_m3_per_h` exchanged with
    the room and, as much again, with each neighbouring zone; `water_g_per_s` out of the tank, of which
    `airborne_share` becomes vapour and the rest wets the soil.
    """

    model_config = STRICT

    heat_w: float = Field(default=0.0, ge=-200.0, le=1000.0)
    light_lux: float = Field(default=0.0, ge=0.0)
    airflow_m3_per_h: float = Field(default=0.0, ge=0.0)
    water_g_per_s: float = Field(default=0.0, ge=0.0)
    airborne_share: float = Field(default=0.0, ge=0.0, le=1.0)

    def times(self, multiple: float) -> "LoadSettings":
        """The same of a load that is so many times as strong."""
        scaled = ("heat_w", "light_lux", "airflow_m3_per_h", "water_g_per_s")
        return self.model_copy(update={name: getattr(self, name) * multiple for name in scaled})


ROLES: Final[dict[str, LoadSettings]] = {
    "heater": LoadSettings(heat_w=60.0),  # a ceramic emitter for this size of box
    "light": LoadSettings(heat_w=8.0, light_lux=6000.0),  # an LED bar
    "uvb": LoadSettings(heat_w=5.0, light_lux=500.0),  # a compact tube, of 8 W mostly heat inside
    "fan": LoadSettings(heat_w=1.0, airflow_m3_per_h=10.0),  # 80 mm, a third of its free flow through mesh
    "pump": LoadSettings(water_g_per_s=5.0),  # a small rain pump: large drops, all of it to the soil
    "mister": LoadSettings(water_g_per_s=1.0, airborne_share=0.1),  # one nozzle of 60 ml/min
    "fogger": LoadSettings(heat_w=2.0, water_g_per_s=0.08, airborne_share=0.9),  # ultrasonic, 300 ml/h
    "valve": LoadSettings(water_g_per_s=0.5),  # a dripper fed by gravity
    "cooler": LoadSettings(heat_w=-40.0),  # a Peltier block
    "feeder": LoadSettings(),  # counts strokes
    "cutoff": LoadSettings(),  # in series with the heaters
    "other": LoadSettings(),
}


class PlantSettings(BaseModel):
    """The whole terrarium, as the configuration's key `simulation` says it.

    `zones` stand in a row in the order given; a device without a zone stands in the first.
    `coupling_w_per_k` between neighbours is by moving air, and so mixes humidity too; 1.5 W/K is 4.5 m³/h, a draught
        of 6 mm/s through the middle.
    `element_lag_s`: heaters and lamps warm up themselves first; the time constant of a small ceramic element.
    `light_spill`: how much of a lamp's light reaches each other zone.
    `door_airflow_m3_per_h`: what each zone exchanges with the room while the door is open, one air change in 11 s.
    `tank_capacity_ml`, `float_ml`: the water, and where the float switch of its tank closes.
    `soc_rise_c`: the computer's chip over the room; a Pi 4 in a case, idle.
    `loads`: what differs from the role's load, by device id.
    `seed`: of all noise.
    """

    model_config = STRICT

    zones: dict[str, ZoneSettings] = Field(
        default_factory=lambda: {"warm": ZoneSettings(), "cool": ZoneSettings()}, min_length=1
    )
    ambient: AmbientSettings = AmbientSettings()
    loads: dict[str, LoadSettings] = {}
    seed: int = 1
    coupling_w_per_k: float = Field(default=1.5, ge=0.0)
    element_lag_s: float = Field(default=40.0, ge=1.0)
    light_spill: float = Field(default=0.3, ge=0.0, le=1.0)
    door_airflow_m3_per_h: float = Field(default=30.0, ge=0.0)
    tank_capacity_ml: float = Field(default=5000.0, ge=0.0)
    float_ml: float = Field(default=500.0, ge=0.0)
    soc_rise_c: float = Field(default=22.0, ge=0.0)

    def load(self, device_id: str, role: str) -> LoadSettings:
        """What the device does at full power; raises `KeyError` for an unknown role."""
        override = self.loads.get(device_id, LoadSettings())
        return ROLES[role].model_copy(update=override.model_dump(exclude_unset=True))
