"""What the configuration may say about groups of sensors; it must not vote."""

from typing import Annotated

from pydantic import Field

from alimante.config.base import Keys, Ref


class GroupKeys(Keys):
    """Sensors that measure the same thing."""

    members: Annotated[list[Ref], Field(min_length=1)] = Field(description="The sensor channels that vote.")
