"""What people are told of how warm a heated zone can be."""

import pytest

from alimante.config.verify import LimitKeys
from alimante.safety.bounded import Bounded
from alimante.safety.heat_model import Guess
from alimante.safety.learning import Learner
from alimante.safety.room import RoomLimits

TARGET_C = 30.0


@pytest.fixture
def bounded() -> Bounded:
    """A zone of which nothing was learned yet, in a room from 18 to 26 °C."""
    return Bounded(
        heater="heater",
        limit=LimitKeys(max_c=35.0, harm_c=39.0),
        learner=Learner(Guess(rate=1.0, noise_c=0.03, others=0), 35.0, 60.0, ()),
        rates=(),
        limits=RoomLimits(low_c=18.0, high_c=26.0),
    )


def look(bounded: Bounded, reading_c: float) -> None:
    bounded.look(0.0, duty=0.0, shares=(), reading_c=reading_c, measured_s=0.0, target_c=TARGET_C, ambient_c=None)


def test_before_the_first_reading_nothing_is_said_to_be_possible(bounded: Bounded):
    told = bounded.report()
    assert told["highest_possible_c"] is None
    assert told["drift_bound_c"] is None


def test_what_a_drift_could_do_is_the_target_and_what_is_not_known_of_the_room(bounded: Bounded):
    look(bounded, TARGET_C)
    told = bounded.report()
    assert told["drift_bound_c"] == TARGET_C + 26.0 - 18.0
    assert told["highest_possible_c"] == TARGET_C


def test_a_reading_that_may_have_drifted_bounds_nothing(bounded: Bounded):
    look(bounded, TARGET_C)
    bounded.room.room_c = 5.0
    bounded.room.aim(TARGET_C)
    told = bounded.report()
    assert told["is_too_cold"]
    assert told["highest_possible_c"] == told["drift_bound_c"]
