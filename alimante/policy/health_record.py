"""What is known of one component's health: its checks and the conditions that others tell; it must not run a check."""

from dataclasses import dataclass, field
from typing import Final

from alimante.core.events import ConditionChanged, Level
from alimante.policy.checkup import Checkup
from alimante.policy.health import Health, of_level, roll_up
from alimante.policy.hysteresis import Hysteresis, Patience, worst


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The health of a component with why, what to do, and the failed component that explains it, if there is one."""

    health: Health
    reason: str = ""
    advice: str = ""
    cause: str = ""


WELL: Final = Judged(health=Health.HEALTHY)
"""Nothing is wrong."""


@dataclass(slots=True)
class HealthRecord:
    """The record of `component`.

    A condition sets at least its level at once. When it is over, a critical one is left as slowly as what a check
    found; of a warning that is over some good looks are enough, because those who tell it have waited themselves.
    """

    component: str
    patience: Patience
    checkups: dict[str, Checkup] = field(default_factory=dict)
    conditions: dict[str, ConditionChanged] = field(default_factory=dict)
    _floor: Hysteresis = field(init=False)
    _last: ConditionChanged | None = None

    def __post_init__(self) -> None:
        self._floor = Hysteresis(self.patience, is_safety=True, warning_dwell_s=0.0)

    @property
    def is_critical(self) -> bool:
        """Whether one of its checks is; a component that only has conditions is critical."""
        return not self.checkups or any(checkup.check.is_critical for checkup in self.checkups.values())

    @property
    def told(self) -> Level:
        """The worst level of the conditions that hold."""
        return worst(*(condition.level for condition in self.conditions.values()))

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be known of it."""
        return not self.checkups and not self.conditions and self._floor.level is Level.CLEAR

    def take(self, event: ConditionChanged, now_s: float) -> None:
        """Take a condition that somebody else found."""
        self.conditions.pop(event.condition, None)
        if event.level is not Level.CLEAR:
            self.conditions[event.condition] = self._last = event
        self.look_at_conditions(now_s)

    def look_at_conditions(self, now_s: float) -> None:
        """Count one look at the conditions; to be called every few seconds, for the recovery."""
        if self.conditions or self._floor.level not in (None, Level.CLEAR):
            self._floor.feed(self.told, now_s)

    def causes(self) -> tuple[str, ...]:
        """The components whose failure would explain whatever is wrong with this one."""
        parents = [checkup.check.parent for checkup in self.checkups.values()]
        told = [condition.cause for condition in self.conditions.values()]
        return tuple(dict.fromkeys(name for name in (*parents, *told) if name not in ("", self.component)))

    def judge(self, now_s: float) -> Judged:
        """What holds now, by its own evidence alone; `WELL` itself when nothing is wrong."""
        if self._is_well(now_s):
            return WELL
        found = [self._of_checkup(checkup, now_s) for checkup in self.checkups.values()]
        if self._floor.level not in (None, Level.CLEAR) or not found:
            found.append(self._of_conditions())
        health = roll_up(judged.health for judged in found)
        return next(judged for judged in found if judged.health is health)

    def _is_well(self, now_s: float) -> bool:
        """Whether all that is known is good: the usual case, which is found out with little work."""
        if self.conditions or not self.checkups or self._floor.level not in (None, Level.CLEAR):
            return False
        return all(checkup.level(now_s) is Level.CLEAR for checkup in self.checkups.values())

    def _of_checkup(self, checkup: Checkup, now_s: float) -> Judged:
        health, finding = checkup.health(now_s), checkup.finding
        if health is Health.HEALTHY:
            return WELL
        if finding.level is Level.CLEAR and health is not Health.UNKNOWN:
            return Judged(health=health, reason=f"recovering from: {checkup.trouble.text or checkup.trouble.code}")
        reason = finding.text or finding.code or ("nothing is known of it" if health is Health.UNKNOWN else "")
        return Judged(health=health, reason=reason, advice=finding.advice)

    def _of_conditions(self) -> Judged:
        health = of_level(self._floor.level)
        if self.conditions:
            event = max(self.conditions.values(), key=lambda event: event.level is self.told)
            return Judged(health=health, reason=event.text, advice=event.advice)
        if self._last is None or health is Health.HEALTHY:
            return Judged(health=health)
        return Judged(health=health, reason=f"recovering from: {self._last.text or self._last.condition}")
