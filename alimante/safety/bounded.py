"""Holds one heated zone below its limit by what is known of its heat, not only by what its sensor says.

It joins the observer and the room with what was learned of the heater. It must not switch anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, sqrt
from typing import Any, Final

from alimante.config.verify import LimitKeys
from alimante.core.events import Level
from alimante.safety.bound import Doubt, Physics, UpperBound
from alimante.safety.findings import Finding, Kind
from alimante.safety.heat_model import DRIFT, GAIN, LOSS
from alimante.safety.learning import LAGS, Learner
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
_REACH_C: Final = (5.0, 150.0)
_USUAL: Final = 0.35  # a room is usually nearer to the coldest than to the warmest that it can be
_WARMER_C: Final = 6.0  # a room gets warmer by so much at most while a reading is doubted
_STRANGE_C: Final = 10.0  # a room so far beyond its limits was not learned yet, only guessed

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
    _reach_c: float | None = field(default=None, init=False)
    """How far above its room full power holds the zone."""
    _looked_s: float | None = field(default=None, init=False)
    _renewed_s: float = field(default=float("-inf"), init=False)
    _measured_s: float | None = field(default=None, init=False)
    _duty: float = field(default=0.0, init=False)
    _shares: Sequence[float] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self.room = Room(self.limits, self.limit.harmful_c)
        self.bound = UpperBound(self._assumed())

    @property
    def is_doubted(self) -> bool:
        """Whether the zone's reading is lower than the zone can be."""
        return self.bound.doubt is not Doubt.NONE

    @property
    def shift_c(self) -> float:
        """How much warmer the zone should be than its reading, where that is doubted."""
        expected_c = self.bound.expected_c
        return expected_c - self.bound.reading_c if self.is_doubted and expected_c is not None else 0.0

    @property
    def is_held(self) -> bool:
        """Whether the heater is not to do what would warm its reading to the target."""
        return self.is_doubted or self.is_full or self.room.is_short

    def look(
        self, now_s: float, *, duty: float, shares: Sequence[float], reading_c: float | None, measured_s: float | None,
        target_c: float | None, ambient_c: float | None,
    ) -> list[Finding]:  # fmt: skip
        """Take in what is so at `now_s`, with the outputs as they have been since the last look; says what is found."""
        span_s = 0.0 if self._looked_s is None else now_s - self._looked_s
        if span_s > 0.0:
            self.bound.advance(span_s, duty=self._duty, others=self._shares or [0.0] * len(self.rates))
        self._looked_s, self._duty, self._shares = now_s, duty, shares
        self.room.ambient_c = ambient_c
        self.room.aim(target_c)
        if reading_c is not None and measured_s != self._measured_s:
            self._measured_s = measured_s
            self.bound.take(now_s, reading_c)
        if now_s - self._renewed_s >= _RENEW_S:
            self._renew(now_s, reading_c)
        self._judge(reading_c)
        return self._findings(now_s, reading_c)

    def settle(self) -> None:
        """A person says that heater and sensor are in order: the reading counts, and all is learned anew."""
        self.bound.trust()
        self.room.forget()
        self._strongest, self._reach_c = 0.0, None

    def report(self) -> dict[str, Any]:
        """For people: the bounds and what they follow from, in °C."""
        high_c, allowed_c = self.bound.high_c, self.room.allowed_c
        return {
            "highest_possible_c": None if high_c is None else round(high_c, 2),
            "is_doubted": self.is_doubted,
            "room_low_c": round(self.room.low_c, 1),
            "room_high_c": round(self.room.high_c, 1),
            "drift_bound_c": None if allowed_c == float("inf") else round(self.room.high_c + allowed_c, 1),
        }

    def snapshot(self) -> dict[str, Any]:
        """What must outlive a restart, as plain JSON values."""
        learned = {"strongest": self._strongest, "reach_c": self._reach_c}
        return {"bound": self.bound.snapshot(), "room": self.room.snapshot(), **learned}

    def restore(self, kept: Mapping[str, Any], *, away_s: float | None) -> None:
        """Take up a snapshot; what makes no sense is left out."""
        bound, room = kept.get("bound"), kept.get("room")
        strongest, reach_c = kept.get("strongest"), kept.get("reach_c")
        if isinstance(room, Mapping):
            self.room.restore(room)
        if isinstance(strongest, int | float) and 0.0 <= strongest < 100.0:
            self._strongest = float(strongest)
        if isinstance(reach_c, int | float) and _REACH_C[0] <= reach_c <= _REACH_C[1]:
            self._reach_c = float(reach_c)
        if isinstance(bound, Mapping):
            expected_c = bound.get("expected_c")
            if isinstance(expected_c, int | float) and isfinite(expected_c):
                self.bound.learn(self._physics(expected_c))
            self.bound.restore(bound, away_s=away_s)

    def _renew(self, now_s: float, reading_c: float | None) -> None:
        """Take over what was learned. What is learned from a reading that is doubted means nothing."""
        span_s = min(now_s - self._renewed_s, 3600.0) if self._renewed_s > float("-inf") else 0.0
        self._renewed_s = now_s
        if self.is_doubted or reading_c is None:
            return
        physics = self._physics(reading_c)
        if physics.is_known:
            gone = 1.0 if physics.gain > self._strongest else span_s / _WEAKER_S
            self._strongest += (physics.gain - self._strongest) * min(gone, 1.0)
            if span_s > 0.0:
                self.room.look(span_s, reading_c=reading_c, room_c=physics.room_c)
        self.bound.learn(physics)

    def _physics(self, reading_c: float) -> Physics:
        """What is known of the zone now; as long as that is too little, the configured numbers at their worst end."""
        learner, limits, room = self.learner, self.limits, self.room
        model = learner.models[learner.best]
        gain, loss = model.state[GAIN], model.state[LOSS]
        spread = [sqrt(max(model.cov[i][i], 0.0)) for i in range(DRIFT + 1 + len(self.rates))]
        is_felt = gain >= LEAST_GAIN * self.limit.max_rate_c_per_min and spread[GAIN] <= _SURE * gain
        if learner.learned is None or not is_felt:
            return self._assumed()
        room_c = learner.reference_c + model.state[DRIFT] / loss
        is_sure = spread[LOSS] <= _SURE * loss and room_c - limits.low_c >= -_STRANGE_C
        if is_sure and room_c - limits.high_c <= _STRANGE_C:
            self._reach_c = gain / loss
        else:
            # A zone that was never let cool down shows what holds it where it is, and not how far its room is away.
            held = loss * (reading_c - room_c) / gain
            if not 0.0 < held < 1.0:
                return self._assumed()
            if self._reach_c is None:
                above_c = reading_c - limits.low_c - _USUAL * (limits.high_c - limits.low_c)
                self._reach_c = min(max(above_c / held, _REACH_C[0]), _REACH_C[1])
            loss, room_c = gain / self._reach_c, reading_c - self._reach_c * held
        effects = model.state[DRIFT + 1 : DRIFT + 1 + len(self.rates)]
        loss_least = max(loss - _SIGMAS * spread[LOSS], loss / _KNOWN_LOSS)
        warmer_c = min(max(room.high_c - room_c, 1.0), _WARMER_C)
        return Physics(
            gain=gain,
            gain_most=max(gain + _SIGMAS * spread[GAIN], self._strongest),
            loss=loss,
            loss_least=loss_least,
            lag_min=learner.dead_time_s * LAGS[learner.best] / 60.0,
            room_c=room_c,
            room_low_c=min(room.low_c, room_c),
            # What holds the zone where it is is well known: with a smaller loss, its room is farther away.
            room_high_c=reading_c - loss * (reading_c - room_c) / loss_least + warmer_c,
            effects=effects,
            effects_most=[
                max(0.0, min(effect + _SIGMAS * sigma, max(most, effect)))
                for effect, sigma, most in zip(effects, spread[DRIFT + 1 :], self.rates, strict=True)
            ],
            is_known=True,
        )

    def _assumed(self) -> Physics:
        rate, guess, room = self.limit.max_rate_c_per_min, self.learner.guess, self.room
        return Physics(
            gain=rate / 2.0,
            gain_most=UNSURE * rate,
            loss=guess.loss,
            loss_least=guess.loss / 2.0,
            lag_min=self.learner.dead_time_s / 60.0,
            room_c=(room.low_c + room.high_c) / 2.0,
            room_low_c=room.low_c,
            room_high_c=room.high_c,
            effects=[0.0] * len(self.rates),
            effects_most=self.rates,
        )

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
                    advice=f"{_LOOK} The heater works on below its limit, whatever the sensor says.",
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
