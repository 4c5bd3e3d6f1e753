import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alimante.core.events import SafetyActed
from alimante.safety.latch import KEPT, Latch, Trip

COOL_S, PERSON_S = 900.0, 86400.0


def latch() -> Latch:
    return Latch(device="heater", cooldown_s=COOL_S, person_within_s=PERSON_S)


def trip(one: Latch, now_s: float, cause: str = "no_response", **more: object):
    return one.trip(cause=cause, text="it does not warm", now_s=now_s, **more)


def restarted(one: Latch, *, saved_s: float, now_s: float, wall_s: float | None) -> Latch:
    """What another run makes of it, through JSON."""
    other = latch()
    other.restore(json.loads(json.dumps(one.snapshot(saved_s))), now_s=now_s, wall_s=wall_s)
    return other


def test_a_first_trip_resets_itself_after_its_rest_and_not_before():
    one = latch()
    acted = trip(one, 100.0, values=(("risen_c", 0.1),))
    assert (acted.action, acted.cause, acted.latched, acted.values) == (
        "tripped",
        "no_response",
        False,
        (("risen_c", 0.1),),
    )
    assert one.tick(100.0 + COOL_S - 0.1) is None
    assert one.is_tripped
    assert one.tick(100.0 + COOL_S).action == "reset"
    assert not one.is_tripped
    assert one.why == ""


def test_it_does_not_reset_itself_while_the_cause_is_still_there():
    one = latch()
    trip(one, 0.0, "over_temperature")
    assert one.tick(10 * COOL_S, is_clear=False) is None
    assert one.tick(10 * COOL_S, is_clear=True).action == "reset"


def test_a_second_trip_within_a_day_waits_for_a_person():
    one = latch()
    trip(one, 0.0)
    one.tick(COOL_S)
    acted = trip(one, PERSON_S - 1.0)
    assert acted.latched
    assert one.tick(100 * PERSON_S) is None
    assert "a person" in one.why
    assert one.reset("anna", 100 * PERSON_S).text == "heater was reset by anna"
    assert not one.is_tripped


def test_a_second_trip_after_a_day_is_a_first_one():
    one = latch()
    trip(one, 0.0)
    one.tick(COOL_S)
    assert not trip(one, PERSON_S).latched
    assert one.tick(PERSON_S + COOL_S) is not None


def test_a_reset_by_a_person_forgets_earlier_trips():
    one = latch()
    trip(one, 0.0)
    one.reset("anna", 10.0)
    assert not trip(one, 20.0).latched


def test_the_same_cause_again_is_told_once_and_begins_the_rest_anew():
    one = latch()
    trip(one, 0.0)
    assert trip(one, 500.0) is None
    assert not one.needs_person
    assert one.tick(COOL_S) is None
    assert one.tick(500.0 + COOL_S) is not None


def test_another_cause_while_tripped_is_told_and_is_no_second_try():
    one = latch()
    trip(one, 0.0)
    assert trip(one, 1.0, "over_temperature").cause == "over_temperature"
    assert not one.needs_person


def test_a_trip_for_a_person_never_resets_itself():
    one = latch()
    trip(one, 0.0, "stuck_on", is_for_person=True)
    assert one.tick(100 * PERSON_S) is None


def test_a_cause_that_comes_to_need_a_person_is_told_again():
    one = latch()
    trip(one, 0.0, "stuck_on")
    assert trip(one, 1.0, "stuck_on", is_for_person=True).latched


def test_resetting_what_is_not_tripped_is_nothing():
    assert latch().reset("anna", 0.0) is None
    assert latch().tick(1e9) is None


def test_the_rest_goes_on_by_the_wall_clock_while_the_power_is_off():
    one = latch()
    trip(one, 1000.0, wall_s=5000.0)
    other = restarted(one, saved_s=1010.0, now_s=3.0, wall_s=5000.0 + 800.0)
    assert other.tick(3.0 + 99.0) is None
    assert other.tick(3.0 + 100.0) is not None


@pytest.mark.parametrize(("at_wall_s", "now_wall_s"), [(5000.0, None), (None, 9e9), (5000.0, 10.0)])
def test_without_a_wall_clock_to_believe_a_trip_is_as_old_as_it_was_when_saved(at_wall_s, now_wall_s):
    one = latch()
    trip(one, 1000.0, wall_s=at_wall_s)
    other = restarted(one, saved_s=1100.0, now_s=7.0, wall_s=now_wall_s)
    assert other.tick(7.0 + COOL_S - 101.0) is None
    assert other.tick(7.0 + COOL_S - 100.0) is not None


