"""The words that drivers speak: channels, samples, parameters and the protocols of sensors and actuators.

It must not name a chip, a wire's backend or anything of Alimante.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


class WireKind(StrEnum):
    """What a device hangs on."""

    GPIO = "gpio"
    I2C = "i2c"
    ONEWIRE = "onewire"
    IIO = "iio"
    HWMON = "hwmon"
    PWM = "pwm"


class Unit(StrEnum):
    """Units of channels, as they are published."""

    CELSIUS = "°C"
    PERCENT = "%"
    HECTOPASCAL = "hPa"
    LUX = "lx"
    VOLT = "V"
    PPM = "ppm"
    DEGREE = "°"
    BINARY = ""
    RATIO = "1"


@dataclass(frozen=True, slots=True)
class Channel:
    """One quantity that a sensor measures.

    `low` and `high` are the chip's physical range in `unit`; a value outside cannot be a measurement. `quantity` is
    what is measured ("temperature", "humidity", "light", "pressure", "level", "contact", "air_quality", "soil").
    `power_on` is a value that the chip also says when it has not measured yet, such as the DS18B20's 85 °C.
    """

    name: str
    unit: Unit
    low: float
    high: float
    quantity: str
    power_on: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured value of one channel, in the channel's unit; binary channels say 0.0 or 1.0.

    `age_s` is how long before the end of the read the chip measured it, where the driver knows that.
    """

    channel: str
    value: float
    age_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Switch:
    """An actuator that knows only off (0.0) and on (1.0)."""

    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    off: ClassVar[float] = 0.0
    on: ClassVar[float] = 1.0


@dataclass(frozen=True, slots=True)
class Range:
    """An actuator that takes any number from `low` to `high` in `unit`; ON and OFF mean `on` and `off`."""

    low: float
    high: float
    unit: Unit
    off: float
    on: float


Accepts = Switch | Range


class Params(BaseModel):
    """What a driver wants to be told in the configuration; unknown keys are errors.

    A field named `pin` is a GPIO number, a field named `address` an address on the wire: both are checked for
    conflicts between devices.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class I2cAddress:
    """Annotates the `address` of an I²C chip: `address: Annotated[int, I2cAddress("SHT3x", 0x44, 0x45)]`.

    The configuration may say the integer or a text such as "0x44"; any address but the `legal` ones is an error.
    """

    def __init__(self, chip: str, *legal: int) -> None:
        self._chip, self._legal = chip, legal

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._parse, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        digits = "".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in "|".join(f"{a:02x}" for a in self._legal))
        texts = {"type": "string", "pattern": f"^0x({digits})$"}
        return {"anyOf": [texts, {"type": "integer", "enum": list(self._legal)}]}

    def _parse(self, value: object) -> object:
        known = {f"0x{address:02x}": address for address in self._legal}
        found = known.get(value.lower(), value) if isinstance(value, str) else value
        if type(found) is not int or found not in self._legal:  # True and 68.0 equal legal integers
            raise ValueError(f"the {self._chip} answers at {' or '.join(known)} only, not at {value!r}")
        return found


class Sensor(Protocol):
    """A chip that measures. Every call may block and may raise `DeviceError`."""

    def read(self) -> Sequence[Sample]:
        """One sample per channel, in the order of the driver's channels."""
        ...

    def close(self) -> None:
        """Let go of lines and files; must not raise for a device that is already gone."""
        ...


@runtime_checkable
class EdgeSensor(Protocol):
    """A sensor that can also tell when to look again."""

    settle_s: float

    def watch(self, on_edge: Callable[[], None]) -> Callable[[], None]:
        """Call `on_edge` from any thread at each raw edge, bounces included; returns the undo."""
        ...


class Actuator(Protocol):
    """A thing that acts. Every call may block and may raise `DeviceError`."""

    def write(self, value: float) -> None:
        """Put the output to `value`: 0.0 or 1.0 for a `Switch`, a number in the unit of a `Range`."""
        ...

    def read_back(self) -> float:
        """What the output stands at now, as the wire tells it, in the same scale as `write`."""
        ...

    def close(self) -> None:
        """Let go of lines and files without changing the output where the wire allows that."""
        ...


Sleep = Callable[[float], None]
"""Wait for so many seconds; drivers are given it, so that tests and virtual time can wait without waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverSpec:
    """How a driver presents itself: each driver module has one, named `DRIVER`.

    `channels` and `accepts` are functions of the parameters. `open` builds the driver on its wire and may talk to
    the chip; for an actuator the output must be claimed at `initial` in one step, so that it never blinks. `read_s`
    is how long one operation may take at most on a healthy wire: deadlines are derived from it. `find`, where a wire
    can tell, says which addresses of this kind of chip are on it now; it may block and raise `DeviceError`.
    """

    name: str
    summary: str
    wire: WireKind
    kind: Literal["sensor", "actuator"]
    params: type[Params]
    open: Callable[["OpenRequest"], Any]
    channels: Callable[[Any], tuple[Channel, ...]] = field(default=lambda params: ())
    accepts: Callable[[Any], Accepts] = field(default=lambda params: Switch())
    read_s: float = 0.1
    find: Callable[[Any], Sequence[str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """What a driver is opened with: `wire` is of the protocol that the driver's `WireKind` names."""

    wire: Any
    params: Any
    sleep: Sleep
    initial: float = 0.0
