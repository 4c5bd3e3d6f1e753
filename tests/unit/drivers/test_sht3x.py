"""The SHT3x's driver on a simulated bus."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import FixedPlace, attach_chip, open_driver
from pydantic import ValidationError

from hardware.drivers.sht3x import Sht3x, Sht3xParams, crc8, decode
from hardware.errors import BadData, NoAnswer, WireTimeout
from hardware.sim.i2c import SimI2c

PARAMS = {"address": "0x44"}


class Answers:
    """A chip that answers every read with the same bytes."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    def write(self, data: bytes) -> None:
        pass

    def read(self, count: int) -> bytes:
        return self.answer


@pytest.fixture
def place() -> FixedPlace:
    return FixedPlace(temperature=25.0, humidity=60.0)


@pytest.fixture
def wire(place: FixedPlace) -> SimI2c:
    wire = SimI2c()
    attach_chip("sht3x", wire, PARAMS, place)
    return wire


@pytest.fixture
def chip(wire: SimI2c, place: FixedPlace) -> Sht3x:
    return open_driver("sht3x", wire, PARAMS, place)


def framed(raw_temperature: int, raw_humidity: int) -> bytes:
    words = (raw.to_bytes(2, "big") for raw in (raw_temperature, raw_humidity))
    return b"".join(word + bytes((crc8(word),)) for word in words)


def test_the_data_sheets_checksum() -> None:
    assert crc8(b"\xbe\xef") == 0x92


# Section 4.13: T = −45 + 175 · S / (2¹⁶ − 1), RH = 100 · S / (2¹⁶ − 1).
@pytest.mark.parametrize(
    ("raw", "temperature_c", "humidity_percent"),
    [(0x0000, -45.0, 0.0), (0xFFFF, 130.0, 100.0), (0x6666, 25.0, 40.0), (0x8000, 42.501, 50.001)],
)
def test_raw_words_are_converted(raw: int, temperature_c: float, humidity_percent: float) -> None:
    assert decode(framed(raw, raw)) == pytest.approx((temperature_c, humidity_percent), abs=0.001)


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(0, 47))
def test_one_flipped_bit_is_bad_data(raw_temperature: int, raw_humidity: int, bit: int) -> None:
    answer = bytearray(framed(raw_temperature, raw_humidity))
    answer[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadData):
        decode(bytes(answer))


@given(st.floats(-40.0, 125.0), st.floats(0.0, 100.0))
def test_the_driver_reads_within_one_step_what_the_chip_senses(truth_c: float, truth_percent: float) -> None:
    wire, place = SimI2c(), FixedPlace(temperature=truth_c, humidity=truth_percent)
    attach_chip("sht3x", wire, PARAMS, place)
    temperature, humidity = open_driver("sht3x", wire, PARAMS, place).read()
    assert (temperature.channel, humidity.channel) == ("temperature", "humidity")
    assert temperature.value == pytest.approx(truth_c, abs=175 / 65535)
    assert humidity.value == pytest.approx(truth_percent, abs=100 / 65535)


def test_the_driver_waits_for_the_measurement(chip: Sht3x, place: FixedPlace) -> None:
    chip.read()
    assert place.slept_s == [0.0155]


def test_a_wrong_checksum_is_bad_data_that_names_address_and_word(chip: Sht3x, wire: SimI2c) -> None:
    wire.attach(0x44, Answers(b"\xbe\xef\x92\xbe\xef\x12"))
    with pytest.raises(BadData, match=r"I2C address 0x44: .* humidity word is wrong \(0x12, expected 0x92\)"):
        chip.read()


@pytest.mark.parametrize("answer", [b"", b"\x00" * 6, b"\xff" * 6, b"\xbe\xef\x92"])
def test_a_dead_bus_is_bad_data(chip: Sht3x, wire: SimI2c, answer: bytes) -> None:
    wire.attach(0x44, Answers(answer))
    with pytest.raises(BadData):
        chip.read()


def test_an_absent_chip_is_no_answer(chip: Sht3x, wire: SimI2c) -> None:
    wire.detach(0x44)
    with pytest.raises(NoAnswer, match="0x44"):
        chip.read()


def test_a_locked_bus_is_a_timeout(chip: Sht3x, wire: SimI2c) -> None:
    wire.lock(True)
    with pytest.raises(WireTimeout):
        chip.read()


def test_the_simulated_chip_hands_out_a_result_once(chip: Sht3x, wire: SimI2c) -> None:
    chip.read()
    with pytest.raises(NoAnswer):
        wire.transfer(0x44, read=6)


def test_the_simulated_chip_refuses_unknown_commands(wire: SimI2c) -> None:
    with pytest.raises(NoAnswer):
        wire.transfer(0x44, b"\x24\x01")


@pytest.mark.parametrize("address", ["0x44", "0X45", 0x44, 0x45])
def test_the_chips_addresses_are_taken_as_text_or_number(address: object) -> None:
    params = Sht3xParams.model_validate({"address": address})
    assert params.model_dump(mode="json") == {"address": int(str(address), 0)}


@pytest.mark.parametrize("address", ["0x46", 0x43, "44", 68.0, True, None, "", []])
def test_other_addresses_are_refused_with_a_sentence(address: object) -> None:
    with pytest.raises(ValidationError, match="the SHT3x answers at 0x44 or 0x45 only"):
        Sht3xParams.model_validate({"address": address})


def test_the_schema_allows_the_text_and_the_number() -> None:
    schema = Sht3xParams.model_json_schema()["properties"]["address"]["anyOf"]
    assert schema == [{"type": "string", "pattern": "^0x(44|45)$"}, {"type": "integer", "enum": [0x44, 0x45]}]
