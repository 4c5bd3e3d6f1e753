"""Whatever stands in the file: a configuration or its faults, and nothing else."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from texts import SOUND

from alimante.config.faults import ConfigInvalid, Fault
from alimante.config.load import Loaded, load_bytes
from hardware.board import BOARDS
from hardware.sim.settings import PlantSettings

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(
        ["off", "on", "relay", "gpio", "sim", "linux", "0x44", "heater", "5", "\ud800", "\0", 10**400, 1e308]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["version", "node", "mqtt", "wires", "devices", "simulation", "note", "password", "host", "embedded", "kind"]
) | st.sampled_from(
    [
        "driver",
        "wire",
        "pin",
        "address",
        "role",
        "safe_value",
        "poll_s",
        "backend",
        "factory",
        "inputs",
        "board",
        "channel",
    ]
)


def told(data: bytes) -> Loaded | None:
    """Load, and look closely at the faults."""
    loaded = None
    try:
        loaded = load_bytes(data, board=BOARDS["pi-5"], simulation_model=PlantSettings)
    except ConfigInvalid as caught:
        invalid = caught
    assert loaded or invalid.errors
    for fault in loaded.warnings if loaded else (*invalid.errors, *invalid.warnings):
        well_formed(fault, data)
    return loaded


def well_formed(fault: Fault, data: bytes) -> None:
    assert fault.message
    json.dumps([fault.message, fault.hint, fault.pointer]).encode()
    fault.message.encode()
    assert fault.line >= 1
    assert fault.column >= 1
    assert fault.line <= data.count(b"\n") + 1
    assert "\n" not in fault.message + fault.hint


@given(st.binary(max_size=200))
def test_any_bytes(data):
    assert told(data) is None


@given(JSON)
def test_any_json(value):
    told(json.dumps(value).encode())


@given(st.integers(0, len(SOUND)), st.integers(0, 30), st.binary(max_size=4))
def test_a_sound_text_with_a_piece_replaced(at, length, piece):
    text = SOUND.encode()
    told(text[:at] + piece + text[at + length :])


def containers(value: Any) -> list[Any]:
    if not isinstance(value, (dict, list)):
        return []
    below = value.values() if isinstance(value, dict) else value
    return [value, *(found for child in below for found in containers(child))]


@given(st.data())
def test_a_sound_configuration_with_values_replaced_removed_and_added(data):
    config = json.loads(SOUND)
    config["devices"]["probes"] = {
        "driver": "ads1115",
        "wire": "i2c",
        "address": "0x48",
        "inputs": {"soil": {"input": 1, "unit": "%", "calibration": {"kind": "table", "points": [[1, 100], [3, 0]]}}},
    }
    config["simulation"] = {"zones": {"warm": {"volume_m3": 0.1}}, "loads": {"heater": {"heat_w": 40}}}
    for _ in range(data.draw(st.integers(1, 3))):
        box = data.draw(st.sampled_from(containers(config)))
        keys = list(box) if isinstance(box, dict) else list(range(len(box)))
        if isinstance(box, dict) and data.draw(st.booleans()):
            box[data.draw(KEYS)] = data.draw(JSON)
        elif keys and data.draw(st.booleans()):
            del box[data.draw(st.sampled_from(keys))]
        elif keys:
            box[data.draw(st.sampled_from(keys))] = data.draw(JSON)
    told(json.dumps(config, indent=data.draw(st.sampled_from([None, 1]))).encode())
