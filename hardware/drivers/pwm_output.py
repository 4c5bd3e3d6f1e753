"""A light, fan or other load that a hardware PWM channel dims; it must not ramp or know what full power does.

Four-wire fans want 25 kHz (Intel, "4-Wire Pulse Width Modulation (PWM) Controlled Fans", revision 1.3).
"""

from typing import Annotated

from pydantic import Field, model_validator

from hardware.api import DriverSpec, OpenRequest, Params, Range, Unit, WireKind
from hardware.bus.pwm import CHANNEL_OF_PIN, PwmChannel
from hardware.errors import ValueRefused


class PwmPinParams(Params):
    """A pin and what serves it; without `channel` it is the one that serves `pin` on Pi 0-4."""

    pin: Annotated[int, Field(ge=0, le=27)]
    chip: Annotated[int, Field(ge=0)] = 0
    channel: Annotated[int | None, Field(ge=0)] = None

    @model_validator(mode="after")
    def _has_a_channel(self) -> "PwmPinParams":
        if self.channel is None and self.pin not in CHANNEL_OF_PIN:
            pins = ", ".join(map(str, sorted(CHANNEL_OF_PIN)))
            raise ValueError(f"no hardware PWM serves pin {self.pin} on Pi 0-4 (only {pins}): give chip and channel")
        return self

    @property
    def channel_number(self) -> int:
        """The channel of `chip` that serves `pin`."""
        return CHANNEL_OF_PIN[self.pin] if self.channel is None else self.channel


class PwmOutputParams(PwmPinParams):
    """`inverted` is for a load that is at full power while the pin is low, as it also is while the board boots."""

    frequency_hz: Annotated[float, Field(ge=1.0, le=25_000.0)] = 1000.0
    inverted: bool = False


class PwmOutput:
    """One dimmed load, in percent of full power."""

    def __init__(self, request: OpenRequest) -> None:
        params: PwmOutputParams = request.params
        self._inverted = params.inverted
        self._period_s = 1.0 / params.frequency_hz
        self._channel = PwmChannel(request.wire, chip=params.chip, channel=params.channel_number)
        self._channel.start(period_s=self._period_s, pulse_s=self._pulse_s(request.initial), sleep=request.sleep)

    def write(self, value: float) -> None:
        """Dim to `value` percent; raises `ValueRefused` for what is not from 0 to 100."""
        self._channel.put(self._pulse_s(value))

    def read_back(self) -> float:
        """Percent of full power from the kernel's pulse, rounded to 0.01 (its ns are 0.0025 % at 25 kHz)."""
        percent = 100.0 * self._channel.pulse_s() / self._period_s
        return round(100.0 - percent if self._inverted else percent, 2)

    def close(self) -> None:
        """Leave the channel exported and running as it is: unexporting would stop it."""

    def _pulse_s(self, value: float) -> float:
        if not 0.0 <= value <= 100.0:
            raise ValueRefused(f"a PWM output takes 0 to 100 %, not {value}")
        return self._period_s * (100.0 - value if self._inverted else value) / 100.0


DRIVER = DriverSpec(
    name="pwm_output",
    summary="Light, fan or other load dimmed by hardware PWM",
    wire=WireKind.PWM,
    kind="actuator",
    params=PwmOutputParams,
    open=PwmOutput,
    accepts=lambda params: Range(low=0.0, high=100.0, unit=Unit.PERCENT, off=0.0, on=100.0),
)
