"""The schema for editors, and the configurations that are shipped."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from texts import SOUND, errors, spoilt

from alimante.config.devices import _ACTUATOR, _SENSOR
from alimante.config.keys import Node
from alimante.config.load import load
from alimante.config.schema import config_schema
from hardware import registry
from hardware.board import BOARDS
from hardware.sim.settings import PlantSettings

CONFIG = Path(__file__).parents[3] / "config"
SCHEMA = config_schema(PlantSettings)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_committed_schema_is_what_the_code_says():
    committed = (CONFIG / "schema.json").read_text()
    assert committed == json.dumps(SCHEMA, indent=2, ensure_ascii=False) + "\n", (
        "run: alimante schema > config/schema.json"
    )


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", ["alimante", "simulated"])
def test_what_is_shipped_is_sound_for_the_loader_and_for_editors(name: str):
    file = CONFIG / f"{name}.json"
    loaded = load(file, simulation_model=PlantSettings)
    assert loaded.warnings == ()
    assert loaded.config.disabled == {}
    assert list(VALIDATOR.iter_errors(json.loads(loaded.text))) == []


def test_the_simulated_terrarium_is_the_real_one_on_other_wires():
    real, simulated = (json.loads((CONFIG / f"{name}.json").read_text()) for name in ("alimante", "simulated"))
    assert {wire["backend"] for wire in real["wires"].values()} == {"linux"}
    assert {wire["backend"] for wire in simulated["wires"].values()} == {"sim"}
    for config in (real, simulated):
        for wire in config["wires"].values():
            del wire["backend"]
        config.pop("mqtt")
        config.pop("simulation", None)
        del config["location"]["note"]
    assert simulated["location"].pop("clock_is_trusted")  # there is no real time that could be wrong
    assert real == simulated


def test_the_shipped_terrarium_uses_every_kind_of_wire_and_its_zones_are_the_plants():
    config = load(CONFIG / "simulated.json", simulation_model=PlantSettings).config
    assert {wire.kind for wire in config.wires.values()} == {"gpio", "i2c", "onewire", "iio", "hwmon", "pwm"}
    assert {device.zone for device in config.devices.values()} - {None} == set(config.simulation.zones)


def schema_refuses(config: Any) -> bool:
    return bool(list(VALIDATOR.iter_errors(config)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"version": 1', '"version": 2'),
        ('"port"', '"prot"'),
        ("1883", "0"),
        ('"port"', '"embedded": true, "port"'),
        ('    "host": "localhost",\n', ""),
        ('"port"', '"username": "me", "password": "hunter2", "port"'),
        ('"port"', '"password": {"env": "A"}, "port"'),
        ('"port"', '"username": "me", "password": {"env": "A", "file": "b"}, "port"'),
        (', "factory": "lgpio"', ""),
        ('"i2c", "b', '"i2c", "factory": "lgpio", "b'),
        ('"onewire"', '"1wire"'),
        ('"ds18b20"', '"ds18b2O"'),
        ('"active_high"', '"active_hihg"'),
        (', "active_high": true', ""),
        ('"role": "heater"', '"role": "heating"'),
        (', "safe_value": "off"', ""),
        ("5.0", "0.1"),
        ('"warm": {', '"Warm": {'),
        ('"pin": 24', '"pin": 24, "role": "fan"'),
        ('"0x44"', '"0x76"'),
    ],
)
def test_editors_and_the_loader_refuse_the_same(old: str, new: str):
    text = spoilt(old, new)
    assert errors(text)
    assert schema_refuses(json.loads(text))
    assert not schema_refuses(json.loads(SOUND))


def test_every_driver_has_a_title_and_no_key_of_its_own_that_is_common_to_all():
    for name in registry.names():
        assert SCHEMA["$defs"][f"driver_{name}"]["title"]
        assert not (_SENSOR | _ACTUATOR) & set(registry.get(name).params.model_fields)


def undescribed(schema: Any, where: str = "") -> list[str]:
    """Where our own keys lack a description."""
    return [
        f"{where}/{key}"
        for key, value in schema.get("properties", {}).items()
        if "description" not in value and "$ref" not in value
    ]


def test_every_key_of_ours_is_described():
    ours = {name: part for name, part in SCHEMA["$defs"].items() if name.startswith(("configuration_", "wire_"))}
    assert [missing for name, part in {**ours, "": SCHEMA}.items() for missing in undescribed(part, name)] == []


def test_notes_are_allowed_in_every_object_of_fixed_keys():
    parts = [part for part in SCHEMA["$defs"].values() if part.get("additionalProperties") is False]
    assert len(parts) > 20
    assert all("note" in part["properties"] for part in parts)


def test_the_boards_that_can_be_named_are_those_that_are_known():
    assert set(Node.model_json_schema()["properties"]["board"]["enum"]) == {"auto", *BOARDS}
