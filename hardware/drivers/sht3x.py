"""SHT3x thermometer and hygrometer on I²C; it must not deliver a word whose checksum is wrong.

Source: Sensirion data sheet SHT3x-DIS: table 4 (durations), table 9 (commands), sections 4.12 and 4.13.
"""

from typing import Annotated

from hardware.api import Channel, DriverSpec, I2cAddress, OpenRequest, Params, Sample, Sleep, Unit, WireKind
from hardware.bus.i2c import I2cWire
from hardware.errors import BadData

TEMPERATURE = Channel("temperature", Unit.CELSIUS, -40.0, 125.0, "temperature")
HUMIDITY = Channel("humidity", Unit.PERCENT, 0.0, 100.0, "humidity")

_MEASURE = b"\x24\x00"  # single shot, high repeatability, no clock stretching
_MEASURE_S = 0.0155


class Sht3xParams(Params):
    """0x44 with the ADDR pin at ground, 0x45 with it at the supply."""

    address: Annotated[int, I2cAddress("SHT3x", 0x44, 0x45)]


def crc8(word: bytes) -> int:
    """The checksum of a word: polynomial 0x31, start 0xFF; of 0xBEEF it is 0x92 (section 4.12)."""
    crc = 0xFF
    for byte in word:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x31) & 0xFF if crc & 0x80 else crc << 1
    return crc


def decode(answer: bytes) -> tuple[float, float]:
    """°C and % from the six bytes of one measurement (section 4.13); raises `BadData`."""
    raw_temperature = _word(answer[0:3], "temperature")
    raw_humidity = _word(answer[3:6], "humidity")
    return -45.0 + 175.0 * raw_temperature / 65535.0, 100.0 * raw_humidity / 65535.0


class Sht3x:
    """One chip, measuring once per read."""

    def __init__(self, wire: I2cWire, params: Sht3xParams, sleep: Sleep) -> None:
        self._wire = wire
        self._address = params.address
        self._sleep = sleep

    def read(self) -> tuple[Sample, Sample]:
        """Temperature and humidity; a chip that is still measuring does not acknowledge (`NoAnswer`)."""
        self._wire.transfer(self._address, _MEASURE)
        self._sleep(_MEASURE_S)
        answer = self._wire.transfer(self._address, read=6)
        try:
            temperature_c, humidity_percent = decode(answer)
        except BadData as error:
            raise BadData(f"I2C address 0x{self._address:02x}: {error}") from error
        return Sample(TEMPERATURE.name, temperature_c), Sample(HUMIDITY.name, humidity_percent)

    def close(self) -> None:
        """The chip sleeps by itself between measurements."""


def _word(three: bytes, what: str) -> int:
    expected = crc8(three[:2])
    if three[2] != expected:
        raise BadData(f"checksum of the {what} word is wrong (0x{three[2]:02x}, expected 0x{expected:02x})")
    return int.from_bytes(three[:2], "big")


def _open(request: OpenRequest) -> Sht3x:
    return Sht3x(request.wire, request.params, request.sleep)


DRIVER = DriverSpec(
    name="sht3x",
    summary="SHT30, SHT31 or SHT35 thermometer and hygrometer on I²C",
    wire=WireKind.I2C,
    kind="sensor",
    params=Sht3xParams,
    open=_open,
    channels=lambda params: (TEMPERATURE, HUMIDITY),
)
