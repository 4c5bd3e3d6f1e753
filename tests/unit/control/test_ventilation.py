"""Bad air is aired the more, the worse it is; silence is not good air."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.control.ventilation import AirBand, AiringPlan, Ventilation
from hardware.sim.settings import PlantSettings
from tests.unit.control.looks import FAN, LOST, SWITCHED_FAN, ClosedLoop, asked, good, look, suspect

BAND = AirBand(low_ppm=1000.0, high_ppm=2000.0, least=0.1, most=0.9)
PLAN = AiringPlan(every_s=3600.0, for_s=300.0, share=0.5)


def ventilation(drive=FAN, *, sensor="air", plan=None):
    return Ventilation("fresh", drive, sensor=sensor, band=BAND, plan=plan)


def speed(controller, belief, now_s=0.0):
    return asked(controller, look(now_s, air=belief)).get("fan")


@pytest.mark.parametrize(("ppm", "percent"), [(400, 10.0), (1000, 10.0), (1500, 50.0), (2000, 90.0), (9000, 90.0)])
def test_speed_rises_in_proportion_between_its_ends(ppm, percent):
    assert speed(ventilation(), good(ppm)) == pytest.approx(percent)


def test_a_switched_fan_goes_on_at_the_high_end_and_off_at_the_low_end():
    controller = ventilation(SWITCHED_FAN)
    assert [speed(controller, good(ppm)) for ppm in (1999, 2000, 1001, 1000, 1999)] == [0.0, 1.0, 1.0, 0.0, 0.0]


def test_unknown_air_is_no_demand_so_that_the_fan_goes_to_its_safe_value():
    assert speed(ventilation(), LOST) is None


def test_suspect_air_slows_the_fan_but_never_hastens_it():
    controller = ventilation()
    assert speed(controller, good(1500.0)) == pytest.approx(50.0)
    assert speed(controller, suspect(2000.0)) == pytest.approx(50.0)
    assert speed(controller, suspect(1000.0)) == pytest.approx(10.0)
    assert speed(controller, suspect(2000.0)) == pytest.approx(10.0)


def test_the_plan_airs_whatever_is_known():
    controller = ventilation(plan=PLAN)
    assert [speed(controller, LOST, now_s) for now_s in (100.0, 399.0, 400.0, 3699.0, 3700.0)] == [
        50.0,
        50.0,
        None,
        None,
        50.0,
    ]


def test_the_faster_of_plan_and_air_counts():
    controller = ventilation(plan=PLAN)
    assert speed(controller, good(400.0), 0.0) == pytest.approx(50.0)
    assert speed(controller, good(2000.0), 1.0) == pytest.approx(90.0)
    assert speed(controller, good(400.0), 400.0) == pytest.approx(10.0)


def test_a_plan_alone_needs_no_sensor():
    assert asked(ventilation(sensor=None, plan=PLAN), look(0.0)) == {"fan": 50.0}


def test_it_says_why():
    controller = ventilation(plan=PLAN)
    speed(controller, good(1234.0))
    assert controller.report()["reason"] == "1234 ppm; airing by plan"
    speed(controller, good(1234.0), 1000.0)
    assert controller.report()["reason"] == "1234 ppm"


@given(st.floats(0.0, 1e5), st.floats(0.0, 1e5))
def test_worse_air_is_never_aired_less(one, other):
    low, high = sorted((one, other))
    assert speed(ventilation(), good(low)) <= speed(ventilation(), good(high)) + 1e-9


def test_the_air_of_a_crowded_enclosure_is_kept_good():
    crowded = {"co2_ml_per_h": 2000.0}
    controller = Ventilation(
        "fresh", FAN, sensor="air", band=AirBand(low_ppm=1000.0, high_ppm=2000.0, least=0.0, most=1.0), plan=None
    )
    settings = PlantSettings.model_validate({"zones": {"warm": crowded, "cool": crowded}})
    loads, senses = {"fan": ("fan", "cool")}, {"air": ("cool", "air_quality", 1.0)}
    aired = ClosedLoop([controller], loads=loads, senses=senses, full={"fan": 100.0}, settings=settings)
    left = ClosedLoop([], loads=loads, senses=senses, settings=settings)
    aired.run(6.0)
    left.run(6.0)
    assert left.plant.sense("cool", "air_quality") > 3000.0
    assert aired.plant.sense("cool", "air_quality") < 1500.0
