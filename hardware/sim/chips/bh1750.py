"""A simulated BH1750, written from ROHM's data sheet; it must not share code with the driver."""

from hardware.sim.i2c import SimI2c
from hardware.sim.place import Params, Place

NOISE_LX = 0.5  # half a count of the high-resolution mode: the data sheet rejects 50/60 Hz flicker and names no noise

_ONE_TIME_H_RESOLUTION = 0b0010_0000


class Bh1750:
    """Keeps the last measurement in its data register, which is 0 from power-on."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._counts = 0

    def write(self, data: bytes) -> None:
        """Take an instruction; the chip ignores those it does not know."""
        if data[-1] == _ONE_TIME_H_RESOLUTION:
            light_lx = self._place.sense("light") + self._place.noise(NOISE_LX)
            self._counts = min(65535, max(0, round(light_lx * 6 / 5)))

    def read(self, count: int) -> bytes:
        """The data register, high byte first."""
        return bytes(divmod(self._counts, 256))


def attach(wire: SimI2c, params: Params, place: Place) -> None:
    """Put the chip on the bus."""
    wire.attach(params["address"], Bh1750(place))
