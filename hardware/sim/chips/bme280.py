"""A simulated BME280, written from the integer formulas of its data sheet; it must not share code with the driver.

The chip knows only raw counts, so what is sensed is turned back through Bosch's formulas by bisection.
"""

from bisect import bisect_left
from collections.abc import Callable

from hardware.sim.i2c import SimI2c
from hardware.sim.place import Params, Place

# RMS noise at the lowest oversampling without filter (data sheet, tables 1 to 3 and section 3.4).
NOISE_C, NOISE_PERCENT, NOISE_HPA = 0.005, 0.07, 0.033

# The constants of the worked example in Bosch's data sheet BST-BMP280-DS001, section 3.12, whose formulas are the same.
T1, T2, T3 = 27504, 26435, -1000
P1, P2, P3, P4, P5, P6, P7, P8, P9 = 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000
# As one chip has them: the data sheet gives no example for humidity.
H1, H2, H3, H4, H5, H6 = 75, 365, 0, 313, 50, 30

_RESET = bytes((0x80, 0x00, 0x00, 0x80, 0x00, 0x00, 0x80, 0x00))
_TWENTY_BITS_IN_STEPS = range(0, 1 << 20, 16)  # one oversample gives 16 bits of the 20


def fine_from_raw(adc_t: int) -> int:
    """`t_fine` of BME280_compensate_T_int32 (section 4.2.3)."""
    var1 = (((adc_t >> 3) - (T1 << 1)) * T2) >> 11
    var2 = (((((adc_t >> 4) - T1) * ((adc_t >> 4) - T1)) >> 12) * T3) >> 14
    return var1 + var2


def centi_celsius(adc_t: int) -> int:
    """The temperature in 0.01 °C."""
    return (fine_from_raw(adc_t) * 5 + 128) >> 8


def pascal_256(adc_p: int, t_fine: int) -> int:
    """BME280_compensate_P_int64: the pressure in 1/256 Pa."""
    var1 = t_fine - 128000
    var2 = var1 * var1 * P6 + ((var1 * P5) << 17) + (P4 << 35)
    var1 = ((var1 * var1 * P3) >> 8) + ((var1 * P2) << 12)
    var1 = (((1 << 47) + var1) * P1) >> 33
    p = (((1048576 - adc_p) << 31) - var2) * 3125 // var1
    return ((p + ((P9 * (p >> 13) * (p >> 13)) >> 25) + ((P8 * p) >> 19)) >> 8) + (P7 << 4)


def percent_1024(adc_h: int, t_fine: int) -> int:
    """bme280_compensate_H_int32: the relative humidity in 1/1024 %."""
    v = t_fine - 76800
    gain = (((((((v * H6) >> 10) * (((v * H3) >> 11) + 32768)) >> 10) + 2097152) * H2) + 8192) >> 14
    v = (((adc_h << 14) - (H4 << 20) - H5 * v + 16384) >> 15) * gain
    v -= ((((v >> 15) * (v >> 15)) >> 7) * H1) >> 4
    return min(419430400, max(0, v)) >> 12


def _raw(counts: range, wanted: float, forward: Callable[[int], int]) -> int:
    """The first count whose compensated value is not below `wanted`, for a `forward` that rises with `counts`."""
    return counts[min(len(counts) - 1, bisect_left(counts, wanted, key=forward))]


def measure(temperature_c: float, humidity_percent: float, pressure_hpa: float) -> bytes:
    """The data registers 0xF7 to 0xFE for such surroundings."""
    adc_t = _raw(_TWENTY_BITS_IN_STEPS, temperature_c * 5120, fine_from_raw)
    fine = fine_from_raw(adc_t)
    adc_p = _raw(_TWENTY_BITS_IN_STEPS[::-1], pressure_hpa * 25600, lambda count: pascal_256(count, fine))
    adc_h = _raw(range(1 << 16), humidity_percent * 1024, lambda count: percent_1024(count, fine))
    return (adc_p << 4).to_bytes(3, "big") + (adc_t << 4).to_bytes(3, "big") + adc_h.to_bytes(2, "big")


class Bme280:
    """A file of registers; writing forced mode to 0xF4 measures once and goes back to sleep."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._pointer = 0
        self._registers = bytearray(256)
        self._registers[0xD0] = 0x60
        self._registers[0xF7:0xFF] = _RESET
        words = (T1, T2, T3, P1, P2, P3, P4, P5, P6, P7, P8, P9)
        self._registers[0x88:0xA0] = b"".join((word & 0xFFFF).to_bytes(2, "little") for word in words)
        self._registers[0xA1] = H1
        shared = (H5 & 0xF) << 4 | H4 & 0xF
        self._registers[0xE1:0xE8] = (H2 & 0xFFFF).to_bytes(2, "little") + bytes(
            (H3, H4 >> 4 & 0xFF, shared, H5 >> 4 & 0xFF, H6 & 0xFF)
        )

    def write(self, data: bytes) -> None:
        """A register's number, or pairs of number and value (section 6.2.1)."""
        self._pointer = data[0]
        for register, value in zip(data[0::2], data[1::2], strict=False):
            self._registers[register] = value
            if register == 0xF4 and value & 0b11 in (0b01, 0b10):
                self._measure()

    def read(self, count: int) -> bytes:
        """Registers from the pointer on."""
        return bytes(self._registers[self._pointer : self._pointer + count])

    def _measure(self) -> None:
        sense, noise = self._place.sense, self._place.noise
        data = measure(
            sense("temperature") + noise(NOISE_C),
            sense("humidity") + noise(NOISE_PERCENT),
            sense("pressure") + noise(NOISE_HPA),
        )
        control = self._registers[0xF4]
        skipped = [control >> 2 & 0b111 == 0] * 3 + [control >> 5 == 0] * 3 + [self._registers[0xF2] & 0b111 == 0] * 2
        self._registers[0xF7:0xFF] = bytes(
            reset if skip else value for value, reset, skip in zip(data, _RESET, skipped, strict=True)
        )
        self._registers[0xF4] = control & ~0b11


def attach(wire: SimI2c, params: Params, place: Place) -> None:
    """Put the chip on the bus."""
    wire.attach(params["address"], Bme280(place))
