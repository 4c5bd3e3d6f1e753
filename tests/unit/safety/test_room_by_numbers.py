"""What the room can be and how much above it a zone may be held, by the numbers of what is known of it."""

from math import inf

import pytest

from alimante.safety.room import Room, RoomLimits

DAY_S = 86_400.0
HARM_C = 39.0
LIVING = RoomLimits(low_c=16.0, high_c=27.0)


def room(
    *, aged_s: float = DAY_S, held_c: float = 9.0, coldest_c: float = 20.0, warmest_c: float = 23.0,
    target_c: float | None = 30.0, limits: RoomLimits = LIVING, ambient_c: float | None = None, harm_c: float = HARM_C,
) -> Room:  # fmt: skip
    """A room of which so much was learned by an earlier run."""
    one = Room(limits, harm_c)
    one.restore({
        "aged_s": aged_s, "held_c": held_c, "coldest_c": coldest_c, "warmest_c": warmest_c,
        "highest_target_c": target_c,
    })  # fmt: skip
    one.ambient_c = ambient_c
    return one


@pytest.mark.parametrize(
    ("known", "low_c"),
    [
        ({"coldest_c": 23.0}, 17.0),  # six degrees below the coldest of the last days
        ({"coldest_c": 21.0}, 16.0),  # and never below what was declared
        ({"coldest_c": 23.0, "aged_s": DAY_S - 1.0}, 16.0),  # once a day was seen
        ({"ambient_c": 22.0}, 19.0),
        ({"ambient_c": 22.0, "coldest_c": 26.0}, 20.0),
        ({"ambient_c": 10.0}, 16.0),
    ],
)
def test_the_coldest_room_is_the_highest_of_what_is_declared_learned_and_measured(known: dict, low_c: float):
    assert room(**known).low_c == low_c


@pytest.mark.parametrize(
    ("known", "high_c"),
    [
        ({"warmest_c": 22.0}, 25.0),
        ({"warmest_c": 25.0}, 27.0),
        ({"warmest_c": 10.0}, 17.0),  # a degree above the coldest at least
        ({"warmest_c": 22.0, "aged_s": 3600.0}, 25.0),
        ({"warmest_c": 22.0, "aged_s": 3599.0}, 27.0),
        ({"ambient_c": 20.0}, 23.0),
        ({"ambient_c": 26.0}, 27.0),
    ],
)
def test_the_warmest_room_is_the_lowest_of_what_is_declared_learned_and_measured(known: dict, high_c: float):
    assert room(**known).high_c == high_c


def test_of_a_room_that_nothing_is_known_of_only_what_is_declared_holds():
    one = Room(LIVING, HARM_C)
    assert (one.low_c, one.high_c, one.allowed_c, one.cap_c) == (16.0, 27.0, inf, inf)
    assert not one.is_short
    one.aim(30.0)
    assert (one.allowed_c, one.cap_c) == (14.0, inf)
    one.aged_s = DAY_S
    assert one.high_c == 27.0


@pytest.mark.parametrize(
    ("known", "allowed_c"),
    [
        ({}, 13.5),  # what was ever held, and half of the way from the target to harm
        ({"harm_c": 44.0}, 14.0),  # never more than the target asks for in the coldest room
        ({"harm_c": 49.0, "held_c": 5.0}, 11.0),  # half of the way is six degrees at most
        ({"harm_c": 33.0, "held_c": 5.0}, 8.0),  # and three at least
        ({"aged_s": DAY_S - 1.0}, 14.0),
        ({"held_c": 9.0, "target_c": 18.0}, 3.0),  # three degrees are always allowed
        ({"target_c": None}, inf),
    ],
)
def test_a_zone_may_be_held_as_far_above_its_room_as_it_ever_was_and_a_little_more(known: dict, allowed_c: float):
    assert room(**known).allowed_c == allowed_c


def test_what_a_target_asks_for_beyond_that_is_short():
    one = room()
    one.room_c = 16.5
    one.aim(30.6)
    assert one.cap_c == pytest.approx(29.7)
    for target_c, is_short in ((30.19, False), (30.21, True), (None, False)):
        one.aim(target_c)
        assert one.is_short is is_short
        assert not one.is_told


def test_the_highest_target_that_there_was_counts():
    one = Room(LIVING, HARM_C)
    for target_c, highest_c in ((28.0, 28.0), (30.0, 30.0), (29.0, 30.0), (None, 30.0)):
        one.aim(target_c)
        assert one.highest_target_c == highest_c


def test_what_was_learned_is_kept_and_taken_up_again():
    kept = room().snapshot()
    assert {name: kept[name] for name in ("aged_s", "held_c", "coldest_c", "warmest_c", "highest_target_c")} == {
        "aged_s": DAY_S, "held_c": 9.0, "coldest_c": 20.0, "warmest_c": 23.0, "highest_target_c": 30.0,
    }  # fmt: skip
    again = Room(LIVING, HARM_C)
    again.restore(kept)
    assert again.snapshot() == kept


@pytest.mark.parametrize("name", ["aged_s", "held_c", "coldest_c", "warmest_c"])
@pytest.mark.parametrize("value", [None, "cold", inf])
def test_of_what_makes_no_sense_nothing_is_taken_up(name: str, value: object):
    one = Room(LIVING, HARM_C)
    one.restore(room().snapshot() | {name: value})
    assert one.aged_s == 0.0
    assert one.highest_target_c == 30.0


@pytest.mark.parametrize("value", ["warm", inf])
def test_a_target_that_makes_no_sense_is_none(value: object):
    one = Room(LIVING, HARM_C)
    one.restore(room().snapshot() | {"highest_target_c": value})
    assert one.highest_target_c is None
    assert one.aged_s == DAY_S


def test_after_a_persons_word_nothing_is_known_but_the_target():
    one = room()
    one.room_c = 16.5
    one.forget()
    assert (one.aged_s, one.room_c, one.reach_c, one.allowed_c) == (0.0, None, None, 14.0)
    assert (one.low_c, one.high_c) == (16.0, 27.0)
