"""Places in a JSON text, against an oracle that writes the text and remembers where it put things."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alimante.config.faults import Path, pointer
from alimante.config.positions import line_and_column, locate

SPACE = st.text(alphabet=" \t\r\n", max_size=3)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


class Writer:
    """Writes a document with arbitrary white space and notes the offset of every key and value."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.text = ""
        self.places: dict[Path, tuple[int, int]] = {}

    def space(self) -> None:
        self.text += self.draw(SPACE)

    def write(self, value: Any, path: Path = (), key: int | None = None) -> None:
        self.space()
        at = len(self.text)
        self.places[path] = (at if key is None else key, at)
        if isinstance(value, dict):
            self.members("{", "}", list(value.items()), path)
        elif isinstance(value, list):
            self.members("[", "]", list(enumerate(value)), path)
        else:
            self.text += json.dumps(value, ensure_ascii=self.draw(st.booleans()))
        self.space()

    def members(self, opening: str, closing: str, members: list[tuple[Any, Any]], path: Path) -> None:
        self.text += opening
        self.space()
        for index, (part, value) in enumerate(members):
            self.text += "," if index else ""
            self.space()
            key = None
            if opening == "{":
                key = len(self.text)
                self.text += json.dumps(part)
                self.space()
                self.text += ":"
            self.write(value, (*path, part), key)
        self.text += closing


@given(st.data())
def test_every_key_and_value_is_found_where_it_was_written(data):
    writer = Writer(data.draw)
    writer.write(data.draw(DOCUMENTS))
    assert locate(writer.text, writer.places) == writer.places
    if writer.places:
        one = data.draw(st.sampled_from(sorted(writer.places, key=repr)))
        assert locate(writer.text, [one])[one] == writer.places[one]


@given(st.data())
def test_what_is_not_there_is_told_at_its_nearest_ancestor(data):
    writer = Writer(data.draw)
    writer.write(data.draw(DOCUMENTS))
    parent = data.draw(st.sampled_from(sorted(writer.places, key=repr)))
    absent = (*parent, "no such key", "below")
    assert locate(writer.text, [absent])[absent] == writer.places[parent]


@given(st.text(alphabet="ab\n\r", max_size=30), st.data())
def test_lines_and_columns_count_from_one(text, data):
    offset = data.draw(st.integers(0, len(text)))
    line, column = line_and_column(text, offset)
    lines = text.split("\n")
    assert sum(len(before) + 1 for before in lines[: line - 1]) + column - 1 == offset
    assert 1 <= column <= len(lines[line - 1]) + 1


def test_of_a_key_that_stands_twice_the_last_one_counts():
    text = '{"a": 1, "a": 2}'
    assert locate(text, [("a",)])[("a",)] == (9, 14)


def test_a_number_of_thousands_of_digits_is_passed():
    text = f'{{"a": {"9" * 5000}, "b": 1}}'
    assert locate(text, [("b",)])[("b",)] == (text.index('"b"'), text.index("1}"))


def test_pointers_are_those_of_rfc_6901():
    assert pointer(()) == ""
    assert pointer(("a/b", 0, "m~n", "")) == "/a~1b/0/m~0n/"
