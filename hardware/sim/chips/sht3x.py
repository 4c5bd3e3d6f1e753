"""A simulated SHT3x, written from Sensirion's data sheet; it must not share code with the driver."""

from hardware.errors import NoAnswer
from hardware.sim.i2c import SimI2c
from hardware.sim.place import Params, Place

# Repeatability at the high setting (tables 1 and 2 give three sigmas): ±0.04 °C and ±0.08 %.
NOISE_C = 0.04 / 3
NOISE_PERCENT = 0.08 / 3

_SINGLE_SHOT_HIGH = 0x2400


def _checksums() -> tuple[int, ...]:
    """The remainder of each byte for x⁸ + x⁵ + x⁴ + 1."""
    remainders = []
    for byte in range(256):
        remainder = byte << 8
        for bit in range(15, 7, -1):
            if remainder >> bit & 1:
                remainder ^= 0b1_0011_0001 << (bit - 8)
        remainders.append(remainder)
    return tuple(remainders)


_CHECKSUM = _checksums()


def _with_checksum(raw: int) -> bytes:
    limited = min(0xFFFF, max(0, raw))
    high, low = divmod(limited, 256)
    return bytes((high, low, _CHECKSUM[_CHECKSUM[0xFF ^ high] ^ low]))


class Sht3x:
    """Measures when it is told to and hands the result out once."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._result: bytes | None = None

    def write(self, data: bytes) -> None:
        """Take one command; the chip does not acknowledge what it does not know."""
        if int.from_bytes(data, "big") != _SINGLE_SHOT_HIGH or len(data) != 2:
            raise NoAnswer("unknown command")
        temperature_c = self._place.sense("temperature") + self._place.noise(NOISE_C)
        humidity_percent = self._place.sense("humidity") + self._place.noise(NOISE_PERCENT)
        raw_temperature, raw_humidity = round((temperature_c + 45) / 175 * 0xFFFF), round(humidity_percent * 655.35)
        self._result = _with_checksum(raw_temperature) + _with_checksum(raw_humidity)

    def read(self, count: int) -> bytes:
        """The last measurement; without one the chip does not acknowledge."""
        result, self._result = self._result, None
        if result is None:
            raise NoAnswer("no measurement is ready")
        return result


def attach(wire: SimI2c, params: Params, place: Place) -> None:
    """Put the chip on the bus."""
    wire.attach(params["address"], Sht3x(place))
