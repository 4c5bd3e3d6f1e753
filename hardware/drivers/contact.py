"""A switch, reed or float contact between a pin and ground or supply; it must not debounce: it says how long to wait.

The level of a pin is defined while the contact is open, too: by the pull, which must stand against the closed level,
or by a resistor outside. A contact bounces for some milliseconds after an edge (J. Ganssle, "A guide to debouncing",
2004: mostly under 10 ms, rarely 157 ms); whoever reads waits `settle_s` after the last edge.
"""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field, model_validator

from hardware.api import Channel, DriverSpec, OpenRequest, Params, Sample, Unit, WireKind
from hardware.bus.gpio import GpioWire, Pull


class ContactParams(Params):
    """`closed_is` is the pin's level while the contact is closed, `one_when` the contact's state that reads 1.0."""

    pin: Annotated[int, Field(ge=0, le=27)]
    pull: Literal["up", "down", "none"] = "up"
    closed_is: Literal["low", "high"] = "low"
    one_when: Literal["closed", "open"] = "closed"
    debounce_s: Annotated[float, Field(ge=0.0, le=10.0)] = 0.05

    @model_validator(mode="after")
    def _pull_stands_against_closed(self) -> "ContactParams":
        if (self.pull, self.closed_is) in (("up", "high"), ("down", "low")):
            raise ValueError(
                f"with pull {self.pull!r} an open contact reads {self.closed_is!r} as well as a closed one: "
                "pull the other way, or 'none' with a resistor outside"
            )
        return self


class Contact:
    """One contact as an `EdgeSensor`; a sample is 1.0 in the state that `one_when` names."""

    def __init__(self, wire: GpioWire, params: ContactParams, *, channel: str) -> None:
        self.settle_s = params.debounce_s
        self._wire = wire
        self._pin = params.pin
        self._channel = channel
        self._one_is_high = (params.closed_is == "high") == (params.one_when == "closed")
        wire.claim_input(params.pin, pull=Pull(params.pull))

    def read(self) -> tuple[Sample]:
        """The contact's state at this moment, bounces included."""
        level = self._wire.read(self._pin)
        return (Sample(self._channel, float(level == self._one_is_high)),)

    def watch(self, on_edge: Callable[[], None]) -> Callable[[], None]:
        """See `hardware.api.EdgeSensor`."""
        return self._wire.watch(self._pin, lambda level: on_edge())

    def close(self) -> None:
        """Give the line back."""
        self._wire.release(self._pin)


def contact_driver(name: str, summary: str, *, channel: Channel, params: type[ContactParams]) -> DriverSpec:
    """A driver that is a contact with its own name, `channel` and defaults of `params`."""

    def _open(request: OpenRequest) -> Contact:
        return Contact(request.wire, request.params, channel=channel.name)

    return DriverSpec(
        name=name,
        summary=summary,
        wire=WireKind.GPIO,
        kind="sensor",
        params=params,
        open=_open,
        channels=lambda params: (channel,),
    )


DRIVER = contact_driver(
    "contact",
    "Any contact or digital output on a GPIO pin",
    channel=Channel("contact", Unit.BINARY, 0.0, 1.0, "contact"),
    params=ContactParams,
)
