"""What several sensors of one quantity say together; it must not know what is done with it.

A vote is asked whenever somebody wants to know: what it answers follows from the members' readings and the time,
never from how often it is asked, so that it needs no task to stay right.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, inf
from typing import Literal

from alimante.core.events import Level, Quality
from alimante.policy.belief import Belief, Believed


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteRules:
    """How members are held against each other; `tolerance` is in their unit, times are in seconds.

    `safe_side` says which of readings that contradict each other is believed: for heating the highest, because the
    heater then stays off.
    """

    tolerance: float
    min_sensors: int = 1
    safe_side: Literal["high", "low"] = "high"
    warn_after_s: float = 60.0
    critical_after_s: float = 300.0
    outlier_samples: int = 3
    eject_s: float = 30.0
    eject_cap_s: float = 300.0
    forgive_s: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a vote came to.

    `belief` has the value to control by. Its `members`, `highest` and `lowest` are of every member that answers, the
    ejected ones too: if two sensors out of three fail in the same way it is the right one that is outvoted, and a
    limit must still see it. Its `measured_s` is that of the oldest reading that made the value.
    """

    belief: Belief
    ejected: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    """The members of which nothing is believed."""
    spread: float = 0.0
    """The distance between the extremes of the members that count."""
    disagree: Level = Level.CLEAR
    """How bad it is that the members contradict each other and no majority agrees."""


@dataclass(slots=True)
class _Record:
    """What is remembered of one member."""

    counted_s: float | None = None  # when its last counted sample was measured
    streak: int = 0
    until_s: float | None = None  # it is ejected until then
    times: int = 0
    erred_s: float = 0.0
    is_unproven: bool = False  # back from an ejection with nobody to compare it with


