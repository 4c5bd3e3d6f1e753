"""How often what fails may be started again, and after what pause; it must not start anything.

The rule is the restart intensity of Erlang's supervisors (https://www.erlang.org/doc/system/sup_princ.html): so many
restarts within so much time, and no more. A restart gives nothing back: only time does.
"""

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class RestartRules:
    """At most `limit` restarts within `within_s` seconds. The pause before one doubles from `base_s` to `cap_s`.

    After `healthy_s` seconds without a failure the thing counts as well. A silence that is usual means nothing: where
    less than twice `within_s` lay between its last two failures, it takes half as much again.
    """

    limit: int = 5
    within_s: float = 300.0
    base_s: float = 1.0
    cap_s: float = 30.0
    healthy_s: float = 30.0


@dataclass(slots=True)
class RestartBudget:
    """The restarts of one thing. Times are monotonic seconds."""

    rules: RestartRules
    _failed_s: deque[float] = field(default_factory=deque)
    _last_s: float | None = None
    _well_at_s: float = float("-inf")

    def failed(self, now_s: float) -> float | None:
        """It failed; returns the seconds to wait before its restart, or None when it may not be restarted."""
        self._well_at_s = now_s + self._usual_s(now_s)
        self._last_s = now_s
        if self.restarts(now_s) >= self.rules.limit:
            return None
        self._failed_s.append(now_s)
        return float(min(self.rules.cap_s, self.rules.base_s * 2.0 ** min(len(self._failed_s) - 1, 60)))

    def restarts(self, now_s: float) -> int:
        """How many restarts count now."""
        while self._failed_s and now_s - self._failed_s[0] > self.rules.within_s:
            self._failed_s.popleft()
        return len(self._failed_s)

    def is_well(self, now_s: float) -> bool:
        """Whether it has not failed for long enough."""
        return now_s >= self._well_at_s

    def silence_s(self, now_s: float) -> float:
        """For how long it must not fail from now on to count as well."""
        return max(0.0, self._well_at_s - now_s)

    def _usual_s(self, now_s: float) -> float:
        gap_s = float("inf") if self._last_s is None else now_s - self._last_s
        return max(self.rules.healthy_s, 1.5 * gap_s if gap_s < 2.0 * self.rules.within_s else 0.0)
