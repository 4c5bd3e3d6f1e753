"""What the room around a heated zone is and can be, and how much above it the zone may be held; it must not switch.

A probe that drifts towards cold looks like a room that gets colder: nothing but what is known of rooms tells them
apart. Whatever a probe says, the zone is as warm as its room and what is held above that, so the bound on the second is
a bound on the zone: truly it is at most `room + allowed_c`.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import Any, Final

from alimante.safety.reach import POWER, WALLS_S, Held, Reach, SeenReach, Stretch, Window

USUAL_ROOM_C: Final = (12.0, 30.0)
"""What a room is taken to be between where the configuration does not say."""

LOWEST_BELOW_C: Final = 6.0
"""A room may be so much colder than the coldest of the last days: a cold night, a window that was left open."""

AMBIENT_C: Final = 3.0
"""A sensor in the room may be so much warmer than the air around the enclosure."""

_DAY_S: Final = 86_400.0
_RISES_C: Final = 1.5  # a day: the season makes it that much colder, and no probe drifts past it unseen
_FORGOTTEN_S: Final = 7.0 * _DAY_S
_USUAL: Final = (0.35, 0.5)  # a room is usually nearer to the coldest than to the warmest that it can be
_STEADY_C: Final = 1.0
_STEADY_SHARE: Final = 0.2
_NEAR_C: Final = 1.5
_FALLS_C: Final = 6.0
_PERHAPS: Final = 1.2
_WITHIN: Final = 0.95
_MARGIN_C: Final = (3.0, 6.0)
_SLIGHT_C: Final = 0.5
_SURE_S: Final = 1200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomLimits:
    """The coldest and the warmest that the room can be, and the full name of the sensor in it; empty for none."""

    low_c: float = USUAL_ROOM_C[0]
    high_c: float = USUAL_ROOM_C[1]
    sensor: str = ""


@dataclass(slots=True)
class Room:
    """The room as seen through one heated zone.

    `harm_c` is where harm begins there, and so many `others` than the heater may warm it, too. `aged_s` counts the
    seconds of which something is known.
    """

    limits: RoomLimits
    harm_c: float
    others: int = 0
    room_c: float | None = field(default=None, init=False)
    """The room as it seems to be; None before that is known."""
    reach_c: float | None = field(default=None, init=False)
    """How far above its room full power holds the zone; None before that is known."""
    aged_s: float = field(default=0.0, init=False)
    highest_target_c: float | None = field(default=None, init=False)
    ambient_c: float | None = field(default=None, init=False)
    """What the sensor in the room says; None without one."""
    cap_c: float = field(default=inf, init=False)
    """What the zone may be held at, as its sensor reads; `inf` while nothing is known."""
    is_short: bool = field(default=False, init=False)
    """Whether the target is higher than what the zone may be held at."""
    _rooms: deque[float] = field(default_factory=lambda: deque(maxlen=30), init=False)
    """What the room seemed to be in the last half an hour, minute by minute."""
    _falls_c: float = field(default=0.0, init=False)
    _held_c: float = field(default=0.0, init=False)
    _coldest_c: float = field(default=inf, init=False)
    _warmest_c: float = field(default=-inf, init=False)
    _window: Window = field(default_factory=Window, init=False)
    _reach: Reach = field(init=False)
    _first_c: float | None = field(default=None, init=False)
    _target_c: float | None = field(default=None, init=False)
    _short_s: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._reach = Reach(self.others)

    @property
    def low_c(self) -> float:
        """The coldest that the room can be, by everything that is known."""
        learned_c = -inf if self.aged_s < _DAY_S else self._coldest_c - LOWEST_BELOW_C
        ambient_c = -inf if self.ambient_c is None else self.ambient_c - AMBIENT_C
        return max(self.limits.low_c, learned_c, ambient_c)

    @property
    def high_c(self) -> float:
        """The warmest that the room can be."""
        if self.ambient_c is not None:
            return min(self.limits.high_c, self.ambient_c + AMBIENT_C)
        if self.aged_s < _DAY_S / 24.0 or self._warmest_c == -inf:
            return self.limits.high_c
        return max(min(self.limits.high_c, self._warmest_c + AMBIENT_C), self.limits.low_c + 1.0)

    @property
    def allowed_c(self) -> float:
        """How far above the room the zone may be held; `inf` while nothing is known."""
        if self.highest_target_c is None:
            return inf
        declared_c = max(self.highest_target_c - self.low_c, _MARGIN_C[0])
        if self.aged_s < _DAY_S:
            return declared_c
        half_c = min(max((self.harm_c - self.highest_target_c) / 2.0, _MARGIN_C[0]), _MARGIN_C[1])
        return min(declared_c, self._held_c + half_c)

    @property
    def is_told(self) -> bool:
        """Whether that has lasted for so long that people should look."""
        return self.is_short and self._short_s >= _SURE_S

    def aim(self, target_c: float | None) -> None:
        """A controller wants the zone to be at `target_c`."""
        self._target_c = target_c
        if target_c is not None and (self.highest_target_c is None or target_c > self.highest_target_c):
            self.highest_target_c = target_c
        self._compare()

    def _compare(self) -> None:
        self.cap_c = inf if self.room_c is None else self.room_c - self._falls_c + self.allowed_c
        self.is_short = self._target_c is not None and self._target_c - _SLIGHT_C > self.cap_c

    def look(
        self, now_s: float, *, reading_c: float, own_s: float, beside_s: Sequence[float], effects: Sequence[float],
        gain: float, seen: SeenReach | None = None,
    ) -> None:  # fmt: skip
        """The zone is at `reading_c`, after the heater's heat of `own_s` seconds at full power, at `gain` °C a minute.

        The other outputs were on for `beside_s` seconds, each with an effect as a share of the heater's. What full
        power reaches was `seen` by how fast the zone loses heat. What is taken to be the room follows from the heat
        that held the zone lately; what only warmed it up is left out of that.
        """
        self._first_c = reading_c if self._first_c is None else self._first_c
        stretch = self._window.take(now_s, reading_c, own_s, beside_s)
        if stretch is None:
            return
        stored, is_still = stretch.risen_c / (gain * stretch.lasted_s / 60.0), abs(stretch.risen_c) <= _STEADY_C
        held = Held(stretch.mean_c - self._presumed_c(), stretch.own - stored, stretch.beside)
        power = min(max(held.power(effects), 0.0), POWER[1])
        if not is_still:
            self._rooms.clear()
        if stretch.risen_c > _STEADY_C:
            return  # what warms up says too little of the room
        if is_still and abs(stored) <= _STEADY_SHARE * power and POWER[0] < power < POWER[1]:
            self._calibrate(stretch, held, effects)
        half_c = (self.limits.high_c - self.limits.low_c) / 2.0 if self.ambient_c is None else AMBIENT_C
        self.reach_c = self._reach.reach_c(effects, room_doubt_c=half_c, seen=seen)
        if self.reach_c is not None:
            self._take(stretch, self.reach_c * power)

    def _calibrate(self, stretch: Stretch, held: Held, effects: Sequence[float]) -> None:
        """The zone stands still: what holds it there says what full power would reach."""
        if (
            self.highest_target_c is not None
            and stretch.mean_c >= self.highest_target_c - _NEAR_C
            and not self.is_short
        ):
            self._reach.take(held, effects, span_s=stretch.span_s, is_new=self.aged_s < WALLS_S)

    def _perhaps(self) -> float:
        """In the first hours full power may reach so many times as far; what it was calibrated with stays allowed."""
        held = self._reach.held
        if held is None or self.aged_s >= WALLS_S:
            return 1.0
        return max(1.0, min(_PERHAPS, _WITHIN * self.allowed_c / max(held.above_c, _SLIGHT_C)))

    def _presumed_c(self) -> float:
        """What the room is while nothing is known of it.

        A zone that was not heated for long is like its room. It may have been heated before, so of what its first
        reading says only what is usual counts.
        """
        if self.ambient_c is not None:
            return self.ambient_c
        low_c, span_c = self.limits.low_c, self.limits.high_c - self.limits.low_c
        usual_c, warm_c = (low_c + share * span_c for share in _USUAL)
        return usual_c if self._first_c is None else min(max(self._first_c, usual_c), warm_c)

    def _take(self, stretch: Stretch, above_c: float) -> None:
        """The zone was `above_c` above its room."""
        span_s, room_c = stretch.span_s, stretch.mean_c - above_c
        self.room_c = stretch.mean_c - above_c * self._perhaps()
        self._rooms.append(self.room_c)
        # A mean is half as old as what it is of: what falls goes on falling.
        self._falls_c = min(max(max(self._rooms) - self.room_c, 0.0), _FALLS_C)
        self._compare()
        self._short_s = self._short_s + span_s if self.is_short else 0.0
        if self.is_short:
            return  # what is doubted teaches nothing
        is_young = self.aged_s < _DAY_S
        self.aged_s += span_s
        most_c, gone = inf if is_young else _RISES_C * span_s / _DAY_S, span_s / _FORGOTTEN_S
        more_c = above_c - self._held_c
        self._held_c += min(more_c, most_c) if more_c > 0.0 else gone * more_c
        if self._coldest_c == inf:
            self._coldest_c = self._warmest_c = room_c
        colder_c = self._coldest_c - room_c
        self._coldest_c -= min(colder_c, most_c) if colder_c > 0.0 else gone * colder_c
        self._warmest_c += (room_c - self._warmest_c) * (1.0 if room_c > self._warmest_c else gone)
        self._compare()

    def interrupt(self) -> None:
        """What comes next does not belong to what was seen before."""
        self._window.clear()
        self._rooms.clear()

    def forget(self) -> None:
        """A person says that all is in order: what is needed now is what is needed."""
        self._short_s, self.aged_s, self._held_c = 0.0, 0.0, 0.0
        self._coldest_c, self._warmest_c, self.reach_c, self.room_c = inf, -inf, None, None
        self._window.clear()
        self._reach.forget()
        self._compare()

    def text(self) -> str:
        """Why no more is given, in one sentence."""
        why = "is more than its target asks for in the coldest room" if self.aged_s < _DAY_S else "was never needed"
        return (
            f"the room would have to be at {self.room_c or 0.0:.1f} °C, and to hold it more than "
            f"{self.allowed_c:.1f} °C above that {why}"
        )

    def snapshot(self) -> dict[str, Any]:
        """What was learned, as plain JSON values."""
        known = isfinite(self._coldest_c) and isfinite(self._warmest_c)
        return {
            "aged_s": self.aged_s,
            "held": self._reach.snapshot(),
            "highest_target_c": self.highest_target_c,
            "held_c": self._held_c,
            "coldest_c": self._coldest_c if known else None,
            "warmest_c": self._warmest_c if known else None,
        }

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Take up a snapshot; one that makes no sense is left out."""
        names = ("aged_s", "held_c", "coldest_c", "warmest_c")
        numbers = [kept.get(name) for name in names]
        if all(isinstance(number, int | float) and isfinite(number) for number in numbers):
            self.aged_s, self._held_c, self._coldest_c, self._warmest_c = (float(number or 0.0) for number in numbers)
        target_c = kept.get("highest_target_c")
        if isinstance(target_c, int | float) and isfinite(target_c):
            self.highest_target_c = float(target_c)
        self._reach.restore(kept.get("held"))
