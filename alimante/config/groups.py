"""What the configuration may say about groups of sensors; it must not vote."""

from typing import Annotated, Final, Literal

from pydantic import Field

from alimante.config.base import Keys, Name, Ref

TOLERANCES: Final = {"temperature": 1.5, "contact": 0.5, "level": 0.5}
"""The tolerance of a group that gives none, by quantity: of two probes of ±0.5 °C half a degree apart in the box, and
of contacts that are open or closed. Of anything else the configuration must say it."""


class GroupKeys(Keys):
    """Sensors that measure the same thing."""

    members: Annotated[list[Ref], Field(min_length=1, max_length=32)] = Field(
        description="The sensor channels that vote: sensor.channel, or the sensor alone if it has one channel only."
    )
    name: Name | None = Field(default=None, description="Name for people; the group's id when not given.")
    tolerance: float | None = Field(
        default=None,
        gt=0,
        description="How far apart sound members may be, in their unit; 1.5 for temperatures when not given.",
    )
    min_sensors: int = Field(
        default=1, ge=1, description="With fewer believable members nothing is believed, which stops a heater."
    )
    safe_side: Literal["high", "low"] = Field(
        default="high",
        description="Which of members that contradict each other is believed. high keeps a heater off, low a cooler.",
    )
    disagree_warning_s: float = Field(
        default=60.0, ge=0, description="Seconds of contradiction after which people are warned."
    )
    disagree_critical_s: float = Field(
        default=300.0, ge=0, description="Seconds of contradiction after which it is critical."
    )
    outlier_samples: int = Field(
        default=3, ge=1, le=100, description="Readings in a row outside the tolerance after which a member is left out."
    )
    eject_s: float = Field(
        default=30.0, gt=0, description="Seconds for which a member is left out; longer with each time in a row."
    )
    eject_cap_s: float = Field(default=300.0, gt=0, description="Longest time for which a member is left out.")
    forgive_s: float = Field(
        default=600.0, gt=0, description="Seconds of good readings after which one time of being left out is forgiven."
    )
    publish_step: float | None = Field(
        default=None,
        gt=0,
        description="Smallest change of the value that is published; a thirtieth of the tolerance when not given.",
    )
