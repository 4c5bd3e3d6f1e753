"""How hot a heated zone can be at most, whatever its sensors say: an interval observer. It must not switch anything.

What a heater can do to its zone is learned, so a reading is not the only witness of the temperature. While a reading is
one that the zone can have, it counts. When it falls lower than the zone can be, the observer goes on without it: the
upper bound then follows from what the heater and the other outputs did, with everything that is not known at its worst
end, until the reading can be believed again. In the literature: interval observer, guaranteed state estimation
(L. Jaulin et al., Applied Interval Analysis, 2001, chapter 6).
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from math import exp, inf, isfinite, sqrt
from statistics import fmean, median
from typing import Any, Final

TOLERANCE_C: Final = 2.5
"""So far a reading may be below what the model expects: one lag and one well-mixed place are a simplification."""

JUMP_C: Final = 2.5
"""What a reading may fall at once beside what an open door explains: mist on the probe, noise, two probes that vote."""

NEAR_C: Final = 1.0
"""A reading that is doubted is believed again when it comes so near to what is expected."""

DOOR: Final = 8.0
DOOR_LEAST: Final = 0.25  # per minute
"""An open front lets heat out so many times as fast as a closed box, and at least with a time constant of 4 min."""

_DRAWN_MIN: Final = 10.0  # what is expected is drawn to a reading that it does not contradict
_ROOM_C_PER_MIN: Final = 2.0 / 60.0  # a room gets colder by 2 °C an hour when its heating goes down for the night
_IN_A_ROW: Final = 3
_RECENT_S: Final = 90.0
_SPIKE_S: Final = 3600.0  # a reading that jumped up is not what the zone was at, for so long
_FORESEEN_S: Final = 1800.0  # for so long it is foreseen well enough where the zone should be
_BACK_SHARE: Final = 0.7
_RESPONSE_C: Final = 0.8
_RESPONSE_S: Final = 120.0
_RESPONSE_LONGEST_S: Final = 1800.0
_RESPONSE_DUTY: Final = 0.25
_RESPONSE_SHARE: Final = 0.7
_BLOCK_S: Final = 60.0
_BLOCKS: Final = 6
_TURN: Final = 0.2  # of full power, from block to block
_TURN_SHARE: Final = 0.25  # of the greatest turn: less is nothing
_TURNS: Final = 2
_FELT_SHARE: Final = 0.6
_SURE: Final = 4.0  # medians of the noise, which are 2.7 standard deviations
_TRACK_S: Final = 3600.0
_JUMP_TOLD_S: Final = 10.0
_FALL_TOLD_S: Final = 1500.0  # a door may be open for ten minutes, and a cold zone is believed again as late
_LIKE_ROOM_C: Final = 2.5
_FLAT_C: Final = 0.8
_LONG_MIN: Final = 1440.0  # away for nobody knows how long: everything has cooled down


class Doubt(StrEnum):
    """Why the reading is not believed."""

    NONE = ""
    FALL = "fall"  # it fell faster than a closed box can cool, perhaps by an open door
    JUMP = "jump"  # it fell faster than an open box can cool


@dataclass(frozen=True, slots=True, kw_only=True)
class Physics:
    """What a zone can do, in °C and minutes.

    `gain` is the rise per minute at full power and `loss` the share of the difference to the room that is lost per
    minute, both as the best estimate and at the end that makes the zone warmer; `effects` are the rises per minute by
    the other outputs. `room_c` is the room as the reading sees it now, and it is between `room_low_c` and
    `room_high_c`. Before the zone is known, `is_known` is False and only the ends mean anything; `gain_least` is what
    the heater gives at least, and 0 while too little is known of that.
    """

    gain: float
    gain_most: float
    loss: float
    loss_least: float
    lag_min: float
    room_c: float
    room_low_c: float
    room_high_c: float
    gain_least: float = 0.0
    effects: Sequence[float] = ()
    effects_most: Sequence[float] = ()
    is_known: bool = False


@dataclass(slots=True, eq=False)
class _Look:
    """One reading, with the change that the model foresaw up to it, and how much heat was given and felt by then."""

    at_s: float
    reading_c: float
    own_c: float
    full_s: float
    felt_min: float


@dataclass(slots=True)
class UpperBound:
    """The observer of one zone. Call `advance` for the time that went by, then `take` for a new reading.

    `expected_c` is where the zone should be, and `high_c` the highest that it can be; None before the first reading.
    `reading_c` is the last reading.
    """

    physics: Physics
    expected_c: float | None = field(default=None, init=False)
    high_c: float | None = field(default=None, init=False)
    doubt: Doubt = field(default=Doubt.NONE, init=False)
    reading_c: float = field(default=0.0, init=False)
    _room_c: float = field(default=0.0, init=False)
    _lagged: float = field(default=0.0, init=False)
    full_s: float = field(default=0.0, init=False)
    """So long it was on at full power, in all."""
    _own_c: float = field(default=0.0, init=False)
    """The change that the model foresees for a place which is where the reading says it is."""
    _felt_min: float = field(default=0.0, init=False)
    """Minutes at full power, as the sensor feels them."""
    _track: deque[_Look] = field(default_factory=deque, init=False)
    """The readings of the last minutes."""
    _taken_s: float = field(default=-inf, init=False)
    _doubted_s: float = field(default=-inf, init=False)
    _fallen_c: float = field(default=0.0, init=False)
    _spike_s: float | None = field(default=None, init=False)
    _near: int = field(default=0, init=False)
    _kept: tuple[float, float, float] | None = field(default=None, init=False)
    """What an earlier run expected, its upper bound, and for how many minutes it has been away."""

    def learn(self, physics: Physics) -> None:
        """The zone is known better now."""
        self.physics, self._room_c = physics, physics.room_c

    def advance(self, span_s: float, *, duty: float, others: Sequence[float] = ()) -> None:
        """`span_s` went by with the heater at `duty` and the others at their shares, each from 0 to 1."""
        at, minutes = self.physics, span_s / 60.0
        self._lagged += (duty - self._lagged) * (1.0 - exp(-minutes / at.lag_min))
        self.full_s += duty * span_s
        self._felt_min += self._lagged * minutes
        beside = sum(effect * share for effect, share in zip(at.effects, others, strict=True))
        forced = at.gain * self._lagged + beside
        if self.expected_c is None or self.high_c is None:
            if self._kept is not None:
                expected_c, high_c, away_min = self._kept
                self._kept = expected_c, high_c, away_min + minutes
            return
        if at.is_known:
            if self.doubt is not Doubt.NONE:
                self._room_c = max(self._room_c - _ROOM_C_PER_MIN * minutes, min(self._room_c, at.room_low_c))
            self._own_c += (forced - at.loss * (self.reading_c - self._room_c)) * minutes
            goal_c = self._room_c + forced / at.loss
            self.expected_c = goal_c + (self.expected_c - goal_c) * exp(-at.loss * minutes)
        else:
            self._own_c += forced * minutes
            if self.doubt is Doubt.NONE:
                # What it loses is taken off with each reading.
                self.expected_c += at.gain_least * self._lagged * minutes
            else:
                # Who believes a reading too early heats by it: the zone is taken to warm as the configuration says.
                lost = most_lost(at)
                goal_c = self._room_c + 2.0 * forced / lost
                self.expected_c = goal_c + (self.expected_c - goal_c) * exp(-lost * minutes)
        most = at.gain_most * duty + sum(effect * share for effect, share in zip(at.effects_most, others, strict=True))
        goal_c = at.room_high_c + most / at.loss_least
        self.high_c = goal_c + (self.high_c - goal_c) * exp(-at.loss_least * minutes)

    def take(self, now_s: float, reading_c: float) -> None:
        """There is a new reading, at the monotonic time `now_s`."""
        if self.expected_c is None or self.high_c is None:
            self._begin(now_s, reading_c)
            return
        span_min = min((now_s - self._taken_s) / 60.0, 60.0)
        self._taken_s, self.reading_c = now_s, reading_c
        if self.doubt is Doubt.NONE:
            self._follow(now_s, reading_c, span_min)
        elif self._is_credible(now_s, reading_c):
            self.trust(reading_c)
        self._track.append(_Look(now_s, reading_c, self._own_c, self.full_s, self._felt_min))
        while self._track[0].at_s < now_s - _TRACK_S:
            self._track.popleft()

    def trust(self, reading_c: float | None = None) -> None:
        """The reading is believed, by itself or because a person says so."""
        reading_c = self.reading_c if reading_c is None else reading_c
        self.doubt, self._near, self._spike_s = Doubt.NONE, 0, None
        self.expected_c = self.high_c = reading_c
        self._track.clear()

    def is_told(self, now_s: float) -> bool:
        """Whether the doubt has lasted for so long that people should look."""
        since_s = now_s - self._doubted_s
        if self.doubt is Doubt.JUMP:
            return since_s >= _JUMP_TOLD_S
        return self.doubt is Doubt.FALL and (since_s >= _FALL_TOLD_S or self._is_like_room(now_s))

    def snapshot(self) -> dict[str, Any]:
        """What must outlive a restart, as plain JSON values."""
        return {"expected_c": self.expected_c, "high_c": self.high_c, "doubt": self.doubt.value}

    def restore(self, kept: Mapping[str, Any], *, away_s: float | None) -> None:
        """Take up a snapshot that is `away_s` seconds old; None where nobody knows. What makes no sense is left out."""
        expected_c, high_c = _number(kept.get("expected_c")), _number(kept.get("high_c"))
        if expected_c is not None and high_c is not None:
            self._kept = expected_c, max(high_c, expected_c), _LONG_MIN if away_s is None else away_s / 60.0
            if kept.get("doubt") in (Doubt.FALL, Doubt.JUMP):
                self.doubt = Doubt(kept["doubt"])

    def _begin(self, now_s: float, reading_c: float) -> None:
        """The first reading of this run: lower than the room or than what an earlier run left, it is doubted."""
        at = self.physics
        self._taken_s, self.reading_c, self._room_c = now_s, reading_c, at.room_c
        expected_c, high_c, away_min = (at.room_low_c, at.room_high_c, _LONG_MIN) if self._kept is None else self._kept
        closed_c, open_c = (
            at.room_low_c + max(expected_c - at.room_low_c, 0.0) * exp(-lost * away_min)
            for lost in (most_lost(at), _door_lost(at))
        )
        if self.doubt is Doubt.NONE and reading_c >= closed_c - JUMP_C:
            self.expected_c = self.high_c = reading_c
            return
        self.expected_c, self.high_c = closed_c, max(high_c, reading_c)
        kind = Doubt.JUMP if reading_c < open_c - JUMP_C else Doubt.FALL
        self._doubt(now_s, self.doubt or kind, before_c=closed_c)

    def _follow(self, now_s: float, reading_c: float, span_min: float) -> None:
        assert self.expected_c is not None  # noqa: S101 # nosec B101 - `take` has begun
        at, lower_c = self.physics, self.expected_c - reading_c
        before_c = self._track[-1].reading_c if self._track else reading_c
        if lower_c <= 0.0:
            self._rise(now_s, reading_c, before_c, span_min)
        elif at.is_known:
            self._spike_s = None
            if lower_c > TOLERANCE_C:
                self._doubt(now_s, self._kind(now_s, reading_c), before_c=self.expected_c)
                return
            self.expected_c -= lower_c * (1.0 - exp(-span_min / _DRAWN_MIN))
        else:
            self._spike_s = None
            # What the sun has warmed cools down faster than what stands in balance with its walls.
            fallen_c = (self.expected_c - at.room_low_c) * (1.0 - exp(-2.0 * most_lost(at) * span_min))
            self.expected_c = max(reading_c, self.expected_c - max(fallen_c, 0.0))
            if self.expected_c - reading_c > TOLERANCE_C:
                self._doubt(now_s, self._kind(now_s, reading_c), before_c=self.expected_c)
                return
        self.high_c = max(self.expected_c, reading_c)

    def _rise(self, now_s: float, reading_c: float, before_c: float, span_min: float) -> None:
        """A reading above counts at once; but one that jumped up is no reason to doubt when it comes back down."""
        at = self.physics
        if self._spike_s is None and reading_c - before_c > JUMP_C + 2.0 * at.gain_most * span_min:
            self._spike_s = now_s
        if self._spike_s is None or now_s - self._spike_s > _SPIKE_S or reading_c - (self.expected_c or 0.0) < NEAR_C:
            self._spike_s, self.expected_c = None, reading_c

    def _doubt(self, now_s: float, kind: Doubt, *, before_c: float) -> None:
        self.doubt, self._doubted_s, self._near = kind, now_s, 0
        self._fallen_c = before_c - self.reading_c
        self.high_c = max(self.high_c or before_c, before_c)
        self._track.clear()

    def _kind(self, now_s: float, reading_c: float) -> Doubt:
        """Whether an open door explains the fall within the last moments."""
        at = self.physics
        lost = _door_lost(at)
        for then in self._track:
            if now_s - then.at_s <= _RECENT_S:
                cooled_c = (then.reading_c - at.room_low_c) * (1.0 - exp(-lost * (now_s - then.at_s) / 60.0))
                if then.reading_c - reading_c > max(cooled_c, 0.0) + JUMP_C:
                    return Doubt.JUMP
        return Doubt.FALL

    def _is_credible(self, now_s: float, reading_c: float) -> bool:
        """Whether a reading that is doubted can be what the zone is at again."""
        assert self.expected_c is not None  # noqa: S101 # nosec B101 - `take` has begun
        wanted_c = self.high_c or reading_c
        if now_s - self._doubted_s <= _FORESEEN_S:
            wanted_c = min(wanted_c, self.expected_c - NEAR_C)
        self._near = self._near + 1 if reading_c >= wanted_c else 0
        is_back = self._near >= _IN_A_ROW or self._has_jumped_up(now_s, reading_c)
        return is_back or (self.doubt is Doubt.FALL and self._responds())

    def _has_jumped_up(self, now_s: float, reading_c: float) -> bool:
        """Whether it rose by what it fell, and so fast that no heat did it: what was wrong is right again."""
        for then in self._track:
            most_c = JUMP_C + 2.0 * self.physics.gain_most * (now_s - then.at_s) / 60.0
            risen_c = reading_c - then.reading_c
            if now_s - then.at_s <= _RECENT_S and risen_c > max(most_c, _BACK_SHARE * self._fallen_c):
                return True
        return False

    def _responds(self) -> bool:
        """Whether the reading rises as the zone would if it were where the reading says, or answers to the heater."""
        if not self._track:
            return False
        now = self._track[-1]
        for then in reversed(self._track):
            if now.at_s - then.at_s > _RESPONSE_LONGEST_S:
                break  # a room gets warmer by so much in a longer time
            foreseen_c = now.own_c - then.own_c
            if now.felt_min - then.felt_min < _RESPONSE_DUTY * (now.at_s - then.at_s) / 60.0:
                continue  # short pulses with much time between them: chance makes it warmer by as much
            if now.at_s - then.at_s >= _RESPONSE_S and foreseen_c >= _RESPONSE_C:
                return now.reading_c - then.reading_c >= _RESPONSE_SHARE * foreseen_c or self._feels()
        return self._feels()

    def _feels(self) -> bool:
        """Whether the reading turns with the heater as it goes on and off.

        What is lost, and to where, is the same in neighbouring minutes: the difference that the heater makes between
        them is its strength, whether a door is open or not.
        """
        blocks = _blocks(self._track, max(_BLOCK_S, 60.0 * self.physics.lag_min))
        if len(blocks) <= _BLOCKS:
            return False
        felt, rises = [], []
        for (one_s, one_c, one_min), (two_s, two_c, two_min) in pairwise(blocks):
            minutes = (two_s - one_s) / 60.0
            felt.append((two_min - one_min) / minutes)
            rises.append((two_c - one_c) / minutes)
        # Differences between neighbours leave out what changes slowly. A reading that only slows down bends one way.
        turns = [
            (now_felt - felt_before, now_rise - rise_before)
            for (felt_before, now_felt), (rise_before, now_rise) in zip(pairwise(felt), pairwise(rises), strict=True)
        ]
        # A pulse of heat comes at once and dies away with the lag: short ones turn it down by little, but often.
        least = min(_TURN, _TURN_SHARE * max(abs(more) for more, _ in turns))
        up = [(more, bend) for more, bend in turns if more > least]
        down = [(-more, -bend) for more, bend in turns if more < -least]
        return all(self._answers(each, turns) for each in (up, down))

    def _answers(self, some: Sequence[tuple[float, float]], turns: Sequence[tuple[float, float]]) -> bool:
        """Whether the reading bends with `some` of all `turns` as with the heater, and that is surely no noise."""
        more, bend = sum(each for each, _ in some), sum(each for _, each in some)
        if len(some) < _TURNS or more < _TURNS * _TURN:
            return False
        # What is left is what else bends the reading. Half of it is enough to judge by: a door bends it once.
        left = median(abs(each_bend - bend / more * each_more) for each_more, each_bend in turns)
        return bend >= max(_FELT_SHARE * self.physics.gain * more, _SURE * left * sqrt(len(some)))

    def _is_like_room(self, now_s: float) -> bool:
        """Whether the reading stands still at the room's temperature although the heater works."""
        if not self.physics.is_known or not self._track or self.reading_c > self._room_c + _LIKE_ROOM_C:
            return False
        then = next((look for look in self._track if look.at_s >= now_s - 60.0), None)
        start = next((look for look in self._track if look.at_s >= now_s - 120.0), None)
        if then is None or start is None or self._track[0].at_s > now_s - 100.0:
            return False
        return abs(then.reading_c - self.reading_c) < _FLAT_C and self.full_s - start.full_s >= 45.0


def _blocks(track: Iterable[_Look], block_s: float) -> list[tuple[float, float, float]]:
    """The mean of when, what was read and what was felt by then, of each block: less noisy than one reading."""
    looks: list[list[_Look]] = []
    for look in track:
        if not looks or look.at_s - looks[-1][0].at_s >= block_s:
            looks.append([])
        looks[-1].append(look)
    del looks[-1:]  # it is not full yet
    return [
        (
            fmean(look.at_s for look in block),
            fmean(look.reading_c for look in block),
            fmean(look.felt_min for look in block),
        )
        for block in looks
    ]


def most_lost(at: Physics) -> float:
    """The share of the difference to the room that a closed zone loses per minute at most."""
    return 1.3 * at.loss if at.is_known else 2.0 * at.loss


def _door_lost(at: Physics) -> float:
    """The same of a zone whose front stands open."""
    return max(DOOR * at.loss, DOOR_LEAST)


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return float(value) if is_number else None
