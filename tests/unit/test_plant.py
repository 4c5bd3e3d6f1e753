"""The simulated physics, against sums that can be done by hand."""

from itertools import count, pairwise
from math import exp
from threading import Thread
from time import sleep

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from hardware.sim.plant import QUANTITIES, Plant, UnknownRole, UnknownZone
from hardware.sim.room import EDGE_S, WARMEST_DAY, saturation_g_per_m3
from hardware.sim.settings import ROLES, AmbientSettings, LoadSettings, PlantSettings, ZoneSettings
from hardware.sim.zone import AIR_J_PER_M3_K

HOUR_S = 3600.0
STILL = AmbientSettings(amplitude_c=0.0)


class Rig:
    """A plant and the hand on its clock; all roles are there, named like themselves, in the first zone."""

    def __init__(self, config: PlantSettings | None = None, *, start_s: float = 1000.0) -> None:
        self.time_s = start_s
        self.plant = Plant(config or PlantSettings(ambient=STILL), now=lambda: self.time_s)
        for role in ROLES:
            if role != "cutoff":
                self.plant.add_load(role, role=role)

    def run(self, span_s: float, *, step_s: float | None = None) -> None:
        for _ in range(round(span_s / step_s) if step_s else 1):
            self.time_s += step_s or span_s
            self.plant.advance()

    def temperature_c(self, zone: str = "warm") -> float:
        return self.plant.sense(zone, "temperature")

    def humidity_pct(self, zone: str = "warm") -> float:
        return self.plant.sense(zone, "humidity")


def test_before_any_time_passes_everything_is_as_in_the_room():
    rig = Rig()
    truth = rig.plant.truth()
    assert {zone.temperature_c for zone in truth.zones.values()} == {21.0}
    assert [zone.humidity_pct for zone in truth.zones.values()] == pytest.approx([45.0, 45.0])
    assert all(load.fraction == 0.0 and load.energy_j == 0.0 for load in truth.loads.values())
    for zone in ("warm", "cool"):
        for quantity in QUANTITIES:
            assert isinstance(rig.plant.sense(zone, quantity), float)


@pytest.mark.parametrize(
    ("temperature_c", "vapour_pa"), [(0.0, 611.2), (20.0, 2339.0), (30.0, 4247.0), (50.0, 12352.0)]
)
def test_saturation_agrees_with_the_steam_tables(temperature_c, vapour_pa):
    # IAPWS vapour pressures and the gas law; the Magnus formula is good for some tenths of a percent.
    expected = 1000.0 * vapour_pa / (461.5 * (temperature_c + 273.15))
    assert saturation_g_per_m3(temperature_c) == pytest.approx(expected, rel=0.004)


# Heat.


def test_a_heater_left_on_reaches_the_equilibrium_of_the_heat_balance():
    rig = Rig()
    rig.plant.act("heater", 1.0)
    rig.run(24 * HOUR_S)
    loss = 1.2 + AIR_J_PER_M3_K * 5.0 * 0.091 / HOUR_S
    through_cool = 1.5 * loss / (1.5 + loss)  # the passage and the cool half's loss in series
    warm_c = 21.0 + 60.0 / (loss + through_cool)
    assert rig.temperature_c("warm") == pytest.approx(warm_c, abs=0.01)
    assert rig.temperature_c("cool") == pytest.approx(21.0 + (warm_c - 21.0) * 1.5 / (1.5 + loss), abs=0.01)


def test_all_heat_that_goes_in_is_in_the_box_or_has_left_it():
    lossless = ZoneSettings(loss_w_per_k=1e-9, air_changes_per_h=1e-9)
    rig = Rig(PlantSettings(ambient=STILL, zones={"warm": lossless, "middle": lossless, "cool": lossless}))
    rig.plant.act("heater", 0.5)
    rig.run(1800.0)
    rig.plant.act("heater", 0.0)
    rig.run(HOUR_S)
    truth = rig.plant.truth()
    stored_j = sum(3000.0 * (zone.temperature_c - 21.0) for zone in truth.zones.values())
    assert truth.loads["heater"].energy_j == pytest.approx(0.5 * 60.0 * 1800.0)
    assert stored_j == pytest.approx(truth.loads["heater"].energy_j, rel=1e-6)


