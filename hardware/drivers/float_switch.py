"""A float switch in a tank: 1.0 while the level is enough; it must not tell a broken wire from an empty tank.

By default the contact is closed while the float is up, so that a broken wire reads as an empty tank and stops a pump.
Waves move the float: the default debounce is long (a product choice, not a data sheet's).
"""

from typing import Annotated

from pydantic import Field

from hardware.api import Channel, Unit
from hardware.drivers.contact import ContactParams, contact_driver


class FloatSwitchParams(ContactParams):
    """`one_when` is the contact's state while the level is enough."""

    debounce_s: Annotated[float, Field(ge=0.0, le=10.0)] = 0.5


DRIVER = contact_driver(
    "float_switch",
    "Float switch of a tank on a GPIO pin",
    channel=Channel("level_ok", Unit.BINARY, 0.0, 1.0, "level"),
    params=FloatSwitchParams,
)
