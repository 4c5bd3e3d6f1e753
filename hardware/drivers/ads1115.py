"""ADS1115 converter on I²C with analogue probes; it must not turn a broken wire's voltage into a value.

Source: Texas Instruments data sheet SBAS444: sections 9.3.3 (full scale), 9.6 (registers) and 7.5 (data rate ±10 %).
"""

from functools import partial
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from hardware.api import Channel, DriverSpec, I2cAddress, OpenRequest, Params, Sample, Sleep, Unit, WireKind
from hardware.bus.i2c import I2cWire
from hardware.errors import BadData, WireTimeout

_CONVERSION, _CONFIG = b"\x00", b"\x01"
_GAIN_BITS = {6.144: 0, 4.096: 1, 2.048: 2, 1.024: 3, 0.512: 4, 0.256: 5}
_CONVERSION_S = 0.0087  # 1/128 s, 10 % slower, and 25 µs to wake up
_POLL_S, _POLLS = 0.001, 5
_QUANTITY = {"ppm": "air_quality", "%": "soil", "V": "voltage"}

Finite = Annotated[float, Field(allow_inf_nan=False)]


def _full_scale(volts: float) -> float:
    if volts not in _GAIN_BITS:
        raise ValueError(f"the full scale is one of {', '.join(map(str, _GAIN_BITS))} V")
    return volts


class Linear(Params):
    """value = scale · volts + offset."""

    kind: Literal["linear"]
    scale: Finite
    offset: Finite = 0.0

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.scale == 0.0:
            raise ValueError("a scale of 0 gives the same value for every voltage")
        return self

    def value(self, volts: float) -> float:
        """The value at `volts`."""
        return self.scale * volts + self.offset

    def span(self, full_scale_v: float) -> tuple[float, float]:
        """The lowest and the highest value."""
        low, high = sorted((self.value(0.0), self.value(full_scale_v)))
        return low, high


class Table(Params):
    """Straight lines between measured points [volts, value]."""

    kind: Literal["table"]
    points: Annotated[list[Annotated[list[Finite], Field(min_length=2, max_length=2)]], Field(min_length=2)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if any(left[0] >= right[0] for left, right in pairwise(self.points)):
            raise ValueError("the volts of the table's points must rise from each point to the next")
        if len({value for _, value in self.points}) == 1:
            raise ValueError("the table gives the same value for every voltage")
        return self

    def value(self, volts: float) -> float:
        """The value at `volts`; raises `BadData` outside of the table, where nobody has measured."""
        for (left_v, left), (right_v, right) in pairwise(self.points):
            if left_v <= volts <= right_v:
                return left + (right - left) * (volts - left_v) / (right_v - left_v)
        ends = f"{self.points[0][0]} V to {self.points[-1][0]} V"
        raise BadData(f"{volts:.4f} V is outside of the table, which goes from {ends}")

    def span(self, full_scale_v: float) -> tuple[float, float]:
        """The lowest and the highest value."""
        values = [value for _, value in self.points]
        return min(values), max(values)


class Input(Params):
    """One probe between AIN`input` and ground; without a calibration its value is the voltage."""

    input: Literal[0, 1, 2, 3]
    unit: Literal["ppm", "%", "V"]
    full_scale_v: Annotated[float, AfterValidator(_full_scale), Field(json_schema_extra={"enum": [*_GAIN_BITS]})] = (
        4.096
    )
    calibration: Annotated[Linear | Table, Field(discriminator="kind")] = Linear(kind="linear", scale=1.0)


class Ads1115Params(Params):
    """0x48 to 0x4B by what the ADDR pin is tied to; `inputs` maps the channels' names to the probes."""

    address: Annotated[int, I2cAddress("ADS1115", 0x48, 0x49, 0x4A, 0x4B)]
    inputs: Annotated[dict[Annotated[str, Field(pattern=r"^[a-z0-9_]{1,32}$")], Input], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len({probe.input for probe in self.inputs.values()}) < len(self.inputs):
            raise ValueError("two channels use the same input")
        return self


def config_word(number: int, full_scale_v: float) -> int:
    """The configuration register: start one conversion of AIN`number` against ground at 128 samples/s."""
    return 1 << 15 | (0b100 + number) << 12 | _GAIN_BITS[full_scale_v] << 9 | 1 << 8 | 0b100 << 5 | 0b11


def decode(answer: bytes, full_scale_v: float) -> float:
    """The voltage from the conversion register's two bytes; raises `BadData`.

    No probe stands at ground or below it, or above the range: that is a broken, shorted or missing wire.
    """
    raw = int.from_bytes(answer, "big", signed=True)
    if raw <= 0 or raw == 0x7FFF:
        end = "at its upper end" if raw > 0 else "at ground or below"
        raise BadData(f"the voltage is {end} (raw 0x{raw & 0xFFFF:04x}); check the probe's wires")
    return raw * full_scale_v / 32768.0


class Ads1115:
    """One chip, converting its inputs one after the other at each read; one bad input fails the read."""

    def __init__(self, wire: I2cWire, params: Ads1115Params, sleep: Sleep) -> None:
        self._wire = wire
        self._params = params
        self._sleep = sleep

    def read(self) -> tuple[Sample, ...]:
        """One sample per input, in the order of the configuration."""
        return tuple(self._sample(name, probe) for name, probe in self._params.inputs.items())

    def close(self) -> None:
        """The chip powers itself down after each conversion."""

    def _sample(self, name: str, probe: Input) -> Sample:
        try:
            return Sample(name, probe.calibration.value(decode(self._convert(probe), probe.full_scale_v)))
        except (BadData, WireTimeout) as error:
            where = f"I2C address 0x{self._params.address:02x}, input {probe.input} ({name})"
            raise type(error)(f"{where}: {error}") from error

    def _convert(self, probe: Input) -> bytes:
        word = config_word(probe.input, probe.full_scale_v)
        transfer = partial(self._wire.transfer, self._params.address)
        transfer(_CONFIG + word.to_bytes(2, "big"))
        self._sleep(_CONVERSION_S)
        for _ in range(_POLLS):
            if transfer(_CONFIG, read=2)[0] & 0x80:  # the chip is idle again
                return transfer(_CONVERSION, read=2)
            self._sleep(_POLL_S)
        raise WireTimeout("the conversion did not end")


def _channels(params: Ads1115Params) -> tuple[Channel, ...]:
    return tuple(
        Channel(name, Unit(probe.unit), *probe.calibration.span(probe.full_scale_v), _QUANTITY[probe.unit])
        for name, probe in params.inputs.items()
    )


def _open(request: OpenRequest) -> Ads1115:
    return Ads1115(request.wire, request.params, request.sleep)


DRIVER = DriverSpec(
    name="ads1115",
    summary="ADS1115 converter on I²C with up to four analogue probes",
    wire=WireKind.I2C,
    kind="sensor",
    params=Ads1115Params,
    open=_open,
    channels=_channels,
)
