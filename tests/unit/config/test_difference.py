"""What differs between two documents, told key by key."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.config.difference import ABSENT, NOT_SHOWN, Difference, differences, without_secrets

LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "on", "off", ""])
KEYS = st.sampled_from(["devices", "heater", "pin", "note"])
DOCUMENTS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)


def patched(document: Any, changes: list[Difference]) -> Any:
    """`document` with each change made, by somebody who knows nothing of how they were found."""
    root = {"top": copy.deepcopy(document)}
    for change in changes:
        place: Any = root
        *way, last = ("top", *change.path)
        for step in way:
            place = place[step]
        if change.new is ABSENT:
            del place[last]
        else:
            place[last] = change.new
    return root["top"]


def strictly(value: Any) -> Any:
    """`value` in a form in which true is no number, for `==`."""
    if isinstance(value, dict):
        return {key: strictly(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [strictly(inner) for inner in value]
    return (isinstance(value, bool), value)


@given(DOCUMENTS)
def test_a_document_does_not_differ_from_itself(document: Any):
    assert differences(document, copy.deepcopy(document)) == []


@given(DOCUMENTS, DOCUMENTS)
def test_the_changes_lead_from_the_old_document_to_the_new_one_and_back(old: Any, new: Any):
    changes = differences(old, new)
    assert strictly(patched(old, changes)) == strictly(new)
    assert strictly(patched(new, differences(new, old))) == strictly(old)
    assert len({change.path for change in changes}) == len(changes)


def test_each_change_has_its_place_and_both_values():
    old = {"devices": {"heater": {"pin": 17, "min_on_s": 5}, "fan": {"pin": 4}}}
    new = {"devices": {"heater": {"pin": 18, "role": "heater"}, "lamp": {"pin": 5}}}
    assert [(change.change, change.path, change.old, change.new) for change in differences(old, new)] == [
        ("changed", ("devices", "heater", "pin"), 17, 18),
        ("removed", ("devices", "heater", "min_on_s"), 5, ABSENT),
        ("added", ("devices", "heater", "role"), ABSENT, "heater"),
        ("removed", ("devices", "fan"), {"pin": 4}, ABSENT),
        ("added", ("devices", "lamp"), ABSENT, {"pin": 5}),
    ]


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        ({"on": 1}, {"on": True}, [("on",)]),
        ({"on": [0]}, {"on": [False]}, [("on",)]),
        ({"s": 1}, {"s": 1.0}, []),
        ({"name": None}, {}, [("name",)]),
        ({"rules": [{"a": 1}, {"b": 2}]}, {"rules": [{"a": 1}, {"b": 3}]}, [("rules", 1, "b")]),
        ({"points": [[1, 2], [3, 4]]}, {"points": [[1, 2], [3, 5]]}, [("points",)]),
        ({"rules": [{"a": 1}]}, {"rules": [{"a": 1}, {"b": 2}]}, [("rules",)]),
    ],
)
def test_what_counts_as_a_difference_and_where(old: Any, new: Any, paths: list[Any]):
    assert [change.path for change in differences(old, new)] == paths


def test_no_secret_is_shown_and_where_one_stands_may_be_read():
    document = {"mqtt": {"password": {"file": "/etc/secret_file"}}, "camera": {"api_key": "abc", "tokens": ["abc"]}}
    assert without_secrets(document) == {
        "mqtt": {"password": {"file": "/etc/secret_file"}},
        "camera": {"api_key": NOT_SHOWN, "tokens": NOT_SHOWN},
    }
    assert without_secrets("hunter2", "password") == NOT_SHOWN
    assert without_secrets(ABSENT, "password") is ABSENT