def test_a_welded_heater_does_harm():
    rig = Rig()
    rig.plant.loads["heater"].stuck = 1.0
    rig.plant.act("heater", 0.0)
    rig.run(2 * HOUR_S)
    truth = rig.plant.truth()
    assert truth.zones["warm"].temperature_c > 45.0
    assert truth.zones["warm"].highest_c == truth.zones["warm"].temperature_c
    assert (truth.loads["heater"].commanded, truth.loads["heater"].heat_w) == (0.0, 60.0)


def test_a_burnt_out_heater_gives_nothing_and_a_repaired_one_obeys_again():
    rig = Rig()
    rig.plant.loads["heater"].stuck = 0.0
    rig.plant.act("heater", 1.0)
    rig.run(HOUR_S)
    assert rig.temperature_c() == pytest.approx(21.0)
    rig.plant.loads["heater"].stuck = None
    rig.run(HOUR_S)
    assert rig.temperature_c() > 40.0


def test_a_fault_counts_from_its_moment_and_not_from_the_last_look():
    rig = Rig()
    rig.time_s += 100.0
    rig.plant.loads["heater"].stuck = 1.0
    rig.time_s += 50.0
    assert rig.plant.truth().loads["heater"].energy_j == pytest.approx(50.0 * 60.0)


def test_the_air_warms_steadily_after_a_dead_time_and_slower_than_a_degree_and_a_half_per_minute():
    rig = Rig()
    rig.plant.act("heater", 1.0)
    seen_c = [rig.temperature_c()]
    for _ in range(120):
        rig.run(10.0)
        seen_c.append(rig.temperature_c())
    rises_c = [later - before for before, later in pairwise(seen_c)]
    assert all(rise > 0.0 for rise in rises_c)
    assert rises_c[0] < 0.2 * max(rises_c)
    assert max(rises_c) < 1.5 / 6.0


def test_the_element_goes_on_heating_for_a_while_after_it_was_switched_off():
    rig = Rig()
    rig.plant.act("heater", 1.0)
    rig.run(600.0)
    rig.plant.act("heater", 0.0)
    at_off_c = rig.temperature_c()
    rig.run(20.0)
    assert rig.temperature_c() > at_off_c + 0.1


def test_without_heat_the_box_falls_back_to_the_room():
    rig = Rig()
    rig.plant.act("heater", 1.0)
    rig.run(2 * HOUR_S)
    rig.plant.act("heater", 0.0)
    rig.run(12 * HOUR_S)
    assert rig.temperature_c("warm") == pytest.approx(21.0, abs=0.01)
    assert rig.temperature_c("cool") == pytest.approx(21.0, abs=0.01)


def test_the_extremes_are_remembered():
    rig = Rig()
    rig.plant.act("heater", 1.0)
    rig.run(HOUR_S)
    peak_c = rig.temperature_c()
    rig.plant.act("heater", 0.0)
    rig.plant.act("cooler", 1.0)
    rig.run(6 * HOUR_S)
    zone = rig.plant.truth().zones["warm"]
    assert zone.highest_c == pytest.approx(peak_c, abs=1.0)
    assert zone.lowest_c == pytest.approx(zone.temperature_c)
    assert zone.lowest_c < 10.0


