"""A relay, solid-state relay or MOSFET that a pin switches; it must not guess which level switches it on.

Pins 0-8 are pulled up at reset and 9-27 down (BCM2835 ARM peripherals, section 6.2): an active-low board belongs on
the former, an active-high one on the latter, or it is on while the board boots.
"""

from typing import Annotated

from pydantic import Field

from hardware.api import DriverSpec, OpenRequest, Params, Switch, WireKind
from hardware.bus.gpio import GpioWire
from hardware.errors import ValueRefused


class RelayParams(Params):
    """`active_high` has no default: the wrong one heats when it should not."""

    pin: Annotated[int, Field(ge=0, le=27)]
    active_high: bool


class Relay:
    """One output that stands at `initial` from its first moment."""

    def __init__(self, wire: GpioWire, params: RelayParams, *, initial: float) -> None:
        self._wire = wire
        self._pin = params.pin
        self._active_high = params.active_high
        wire.claim_output(params.pin, level=self._level(initial))

    def write(self, value: float) -> None:
        """Switch to 0.0 or 1.0; raises `ValueRefused` for anything else."""
        self._wire.write(self._pin, self._level(value))

    def read_back(self) -> float:
        """1.0 when the pin stands at the level that switches on."""
        return float(self._wire.read(self._pin) == self._active_high)

    def close(self) -> None:
        """Give the line back; what its level is then is the kernel's and the pull's."""
        self._wire.release(self._pin)

    def _level(self, value: float) -> bool:
        if value not in (0.0, 1.0):
            raise ValueRefused(f"GPIO {self._pin}: a switch takes 0 or 1, not {value}")
        return (value == 1.0) == self._active_high


def _open(request: OpenRequest) -> Relay:
    return Relay(request.wire, request.params, initial=request.initial)


DRIVER = DriverSpec(
    name="relay",
    summary="Relay, solid-state relay or MOSFET on a GPIO pin",
    wire=WireKind.GPIO,
    kind="actuator",
    params=RelayParams,
    open=_open,
    accepts=lambda params: Switch(),
)
