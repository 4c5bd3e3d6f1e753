"""The processor's thermometer on simulated hwmon files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import FixedPlace, attach_chip, open_driver

from hardware.drivers.soc_temperature import DRIVER, SocTemperature, decode
from hardware.errors import BadData, NoAnswer, WireUnavailable
from hardware.sim.sysfs import SimSysfs


@pytest.fixture
def wire() -> SimSysfs:
    wire = SimSysfs()
    wire.add("hwmon0/name", read="rpi_volt\n")
    attach_chip("soc_temperature", wire, {}, FixedPlace(soc_temperature=48.7))
    return wire


@pytest.fixture
def sensor(wire: SimSysfs) -> SocTemperature:
    return open_driver("soc_temperature", wire, {}, FixedPlace())


def test_the_sensor_is_found_among_others_and_read(sensor: SocTemperature) -> None:
    (sample,) = sensor.read()
    assert sample.channel == "temperature"
    assert sample.value == pytest.approx(48.7, abs=0.25)


def test_the_processors_heat_is_not_offered_as_the_enclosures_temperature() -> None:
    assert [channel.quantity for channel in DRIVER.channels(None)] == ["soc_temperature"]


@given(st.integers(-40_000, 125_000))
def test_every_temperature_is_its_milli_degrees(milli: int) -> None:
    assert decode(str(milli)) * 1000 == pytest.approx(milli)


@pytest.mark.parametrize("text", ["", "48.7", "nan", "9" * 400])
def test_what_is_no_number_is_bad_data(text: str) -> None:
    with pytest.raises(BadData):
        decode(text)


def test_bad_data_names_the_sensor(sensor: SocTemperature, wire: SimSysfs) -> None:
    wire.add("hwmon1/temp1_input", read="")
    with pytest.raises(BadData, match="cpu_thermal"):
        sensor.read()


def test_an_unknown_name_is_no_answer_that_names_it(wire: SimSysfs) -> None:
    with pytest.raises(NoAnswer, match="gpu_thermal"):
        open_driver("soc_temperature", wire, {"sensor": "gpu_thermal"}, FixedPlace()).read()


def test_a_missing_tree_is_told_as_such(sensor: SocTemperature, wire: SimSysfs) -> None:
    wire.vanish(True)
    with pytest.raises(WireUnavailable):
        sensor.read()
