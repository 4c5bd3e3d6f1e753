"""What the configuration may say about how far a sensor is trusted; it must not judge a reading."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from alimante.config.base import Id, Keys, Section
from alimante.policy.chain import Rules
from alimante.policy.freshness import Freshness
from hardware.api import Channel

Number = Annotated[float, Field(ge=-1e9, le=1e9)]
Limit = Annotated[float, Field(ge=0, le=1e9)]
Count = Annotated[int, Field(ge=1, le=99)]

LIMITS: Final[Mapping[str, Mapping[str, float]]] = {
    "temperature": {
        "plausible_low": -5.0,
        "plausible_high": 60.0,
        "max_change": 2.0,
        "max_jump": 10.0,
        "usual_noise": 0.2,
        "stuck_after_s": 1800.0,
        "sibling_moved_by": 1.0,
        "identical_after_s": 21600.0,
    },
    "humidity": {"plausible_low": 0.0, "plausible_high": 100.0, "usual_noise": 2.0},
}
"""Limits by what is measured, where the configuration gives none. What is not here is not asked.

The air of an enclosure stays well within -5 to 60 °C, and no heater of a household warms it by 2 °C in 10 s. A probe
that counts in steps of 0.5 °C and toggles between two of them passes for a noise of 0.6 °C: it must stay below the
square root of ten times 0.2. Light, contacts and levels do jump, and stay the same for days; misted air is saturated
for hours.
"""


class ChannelKeys(Keys):
    """How one channel of a sensor is corrected, judged and smoothed. Numbers are in the channel's unit."""

    offset: Number = Field(
        default=0.0,
        description="Added to every measured value. Of a temperature not below -3: a calibration says more.",
    )
    calibration: list[list[Number]] | None = Field(
        default=None,
        description="Points [what the sensor said, what was true], rising; between them straight lines are drawn. "
        "Without them no temperature may be moved down by more than 3.",
    )
    calibrated_beyond: Limit = Field(
        default=10.0, description="How far outside of the calibration its first and last line go on; further is bad."
    )
    plausible_low: Number | None = Field(
        default=None, description="A reading below it is bad; of a temperature -5 when not given."
    )
    plausible_high: Number | None = Field(
        default=None, description="A reading above it is bad; of a temperature 60 when not given."
    )
    max_change: Limit | None = Field(
        default=None,
        description="A reading that moved by more in max_change_s is suspect; of a temperature 2 if not given; 0: off.",
    )
    max_change_s: float = Field(default=10.0, ge=1, le=3600, description="Time over which max_change is measured.")
    max_jump: Limit | None = Field(
        default=None,
        description="One that jumped by more is bad until others agree; of a temperature 10 if not given, 0: off.",
    )
    settled_after: Count = Field(
        default=3, description="How many readings in a row must agree to be believed after a change too fast."
    )
    usual_noise: Limit | None = Field(
        default=None,
        description="Standard deviation of the noise that is usual; of a temperature 0.2, of a humidity 2; 0: off.",
    )
    noise_factor: float = Field(
        default=10.0, ge=2, le=1000, description="How many times the usual variance makes a reading suspect."
    )
    stuck_after_s: Limit | None = Field(
        default=None,
        description="A reading that is the same for so long although a heater or a probe beside it moved is suspect; "
        "of a temperature 1800 when not given; 0: off.",
    )
    stuck_grace_s: float = Field(
        default=300.0, ge=0, le=86400, description="How long after that movement the reading may take to follow."
    )
    sibling_moved_by: Limit | None = Field(
        default=None,
        description="How far a probe beside it must move for a reading to be called stuck; of a temperature 1; 0: off.",
    )
    identical_after_s: Limit | None = Field(
        default=None,
        description="You are told of a reading that is the same for so long; of a temperature 21600 when not given; "
        "0: off.",
    )
    median_of: Count = Field(default=1, description="Of so many readings the middle one is taken; 1: off.")
    mean_of: Count = Field(default=1, description="The mean of so many readings is taken; 1: off.")
    alarm_low: Number | None = Field(default=None, description="You are told of readings below it; they stay good.")
    alarm_high: Number | None = Field(default=None, description="You are told of readings above it; they stay good.")
    alarm_hysteresis: Limit = Field(
        default=0.5, description="How far inside the alarm limits a reading must be for the alarm to end."
    )


class ReadingKeys(Keys):
    """What a sensor's readings are judged by."""

    channels: dict[Id, Section[ChannelKeys]] = Field(
        default={}, description="Settings of single channels, by channel name."
    )
    stale_after_s: float | None = Field(
        default=None, gt=0, description="Age at which a reading is suspect; 3 polls, at least 15 s, when not given."
    )
    lost_after_s: float | None = Field(
        default=None, gt=0, description="Age at which a reading is lost; 6 polls, at least 30 s, when not given."
    )
    wrong_after: int = Field(
        default=4, ge=2, le=100, description="So many wrong answers in a row, and it is lost before it is too old."
    )
    max_error_share: float = Field(
        default=0.2, gt=0, lt=1, description="You are told when more than this share of the last 100 attempts failed."
    )


def freshness(keys: ReadingKeys, poll_s: float) -> Freshness:
    """How old the readings of a sensor may be that is read every `poll_s` seconds."""
    return Freshness(
        stale_after_s=keys.stale_after_s or max(3.0 * poll_s, 15.0),
        lost_after_s=keys.lost_after_s or max(6.0 * poll_s, 30.0),
    )


def plausible(channel: Channel, keys: ChannelKeys) -> tuple[float, float]:
    """The lowest and the highest value that a reading of `channel` may have."""
    usual = LIMITS.get(channel.quantity, {})
    low = usual.get("plausible_low", float("-inf")) if keys.plausible_low is None else keys.plausible_low
    high = usual.get("plausible_high", float("inf")) if keys.plausible_high is None else keys.plausible_high
    return low, high


def rules(channel: Channel, keys: ReadingKeys, poll_s: float) -> Rules:
    """The numbers that `channel` is judged by: the configuration's, else those of what it measures."""
    own = keys.channels.get(channel.name) or ChannelKeys.usual()
    usual = LIMITS.get(channel.quantity, {})

    def limit(name: str) -> float:
        said: float | None = getattr(own, name)
        return usual.get(name, 0.0) if said is None else said

    low, high = plausible(channel, own)
    return Rules(
        offset=own.offset,
        points=tuple((said, true) for said, true in own.calibration or ()),
        beyond=own.calibrated_beyond,
        low=low,
        high=high,
        most=limit("max_change"),
        within_s=own.max_change_s,
        jump=limit("max_jump"),
        needed=own.settled_after,
        noise_floor=limit("usual_noise"),
        noise_factor=own.noise_factor,
        stuck_after_s=limit("stuck_after_s"),
        grace_s=own.stuck_grace_s,
        identical_after_s=limit("identical_after_s"),
        sibling_moved_by=limit("sibling_moved_by"),
        median_of=own.median_of,
        mean_of=own.mean_of,
        gap_s=freshness(keys, poll_s).lost_after_s,
    )