def test_how_often_one_looks_changes_nothing():
    ends = []
    for step_s in (1.0, 7.5, HOUR_S / 4):
        rig = Rig(PlantSettings())
        for act, fraction in (("heater", 1.0), ("fan", 1.0), ("heater", 0.0), ("mister", 1.0)):
            rig.plant.act(act, fraction)
            rig.run(HOUR_S / 4, step_s=step_s)
        ends.append(rig.plant.truth())
    for zone in ("warm", "cool"):
        for other in ends[1:]:
            assert other.zones[zone].temperature_c == pytest.approx(ends[0].zones[zone].temperature_c, abs=0.02)
            assert other.zones[zone].humidity_pct == pytest.approx(ends[0].zones[zone].humidity_pct, abs=0.5)


def test_the_room_swings_once_a_day_and_takes_the_box_along():
    rig = Rig(PlantSettings(ambient=AmbientSettings(mean_c=20.0, amplitude_c=5.0, start_hour=14.0)))
    assert rig.plant.sense("warm", "ambient_temperature") == pytest.approx(25.0)
    rig.run(12 * HOUR_S)
    assert rig.plant.sense("warm", "ambient_temperature") == pytest.approx(15.0)
    rig.run(12 * HOUR_S)
    zone = rig.plant.truth().zones["warm"]
    assert zone.lowest_c < 16.0 < 24.0 < zone.highest_c + 1.0


def test_the_room_is_warmest_in_july_and_coldest_in_january_by_the_day_on_which_it_starts():
    room = {"mean_c": 20.0, "amplitude_c": 0.0, "season_c": 4.0}
    for start_day, warmer_c in ((WARMEST_DAY, 4.0), (WARMEST_DAY - 183, -4.0), (WARMEST_DAY - 91, 0.0)):
        rig = Rig(PlantSettings(ambient=AmbientSettings(**room, start_day=start_day)))
        assert rig.plant.sense("warm", "ambient_temperature") == pytest.approx(20.0 + warmer_c, abs=0.05)
    rig.run(91 * 24 * HOUR_S)
    assert rig.plant.sense("warm", "ambient_temperature") == pytest.approx(24.0, abs=0.05)


def test_the_heating_at_hand_is_in_the_order_of_the_assumed_margin():
    # FTTI: 4 °C of margin must last about 240 s at the set point.
    rig = Rig()
    rig.plant.act("heater", 1.0)
    while rig.temperature_c() < 30.0:
        rig.run(1.0)
    before_c = rig.temperature_c()
    rig.run(240.0)
    assert rig.temperature_c() - before_c < 4.0


def test_a_fan_cools_a_warm_box_and_brings_the_halves_together():
    rig = Rig()
    rig.plant.act("heater", 1.0)
    rig.run(2 * HOUR_S)
    before_c, before_gap_c = rig.temperature_c(), rig.temperature_c("warm") - rig.temperature_c("cool")
    rig.plant.act("fan", 1.0)
    rig.run(HOUR_S)
    assert rig.temperature_c() < before_c - 5.0
    assert rig.temperature_c("warm") - rig.temperature_c("cool") < before_gap_c


def test_an_open_door_lets_the_heat_out():
    rig = Rig()
    rig.plant.act("heater", 1.0)
    rig.run(2 * HOUR_S)
    rig.plant.door_open = True
    rig.run(HOUR_S)
    assert rig.temperature_c() < 30.0
    assert rig.plant.sense("warm", "contact") == 0.0
    rig.plant.door_open = False
    assert rig.plant.sense("warm", "contact") == 1.0


# The cutoff in series.


def cut_rig(zone: str | None) -> Rig:
    rig = Rig()
    rig.plant.add_load("cool_heater", role="heater", zone="cool")
    rig.plant.add_load("cutoff", role="cutoff", zone=zone)
    rig.plant.act("heater", 1.0)
    rig.plant.act("cool_heater", 1.0)
    return rig


