"""What keeps a heated zone below its limit: what is taken for known of it, what holds its heater, and what is told."""

from math import inf

import pytest

from alimante.config.verify import LimitKeys
from alimante.core.events import Level
from alimante.safety.bound import Doubt
from alimante.safety.bounded import Bounded, rate_of
from alimante.safety.findings import Kind
from alimante.safety.heat_model import Guess
from alimante.safety.learning import Learner
from alimante.safety.room import RoomLimits

LIMIT = LimitKeys(max_c=34.0, harm_c=38.0, max_rate_c_per_min=1.0)
ROOM = RoomLimits(low_c=18.0, high_c=26.0)
RATES = (0.3,)


def bounded(rates: tuple[float, ...] = RATES) -> Bounded:
    learner = Learner(Guess(rate=1.0, noise_c=0.03, others=len(rates)), 34.0, 60.0, ("lamp",) * len(rates))
    return Bounded(heater="heater", limit=LIMIT, learner=learner, rates=rates, limits=ROOM)


def look(one: Bounded, now_s: float, reading_c: float | None = 25.0, **seen: object):
    given = {"duty": 0.0, "shares": (0.0,), "measured_s": now_s, "target_c": None, "ambient_c": None}
    return one.look(now_s, **{**given, "reading_c": reading_c, **seen})


def fallen(to_c: float = 12.0, *, target_c: float | None = None) -> Bounded:
    """Its reading fell by so much that it is doubted, when the zone was near its limit."""
    one = bounded()
    look(one, 0.0, 33.0, target_c=target_c)
    look(one, 5.0, 33.0, target_c=target_c)
    look(one, 10.0, to_c, target_c=target_c)
    assert one.is_doubted
    return one


# Before the zone is known.


def test_before_it_is_known_a_zone_may_warm_half_more_than_is_configured_and_lose_half_of_what_is_guessed():
    at = bounded().bound.physics
    assert (at.gain, at.gain_most, at.loss, at.loss_least) == (0.5, 1.5, 1.0 / 60.0, 1.0 / 120.0)
    assert (at.room_c, at.room_low_c, at.room_high_c, at.lag_min) == (22.0, 18.0, 26.0, 1.0)
    assert (list(at.effects), list(at.effects_most), at.is_known) == ([0.0], [0.3], False)


@pytest.mark.parametrize(
    ("seen", "minutes", "most"), [(2.0, 10.0, 2.0), (9.0, 10.0, 4.0), (2.0, 9.9, 1.5), (1.0, 10.0, 1.5)]
)
def test_a_heater_that_is_seen_to_be_stronger_is_taken_for_it_soon(seen: float, minutes: float, most: float):
    one = bounded()
    one.learner.models[1].state[0], one.learner.learned_min = seen, minutes
    look(one, 0.0)
    assert one.bound.physics.gain_most == most


def test_what_the_outputs_did_since_the_last_look_counts():
    one = bounded()
    look(one, 0.0, 30.0, duty=1.0, shares=(1.0,))
    look(one, 60.0, None)
    once = one.bound.high_c
    assert once is not None
    assert once > 31.0
    look(one, 120.0, None)
    assert one.bound.full_s == 60.0
    assert one.bound.high_c is not None
    assert one.bound.high_c < once


def test_a_reading_counts_once_and_only_a_sound_one():
    one = bounded()
    look(one, 0.0, 25.0)
    look(one, 5.0, 31.0, measured_s=0.0)
    assert one.bound.high_c < 31.0
    look(one, 10.0, 31.0, is_sound=False)
    assert one.bound.high_c < 31.0
    look(one, 15.0, 31.0)
    assert one.bound.high_c == 31.0


# What holds the heater.


def test_while_the_reading_is_doubted_the_bound_at_its_limit_holds_it_until_it_is_half_a_degree_below():
    one = fallen()
    assert (one.is_held, one.is_full) == (True, False)
    look(one, 15.0, 12.0, duty=1.0)
    look(one, 75.0, 12.0)
    assert one.bound.high_c > 34.0
    assert one.is_full
    assert one.reason == (
        f"by what heater did it may be {one.bound.high_c:.1f} °C although the sensor says 12.0 °C; the limit is 34 °C"
    )
    at_s = 75.0
    while one.is_full:
        at_s += 60.0
        look(one, at_s, None)
    assert 33.3 < one.bound.high_c < 33.5
    assert (one.reason, one.is_held) == ("", True)


def test_of_a_reading_that_is_lost_it_is_said_that_the_sensor_says_nothing():
    one = fallen()
    look(one, 15.0, 12.0, duty=1.0)
    look(one, 75.0, None)
    assert "although the sensor says nothing;" in one.reason


def test_a_reading_at_the_limit_that_is_not_doubted_is_for_other_rules():
    one = bounded()
    look(one, 0.0, 36.0)
    assert (one.is_full, one.is_held, one.reason) == (False, False, "")


def short(reading_c: float) -> Bounded:
    """The room seems so cold that the target is more than the zone may be held at: 5 °C and 12 above that."""
    one = bounded()
    look(one, 0.0, reading_c, target_c=30.0)
    one.room.room_c = 5.0
    look(one, 5.0, reading_c, target_c=30.0)
    return one


