"""What the room can be, as seen through a zone whose true temperature and true room are known."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from math import cos, inf, nan, pi
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alimante.safety.room import LOWEST_BELOW_C, Room, RoomLimits

DAY_H = 24.0
HARM_C = 39.0
LIVING = RoomLimits(low_c=18.0, high_c=26.0)
Course = Callable[[float], float]
"""Something in °C, by the hour."""


def always(value_c: float) -> Course:
    return lambda hour: value_c


def swings(mean_c: float, by_c: float) -> Course:
    return lambda hour: mean_c + by_c * cos(2.0 * pi * (hour - 14.0) / DAY_H)


def drifts(rate_c_per_h: float, *, from_h: float) -> Course:
    """What a reading is wrong by."""
    return lambda hour: rate_c_per_h * max(0.0, hour - from_h)


@dataclass
class Held:
    """A zone that a controller holds at its target as far as the room lets it; `gain` is in °C per minute.

    `reach_c` is how far above its room full power truly holds the zone, and `error_c` what the reading is wrong by. A
    lamp is on by day; it gives so much of the heater's full power.
    """

    room_c: Course = field(default_factory=lambda: always(21.0))
    limits: RoomLimits = LIVING
    error_c: Course = field(default_factory=lambda: always(0.0))
    target_c: Course = field(default_factory=lambda: always(30.0))
    reach_c: float = 35.0
    gain: float = 1.0
    ambient_c: Course | None = None
    is_capped: bool = True
    hour: float = 0.0
    lamp: float = 0.0
    lamp_is_taken_for: Course = field(default_factory=lambda: always(0.0))
    heat_s: float = 0.0
    lamp_s: float = 0.0
    told_h: list[float] = field(default_factory=list)
    highest_c: float = -inf

    def __post_init__(self) -> None:
        self.room = Room(self.limits, HARM_C, others=1)
        self.true_c = self.room_c(0.0)

    def step(self) -> None:
        """One minute."""
        target_c, room_c = self.target_c(self.hour), self.room_c(self.hour)
        reading_c = self.true_c + self.error_c(self.hour)
        self.room.aim(target_c)
        self.room.ambient_c = None if self.ambient_c is None else self.ambient_c(self.hour)
        self.room.look(
            self.hour * 3600.0, reading_c=reading_c, own_s=self.heat_s, beside_s=[self.lamp_s],
            effects=[self.lamp_is_taken_for(self.hour)], gain=self.gain,
        )  # fmt: skip
        lamp = self.lamp if 8.0 <= (self.hour + 8.0) % DAY_H < 20.0 else 0.0
        needed = (self.true_c - room_c) / self.reach_c + 0.3 * (target_c - reading_c) / self.gain
        duty = min(max(needed - lamp, 0.0), 1.0)
        if self.is_capped and self.room.is_short and reading_c >= self.room.cap_c:
            duty = 0.0
        self.heat_s += 60.0 * duty
        self.lamp_s += 60.0 * (lamp > 0.0)
        self.true_c += self.gain * (duty + lamp - (self.true_c - room_c) / self.reach_c)
        self.highest_c = max(self.highest_c, self.true_c)
        self.hour += 1.0 / 60.0
        if self.room.is_told:
            self.told_h.append(self.hour)

    def run(self, hours: float) -> "Held":
        for _ in range(round(hours * 60.0)):
            self.step()
        return self


def day_and_night(day_c: float, night_c: float) -> Course:
    return lambda hour: day_c if 8.0 <= hour % DAY_H < 20.0 else night_c


# A room that swings.


@pytest.mark.parametrize("reach_c", [20.0, 35.0, 60.0])
@pytest.mark.parametrize(("by_c", "night_c"), [(0.0, 0.0), (3.0, 0.0), (3.0, 5.0)])
@pytest.mark.parametrize("limits", [LIVING, RoomLimits()], ids=["narrow", "wide"])
@pytest.mark.parametrize("has_ambient", [True, False])
def test_a_zone_that_is_held_for_days_in_a_room_that_swings_is_not_told_of(
    reach_c: float, by_c: float, night_c: float, limits: RoomLimits, has_ambient: bool
):
    room_c = swings(21.5, by_c)
    held = Held(
        room_c=room_c,
        limits=limits,
        target_c=day_and_night(30.0, 30.0 - night_c),
        reach_c=reach_c,
        ambient_c=room_c if has_ambient else None,
    ).run(3 * DAY_H)
    assert held.told_h == []


@pytest.mark.parametrize("by_c", [-2.0, -3.0])
def test_one_night_that_is_colder_than_the_others_is_no_word(by_c: float):
    usual_c = swings(21.0, 2.0)

    def room_c(hour: float) -> float:
        return usual_c(hour) + (by_c if 3 * DAY_H + 14.0 <= hour < 3 * DAY_H + 22.0 else 0.0)

    assert Held(room_c=room_c, limits=RoomLimits()).run(5 * DAY_H).told_h == []


def test_a_weak_heater_in_a_cold_room_is_not_told_of():
    """It gives all that it has and does not reach its target: that is no sensor that drifts."""
    held = Held(room_c=always(18.5), reach_c=9.0).run(3 * DAY_H)
    assert held.told_h == []


@pytest.mark.parametrize("lamp", [0.1, 0.2, 0.3])
@pytest.mark.parametrize("taken_for", [0.15, 0.3])
def test_a_lamp_that_goes_off_in_the_evening_makes_no_colder_room(lamp: float, taken_for: float):
    """In the morning nothing is known of its heat; in the evening it is seen."""

    def known(hour: float) -> float:
        return taken_for if hour < 12.5 else lamp

    held = Held(lamp=lamp, lamp_is_taken_for=known, room_c=swings(20.0, 1.0), reach_c=36.0)
    assert held.run(3 * DAY_H).told_h == []
    assert held.room.reach_c is not None
    assert held.room.reach_c == pytest.approx(36.0, rel=0.4)


@pytest.mark.parametrize("swing_c", [0.4, 0.9])
@pytest.mark.parametrize("hours", [0.4, 1.1, 1.7])
def test_a_controller_that_swings_says_the_same_of_a_slow_heater(swing_c: float, hours: float):
    held = Held(gain=0.3, target_c=lambda hour: 30.0 + swing_c * cos(2.0 * pi * hour / hours)).run(8.0)
    assert held.room.reach_c == pytest.approx(35.0, rel=0.3)
    assert held.told_h == []


@pytest.mark.parametrize("walls", [1.5, 2.0])
def test_what_walls_take_in_the_first_hours_is_not_taken_for_a_heater_that_reaches_little(walls: float):
    held = Held()
    for _ in range(6 * 60):
        held.reach_c = 35.0 / (1.0 + (walls - 1.0) * max(0.0, 1.0 - held.hour / 2.0))
        held.step()
    assert held.room.reach_c == pytest.approx(35.0, rel=0.3)
    assert held.told_h == []


# A reading that drifts.


@settings(max_examples=25)
@given(
    rate=st.floats(-6.0, -0.5),
    from_h=st.floats(1.0, 72.0),
    room_c=st.floats(19.0, 25.0),
    reach_c=st.floats(20.0, 60.0),
)
def test_a_reading_that_drifts_ends_at_a_cap_and_the_zone_below_harm(
    rate: float, from_h: float, room_c: float, reach_c: float
):
    held = Held(room_c=always(room_c), error_c=drifts(rate, from_h=from_h), reach_c=reach_c)
    held.run(from_h + min(72.0, 30.0 / -rate))
    assert held.highest_c < HARM_C
    if room_c + reach_c > HARM_C:
        assert held.told_h, "people are told"


@pytest.mark.parametrize("reach_c", [30.0, 50.0])
def test_without_the_cap_such_a_drift_does_harm(reach_c: float):
    held = Held(error_c=drifts(-1.7, from_h=30.0), reach_c=reach_c, is_capped=False)
    assert held.run(48.0).highest_c > HARM_C + 2.0


def test_people_are_told_before_half_of_the_margin_to_harm_is_used_up():
    held = Held(error_c=drifts(-0.5, from_h=48.0))
    while not held.told_h and held.hour < 96.0:
        held.step()
    assert held.told_h
    assert held.true_c < 30.0 + (HARM_C - 30.0) / 2.0 + 1.0


def test_what_is_learned_from_a_reading_that_drifts_slowly_ratchets_by_no_more_than_the_season():
    held = Held(error_c=drifts(-0.1, from_h=72.0), limits=RoomLimits()).run(72.0)
    for _ in range(4):
        low_c, allowed_c = held.room.low_c, held.room.allowed_c
        held.run(DAY_H)
        assert held.room.low_c >= low_c - 1.6
        assert held.room.allowed_c <= allowed_c + 1.6


def test_a_room_that_gets_colder_with_the_season_is_learned():
    held = Held(room_c=lambda hour: 22.0 - hour / DAY_H, limits=RoomLimits()).run(6 * DAY_H)
    assert held.told_h == []
    assert held.room.low_c < 22.0 - LOWEST_BELOW_C


# What is known of the room.


def test_in_the_beginning_the_room_is_what_the_configuration_says_and_no_cap_is_there():
    room = Room(LIVING, HARM_C)
    assert (room.low_c, room.high_c) == (18.0, 26.0)
    assert room.allowed_c == room.cap_c == inf
    assert not room.is_short
    assert not room.is_told
    room.aim(30.0)
    assert room.cap_c == inf
    assert not room.is_short


def test_before_a_day_has_gone_the_coldest_room_that_was_declared_decides():
    held = Held(limits=LIVING).run(12.0)
    assert held.room.low_c == LIVING.low_c
    assert held.room.allowed_c == 30.0 - LIVING.low_c


def test_what_was_learned_is_never_wider_than_what_was_declared():
    held = Held(limits=LIVING, room_c=swings(22.0, 6.0)).run(3 * DAY_H)
    assert held.room.low_c >= LIVING.low_c
    assert held.room.high_c <= LIVING.high_c


def test_a_lower_target_does_not_lower_what_may_be_held():
    held = Held(target_c=lambda hour: 32.0 if hour < 12.0 else 26.0, limits=LIVING).run(20.0)
    assert held.room.highest_target_c == 32.0


def test_a_sensor_in_the_room_makes_it_tight():
    wide, tight = (
        Held(limits=RoomLimits(), ambient_c=ambient_c, error_c=drifts(-1.0, from_h=20.0)).run(20.0)
        for ambient_c in (None, always(21.0))
    )
    assert wide.room.low_c < tight.room.low_c < 21.0 < tight.room.high_c <= 24.0
    assert tight.room.allowed_c < wide.room.allowed_c
    wide.run(20.0)
    tight.run(20.0)
    assert tight.highest_c < wide.highest_c
    assert tight.told_h[0] < wide.told_h[0]


@pytest.mark.parametrize("gone_h", [0.5, 12.0])
def test_a_sensor_in_the_room_that_says_nothing_leaves_what_was_declared(gone_h: float):
    held = Held(limits=RoomLimits(), ambient_c=always(21.0)).run(12.0)
    held.ambient_c = None
    held.run(gone_h)
    assert held.room.low_c == RoomLimits().low_c
    assert held.told_h == []


# What outlives a restart.


def test_what_was_learned_outlives_a_restart():
    held = Held(limits=RoomLimits()).run(3 * DAY_H)
    kept = json.loads(json.dumps(held.room.snapshot(), allow_nan=False))
    again = Room(RoomLimits(), HARM_C, others=1)
    again.restore(kept)
    assert again.snapshot() == held.room.snapshot()
    assert (again.low_c, again.high_c, again.allowed_c) == (held.room.low_c, held.room.high_c, held.room.allowed_c)
    assert again.low_c > RoomLimits().low_c


def test_a_room_of_which_nothing_is_known_is_plain_json_too():
    room = Room(RoomLimits(), HARM_C)
    again = Room(RoomLimits(), HARM_C)
    again.restore(json.loads(json.dumps(room.snapshot(), allow_nan=False)))
    assert again.snapshot() == room.snapshot()
    assert again.low_c == RoomLimits().low_c


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"aged_s": "long", "held_c": 1.0, "coldest_c": 20.0, "warmest_c": 22.0},
        {"aged_s": 1e6, "held_c": nan, "coldest_c": 20.0, "warmest_c": 22.0},
        {"aged_s": 1e6, "held_c": 9.0, "coldest_c": None, "warmest_c": None},
        {"held": 3.0},
        {"held": [9.0, 0.3, 0.5]},
        {"held": [9.0, nan]},
        {"held": [9.0, "0.3"]},
        {"highest_target_c": inf},
        {"highest_target_c": "30"},
    ],
)
def test_a_snapshot_that_makes_no_sense_is_left_out(kept: dict[str, Any]):
    room = Room(RoomLimits(), HARM_C)
    room.restore(kept)
    assert room.snapshot() == Room(RoomLimits(), HARM_C).snapshot()


def test_a_drift_is_capped_after_a_restart_as_before():
    held = Held(error_c=drifts(-1.7, from_h=30.0)).run(29.0)
    kept = held.room.snapshot()
    held.room = Room(LIVING, HARM_C, others=1)
    held.room.restore(kept)
    held.run(30.0)
    assert held.highest_c < HARM_C
    assert held.told_h


# A person's word.


def test_after_a_persons_word_what_is_needed_is_learned_anew():
    held = Held(error_c=drifts(-1.7, from_h=30.0)).run(50.0)
    assert held.room.is_told
    held.room.forget()
    assert not held.room.is_told
    assert not held.room.is_short
    assert held.room.low_c == LIVING.low_c
    assert held.room.highest_target_c == 30.0
    held.error_c = always(0.0)
    assert held.run(3 * DAY_H).told_h[-1] <= 51.0


def test_the_reason_is_one_sentence_with_both_numbers():
    held = Held(error_c=drifts(-1.7, from_h=30.0)).run(50.0)
    assert held.room.room_c is not None
    assert f"the room would have to be at {held.room.room_c:.1f} °C" in held.room.text()
    assert f"more than {held.room.allowed_c:.1f} °C above that was never needed" in held.room.text()


def test_before_a_day_has_gone_the_reason_is_the_coldest_room():
    held = Held(error_c=drifts(-4.0, from_h=3.0)).run(7.0)
    assert held.room.is_told
    assert "12.0 °C above that is more than its target asks for in the coldest room" in held.room.text()