@dataclass(slots=True)
class Vote:
    """The vote of `members`, named by their full names.

    One member is believed; of two that agree the mean counts, of more the median. Where no majority lies within the
    tolerance of the median, the extreme on the safe side counts, at once. With three or more a member that lies
    outside the tolerance for some samples is ejected for a time that grows with each ejection. At least a majority
    that agrees always stays, so the last usable member cannot be ejected.
    """

    members: Sequence[str]
    rules: VoteRules
    _records: dict[str, _Record] = field(init=False)
    _apart_since_s: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._records = {name: _Record() for name in self.members}

    def __call__(self, believed: Believed, now_s: float) -> Belief:
        """What the group is believed to measure now."""
        return self.judge({name: believed(name) for name in self.members}, now_s).belief

    def judge(self, beliefs: Mapping[str, Belief], now_s: float) -> Verdict:
        """What `beliefs`, one for each member, say together at the monotonic time `now_s`."""
        heard = {name: beliefs[name] for name in self.members if beliefs[name].value is not None}
        if self._ejected():
            self._readmit(heard, now_s)
        pool = self._pool(heard)
        if len(pool) >= 2 and _agree(pool.values(), self.rules.tolerance) and self._compare(pool, heard, now_s):
            pool = self._pool(heard)
        return self._verdict(pool, heard, now_s)

    def _ejected(self) -> tuple[str, ...]:
        return tuple(name for name, record in self._records.items() if record.until_s is not None)

    def _pool(self, heard: Mapping[str, Belief]) -> dict[str, float]:
        """The values that make the group's: of the good members, and only when these are too few of suspect ones."""
        inside = {name: belief for name, belief in heard.items() if self._records[name].until_s is None}
        good = {name: belief for name, belief in inside.items() if belief.quality is Quality.GOOD}
        chosen = good if len(good) >= self.rules.min_sensors else inside
        return {name: belief.value for name, belief in chosen.items() if belief.value is not None}

    def _readmit(self, heard: Mapping[str, Belief], now_s: float) -> None:
        """Let those back in whose time is over, unless a majority still contradicts them."""
        others = self._pool(heard).values()
        is_majority = len(others) >= 2 and _agree(others, self.rules.tolerance)
        for name, record in self._records.items():
            value = heard[name].value if name in heard else None
            if record.until_s is None or now_s < record.until_s or value is None:
                continue
            if is_majority and abs(value - median(others)) > self.rules.tolerance:
                self._eject(record, now_s)
            else:
                record.until_s = None
                record.erred_s = now_s
                record.is_unproven = not others

    def _compare(self, pool: Mapping[str, float], heard: Mapping[str, Belief], now_s: float) -> bool:
        """Count new samples of `pool`, a majority of which agrees, that lie outside; eject who has too many in a row.

        Two that agree are both inside: their median is halfway between them. Returns whether anybody was ejected.
        """
        centre, has_ejected = median(pool.values()), False
        for name, value in pool.items():
            record, measured_s = self._records[name], heard[name].measured_s
            if measured_s == record.counted_s:
                continue
            record.counted_s = measured_s
            if abs(value - centre) <= self.rules.tolerance:
                self._forgive(record, now_s)
                continue
            record.streak += 1
            record.erred_s = now_s
            if record.streak >= self.rules.outlier_samples:
                self._eject(record, now_s)
                has_ejected = True
        return has_ejected

    def _forgive(self, record: _Record, now_s: float) -> None:
        record.streak = 0
        record.is_unproven = False
        if record.times and now_s - record.erred_s >= self.rules.forgive_s:
            record.times -= 1
            record.erred_s = now_s

    def _eject(self, record: _Record, now_s: float) -> None:
        record.streak = 0
        record.times = min(record.times + 1, ceil(self.rules.eject_cap_s / self.rules.eject_s))
        record.until_s = now_s + min(self.rules.eject_cap_s, self.rules.eject_s * record.times)

    def _verdict(self, pool: Mapping[str, float], heard: Mapping[str, Belief], now_s: float) -> Verdict:
        is_agreed = not pool or _agree(pool.values(), self.rules.tolerance)
        return Verdict(
            belief=self._belief(pool, heard, is_agreed=is_agreed),
            ejected=self._ejected(),
            silent=tuple(name for name in self.members if name not in heard),
            spread=max(pool.values()) - min(pool.values()) if pool else 0.0,
            disagree=self._disagreement(now_s, is_agreed=is_agreed),
        )

    def _disagreement(self, now_s: float, *, is_agreed: bool) -> Level:
        if is_agreed:
            self._apart_since_s = None
            return Level.CLEAR
        if self._apart_since_s is None:
            self._apart_since_s = now_s
        apart_s = now_s - self._apart_since_s
        if apart_s > self.rules.critical_after_s:
            return Level.CRITICAL
        return Level.WARNING if apart_s > self.rules.warn_after_s else Level.CLEAR

    def _belief(self, pool: Mapping[str, float], heard: Mapping[str, Belief], *, is_agreed: bool) -> Belief:
        seen = tuple(belief.value for belief in heard.values() if belief.value is not None)
        highest, lowest = max(seen, default=None), min(seen, default=None)
        if len(pool) < self.rules.min_sensors or not pool:
            needed = max(1, self.rules.min_sensors)
            why = f"{len(pool)} of {len(self.members)} members can be believed, at least {needed} must be"
            return Belief(
                value=None, quality=Quality.UNKNOWN, reasons=(why,), highest=highest, lowest=lowest, members=seen
            )
        doubts = self._doubts(pool, heard)
        reasons, value = doubts, median(pool.values())
        if not is_agreed:
            value = max(pool.values()) if self.rules.safe_side == "high" else min(pool.values())
            extreme = "highest" if self.rules.safe_side == "high" else "lowest"
            reasons = (*doubts, f"the members contradict each other, so the {extreme} counts")
        return Belief(
            value=value,
            quality=Quality.SUSPECT if doubts else Quality.GOOD,
            reasons=reasons,
            measured_s=_oldest(heard[name] for name in pool),
            highest=highest,
            lowest=lowest,
            members=seen,
            hold_until_s=self._hold_until_s(pool, heard) if doubts else inf,
            is_disputed=not is_agreed,
        )

    def _hold_until_s(self, pool: Collection[str], heard: Mapping[str, Belief]) -> float:
        """Until when something may be held on: as the best member allows; nobody vouches for an outvoted one."""
        if len(pool) == 1 and self._records[next(iter(pool))].is_unproven:
            return -inf
        return max(heard[name].hold_until_s for name in pool)

    def _doubts(self, pool: Collection[str], heard: Mapping[str, Belief]) -> tuple[str, ...]:
        """Why the value of `pool` is not good."""
        suspect = [f"{name} is suspect" for name in pool if heard[name].quality is not Quality.GOOD]
        unproven = [
            f"{name} was outvoted, and nobody is left to check it" for name in pool if self._records[name].is_unproven
        ]
        return (*suspect, *(unproven if len(pool) == 1 else ()))


def median(values: Iterable[float]) -> float:
    """The middle one of `values`, or the mean of the middle two; a quarter of the time of the standard library's."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _agree(values: Collection[float], tolerance: float) -> bool:
    """Whether more than half of `values` lie within `tolerance` of their median; two must be that close together."""
    if len(values) == 2:
        return max(values) - min(values) <= tolerance
    centre = median(values)
    return 2 * sum(abs(value - centre) <= tolerance for value in values) > len(values)


def _oldest(beliefs: Iterable[Belief]) -> float | None:
    return min((belief.measured_s for belief in beliefs if belief.measured_s is not None), default=None)
