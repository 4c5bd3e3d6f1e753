"""Mist comes in pulses with pauses, only with water, and never while it is aired."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.control.humidity import Airing, Humidity, Misting
from alimante.control.setpoints import steady
from hardware.sim.settings import PlantSettings
from tests.unit.control.looks import FAN, LOST, MISTER, SWITCHED_FAN, ClosedLoop, asked, good, look, suspect


def humidity(*, tank=None, fan=FAN, low=60.0, high=80.0, pulse_s=4.0):
    misting = Misting(drive=MISTER, low=steady(low), pulse_s=pulse_s, pause_s=330.0, tank=tank)
    airing = Airing(drive=fan, high=steady(high), hysteresis_pct=3.0, share=0.5)
    return Humidity("damp", sensor="rh", misting=misting, airing=airing)


def mists(controller, readings):
    """Whether it mists in each of the seconds with these beliefs."""
    return [asked(controller, look(float(now_s), rh=belief)).get("mister") for now_s, belief in readings]


def test_a_pulse_has_its_length_and_a_pause_follows():
    controller = humidity()
    states = mists(controller, [(second, good(50.0)) for second in range(700)])
    assert [second for second, state in enumerate(states) if state] == [*range(4), *range(334, 338), *range(668, 672)]


def test_there_is_no_mist_within_the_band():
    assert mists(humidity(), [(0, good(60.0)), (1, good(79.0))]) == [0.0, 0.0]


def test_the_fan_airs_above_the_band_until_the_hysteresis_is_passed():
    controller = humidity()
    fan = [asked(controller, look(0.0, rh=good(value)))["fan"] for value in (80.0, 80.1, 77.1, 77.0, 79.0)]
    assert fan == [0.0, 50.0, 50.0, 0.0, 0.0]


def test_a_switched_fan_is_simply_on():
    assert asked(humidity(fan=SWITCHED_FAN), look(0.0, rh=good(90.0)))["fan"] == 1.0


def test_an_unknown_humidity_is_no_demand_at_all():
    controller = humidity()
    mists(controller, [(0, good(50.0))])
    assert controller.decide(look(1.0, rh=LOST)) == ()


def test_a_pulse_that_was_cut_off_is_not_taken_up_again_before_its_pause():
    controller = humidity()
    assert mists(controller, [(0, good(50.0)), (1, LOST), (2, good(50.0)), (331, good(50.0))]) == [1.0, None, 0.0, 1.0]


def test_a_suspect_humidity_ends_a_pulse_but_begins_none():
    assert mists(humidity(), [(0, suspect(50.0))]) == [0.0]
    assert mists(humidity(), [(0, good(50.0)), (3, suspect(50.0)), (4, suspect(50.0))]) == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("level", [good(0.0), LOST, suspect(1.0)])
def test_there_is_no_mist_without_certain_water(level):
    controller = humidity(tank="tank")
    assert asked(controller, look(0.0, rh=good(50.0), tank=level))["mister"] == 0.0
    assert "water" in controller.report()["reason"]


def test_a_pulse_ends_when_the_water_does():
    controller = humidity(tank="tank")
    assert asked(controller, look(0.0, rh=good(50.0), tank=good(1.0)))["mister"] == 1.0
    assert asked(controller, look(1.0, rh=good(50.0), tank=good(0.0)))["mister"] == 0.0


def test_a_pulse_ends_when_it_is_aired():
    controller = humidity()
    assert asked(controller, look(0.0, rh=good(50.0))) == {"fan": 0.0, "mister": 1.0}
    assert asked(controller, look(1.0, rh=good(90.0))) == {"fan": 50.0, "mister": 0.0}


@given(st.lists(st.tuples(st.integers(1, 400), st.floats(0.0, 100.0)), max_size=60))
def test_it_never_mists_and_airs_at_once_and_never_longer_than_a_pulse(readings):
    controller, now_s, begun_s = humidity(), 0.0, None
    for passed_s, value_pct in readings:
        now_s += passed_s
        wishes = asked(controller, look(now_s, rh=good(value_pct)))
        assert not (wishes["mister"] and wishes["fan"])
        if not wishes["mister"]:
            begun_s = None
            continue
        begun_s = now_s if begun_s is None else begun_s
        assert now_s - begun_s < 4.0


def in_the_plant(controller, *, soil_start_pct):
    zone = {"soil_start_pct": soil_start_pct}
    return ClosedLoop(
        [controller],
        loads={"mister": ("mister", "cool"), "fan": ("fan", "cool")},
        senses={"rh": ("cool", "humidity", 0.1)},
        full={"fan": 100.0},
        settings=PlantSettings.model_validate({"zones": {"warm": zone, "cool": zone}}),
    )


def test_a_dry_enclosure_is_kept_in_its_band():
    loop = in_the_plant(humidity(low=60.0, high=85.0), soil_start_pct=10.0)
    loop.run(2.0)
    seen = []
    loop.run(10.0, watch=lambda truth: seen.append(truth.zones["cool"].humidity_pct))
    assert min(seen) >= 59.0
    assert max(seen) <= 85.0
    assert loop.plant.truth().loads["mister"].on_s / 12 < 60.0, "a fifth of what the quota of an hour allows"


def test_a_wet_enclosure_is_aired_below_its_ceiling():
    loop = in_the_plant(humidity(low=40.0, high=65.0), soil_start_pct=100.0)
    loop.run(1.0)
    seen = []
    loop.run(5.0, watch=lambda truth: seen.append(truth.zones["cool"].humidity_pct))
    assert max(seen) <= 66.0
    assert loop.plant.truth().loads["mister"].on_s == 0.0
