"""What may be said to an actuator, and how it is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.policy.values import is_auto, parse_value, say_value, show_value, tolerance
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


def test_a_switch_is_told_in_the_words_that_it_takes():
    assert [show_value(SWITCH, value) for value in (0.0, 1.0)] == ["OFF", "ON"]
    assert [say_value(SWITCH, value) for value in (0.0, 1.0)] == ["OFF", "ON"]
    assert [parse_value(SWITCH, show_value(SWITCH, value)) for value in (0.0, 1.0)] == [0.0, 1.0]
    assert show_value(DIMMER, 30.0) == 30.0


def test_a_switch_is_read_back_exactly_and_a_range_within_half_a_percent_of_its_width():
    assert tolerance(SWITCH) == 0.0
    assert tolerance(Range(low=-50.0, high=150.0, unit=Unit.PERCENT, off=0.0, on=80.0)) == 1.0


@pytest.mark.parametrize("said", ["AUTO", "auto", " Auto\n"])
def test_auto_is_said_in_any_case(said):
    assert is_auto(said)


@pytest.mark.parametrize("said", ["ON", "", "AUTOMATIC", None, 1.0])
def test_everything_else_is_not_auto(said):
    assert not is_auto(said)


@pytest.mark.parametrize(("said", "hint"), [("Toggle", ": say ON or OFF"), ("OPEN", "")])
def test_who_says_toggle_is_told_what_to_say(said, hint):
    with pytest.raises(ValueError, match="a value is ON, OFF or a finite number") as refused:
        parse_value(SWITCH, said)
    assert str(refused.value) == f"a value is ON, OFF or a finite number, not {said!r}{hint}"


@pytest.mark.parametrize("value", [0.0, 100.0])
def test_the_ends_of_a_range_are_in_it(value):
    assert parse_value(DIMMER, value) == value


def test_a_number_without_a_unit_ends_with_the_number():
    assert say_value(Range(low=0.0, high=100.0, unit=Unit.BINARY, off=0.0, on=80.0), 30.0) == "30"
