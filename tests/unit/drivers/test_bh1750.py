"""The BH1750's driver on a simulated bus."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import FixedPlace, attach_chip, open_driver
from pydantic import ValidationError

from hardware.drivers.bh1750 import Bh1750, Bh1750Params, decode
from hardware.errors import BadData, NoAnswer, WireTimeout
from hardware.sim.i2c import SimI2c

PARAMS = {"address": "0x23"}


@pytest.fixture
def place() -> FixedPlace:
    return FixedPlace(light=1200.0)


@pytest.fixture
def wire(place: FixedPlace) -> SimI2c:
    wire = SimI2c()
    attach_chip("bh1750", wire, PARAMS, place)
    return wire


@pytest.fixture
def chip(wire: SimI2c, place: FixedPlace) -> Bh1750:
    return open_driver("bh1750", wire, PARAMS, place)


def test_the_data_sheets_example() -> None:
    # "High byte 10000011, low byte 10010000": 33680 / 1.2 = 28067 lx
    assert decode(b"\x83\x90") == pytest.approx(28066.67, abs=0.01)


def test_darkness_is_a_measurement() -> None:
    assert decode(b"\x00\x00") == 0.0


def test_the_brightest_measurement_is_one_count_below_saturation() -> None:
    assert decode(b"\xff\xfe") == pytest.approx(54611.67, abs=0.01)


@given(st.floats(0.0, 54611.0))
def test_the_driver_reads_within_one_count_what_the_chip_senses(truth_lx: float) -> None:
    wire, place = SimI2c(), FixedPlace(light=truth_lx)
    attach_chip("bh1750", wire, PARAMS, place)
    (sample,) = open_driver("bh1750", wire, PARAMS, place).read()
    assert sample.channel == "light"
    assert sample.value == pytest.approx(truth_lx, abs=1 / 1.2)


def test_the_driver_waits_for_the_longest_measurement(chip: Bh1750, place: FixedPlace) -> None:
    chip.read()
    assert place.slept_s == [0.18]


def test_full_sun_is_bad_data_that_names_the_address(chip: Bh1750, place: FixedPlace) -> None:
    place.truths["light"] = 100_000.0
    with pytest.raises(BadData, match=r"I2C address 0x23: .*54612 lx"):
        chip.read()


def test_an_absent_chip_is_no_answer(chip: Bh1750, wire: SimI2c) -> None:
    wire.detach(0x23)
    with pytest.raises(NoAnswer, match="0x23"):
        chip.read()


def test_a_locked_bus_is_a_timeout(chip: Bh1750, wire: SimI2c) -> None:
    wire.lock(True)
    with pytest.raises(WireTimeout):
        chip.read()


def test_both_addresses_are_taken() -> None:
    assert [Bh1750Params.model_validate({"address": text}).address for text in ("0x23", "0x5C", "0x5c")] == [35, 92, 92]


def test_other_addresses_are_refused_with_a_sentence() -> None:
    with pytest.raises(ValidationError, match="the BH1750 answers at 0x23 or 0x5c only"):
        Bh1750Params.model_validate({"address": "0x24"})
