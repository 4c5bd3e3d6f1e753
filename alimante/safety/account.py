"""The account of one output: since when it is on or off, how much of its quotas is used, how often it has switched.

It must not decide. Times are monotonic; over a restart they are kept as ages, which go on by the wall clock where that
is believed and stand still where it is not, so that no quota is ever refilled by not knowing the time.
"""

from collections import deque
from datetime import date
from math import inf
from typing import Any, Final

HOUR_S: Final = 3600.0
DAY_S: Final = 86400.0
KEPT_SPANS: Final = 500
KEPT_DATES: Final = 4


class Window:
    """How long an output was on within the last `length_s` seconds; spans of time are told in their order."""

    def __init__(self, length_s: float) -> None:
        self.length_s = length_s
        self._spans: deque[tuple[float, float]] = deque()
        self._sum_s = 0.0

    def add(self, start_s: float, end_s: float) -> None:
        """It was on from `start_s` to `end_s`, no earlier than all that was told before."""
        if end_s <= start_s:
            return
        self._spans.append((start_s, end_s))
        self._sum_s += end_s - start_s
        if len(self._spans) > KEPT_SPANS:  # the two oldest become one that ends late: it leaves the window no earlier
            first, second = self._spans.popleft(), self._spans.popleft()
            self._spans.appendleft((second[0] - (first[1] - first[0]), second[1]))

    def used_s(self, now_s: float) -> float:
        """The seconds on since `now_s - length_s`, without a span that has not ended."""
        begin_s = now_s - self.length_s
        while self._spans and self._spans[0][1] <= begin_s:
            start_s, end_s = self._spans.popleft()
            self._sum_s -= end_s - start_s
        if not self._spans:
            self._sum_s = 0.0  # no error of rounding outlives a quiet hour
            return 0.0
        return self._sum_s - max(0.0, begin_s - self._spans[0][0])

    def ages(self, now_s: float) -> list[list[float]]:
        """The spans as [age of the start, length], in seconds."""
        # Hundreds are saved each time that a heater has switched, and `round` is slow.
        return [
            [int((now_s - start_s) * 1000.0 + 0.5) / 1000.0, int((end_s - start_s) * 1000.0 + 0.5) / 1000.0]
            for start_s, end_s in self._spans
        ]

    def shift(self, by_s: float, *, before_s: float) -> None:
        """What ended before `before_s` was `by_s` seconds earlier than was thought."""
        self._spans = deque(
            (start_s - by_s, end_s - by_s) if end_s <= before_s else (start_s, end_s) for start_s, end_s in self._spans
        )


class Account:
    """One output's account. Nothing is known of before `off_since_s`: what must rest before it goes on begins there."""

    def __init__(self, *, off_since_s: float = -inf) -> None:
        self.is_on = False
        self.since_s = off_since_s
        """Since when it is on, or off."""
        self.cycles = 0
        self.counts: dict[str, int] = {}
        """How often it went on, by local date as YYYY-MM-DD."""
        self.hour = Window(HOUR_S)
        self.day = Window(DAY_S)

    def turned_on(self, at_s: float, today: date | None) -> None:
        """It is or may be on since `at_s`."""
        if self.is_on:
            return
        self.is_on, self.since_s = True, max(at_s, self.since_s)
        self.cycles += 1
        if today is not None:
            key = today.isoformat()
            self.counts[key] = self.counts.pop(key, 0) + 1
            while len(self.counts) > KEPT_DATES:
                del self.counts[next(iter(self.counts))]

    def turned_off(self, at_s: float) -> None:
        """It is known to be off since `at_s` at the latest."""
        if not self.is_on:
            return
        self.hour.add(self.since_s, at_s)
        self.day.add(self.since_s, at_s)
        self.is_on, self.since_s = False, at_s

    def lasted_s(self, now_s: float) -> float:
        """How long it has been on, or off."""
        return now_s - self.since_s

    def used_s(self, window: Window, now_s: float) -> float:
        """How much of a window was spent on, now included."""
        running_s = min(now_s - self.since_s, window.length_s) if self.is_on else 0.0
        return window.used_s(now_s) + running_s

    def count(self, today: date | None) -> float:
        """How often it went on today; without end where the date is not known."""
        return inf if today is None else self.counts.get(today.isoformat(), 0)

    def snapshot(self, now_s: float) -> dict[str, Any]:
        """Everything, in plain JSON values."""
        return {
            "is_on": self.is_on,
            "lasted_s": round(now_s - self.since_s, 3) if self.since_s > -inf else None,
            "cycles": self.cycles,
            "counts": dict(self.counts),
            "day": self.day.ages(now_s),
        }

    def restore(self, saved: dict[str, Any], *, now_s: float, away_s: float, longest_on_s: float) -> None:
        """Take up what `snapshot` said `away_s` seconds ago. Raises `KeyError`, `TypeError` and `ValueError`.

        What was on then may have been on until now, or for as long as it may be.
        """
        then_s = now_s - away_s
        for age_s, length_s in saved["day"]:
            start_s = then_s - _seconds(age_s)
            self.day.add(start_s, start_s + _seconds(length_s))
            self.hour.add(start_s, start_s + _seconds(length_s))
        self.cycles = int(saved["cycles"])
        self.counts = {date.fromisoformat(day).isoformat(): int(count) for day, count in saved["counts"].items()}
        if saved["lasted_s"] is None:
            return
        since_s = then_s - _seconds(saved["lasted_s"])
        if saved["is_on"]:
            end_s = min(now_s, max(then_s, since_s + longest_on_s))
            self.hour.add(since_s, end_s)
            self.day.add(since_s, end_s)
            since_s = end_s
        self.since_s = max(self.since_s, since_s)

    def shift(self, by_s: float, *, before_s: float) -> None:
        """What was taken up at `before_s` is `by_s` seconds older than was thought."""
        self.hour.shift(by_s, before_s=before_s)
        self.day.shift(by_s, before_s=before_s)
        if not self.is_on and self.since_s <= before_s:
            self.since_s -= by_s


def _seconds(said: Any) -> float:
    number = float(said)
    if not 0.0 <= number < inf:
        raise ValueError(f"{said!r} is no number of seconds")
    return number
