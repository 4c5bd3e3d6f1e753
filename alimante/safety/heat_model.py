"""A heater and its place as a few numbers, learned from what was seen; it must not decide whether that was right.

The model is the heat balance of one well-mixed place whose sensor and element answer with one lag:

    dT/dt = gain · duty − loss · (T − reference) + drift + Σ effectᵢ · otherᵢ

`duty` and what the others do (0 to 1) are taken through the lag. Everything is in °C and minutes. What was on before
the first look is not known and is felt for a while: its warmth then, which dies away with the lag, is one more unknown
number at the end of the state until nothing is left of it. The numbers are
estimated by a Kalman filter whose state walks at random (D. Simon, Optimal State Estimation, 2006, chapter 5): rooms
get warmer and substrates wetter, so nothing is learned once for all, and each estimate comes with its uncertainty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import copysign, isfinite, sqrt
from operator import mul
from typing import Any, Final

GAIN, LOSS, DRIFT = range(3)
"""Where the numbers stand in the state; the effects of the others follow, and what is left from before the start."""

USUAL_REACH_C: Final = 30.0
"""A heater for an enclosure reaches about so many °C above the room: the loss that is guessed follows from it."""

_ROOM_WALK_C: Final = 1.0  # in √h: a room swings by some degrees within a day
_ROOM_FORGOTTEN_C: Final = 5.0  # nobody forgets more of the room than this
_SLOW_WALK: Final = 0.1  # of the guess in √day: walls, probes and bulbs change within weeks
_MODEL_ERROR: Final = 0.1  # of the heater's own effect: one lag and one well-mixed place are a simplification
_CLIP: Final = 3.0  # standard deviations: a door that opens is no reason to forget everything
_IN_A_ROW: Final = 3  # surprises in one direction: a crude model is surprised in both by turns
_ON: Final = 0.25  # of the time: so long on, it may also be the heater that is not as it was
_MEMORY: Final = 0.02  # share of each step in the measure of misfit
_WORST_SURPRISE: Final = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What is assumed before anything was seen; `rate` is the configured °C per minute, `noise_c` of one reading."""

    rate: float
    noise_c: float
    others: int

    @property
    def loss(self) -> float:
        """Per minute."""
        return self.rate / 2.0 / USUAL_REACH_C

    def state(self) -> list[float]:
        """Half the configured rate, and a room 10 °C below the reference."""
        return [self.rate / 2.0, self.loss, -10.0 * self.loss, *[0.0] * self.others]

    def spread(self) -> list[float]:
        """Standard deviations of `state`."""
        return [self.rate, 1.5 * self.loss, 15.0 * self.loss, *[self.rate] * self.others]

    def left(self) -> tuple[float, float]:
        """What is felt at the first look of the time before, and its standard deviation: anything from off to on."""
        return self.rate / 4.0, self.rate / 2.0


