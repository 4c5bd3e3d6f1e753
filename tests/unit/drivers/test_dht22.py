"""The DHT22's driver on simulated IIO files."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import FixedPlace, attach_chip, open_driver
from pydantic import ValidationError

from hardware.drivers.dht22 import Dht22, Dht22Params, choose, decode
from hardware.errors import BadData, NoAnswer, TransferError, WireTimeout, WireUnavailable
from hardware.sim.sysfs import SimSysfs


@pytest.fixture
def place() -> FixedPlace:
    return FixedPlace(temperature=35.1, humidity=65.2)


@pytest.fixture
def wire(place: FixedPlace) -> SimSysfs:
    wire = SimSysfs()
    attach_chip("dht22", wire, {"pin": 17}, place)
    return wire


@pytest.fixture
def chip(wire: SimSysfs, place: FixedPlace) -> Dht22:
    return open_driver("dht22", wire, {"pin": 17}, place)


# The data sheet's examples: 0x015F is 35.1 °C, 0x8065 is −10.1 °C, 0x028C is 65.2 %.
@pytest.mark.parametrize(("texts", "values"), [(("35100", "65200"), (35.1, 65.2)), (("-10100", "0"), (-10.1, 0.0))])
def test_the_data_sheets_examples_are_decoded(texts: tuple[str, str], values: tuple[float, float]) -> None:
    assert decode(*texts) == values


def test_all_zeros_are_bad_data_though_their_checksum_is_valid() -> None:
    with pytest.raises(BadData, match="data line"):
        decode("0", "0")


def test_freezing_in_humid_air_is_a_reading() -> None:
    assert decode("0", "55000") == (0.0, 55.0)


@pytest.mark.parametrize("humidity", ["100100", "-100", "3276700"])
def test_a_humidity_outside_of_0_to_100_is_bad_data(humidity: str) -> None:
    with pytest.raises(BadData):
        decode("21000", humidity)


@pytest.mark.parametrize("temperature", ["", "80100", "-40100", "nan", "21.5", "9" * 400])
def test_what_is_no_temperature_is_bad_data(temperature: str) -> None:
    with pytest.raises(BadData):
        decode(temperature, "50000")


@given(st.text(), st.text() | st.just("50000"))
def test_any_texts_are_in_range_or_bad_data(temperature: str, humidity: str) -> None:
    with suppress(BadData):
        temperature_c, humidity_percent = decode(temperature, humidity)
        assert -40.0 <= temperature_c <= 80.0
        assert 0.0 <= humidity_percent <= 100.0


@given(st.floats(-40.0, 80.0), st.floats(0.0, 100.0).filter(lambda percent: percent > 0.1))
def test_the_driver_reads_within_half_a_tenth_what_the_chip_senses(truth_c: float, truth_percent: float) -> None:
    wire, place = SimSysfs(), FixedPlace(temperature=truth_c, humidity=truth_percent)
    attach_chip("dht22", wire, {"pin": 4}, place)
    temperature, humidity = open_driver("dht22", wire, {"pin": 4}, place).read()
    assert (temperature.channel, humidity.channel) == ("temperature", "humidity")
    assert temperature.value == pytest.approx(truth_c, abs=0.0501)
    assert humidity.value == pytest.approx(truth_percent, abs=0.0501)


@pytest.mark.parametrize("name", ["dht11", "dht11@0", "dht11@11"])
def test_the_only_chip_is_found_under_each_kernels_name(name: str) -> None:
    names = {"iio:device0": "bme280", "iio:device1": name}
    assert choose(names, Dht22Params(pin=17)) == "iio:device1"


def test_among_several_chips_the_pin_decides() -> None:
    names = {"iio:device0": "dht11@4", "iio:device1": "dht11@11"}
    assert choose(names, Dht22Params(pin=17)) == "iio:device1"


def test_the_configured_device_decides_before_the_pin() -> None:
    names = {"iio:device0": "dht11@4", "iio:device1": "dht11@11"}
    assert choose(names, Dht22Params(pin=17, device="iio:device0")) == "iio:device0"


def test_chips_that_cannot_be_told_apart_are_not_guessed() -> None:
    with pytest.raises(NoAnswer, match='"device"'):
        choose({"iio:device0": "dht11", "iio:device1": "dht11"}, Dht22Params(pin=17))


def test_a_configured_device_of_another_kind_is_not_read() -> None:
    with pytest.raises(NoAnswer, match="iio:device0"):
        choose({"iio:device0": "bme280", "iio:device1": "dht11"}, Dht22Params(pin=17, device="iio:device0"))


def test_without_the_overlay_the_hint_says_the_line_to_add(place: FixedPlace) -> None:
    chip = open_driver("dht22", SimSysfs(), {"pin": 17}, place)
    with pytest.raises(NoAnswer, match=r"GPIO 17: .*dtoverlay=dht11,gpiopin=17"):
        chip.read()


def test_two_chips_on_one_board_are_kept_apart(wire: SimSysfs, chip: Dht22) -> None:
    other = FixedPlace(temperature=20.0, humidity=50.0)
    attach_chip("dht22", wire, {"pin": 4}, other)
    assert [sample.value for sample in chip.read()] == [35.1, 65.2]
    assert [sample.value for sample in open_driver("dht22", wire, {"pin": 4}, other).read()] == [20.0, 50.0]


@pytest.mark.parametrize("failure", [TransferError, WireTimeout])
def test_a_missed_read_is_not_hidden(wire: SimSysfs, chip: Dht22, failure: type[Exception]) -> None:
    def fail() -> str:
        raise failure("the kernel says so")

    wire.add("iio:device0/in_temp_input", read=fail)
    with pytest.raises(failure):
        chip.read()


def test_a_dead_data_line_is_bad_data_that_names_the_pin(wire: SimSysfs, chip: Dht22) -> None:
    wire.add("iio:device0/in_temp_input", read="0\n")
    wire.add("iio:device0/in_humidityrelative_input", read="0\n")
    with pytest.raises(BadData, match="GPIO 17"):
        chip.read()


def test_a_missing_tree_is_told_as_such(wire: SimSysfs, chip: Dht22) -> None:
    wire.vanish(True)
    with pytest.raises(WireUnavailable):
        chip.read()


@pytest.mark.parametrize("params", [{}, {"pin": 28}, {"pin": -1}, {"pin": "17"}, {"pin": 17, "device": "../x"}])
def test_wrong_parameters_are_refused(params: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Dht22Params.model_validate(params)
