"""Remembers errors per component: counts, rates, first and last, and the last few; it must not act on them."""

from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field

from alimante.core.events import Category, Severity
from alimante.policy.classify import DEFECTS, Classified

MINUTE_S = 60.0
RATE_WINDOWS_MIN = (1, 10, 60)
"""Over how many minutes rates are told; the last also bounds what is kept for them."""


@dataclass(frozen=True, kw_only=True)
class ErrorRules:
    """How much is remembered, and when errors become a warning.

    Crashes do where there are `defects` of them within `defects_within_s` seconds. Other failures do where `failures`
    began within `failures_within_s` seconds, and of readings so many that they are `failure_share` of all in between.
    """

    recent: int = 20
    forget_after_s: float = 86_400.0
    components: int = 200
    defects: int = 3
    defects_within_s: float = 600.0
    failures: int = 5
    failures_within_s: float = 600.0
    failure_share: float = 0.2


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
    begun: deque[tuple[float, int | None]] = field(default_factory=deque)
    """When failures began, and with which reading. One that goes on is one, however often it is met."""

    def count(self, now_s: float, *, within_min: int) -> int:
        """Errors in the last `within_min` minutes, counted in whole minutes of the clock."""
        first = int(now_s // MINUTE_S) - within_min
        return sum(count for minute, count in self.minutes if minute > first)


class ErrorBook:
    """Bounded in every direction: components, errors of each, minutes, and age."""

    def __init__(self, rules: ErrorRules) -> None:
        self.rules = rules
        self.records: OrderedDict[str, Record] = OrderedDict()  # the one that failed last is last

    def note(
        self,
        component: str,
        error: str,
        found: Classified,
        text: str,
        *,
        now_s: float,
        reading: int | None = None,
        goes_on: bool = False,
    ) -> Record:
        """Write down an error at the monotonic time `now_s`.

        `reading` numbers all readings of a sensor. `goes_on` says that the one before this one failed, too.
        """
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
        if not goes_on:
            record.begun.append((now_s, reading))
            while len(record.begun) > self.rules.failures:
                record.begun.popleft()
        return record

    def forget(self, now_s: float) -> None:
        """Let go of components that had no error for long, and of old errors of the others."""
        oldest_s = now_s - self.rules.forget_after_s
        while self.records and next(iter(self.records.values())).last_s < oldest_s:
            self.records.popitem(last=False)
        for record in self.records.values():
            while record.recent and record.recent[0].at_s < oldest_s:
                record.recent.popleft()

    def too_often(self, component: str, now_s: float) -> Noted | None:
        """The last error of `component` while failures begin too often to be left alone; see `ErrorRules`.

        It is over when nothing failed for one and a half times as long as usually lies between two beginnings.
        """
        record, rules = self.records.get(component), self.rules
        if record is None or not record.recent or len(record.begun) < rules.failures:
            return None
        (first_s, first), (last_s, last) = record.begun[0], record.begun[-1]
        if last_s - first_s > rules.failures_within_s:
            return None
        if now_s - record.last_s > _telling_silence_s(last_s - first_s, len(record.begun)):
            return None
        is_rare = first is not None and last is not None and rules.failures < rules.failure_share * (last - first + 1)
        return None if is_rare else record.recent[-1]

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
        return record.defects[-1] + _telling_silence_s(span_s, len(record.defects))


MIN_SILENCE_S = 15.0
"""Three polls of a sensor: less silence says nothing."""


def _telling_silence_s(span_s: float, count: int) -> float:
    """How long nothing must happen to mean anything, where `count` things happened within `span_s`."""
    return max(MIN_SILENCE_S, 1.5 * span_s / max(1, count - 1))


def _count_minute(record: Record, minute: int) -> None:
    if record.minutes and record.minutes[-1][0] == minute:
        record.minutes[-1][1] += 1
    else:
        record.minutes.append([minute, 1])
    while record.minutes[0][0] <= minute - RATE_WINDOWS_MIN[-1]:
        record.minutes.popleft()