def test_two_trips_count_over_a_restart():
    one = latch()
    trip(one, 0.0, wall_s=1e9)
    one.tick(COOL_S)
    other = restarted(one, saved_s=1000.0, now_s=0.0, wall_s=1e9 + 80_000.0)
    assert trip(other, 10.0, wall_s=1e9 + 80_010.0).latched
    late = restarted(one, saved_s=1000.0, now_s=0.0, wall_s=1e9 + 90_000.0)
    assert not trip(late, 10.0).latched


def test_a_latch_that_waits_for_a_person_waits_after_a_restart():
    one = latch()
    trip(one, 0.0, is_for_person=True)
    other = restarted(one, saved_s=1.0, now_s=0.0, wall_s=None)
    assert other.tick(1e9) is None
    assert other.why == one.why


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"trips": 3, "is_tripped": True, "needs_person": False},
        {"trips": [], "is_tripped": True, "needs_person": False},
        {"trips": [{"age_s": "old"}], "is_tripped": False, "needs_person": False},
        {
            "trips": [{"age_s": float("nan"), "wall_s": None, "cause": "", "text": ""}],
            "is_tripped": False,
            "needs_person": False,
        },
    ],
)
def test_a_snapshot_that_makes_no_sense_waits_for_a_person(kept):
    one = latch()
    one.restore(kept, now_s=0.0, wall_s=None)
    assert one.is_tripped
    assert one.tick(1e9) is None


def test_what_happened_is_told_in_full():
    one = latch()
    told = {"device": "heater", "cause": "no_response"}
    assert trip(one, 5.0, values=(("risen_c", 0.1),)) == SafetyActed(
        **told, action="tripped", text="it does not warm", values=(("risen_c", 0.1),), latched=False, at_s=5.0
    )
    assert one.tick(5.0 + COOL_S) == SafetyActed(
        **told,
        action="reset",
        text="heater is tried once more after 900 s of rest",
        values=(),
        latched=False,
        at_s=5.0 + COOL_S,
    )
    trip(one, 1000.0, is_for_person=True)
    assert one.reset("anna", 1001.0) == SafetyActed(
        **told, action="reset", text="heater was reset by anna", values=(), latched=False, at_s=1001.0
    )


def test_a_snapshot_has_everything_as_ages():
    one = latch()
    trip(one, 100.0, "over_temperature", wall_s=5000.0)
    trip(one, 110.0, "stuck_on", is_for_person=True)
    assert one.snapshot(130.0) == {
        "is_tripped": True,
        "needs_person": True,
        "causes": ["over_temperature", "stuck_on"],
        "trips": [
            {"age_s": 30.0, "wall_s": 5000.0, "cause": "over_temperature", "text": "it does not warm", "counts": True},
            {"age_s": 20.0, "wall_s": None, "cause": "stuck_on", "text": "it does not warm", "counts": True},
        ],
    }


def test_every_cause_of_a_trip_outlives_a_restart_and_none_of_a_trip_that_is_over():
    one = latch()
    trip(one, 0.0, "stuck_on")
    trip(one, 1.0, "over_temperature")
    again = restarted(one, saved_s=2.0, now_s=0.0, wall_s=None)
    assert again.causes == ["stuck_on", "over_temperature"]
    assert trip(again, 3.0, "stuck_on") is None  # known already
    one.tick(1.0 + COOL_S)
    assert restarted(one, saved_s=1000.0, now_s=0.0, wall_s=None).causes == []


def test_a_snapshot_without_causes_is_of_the_last_trips():
    one = latch()
    trip(one, 0.0, "stuck_on")
    trip(one, 1.0, "over_temperature")
    kept = one.snapshot(2.0)
    del kept["causes"]
    again = latch()
    again.restore(kept, now_s=0.0, wall_s=None)
    assert again.causes == ["over_temperature"]
    assert trip(again, 1.0, "over_temperature") is None


def test_a_cause_that_was_seen_again_rests_from_then_on_also_over_restarts():
    one = latch()
    trip(one, 0.0, wall_s=5000.0)
    trip(one, 500.0, wall_s=5500.0)
    again = restarted(one, saved_s=500.0, now_s=0.0, wall_s=5700.0)
    third = restarted(again, saved_s=10.0, now_s=0.0, wall_s=5800.0)
    assert third.tick(COOL_S - 300.1) is None
    assert third.tick(COOL_S - 300.0) is not None


