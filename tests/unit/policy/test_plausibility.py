"""What is a number, and what of it a chip can have measured."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from fakes import TEMPERATURE
from hypothesis import given
from hypothesis import strategies as st

from alimante.core.events import Quality
from alimante.policy.plausibility import is_number, judge
from hardware.api import Channel, Unit


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**1000), 2**1000))
def test_finite_floats_and_integers_are_numbers(value):
    assert is_number(value)


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        True,
        False,
        None,
        "1",
        b"1",
        1j,
        [1.0],
        Decimal(1),
        Fraction(1),
        10**400,
        -(10**400),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_nothing_else_is(value):
    assert not is_number(value)


@given(st.floats(allow_nan=False))
def test_a_value_is_good_exactly_within_the_chips_range(value):
    quality, reasons = judge(TEMPERATURE, value)
    within = TEMPERATURE.low <= value <= TEMPERATURE.high
    assert quality is (Quality.GOOD if within else Quality.BAD)
    assert bool(reasons) is not within


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_never_good(value):
    assert judge(TEMPERATURE, value)[0] is Quality.BAD


def test_the_reason_names_the_range_with_its_unit():
    assert judge(TEMPERATURE, 126.0)[1] == ("outside the chip's range -40 to 125 °C",)
    contact = Channel("door", Unit.BINARY, 0.0, 1.0, "contact")
    assert judge(contact, 2.0)[1] == ("outside the chip's range 0 to 1",)
