"""A thermostat keeps to its band, and never heats on a doubt."""

from hypothesis import given
from hypothesis import strategies as st

from alimante.control.setpoints import Setpoint, steady
from alimante.control.thermostat import Side, Thermostat
from tests.unit.control.looks import COOLER, DIMMER, HEATER, LOST, asked, good, look, suspect

TEMPERATURES = st.floats(-20, 80)


def heating(*, target=28.0, drive=HEATER):
    return Thermostat("t", sensor="warm", sides=[Side(drive=drive, target=steady(target), sign=1)], hysteresis_c=0.5)


def both(*, heat=26.0, cool=30.0):
    sides = [
        Side(drive=HEATER, target=steady(heat), sign=1),
        Side(drive=COOLER, target=steady(cool), sign=-1),
    ]
    return Thermostat("t", sensor="warm", sides=sides, hysteresis_c=0.5)


def heats(thermostat, *temperatures_c):
    return [asked(thermostat, look(warm=good(value)))["heater"] for value in temperatures_c]


def test_heat_goes_on_below_the_band_and_off_above_it():
    assert heats(heating(), 28.0, 27.6, 27.5, 28.4, 28.5, 27.6, 27.5) == [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0]


def test_a_dimmer_gets_full_power_or_none():
    assert heats(heating(drive=DIMMER), 20.0, 30.0) == [100.0, 0.0]


def test_cold_goes_on_above_its_band_and_off_below_it():
    thermostat = both()
    cools = [asked(thermostat, look(warm=good(value)))["cooler"] for value in (30.0, 30.5, 29.6, 29.5, 30.4)]
    assert cools == [0.0, 1.0, 1.0, 0.0, 0.0]


def test_an_unknown_reading_is_no_demand_at_all():
    thermostat = heating()
    assert heats(thermostat, 20.0) == [1.0]
    assert thermostat.decide(look(warm=LOST)) == ()


def test_after_an_unknown_reading_it_begins_from_off():
    thermostat = heating()
    heats(thermostat, 20.0)
    thermostat.decide(look(warm=LOST))
    assert heats(thermostat, 28.0) == [0.0]


def test_a_suspect_reading_holds_and_ends_but_never_begins():
    thermostat = heating()
    assert asked(thermostat, look(warm=suspect(20.0))) == {"heater": 0.0}
    heats(thermostat, 20.0)
    assert asked(thermostat, look(warm=suspect(27.0))) == {"heater": 1.0}
    assert asked(thermostat, look(warm=suspect(28.5))) == {"heater": 0.0}
    assert asked(thermostat, look(warm=suspect(20.0))) == {"heater": 0.0}


def test_while_the_time_is_unknown_the_night_counts_for_heat():
    target = Setpoint(day=32.0, night=24.0, cautious=min, is_day=lambda local: True)
    thermostat = Thermostat("t", sensor="warm", sides=[Side(drive=HEATER, target=target, sign=1)], hysteresis_c=0.5)
    assert heats(thermostat, 25.0) == [0.0]


def test_it_says_why():
    thermostat = heating()
    (demand,) = thermostat.decide(look(warm=good(27.0)))
    assert demand.reason == "27.00 °C, target 28.00 ± 0.5 °C"
    assert thermostat.report()["targets"] == {"heater": 28.0}
    thermostat.decide(look(warm=LOST))
    assert thermostat.report()["reason"] == "warm is not known"


BELIEFS = st.one_of(TEMPERATURES.map(good), TEMPERATURES.map(suspect), st.just(LOST))


@given(st.lists(BELIEFS, max_size=50))
def test_heat_and_cold_are_never_wanted_together(beliefs):
    thermostat = both()
    for belief in beliefs:
        wishes = asked(thermostat, look(warm=belief))
        assert wishes.get("heater", 0.0) + wishes.get("cooler", 0.0) <= 1.0


@given(st.lists(BELIEFS, max_size=50))
def test_no_heat_is_wanted_above_the_band_or_on_no_reading(beliefs):
    thermostat = heating()
    for belief in beliefs:
        wishes = asked(thermostat, look(warm=belief))
        if belief.value is None:
            assert wishes == {}
        elif belief.value >= 28.5:
            assert wishes == {"heater": 0.0}


@given(st.lists(BELIEFS, max_size=20), TEMPERATURES, TEMPERATURES)
def test_a_colder_reading_never_gets_less_heat(past, one, other):
    cold, warm = heating(), heating()
    for belief in past:
        asked(cold, look(warm=belief))
        asked(warm, look(warm=belief))
    low, high = sorted((one, other))
    assert asked(cold, look(warm=good(low)))["heater"] >= asked(warm, look(warm=good(high)))["heater"]
