"""What the configuration may say about the limits of outputs; it must not know how the gate keeps them."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from alimante.config.base import Id, Keys, Ref, Section, section
from alimante.config.verify import LimitKeys, VerifyKeys

_Seconds = Annotated[float, Field(gt=0, le=604800)]
_Rest = Annotated[float, Field(ge=0, le=86400)]


class QuotaKeys(Keys):
    """How much of an output's work fits into an hour or a day; the role's values count where nothing is said."""

    per_hour_s: Annotated[float, Field(gt=0, le=3600)] | None = Field(
        default=None, description="Seconds for which it may be on in any hour."
    )
    per_day_s: Annotated[float, Field(gt=0, le=86400)] | None = Field(
        default=None, description="Seconds for which it may be on in any 24 hours."
    )
    per_day_count: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="How often it may go on in one day of the local calendar; for feeders and dosing."
    )


class LimitsKeys(Keys):
    """What an output keeps to whoever commands it; the role's values count where nothing is said."""

    max_on_s: _Seconds | None = Field(default=None, description="Longest time on without a break, in seconds.")
    min_on_s: _Rest | None = Field(
        default=None, description="A controller leaves it on for at least so long; a safety off never waits for it."
    )
    min_off_s: _Rest | None = Field(default=None, description="Shortest pause before it goes on again, in seconds.")
    max_power_pct: float = Field(
        default=100.0, gt=0, le=100, description="Most of its power that a dimmed or speed-controlled output may give."
    )
    quota: Section[QuotaKeys] = section(QuotaKeys, "How much it may be on in an hour and in a day.")
    rated_cycles: Annotated[int, Field(ge=100, le=1_000_000_000)] | None = Field(
        default=None,
        description="How often its relay may switch in its life; a warning comes at 80 %. 100000 for a switch.",
    )


class OutputKeys(Keys):
    """What the output gate keeps to for one actuator."""

    depends_on: list[Ref] = Field(
        default=[], description="Groups or sensor channels without whose good readings it may not be on."
    )
    limits: Section[LimitsKeys] = section(
        LimitsKeys, "How long and how often it may be on; the role's values when not given."
    )
    lease_s: float = Field(
        default=10.0, ge=3, le=30, description="Silence of its controller in seconds after which it goes safe."
    )
    read_back_s: float = Field(
        default=2.0, ge=0.5, le=60, description="Seconds between two looks at whether it still stands as commanded."
    )
    cutoff: Id | None = Field(
        default=None, description="The cutoff (safety relay) in series with this heater; the only one when not given."
    )
    limit: Section[LimitKeys] | None = Field(
        default=None, description="Of a heater: how hot it may get, and how fast it heats."
    )
    verify: Section[VerifyKeys] = section(VerifyKeys, "Of a heater: how it is held against what its sensor says.")

    @property
    def needed(self) -> list[str]:
        """All that must be believed for it to be on: also what a heater is held against, or nobody sees it too hot."""
        sensor = self.verify.sensor
        return [*self.depends_on, *([] if sensor is None or sensor in self.depends_on else [sensor])]


class InterlockKeys(Keys):
    """Outputs of which at most one may be on at any time."""

    outputs: Annotated[list[Id], Field(min_length=2)] = Field(description="The actuators that exclude one another.")
    gap_s: float = Field(default=1.0, ge=0, le=60, description="Pause between one going off and the next going on.")


_WET: Final = {"max_on_s": 30.0, "min_off_s": 300.0, "per_hour_s": 300.0, "per_day_s": 1200.0}
_LAMP: Final = {"max_on_s": 57600.0, "min_off_s": 30.0, "per_day_s": 58500.0}

ROLE_LIMITS: Final[Mapping[str, Mapping[str, float]]] = {
    "heater": {"max_on_s": 14400.0, "min_on_s": 60.0, "min_off_s": 120.0},
    "light": _LAMP,
    "uvb": _LAMP,
    "fan": {"min_off_s": 5.0},
    "pump": _WET,
    "mister": _WET,
    "fogger": _WET,
    "valve": {"max_on_s": 60.0, "min_off_s": 60.0},
    "cooler": {"max_on_s": 3600.0, "min_on_s": 300.0, "min_off_s": 300.0},
    "feeder": {"max_on_s": 10.0, "min_off_s": 21600.0, "per_day_count": 4},
    "cutoff": {"min_off_s": 10.0},
}
"""The limits of each role, by the names of `LimitsKeys` and `QuotaKeys`; what is not named has no limit.

A lamp's day has a quarter of an hour more than its 16 hours, for days that begin a little earlier than the last one.
A cooler's compressor needs its pause to let the pressure even out. A feeder's pause allows no more than 4 a day.
"""

RATED_CYCLES: Final = 100_000
"""Switching cycles of a common power relay's contacts under load (Songle SRD series data sheet: 100,000)."""
