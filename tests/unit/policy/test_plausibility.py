"""What is a number."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.policy.plausibility import is_number


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
