"""The ADS1115's driver on a simulated bus, with its calibrations."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import FixedPlace, attach_chip, open_driver
from pydantic import ValidationError

from hardware.api import Channel, Unit
from hardware.drivers.ads1115 import DRIVER, Ads1115, Ads1115Params, Table, config_word, decode
from hardware.errors import BadData, NoAnswer, WireTimeout
from hardware.sim.i2c import SimI2c

AIR = {"input": 0, "unit": "ppm", "calibration": {"kind": "linear", "scale": 500.0, "offset": -50.0}}
# A capacitive probe gives less volts the wetter the soil is.
SOIL = {"input": 1, "unit": "%", "calibration": {"kind": "table", "points": [[1.2, 100], [1.5, 60], [2.8, 0]]}}
SUPPLY = {"input": 3, "unit": "V", "full_scale_v": 6.144}
PARAMS = {"address": "0x48", "inputs": {"air": AIR, "soil": SOIL, "supply": SUPPLY}}
STEP_V = 4.096 / 32768


class Registers:
    """A chip with fixed answers of its conversion and configuration registers."""

    def __init__(self, conversion: int, *, config: int = 0x8583) -> None:
        self.contents = (conversion, config)
        self.pointer = 0

    def write(self, data: bytes) -> None:
        self.pointer = data[0]

    def read(self, count: int) -> bytes:
        return self.contents[self.pointer].to_bytes(2, "big")


@pytest.fixture
def place() -> FixedPlace:
    return FixedPlace(air_quality=700.0, soil=45.0, voltage=5.0)


@pytest.fixture
def wire(place: FixedPlace) -> SimI2c:
    wire = SimI2c()
    attach_chip("ads1115", wire, PARAMS, place)
    return wire


@pytest.fixture
def chip(wire: SimI2c, place: FixedPlace) -> Ads1115:
    return open_driver("ads1115", wire, PARAMS, place)


def table(*points: list[float]) -> Table:
    return Table.model_validate({"kind": "table", "points": list(points)})


def refused(inputs: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Ads1115Params.model_validate({"address": "0x48", "inputs": inputs})
    return str(caught.value)


# Section 9.6.3: the reset value 0x8583 is AIN0−AIN1 at ±2.048 V, single shot, 128 samples/s, comparator off.
@pytest.mark.parametrize(
    ("number", "full_scale_v", "word"),
    [(0, 2.048, 0xC583), (0, 4.096, 0xC383), (1, 4.096, 0xD383), (2, 0.256, 0xEB83), (3, 6.144, 0xF183)],
)
def test_the_configuration_word(number: int, full_scale_v: float, word: int) -> None:
    assert config_word(number, full_scale_v) == word


# Table 3: the codes of the ideal input.
@pytest.mark.parametrize(("code", "volts"), [("7ffe", 4.096 * 32766 / 32768), ("4000", 2.048), ("0001", STEP_V)])
def test_codes_are_volts(code: str, volts: float) -> None:
    assert decode(bytes.fromhex(code), 4.096) == pytest.approx(volts)


@pytest.mark.parametrize("code", ["7fff", "8000", "0000", "ffff"])
def test_full_scale_and_ground_are_bad_data(code: str) -> None:
    with pytest.raises(BadData, match=f"0x{code}"):
        decode(bytes.fromhex(code), 4.096)


def test_a_table_goes_through_its_points_and_straight_between_them() -> None:
    soil = table([1.2, 100], [1.5, 60], [2.8, 0])
    assert [soil.value(volts) for volts in (1.2, 1.5, 2.8)] == [100, 60, 0]
    assert soil.value(1.35) == pytest.approx(80)
    assert soil.value(2.15) == pytest.approx(30)


@pytest.mark.parametrize("volts", [1.1999, 2.8001])
def test_a_table_refuses_what_nobody_measured(volts: float) -> None:
    with pytest.raises(BadData, match=r"outside of the table, which goes from 1\.2 V to 2\.8 V"):
        table([1.2, 100], [2.8, 0]).value(volts)


@given(st.floats(1.2, 2.8), st.lists(st.floats(-1000, 1000), min_size=3, max_size=3, unique=True))
def test_a_table_never_leaves_its_values(volts: float, values: list[float]) -> None:
    points = table(*([v, value] for v, value in zip((1.2, 1.5, 2.8), values, strict=True)))
    assert min(values) - 1e-9 <= points.value(volts) <= max(values) + 1e-9


@given(st.floats(0, 1900), st.floats(0.1, 99.9), st.floats(0.001, 6.14))
def test_the_driver_reads_within_one_step_what_the_probes_sense(ppm: float, percent: float, volts: float) -> None:
    wire, place = SimI2c(), FixedPlace(air_quality=ppm, soil=percent, voltage=volts)
    attach_chip("ads1115", wire, PARAMS, place)
    air, soil, supply = open_driver("ads1115", wire, PARAMS, place).read()
    assert air.value == pytest.approx(ppm, abs=500 * STEP_V)
    assert soil.value == pytest.approx(percent, abs=40 / 0.3 * STEP_V)
    assert supply.value == pytest.approx(volts, abs=6.144 / 32768)


def test_samples_and_channels_come_in_the_order_of_the_configuration(chip: Ads1115) -> None:
    names = ["air", "soil", "supply"]
    assert [sample.channel for sample in chip.read()] == names
    assert [channel.name for channel in DRIVER.channels(Ads1115Params.model_validate(PARAMS))] == names


def test_channels_have_the_unit_the_quantity_and_the_range_of_their_calibration() -> None:
    assert DRIVER.channels(Ads1115Params.model_validate(PARAMS)) == (
        Channel("air", Unit.PPM, -50.0, 500.0 * 4.096 - 50.0, "air_quality"),
        Channel("soil", Unit.PERCENT, 0.0, 100.0, "soil"),
        Channel("supply", Unit.VOLT, 0.0, 6.144, "voltage"),
    )


def test_the_driver_waits_for_each_conversion(chip: Ads1115, place: FixedPlace) -> None:
    chip.read()
    assert place.slept_s == [0.0087] * 3


def test_a_value_off_the_table_is_bad_data_that_names_the_input(chip: Ads1115, place: FixedPlace) -> None:
    place.truths["soil"] = 120.0
    with pytest.raises(BadData, match=r"I2C address 0x48, input 1 \(soil\): 1\.05.. V is outside"):
        chip.read()


def test_a_probe_at_full_scale_is_bad_data_that_names_the_input(chip: Ads1115, wire: SimI2c) -> None:
    wire.attach(0x48, Registers(0x7FFF))
    with pytest.raises(BadData, match=r"input 0 \(air\)"):
        chip.read()


def test_a_conversion_that_never_ends_is_a_timeout_after_a_bounded_wait(
    chip: Ads1115, wire: SimI2c, place: FixedPlace
) -> None:
    wire.attach(0x48, Registers(0x4000, config=0x0583))
    with pytest.raises(WireTimeout, match="input 0"):
        chip.read()
    assert sum(place.slept_s) < DRIVER.read_s


def test_an_absent_chip_is_no_answer(chip: Ads1115, wire: SimI2c) -> None:
    wire.detach(0x48)
    with pytest.raises(NoAnswer, match="0x48"):
        chip.read()


def test_a_locked_bus_is_a_timeout(chip: Ads1115, wire: SimI2c) -> None:
    wire.lock(True)
    with pytest.raises(WireTimeout):
        chip.read()


def test_an_input_without_a_probe_reads_as_ground(wire: SimI2c, place: FixedPlace) -> None:
    other = {"address": "0x48", "inputs": {"air": {**AIR, "input": 2}}}
    with pytest.raises(BadData, match="ground"):
        open_driver("ads1115", wire, other, place).read()


def test_the_table_must_rise_in_volts() -> None:
    points = [[1.5, 0], [1.5, 100]]
    assert "must rise" in refused({"soil": {**SOIL, "calibration": {"kind": "table", "points": points}}})


def test_a_table_of_one_value_is_refused() -> None:
    points = [[1.5, 40], [2.5, 40]]
    assert "same value" in refused({"soil": {**SOIL, "calibration": {"kind": "table", "points": points}}})


def test_two_channels_cannot_share_an_input() -> None:
    assert "same input" in refused({"air": AIR, "soil": {**SOIL, "input": 0}})


def test_a_scale_of_zero_is_refused() -> None:
    assert "same value" in refused({"air": {**AIR, "calibration": {"kind": "linear", "scale": 0}}})


@pytest.mark.parametrize(
    "wrong",
    [
        {"input": 4},
        {"unit": "°C"},
        {"full_scale_v": 5.0},
        {"calibration": {"kind": "table", "points": [[1.0, 2.0]]}},
        {"calibration": {"kind": "table", "points": [[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]}},
        {"calibration": {"kind": "linear", "scale": float("nan")}},
        {"calibration": {"kind": "linear", "scale": "2"}},
        {"calibration": {"kind": "cubic"}},
        {"gain": 1},
    ],
)
def test_wrong_parameters_are_refused(wrong: dict[str, object]) -> None:
    assert refused({"air": {**AIR, **wrong}})


@pytest.mark.parametrize("inputs", [{}, {"Air": AIR}, {"": AIR}, []])
def test_channels_need_names(inputs: object) -> None:
    assert refused(inputs)


def test_other_addresses_are_refused_with_a_sentence() -> None:
    with pytest.raises(ValidationError, match="the ADS1115 answers at 0x48 or 0x49 or 0x4a or 0x4b only"):
        Ads1115Params.model_validate({**PARAMS, "address": "0x4c"})


def test_the_parameters_have_a_schema() -> None:
    assert Ads1115Params.model_json_schema()["required"] == ["address", "inputs"]
