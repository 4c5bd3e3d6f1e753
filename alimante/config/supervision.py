"""What the configuration may say about supervision; it must not supervise anything."""

from pydantic import Field

from alimante.config.base import Id, Keys, Section, section
from alimante.config.process import ProcessKeys
from alimante.config.repair import RepairKeys
from alimante.config.rollout import RolloutKeys
from alimante.policy.breaker import BreakerRules
from alimante.policy.error_book import ErrorRules
from alimante.policy.hysteresis import Patience
from alimante.policy.retry import RetryRules
from alimante.policy.tokens import TokenRules


class HealthKeys(Keys):
    """When something counts as unwell."""

    period_s: float = Field(
        default=5.0,
        ge=1,
        le=60,
        description="Seconds between two looks at each component; where it is left out, five control ticks or the "
        "shortest poll of a sensor, whichever is shorter, and 5 at least.",
    )
    bad_to_warning: int = Field(
        default=Patience.bad_to_warning, ge=1, le=100, description="Bad findings in a row that make a WARNING."
    )
    bad_to_critical: int = Field(
        default=Patience.bad_to_critical, ge=1, le=100, description="Bad findings in a row that make it CRITICAL."
    )
    good_to_recover: int = Field(
        default=Patience.good_to_recover, ge=1, le=100, description="Good findings in a row for each step of recovery."
    )
    dwell_s: float = Field(
        default=Patience.dwell_s,
        ge=0,
        le=86_400,
        description="Seconds without anything bad before something recovers.",
    )
    evidence_periods: float = Field(
        default=3.0, ge=1, le=100, description="Looks that may be missed before nothing is known any more."
    )
    unknown_after_s: float = Field(
        default=60.0, ge=0, le=86_400, description="Seconds without evidence after which something needed is CRITICAL."
    )
    optional: list[Id] = Field(
        default=[], description="Devices, wires and groups whose failure is only a WARNING for the node."
    )
    history_count: int = Field(default=500, ge=0, le=100_000, description="Changes of health that are kept in memory.")
    history_days: float = Field(default=7.0, gt=0, le=3650, description="Days for which they are kept.")

    def patience(self) -> Patience:
        """The numbers of recovery and decline for the policy."""
        return Patience(
            bad_to_warning=self.bad_to_warning,
            bad_to_critical=self.bad_to_critical,
            good_to_recover=self.good_to_recover,
            dwell_s=self.dwell_s,
        )


class RetryKeys(Keys):
    """How a failed reading is tried again before it counts as missed."""

    attempts: int = Field(
        default=RetryRules.attempts, ge=1, le=10, description="Attempts per reading, the first one included; 1 is none."
    )
    base_s: float = Field(
        default=RetryRules.base_s, gt=0, le=10, description="Longest wait before the second attempt; doubles each time."
    )
    cap_s: float = Field(default=RetryRules.cap_s, gt=0, le=60, description="Longest wait between two attempts.")
    deadline_s: float = Field(
        default=RetryRules.deadline_s,
        gt=0,
        le=60,
        description="Time for a reading with all its attempts; less for fast polls, more for chips that need it.",
    )

    def rules(self) -> RetryRules:
        """The same for the policy."""
        return RetryRules(**self.values())


class TokenKeys(Keys):
    """How many repeated attempts one wire can afford, so that many failing devices do not flood it."""

    capacity: float = Field(
        default=TokenRules.capacity, gt=0, le=10_000, description="Tokens in a full bucket; it is full at the start."
    )
    retry_cost: float = Field(
        default=TokenRules.retry_cost, ge=0, le=10_000, description="Tokens that one repeated attempt costs."
    )
    timeout_cost: float = Field(
        default=TokenRules.timeout_cost, ge=0, le=10_000, description="Tokens that one costs after a time-out."
    )
    success_gain: float = Field(
        default=TokenRules.success_gain, ge=0, le=10_000, description="Tokens for a reading at the first attempt."
    )
    refill_per_s: float = Field(
        default=TokenRules.refill_per_s, ge=0, le=1000, description="Tokens that come back each second by themselves."
    )

    def rules(self) -> TokenRules:
        """The same for the policy."""
        return TokenRules(**self.values())


