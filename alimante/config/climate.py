"""What the configuration may say about controllers of temperature, humidity and air; it must not control anything."""

from typing import Final, Literal

from pydantic import Field

from alimante.config.base import Id, Keys, Ref


class ThermostatKeys(Keys):
    """Holds a temperature by switching a heater or a cooler."""

    kind: Literal["thermostat"] = Field(description="Switches a heater or a cooler around a temperature.")
    sensor: Ref = Field(description="The group or channel whose temperature is held.")
    output: Id = Field(description="The heater or cooler.")
    target_c: float = Field(description="The temperature to hold, in °C.")


CLIMATE: Final[dict[str, type[Keys]]] = {"thermostat": ThermostatKeys}
