"""How far above its room full power holds a heated zone, from what held it there; it must not switch anything.

What is lost grows with the difference to the room, so a share of full power holds the zone at that share of the reach.
The room itself is not measured: it is presumed while the reach is calibrated.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, isfinite, log
from typing import Any, Final, Self

LASTS_S: Final = 1800.0
"""A mean is taken over so long: about a time constant of an enclosure."""

WALLS_S: Final = 3.0 * 3600.0
"""So long walls and ground take heat, and full power seems to reach less far than it does."""

POWER: Final = (0.03, 1.5)
"""Between these shares of full power something is said of the reach."""

_SPACING_S: Final = 60.0
_SAMPLES: Final = 10  # one a minute
_REACH_C: Final = (5.0, 150.0)
_CHANGES_S: Final = 3.0 * 86_400.0  # within days, for what full power reaches is a matter of walls and bulbs
_WARMS_S: Final = 7200.0
_WALLS: Final = 1.3  # so many times the first finding at most by what walls took; what is more is sun
_LEAST_C: Final = 0.5


@dataclass(frozen=True, slots=True)
class SeenReach:
    """A reach that follows from how fast the zone was seen to lose heat, and by what share that is doubted."""

    reach_c: float
    doubt: float


@dataclass(frozen=True, slots=True)
class Held:
    """What holds the zone `above_c` above its room: a share of the heater's full power, and shares of the others'."""

    above_c: float
    own: float
    beside: Sequence[float]

    def power(self, effects: Sequence[float]) -> float:
        """All of it as a share of the heater's full power, where the others give `effects` of that."""
        return self.own + sum(share * effect for share, effect in zip(self.beside, effects, strict=True))

    def reach_c(self, effects: Sequence[float]) -> float:
        """How far above its room full power holds the zone by that."""
        return min(max(self.above_c / max(self.power(effects), POWER[0]), _REACH_C[0]), _REACH_C[1])

    def drawn(self, to: Self, share: float) -> "Held":
        """So much nearer to another one."""
        return Held(
            self.above_c + (to.above_c - self.above_c) * share,
            self.own + (to.own - self.own) * share,
            [mine + (its - mine) * share for mine, its in zip(self.beside, to.beside, strict=True)],
        )


@dataclass(slots=True)
class Reach:
    """The reach of one heater, beside so many `others`."""

    others: int
    _held: Held | None = field(default=None, init=False)
    _taken: int = field(default=0, init=False)
    _begun: Held | None = field(default=None, init=False)
    """What it was calibrated with at first."""

    def take(self, held: Held, effects: Sequence[float], *, span_s: float, is_new: bool) -> None:
        """The zone stood still for `span_s`. While it `is_new`, its walls are still getting warm."""
        self._taken += 1
        if self._held is None:
            self._held = held
        elif self._taken <= _SAMPLES:
            self._held = self._held.drawn(held, 1.0 / self._taken)
            self._begun = self._held
        elif not is_new:
            self._held = self._held.drawn(held, span_s / _CHANGES_S)
        elif self._held.reach_c(effects) < min(held.reach_c(effects), _WALLS * (self._begun or held).reach_c(effects)):
            # What walls and ground still take is less from hour to hour, never more.
            self._held = self._held.drawn(held, span_s / _WARMS_S)

    @property
    def held(self) -> Held | None:
        """What it was calibrated with; None before that has come to an end."""
        return self._held if self._taken >= _SAMPLES else None

    def reach_c(self, effects: Sequence[float], *, room_doubt_c: float, seen: SeenReach | None) -> float | None:
        """By what was presumed of the room, give or take `room_doubt_c`, or less where more loss than that was seen.

        In a room that is warmer than was presumed, or beside a warm neighbour, full power seems to reach farther.
        """
        if self.held is None:
            return None
        presumed_c = self.held.reach_c(effects)
        if seen is None or seen.reach_c >= presumed_c:
            return presumed_c
        doubt = room_doubt_c / max(self.held.above_c, _LEAST_C)
        share = doubt * doubt / (doubt * doubt + seen.doubt * seen.doubt)
        reach_c = exp((1.0 - share) * log(presumed_c) + share * log(max(seen.reach_c, _REACH_C[0])))
        return min(max(reach_c, _REACH_C[0]), _REACH_C[1])

    def forget(self) -> None:
        """All is calibrated anew."""
        self._held, self._taken = None, 0

    def snapshot(self) -> list[float] | None:
        """What it was calibrated with, as plain JSON values."""
        held = self.held
        return None if held is None else [held.above_c, held.own, *held.beside]

    def restore(self, kept: Any) -> None:
        """Take up a snapshot; one that makes no sense is left out."""
        is_list = isinstance(kept, list) and len(kept) == 2 + self.others
        if is_list and all(isinstance(one, int | float) and isfinite(one) for one in kept):
            self._held = self._begun = Held(kept[0], kept[1], kept[2:])
            self._taken = _SAMPLES


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was so in the last half hour: the mean, the rise, and the shares of time at full power."""

    span_s: float
    lasted_s: float
    mean_c: float
    risen_c: float
    own: float
    beside: Sequence[float]


@dataclass(slots=True)
class Window:
    """The readings of the last half hour, and what the outputs did by then, in seconds at full power."""

    _looks: deque[tuple[float, float, float, Sequence[float]]] = field(default_factory=deque, init=False)

    def take(self, now_s: float, reading_c: float, own_s: float, beside_s: Sequence[float]) -> Stretch | None:
        """A new reading; says what was so, once a minute, and None until there are enough of them."""
        looks = self._looks
        span_s = now_s - looks[-1][0] if looks else 0.0
        if looks and span_s < _SPACING_S:
            return None
        looks.append((now_s, reading_c, own_s, tuple(beside_s)))
        while looks[0][0] < now_s - LASTS_S:
            looks.popleft()
        then_s, then_c, then_own_s, then_beside_s = looks[0]
        lasted_s = now_s - then_s
        if lasted_s < 0.8 * LASTS_S:
            return None
        return Stretch(
            span_s=min(span_s, LASTS_S),
            lasted_s=lasted_s,
            mean_c=sum(look[1] for look in looks) / len(looks),
            risen_c=reading_c - then_c,
            own=(own_s - then_own_s) / lasted_s,
            beside=[(now - then) / lasted_s for now, then in zip(beside_s, then_beside_s, strict=True)],
        )

    def clear(self) -> None:
        """What comes next does not belong to what was before."""
        self._looks.clear()
