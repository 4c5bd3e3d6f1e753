"""What the configuration may say about the limits of outputs; it must not know how the gate keeps them."""

from typing import Annotated

from pydantic import Field

from alimante.config.base import Id, Keys, Ref


class OutputKeys(Keys):
    """What the output gate keeps to for one actuator."""

    depends_on: list[Ref] = Field(
        default=[], description="Groups or sensor channels without whose good readings it may not be on."
    )


class InterlockKeys(Keys):
    """Outputs of which at most one may be on at any time."""

    outputs: Annotated[list[Id], Field(min_length=2)] = Field(description="The actuators that exclude one another.")
    gap_s: float = Field(default=1.0, ge=0, le=60, description="Pause between one going off and the next going on.")
