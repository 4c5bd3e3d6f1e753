"""When people are told of what: grouped, repeated, held back and never lost; it must not send anything.

A safety alarm passes every brake: it is told the moment it becomes critical, whatever else goes on.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final

from alimante.core.events import AlertChanged, ConditionChanged, Event, Level, PeopleTold
from alimante.policy.alert import Alert, Key, restored, worst
from alimante.policy.flapping import Flapping, FlapRules

HISTORY: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRules:
    """The times of alerting, in seconds."""

    group_s: float = 30.0
    change_s: float = 300.0
    repeat_s: float = 4 * 3600.0
    repeat_critical_s: float = 1800.0
    clear_s: float = 300.0
    confirm_s: float = 180.0
    sample_s: float = 30.0
    most_per_hour: int = 30
    flap: FlapRules = field(default_factory=FlapRules)


class AlertBook:
    """All alerts of a node. Every call returns the facts that follow from it, in order."""

    def __init__(self, rules: AlertRules) -> None:
        self._rules = rules
        self._alerts: dict[Key, Alert] = {}
        self._pending: dict[Key, float] = {}  # not told yet, since when
        self._told_at_s: deque[float] = deque()
        self._sampled_s: float | None = None
        self._restored_s: float | None = None
        self._records: dict[Key, Flapping] = {}  # outlive their alerts, so that what keeps coming back is seen
        self._is_holding = False  # whether an hour was full
        self.is_quiet = False
        """Whether a person works in the enclosure: only safety alarms are told."""
        self.history: deque[dict[str, Any]] = deque(maxlen=HISTORY)

    @property
    def active(self) -> Mapping[Key, Alert]:
        """The alerts that are not resolved."""
        return self._alerts

    def hear(self, event: ConditionChanged, *, now_s: float, wall_s: float) -> list[Event]:
        """Take one change of a condition."""
        key = (event.component, event.condition)
        alert = self._alerts.get(key)
        if alert is None:
            if event.level is Level.CLEAR:
                return []
            alert = self._alerts[key] = self._begun(event, now_s, wall_s)
        else:
            alert.hear(event, now_s)
        if alert.present is Level.CLEAR:
            return []  # it is over when it has been clear for long enough
        if alert.told is not alert.level and (alert.is_safety or not alert.flapping.is_flapping):
            self._pending.setdefault(key, now_s)
        return [_changed(alert, alert.state), *self._tell(now_s)]

    def tick(self, *, now_s: float, wall_s: float) -> list[Event]:
        """Do what is due."""
        facts: list[Event] = []
        self._doubt(now_s)
        if self._sampled_s is None or now_s - self._sampled_s >= self._rules.sample_s:
            self._sampled_s = now_s
            facts += self._sample(now_s)
        facts += self._resolve(now_s, wall_s)
        for key, alert in self._alerts.items():
            if self._repeats(alert, now_s):
                self._pending.setdefault(key, now_s - self._rules.group_s)
        return facts + self._tell(now_s)

    def due_s(self, now_s: float) -> float:
        """The monotonic time at which `tick` has something to do; `inf` when there is nothing to wait for."""
        if not self._alerts and not self._records:
            return inf
        return now_s + 1.0 if self._pending else (self._sampled_s or now_s) + self._rules.sample_s

    def acknowledge(self, component: str, condition: str, *, by: str) -> list[Event]:
        """A person knows of it. Raises `KeyError` when there is no such alert."""
        alert = self._alerts[component, condition]
        alert.acknowledged_by = by
        return [_changed(alert, alert.state)]

    def snapshot(self, now_s: float) -> dict[str, Any]:
        """What outlives a restart, as plain JSON values."""
        return {"alerts": [alert.saved(now_s) for alert in self._alerts.values()], "history": list(self.history)}

    def restore(self, saved: Mapping[str, Any], now_s: float) -> None:
        """Take up a snapshot. Its alerts wait for their conditions; those that stay away are over."""
        self._restored_s = now_s
        self.history.extend(entry for entry in saved.get("history", []) if isinstance(entry, dict))
        for each in saved.get("alerts", []):
            alert = restored(each, now_s, self._rules.flap)
            self._alerts[alert.key] = alert
            self._records[alert.key] = alert.flapping

    def _begun(self, event: ConditionChanged, now_s: float, wall_s: float) -> Alert:
        return Alert(
            component=event.component,
            condition=event.condition,
            level=event.level,
            present=event.level,
            text=event.text,
            advice=event.advice,
            is_safety=event.is_safety,
            cause=event.cause,
            since_wall_s=wall_s,
            since_s=now_s,
            flapping=self._records.setdefault((event.component, event.condition), Flapping(self._rules.flap)),
        )

    def _doubt(self, now_s: float) -> None:
        """An alert of an earlier run whose condition nobody has spoken of for so long is over."""
        if self._restored_s is None or now_s - self._restored_s < self._rules.confirm_s:
            return
        self._restored_s = None
        for alert in self._alerts.values():
            if not alert.is_confirmed:
                alert.present, alert.clear_since_s = Level.CLEAR, now_s

    def _sample(self, now_s: float) -> list[Event]:
        """Look whether alerts flap; one that begins to is told once, with its worst level."""
        facts: list[Event] = []
        for key, record in list(self._records.items()):
            alert = self._alerts.get(key)
            before = record.is_flapping
            is_flapping = record.add(Level.CLEAR.value if alert is None else alert.present.value)
            if alert is None:
                if set(record.results) == {Level.CLEAR.value}:
                    del self._records[key]
            elif is_flapping is not before:
                facts.append(self._flapped(alert, now_s))
        return facts

    def _flapped(self, alert: Alert, now_s: float) -> Event:
        """`alert` has begun to flap, or has calmed down."""
        if alert.flapping.is_flapping:
            alert.level = worst(alert.level, alert.present)
            if alert.told is not alert.level:
                self._pending.setdefault(alert.key, now_s)
        elif alert.present is not Level.CLEAR:
            alert.level = alert.present
        return _changed(alert, alert.state)

    def _resolve(self, now_s: float, wall_s: float) -> list[Event]:
        """End what has been clear for long enough."""
        facts: list[Event] = []
        for key, alert in list(self._alerts.items()):
            is_over = alert.clear_since_s is not None and now_s - alert.clear_since_s >= self._rules.clear_s
            if not is_over or alert.flapping.is_flapping:
                continue
            del self._alerts[key]
            self._pending.pop(key, None)
            facts.append(_changed(alert, "resolved"))
            self.history.append(_past(alert, wall_s))
            if alert.told is not None and not self.is_quiet and self._has_room(now_s):
                self._told_at_s.append(now_s)
                facts.append(_told("resolved", [alert], "is over: "))
        return facts

    def _tell(self, now_s: float) -> list[Event]:
        """Tell what is due of what people do not know yet."""
        news = [self._alerts[key] for key in self._pending if self._is_news(self._alerts[key], now_s)]
        facts = [self._say([alert], now_s) for alert in news if alert.is_safety and alert.level is Level.CRITICAL]
        news = [alert for alert in news if alert.key in self._pending]
        if self._is_holding:
            return facts + self._digest(news, now_s)
        critical = [alert for alert in news if alert.level is Level.CRITICAL]
        facts += [self._say([alert], now_s) for alert in critical if self._has_room(now_s)]
        group = [alert for alert in news if alert.key in self._pending]
        if any(now_s - self._pending[alert.key] >= self._rules.group_s for alert in group):
            self._is_holding = not self._has_room(now_s)
            facts += [] if self._is_holding else [self._say(group, now_s)]
        return facts

    def _digest(self, news: list[Alert], now_s: float) -> list[Event]:
        """Tell all that was held back in one message, as soon as one more fits into the hour."""
        if not news or not self._has_room(now_s):
            return []
        self._is_holding = False
        return [self._say(news, now_s, kind="digest")]

    def _is_news(self, alert: Alert, now_s: float) -> bool:
        """Whether people should hear of `alert` now, if there is room."""
        if self.is_quiet and not alert.is_safety:
            return False
        if alert.cause and any(component == alert.cause for component, _ in self._alerts):
            return False  # its cause is told instead
        if alert.present is Level.CLEAR and not alert.flapping.is_flapping:
            return False
        is_worse = alert.told is None or (alert.level is Level.CRITICAL and alert.told is not Level.CRITICAL)
        return is_worse or now_s - alert.told_s >= self._rules.change_s

    def _say(self, alerts: list[Alert], now_s: float, kind: str = "") -> Event:
        usual = "group" if len(alerts) > 1 else "repeat" if alerts[0].told is alerts[0].level else "alert"
        for alert in alerts:
            alert.told, alert.told_s = alert.level, now_s
            self._pending.pop(alert.key, None)
        self._told_at_s.append(now_s)
        return _told(kind or usual, alerts, "")

    def _has_room(self, now_s: float) -> bool:
        """Whether one more notification fits into the hour."""
        while self._told_at_s and now_s - self._told_at_s[0] >= 3600.0:
            self._told_at_s.popleft()
        return len(self._told_at_s) < self._rules.most_per_hour

    def _repeats(self, alert: Alert, now_s: float) -> bool:
        """Whether people should be reminded of `alert`; what flaps has its one notification."""
        if alert.told is None or alert.present is Level.CLEAR or (alert.flapping.is_flapping and not alert.is_safety):
            return False
        is_pressing = alert.level is Level.CRITICAL and not alert.acknowledged_by
        every_s = self._rules.repeat_critical_s if is_pressing else self._rules.repeat_s
        return now_s - alert.told_s >= every_s


def _changed(alert: Alert, state: str) -> AlertChanged:
    return AlertChanged(
        component=alert.component,
        condition=alert.condition,
        level=alert.level,
        state=state,
        text=alert.text,
        advice=alert.advice,
        since_wall_s=alert.since_wall_s,
        count=alert.count,
        is_flapping=alert.flapping.is_flapping,
        acknowledged_by=alert.acknowledged_by,
    )


def _told(kind: str, alerts: list[Alert], before: str) -> PeopleTold:
    lines = [f"{alert.component}: {before}{alert.text}" for alert in alerts]
    level = worst(*(alert.level for alert in alerts))
    return PeopleTold(kind=kind, level=level, alerts=tuple(alert.name for alert in alerts), text="\n".join(lines))


def _past(alert: Alert, wall_s: float) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "level": alert.level.value,
        "text": alert.text,
        "since_wall_s": alert.since_wall_s,
        "until_wall_s": wall_s,
        "count": alert.count,
        "acknowledged_by": alert.acknowledged_by,
    }
