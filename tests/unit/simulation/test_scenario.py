"""Scenario files: what they say, and what is said of wrong ones."""

import json

import pytest

from alimante.config.faults import ConfigInvalid
from alimante.simulation.scenario import load_scenario

DEVICES = {"probe": "sensor", "heater": "actuator"}


def read(tmp_path, text):
    path = tmp_path / "scenario.json"
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return load_scenario(path, DEVICES)


def complaints(tmp_path, text):
    with pytest.raises(ConfigInvalid) as caught:
        read(tmp_path, text)
    return [(fault.pointer, fault.message, fault.hint) for fault in caught.value.errors]


def test_a_fault_is_a_text_or_an_object_that_says_the_same(tmp_path):
    said = read(
        tmp_path,
        {
            "note": "a probe that lies while the clock is wrong",
            "lasts": "2h",
            "seed": 3,
            "faults": [
                "probe=off@10m+5m",
                {"on": "heater", "kind": "welded", "at": "1h"},
                {"on": "probe", "kind": "wrong", "argument": 8, "at": "30m", "lasts": "2m"},
                {"on": "clock", "kind": "step", "argument": "-2h", "at": "20m", "note": "by hand"},
            ],
        },
    )
    assert (said.lasts, said.seed, said.chaos) == ("2h", 3, False)
    assert said.specs() == ["probe=off@10m+5m", "heater=welded@1h", "probe=wrong(8)@30m+2m", "clock=step(-2h)@20m"]


def test_an_empty_scenario_is_a_calm_run(tmp_path):
    assert read(tmp_path, {}).specs() == []


def test_every_mistake_is_told_with_its_place(tmp_path):
    told = complaints(
        tmp_path,
        {
            "lasts": "soon",
            "faults": ["prob=off@1m", {"on": "heater", "kind": "melted", "at": "1h"}],
        },
    )
    assert told == [
        ("/lasts", '"soon" is no duration; say 90, 90s, 1.5m, 2h or 30d', ""),
        ("/faults/0", '"prob=off@1m": there is no device "prob"; did you mean "probe"?', ""),
        ("/faults/1", told[2][1], ""),
    ]
    assert 'there is no fault "melted"' in told[2][1]


def test_a_wrong_key_of_a_fault_is_one_sentence(tmp_path):
    told = complaints(tmp_path, {"faults": [{"on": "heater", "kinds": "welded", "at": "1h"}]})
    assert told == [("/faults/0/kinds", '"kinds" is not a key of faults[0]', 'did you mean "kind"?')]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "must hold an object"),
        ("{", "ends too early"),
        ('{"seed": NaN}', "NaN"),
        ('{"seed": 1, "seed": 2}', "seed"),
    ],
)
def test_what_is_no_scenario_at_all_is_told_in_a_sentence(tmp_path, text, words):
    ((_, message, _),) = complaints(tmp_path, text)
    assert words in message


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigInvalid) as caught:
        load_scenario(tmp_path / "no.json", DEVICES)
    assert "there is no file" in caught.value.errors[0].message
