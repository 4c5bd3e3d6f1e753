"""BH1750 light sensor on I²C; it must not report a saturated value as a measurement.

Source: ROHM data sheet BH1750FVI: instruction set, measurement times (180 ms at most) and "1.2" counts per lux.
"""

from typing import Annotated

from hardware.api import Channel, DriverSpec, I2cAddress, OpenRequest, Params, Sample, Sleep, Unit, WireKind
from hardware.bus.i2c import I2cWire
from hardware.errors import BadData

LIGHT = Channel("light", Unit.LUX, 0.0, 54612.5, "light")

_MEASURE_ONCE = b"\x20"  # one time, high resolution (1 lx); the chip powers itself up and down
_MEASURE_S = 0.18
_COUNTS_PER_LUX = 1.2


class Bh1750Params(Params):
    """0x23 with the ADDR pin at ground, 0x5C with it at the supply."""

    address: Annotated[int, I2cAddress("BH1750", 0x23, 0x5C)]


def decode(answer: bytes) -> float:
    """The illuminance in lx from the two bytes of one measurement; raises `BadData`.

    All ones are refused: they are what a saturated chip says, whose light may be anything above 54612 lx (the sun
    gives 100 000), and what a bus reads that nobody drives. Darkness is a true 0.
    """
    counts = int.from_bytes(answer, "big")
    if counts == 0xFFFF:
        raise BadData("the value is at its upper end: more light than 54612 lx, or nobody drives the bus")
    return counts / _COUNTS_PER_LUX


class Bh1750:
    """One chip, measuring once per read."""

    def __init__(self, wire: I2cWire, params: Bh1750Params, sleep: Sleep) -> None:
        self._wire = wire
        self._address = params.address
        self._sleep = sleep

    def read(self) -> tuple[Sample]:
        """The illuminance, averaged by the chip over the measurement."""
        self._wire.transfer(self._address, _MEASURE_ONCE)
        self._sleep(_MEASURE_S)
        answer = self._wire.transfer(self._address, read=2)
        try:
            return (Sample(LIGHT.name, decode(answer)),)
        except BadData as error:
            raise BadData(f"I2C address 0x{self._address:02x}: {error}") from error

    def close(self) -> None:
        """The chip powers itself down after each measurement."""


def _open(request: OpenRequest) -> Bh1750:
    return Bh1750(request.wire, request.params, request.sleep)


DRIVER = DriverSpec(
    name="bh1750",
    summary="BH1750 light sensor on I²C",
    wire=WireKind.I2C,
    kind="sensor",
    params=Bh1750Params,
    open=_open,
    channels=lambda params: (LIGHT,),
    read_s=0.25,
)
