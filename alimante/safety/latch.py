"""Keeps an output off after a trip: one reset by itself after a rest, then only a person; it must not judge why.

Durations count on the monotonic clock. Over a restart they go on by the wall clock where it is believed, and stand
still where it is not: a trip never gets older than is known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

from alimante.core.events import SafetyActed

KEPT = 20
"""So many trips are remembered."""

Values = Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """One trip: its monotonic time, its wall-clock time where that was believed, and why.

    One that does not count was for what the output has not done: it brings no later one nearer to a person.
    """

    at_s: float
    wall_s: float | None
    cause: str
    text: str
    counts: bool = True


@dataclass(slots=True)
class Latch:
    """The trips of one output.

    `cooldown_s` is the rest before it resets itself; of trips that count a second one within `person_within_s` of
    another waits for `reset`, and so does every one that was tripped with `is_for_person`.
    """

    device: str
    cooldown_s: float
    person_within_s: float
    trips: list[Trip] = field(default_factory=list)
    needs_person: bool = False
    is_tripped: bool = False
    causes: list[str] = field(default_factory=list)
    """Everything that it was tripped for since the last reset: a later cause does not mend an earlier one."""

    @property
    def why(self) -> str:
        """The sentence of the trip that holds it now; empty when nothing does."""
        if not self.is_tripped:
            return ""
        end = "a person must reset it" if self.needs_person else f"it is tried again after {self.cooldown_s:g} s"
        return f"{self.trips[-1].text}; {end}"

    def trip(
        self,
        *,
        cause: str,
        text: str,
        now_s: float,
        wall_s: float | None = None,
        values: Values = (),
        is_for_person: bool = False,
        counts: bool = True,
    ) -> SafetyActed | None:
        """Trip for `cause`; None when that is known already. `wall_s` is None while the wall clock is not believed.

        A trip that is already there stays, and its rest begins anew. One that did not count at first may count later.
        """
        again, waited = cause in self.causes, self.needs_person
        before = max(len(self.trips) - len(self.causes), 0)
        earlier, present = self.trips[:before], self.trips[before:]
        if counts and not any(one.counts for one in present):
            recent = any(one.counts and now_s - one.at_s < self.person_within_s for one in earlier)
            self.needs_person = self.needs_person or recent
        if again:
            last = self.trips[-1]
            self.trips[-1] = replace(last, at_s=now_s, wall_s=wall_s, counts=last.counts or counts)
        else:
            one = Trip(at_s=now_s, wall_s=wall_s, cause=cause, text=text, counts=counts)
            self.trips = [*self.trips, one][-KEPT:]
            self.causes.append(cause)
        self.is_tripped, self.needs_person = True, self.needs_person or is_for_person
        is_news = not again or (self.needs_person and not waited)
        return self._acted("tripped", cause, text, now_s, values) if is_news else None

    def tick(self, now_s: float, *, is_clear: bool = True) -> SafetyActed | None:
        """Reset by itself when the rest is over; with `is_clear` False what it tripped for is still there."""
        if not self.is_tripped or self.needs_person or not is_clear or now_s - self.trips[-1].at_s < self.cooldown_s:
            return None
        return self._reset(now_s, f"{self.device} is tried once more after {self.cooldown_s:g} s of rest")

    def reset(self, by: str, now_s: float) -> SafetyActed | None:
        """A person says that it is repaired: all trips are forgotten. None when it is not tripped."""
        if not self.is_tripped:
            return None
        acted = self._reset(now_s, f"{self.device} was reset by {by}")
        self.trips = []
        return acted

    def snapshot(self, now_s: float) -> dict[str, Any]:
        """Everything as plain JSON values; monotonic times become ages."""
        return {
            "is_tripped": self.is_tripped,
            "needs_person": self.needs_person,
            "causes": list(self.causes),
            "trips": [
                {
                    "age_s": now_s - one.at_s,
                    "wall_s": one.wall_s,
                    "cause": one.cause,
                    "text": one.text,
                    "counts": one.counts,
                }
                for one in self.trips
            ],
        }

    def restore(self, kept: Mapping[str, Any], *, now_s: float, wall_s: float | None) -> None:
        """Take over a snapshot of an earlier run. `wall_s` is None while the wall clock is not believed.

        A snapshot that makes no sense leaves the latch tripped for a person: nobody knows what it was.
        """
        try:
            self.trips = [_trip(one, now_s, wall_s) for one in kept["trips"]][-KEPT:]
            self.is_tripped, self.needs_person = kept["is_tripped"] is True, kept["needs_person"] is True
            said = kept.get("causes") or [one.cause for one in self.trips[-1:]]
            self.causes = [str(cause) for cause in said] if self.is_tripped else []
        except (KeyError, TypeError, ValueError):
            self.trips = []
        else:
            if self.trips or not self.is_tripped:
                return
        self.causes = []
        text = "what was kept of earlier trips cannot be read"
        self.trip(cause="unreadable", text=text, now_s=now_s, wall_s=wall_s, is_for_person=True)

    def _reset(self, now_s: float, text: str) -> SafetyActed:
        cause = self.trips[-1].cause
        self.is_tripped = self.needs_person = False
        self.causes = []
        return self._acted("reset", cause, text, now_s, ())

    def _acted(self, action: str, cause: str, text: str, now_s: float, values: Values) -> SafetyActed:
        return SafetyActed(
            device=self.device,
            action=action,
            cause=cause,
            text=text,
            values=tuple(values),
            latched=self.needs_person,
            at_s=now_s,
        )


def _trip(kept: Mapping[str, Any], now_s: float, wall_s: float | None) -> Trip:
    age_s, at_wall_s = _number(kept["age_s"]), kept["wall_s"]
    if at_wall_s is not None:
        at_wall_s = _number(at_wall_s)
        if wall_s is not None:
            age_s = max(age_s, wall_s - at_wall_s)
    return Trip(
        at_s=now_s - max(age_s, 0.0),
        wall_s=at_wall_s,
        cause=str(kept["cause"]),
        text=str(kept["text"]),
        counts=kept.get("counts") is not False,
    )


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)
