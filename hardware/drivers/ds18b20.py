"""DS18B20 thermometer through the kernel's w1_therm; it must not take the chip's error values for temperatures.

Sources: DS18B20 data sheet (Maxim), table 1 and "Operation: measuring temperature" for the range and the power-on
value; Documentation/ABI/testing/sysfs-driver-w1_therm of the Linux kernel for the files.
"""

from contextlib import suppress
from re import compile as pattern
from typing import Annotated, Literal

from pydantic import Field

from hardware.api import Channel, DriverSpec, OpenRequest, Params, Sample, Unit, WireKind
from hardware.bus.sysfs import SysfsWire
from hardware.errors import BadData, DeviceError, NoAnswer

_ADDRESS = "28-[0-9a-f]{12}"
_IS_ADDRESS = pattern(_ADDRESS).fullmatch
_IS_TEMPERATURE = pattern("-?[0-9]{1,6}").fullmatch
_POWER_ON_C = 85.0
_BLANK_C = 0.0
TEMPERATURE = Channel("temperature", Unit.CELSIUS, -55.0, 125.0, "temperature", power_on=_POWER_ON_C)
_BELIEVED_NEAR_C = 5.0
_ERROR_VALUES = {
    127.937: "the chip had too little power for the conversion; check the supply and the pull-up",
    -127.0: "the probe is disconnected",
}
_CHECK_CONVERSION = 1  # the bit of `features` that turns the power-on value into an error


class Ds18b20Params(Params):
    """The ROM code that w1_therm gives the probe's folder; fewer bits convert faster (12 bits: 0.75 s)."""

    address: Annotated[str, Field(pattern=f"^{_ADDRESS}$", examples=["28-0123456789ab"])]
    resolution_bits: Literal[9, 10, 11, 12] = 12


def decode(text: str, *, last_good_c: float | None) -> float:
    """The temperature in °C from the text of `temperature` in m°C; raises `BadData`.

    85.000 is what the chip holds before its first conversion, and 0.000 is what a line that is held low reads as: nine
    bytes of zeros, whose checksum is valid. Both are believed only when `last_good_c` is near them.
    """
    if not text:
        raise BadData("the probe gave no reading: its checksum was wrong or it is gone")
    if not _IS_TEMPERATURE(text):
        raise BadData(f"{text[:40]!r} is no temperature in m°C")
    value_c = int(text) / 1000.0
    if value_c in _ERROR_VALUES:
        raise BadData(f"{value_c} °C is no temperature: {_ERROR_VALUES[value_c]}")
    is_near = last_good_c is not None and abs(last_good_c - value_c) <= _BELIEVED_NEAR_C
    if value_c == _POWER_ON_C and not is_near:
        raise BadData("85.000 °C is the value after power-on: the probe lost its power, or the conversion failed")
    if value_c == _BLANK_C and not is_near:
        raise BadData("0.000 °C is what a shorted data line reads as, and no reading near it came before")
    if not TEMPERATURE.low <= value_c <= TEMPERATURE.high:
        raise BadData(f"{value_c} °C is outside of what the chip can measure")
    return value_c


class Ds18b20:
    """One probe on the 1-Wire bus."""

    def __init__(self, wire: SysfsWire, params: Ds18b20Params) -> None:
        self._wire = wire
        self._params = params
        self._where = f"1-Wire {params.address}"
        self._last_good_c: float | None = None
        self._configured = False
        self._configure()

    def read(self) -> tuple[Sample]:
        """One temperature; the kernel converts while the file is read, up to 0.75 s."""
        self._configure()
        try:
            text = self._wire.read(f"{self._params.address}/temperature")
        except NoAnswer as error:
            raise self._missing() from error
        try:
            self._last_good_c = decode(text, last_good_c=self._last_good_c)
        except BadData as error:
            self._configured = False  # a probe that lost its power forgets its resolution
            raise BadData(f"{self._where}: {error}") from error
        return (Sample(TEMPERATURE.name, self._last_good_c),)

    def close(self) -> None:
        """Nothing is held open between reads."""

    def _configure(self) -> None:
        if self._configured:
            return
        try:
            self._wire.list(self._params.address)
        except NoAnswer as error:
            raise self._missing() from error
        self._set("features", _CHECK_CONVERSION)
        self._set("resolution", self._params.resolution_bits)
        self._configured = True

    def _set(self, file: str, wanted: int) -> None:
        path = f"{self._params.address}/{file}"
        # Old kernels lack these files and hardened services may not write them; the probe is readable without.
        with suppress(DeviceError):
            if self._wire.read(path) != str(wanted):
                self._wire.write(path, str(wanted))

    def _missing(self) -> NoAnswer:
        self._configured = False  # when the folder comes back, the kernel has forgotten the settings
        return NoAnswer(f"{self._where}: no such probe; check the 4.7 kΩ pull-up, the ground wire and the address")


def _find(wire: SysfsWire) -> list[str]:
    """The probes that the kernel has found; each has a folder."""
    return [name for name in wire.list() if _IS_ADDRESS(name)]


def _open(request: OpenRequest) -> Ds18b20:
    return Ds18b20(request.wire, request.params)


DRIVER = DriverSpec(
    name="ds18b20",
    summary="DS18B20 thermometer on the 1-Wire bus",
    wire=WireKind.ONEWIRE,
    kind="sensor",
    params=Ds18b20Params,
    open=_open,
    channels=lambda params: (TEMPERATURE,),
    read_s=1.0,
    find=_find,
)
