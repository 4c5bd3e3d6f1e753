"""BME280 thermometer, hygrometer and barometer on I²C; it must not pass a register's reset value for a measurement.

Source: Bosch Sensortec data sheet BST-BME280-DS002: section 5.4 (registers), 4.2.2 (calibration), 8.1 (compensation in
double precision) and 9.1 (measurement time).
"""

from struct import unpack
from typing import Annotated, NamedTuple

from hardware.api import Channel, DriverSpec, I2cAddress, OpenRequest, Params, Sample, Sleep, Unit, WireKind
from hardware.bus.i2c import I2cWire
from hardware.errors import BadData, WrongChip

TEMPERATURE = Channel("temperature", Unit.CELSIUS, -40.0, 85.0, "temperature")
HUMIDITY = Channel("humidity", Unit.PERCENT, 0.0, 100.0, "humidity")
PRESSURE = Channel("pressure", Unit.HECTOPASCAL, 300.0, 1100.0, "pressure")

_ID_REGISTER, _ID = 0xD0, 0x60
_BMP280_ID = 0x58
_FORCE_MEASUREMENT = bytes((0xF2, 0b001, 0xF4, 0b001_001_01))  # humidity ×1; temperature ×1, pressure ×1, forced mode
# The longest time at ×1 each: 1.25 + 2.3 · 1 + (2.3 · 1 + 0.575) + (2.3 · 1 + 0.575) ms.
_MEASURE_S = 0.0093


class Bme280Params(Params):
    """0x76 with the SDO pin at ground, 0x77 with it at the supply."""

    address: Annotated[int, I2cAddress("BME280", 0x76, 0x77)]


class Calibration(NamedTuple):
    """The chip's own constants, named as in table 16 of the data sheet."""

    t: tuple[int, ...]
    p: tuple[int, ...]
    h: tuple[int, ...]

    @classmethod
    def from_registers(cls, low: bytes, high: bytes) -> "Calibration":
        """From the 26 bytes at 0x88 and the 7 bytes at 0xE1."""
        words = unpack("<Hhh Hhhhhhhhh xB", low)
        h2, h3, h4_high, shared, h5_high, h6 = unpack("<hB bBb b", high)
        h4, h5 = h4_high << 4 | shared & 0x0F, h5_high << 4 | shared >> 4
        return cls(words[0:3], words[3:12], (words[12], h2, h3, h4, h5, h6))


def temperature_fine(raw: int, t: tuple[int, ...]) -> float:
    """The temperature in 1/5120 °C, on which the other two depend (`t_fine`)."""
    t1, t2, t3 = t
    return (raw / 16384.0 - t1 / 1024.0) * t2 + (raw / 131072.0 - t1 / 8192.0) ** 2 * t3


def pressure_pa(raw: int, fine: float, p: tuple[int, ...]) -> float:
    """The pressure in Pa; raises `BadData` for calibration constants that no chip has."""
    p1, p2, p3, p4, p5, p6, p7, p8, p9 = p
    half = fine / 2.0 - 64000.0
    offset = (half * half * p6 / 32768.0 + half * p5 * 2.0) / 4.0 + p4 * 65536.0
    scale = (1.0 + (p3 * half * half / 524288.0 + p2 * half) / 524288.0 / 32768.0) * p1
    if scale == 0.0:
        raise BadData("the calibration constants are empty")
    linear = (1048576.0 - raw - offset / 4096.0) * 6250.0 / scale
    return linear + (p9 * linear * linear / 2147483648.0 + linear * p8 / 32768.0 + p7) / 16.0


def humidity_percent(raw: int, fine: float, h: tuple[int, ...]) -> float:
    """The relative humidity in %, limited to 0–100 as the data sheet does."""
    h1, h2, h3, h4, h5, h6 = h
    warm = fine - 76800.0
    gain = h2 / 65536.0 * (1.0 + h6 / 67108864.0 * warm * (1.0 + h3 / 67108864.0 * warm))
    linear = (raw - (h4 * 64.0 + h5 / 16384.0 * warm)) * gain
    return min(100.0, max(0.0, linear * (1.0 - h1 * linear / 524288.0)))


def decode(data: bytes, calibration: Calibration) -> tuple[float, float, float]:
    """°C, % and hPa from the 8 bytes at 0xF7; raises `BadData`.

    0x80000 and 0x8000 stand there before a measurement or when one is skipped. A true measurement may be just that
    once in some ten thousand: refusing it costs one retry.
    """
    raw_pressure = int.from_bytes(data[0:3], "big") >> 4
    raw_temperature = int.from_bytes(data[3:6], "big") >> 4
    raw_humidity = int.from_bytes(data[6:8], "big")
    if 0x80000 in (raw_pressure, raw_temperature) or raw_humidity == 0x8000:
        raise BadData("the registers hold their values from power-on: the chip has not measured")
    fine = temperature_fine(raw_temperature, calibration.t)
    pressure_hpa = pressure_pa(raw_pressure, fine, calibration.p) / 100.0
    return fine / 5120.0, humidity_percent(raw_humidity, fine, calibration.h), pressure_hpa


class Bme280:
    """One chip, measuring once per read; opening it reads its identity and its calibration."""

    def __init__(self, wire: I2cWire, params: Bme280Params, sleep: Sleep) -> None:
        self._wire = wire
        self._address = params.address
        self._sleep = sleep
        self._where = f"I2C address 0x{params.address:02x}"
        self._check_identity()
        self._calibration = Calibration.from_registers(self._registers(0x88, 26), self._registers(0xE1, 7))

    def read(self) -> tuple[Sample, Sample, Sample]:
        """Temperature, humidity and pressure."""
        self._wire.transfer(self._address, _FORCE_MEASUREMENT)
        self._sleep(_MEASURE_S)
        try:
            values = decode(self._registers(0xF7, 8), self._calibration)
        except BadData as error:
            raise BadData(f"{self._where}: {error}") from error
        temperature, humidity, pressure = values
        return (
            Sample(TEMPERATURE.name, temperature),
            Sample(HUMIDITY.name, humidity),
            Sample(PRESSURE.name, pressure),
        )

    def close(self) -> None:
        """The chip sleeps by itself after each measurement."""

    def _check_identity(self) -> None:
        found = self._registers(_ID_REGISTER, 1)[0]
        if found == _BMP280_ID:
            raise WrongChip(f"{self._where}: this is a BMP280, which measures no humidity, and no BME280")
        if found != _ID:
            raise WrongChip(f"{self._where}: this is no BME280 (chip id 0x{found:02x}, expected 0x{_ID:02x})")

    def _registers(self, first: int, count: int) -> bytes:
        return self._wire.transfer(self._address, bytes((first,)), read=count)


def _open(request: OpenRequest) -> Bme280:
    return Bme280(request.wire, request.params, request.sleep)


DRIVER = DriverSpec(
    name="bme280",
    summary="BME280 thermometer, hygrometer and barometer on I²C",
    wire=WireKind.I2C,
    kind="sensor",
    params=Bme280Params,
    open=_open,
    channels=lambda params: (TEMPERATURE, HUMIDITY, PRESSURE),
)