@dataclass(slots=True)
class HeatModel:
    """The estimate for one lag. `misfit` is about 1 while the model explains what is seen."""

    guess: Guess
    state: list[float] = field(init=False)
    cov: list[list[float]] = field(init=False)
    misfit: float = field(default=1.0, init=False)
    _surprises: float = field(default=0.0, init=False)
    """How often in a row it was surprised in the same direction, with the sign of that."""
    _walks: list[tuple[float, float]] = field(init=False)
    """By number of the state: the variance that it gains in a minute, and that from which on it gains no more."""

    def __post_init__(self) -> None:
        spread = self.guess.spread()
        self.state = self.guess.state()
        self.cov = [[spread[i] ** 2 if i == j else 0.0 for j in range(len(spread))] for i in range(len(spread))]
        self._walks = [self._walk_of(i) for i in range(self._size)]
        self._add_left()

    def mean(self, features: Sequence[float]) -> float:
        """The change in °C that belongs to `features`; see `Sums`. Without the last one nothing is left from before."""
        change_c: float = sum(map(mul, features, self.state))
        return change_c

    def expect(self, features: Sequence[float]) -> tuple[float, float]:
        """The change in °C that belongs to `features`, and its standard deviation."""
        return self._expect(features, self._spread_along(features))

    def _expect(self, features: Sequence[float], along: Sequence[float]) -> tuple[float, float]:
        return self.mean(features), sqrt(max(sum(map(mul, features, along)), 0.0))

    def learn(self, features: Sequence[float], change_c: float, minutes: float) -> None:
        """Take in that the reading changed by `change_c` within `minutes`.

        Without the last feature nothing is left from before the start, now and ever after.
        """
        if len(features) < len(self.state):
            self._drop_left()
        self._walk(minutes)
        along = self._spread_along(features)
        mean, sigma = self._expect(features, along)
        noise = self._noise(features, minutes)
        surprise = change_c - mean
        unlikely = min(surprise * surprise / (sigma * sigma + noise), _WORST_SURPRISE)
        self.misfit += _MEMORY * (unlikely - self.misfit)
        noise *= max(self.misfit, 1.0)
        is_surprised = surprise * surprise > _CLIP * _CLIP * (sigma * sigma + noise)
        self._surprises = self._surprises + copysign(1.0, surprise) if is_surprised else 0.0
        if is_surprised and self._surprises * surprise < 0.0:
            self._surprises = copysign(1.0, surprise)
        if abs(self._surprises) >= _IN_A_ROW:
            self._doubt_by(surprise, features, minutes)
            along = self._spread_along(features)
            mean, sigma = self._expect(features, along)
        total = sigma * sigma + noise
        most = _CLIP * sqrt(total)
        total *= max(abs(surprise) / most, 1.0)  # what is clipped says less: its doubt stays, too
        step = surprise / total
        self.state = [x + k * step for x, k in zip(self.state, along, strict=True)]
        self.cov = [[p - ki * kj / total for p, kj in zip(row, along, strict=True)]
                    for row, ki in zip(self.cov, along, strict=True)]  # fmt: skip
        self.state[GAIN] = max(self.state[GAIN], 0.0)
        self.state[LOSS] = max(self.state[LOSS], self.guess.loss / 20.0)

    @property
    def is_warmer(self) -> bool:
        """Whether it got warmer than the model knew, time and again: heat comes in that it is just learning."""
        return self._surprises >= _IN_A_ROW

    def doubt_of(self, number: int) -> float:
        """The standard deviation of one number of the state."""
        return sqrt(max(self.cov[number][number], 0.0))

    def doubt_anew(self, number: int) -> None:
        """One number of the state is not what it was: let it be learned anew, from where it is."""
        self._widen(number, self.guess.spread()[number] / 2.0)

    def doubt_place(self) -> None:
        """What the place is without heat is not what it was: by up to half of the heater it may be another."""
        self._widen(DRIFT, self.guess.rate / 2.0)

    def _doubt_by(self, surprise: float, features: Sequence[float], minutes: float) -> None:
        """Something is not as it was: sun, a colder room, another bulb. So much is not known until it is learned."""
        most = self.guess.rate / 2.0
        self._widen(DRIFT, min(abs(surprise) / minutes, most))
        if features[GAIN] > _ON * minutes:
            self._widen(GAIN, min(abs(surprise) / features[GAIN], most))

    def _widen(self, number: int, spread: float) -> None:
        self.cov[number][number] = max(self.cov[number][number], spread * spread)

    def _spread_along(self, features: Sequence[float]) -> list[float]:
        return [sum(map(mul, row, features)) for row in self.cov]

    def _noise(self, features: Sequence[float], minutes: float) -> float:
        """Variance of what the model cannot explain: both readings, its own crudeness, and the room."""
        own = _MODEL_ERROR * (self.state[GAIN] * features[GAIN] + self._left(features))
        room = 0.3 * self.guess.loss * minutes
        return 2.0 * self.guess.noise_c**2 + own * own + room * room

    def _left(self, features: Sequence[float]) -> float:
        """What `features` say of the time before the start, in °C."""
        return self.state[-1] * features[-1] if len(features) > self._size else 0.0

    @property
    def _size(self) -> int:
        """How many numbers are kept: all but what is left from before the start."""
        return DRIFT + 1 + self.guess.others

    def _add_left(self) -> None:
        left, spread = self.guess.left()
        self.state.append(left)
        for row in self.cov:
            row.append(0.0)
        self.cov.append([0.0] * self._size + [spread**2])

    def _drop_left(self) -> None:
        del self.state[self._size :], self.cov[self._size :]
        for row in self.cov:
            del row[self._size :]

    def _walk(self, minutes: float) -> None:
        for i, (walk, most) in enumerate(self._walks):
            row = self.cov[i]
            if row[i] < most:
                row[i] += walk * minutes

    def _walk_of(self, i: int) -> tuple[float, float]:
        if i == DRIFT:
            walk, most = _ROOM_WALK_C * self.guess.loss / sqrt(60.0), _ROOM_FORGOTTEN_C * self.guess.loss
        else:
            spread = self.guess.spread()[i]
            walk, most = _SLOW_WALK * spread / sqrt(1440.0), spread
        return walk * walk, most * most

    def snapshot(self) -> dict[str, Any]:
        """The estimate as plain JSON values. What is left of the heat of now is nothing to the next start."""
        size = self._size
        return {"state": self.state[:size], "cov": [row[:size] for row in self.cov[:size]], "misfit": self.misfit}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Take over a snapshot. Raises `ValueError` for one that is of another shape or holds no numbers."""
        size = self._size
        try:
            state = _numbers(kept["state"], size)
            cov = [_numbers(row, size) for row in kept["cov"]]
            (misfit,) = _numbers([kept["misfit"]], 1)
        except (KeyError, TypeError) as error:
            raise ValueError(f"this is no model of {size} numbers") from error
        if len(cov) != size or any(cov[i][i] < 0 for i in range(size)):
            raise ValueError(f"the spread of {size} numbers is not a square of so many")
        self.state, self.cov, self.misfit = state, cov, misfit
        self._add_left()


def _numbers(values: Sequence[Any], count: int) -> list[float]:
    numbers = [float(value) for value in values]
    if len(numbers) != count or not all(isfinite(number) for number in numbers):
        raise ValueError(f"these are not {count} finite numbers")
    return numbers
