"""Remembers errors per component: counts, rates, first and last, and the last few; it must not act on them."""

from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field

from alimante.core.events import Category, Severity
from alimante.policy.classify import DEFECTS, Classified, worse
from alimante.policy.health import Health

MINUTE_S = 60.0
RATE_WINDOWS_MIN = (1, 10, 60)
"""Over how many minutes rates are told; the last also bounds what is kept for them."""

QUIET_S = 60.0
"""A component without an error for so long is healthy as far as errors tell."""


@dataclass(frozen=True, kw_only=True)
class ErrorRules:
    """How much is remembered, and when crashes become a warning: `defects` of them `defects_within_s` seconds."""

    recent: int = 20
    forget_after_s: float = 86_400.0
    components: int = 200
    defects: int = 3
    defects_within_s: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """One error at the monotonic time `at_s`."""

    at_s: float
    error: str
    severity: Severity
    category: Category
    text: str


@dataclass(slots=True)
class Record:
    """All errors of one component."""

    recent: deque[Noted]
    first_s: float
    last_s: float
    total: int = 0
    by_error: Counter[str] = field(default_factory=Counter)
    minutes: deque[list[int]] = field(default_factory=deque)  # [minute since the clock's start, errors in it]
    defects: deque[float] = field(default_factory=deque)

    def count(self, now_s: float, *, within_min: int) -> int:
        """Errors in the last `within_min` minutes, counted in whole minutes of the clock."""
        first = int(now_s // MINUTE_S) - within_min
        return sum(count for minute, count in self.minutes if minute > first)


class ErrorBook:
    """Bounded in every direction: components, errors of each, minutes, and age."""

    def __init__(self, rules: ErrorRules) -> None:
        self.rules = rules
        self.records: OrderedDict[str, Record] = OrderedDict()  # the one that failed last is last

    def note(self, component: str, error: str, found: Classified, text: str, *, now_s: float) -> Record:
        """Write down an error at the monotonic time `now_s`."""
        self.forget(now_s)
        record = self.records.pop(component, None) or Record(deque(maxlen=self.rules.recent), now_s, now_s)
        self.records[component] = record
        while len(self.records) > self.rules.components:
            self.records.popitem(last=False)
        record.recent.append(
            Noted(at_s=now_s, error=error, severity=found.severity, category=found.category, text=text)
        )
        record.last_s = now_s
        record.total += 1
        record.by_error[error] += 1
        _count_minute(record, int(now_s // MINUTE_S))
        if error in DEFECTS:
            record.defects.append(now_s)
            while len(record.defects) > self.rules.defects:
                record.defects.popleft()
        return record

    def forget(self, now_s: float) -> None:
        """Let go of components that had no error for long, and of old errors of the others."""
        oldest_s = now_s - self.rules.forget_after_s
        while self.records and next(iter(self.records.values())).last_s < oldest_s:
            self.records.popitem(last=False)
        for record in self.records.values():
            while record.recent and record.recent[0].at_s < oldest_s:
                record.recent.popleft()

    def health(self, component: str, now_s: float) -> Health:
        """What the errors of the last `QUIET_S` seconds say: CRITICAL from severity HIGH on, WARNING for others."""
        record = self.records.get(component)
        if record is None:
            return Health.HEALTHY
        severities = [noted.severity for noted in record.recent if now_s - noted.at_s < QUIET_S]
        if not severities:
            return Health.HEALTHY
        is_bad = any(worse(severity, Severity.HIGH) is severity for severity in severities)
        return Health.CRITICAL if is_bad else Health.WARNING

    def defective_until_s(self, component: str) -> float | None:
        """Until when `component` counts as defective; None when it crashed too rarely for that.

        That is over when nothing happened for one and a half times as long as usually lies between two crashes: only
        then does silence mean anything.
        """
        record = self.records.get(component)
        if record is None or len(record.defects) < self.rules.defects:
            return None
        span_s = record.defects[-1] - record.defects[0]
        if span_s > self.rules.defects_within_s:
            return None
        return record.defects[-1] + max(MIN_SILENCE_S, 1.5 * span_s / max(1, len(record.defects) - 1))


MIN_SILENCE_S = 15.0
"""Three polls of a sensor: less silence says nothing."""


def _count_minute(record: Record, minute: int) -> None:
    if record.minutes and record.minutes[-1][0] == minute:
        record.minutes[-1][1] += 1
    else:
        record.minutes.append([minute, 1])
    while record.minutes[0][0] <= minute - RATE_WINDOWS_MIN[-1]:
        record.minutes.popleft()