def test_a_room_that_becomes_colder_does_so_within_minutes_and_comes_back_alike():
    rig = Rig()
    rig.run(600.0)
    end = rig.plant.step_room(-8.0)
    for span_s, reached in ((EDGE_S, 1.0 - exp(-1.0)), (EDGE_S, 1.0 - exp(-2.0)), (HOUR_S, 1.0)):
        rig.run(span_s)
        assert rig.plant.truth().ambient_c == pytest.approx(21.0 - 8.0 * reached, abs=0.01)
    rig.run(6 * HOUR_S)
    assert rig.temperature_c() == pytest.approx(13.0, abs=0.1)
    end()
    rig.run(EDGE_S)
    assert rig.plant.truth().ambient_c == pytest.approx(21.0 - 8.0 * exp(-1.0), abs=0.01)
    rig.run(6 * HOUR_S)
    assert rig.temperature_c() == pytest.approx(21.0, abs=0.1)


def test_a_step_that_is_soon_over_has_not_reached_its_whole_size():
    rig = Rig()
    end = rig.plant.step_room(10.0)
    rig.run(30.0)
    end()
    assert rig.plant.truth().ambient_c == pytest.approx(21.0 + 10.0 * (1.0 - exp(-0.1)), abs=0.01)


def test_steps_of_the_room_add_up_with_its_day():
    rig, calm = Rig(PlantSettings()), Rig(PlantSettings())
    for by_c in (5.0, -2.0):
        rig.plant.step_room(by_c)
    for each in (rig, calm):
        each.run(5 * HOUR_S)
    assert rig.plant.truth().ambient_c == pytest.approx(calm.plant.truth().ambient_c + 3.0, abs=0.01)


def test_the_sun_on_the_glass_warms_as_a_heater_of_the_same_power_would_in_the_end():
    zones = {"warm": ZoneSettings(glass_m2=0.1), "cool": ZoneSettings()}
    sunny, heated = Rig(PlantSettings(ambient=STILL, zones=zones)), Rig()
    end = sunny.plant.shine(300.0, "warm")
    heated.plant.act("heater", 0.5)
    for rig in (sunny, heated):
        rig.run(5 * HOUR_S)
    assert sunny.temperature_c() > 35.0
    for zone in ("warm", "cool"):
        assert sunny.temperature_c(zone) == pytest.approx(heated.temperature_c(zone), abs=0.01)
    end()
    sunny.run(5 * HOUR_S)
    assert sunny.temperature_c() == pytest.approx(21.0, abs=0.1)


def test_the_sun_shines_on_all_zones_where_none_is_named():
    zones = {"warm": ZoneSettings(), "cool": ZoneSettings(), "dark": ZoneSettings(glass_m2=0.0)}
    rig = Rig(PlantSettings(ambient=STILL, zones=zones, coupling_w_per_k=0.0))
    rig.plant.shine(200.0)
    rig.run(5 * HOUR_S)
    assert rig.temperature_c("warm") == rig.temperature_c("cool") > 26.0
    assert rig.temperature_c("dark") == pytest.approx(21.0, abs=0.01)


def test_the_sun_of_every_day_shines_at_its_peak_and_not_at_night():
    rooms = [AmbientSettings(amplitude_c=0.0, sun_w_per_m2=shine) for shine in (0.0, 400.0)]
    dark, sunny = (Rig(PlantSettings(ambient=room)) for room in rooms)
    differences = {}
    for hour in range(9, 33):
        for rig in (dark, sunny):
            rig.run(HOUR_S)
        differences[hour] = sunny.temperature_c() - dark.temperature_c()
    assert max(differences, key=differences.__getitem__) in (14, 15, 16)
    assert max(differences.values()) > 10.0
    assert differences[30] == pytest.approx(0.0, abs=0.05)


def test_how_often_one_looks_changes_nothing_of_what_happens():
    seldom, often = Rig(PlantSettings()), Rig(PlantSettings())
    for rig in (seldom, often):
        rig.plant.step_room(-8.0)
        rig.plant.shine(300.0)
    seldom.run(HOUR_S)
    often.run(HOUR_S, step_s=7.0)
    assert often.temperature_c() == pytest.approx(seldom.temperature_c(), abs=0.05)


