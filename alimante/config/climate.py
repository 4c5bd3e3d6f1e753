"""What the configuration may say about controllers of temperature, humidity and air; it must not control anything."""

from typing import Annotated, Final, Literal

from pydantic import Field

from alimante.config.base import Id, Keys, Ref
from alimante.config.days import Clock, MonthDay

Share = Annotated[float, Field(ge=0, le=1)]
"""A share of an output's full power."""


class ShiftKeys(Keys):
    """By how much a set-point is moved on one day of the year."""

    date: MonthDay = Field(description="Month and day, such as 06-21.")
    shift: float = Field(description="Added to day and night on that day; in between it changes evenly.")


class DayNightKeys(Keys):
    """One value by day and one by night. The day is that of a photoperiod, or from `day_from` to `day_to`."""

    day: float = Field(description="The value by day.")
    night: float = Field(description="The value by night.")
    follows: Id | None = Field(
        default=None, description="The photoperiod whose day counts; the only one when nothing else is said."
    )
    day_from: Clock | None = Field(default=None, description="Local time at which the day begins, such as 08:00.")
    day_to: Clock | None = Field(default=None, description="Local time at which the day ends, such as 20:00.")
    over_year: Annotated[list[ShiftKeys], Field(min_length=1)] | None = Field(
        default=None, description="How both values move over the year, such as cooler in winter."
    )


SetpointKeys = float | DayNightKeys
"""One value for all times, or one for the day and one for the night."""


class ThermostatKeys(Keys):
    """Holds a temperature by switching a heater, a cooler or both."""

    kind: Literal["thermostat"] = Field(description="Switches a heater, a cooler or both around a temperature.")
    sensor: Ref = Field(description="The group or channel whose temperature is held.")
    heater: Id | None = Field(default=None, description="The heater that keeps it from getting colder than `target_c`.")
    target_c: SetpointKeys | None = Field(default=None, description="The temperature to heat to, in °C.")
    cooler: Id | None = Field(default=None, description="The cooler or fan that is on above `cool_above_c`.")
    cool_above_c: SetpointKeys | None = Field(default=None, description="The temperature to cool down to, in °C.")
    hysteresis_c: float = Field(
        default=0.3, gt=0, le=5, description="So far before a target it goes on, and so far behind it off, in °C."
    )


class PidKeys(Keys):
    """Holds a temperature with as much heat as it takes, also through a relay."""

    kind: Literal["pid"] = Field(description="Gives a heater as much power as it takes; a relay gets pulses.")
    sensor: Ref = Field(description="The group or channel whose temperature is held.")
    heater: Id = Field(description="The heater: a relay or a dimmer.")
    target_c: SetpointKeys = Field(description="The temperature to hold, in °C.")
    gain_per_c: float = Field(
        default=0.2, gt=0, le=10, description="Share of full power for each °C that is missing: 0.2 is a fifth."
    )
    integral_s: float = Field(
        default=1200.0, ge=10, le=86400, description="In so many seconds a lasting error moves the power as much again."
    )
    derivative_s: float = Field(
        default=0.0, ge=0, le=3600, description="So far ahead a trend is looked at, in seconds; 0 is steadiest."
    )
    band_c: float = Field(default=0.5, gt=0, le=5, description="No heat at all so far above the target, in °C.")
    max_share: float = Field(default=1.0, gt=0, le=1, description="Largest share of full power, 0 to 1.")
    cycle_s: float = Field(
        default=240.0, ge=2, le=3600, description="Seconds from pulse to pulse of a relay, where its pauses allow it."
    )
    longest_cycle_s: float = Field(
        default=1800.0, ge=60, le=14400, description="Powers that need a longer cycle become off or fully on."
    )
    autotune: Literal["never", "once"] = Field(
        default="never", description="once: try out how the enclosure answers and use the gains that follow from it."
    )


class HumidityKeys(Keys):
    """Keeps humidity within a band: a mister or fogger below it, a fan above it."""

    kind: Literal["humidity"] = Field(description="Mists below a humidity in pulses, and airs above another one.")
    sensor: Ref = Field(description="The group or channel whose relative humidity is held.")
    mister: Id | None = Field(default=None, description="The mister, fogger or pump that wets.")
    low_pct: SetpointKeys | None = Field(default=None, description="Below this relative humidity it mists, in %.")
    fan: Id | None = Field(default=None, description="The fan that airs.")
    high_pct: SetpointKeys | None = Field(default=None, description="Above this relative humidity it airs, in %.")
    hysteresis_pct: float = Field(default=3.0, gt=0, le=20, description="So far below high_pct the fan ends, in %.")
    fan_share: Share = Field(default=1.0, description="How fast the fan airs, as a share of full speed.")
    pulse_s: float = Field(default=4.0, ge=1, le=600, description="Length of one burst of mist, in seconds.")
    pause_s: float = Field(
        default=330.0, ge=1, le=86400, description="Pause between bursts in seconds, in which the mist spreads."
    )
    tank: Ref | None = Field(
        default=None, description="The float switch of the water tank; empty or unknown, nothing is misted."
    )


class AiringKeys(Keys):
    """Some fresh air however good the air seems."""

    every_s: float = Field(
        default=3600.0, ge=60, le=86400, description="Seconds from the beginning of one to the next."
    )
    for_s: float = Field(default=300.0, ge=1, le=86400, description="Seconds of airing.")
    share: Share = Field(default=0.5, description="How fast the fan airs, as a share of full speed.")


class VentilationKeys(Keys):
    """Gives the more fresh air, the worse the air is."""

    kind: Literal["ventilation"] = Field(description="Airs the more, the worse the air is, and now and then anyway.")
    fan: Id = Field(description="The fan.")
    sensor: Ref | None = Field(default=None, description="The group or channel that measures the air quality in ppm.")
    low_ppm: float = Field(default=1000.0, ge=0, le=1e6, description="Air as good as this needs no airing, in ppm.")
    high_ppm: float = Field(default=2000.0, gt=0, le=1e6, description="Air as bad as this gets all there is, in ppm.")
    least_share: Share = Field(default=0.0, description="Speed in good air, as a share of full speed.")
    most_share: Share = Field(default=1.0, description="Speed in bad air, as a share of full speed.")
    airing: AiringKeys | None = Field(default=None, description="Airing by the clock, however good the air seems.")


class ControlKeys(Keys):
    """How controllers are run."""

    tick_s: float = Field(
        default=1.0,
        ge=0.2,
        le=5,
        description="Seconds from one round of all controllers, and of the gate behind them, to the next.",
    )


CLIMATE: Final[dict[str, type[Keys]]] = {
    "thermostat": ThermostatKeys,
    "pid": PidKeys,
    "humidity": HumidityKeys,
    "ventilation": VentilationKeys,
}
