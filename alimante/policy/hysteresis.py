"""From single findings to a level that does not flap: quick to become worse, slow to become better.

It must not look at anything itself.
"""

from dataclasses import dataclass, field
from typing import Final

from alimante.core.events import Level

_RANK: Final = {Level.CLEAR: 0, Level.WARNING: 1, Level.CRITICAL: 2}


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How many findings in a row change a level. `dwell_s` is how long the last bad one must be over for a recovery."""

    bad_to_warning: int = 2
    bad_to_critical: int = 3
    good_to_recover: int = 3
    dwell_s: float = 60.0


AT_ONCE: Final = (1, 1)


@dataclass(slots=True)
class Hysteresis:
    """The level of one thing. `is_safety` lets one bad finding count: then waiting would be a risk.

    Findings as bad as a level or worse, in a row, lead to that level. It is left downwards by one step at a time: when
    enough findings in a row were better and the last one as bad as it is `dwell_s` old. Counting from there, and not
    from the step before, a thing that went from critical to sound is sound again `dwell_s` and one more row of good
    findings later. `warning_dwell_s` is another dwell for the last step, where somebody else has waited already.
    """

    patience: Patience = field(default_factory=Patience)
    is_safety: bool = False
    warning_dwell_s: float | None = None
    level: Level | None = None
    """None until there is enough to say anything: one good finding, or enough bad ones."""
    _worse: dict[Level, int] = field(default_factory=lambda: {Level.WARNING: 0, Level.CRITICAL: 0})
    _last_s: dict[Level, float] = field(default_factory=dict)
    _better: int = 0

    def feed(self, found: Level, now_s: float) -> Level | None:
        """Take one finding, made at the monotonic time `now_s`; returns the level that follows."""
        if found is Level.CLEAR is self.level:  # most findings of all: nothing is wrong, as before
            self._worse[Level.WARNING] = self._worse[Level.CRITICAL] = 0
            return self.level
        for level in self._worse:
            is_bad = _RANK[found] >= _RANK[level]
            self._worse[level] = self._worse[level] + 1 if is_bad else 0
            if is_bad:
                self._last_s[level] = now_s
        wanted = self._reached()
        if self.level is None:
            self.level = Level.CLEAR if found is Level.CLEAR else wanted
        elif wanted is not None and _RANK[wanted] > _RANK[self.level]:
            self.level = wanted
            self._better = 0
        else:
            self._recover(found, now_s)
        return self.level

    def _reached(self) -> Level | None:
        """The worst level that enough findings in a row were as bad as."""
        to_warning, to_critical = (
            AT_ONCE if self.is_safety else (self.patience.bad_to_warning, self.patience.bad_to_critical)
        )
        if self._worse[Level.CRITICAL] >= to_critical:
            return Level.CRITICAL
        return Level.WARNING if self._worse[Level.WARNING] >= to_warning else None

    def _recover(self, found: Level, now_s: float) -> None:
        if self.level is None or _RANK[found] >= _RANK[self.level]:
            self._better = 0
            return
        self._better += 1
        dwell_s = self.patience.dwell_s
        if self.level is Level.WARNING and self.warning_dwell_s is not None:
            dwell_s = self.warning_dwell_s
        is_over = now_s - self._last_s[self.level] >= dwell_s
        if self._better >= self.patience.good_to_recover and is_over:
            self.level = Level.WARNING if self.level is Level.CRITICAL else Level.CLEAR
            self._better = 0


def worst(*levels: Level) -> Level:
    """The worst of `levels`; CLEAR of none."""
    return max(levels, key=_RANK.__getitem__, default=Level.CLEAR)
