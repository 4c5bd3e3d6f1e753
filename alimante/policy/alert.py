"""One alert: a condition that people should know of, in time; it must not decide when they are told."""

from dataclasses import dataclass
from typing import Any, Final

from alimante.core.events import ConditionChanged, Level
from alimante.policy.flapping import Flapping, FlapRules

Key = tuple[str, str]
"""Component and condition."""

_RANK: Final = {Level.CLEAR: 0, Level.WARNING: 1, Level.CRITICAL: 2}


def worst(*levels: Level) -> Level:
    """The worst of `levels`, which are not none."""
    return max(levels, key=_RANK.__getitem__)


@dataclass(slots=True)
class Alert:
    """What is known of one active alert. Times are monotonic seconds, but for `since_wall_s`.

    `present` is what its condition says now, `level` what people see: the worst while it flaps, and the last one while
    it is only just clear. `told` is the level that people were told last, None when they were not told at all.
    `is_confirmed` is False after a restart until its condition was heard of again.
    """

    component: str
    condition: str
    level: Level
    present: Level
    text: str
    advice: str
    is_safety: bool
    cause: str
    since_wall_s: float
    since_s: float
    flapping: Flapping
    count: int = 1
    clear_since_s: float | None = None
    told: Level | None = None
    told_s: float = 0.0
    acknowledged_by: str = ""
    is_confirmed: bool = True

    @property
    def key(self) -> Key:
        """What names it."""
        return self.component, self.condition

    @property
    def name(self) -> str:
        """What names it for people."""
        return f"{self.component}/{self.condition}"

    @property
    def state(self) -> str:
        """As it is published."""
        return "acknowledged" if self.acknowledged_by else "active"

    def hear(self, event: ConditionChanged, now_s: float) -> None:
        """Take what its condition says now."""
        was_clear = self.present is Level.CLEAR
        self.present = event.level
        self.is_confirmed = True
        if event.level is Level.CLEAR:
            self.clear_since_s = now_s if self.clear_since_s is None else self.clear_since_s
            return
        self.clear_since_s = None
        self.count += was_clear
        if _RANK[event.level] > _RANK[self.level]:
            self.acknowledged_by = ""  # who knew of a warning does not know of this
        self.level = worst(self.level, event.level) if self.flapping.is_flapping else event.level
        self.text, self.advice, self.cause = event.text, event.advice, event.cause
        self.is_safety = event.is_safety

    def saved(self, now_s: float) -> dict[str, Any]:
        """Plain JSON values; times as ages."""
        return {
            "component": self.component,
            "condition": self.condition,
            "level": self.level.value,
            "text": self.text,
            "advice": self.advice,
            "is_safety": self.is_safety,
            "cause": self.cause,
            "since_wall_s": self.since_wall_s,
            "age_s": now_s - self.since_s,
            "count": self.count,
            "told": None if self.told is None else self.told.value,
            "told_ago_s": now_s - self.told_s,
            "acknowledged_by": self.acknowledged_by,
            "results": list(self.flapping.results),
        }


def restored(saved: dict[str, Any], now_s: float, rules: FlapRules) -> Alert:
    """The alert that `saved` was made of, waiting for its condition. Raises `KeyError`, `ValueError`, `TypeError`."""
    level = Level(saved["level"])
    return Alert(
        component=str(saved["component"]),
        condition=str(saved["condition"]),
        level=level,
        present=level,
        text=str(saved["text"]),
        advice=str(saved["advice"]),
        is_safety=bool(saved["is_safety"]),
        cause=str(saved["cause"]),
        since_wall_s=float(saved["since_wall_s"]),
        since_s=now_s - float(saved["age_s"]),
        flapping=Flapping(rules, [str(result) for result in saved["results"]]),
        count=int(saved["count"]),
        told=None if saved["told"] is None else Level(saved["told"]),
        told_s=now_s - float(saved["told_ago_s"]),
        acknowledged_by=str(saved["acknowledged_by"]),
        is_confirmed=False,
    )
