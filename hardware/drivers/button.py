"""A push button: 1.0 while it is pressed; it must not count presses or know long ones."""

from hardware.api import Channel, Unit
from hardware.drivers.contact import ContactParams, contact_driver

DRIVER = contact_driver(
    "button",
    "Push button on a GPIO pin",
    channel=Channel("pressed", Unit.BINARY, 0.0, 1.0, "button"),
    params=ContactParams,
)
