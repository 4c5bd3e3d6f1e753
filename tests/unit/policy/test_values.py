"""What may be said to an actuator, and how it is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.policy.values import parse_value, say_value, show_value, tolerance
from hardware.api import Range, Switch, Unit

SWITCH = Switch()
DIMMER = Range(low=0.0, high=100.0, unit=Unit.PERCENT, off=0.0, on=80.0)


@pytest.mark.parametrize(("said", "value"), [("ON", 1.0), ("off", 0.0), (" On ", 1.0), (1, 1.0), (0.0, 0.0)])
def test_a_switch_takes_words_in_any_case_and_the_two_numbers(said, value):
    assert parse_value(SWITCH, said) == value


@pytest.mark.parametrize(("said", "value"), [("ON", 80.0), ("OFF", 0.0), (42, 42.0), (99.5, 99.5)])
def test_a_range_takes_numbers_and_knows_what_on_and_off_mean(said, value):
    assert parse_value(DIMMER, said) == value


@pytest.mark.parametrize(
    "said", ["toggle", "", "1", True, False, None, [], {}, float("nan"), float("inf"), 10**400, 2, -0.5, "OFF\0"]
)
def test_a_switch_refuses_everything_else_with_a_short_sentence(said):
    with pytest.raises(ValueError, match=r"ON") as refused:
        parse_value(SWITCH, said)
    assert len(str(refused.value)) < 120


def test_a_number_outside_the_range_is_refused_with_the_range():
    with pytest.raises(ValueError, match="101 is outside 0 to 100 %"):
        parse_value(DIMMER, 101)


@given(st.floats(0.0, 100.0))
def test_what_is_shown_means_the_same_when_it_is_said(value):
    assert parse_value(DIMMER, show_value(DIMMER, value)) == value
    assert abs(tolerance(DIMMER)) == 0.5


def test_people_read_units_and_know_what_is_not_known():
    assert say_value(DIMMER, 30.0) == "30 %"
    assert say_value(SWITCH, 1.0) == "ON"
    assert say_value(SWITCH, None) == "unknown"
