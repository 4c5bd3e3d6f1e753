"""A hobby servo that opens a feeder or a flap; it must not know how long it stays open.

A servo takes one pulse every 20 ms, whose length is the angle: 1 ms at one end, 1.5 ms in the middle, 2 ms at the
other (TowerPro SG90 data sheet). Many turn further than that and differ at the ends: both lengths are parameters.
"""

from typing import Annotated

from pydantic import Field, model_validator

from hardware.api import DriverSpec, OpenRequest, Range, Unit, WireKind
from hardware.bus.pwm import PwmChannel
from hardware.drivers.pwm_output import PwmPinParams
from hardware.errors import ValueRefused

_PERIOD_S = 0.02

_PulseMs = Annotated[float, Field(ge=0.5, le=2.5)]
_Degrees = Annotated[float, Field(ge=0.0, le=360.0)]


class ServoParams(PwmPinParams):
    """The shorter pulse is 0°, the longer one `range_deg`; OFF is `rest_deg` and ON `active_deg`."""

    rest_deg: _Degrees
    active_deg: _Degrees
    range_deg: Annotated[float, Field(gt=0.0, le=360.0)] = 180.0
    pulse_min_ms: _PulseMs = 1.0
    pulse_max_ms: _PulseMs = 2.0

    @model_validator(mode="after")
    def _angles_are_possible(self) -> "ServoParams":
        if self.pulse_min_ms >= self.pulse_max_ms:
            raise ValueError("pulse_min_ms must be below pulse_max_ms")
        if max(self.rest_deg, self.active_deg) > self.range_deg:
            raise ValueError(f"rest_deg and active_deg must not be above range_deg ({self.range_deg})")
        if self.rest_deg == self.active_deg:
            raise ValueError("rest_deg and active_deg must differ")
        return self


def pulse_s(angle_deg: float, params: ServoParams) -> float:
    """The pulse's length in s for an angle; raises `ValueRefused` for what is not from 0 to `range_deg`."""
    if not 0.0 <= angle_deg <= params.range_deg:
        raise ValueRefused(f"the servo turns from 0 to {params.range_deg}°, not to {angle_deg}")
    span_ms = params.pulse_max_ms - params.pulse_min_ms
    return (params.pulse_min_ms + span_ms * angle_deg / params.range_deg) / 1000.0


def angle_deg(pulse_s: float, params: ServoParams) -> float:
    """The angle that pulses of `pulse_s` stand for, in °, rounded to 0.01° and not clipped."""
    span_ms = params.pulse_max_ms - params.pulse_min_ms
    return round((pulse_s * 1000.0 - params.pulse_min_ms) / span_ms * params.range_deg, 2)


class Servo:
    """One servo, in degrees."""

    def __init__(self, request: OpenRequest) -> None:
        self._params: ServoParams = request.params
        self._channel = PwmChannel(request.wire, chip=self._params.chip, channel=self._params.channel_number)
        initial_s = pulse_s(request.initial, self._params)
        self._channel.start(period_s=_PERIOD_S, pulse_s=initial_s, sleep=request.sleep)

    def write(self, value: float) -> None:
        """Turn to `value` degrees; raises `ValueRefused` for what is not from 0 to `range_deg`."""
        self._channel.put(pulse_s(value, self._params))

    def read_back(self) -> float:
        """The angle that is asked of the servo, in °; where it stands it does not tell."""
        return angle_deg(self._channel.pulse_s(), self._params)

    def close(self) -> None:
        """Leave the channel exported and running, so that the servo holds its angle."""


def _accepts(params: ServoParams) -> Range:
    return Range(low=0.0, high=params.range_deg, unit=Unit.DEGREE, off=params.rest_deg, on=params.active_deg)


DRIVER = DriverSpec(
    name="servo",
    summary="Hobby servo of a feeder or flap on hardware PWM",
    wire=WireKind.PWM,
    kind="actuator",
    params=ServoParams,
    open=Servo,
    accepts=_accepts,
)
