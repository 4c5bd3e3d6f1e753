"""What the configuration may say about its own changes; it must not change anything."""

from pydantic import Field

from alimante.config.base import Keys


class RolloutKeys(Keys):
    """How a changed configuration is taken."""

    automatic: bool = Field(
        default=True,
        description="Take a changed file within seconds; else only at a start or by `alimante config apply`.",
    )
    probation_s: float = Field(
        default=120.0,
        ge=30,
        le=3600,
        description="After so long all that was well before the change must be well again, or it is gone back from.",
    )
    look_s: float = Field(default=2.0, ge=1, le=60, description="How often the file is looked at.")
