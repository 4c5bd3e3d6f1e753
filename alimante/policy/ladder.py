"""What is tried next for something that stays broken; it must not try it, wait or look at a clock.

The rungs go from what costs least to what costs most. A rung is left upwards only when its budget is used up, or at
once when it cannot help against this kind of fault.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from alimante.policy.budget import Budget


class Tier(StrEnum):
    """How much an attempt takes along when it restarts something."""

    DEVICE = "device"
    WIRE = "wire"
    PROCESS = "process"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One level; `budget` may be shared with other ladders. `cool_down_s` is the wait after an attempt on it."""

    tier: Tier
    budget: Budget
    cool_down_s: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """Leave to try something once: number `number` of `allowed`."""

    tier: Tier
    number: int
    allowed: int


class Ladder:
    """The rungs of one component, lowest first. All times are monotonic seconds."""

    def __init__(self, rungs: Sequence[Rung]) -> None:
        self.rungs = tuple(rungs)
        self.ready_s = -inf
        """When the cool-down after the last attempt is over."""
        self.is_at_end = False
        """Whether every rung that could help was used up when it was asked last."""

    def climb(self, now_s: float, helpful: Container[Tier]) -> Attempt | None:
        """The next attempt among the levels that are `helpful`; None while there is none."""
        if now_s < self.ready_s:
            return None
        for rung in self.rungs:
            if rung.tier not in helpful:
                continue
            number = rung.budget.take(now_s)
            if number is not None:
                self.ready_s = now_s + rung.cool_down_s
                self.is_at_end = False
                return Attempt(rung.tier, number, rung.budget.rules.attempts)
        self.is_at_end = True
        return None
