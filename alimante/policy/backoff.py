"""How long to wait before trying again; it must not wait itself."""

import random


def full_jitter_s(attempt: int, *, base_s: float, cap_s: float, rng: random.Random) -> float:
    """A wait before attempt number `attempt` (1 is the first repetition): uniform from 0 to min(cap, base · 2ⁿ⁻¹).

    Full jitter spreads many clients best after a common failure (Brooker, "Exponential Backoff And Jitter", 2015).
    """
    return rng.uniform(0.0, min(cap_s, base_s * 2.0 ** min(attempt - 1, 60)))