def test_a_load_of_another_power_does_that_multiple_of_everything():
    rig = Rig()
    for name in ("heater", "light", "cooler", "fan"):
        rig.plant.act(name, 0.5)
    half = {name: load.heat_w for name, load in rig.plant.truth().loads.items()}
    for name in ("heater", "light", "cooler"):
        rig.plant.loads[name].power = 2.0
        assert rig.plant.truth().loads[name].heat_w == 2.0 * half[name]
        rig.plant.loads[name].power = 1.0
        assert rig.plant.truth().loads[name].heat_w == half[name]
    light = rig.plant.sense("warm", "light")
    rig.plant.loads["light"].power = 0.0
    assert rig.plant.sense("warm", "light") < light


def test_a_change_of_power_counts_from_its_moment():
    rig = Rig()
    rig.plant.act("heater", 1.0)
    rig.time_s += 100.0
    rig.plant.loads["heater"].power = 0.5
    rig.time_s += 100.0
    assert rig.plant.truth().loads["heater"].energy_j == pytest.approx(60.0 * 100.0 + 30.0 * 100.0)
    assert rig.plant.truth().loads["heater"].fraction == 1.0


def test_a_mister_of_half_the_power_draws_half_the_water():
    rig = Rig()
    rig.plant.loads["mister"].power = 0.5
    rig.plant.act("mister", 1.0)
    rig.run(60.0)
    assert rig.plant.tank_ml == pytest.approx(5000.0 - 30.0)


@pytest.mark.parametrize("multiple", [-0.1, float("nan")])
def test_a_load_has_no_power_below_nothing(multiple):
    with pytest.raises(ValueError, match="multiple of its power"):
        Rig().plant.loads["heater"].power = multiple


def test_an_open_cutoff_takes_the_power_of_all_heaters_even_of_a_welded_one():
    rig = cut_rig(zone=None)
    rig.plant.loads["heater"].stuck = 1.0
    rig.plant.act("light", 1.0)
    loads = rig.plant.truth().loads
    assert (loads["heater"].heat_w, loads["cool_heater"].heat_w) == (0.0, 0.0)
    assert loads["light"].heat_w > 0.0
    rig.plant.act("cutoff", 1.0)
    loads = rig.plant.truth().loads
    assert (loads["heater"].heat_w, loads["cool_heater"].heat_w) == (60.0, 60.0)


def test_a_cutoff_with_a_zone_leaves_the_other_zones_alone():
    loads = cut_rig(zone="warm").plant.truth().loads
    assert (loads["heater"].heat_w, loads["cool_heater"].heat_w) == (0.0, 60.0)


def test_a_welded_cutoff_cuts_nothing():
    rig = cut_rig(zone=None)
    rig.plant.loads["cutoff"].stuck = 1.0
    assert rig.plant.truth().loads["heater"].heat_w == 60.0


# Water and air.


def test_a_mister_raises_humidity_and_empties_the_tank():
    rig = Rig()
    before_pct, before_soil_pct = rig.humidity_pct(), rig.plant.sense("warm", "soil")
    rig.plant.act("mister", 1.0)
    rig.run(20.0)
    assert rig.humidity_pct() > before_pct + 20.0
    assert rig.plant.sense("warm", "soil") > before_soil_pct
    assert rig.plant.tank_ml == pytest.approx(4980.0)


def test_after_the_mist_the_humidity_falls_again():
    rig = Rig()
    rig.plant.act("mister", 1.0)
    rig.run(20.0)
    rig.plant.act("mister", 0.0)
    wet_pct = rig.humidity_pct()
    rig.run(HOUR_S)
    assert rig.humidity_pct() < wet_pct - 15.0


