"""What the configuration may say about how far a sensor is trusted; it must not judge a reading."""

from pydantic import Field

from alimante.config.base import Id, Keys


class ChannelKeys(Keys):
    """How one channel of a sensor is corrected, smoothed and judged."""

    offset: float = Field(default=0.0, description="Added to every measured value, in the channel's unit.")


class ReadingKeys(Keys):
    """What a sensor's readings are judged by."""

    channels: dict[Id, ChannelKeys] = Field(default={}, description="Settings of single channels, by channel name.")
    stale_after_s: float | None = Field(
        default=None, gt=0, description="Age at which a reading is suspect; 3 polls, at least 15 s, when not given."
    )
    lost_after_s: float | None = Field(
        default=None, gt=0, description="Age at which a reading is lost; 6 polls, at least 30 s, when not given."
    )
