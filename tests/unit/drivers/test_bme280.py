"""The BME280's driver on a simulated bus, and its formulas against Bosch's integer ones and worked example."""

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st
from places import FixedPlace, attach_chip, open_driver
from pydantic import ValidationError

from hardware.drivers.bme280 import (
    Bme280,
    Bme280Params,
    Calibration,
    decode,
    humidity_percent,
    pressure_pa,
    temperature_fine,
)
from hardware.errors import BadData, NoAnswer, WireTimeout, WrongChip
from hardware.sim.chips import bme280 as bosch
from hardware.sim.i2c import SimI2c

PARAMS = {"address": "0x76"}
CALIBRATION = Calibration(
    (bosch.T1, bosch.T2, bosch.T3),
    (bosch.P1, bosch.P2, bosch.P3, bosch.P4, bosch.P5, bosch.P6, bosch.P7, bosch.P8, bosch.P9),
    (bosch.H1, bosch.H2, bosch.H3, bosch.H4, bosch.H5, bosch.H6),
)
RESET = bytes.fromhex("800000 800000 8000")
MEASURED = bosch.measure(25.0, 50.0, 1013.25)


class Registers:
    """A chip that only lends its registers: it answers a read with what stands at the register last written."""

    def __init__(self, contents: dict[int, bytes]) -> None:
        self.contents = contents
        self.pointer = 0

    def write(self, data: bytes) -> None:
        self.pointer = data[0]

    def read(self, count: int) -> bytes:
        return self.contents.get(self.pointer, bytes(count))


@pytest.fixture
def place() -> FixedPlace:
    return FixedPlace(temperature=25.0, humidity=50.0, pressure=1013.25)


@pytest.fixture
def wire(place: FixedPlace) -> SimI2c:
    wire = SimI2c()
    attach_chip("bme280", wire, PARAMS, place)
    return wire


@pytest.fixture
def chip(wire: SimI2c, place: FixedPlace) -> Bme280:
    return open_driver("bme280", wire, PARAMS, place)


# The worked example of the BMP280's data sheet (section 3.12): UT 519888, UP 415148 are 25.08 °C and 100653.27 Pa.
def test_boschs_worked_example() -> None:
    fine = temperature_fine(519888, CALIBRATION.t)
    assert fine == pytest.approx(128422.287, abs=0.001)
    assert fine / 5120 == pytest.approx(25.08, abs=0.005)
    assert pressure_pa(415148, fine, CALIBRATION.p) == pytest.approx(100653.27, abs=0.01)


def test_the_integer_formulas_give_the_worked_example_too() -> None:
    fine = bosch.fine_from_raw(519888)
    assert fine == 128422
    assert bosch.centi_celsius(519888) == 2508
    assert bosch.pascal_256(415148, fine) / 256 == pytest.approx(100653.27, abs=0.3)


@given(st.integers(300_000, 720_000), st.integers(100_000, 700_000), st.integers(20_000, 45_000))
def test_the_double_formulas_agree_with_the_integer_ones(raw_t: int, raw_p: int, raw_h: int) -> None:
    fine, whole = temperature_fine(raw_t, CALIBRATION.t), bosch.fine_from_raw(raw_t)
    assert fine / 5120 == pytest.approx(bosch.centi_celsius(raw_t) / 100, abs=0.01)
    assert pressure_pa(raw_p, whole, CALIBRATION.p) == pytest.approx(bosch.pascal_256(raw_p, whole) / 256, abs=1.0)
    assert humidity_percent(raw_h, whole, CALIBRATION.h) == pytest.approx(
        bosch.percent_1024(raw_h, whole) / 1024, abs=0.05
    )


def test_the_calibration_is_taken_apart_as_in_table_16() -> None:
    low = bytes.fromhex("706b 4367 18fc 7d8e 43d6 d00b 270b 8c00 f9ff 8c3c f8c6 7017 00 4b")
    assert Calibration.from_registers(low, bytes.fromhex("6d01 00 13 29 03 1e")) == CALIBRATION


def test_the_twelve_bit_constants_are_signed() -> None:
    high = bytes.fromhex("0000 00 ff ef ff 80")
    assert Calibration.from_registers(bytes(26), high).h == (0, 0, 0, -1, -2, -128)


