"""Tells what health checks find as conditions, from which alerts follow; it must not decide what is healthy."""

from alimante.core.bus import EventBus
from alimante.core.events import ConditionChanged, Level
from alimante.policy.checkup import Checkup
from alimante.policy.health_record import HealthRecord
from alimante.policy.hysteresis import worst


class Announcer:
    """One condition for each check, named like it.

    What others tell of a component already is not told again, and nothing begins while it is recovering.
    """

    def __init__(self, bus: EventBus, *, unknown_after_s: float) -> None:
        self._bus = bus
        self._unknown_after_s = unknown_after_s
        self._levels: dict[tuple[str, str], Level] = {}
        self._raised: set[str] = set()

    def own(self, component: str, name: str) -> None:
        """Make `name` of `component` a condition of ours."""
        self._levels[component, name] = Level.CLEAR

    def is_own(self, event: ConditionChanged) -> bool:
        """Whether `event` was, or could have been, published here."""
        return (event.component, event.condition) in self._levels

    def withdraw(self, component: str, name: str) -> None:
        """The check is gone, and its condition with it."""
        if self._levels.pop((component, name), Level.CLEAR) is not Level.CLEAR:
            self._bus.publish(ConditionChanged(component=component, condition=name, level=Level.CLEAR, text=""))

    def has_told(self, component: str) -> bool:
        """Whether a condition of `component` that was published here may still hold."""
        return component in self._raised

    def tell(self, record: HealthRecord, *, cause: str, is_critical: bool, since_s: float, now_s: float) -> None:
        """Publish what changed for the checks of `record`, about which nothing was known before `since_s`."""
        for checkup in record.checkups.values():
            check = checkup.check
            before = self._levels[record.component, check.name]
            level = self._level(checkup, before, is_critical=is_critical, since_s=since_s, now_s=now_s)
            is_worse = worst(level, before) is not before
            is_told = worst(level, record.told) is record.told or checkup.finding.level is Level.CLEAR
            if not check.announces or level is before or (is_worse and is_told):
                continue
            self._levels[record.component, check.name] = level
            self._raised.add(record.component)
            text = checkup.trouble.text or f"nothing is known of {record.component}"
            self._bus.publish(
                ConditionChanged(
                    component=record.component,
                    condition=check.name,
                    level=level,
                    text="" if level is Level.CLEAR else text,
                    advice=checkup.trouble.advice,
                    is_safety=check.is_safety,
                    cause=cause,
                )
            )
        if all(self._levels[record.component, name] is Level.CLEAR for name in record.checkups):
            self._raised.discard(record.component)

    def _level(self, checkup: Checkup, before: Level, *, is_critical: bool, since_s: float, now_s: float) -> Level:
        level = checkup.level(now_s)
        if level is not None:
            return level
        heard_s = since_s if checkup.evidence_s is None else checkup.evidence_s
        if now_s - heard_s <= self._unknown_after_s:
            return before
        return Level.CRITICAL if is_critical else Level.WARNING
