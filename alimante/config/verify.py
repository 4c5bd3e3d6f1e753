"""What the configuration may say about how hot a heater may make it and how it is watched; it must not watch it."""

from pydantic import Field

from alimante.config.base import Id, Keys, Ref

HARM_ABOVE_LIMIT_C = 4.0
"""How far above the limit harm begins when the configuration does not say."""


class LimitKeys(Keys):
    """How hot it may get where a heater works."""

    max_c: float = Field(
        ge=-20,
        le=120,
        description="At this temperature all heat goes off until somebody looks: a few degrees above the warmest "
        "set-point, and below what the animal cannot bear. In °C.",
    )
    harm_c: float | None = Field(
        default=None,
        ge=-20,
        le=130,
        description="The temperature that does harm within minutes, in °C; 4 °C above max_c when not given.",
    )
    max_rate_c_per_min: float = Field(
        default=1.0,
        ge=0.005,
        le=20,
        description="How fast the heater warms the place at most, in °C per minute, measured with the heater on in a "
        "cold enclosure. How quickly a fault must be found follows from it: say rather too much than too little, but "
        "not more than twice as much.",
    )
    cooldown_s: float = Field(
        default=900.0, ge=60, le=86400, description="Rest in seconds after a trip before it is tried again by itself."
    )
    person_within_s: float = Field(
        default=86400.0,
        ge=3600,
        le=604800,
        description="A second trip within so many seconds of another waits for a person.",
    )
    fan: list[Id] = Field(default=[], description="Fans that go fully on at an over-temperature.")

    @property
    def harmful_c(self) -> float:
        """Where harm begins, in °C."""
        return self.max_c + HARM_ABOVE_LIMIT_C if self.harm_c is None else self.harm_c

    @property
    def ftti_s(self) -> float:
        """The fault tolerant time interval: how long a stuck heater takes from the limit to harm, in seconds."""
        return (self.harmful_c - self.max_c) / self.max_rate_c_per_min * 60.0


class VerifyKeys(Keys):
    """How a heater is held against what its sensor says. Each number has a default that fits most enclosures."""

    enabled: bool = Field(default=True, description="false stops the check. Then a stuck sensor is not noticed.")
    sensor: Ref | None = Field(
        default=None, description="The temperature that must follow it; the first of depends_on when not given."
    )
    resolution_c: float = Field(
        default=0.0625,
        gt=0,
        le=1,
        description="Smallest step of that sensor in °C: 0.0625 for a DS18B20 of 12 bits, 0.5 for one of 9 bits.",
    )
    dead_time_s: float = Field(
        default=60.0, ge=5, le=900, description="How long after switching on nothing has to be seen yet, in seconds."
    )
    window_min_s: float = Field(
        default=60.0, ge=10, le=3600, description="Shortest time at full power after which the rise is judged."
    )
    window_max_s: float = Field(
        default=600.0, ge=10, le=7200, description="Longest time at full power after which the rise is judged."
    )
    rise_c: float = Field(default=0.3, gt=0, le=5, description="A rise of so many °C in that time is always enough.")
    rise_share: float = Field(
        default=0.25, gt=0, le=0.5, description="Share of the expected rise that is enough, if it can be seen at all."
    )
    equilibrium_c: float | None = Field(
        default=None,
        ge=-20,
        le=200,
        description="Where the enclosure ends with the heater always on in the warmest room, in °C, where that was "
        "measured. A heater that ends below harm only gets a warning when it does not warm its sensor.",
    )
    hold_band_c: float = Field(
        default=1.5, gt=0, le=10, description="So far below its target in °C, an enclosure counts as not kept warm."
    )
    hold_c_s: float = Field(
        default=1800.0,
        ge=60,
        description="Sum of °C below that times seconds, without getting warmer, at which it is not heating.",
    )
    off_after_s: float = Field(
        default=120.0, ge=10, le=3600, description="Seconds after switching off from which it must not get warmer."
    )
    off_window_s: float = Field(
        default=300.0, ge=60, le=7200, description="Seconds over which a rise with the heater off is looked at."
    )
    off_rise_c: float = Field(
        default=0.5, gt=0, le=10, description="A rise in °C in that time that means it is stuck on."
    )
    power: Ref | None = Field(default=None, description="A sensor that measures the heater's own power, if any.")
    power_off_w: float = Field(default=2.0, ge=0, description="Reading of it up to which the heater counts as off.")
    power_off_s: float = Field(
        default=3.0, ge=0.5, le=60, description="Seconds after switching off until the power must be gone."
    )

    def window_s(self, limit: LimitKeys) -> float:
        """The time at full power after which the rise is judged: half of what is left until harm, within its limits."""
        return min(max(limit.ftti_s / 2.0, self.window_min_s), self.window_max_s)
