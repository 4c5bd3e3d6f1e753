"""Where the enclosure stands on Earth, for calendars and the sun; it must not compute either."""

from typing import Annotated

from pydantic import Field

from alimante.config.base import Keys

RoomC = Annotated[float, Field(ge=-40, le=60)]


class Location(Keys):
    """Time zone and position."""

    timezone: str = Field(
        default="UTC", min_length=1, max_length=64, description="Name of the time zone, such as Europe/Paris."
    )
    latitude_deg: float | None = Field(default=None, ge=-90, le=90, description="North is positive.")
    longitude_deg: float | None = Field(default=None, ge=-180, le=180, description="East is positive.")
    room_c: tuple[RoomC, RoomC] = Field(
        default=(12.0, 30.0),
        description="The coldest and the warmest that the room around the enclosure can be, in °C. The narrower it is, "
        "the less harm a probe can do that drifts: it looks like a room that gets colder.",
    )
    clock_is_trusted: bool = Field(
        default=False,
        description="The computer keeps the time by itself, with a battery clock or a time service other than "
        "systemd-timesyncd: believe its clock without being told that it was set.",
    )
