"""Holds one heated zone below its limit by what is known of its heat, not only by what its sensor says.

It joins the observer and the room with what was learned of the heater. It must not switch anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import hypot, inf
from typing import Any, Final

from alimante.config.verify import LimitKeys
from alimante.core.events import Level
from alimante.safety.bound import Doubt, Physics, UpperBound, most_lost
from alimante.safety.findings import Finding, Kind
from alimante.safety.heat_model import DRIFT, GAIN, LOSS, HeatModel
from alimante.safety.learning import LAGS, Learner
from alimante.safety.reach import SeenReach
from alimante.safety.room import Room, RoomLimits

UNSURE: Final = 1.5
"""Before a heater is known it may warm so many times as fast as the configuration says."""

LEAST_GAIN: Final = 0.2
"""Of the configured rate: a heater that was learned as weaker was learned from a sensor that does not feel it."""

_SIGMAS: Final = 2.0
_KNOWN_LOSS: Final = 1.5  # the loss may be so many times smaller than what was learned
_WEAKER_S: Final = 2.0 * 86_400.0  # a heater that seems weaker is taken for weaker within days only
_RENEW_S: Final = 60.0
_CLEAR_C: Final = 0.5
_LAMP: Final = 0.3  # of the heater's own rate, for a lamp in its zone of which nothing is known

_SURE: Final = 0.25  # a number whose doubt is more than so much of it is not known
_WARMER_C: Final = 6.0  # a room gets warmer by so much at most while a reading is doubted
_SURELY: Final = 0.6
_TOO_STRONG: Final = 1.6  # times the configured rate: a model of such a heater takes its lag for strength
_USUAL_LAG: Final = 1
_SEEN_MIN: Final = 10.0  # after so long it shows whether the configured rate was said too low
_STRONGEST: Final = 4.0
_LET_OUT_C: Final = 0.3  # a minute
_ONE_PLACE: Final = 0.3  # so much of a loss is doubted anyway, for walls are no part of one well-mixed place

_LOOK: Final = (
    "Look whether the probe sits in its zone, dry and whole, whether a door is open, and whether it reads right."
)


@dataclass(slots=True, kw_only=True)
class Bounded:
    """The bound of one heater's zone; `rates` are what each other output may warm it by at most, in °C per minute."""

    heater: str
    limit: LimitKeys
    learner: Learner
    rates: Sequence[float]
    limits: RoomLimits
    bound: UpperBound = field(init=False)
    room: Room = field(init=False)
    is_full: bool = field(default=False, init=False)
    """Whether the zone may be at its limit, or is held farther above the room than was ever needed."""
    reason: str = field(default="", init=False)
    """Why no heater of the zone may be on; empty when they may."""
    _strongest: float = field(default=0.0, init=False)
    _looked_s: float | None = field(default=None, init=False)
    _renewed_s: float = field(default=-inf, init=False)
    _renewed_c: float | None = field(default=None, init=False)
    _measured_s: float | None = field(default=None, init=False)
    _own_s: float = field(default=0.0, init=False)
    """So long the heater was on at full power, in all; and so long each other output of its zone."""
    _beside_s: Sequence[float] = field(default=(), init=False)
    _duty: float = field(default=0.0, init=False)
    _shares: Sequence[float] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self.room = Room(self.limits, self.limit.harmful_c, len(self.rates))
        self._beside_s = [0.0] * len(self.rates)
        self.bound = UpperBound(self._assumed())

    @property
    def is_doubted(self) -> bool:
        """Whether the zone's reading is lower than the zone can be."""
        return self.bound.doubt is not Doubt.NONE

    @property
    def is_held(self) -> bool:
        """Whether the heater is not to do what would warm its reading to the target."""
        return self.is_doubted or self.is_full or self.room.is_short

    def look(
        self, now_s: float, *, duty: float, shares: Sequence[float], reading_c: float | None, measured_s: float | None,
        target_c: float | None, ambient_c: float | None, is_sound: bool = True, is_cooled: bool = False,
    ) -> list[Finding]:  # fmt: skip
        """Take in what is so at `now_s`, with the outputs as they have been since the last look; says what is found.

        A reading that is not `is_sound` is one of noise, or one of several that contradict each other: it says nothing.
        """
        span_s = 0.0 if self._looked_s is None else now_s - self._looked_s
        if span_s > 0.0:
            self._advance(span_s)
        self._looked_s, self._duty, self._shares = now_s, duty, shares
        self.room.ambient_c = ambient_c
        self.room.aim(target_c)
        if reading_c is not None and is_sound and measured_s != self._measured_s:
            self._measured_s = measured_s
            self.bound.take(now_s, reading_c)
        if is_cooled:
            self.room.interrupt()  # what a cooler takes away is not known
        if now_s - self._renewed_s >= _RENEW_S:
            self._renew(now_s, reading_c)
        self._judge(reading_c)
        return self._findings(now_s, reading_c)

    def settle(self) -> None:
        """A person says that heater and sensor are in order: the reading counts, and all is learned anew."""
        self.bound.trust()
        self.room.forget()
        self._strongest = 0.0

    def report(self) -> dict[str, Any]:
        """For people: the bounds and what they follow from, in °C."""
        bound, room, allowed_c = self.bound, self.room, self.room.allowed_c
        is_allowed = allowed_c != inf
        drift_bound_c = room.high_c + allowed_c if is_allowed else None
        highest_c = bound.high_c
        if highest_c is not None and drift_bound_c is not None and room.is_short:
            highest_c = max(highest_c, drift_bound_c)  # the reading may have drifted, and the bound with it
        return {
            "expected_c": None if bound.expected_c is None else round(bound.expected_c, 2),
            "highest_possible_c": None if highest_c is None else round(highest_c, 2),
            "is_doubted": self.is_doubted,
            "is_too_cold": room.is_short,
            "room_seems_c": None if room.room_c is None else round(room.room_c, 1),
            "room_low_c": round(room.low_c, 1),
            "room_high_c": round(room.high_c, 1),
            "reach_c": None if room.reach_c is None else round(room.reach_c, 1),
            "allowed_c": round(allowed_c, 1) if is_allowed else None,
            "drift_bound_c": None if drift_bound_c is None else round(drift_bound_c, 1),
            "harm_c": self.limit.harmful_c,
        }

    def snapshot(self) -> dict[str, Any]:
        """What must outlive a restart, as plain JSON values."""
        return {"bound": self.bound.snapshot(), "room": self.room.snapshot(), "strongest": self._strongest}

    def restore(self, kept: Mapping[str, Any], *, away_s: float | None) -> None:
        """Take up a snapshot; what makes no sense is left out."""
        bound, room, strongest = kept.get("bound"), kept.get("room"), kept.get("strongest")
        if isinstance(room, Mapping):
            self.room.restore(room)
        if isinstance(strongest, int | float) and 0.0 <= strongest < 100.0:
            self._strongest = float(strongest)
        if isinstance(bound, Mapping):
            self.bound.restore(bound, away_s=away_s)

    def _advance(self, span_s: float) -> None:
        """Take in what the outputs did. What those of other zones give is, seen from here, a part of the room."""
        shares = self._shares or [0.0] * len(self.rates)
        self.bound.advance(span_s, duty=self._duty, others=shares)
        self._own_s += self._duty * span_s
        self._beside_s = [
            on_s + share * span_s * (most > 0.0)
            for on_s, share, most in zip(self._beside_s, shares, self.rates, strict=True)
        ]

    def _renew(self, now_s: float, reading_c: float | None) -> None:
        """Take over what was learned. What is learned from a reading that is doubted means nothing."""
        span_s = min(now_s - self._renewed_s, 3600.0) if self._renewed_s > -inf else 0.0
        self._renewed_s, rate = now_s, self.limit.max_rate_c_per_min
        if self.is_doubted or reading_c is None:
            self.room.interrupt()
            self._renewed_c = reading_c
            return
        if self._has_let_out_heat(span_s / 60.0, reading_c):
            self.room.interrupt()  # a door says nothing of walls and room
        self._renewed_c = reading_c
        usual, model = self.learner.models[_USUAL_LAG], self._model()
        is_seen = self.learner.learned_min >= _SEEN_MIN
        gain = max(usual.state[GAIN], LEAST_GAIN * rate) if is_seen else rate
        self.room.look(
            now_s, reading_c=reading_c, own_s=self._own_s, beside_s=self._beside_s,
            effects=self._effects(usual, gain), gain=gain, seen=self._reach_seen(usual, gain),
        )  # fmt: skip
        if model is None:
            self.bound.learn(self._assumed())
            return
        physics = self._known(model, reading_c)
        gone = 1.0 if physics.gain > self._strongest else span_s / _WEAKER_S
        self._strongest += (physics.gain - self._strongest) * min(gone, 1.0)
        self.bound.learn(physics)

    def _has_let_out_heat(self, minutes: float, reading_c: float) -> bool:
        """Whether the zone cools faster than through its walls, as through an open door."""
        if self._renewed_c is None:
            return False
        through_walls_c = most_lost(self.bound.physics) * max(reading_c - self.bound.physics.room_low_c, 0.0)
        return self._renewed_c - reading_c > (through_walls_c + _LET_OUT_C) * max(minutes, 1.0)

    def _effects(self, model: HeatModel, gain: float) -> list[float]:
        """What each other output gives, as a share of the heater's full power; one of which too little is known, half
        of what it may give."""
        found = []
        for i, most in enumerate(self.rates, start=DRIFT + 1):
            effect, sigma = model.state[i], model.doubt_of(i)
            is_known = self.learner.learned_min >= _SEEN_MIN and _SIGMAS * sigma < most / 2.0
            found.append(min(max(effect, 0.0), most) / gain if is_known else most / 2.0 / gain)
        return found

    def _reach_seen(self, model: HeatModel, gain: float) -> SeenReach | None:
        """What full power reaches by how fast heat was seen to get lost; None while that is hardly known."""
        loss, sigma = model.state[LOSS], model.doubt_of(LOSS)
        if self.learner.learned_min < _SEEN_MIN or loss < _SIGMAS * sigma:
            return None
        return SeenReach(gain / loss, hypot(sigma / loss, _ONE_PLACE))

    def _model(self) -> HeatModel | None:
        """The model of the zone that explains best what was seen, with a strength that the heater can have."""
        rate, models = self.limit.max_rate_c_per_min, self.learner.models
        if self.learner.learned is None:
            return None
        fitting = [model for model in models if model.state[GAIN] <= _TOO_STRONG * rate] or [models[_USUAL_LAG]]
        model = min(fitting, key=lambda one: one.misfit)
        is_felt = model.state[GAIN] >= LEAST_GAIN * rate and model.doubt_of(GAIN) <= _SURE * model.state[GAIN]
        return model if is_felt else None

    def _known(self, model: HeatModel, reading_c: float) -> Physics:
        learner, room = self.learner, self.room
        gain, size = model.state[GAIN], DRIFT + 1 + len(self.rates)
        reach_c, room_c = room.reach_c, room.room_c
        if reach_c is None or room_c is None:
            return self._assumed()
        room_c = min(room_c, self.limits.high_c)  # what seems to be a hotter room is sun, and ends with it
        spread = [model.doubt_of(i) for i in range(size)]
        effects = [  # what may as well be nothing is nothing: outputs that always switch together cannot be told apart
            effect if abs(effect) > _SIGMAS * sigma else 0.0
            for effect, sigma in zip(model.state[DRIFT + 1 : size], spread[DRIFT + 1 :], strict=True)
        ]
        loss = gain / reach_c
        warmer_c = min(max(room.high_c - room_c, 1.0), _WARMER_C)
        return Physics(
            gain=gain,
            gain_most=max(gain + _SIGMAS * spread[GAIN], self._strongest),
            loss=loss,
            loss_least=loss / _KNOWN_LOSS,
            lag_min=learner.dead_time_s * LAGS[learner.models.index(model)] / 60.0,
            room_c=room_c,
            room_low_c=min(room.low_c, room_c),
            # What holds the zone where it is is well known: with a smaller loss, its room is farther away.
            room_high_c=reading_c - _KNOWN_LOSS * (reading_c - room_c) + warmer_c,
            effects=effects,
            effects_most=[
                max(0.0, min(effect + _SIGMAS * sigma, max(most, effect)))
                for effect, sigma, most in zip(effects, spread[DRIFT + 1 :], self.rates, strict=True)
            ],
            is_known=True,
        )

    def _assumed(self) -> Physics:
        rate, guess, room = self.limit.max_rate_c_per_min, self.learner.guess, self.room
        seen = self.learner.models[_USUAL_LAG].state[GAIN] if self.learner.learned_min >= _SEEN_MIN else 0.0
        return Physics(
            gain=rate / 2.0,
            gain_most=max(UNSURE * rate, min(seen, _STRONGEST * rate)),
            loss=guess.loss,
            loss_least=guess.loss / 2.0,
            lag_min=self.learner.dead_time_s / 60.0,
            room_c=(room.low_c + room.high_c) / 2.0,
            room_low_c=room.low_c,
            room_high_c=room.high_c,
            gain_least=self._gain_least(),
            effects=[0.0] * len(self.rates),
            effects_most=self.rates,
        )

    def _gain_least(self) -> float:
        """What the heater gives at least; 0 before its strength was seen."""
        rate, usual = self.limit.max_rate_c_per_min, self.learner.models[_USUAL_LAG]
        gain = usual.state[GAIN]
        is_seen = self.learner.learned_min >= _SEEN_MIN and usual.doubt_of(GAIN) <= _SURE * gain
        return min(rate / 2.0, _SURELY * gain) if is_seen and gain >= LEAST_GAIN * rate else 0.0

    def _colder(self, reading_c: float) -> str:
        """What else to ask where the reading is below what was said of the room."""
        return " Or is the room colder than location.room_c says?" if reading_c < self.limits.low_c else ""

    def _judge(self, reading_c: float | None) -> None:
        high_c, slack_c = self.bound.high_c, _CLEAR_C if self.is_full else 0.0
        self.reason = ""
        if high_c is not None and self.is_doubted and high_c >= self.limit.max_c - slack_c:
            said = "nothing" if reading_c is None else f"{reading_c:.1f} °C"
            self.reason = (
                f"by what {self.heater} did it may be {high_c:.1f} °C although the sensor says {said}; "
                f"the limit is {self.limit.max_c:g} °C"
            )
        elif self.room.is_short and reading_c is not None and reading_c >= self.room.cap_c - slack_c:
            self.reason = self.room.text()
        self.is_full = bool(self.reason)

    def _findings(self, now_s: float, reading_c: float | None) -> list[Finding]:
        found, high_c = [], self.bound.high_c or 0.0
        if self.bound.is_told(now_s) and reading_c is not None:
            found.append(
                Finding(
                    kind=Kind.LOWER,
                    level=Level.WARNING,
                    is_trip=False,
                    text=f"{reading_c:.1f} °C is lower than can be at {self.heater}: it may be {high_c:.1f} °C",
                    advice=f"{_LOOK}{self._colder(reading_c)} The heater works on below its limit, whatever it says.",
                    values=(("reading_c", reading_c), ("highest_possible_c", high_c)),
                )
            )
        if self.room.is_told:
            found.append(
                Finding(
                    kind=Kind.MORE_THAN_NEEDED,
                    level=Level.WARNING,
                    is_trip=False,
                    text=f"{self.heater} would have to give more than it ever had to: {self.room.text()}",
                    advice=f"Is the room that cold? If so, say location.room_c. If not, the probe drifts: {_LOOK}",
                    values=(("allowed_c", self.room.allowed_c),),
                )
            )
        return found


def rate_of(own: float, *, is_same_zone: bool, is_lamp: bool, limit: LimitKeys | None) -> float:
    """How fast another output may warm the zone at most, in °C per minute, before that was learned."""
    if not is_same_zone:
        return 0.0
    if limit is not None:
        return UNSURE * limit.max_rate_c_per_min
    return _LAMP * own if is_lamp else 0.0