def test_an_empty_tank_gives_no_water_and_opens_the_float():
    rig = Rig()
    rig.plant.tank_ml = 600.0
    assert rig.plant.sense("warm", "level_ok") == 1.0
    rig.plant.act("pump", 1.0)
    rig.run(60.0)
    assert rig.plant.sense("warm", "level_ok") == 0.0
    rig.run(HOUR_S)
    assert rig.plant.tank_ml == 0.0
    in_the_soil_g = 2000.0 * rig.plant.sense("warm", "soil") / 100.0 - 800.0
    assert 590.0 < in_the_soil_g <= 600.0


def test_all_water_that_leaves_the_tank_is_in_the_soil_or_in_the_air():
    tight = ZoneSettings(air_changes_per_h=1e-9)
    rig = Rig(PlantSettings(ambient=STILL, zones={"warm": tight, "cool": tight}))

    def water_g() -> float:
        zones = rig.plant.truth().zones.values()
        air_g = sum(0.091 * saturation_g_per_m3(zone.temperature_c) * zone.humidity_pct / 100.0 for zone in zones)
        return rig.plant.tank_ml + air_g + sum(2000.0 * zone.soil_pct / 100.0 for zone in zones)

    before_g = water_g()
    rig.plant.act("mister", 1.0)
    rig.run(120.0)
    assert rig.plant.tank_ml == pytest.approx(4880.0)
    assert water_g() == pytest.approx(before_g, abs=1e-3)
    rig.plant.act("mister", 0.0)
    rig.run(HOUR_S)
    assert water_g() == pytest.approx(before_g, abs=1e-3)


def test_the_vapour_balance_holds_in_the_steady_state():
    one = ZoneSettings(evaporation_m3_per_h=0.0)
    rig = Rig(PlantSettings(ambient=STILL, zones={"only": one}, loads={"fogger": LoadSettings(heat_w=0.0)}))
    rig.plant.act("fogger", 0.01)
    rig.run(6 * HOUR_S)
    per_m3 = 0.01 * 0.08 * 0.9 / (5.0 * 0.091 / HOUR_S)
    expected = (saturation_g_per_m3(21.0) * 0.45 + per_m3) / saturation_g_per_m3(21.0)
    assert rig.humidity_pct("only") == pytest.approx(100.0 * expected, abs=0.01)


def test_soil_dries_slowly_when_nobody_waters():
    rig = Rig()
    rig.run(24 * HOUR_S)
    assert 30.0 < rig.plant.sense("warm", "soil") < 40.0
    for _ in range(60):
        rig.run(24 * HOUR_S)
    assert rig.humidity_pct() == pytest.approx(45.0, abs=1.0)


def test_warming_dry_air_lowers_its_relative_humidity():
    rig = Rig()
    rig.plant.act("heater", 1.0)
    rig.run(HOUR_S)
    assert rig.humidity_pct() < 45.0


def test_breath_raises_carbon_dioxide_and_a_fan_takes_it_away():
    rig = Rig()
    rig.run(6 * HOUR_S)
    stale_ppm = rig.plant.sense("warm", "air_quality")
    assert stale_ppm == pytest.approx(600.0 + 30.0 / (5.0 * 0.091), abs=0.1)
    rig.plant.act("fan", 1.0)
    rig.run(600.0)
    assert rig.plant.sense("warm", "air_quality") < stale_ppm - 30.0


# Light, weather, and the small things.


def test_a_lamp_lights_its_zone_and_spills_into_the_other():
    night = AmbientSettings(start_hour=1.0)
    rig = Rig(PlantSettings(ambient=night))
    assert rig.plant.sense("warm", "light") == 0.0
    rig.plant.act("light", 0.5)
    assert rig.plant.sense("warm", "light") == pytest.approx(3000.0)
    assert rig.plant.sense("cool", "light") == pytest.approx(900.0)