def test_what_cannot_be_read_is_a_trip_of_its_own():
    one = latch()
    one.restore({"trips": [], "is_tripped": True, "needs_person": False, "causes": ["stuck_on"]}, now_s=7.0, wall_s=5.0)
    text = "what was kept of earlier trips cannot be read"
    assert one.trips == [Trip(at_s=7.0, wall_s=5.0, cause="unreadable", text=text)]
    assert (one.causes, one.needs_person, one.is_tripped) == (["unreadable"], True, True)
    assert one.why == f"{text}; a person must reset it"


MOVES = st.lists(
    st.tuples(st.sampled_from(["trip", "hot", "tick", "person", "restart"]), st.floats(0.0, 40_000.0)), max_size=40
)


@settings(max_examples=200, deadline=None)
@given(MOVES)
def test_whatever_happens_it_never_tries_twice_within_a_day_without_a_person(moves):
    one, now_s, began_s, tried_s = latch(), 0.0, 0.0, -1e9
    for move, span_s in moves:
        now_s += span_s
        if move == "restart":
            one = restarted(one, saved_s=now_s, now_s=now_s, wall_s=None)
        elif move == "person":
            if one.reset("anna", now_s) is not None:
                tried_s = -1e9
        elif move == "tick":
            if one.tick(now_s) is not None:
                assert now_s - began_s >= COOL_S
                assert began_s - tried_s > PERSON_S - 1e-3
                tried_s = began_s
        else:
            began_s = began_s if one.is_tripped else now_s
            trip(one, now_s, move)
            assert one.is_tripped
        assert len(one.trips) <= KEPT
        assert one.trips or not one.is_tripped


def test_a_trip_that_does_not_count_brings_no_person_nearer_however_often_it_comes():
    one = latch()
    for at_s in range(0, 80_000, 2_000):
        acted = trip(one, float(at_s), "over_temperature", counts=False)
        assert acted is not None
        assert not acted.latched
        assert one.tick(at_s + 1_000.0) is not None


def test_a_trip_that_counts_after_ones_that_did_not_is_the_first():
    one = latch()
    trip(one, 0.0, "over_temperature", counts=False)
    one.tick(1_000.0)
    assert not trip(one, 2_000.0, "no_response").latched
    one.tick(3_000.0)
    assert trip(one, 4_000.0, "no_response").latched


def test_a_trip_may_come_to_count_while_it_lasts_and_outlives_a_restart():
    one, kept = latch(), latch()
    trip(one, 0.0, "no_response")
    one.tick(1_000.0)
    assert not trip(one, 2_000.0, "stuck_on", counts=False).latched
    kept.restore(one.snapshot(2_000.0), now_s=2_000.0, wall_s=None)
    for each in (one, kept):
        assert trip(each, 2_010.0, "stuck_on").latched


def test_a_snapshot_without_causes_of_one_trip_has_its_cause():
    one = latch()
    trip(one, 0.0, "stuck_on")
    kept = one.snapshot(2.0)
    del kept["causes"]
    again = latch()
    again.restore(kept, now_s=0.0, wall_s=None)
    assert again.causes == ["stuck_on"]


def test_a_trip_that_was_just_there_rests_from_just_then():
    one = latch()
    trip(one, 0.0)
    again = restarted(one, saved_s=0.25, now_s=10.0, wall_s=None)
    assert again.tick(10.0 + COOL_S - 0.3) is None
    assert again.tick(10.0 + COOL_S - 0.25) is not None


@pytest.mark.parametrize("age_s", [True, None, "old", float("inf")])
def test_an_age_that_is_no_number_waits_for_a_person(age_s):
    one = latch()
    trip(one, 0.0)
    one.tick(COOL_S)
    kept = one.snapshot(2000.0)
    kept["trips"][0]["age_s"] = age_s
    again = latch()
    again.restore(kept, now_s=0.0, wall_s=None)
    assert again.causes == ["unreadable"]
    assert again.needs_person


@pytest.mark.parametrize(("first", "then", "counts"), [(False, True, True), (True, False, True), (False, False, False)])
def test_a_trip_that_did_not_count_at_first_may_count_later_and_one_that_did_still_does(first, then, counts):
    latch = Latch("heater", cooldown_s=900.0, person_within_s=86_400.0)
    latch.trip(cause="test", text="a test", now_s=0.0, counts=first)
    latch.trip(cause="test", text="a test", now_s=1.0, counts=then)
    assert [one.counts for one in latch.trips] == [counts]
