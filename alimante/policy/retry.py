"""Whether and when to try a failed operation again; it must not wait or try anything itself.

Only errors whose type says that a repetition can help are repeated, and only while the repetition can still end within
the whole operation's deadline. Exhaustion is the caller's to raise or to tell.
"""

import random
from dataclasses import dataclass

from alimante.policy.backoff import full_jitter_s
from hardware.errors import DeviceError


@dataclass(frozen=True, kw_only=True)
class RetryRules:
    """The numbers of a retry: `attempts` counts the first one; waits and the deadline are in seconds."""

    attempts: int = 3
    base_s: float = 0.1
    cap_s: float = 1.0
    deadline_s: float = 2.0


class RetryPolicy:
    """Full jitter between attempts: uniform from 0 to min(cap, base · 2ⁿ⁻¹), see `backoff.full_jitter_s`."""

    def __init__(self, rules: RetryRules, *, rng: random.Random) -> None:
        self.rules = rules
        self._rng = rng

    def wait_s(self, error: BaseException, *, attempt: int, took_s: float, left_s: float) -> float | None:
        """How long to wait before the next attempt, or None to give up.

        `attempt` (1 is the first) ended with `error` after `took_s`, and `left_s` are left until the deadline. The
        next attempt is taken to need as long as this one.
        """
        if not isinstance(error, DeviceError) or not error.transient or attempt >= self.rules.attempts:
            return None
        wait_s = full_jitter_s(attempt, base_s=self.rules.base_s, cap_s=self.rules.cap_s, rng=self._rng)
        return wait_s if wait_s + took_s < left_s else None
