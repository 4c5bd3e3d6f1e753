"""How many repetitions a wire can afford while much fails; it must not hold back a first attempt.

A bucket that only successes fill makes the repetitions of many devices that fail together end after a moment, as in
the retry quota of the AWS SDKs ("Standard retry mode": 5 per retry, 10 after a timeout, 1 back per success). It also
fills slowly with time: on a wire with few devices, repetitions are no storm, and a noisy cable may need them for ever.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TokenRules:
    """The numbers of a bucket, in tokens."""

    capacity: float = 50.0
    retry_cost: float = 5.0
    timeout_cost: float = 10.0
    success_gain: float = 1.0
    refill_per_s: float = 1.0


class TokenBucket:
    """Starts full at the monotonic time `now_s`."""

    def __init__(self, rules: TokenRules, *, now_s: float) -> None:
        self._rules = rules
        self._tokens = rules.capacity
        self._filled_s = now_s

    def tokens(self, now_s: float) -> float:
        """What is in the bucket now."""
        grown = max(0.0, now_s - self._filled_s) * self._rules.refill_per_s
        self._tokens = min(self._rules.capacity, self._tokens + grown)
        self._filled_s = max(now_s, self._filled_s)
        return self._tokens

    def succeeded(self) -> None:
        """A first attempt succeeded."""
        self._tokens = min(self._rules.capacity, self._tokens + self._rules.success_gain)

    def take(self, now_s: float, *, after_timeout: bool) -> bool:
        """Pay for one repetition; False, and nothing is paid, when there are too few tokens."""
        cost = self._rules.timeout_cost if after_timeout else self._rules.retry_cost
        if self.tokens(now_s) < cost:
            return False
        self._tokens -= cost
        return True
