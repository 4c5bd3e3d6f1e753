"""Where the enclosure stands on Earth, for calendars and the sun; it must not compute either."""

from pydantic import Field

from alimante.config.base import Keys


class Location(Keys):
    """Time zone and position."""

    timezone: str = Field(default="UTC", description="Name of the time zone, such as Europe/Paris.")
    latitude_deg: float | None = Field(default=None, ge=-90, le=90, description="North is positive.")
    longitude_deg: float | None = Field(default=None, ge=-180, le=180, description="East is positive.")
