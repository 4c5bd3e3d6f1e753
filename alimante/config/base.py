"""What every model of the configuration is built from; it must not know a key."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from alimante.core.ids import ID_PATTERN

Id = Annotated[str, Field(pattern=ID_PATTERN)]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
FilePath = Annotated[str, Field(min_length=1, max_length=4096)]
Ref = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,32}(\.[a-z0-9_]{1,32})?$")]
"""What can be believed in: a group, a sensor of one channel, or `sensor.channel`."""


class Keys(BaseModel):
    """An object of the configuration: unknown keys are errors, nothing is converted, nothing changes later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)

    note: str | None = Field(default=None, description="A remark for people; it changes nothing.")
