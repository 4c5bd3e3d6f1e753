"""Groups of sensors in the configuration: what is taken, what is refused, and where."""

import json
from typing import Any

import pytest
from texts import SOUND, errors, load, spoilt, warnings

PAIR = {"members": ["warm", "air.temperature"]}


def with_group(group: dict[str, Any], *, name: str = "box") -> str:
    return spoilt('"devices": {', f'"groups": {{{json.dumps(name)}: {json.dumps(group)}}}, "devices": {{')


def only(text: str) -> tuple[str, str, str]:
    (fault,) = errors(text)
    return fault.pointer, fault.message, fault.hint


def test_sensors_of_different_chips_and_wires_may_vote():
    group = load(with_group(PAIR)).config.groups["box"]
    assert group.members == ["warm", "air.temperature"]
    assert (group.min_sensors, group.safe_side, group.disagree_warning_s) == (1, "high", 60.0)


def test_a_sensor_of_one_channel_and_its_channel_are_one_vote():
    pointer, message, _ = only(with_group({"members": ["warm", "warm.temperature"]}))
    assert pointer == "/groups/box/members/1"
    assert "already" in message


@pytest.mark.parametrize(
    ("member", "message", "hint"),
    [
        ("wram", 'no sensor "wram"', 'did you mean "warm"?'),
        ("air.humidty", "no channel air.humidty", "air.humidity, air.temperature"),
        ("air", "no channel air", "air.humidity, air.temperature"),
        ("heater", "heater is an actuator", ""),
        ("box", "box is a group", "one by one"),
        ("air.humidity", "humidity in %, but warm measures temperature in °C", "the same thing"),
    ],
)
def test_who_cannot_vote_is_told_with_a_hint(member, message, hint):
    pointer, said, hinted = only(with_group({"members": ["warm", member]}))
    assert pointer == "/groups/box/members/1"
    assert message in said
    assert hint in hinted


@pytest.mark.parametrize(("name", "what"), [("warm", "devices"), ("i2c", "wires")])
def test_a_group_named_like_something_else_is_told_with_both_places(name, what):
    pointer, message, hint = only(with_group(PAIR, name=name))
    assert pointer == f"/groups/{name}"
    assert f"/groups/{name}" in message
    assert f"/{what}/{name}" in message
    assert f"{name}_group" in hint


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"min_sensors": 3}, "min_sensors"),
        ({"disagree_warning_s": 60.0, "disagree_critical_s": 30.0}, "disagree_critical_s"),
        ({"eject_s": 60.0, "eject_cap_s": 30.0}, "eject_cap_s"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(keys, key):
    assert only(with_group({**PAIR, **keys}))[0] == f"/groups/box/{key}"


@pytest.mark.parametrize(("keys", "fine"), [({}, False), ({"tolerance": 5.0}, True)])
def test_only_temperatures_and_contacts_have_a_tolerance_of_their_own(keys, fine):
    found = errors(with_group({"members": ["air.humidity", "damp.humidity"], **keys}))
    assert [fault.pointer for fault in found] == ([] if fine else ["/groups/box/tolerance"])


def test_members_on_one_wire_are_warned_about():
    text = with_group({"members": ["warm", "warm2"]}).replace(
        '"air":', '"warm2": {"driver": "ds18b20", "wire": "w1", "address": "28-000000000002"}, "air":'
    )
    (warning,) = warnings(text)
    assert "all members of box hang on w1" in warning.message
    assert not warnings(with_group(PAIR))
    assert not warnings(with_group({"members": ["warm"]}))


def test_a_member_whose_device_is_wrong_in_itself_is_told_of_once():
    text = with_group(PAIR).replace("28-000000000001", "28-1")
    assert [fault.pointer for fault in errors(text)] == ["/devices/warm/address"]


def test_the_sound_text_has_no_groups():
    assert not load(SOUND).config.groups
