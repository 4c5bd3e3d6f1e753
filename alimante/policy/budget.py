"""How often something may be repaired, restarted or rebooted; it must not repair anything or look at a clock.

Restart intensity as Erlang's supervisors have it (at most `attempts` in any window of `within_s`), and stricter in one
point: a budget that was used up stays so until what it is for has been healthy for a while. Else something that is
broken for good would be restarted a few times in each window for ever.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

LOOK_GAP_S: Final = 60.0
"""Health that nobody has looked at for longer is not known to have been continuous."""


@dataclass(frozen=True, kw_only=True)
class BudgetRules:
    """At most `attempts` within any `within_s` seconds; `refund_after_s` seconds of health make up for using it up."""

    attempts: int
    within_s: float
    refund_after_s: float = 600.0


class Budget:
    """One budget. All times are monotonic seconds. Nothing but `look` gives anything back before its time."""

    def __init__(self, rules: BudgetRules) -> None:
        self.rules = rules
        self.is_spent = False
        """Whether an attempt was refused since the last time of health."""
        self._taken: deque[float] = deque()
        self._healthy_since_s: float | None = None
        self._looked_s = 0.0

    def take(self, now_s: float) -> int | None:
        """The number of this attempt in its window, from 1 to `rules.attempts`; None when there is none left."""
        self.is_spent = self.is_spent or self.used(now_s) >= self.rules.attempts
        if self.is_spent:
            return None
        self._taken.append(now_s)
        self._healthy_since_s = None  # what needs an attempt is not healthy
        return len(self._taken)

    def used(self, now_s: float) -> int:
        """How many attempts count now."""
        while self._taken and now_s - self._taken[0] >= self.rules.within_s:
            self._taken.popleft()
        return len(self._taken)

    def look(self, now_s: float, *, is_healthy: bool) -> None:
        """Take note of how it is now; to be called often, since unseen time is no health."""
        gap_s, self._looked_s = now_s - self._looked_s, now_s
        if not is_healthy:
            self._healthy_since_s = None
        elif self._healthy_since_s is None or gap_s > LOOK_GAP_S:
            self._healthy_since_s = now_s
        elif now_s - self._healthy_since_s >= self.rules.refund_after_s:
            self.is_spent = False

    def snapshot(self, now_s: float) -> dict[str, Any]:
        """What must outlive a restart, in plain JSON values: the ages of the attempts in seconds."""
        self.used(now_s)
        return {"ages_s": [round(now_s - taken_s, 1) for taken_s in self._taken], "is_spent": self.is_spent}

    def restore(self, saved: Mapping[str, Any], *, now_s: float, away_s: float = 0.0) -> None:
        """Take up a snapshot that is `away_s` seconds old (0.0 when that is not known); what does not fit is left."""
        ages = saved.get("ages_s")
        numbers = [age for age in ages if _is_age(age)] if isinstance(ages, list) else []
        self._taken = deque(sorted(now_s - float(age_s) - max(0.0, away_s) for age_s in numbers))
        self.is_spent = saved.get("is_spent") is True


def _is_age(said: object) -> bool:
    return isinstance(said, int | float) and not isinstance(said, bool) and isfinite(said) and said >= 0