def test_daylight_follows_the_hour():
    rig = Rig(PlantSettings(ambient=AmbientSettings(start_hour=14.0)))
    assert rig.plant.sense("cool", "light") == pytest.approx(100.0)
    rig.run(12 * HOUR_S)
    assert rig.plant.sense("cool", "light") == 0.0


def test_pressure_changes_slowly():
    rig = Rig()
    first_hpa = rig.plant.sense("warm", "pressure")
    rig.run(HOUR_S)
    assert 0.0 < abs(rig.plant.sense("warm", "pressure") - first_hpa) < 1.0


def test_the_computers_chip_is_warmer_than_the_room_by_what_one_says():
    rig = Rig()
    assert rig.plant.sense("warm", "soc_temperature") == pytest.approx(43.0)
    rig.plant.soc_rise_c = 64.0
    assert rig.plant.sense("warm", "soc_temperature") == pytest.approx(85.0)


def test_a_pressed_button_is_seen():
    rig = Rig()
    rig.plant.button_pressed = True
    assert rig.plant.sense("warm", "button_pressed") == 1.0


def test_a_feeder_counts_full_strokes_only():
    rig = Rig()
    for fraction in (0.5, 0.0, 1.0, 0.95, 0.5, 1.0, 0.0, 1.0):
        rig.plant.act("feeder", fraction)
    assert rig.plant.truth().loads["feeder"].strokes == 2


def test_a_load_accounts_for_its_time_and_its_cycles():
    rig = Rig()
    for on_s in (30.0, 90.0, 60.0):
        rig.plant.act("heater", 1.0)
        rig.run(on_s)
        rig.plant.act("heater", 0.0)
        rig.run(10.0)
    heater = rig.plant.truth().loads["heater"]
    assert (heater.on_s, heater.longest_on_s, heater.cycles) == (180.0, 90.0, 3)


def test_a_load_that_the_zones_do_not_feel_is_accounted_for_all_the_same():
    rig = Rig()
    rig.plant.act("other", 0.5)
    rig.run(40.0)
    rig.plant.act("other", 0.0)
    rig.time_s += 20.0
    other = rig.plant.truth().loads["other"]
    assert (other.on_s, other.longest_on_s, other.cycles, other.fraction) == (40.0, 40.0, 1, 0.0)


LOADS = [*(role for role in ROLES if role != "cutoff"), "cool_heater", "cool_fan", "cut_warm", "cut_all"]
CHANGES = st.tuples(st.sampled_from(LOADS), st.sampled_from(["act", "stick"]), st.sampled_from([0.0, 0.3, 1.0]))


@given(st.lists(CHANGES, max_size=12))
def test_after_any_changes_there_is_nothing_left_to_renew(changes):
    rig = Rig()
    for device_id, role, zone in (
        ("cool_heater", "heater", "cool"),
        ("cool_fan", "fan", "cool"),
        ("cut_warm", "cutoff", "warm"),
        ("cut_all", "cutoff", None),
    ):
        rig.plant.add_load(device_id, role=role, zone=zone)
    for load, what, fraction in changes:
        rig.time_s += 7.0
        if what == "act":
            rig.plant.act(load, fraction)
        else:
            rig.plant.loads[load].stuck = fraction
    box = rig.plant._enclosure

    def told():
        flows = [passage._flow_m3_per_s for passage in box._passages]
        fractions = {name: load.fraction for name, load in rig.plant.loads.items()}
        return {name: zone.inputs for name, zone in box.zones.items()}, flows, box._draught_g_per_s, fractions

    before = told()
    box.renew(rig.time_s)
    assert told() == before


# Promises of the class.


def test_an_override_changes_only_what_it_names():
    rig = Rig(PlantSettings(loads={"fogger": LoadSettings(heat_w=7.0)}))
    assert rig.plant.loads["fogger"].settings == ROLES["fogger"].model_copy(update={"heat_w": 7.0})


