import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.core.generations import Corrupt, Generation, decode, encode, newest

FINITE = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
GENERATION = st.builds(Generation, st.integers(0, 2**40), st.dictionaries(st.text(), VALUES, max_size=4))


@given(GENERATION)
def test_what_is_encoded_is_decoded(generation):
    assert decode(encode(generation)) == generation


@given(GENERATION, st.data())
def test_a_torn_file_is_never_taken_for_a_whole_one(generation, data):
    whole = encode(generation)
    torn = whole[: data.draw(st.integers(0, len(whole) - 2))]
    with pytest.raises(Corrupt):
        decode(torn)


@given(GENERATION, st.data())
def test_one_changed_byte_never_changes_the_state(generation, data):
    whole = bytearray(encode(generation))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(Corrupt):
        assert decode(bytes(whole)) == generation  # a space, or a capital digit of an escape


@given(st.binary(max_size=200))
def test_any_bytes_are_a_generation_or_corrupt(data):
    with contextlib.suppress(Corrupt):
        decode(data)


@pytest.mark.parametrize(
    "data", [b"[" * 100_000, b"{}", b"null", b'{"sha256":"","state":{"sequence":true,"sections":{}}}']
)
def test_strange_documents_are_corrupt(data):
    with pytest.raises(Corrupt):
        decode(data)


def test_what_json_cannot_hold_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        encode(Generation(1, {"a": float("nan")}))


def test_the_highest_sequence_counts():
    generations = [Generation(3, {}), Generation(4, {"a": 1}), Generation(2, {})]
    assert newest(generations) == Generation(4, {"a": 1})
    assert newest([]) is None
