"""What is shown is shown, not obeyed."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.core.text import all_printable, brief, printable, said_by, strict


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("warm half, 28.5 °C", "warm half, 28.5 °C"),
        ("a\nERROR b", "a\\nERROR b"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("\x9b31m", "\\x9b31m"),
        ("right\u202eleft", "right\\u202eleft"),
        ("5\xa0°C", "5 °C"),
        ("", ""),
    ],
)
def test_f161_what_a_terminal_would_obey_is_written_out(text, shown):
    assert printable(text) == shown


@given(st.text())
def test_f161_whatever_the_text_is_it_is_printable_and_one_line(text):
    assert printable(text).isprintable()
    assert len(printable(text).splitlines()) <= 1


@pytest.mark.parametrize(
    "value", ["x" * 500, "\n" * 500, [1.5] * 500, 10**5000, -(10**5000)], ids=["text", "lines", "list", "huge", "deep"]
)
def test_a_value_has_room_in_a_sentence(value):
    assert len(brief(value, most=40)) <= 40


def test_a_short_value_is_told_as_it_is():
    assert (brief("28.5"), brief(28.5), brief(True), brief(None)) == ("'28.5'", "28.5", "True", "None")


def test_what_an_error_says_may_be_any_length_and_is_told_in_two_hundred_letters():
    assert said_by(ValueError("short")) == "short"
    assert said_by(ValueError("x" * 5000)) == "x" * 200


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON)
def test_what_is_strict_can_be_said_in_json(value):
    json.dumps(strict(value), allow_nan=False)


def test_what_is_no_number_is_null_and_the_rest_stays():
    assert strict({"a": (1.5, math.nan), "b": [math.inf], 3: "x"}) == {"a": [1.5, None], "b": [None], "3": "x"}


def test_texts_are_made_printable_however_deep_they_lie():
    assert all_printable({"a\n": ["b\n", ("c\n", 1)]}) == {"a\\n": ["b\\n", ["c\\n", 1]]}
