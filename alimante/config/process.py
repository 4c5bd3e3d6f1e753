"""What the configuration may say about the program's own failures; it must not restart anything."""

from pydantic import Field

from alimante.config.base import Keys, Section, section
from alimante.policy.boot import StartRules
from alimante.policy.restarts import RestartRules


class ServiceKeys(Keys):
    """How often a part of the program that fails is started again."""

    limit: int = Field(default=RestartRules.limit, ge=0, le=1000, description="Restarts that are allowed in that time.")
    within_s: float = Field(
        default=RestartRules.within_s, gt=0, le=86_400, description="Time within which restarts count together."
    )
    base_s: float = Field(
        default=RestartRules.base_s, gt=0, le=60, description="Pause before the first restart; doubles each time."
    )
    cap_s: float = Field(default=RestartRules.cap_s, gt=0, le=3600, description="Longest pause before a restart.")
    healthy_s: float = Field(
        default=RestartRules.healthy_s,
        gt=0,
        le=86_400,
        description="Time without a failure after which all is well; longer for what fails again and again.",
    )

    def rules(self) -> RestartRules:
        """The same for the policy."""
        return RestartRules(**self.values())


class StartKeys(Keys):
    """What happens when the program itself ends badly again and again."""

    unclean: int = Field(
        default=StartRules.unclean, ge=1, le=100, description="Starts that may end badly before more is done."
    )
    within_s: float = Field(
        default=StartRules.within_s, gt=0, le=86_400, description="Time within which bad starts count together."
    )
    reboots: int = Field(
        default=StartRules.reboots,
        ge=0,
        le=100,
        description="Reboots of the computer before everything is held safe until a person looks.",
    )
    healthy_s: float = Field(
        default=StartRules.healthy_s,
        gt=0,
        le=86_400,
        description="A run that was healthy for so long was no bad start.",
    )
    day_s: float = Field(
        default=StartRules.day_s,
        gt=0,
        le=2_592_000,
        description="A run of so long makes reboots forgotten, and ends the safe mode for another try.",
    )

    def rules(self) -> StartRules:
        """The same for the policy."""
        return StartRules(**self.values())


class ProcessKeys(Keys):
    """How the program watches over itself."""

    services: Section[ServiceKeys] = section(ServiceKeys, "When a part of the program fails.")
    starts: Section[StartKeys] = section(StartKeys, "When the whole program fails again and again.")
    loop_lag_s: float = Field(
        default=1.0, gt=0, le=10, description="How long the program may stand still before people are told."
    )
    guard_after_s: float = Field(
        default=8.0,
        ge=3,
        le=30,
        description="A program that shows no sign of life for so long is ended by its guard, and outputs made safe.",
    )
