"""What the configuration may say about repairs: how often, how big and after what; it must not repair anything."""

from pydantic import Field

from alimante.config.base import Keys, Section, section
from alimante.policy.budget import BudgetRules


class _RungKeys(Keys):
    """One size of repair."""

    attempts: int = Field(
        default=5, ge=1, le=100, description="Attempts in any window of `within_s`; then a bigger one."
    )
    within_s: float = Field(default=300.0, gt=0, le=604_800, description="Length of that window in seconds.")
    cool_down_s: float = Field(default=10.0, gt=0, le=3600, description="Seconds from one attempt to the next.")

    def rules(self, refund_after_s: float) -> BudgetRules:
        """The same for the policy."""
        return BudgetRules(attempts=self.attempts, within_s=self.within_s, refund_after_s=refund_after_s)


class DeviceRungKeys(_RungKeys):
    """Opening the driver of one device anew."""


class WireRungKeys(_RungKeys):
    """Beginning anew with a whole wire, and then with its devices in their order."""

    attempts: int = Field(
        default=3, ge=1, le=100, description="Attempts in any window of `within_s`; then a bigger one."
    )
    within_s: float = Field(default=600.0, gt=0, le=604_800, description="Length of that window in seconds.")
    cool_down_s: float = Field(default=15.0, gt=0, le=3600, description="Seconds from one attempt to the next.")


class ProcessRungKeys(_RungKeys):
    """Ending the program with the outputs safe, for the service manager to start it again."""

    attempts: int = Field(default=4, ge=1, le=100, description="Ends in any window of `within_s`; then none.")
    within_s: float = Field(default=900.0, gt=0, le=604_800, description="Length of that window in seconds.")
    cool_down_s: float = Field(
        default=60.0, gt=0, le=3600, description="Shortest run of the program before it ends so."
    )


class RepairKeys(Keys):
    """Repairs, from the smallest to the biggest. A bigger one comes only when the smaller one is used up."""

    device: Section[DeviceRungKeys] = section(DeviceRungKeys, "Opening one device anew.")
    wire: Section[WireRungKeys] = section(WireRungKeys, "Beginning anew with a wire and all on it.")
    process: Section[ProcessRungKeys] = section(ProcessRungKeys, "Ending the program to be started again.")
    refund_after_s: float = Field(
        default=600.0, gt=0, le=86_400, description="Health without a break that makes up for used-up attempts."
    )
    misses: int = Field(default=3, ge=1, le=100, description="Failed readings in a row that begin repairs.")
    good_samples: int = Field(default=3, ge=1, le=100, description="Good readings in a row that count as repaired.")
    stuck_calls: int = Field(
        default=4, ge=1, le=64, description="Calls that hang for good, on all wires together, that end the program."
    )
    power_off_s: float = Field(
        default=5.0, gt=0, le=600, description="How long a supply is switched off to reset chips."
    )
    power_settle_s: float = Field(default=2.0, ge=0, le=600, description="Wait after it is on again.")
    history: int = Field(default=200, ge=1, le=10_000, description="How many last attempts are remembered.")