class BreakerKeys(Keys):
    """When a sensor or a wire that keeps failing is asked only now and then, and how often."""

    window: int = Field(default=BreakerRules.window, ge=1, le=1000, description="How many last readings are judged.")
    min_calls: int = Field(
        default=BreakerRules.min_calls, ge=1, le=1000, description="Readings before shares of them mean anything."
    )
    failure_share: float = Field(
        default=BreakerRules.failure_share, gt=0, le=1, description="Share of failed readings that opens the breaker."
    )
    slow_share: float = Field(
        default=BreakerRules.slow_share, gt=0, le=1, description="Share of slow readings that opens the breaker."
    )
    slow_s: float = Field(
        default=BreakerRules.slow_s,
        gt=0,
        le=60,
        description="A reading that takes longer is slow; more for slow chips.",
    )
    consecutive: int = Field(
        default=BreakerRules.consecutive, ge=1, le=1000, description="Failures in a row that open the breaker."
    )
    open_s: float = Field(
        default=BreakerRules.open_s, gt=0, le=3600, description="Pause after opening, times how often it has opened."
    )
    cap_s: float = Field(default=BreakerRules.cap_s, gt=0, le=86_400, description="Longest pause.")
    jitter: float = Field(
        default=BreakerRules.jitter, ge=0, lt=1, description="How far a pause may be longer or shorter, as a share."
    )
    probe_every_s: float = Field(
        default=BreakerRules.probe_every_s,
        gt=0,
        le=3600,
        description="Pause for what fails quickly: asking it again often costs nothing and finds its return soon.",
    )
    probe_share: float = Field(
        default=BreakerRules.probe_share,
        gt=0,
        le=1,
        description="Share of the wire's time that asking a slow or hanging device again may take.",
    )
    probes: int = Field(
        default=BreakerRules.probes, ge=1, le=100, description="Good readings in a row that end the caution."
    )
    half_open_s: float = Field(
        default=BreakerRules.half_open_s, gt=0, le=3600, description="After so long fewer good readings are enough."
    )
    decay_s: float = Field(
        default=BreakerRules.decay_s, gt=0, le=86_400, description="Healthy time that makes up for one opening."
    )

    def rules(self) -> BreakerRules:
        """The same for the policy."""
        return BreakerRules(**self.values())


class ErrorKeys(Keys):
    """How errors are remembered."""

    recent: int = Field(
        default=ErrorRules.recent, ge=1, le=1000, description="How many last errors of each component are kept."
    )
    forget_after_s: float = Field(
        default=ErrorRules.forget_after_s, gt=0, le=31_536_000, description="Age at which an error is forgotten."
    )
    components: int = Field(
        default=ErrorRules.components, ge=1, le=10_000, description="How many components' errors are kept at most."
    )
    defects: int = Field(
        default=ErrorRules.defects, ge=1, le=1000, description="Crashes of one component that make a warning."
    )
    defects_within_s: float = Field(
        default=ErrorRules.defects_within_s, gt=0, le=86_400, description="Time within which they count together."
    )
    failures: int = Field(
        default=ErrorRules.failures,
        ge=2,
        le=100,
        description="How often something may fail, and work in between, before that is a warning.",
    )
    failures_within_s: float = Field(
        default=ErrorRules.failures_within_s, gt=0, le=86_400, description="Time within which they count together."
    )
    failure_share: float = Field(
        default=ErrorRules.failure_share,
        gt=0,
        le=1,
        description="Share of a sensor's readings that must fail for that; cheap sensors miss one now and then.",
    )

    def rules(self) -> ErrorRules:
        """The same for the policy."""
        return ErrorRules(**self.values())


class RecoveryKeys(Keys):
    """How faults are repaired, and how often."""

    retry: Section[RetryKeys] = section(RetryKeys, "How a failed reading is tried again.")
    tokens: Section[TokenKeys] = section(TokenKeys, "How many repeated attempts one wire can afford.")
    breaker: Section[BreakerKeys] = section(BreakerKeys, "When what keeps failing is asked less often.")
    errors: Section[ErrorKeys] = section(ErrorKeys, "How errors are remembered.")
    repair: Section[RepairKeys] = section(RepairKeys, "How often and how thoroughly it is tried to repair.")
    stuck_after_s: float = Field(
        default=5.0, gt=0, le=600, description="Time for which a wire may hang in a call before people are told."
    )
    process: Section[ProcessKeys] = section(ProcessKeys, "How the program watches over itself.")
    rollout: Section[RolloutKeys] = section(RolloutKeys, "How a changed configuration is taken.")
    reboot: bool = Field(
        default=False,
        description="Whether the computer may be rebooted when nothing else helps; the user must be allowed to do it.",
    )
