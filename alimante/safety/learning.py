"""Learns how a heater warms its place: strength, delay, where it would end and how fast; it must not judge it.

The delay is found by letting one model for each of a few lags learn side by side: the one that is surprised least is
believed. Spans of time are told by the difference of two `Sums`, so that any span can be asked for afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import exp, inf, nan
from operator import sub
from typing import Any, Final

from alimante.safety.coldest import Coldest
from alimante.safety.heat_model import DRIFT, GAIN, LOSS, Guess, HeatModel

LAGS: Final = (0.5, 1.0, 2.0, 4.0)
"""The lags that are tried, in dead times."""

_USUAL: Final = 1
_SIGMAS: Final = 2.0
_CRUDE: Final = 0.15  # of the heater's own effect: enclosures are not well mixed, and lags not of first order
_ROOM_C: Final = 1.5  # walls and neighbours are warmer or colder than the model knows
_PLAUSIBLE: Final = 2.0  # times the misfit of the best model
_FAIR: Final = 0.1
_KNOWN_AFTER_MIN: Final = 120.0
_LOSS_AT_LEAST: Final = 1.5  # times the guess: seen at one temperature, loss and room cannot be told apart
_SETTLED_MIN: Final = 60.0  # of learning: before, a model is still what was guessed
_DEATH_OF_HEAT: Final = 3.0  # lags after which nothing is felt of it
_SURE_SIGMAS: Final = 2.0
_FELT: Final = 0.01  # of what was on before the start: less is nothing
_DIGITS: Final = {"gain_c_per_s": 6, "dead_time_s": 0, "equilibrium_c": 1, "room_c": 1, "time_constant_s": 0}
"""So many digits of each number mean something to people."""

Sums = tuple[float, ...]
"""Integrals over time in minutes, from some start: of 1, of reading − reference, of the duty through each lag, and of
each other output through the usual lag. Only differences of two mean anything, but the first one is the age of this
process, from which it follows how much is still felt of what was on before."""


FASTEST: Final = 2
"""Where in them the duty through the shortest lag stands; the longer ones follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What is known of a heater, for people.

    `gain_c_per_s` at full power without losses; `dead_time_s` until its sensor follows; `equilibrium_c` where it would
    end at full power and `room_c` where it would end without it, as things are now; `time_constant_s` of the place.
    These three are None while too little is known of how fast the place loses heat.
    """

    gain_c_per_s: float
    dead_time_s: float
    equilibrium_c: float | None
    room_c: float | None
    time_constant_s: float | None


@dataclass(slots=True)
class Learner:
    """All that is learned of one heater.

    `reference_c` is any temperature near the usual one. `others` are the outputs that also change the temperature.
    """

    guess: Guess
    reference_c: float
    dead_time_s: float
    others: tuple[str, ...]
    models: list[HeatModel] = field(init=False)
    learned_min: float = field(default=0.0, init=False)
    """How many minutes were learned from."""
    full_min: float = field(default=0.0, init=False)
    """How many of them at full power, in this process."""
    _coldest: list[Coldest] = field(init=False)
    _warmer_min: float = field(default=-inf, init=False)
    """Up to when it got warmer than was known then."""
    _sums: list[float] = field(init=False)
    _lagged: list[float] = field(init=False)
    _paced_s: float = field(default=nan, init=False)
    _gone: list[tuple[float, float]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.models = [HeatModel(self.guess) for _ in LAGS]
        self._coldest = [Coldest() for _ in LAGS]
        self._lagged = [0.0] * (len(LAGS) + len(self.others))
        self._sums = [0.0] * (2 + len(self._lagged))

    @property
    def best(self) -> int:
        """Which of the lags explains best what was seen; the usual one where none does so better."""
        best, least = _USUAL, self.models[_USUAL].misfit
        for i, model in enumerate(self.models):
            if model.misfit < least:
                best, least = i, model.misfit
        return best

    def advance(self, span_s: float, *, duty: float, reading_c: float, others: Mapping[str, float]) -> None:
        """`span_s` went by with these values."""
        if span_s != self._paced_s:
            self._pace(span_s)
        minutes, sums, lagged = span_s / 60.0, self._sums, self._lagged
        sums[0] += minutes
        sums[1] += (reading_c - self.reference_c) * minutes
        inputs = [duty] * len(LAGS) + [others.get(name, 0.0) for name in self.others]
        for i, (target, (lag_s, gone)) in enumerate(zip(inputs, self._gone, strict=True)):
            before = lagged[i]
            lagged[i] += (target - before) * gone
            sums[2 + i] += target * minutes + (before - target) * gone * lag_s / 60.0

    def _pace(self, span_s: float) -> None:
        """Work out the lag of each input, and how much of it is gone after `span_s`: most spans are equally long."""
        self._paced_s = span_s
        lags_s = [self.dead_time_s * lag for lag in (*LAGS, *[LAGS[_USUAL]] * len(self.others))]
        self._gone = [(lag_s, 1.0 - exp(-span_s / lag_s)) for lag_s in lags_s]

    def now(self) -> tuple[float, float, float]:
        """The duty through the slowest lag, and the gain in °C and the share lost per minute."""
        state = self.models[self.best].state
        return self._lagged[len(LAGS) - 1], state[GAIN], state[LOSS]

    def sums(self) -> Sums:
        """The integrals up to now."""
        return tuple(self._sums)

    def expect(self, start: Sums, end: Sums, *, least_c: float) -> tuple[float, float] | None:
        """By how many °C the reading should at least have risen between two moments, and its doubt in °C.

        Of several lags that explain what was seen the one counts that expects least. None when that is below `least_c`.
        """
        bound = _PLAUSIBLE * max(min(model.misfit for model in self.models), _FAIR)
        lowest: tuple[float, float] | None = None
        for i, model in enumerate(self.models):
            if model.misfit <= bound:
                features = _features(start, end, i)
                if model.mean(features) < least_c:
                    return None
                mean, sigma = model.expect(features)
                loss = max(model.state[LOSS], self.guess.loss)  # one that is learned as next to nothing is not known
                crude = _CRUDE * model.state[GAIN] * features[GAIN] + _ROOM_C * loss * features[DRIFT]
                doubt = _SIGMAS * sigma + crude
                if lowest is None or mean - doubt < lowest[0] - lowest[1]:
                    lowest = mean, doubt
        return lowest

    def expect_off(self, start: Sums, end: Sums) -> tuple[float, float, float]:
        """What should have come without this heater in °C, the doubt of that, and what the heater itself brings."""
        model = self.models[self.best]
        own_min, *rest = _features(start, end, self.best)
        features = [0.0, *rest]
        mean, sigma = model.expect(features)
        loss = max(model.state[LOSS], self.guess.loss)
        return mean, _SIGMAS * sigma + _ROOM_C * loss * features[DRIFT], model.state[GAIN] * own_min

    def colder(self, start: Sums, end: Sums) -> float:
        """By how many °C less it would have got warmer as it was at its coldest within the last day."""
        model, minutes, above = self.models[self.best], end[0] - start[0], end[1] - start[1]
        least = self._coldest[self.best].rate(above / minutes)
        now = model.state[DRIFT] - model.state[LOSS] * above / minutes
        return 0.0 if least is None else max(now - least, 0.0) * minutes

    def has_become_warmer(self, start: Sums) -> bool:
        """Whether heat that comes in was learned after `start`: what is known now was not so then."""
        return start[0] < self._warmer_min

    def unsure_of_loss(self, usual_c: float, start: Sums, end: Sums) -> float:
        """How much less it cools than was learned, so far below `usual_c`, where it loses more than was learned."""
        model, minutes = self.models[self.best], end[0] - start[0]
        missing = max(_LOSS_AT_LEAST * self.guess.loss - model.state[LOSS], 0.0)
        return missing * max(usual_c * minutes - (end[1] - start[1]) - self.reference_c * minutes, 0.0)

    @property
    def gain(self) -> tuple[float, float]:
        """The lowest and the highest strength that this heater can have, in °C per minute at full power."""
        bound = _PLAUSIBLE * max(min(model.misfit for model in self.models), _FAIR)
        bounds = [
            (model.state[GAIN] - _SIGMAS * model.doubt_of(GAIN), model.state[GAIN] + _SIGMAS * model.doubt_of(GAIN))
            for model in self.models
            if model.misfit <= bound
        ]
        return min(low for low, _ in bounds), max(high for _, high in bounds)

    @property
    def heat_felt(self) -> int:
        """Where in `Sums` the duty stands that goes through the lag which is believed."""
        return FASTEST + self.best

    @property
    def strength(self) -> float:
        """How much this heater warms its sensor at full power as far as was learned, in °C per minute."""
        return self.models[self.best].state[GAIN]

    def warms(self, other: str) -> float:
        """How much the output `other` surely warms this place, in °C per minute; 0 for one that is not known to."""
        if other not in self.others:
            return 0.0
        model, number = self.models[self.best], DRIFT + 1 + self.others.index(other)
        return max(model.state[number] - _SIGMAS * model.doubt_of(number), 0.0)

    @property
    def heat_lasts_s(self) -> float:
        """After so long off nothing is felt any more of the heat that is still in the element and the sensor."""
        lag = LAGS[self.best] if self.learned_min >= _KNOWN_AFTER_MIN else LAGS[-1]
        return _DEATH_OF_HEAT * lag * self.dead_time_s

    def doubt_strength(self) -> None:
        """The heater is not as strong as it was: its strength is learned anew."""
        for model in self.models:
            model.doubt_anew(GAIN)

    def doubt_place(self) -> None:
        """The place loses more or less than it did, or to somewhere else: what it is without heat is learned anew."""
        for model in self.models:
            model.doubt_place()

    def begin_anew(self) -> None:
        """Nothing that was learned holds any more."""
        self.models = [HeatModel(self.guess) for _ in LAGS]
        self._coldest = [Coldest() for _ in LAGS]
        self.learned_min = self.full_min = 0.0

    def learn(self, start: Sums, end: Sums, change_c: float) -> None:
        """Take in that the reading changed by `change_c` between two moments."""
        minutes = end[0] - start[0]
        self.full_min += _features(start, end, self.best)[GAIN]
        for i, model in enumerate(self.models):
            left_min = _left_min(start, end, self.dead_time_s * LAGS[i] / 60.0)
            features = _features(start, end, i)
            model.learn([*features, left_min] if left_min > _FELT * minutes else features, change_c, minutes)
        if any(model.is_warmer for model in self.models):
            self._warmer_min = end[0]
        self.learned_min += minutes
        if self.learned_min >= _SETTLED_MIN:
            above_c = (end[1] - start[1]) / minutes
            for model, coldest in zip(self.models, self._coldest, strict=True):
                coldest.keep(end[0], drift=model.state[DRIFT], loss=model.state[LOSS], above_c=above_c)

    @property
    def learned(self) -> Learned | None:
        """What is known; None before two hours were learned from."""
        if self.learned_min < _KNOWN_AFTER_MIN:
            return None
        best = self.best
        state = self.models[best].state
        is_sure = state[LOSS] >= _SURE_SIGMAS * self.models[best].doubt_of(LOSS)
        effects = zip(state[DRIFT + 1 :], self._lagged[len(LAGS) :], strict=False)  # without what is left from before
        drift = sum(x * y for x, y in effects) + state[DRIFT]
        return Learned(
            gain_c_per_s=state[GAIN] / 60.0,
            dead_time_s=self.dead_time_s * LAGS[best],
            equilibrium_c=self.reference_c + (state[GAIN] + drift) / state[LOSS] if is_sure else None,
            room_c=self.reference_c + state[DRIFT] / state[LOSS] if is_sure else None,
            time_constant_s=60.0 / state[LOSS] if is_sure else None,
        )

    def report(self) -> dict[str, Any]:
        """For people: how many minutes were learned from, of those that are needed, and what is known by then."""
        learned = self.learned
        numbers = dict.fromkeys(Learned.__dataclass_fields__) if learned is None else asdict(learned)
        rounded = {name: None if number is None else round(number, _DIGITS[name]) for name, number in numbers.items()}
        return {"learned_min": round(self.learned_min, 1), "needed_min": _KNOWN_AFTER_MIN, **rounded}

    def snapshot(self) -> dict[str, Any]:
        """Everything learned as plain JSON values."""
        return {
            "reference_c": self.reference_c,
            "dead_time_s": self.dead_time_s,
            "others": list(self.others),
            "learned_min": self.learned_min,
            "models": [model.snapshot() for model in self.models],
            "coldest": [coldest.snapshot(self._sums[0]) for coldest in self._coldest],
        }

    def restore(self, kept: Mapping[str, Any]) -> bool:
        """Take over a snapshot; False, and nothing changes, when it is of another configuration or makes no sense."""
        same = ("reference_c", self.reference_c), ("dead_time_s", self.dead_time_s), ("others", list(self.others))
        if any(kept.get(key) != value for key, value in same):
            return False
        models = [HeatModel(self.guess) for _ in LAGS]
        try:
            for model, one in zip(models, kept["models"], strict=True):
                model.restore(one)
            self.learned_min = float(kept["learned_min"])
        except (KeyError, TypeError, ValueError):
            return False
        self.models = models
        coldest = kept.get("coldest")
        rows = coldest if isinstance(coldest, list) else []
        for one, row in zip(self._coldest, rows, strict=False):
            one.restore(row, self._sums[0])
        return True


def _features(start: Sums, end: Sums, lag: int) -> Sequence[float]:
    minutes, above, *rest = map(sub, end, start)
    return [rest[lag], -above, minutes, *rest[len(LAGS) :]]


def _left_min(start: Sums, end: Sums, lag_min: float) -> float:
    """The integral in minutes of the share that is still felt of what was on before the first look."""
    return lag_min * (exp(-start[0] / lag_min) - exp(-end[0] / lag_min))
