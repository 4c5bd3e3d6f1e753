"""What a place was without heat at its coldest: of the last day, and not of the time in which the sun shone."""

import json
from typing import Any

import pytest

from alimante.safety.coldest import Coldest

HOUR_MIN = 60.0


def learned(*drifts: float, every_min: float = HOUR_MIN) -> Coldest:
    """What is known after these drifts were learned one after the other, with the loss of a usual place."""
    coldest = Coldest()
    for number, drift in enumerate(drifts):
        coldest.keep(number * every_min, drift=drift, loss=0.02, above_c=-4.0)
    return coldest


def test_nothing_is_known_of_a_place_of_which_nothing_was_learned():
    assert Coldest().rate(-4.0) is None


def test_sun_is_none_of_the_place_and_a_colder_night_is():
    assert learned(-0.3, -0.2, 0.4, 0.4).rate(-4.0) == pytest.approx(-0.3 + 0.08)
    assert learned(-0.3, 0.4, -0.5).rate(-4.0) == pytest.approx(-0.5 + 0.08)


def test_where_it_is_warmer_more_is_lost():
    assert learned(-0.3).rate(0.0) == pytest.approx(-0.3)


def test_what_was_a_day_ago_is_forgotten():
    assert learned(-0.3, *[0.1] * 20).rate(0.0) == pytest.approx(-0.3)
    assert learned(-0.3, *[0.1] * 25).rate(0.0) == pytest.approx(0.1)


def test_no_more_is_kept_than_the_coldest_of_each_three_hours():
    assert len(learned(*[0.1] * 500, every_min=1.0).snapshot(500.0)) == 3


def test_a_restart_forgets_nothing_and_goes_on_counting():
    before = learned(-0.3, 0.4)
    kept = json.loads(json.dumps(before.snapshot(HOUR_MIN), allow_nan=False))
    after = Coldest()
    after.restore(kept, 5.0)
    assert after.rate(0.0) == pytest.approx(-0.3)
    after.keep(22.0 * HOUR_MIN, drift=0.4, loss=0.02, above_c=0.0)
    assert after.rate(0.0) == pytest.approx(-0.3)
    after.keep(24.0 * HOUR_MIN, drift=0.4, loss=0.02, above_c=0.0)
    assert after.rate(0.0) == pytest.approx(0.4)


@pytest.mark.parametrize("kept", [None, 3, "x", [3], [[1.0, 2.0]], [[1.0, "2", 3.0]], [[1.0, float("nan"), 3.0]], {}])
def test_what_makes_no_sense_is_left_out(kept: Any):
    coldest = learned(-0.3)
    coldest.restore(kept, 0.0)
    assert coldest.rate(0.0) is None
