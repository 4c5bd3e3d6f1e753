"""A reed contact at a door: 1.0 while it is open; it must not tell a broken wire from an open door.

The magnet of a shut door closes a normally open reed, so that a broken wire reads as an open door.
"""

from typing import Literal

from hardware.api import Channel, Unit
from hardware.drivers.contact import ContactParams, contact_driver


class DoorContactParams(ContactParams):
    """`one_when` is the contact's state while the door is open."""

    one_when: Literal["closed", "open"] = "open"


DRIVER = contact_driver(
    "door_contact",
    "Reed contact of a door on a GPIO pin",
    channel=Channel("open", Unit.BINARY, 0.0, 1.0, "contact"),
    params=DoorContactParams,
)
