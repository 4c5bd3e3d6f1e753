"""What is known of each heater and of how cold its zone was; it must not judge it."""

from dataclasses import dataclass, field
from math import inf

from alimante.simulation.warmth import Warmth


@dataclass(slots=True)
class Chill:
    """How cold it was: at most so far below the target, and for how long and how much below its band."""

    colder_c: float = 0.0
    below_s: float = 0.0
    below_k_h: float = 0.0

    def add(self, span_s: float, missing_c: float, band_c: float) -> None:
        """For `span_s` seconds `missing_c` were missing up to the target."""
        self.colder_c = max(self.colder_c, missing_c)
        if missing_c > band_c:
            self.below_s += span_s
            self.below_k_h += (missing_c - band_c) * span_s / 3600.0

    def __or__(self, other: "Chill") -> "Chill":
        """The worse of both in each number: two heaters of one zone feel the same cold."""
        return Chill(
            colder_c=max(self.colder_c, other.colder_c),
            below_s=max(self.below_s, other.below_s),
            below_k_h=max(self.below_k_h, other.below_k_h),
        )


@dataclass(slots=True, eq=False)
class Kept:
    """What is known of one heater and its zone. `excused` is what was cold while something was broken or in hand."""

    warmth: Warmth
    chill: Chill = field(default_factory=Chill)
    excused: Chill = field(default_factory=Chill)
    is_warm: bool = False
    """Whether its zone was warm since the start or the last excuse, or had the time for it."""
    is_cold: bool = False
    """Whether it was too cold when it was last looked at."""
    excused_until_s: float = -inf
    broken: int = 0
    broken_s: float = -inf
    """How many faults are there that excuse it, and when the last one ended."""
    trip: str = ""
    """Whether it is tripped: "", "rightly" or "falsely"."""
    waits_rightly: bool = False
    hot_s: float = -inf
    """When it was tripped rightly, or its zone was too hot for the trip to end."""
    target_c: float | None = None
    low_c: float = inf
    low_until_s: float = -inf
    on_s: float = 0.0
    heated_s: float = -inf
    cold_since_s: float | None = None
    share_since_s: float = 0.0
    given_s: float = 0.0

    def heard(self, target_c: float, now_s: float) -> float:
        """What may be asked of the zone: a target that rose counts when the zone had the time to follow."""
        if self.target_c is not None and target_c > self.target_c:
            self.low_c = self.target_c if now_s >= self.low_until_s else min(self.low_c, self.target_c)
            self.low_until_s = now_s + self.warmth.warm_up_s
        self.target_c = target_c
        return target_c if now_s >= self.low_until_s else min(self.low_c, target_c)

    def note_heat(self, now_s: float) -> None:
        """Note whether it was on since the last time."""
        on_s = self.warmth.load.on_by_s(now_s)
        if on_s > self.on_s or self.warmth.load.fraction > 0.0:
            self.heated_s = now_s
        self.on_s = on_s

    def is_broken(self, now_s: float, after_s: float) -> bool:
        """Whether it is broken itself, or was so lately that `after_s` and its rest are not over."""
        is_stuck = self.warmth.load.stuck is not None
        return is_stuck or self.broken > 0 or now_s - self.broken_s < after_s + self.warmth.cooldown_s