def test_what_is_not_there_is_named():
    rig = Rig()
    with pytest.raises(UnknownZone, match=r"no zone 'attic'; it has warm, cool"):
        rig.plant.add_load("lamp", role="light", zone="attic")
    with pytest.raises(UnknownRole, match=r"'laser'; known are heater, "):
        rig.plant.add_load("lamp", role="laser")
    with pytest.raises(KeyError, match="smell"):
        rig.plant.sense("warm", "smell")
    with pytest.raises(ValueError, match="stands in the simulated enclosure already"):
        rig.plant.add_load("heater", role="heater")


@pytest.mark.parametrize("fraction", [-0.1, 1.01, float("nan"), float("inf")])
def test_a_load_refuses_what_is_no_fraction(fraction):
    rig = Rig()
    with pytest.raises(ValueError, match="fraction from 0 to 1"):
        rig.plant.act("heater", fraction)
    with pytest.raises(ValueError, match="fraction from 0 to 1"):
        rig.plant.loads["heater"].stuck = fraction


@pytest.mark.parametrize("volume_ml", [-1.0, float("nan")])
def test_a_tank_holds_no_less_than_nothing(volume_ml):
    with pytest.raises(ValueError, match="cannot hold"):
        Rig().plant.tank_ml = volume_ml


@pytest.mark.parametrize(
    "config",
    [{"zones": {}}, {"zonse": {}}, {"ambient": {"mean_c": float("nan")}}, {"loads": {"heater": {"heat_w": "60"}}}],
)
def test_settings_that_make_no_sense_are_refused(config):
    with pytest.raises(ValidationError):
        PlantSettings.model_validate(config)


def test_empty_settings_make_a_terrarium():
    assert list(PlantSettings.model_validate_json("{}").zones) == ["warm", "cool"]


def test_a_standing_clock_changes_nothing():
    rig = Rig()
    rig.plant.act("heater", 1.0)
    rig.run(60.0)
    first = rig.plant.truth()
    assert rig.plant.truth() == first


ACTS = st.tuples(
    st.sampled_from(sorted(set(ROLES) - {"cutoff"})),
    st.floats(0.0, 1.0),
    st.sampled_from([1e-9, 0.001, 1.0, 5.0, 600.0, 2 * HOUR_S]),
    st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(ACTS, max_size=12))
@example([("mister", 5e-324, 1e-9, False)])  # less water than a number can say
def test_whatever_one_does_the_world_stays_possible_and_the_same_again(acts):
    traces = []
    for _ in range(2):
        rig = Rig(PlantSettings())
        trace = []
        for role, fraction, span_s, door_open in acts:
            rig.plant.act(role, fraction)
            rig.plant.door_open = door_open
            rig.run(span_s)
            trace.append(rig.plant.truth())
        traces.append(trace)
    assert traces[0] == traces[1]
    for truth in traces[0]:
        assert 0.0 <= truth.tank_ml <= 5000.0
        for zone in truth.zones.values():
            assert -20.0 < zone.temperature_c < 80.0
            assert 0.0 <= zone.humidity_pct <= 100.0
            assert 0.0 <= zone.soil_pct <= 100.0
            assert zone.co2_ppm >= 600.0 - 1e-6
            assert zone.lowest_c <= zone.temperature_c <= zone.highest_c


def test_threads_that_look_and_act_at_once_take_turns():
    inside, overlaps, readings = [], [], []

    def now() -> float:
        overlaps.extend(inside)
        inside.append(1)
        sleep(0)  # offers the processor to the other threads in the middle of the physics
        inside.pop()
        return 0.5 * next(ticks)

    ticks = count()
    plant = Plant(PlantSettings(), now=now)
    plant.add_load("heater", role="heater")

    def look() -> None:
        for number in range(100):
            plant.act("heater", float(number % 2))
            readings.append(plant.sense("cool", "temperature"))
            plant.truth()

    threads = [Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not overlaps
    assert len(readings) == 400
