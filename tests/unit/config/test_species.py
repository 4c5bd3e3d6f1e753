"""Presets fill in what the file does not say, and nothing else."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from alimante.config.build import build
from alimante.config.schema import config_schema
from alimante.config.species import Sourced, expand, preset, presets
from hardware.board import GENERIC
from tests.unit.config.texts import errors

PROBE = {"driver": "ds18b20", "wire": "w1"}
HEATER = {
    "driver": "relay",
    "wire": "gpio",
    "active_high": True,
    "role": "heater",
    "safe_value": "off",
}
LAMP = {**HEATER, "pin": 22, "role": "light"}


def document(species="leopard_gecko", *, controllers=None, location=None, **heater):
    return {
        "version": 1,
        "node": {"id": "box"},
        "mqtt": {"host": "localhost"},
        "species": species if isinstance(species, dict) else {"preset": species},
        "location": {"timezone": "Europe/Paris"} | (location or {}),
        "wires": {
            "gpio": {"kind": "gpio", "backend": "sim"},
            "w1": {"kind": "onewire", "backend": "sim"},
            "bus": {"kind": "i2c", "backend": "sim"},
        },
        "devices": {
            "warm_probe": {**PROBE, "address": "28-000000000001", "zone": "warm"},
            "air": {"driver": "sht3x", "wire": "bus", "address": "0x44", "zone": "warm"},
            "heater": {**HEATER, "pin": 17, "zone": "warm", "depends_on": ["warm_probe"], **heater},
            "mister": {**HEATER, "pin": 27, "role": "mister", "zone": "warm", "depends_on": ["air.humidity"]},
            "feeder": {**HEATER, "pin": 23, "role": "feeder"},
            "lamp": LAMP,
        },
        "controllers": controllers
        or {
            "warmth": {"kind": "pid", "sensor": "warm_probe", "heater": "heater"},
            "damp": {"kind": "humidity", "sensor": "air.humidity", "mister": "mister"},
            "light": {"kind": "photoperiod", "outputs": ["lamp"]},
            "meals": {"kind": "feeding", "output": "feeder", "times": ["08:00"], "pulse_s": 2},
        },
    }


def numbers(value):
    """Every number with a source in a preset."""
    if isinstance(value, Sourced):
        yield value
    elif isinstance(value, (BaseModel, dict)):
        for _, inner in value if isinstance(value, BaseModel) else value.items():
            yield from numbers(inner)


def test_the_animals_that_are_kept_most_have_presets():
    assert set(presets()) >= {"mantis", "leopard_gecko", "ball_python", "dart_frog", "bearded_dragon", "crested_gecko"}


@pytest.mark.parametrize("name", presets())
def test_every_number_of_a_preset_has_a_source_that_it_names_and_no_source_stands_there_for_nothing(name):
    found = preset(name)
    used = {number.source for number in numbers(found)} | {found.uv.source}
    assert len(list(numbers(found))) >= 7
    assert used == set(found.sources)


@pytest.mark.parametrize("name", presets())
def test_the_numbers_of_a_preset_are_in_order(name):
    found = preset(name)
    for zone in found.zones.values():
        assert zone.night_c.value <= zone.day_c.value < zone.max_c.value - 1
        assert zone.harm_c is None or zone.max_c.value < zone.harm_c.value
    assert 0 <= found.humidity.low_pct.value < found.humidity.high_pct.value <= 100
    assert 8 <= found.light.winter_h.value <= found.light.summer_h.value <= 16


@pytest.mark.parametrize("name", presets())
def test_a_terrarium_that_says_only_its_animal_is_sound(name):
    built = build(document(name), board=GENERIC)
    assert built.errors == []
    assert built.config is not None
    found = preset(name)
    zone = found.zone("warm", {})
    assert zone is not None
    warmth = built.config.controllers["warmth"]
    assert (warmth.target_c.day, warmth.target_c.night) == (zone.day_c.value, zone.night_c.value)
    assert built.config.devices["heater"].output.limit.max_c == zone.max_c.value
    assert built.config.controllers["damp"].low_pct == found.humidity.low_pct.value
    assert [point.hours for point in built.config.controllers["light"].day_length] == [
        found.light.summer_h.value,
        found.light.winter_h.value,
    ]


def test_what_the_file_says_itself_wins():
    said = {
        "warmth": {"kind": "pid", "sensor": "warm_probe", "heater": "heater", "target_c": 27.5},
        "light": {"kind": "photoperiod", "outputs": ["lamp"], "on": "09:00", "off": "19:00"},
        "meals": {"kind": "feeding", "output": "feeder", "times": ["08:00"], "pulse_s": 2, "every_days": 5},
    }
    built = build(document(controllers=said, limit={"max_c": 33.0}), board=GENERIC)
    assert built.config is not None
    controllers = built.config.controllers
    assert (controllers["warmth"].target_c, controllers["light"].day_length) == (27.5, None)
    assert controllers["meals"].every_days == 5
    assert built.config.devices["heater"].output.limit.max_c == 33.0


def test_a_limit_keeps_what_it_says_beside_the_preset():
    filled = expand(document("crested_gecko", limit={"max_rate_c_per_min": 0.5})).data
    assert filled["devices"]["heater"]["limit"] == {"max_c": 28, "harm_c": 29.4, "max_rate_c_per_min": 0.5}


def test_without_a_photoperiod_the_day_goes_by_the_clock():
    warmth = {"warmth": {"kind": "pid", "sensor": "warm_probe", "heater": "heater"}}
    filled = expand(document("ball_python", controllers=warmth)).data
    target = filled["controllers"]["warmth"]["target_c"]
    assert target == {"day": 32, "night": 24, "day_from": "07:00", "day_to": "19:00"}


def test_of_several_photoperiods_the_one_with_a_plain_lamp_says_when_it_is_day():
    two = {
        "warmth": {"kind": "pid", "sensor": "warm_probe", "heater": "heater"},
        "noon": {"kind": "photoperiod", "outputs": ["mister"], "on": "12:00", "off": "14:00"},
        "light": {"kind": "photoperiod", "outputs": ["lamp"]},
    }
    filled = expand(document("ball_python", controllers=two)).data
    assert filled["controllers"]["warmth"]["target_c"]["follows"] == "light"
    assert build(document("ball_python", controllers=two), board=GENERIC).errors == []


def test_editors_accept_what_a_preset_fills_in():
    assert list(Draft202012Validator(config_schema()).iter_errors(document())) == []


def test_south_of_the_equator_the_longest_day_is_in_december():
    filled = expand(document("leopard_gecko", location={"latitude_deg": -33.9, "longitude_deg": 151.2})).data
    hours = {point["date"]: point["hours"] for point in filled["controllers"]["light"]["day_length"]}
    assert hours == {"06-21": 12, "12-21": 14}


def test_a_zone_may_have_another_name_than_in_the_preset():
    filled = expand(document({"preset": "leopard_gecko", "zones": {"basking": "warm"}}, zone="basking")).data
    assert filled["controllers"]["warmth"]["target_c"]["day"] == 30


def test_a_zone_that_the_preset_does_not_know_gets_nothing_and_the_check_says_what_is_missing():
    built = build(document(zone="attic"), board=GENERIC)
    missing = {problem.path for problem in built.errors}
    assert ("controllers", "warmth", "target_c") in missing


def test_an_unknown_preset_is_told_with_the_one_that_was_meant():
    text = json.dumps(document("lepard_gecko"), indent=1)
    fault = next(fault for fault in errors(text) if fault.pointer == "/species/preset")
    assert fault.hint == 'did you mean "leopard_gecko"?'
    assert '"preset": "lepard_gecko"' in text.splitlines()[fault.line - 1]


def test_an_unknown_zone_of_a_preset_is_told_with_the_one_that_was_meant():
    built = build(document({"preset": "leopard_gecko", "zones": {"basking": "worm"}}), board=GENERIC)
    (problem,) = [problem for problem in built.errors if problem.path[0] == "species"]
    assert (problem.path, problem.hint) == (("species", "zones", "basking"), 'did you mean "warm"?')


def test_a_fault_in_what_was_filled_in_is_told_where_it_was_filled_in():
    text = json.dumps(document("bearded_dragon", limit={"max_c": 36.0}), indent=1)
    fault = next(fault for fault in errors(text) if fault.pointer.startswith("/controllers/warmth"))
    assert '"warmth"' in text.splitlines()[fault.line - 2] + text.splitlines()[fault.line - 1]
    assert "the preset says so" in fault.hint


def test_a_fault_in_what_the_file_says_itself_is_not_put_down_to_the_preset():
    said = {"warmth": {"kind": "pid", "sensor": "warm_probe", "heater": "heater", "target_c": 60.0}}
    (problem,) = build(document("bearded_dragon", controllers=said), board=GENERIC).errors
    assert problem.path == ("controllers", "warmth", "target_c")
    assert "preset" not in problem.hint


def test_the_schema_lists_the_presets():
    schema = config_schema()
    (keys,) = [part for name, part in schema["$defs"].items() if name.endswith("SpeciesKeys")]
    assert keys["properties"]["preset"]["enum"] == list(presets())


def test_without_a_species_nothing_changes():
    plain = {key: value for key, value in document().items() if key != "species"}
    assert expand(plain).data == plain


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kind", "heater", "zone", "limit"]), inner)
    ),
    max_leaves=8,
)


@given(
    junk=JSON,
    key=st.sampled_from(["species", "devices", "controllers", "location"]),
    name=st.sampled_from(["heater", "warmth", "preset", "zones"]),
    is_inner=st.booleans(),
)
def test_expanding_takes_any_document_and_leaves_it_alone(junk, key, name, is_inner):
    data = document()
    data[key] = {**data[key], name: junk} if is_inner else junk
    before = copy.deepcopy(data)
    expand(data)
    assert data == before