def test_where_the_target_is_more_than_the_zone_may_be_held_at_it_is_held_there():
    assert short(16.9).is_held
    assert not short(16.9).is_full
    one = short(17.0)
    assert one.is_full
    assert one.reason == one.room.text()
    look(one, 10.0, 16.6, target_c=30.0)
    assert one.is_full
    look(one, 15.0, 16.4, target_c=30.0)
    assert not one.is_full
    look(one, 20.0, 17.5, target_c=None)
    assert (one.is_full, one.is_held) == (False, False)


# What people are told.


def test_a_reading_that_is_lower_than_can_be_is_told_with_both_numbers():
    one = fallen()
    assert look(one, 19.0, 12.0) == []
    (found,) = look(one, 20.0, 12.0)
    assert (found.kind, found.level, found.is_trip) == (Kind.LOWER, Level.WARNING, False)
    assert found.text == f"12.0 °C is lower than can be at heater: it may be {one.bound.high_c:.1f} °C"
    assert found.values == (("reading_c", 12.0), ("highest_possible_c", one.bound.high_c))
    assert found.advice.startswith("Look whether the probe sits in its zone")
    assert look(one, 25.0, None) == []


def test_more_heat_than_ever_is_told_when_it_lasts(monkeypatch):
    one = short(16.0)
    assert look(one, 10.0, 16.0, target_c=30.0) == []
    monkeypatch.setattr(type(one.room), "is_told", property(lambda room: room.is_short))
    (found,) = look(one, 15.0, 16.0, target_c=30.0)
    assert (found.kind, found.level, found.is_trip) == (Kind.MORE_THAN_NEEDED, Level.WARNING, False)
    assert found.text == f"heater would have to give more than it ever had to: {one.room.text()}"
    assert found.values == (("allowed_c", 12.0),)
    assert "location.room_c" in found.advice


def test_the_report_has_everything_that_is_known():
    one = bounded()
    told = one.report()
    assert told["expected_c"] is told["highest_possible_c"] is told["allowed_c"] is told["drift_bound_c"] is None
    look(one, 0.0, 25.004, target_c=30.0)
    one.room.room_c, one.room.reach_c = 20.04, 30.06
    assert one.report() == {
        "expected_c": 25.0, "highest_possible_c": 25.0, "is_doubted": False, "is_too_cold": False, "room_seems_c": 20.0,
        "room_low_c": 18.0, "room_high_c": 26.0, "reach_c": 30.1, "allowed_c": 12.0, "drift_bound_c": 38.0,
        "harm_c": 38.0,
    }  # fmt: skip
    one.room.ambient_c = 21.04
    assert (one.report()["room_low_c"], one.report()["room_high_c"]) == (18.0, 24.0)
    doubted = fallen()
    assert doubted.report()["is_doubted"]
    assert doubted.report()["highest_possible_c"] == round(doubted.bound.high_c, 2)


# A person, and a restart.


def test_after_a_persons_word_the_reading_counts_and_all_is_learned_anew():
    one = fallen(target_c=30.0)
    one.room.aged_s = 5.0
    one.settle()
    assert (one.is_doubted, one.bound.high_c, one.room.aged_s) == (False, 12.0, 0.0)
    assert one.snapshot()["strongest"] == 0.0


def test_a_doubt_and_what_was_learned_of_room_and_strength_outlive_a_restart():
    one = fallen(target_c=30.0)
    kept = one.snapshot()
    assert set(kept) == {"bound", "room", "strongest"}
    again = bounded()
    again.restore(kept | {"strongest": 2.5}, away_s=0.0)
    assert again.is_doubted
    assert again.room.highest_target_c == 30.0
    assert again.snapshot()["strongest"] == 2.5
    look(again, 0.0, 12.0)
    assert again.bound.high_c == pytest.approx(one.bound.high_c)


@pytest.mark.parametrize("strongest", [-0.1, 100.0, "strong", None])
def test_of_a_snapshot_that_makes_no_sense_nothing_is_taken_up(strongest: object):
    one = bounded()
    one.restore({"bound": 7, "room": None, "strongest": strongest}, away_s=None)
    assert one.snapshot() == bounded().snapshot()
    one.restore({}, away_s=None)
    assert one.bound.doubt is Doubt.NONE


# Other outputs.


def test_what_another_output_may_warm_a_zone_by():
    mat = LimitKeys(max_c=30.0, max_rate_c_per_min=2.0)
    assert rate_of(1.0, is_same_zone=False, is_lamp=True, limit=mat) == 0.0
    assert rate_of(1.0, is_same_zone=True, is_lamp=True, limit=mat) == 3.0
    assert rate_of(2.0, is_same_zone=True, is_lamp=True, limit=None) == pytest.approx(0.6)
    assert rate_of(2.0, is_same_zone=True, is_lamp=False, limit=None) == 0.0


def test_without_other_outputs_nothing_comes_from_them():
    one = bounded(())
    look(one, 0.0, shares=())
    look(one, 60.0, shares=())
    assert one.bound.high_c < inf
