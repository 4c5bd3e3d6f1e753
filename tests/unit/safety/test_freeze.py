"""What more power than usual must have brought while a reading stood still."""

from math import exp

import pytest

from alimante.safety.freeze import Freeze

LIVING = {"gain": 0.5, "loss": 0.02}
HOUR_S = 3600.0


def used_to(duty: float) -> Freeze:
    """After hours in which a reading moved at this duty."""
    one = Freeze()
    for at in range(20):
        one.look(HOUR_S, reading_c=25.0 + at, duty=duty, **LIVING)
    one.look(0.0, reading_c=30.0, duty=duty, **LIVING)
    return one


def test_at_the_usual_duty_nothing_is_missing():
    one = used_to(0.4)
    one.look(600.0, reading_c=30.0, duty=0.4, **LIVING)
    assert one.risen_c == pytest.approx(0.0, abs=1e-6)


def test_more_than_the_usual_duty_must_bring_what_it_brings_less_what_is_lost():
    one = used_to(0.2)
    one.look(60.0, reading_c=30.0, duty=1.0, **LIVING)
    assert one.risen_c == pytest.approx(0.5 * 0.8)
    one.look(120.0, reading_c=30.0, duty=1.0, **LIVING)
    assert one.risen_c == pytest.approx(0.4 + 2.0 * (0.5 * 0.8 - 0.02 * 0.4))


def test_less_than_the_usual_duty_brings_nothing():
    one = used_to(0.4)
    one.look(600.0, reading_c=30.0, duty=0.0, **LIVING)
    assert one.risen_c == 0.0


def test_a_reading_that_moves_by_one_step_lives_and_the_usual_is_that_of_the_last_hour():
    one = used_to(0.0)
    one.look(1800.0, reading_c=30.0, duty=1.0, **LIVING)
    assert one.risen_c > 1.0
    one.look(0.0, reading_c=30.0625, duty=1.0, **LIVING)
    assert one.risen_c == 0.0
    one.look(60.0, reading_c=30.0625, duty=1.0, **LIVING)
    assert one.risen_c == pytest.approx(0.5 * exp(-0.5))


def test_what_is_forgotten_is_no_evidence():
    one = used_to(0.0)
    one.look(1800.0, reading_c=30.0, duty=1.0, **LIVING)
    one.forget()
    assert one.risen_c == 0.0
    one.look(60.0, reading_c=30.0, duty=1.0, **LIVING)
    assert one.risen_c == pytest.approx(0.5 * exp(-0.5))