def test_empty_calibration_constants_are_bad_data() -> None:
    with pytest.raises(BadData, match="calibration"):
        decode(MEASURED, Calibration.from_registers(bytes(26), bytes(7)))


@pytest.mark.parametrize("reset", [slice(0, 3), slice(3, 6), slice(6, 8), slice(0, 8)])
def test_a_register_with_its_value_from_power_on_is_bad_data(reset: slice) -> None:
    data = bytearray(MEASURED)
    data[reset] = RESET[reset]
    with pytest.raises(BadData, match="power-on"):
        decode(bytes(data), CALIBRATION)


@given(st.floats(-40.0, 85.0), st.floats(0.0, 100.0), st.floats(300.0, 1100.0))
def test_the_driver_reads_within_two_steps_what_the_chip_senses(truth_c: float, percent: float, hpa: float) -> None:
    wire, place = SimI2c(), FixedPlace(temperature=truth_c, humidity=percent, pressure=hpa)
    attach_chip("bme280", wire, PARAMS, place)
    chip = open_driver("bme280", wire, PARAMS, place)
    try:
        temperature, humidity, pressure = chip.read()
    except BadData:  # a true measurement that looks like the value from power-on
        reject()
    assert [sample.channel for sample in (temperature, humidity, pressure)] == ["temperature", "humidity", "pressure"]
    assert temperature.value == pytest.approx(truth_c, abs=0.01)
    assert humidity.value == pytest.approx(percent, abs=0.06)
    assert pressure.value == pytest.approx(hpa, abs=0.06)


def test_the_driver_waits_for_the_longest_measurement(chip: Bme280, place: FixedPlace) -> None:
    chip.read()
    assert place.slept_s == [0.0093]


def test_each_read_measures_anew(chip: Bme280, place: FixedPlace) -> None:
    chip.read()
    place.truths["temperature"] = 30.0
    assert chip.read()[0].value == pytest.approx(30.0, abs=0.01)


def test_a_chip_that_has_not_measured_is_bad_data_that_names_the_address(chip: Bme280, wire: SimI2c) -> None:
    wire.attach(0x76, Registers({0xF7: RESET}))
    with pytest.raises(BadData, match="0x76"):
        chip.read()


def test_a_bmp280_is_named_as_the_wrong_chip(wire: SimI2c, place: FixedPlace) -> None:
    wire.attach(0x76, Registers({0xD0: b"\x58"}))
    with pytest.raises(WrongChip, match="I2C address 0x76: this is a BMP280"):
        open_driver("bme280", wire, PARAMS, place)


def test_another_chip_is_the_wrong_chip_with_its_id(wire: SimI2c, place: FixedPlace) -> None:
    wire.attach(0x76, Registers({0xD0: b"\x61"}))
    with pytest.raises(WrongChip, match="0x61"):
        open_driver("bme280", wire, PARAMS, place)


def test_an_absent_chip_is_no_answer(place: FixedPlace) -> None:
    with pytest.raises(NoAnswer, match="0x76"):
        open_driver("bme280", SimI2c(), PARAMS, place)


def test_an_unplugged_chip_is_no_answer(chip: Bme280, wire: SimI2c) -> None:
    wire.detach(0x76)
    with pytest.raises(NoAnswer):
        chip.read()


def test_a_locked_bus_is_a_timeout(chip: Bme280, wire: SimI2c) -> None:
    wire.lock(True)
    with pytest.raises(WireTimeout):
        chip.read()


def test_the_simulated_chip_skips_what_is_not_asked_for(wire: SimI2c) -> None:
    wire.transfer(0x76, bytes((0xF2, 0, 0xF4, 0b001_000_01)))
    data = wire.transfer(0x76, b"\xf7", read=8)
    assert (data[0:3], data[6:8]) == (RESET[0:3], RESET[6:8])
    assert data[3:6] == MEASURED[3:6]


def test_other_addresses_are_refused_with_a_sentence() -> None:
    with pytest.raises(ValidationError, match="the BME280 answers at 0x76 or 0x77 only"):
        Bme280Params.model_validate({"address": "0x75"})
