"""What recovery remembers of each component between two looks; it must not publish or repair anything."""

from dataclasses import dataclass, field
from enum import StrEnum

from alimante.policy.budget import Budget
from alimante.policy.ladder import Attempt, Ladder


class Strategy(StrEnum):
    """The four ways to deal with what is broken."""

    RESTART = "restart"  # close and open its driver
    RESET = "reset"  # begin anew with what it hangs on, then with its neighbours in order
    FALLBACK = "fallback"  # go on without it: with others, or in the safe state
    MANUAL = "manual"  # ask a person


@dataclass(slots=True, kw_only=True)
class Try:
    """One attempt. It is judged by the readings that come after it, and so it has no end of its own."""

    strategy: Strategy
    attempt: Attempt
    why: str
    began_s: float
    action: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class Patient:
    """One component. `wire` is what it hangs on, empty for a wire; `fresh` budgets new processes for its sake."""

    id: str
    ladder: Ladder
    fresh: Budget
    wire: str = ""
    is_vital: bool = False
    """Whether an output needs it: only then a repair may cost more than this component."""
    is_ill: bool = False
    error: str = ""
    reason: str = ""
    misses: int = 0
    good: int = 0
    seq: int = -1
    has_failed: bool = False
    """Whether it has failed since the last attempt: without that there is nothing to try again for."""
    is_busy: bool = False
    trying: Try | None = None
    is_given_up: bool = False
    """Whether a person was asked, and what is done meanwhile was told."""
    wedged_since_s: float | None = None
    hurts: set[str] = field(default_factory=set)
    """Of a wire: its sensors that have failed since they worked last."""

    def failed(self, error: str, reason: str) -> None:
        """It did not work once."""
        self.misses += 1
        self.good = 0
        self.has_failed = True
        self.error, self.reason = error, reason

    def worked(self) -> None:
        """It worked once."""
        self.misses = 0
        self.good += 1
