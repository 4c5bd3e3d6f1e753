"""Configurations that are legal key by key and would leave heat unseen or without a limit."""

from typing import Any

import pytest

from alimante.config.build import build
from hardware.board import GENERIC

HEATER = {
    "driver": "relay",
    "wire": "pins",
    "pin": 17,
    "active_high": True,
    "role": "heater",
    "safe_value": "off",
    "depends_on": ["warm"],
    "limit": {"max_c": 36.0},
}
SWITCH = {key: HEATER[key] for key in ("driver", "wire", "active_high", "safe_value")}
PROBE = {"driver": "ds18b20", "wire": "w1", "address": "28-000000000001"}
AIR = {"driver": "sht3x", "wire": "i2c", "address": "0x44"}
COOL = {**PROBE, "address": "28-000000000002"}


def built(heater: dict[str, Any], *, warm: dict[str, Any] | None = None, extra: Any = None, **devices: Any) -> Any:
    return build(
        {
            "version": 1,
            "node": {"id": "test"},
            "mqtt": {"host": "127.0.0.1"},
            "wires": {
                "pins": {"kind": "gpio", "backend": "sim"},
                "w1": {"kind": "onewire", "backend": "sim"},
                "i2c": {"kind": "i2c", "backend": "sim"},
            },
            "devices": {"warm": {**PROBE, **(warm or {})}, "heater": {**HEATER, **heater}, **devices},
            **(extra or {}),
        },
        board=GENERIC,
    )


def told(problems: Any) -> list[tuple[str, str]]:
    return [("/".join(str(step) for step in problem.path), problem.message) for problem in problems]


def only(problems: Any) -> tuple[str, str]:
    (one,) = told(problems)
    return one


def test_the_sound_configuration_says_nothing():
    result = built({})
    assert (told(result.errors), told(result.warnings)) == ([], [])


@pytest.mark.parametrize(
    ("heater", "place"),
    [
        ({"depends_on": ["air.humidity"]}, "depends_on/0"),
        ({"depends_on": ["air.humidity", "warm"]}, "depends_on/0"),
        ({"verify": {"sensor": "air.humidity"}}, "verify/sensor"),
    ],
)
def test_a_heater_cannot_be_held_against_its_limit_by_a_humidity(heater: dict[str, Any], place: str):
    path, message = only(built(heater, air=AIR).errors)
    assert path == f"devices/heater/{place}"
    assert "which measures humidity" in message


def test_a_humidity_beside_the_temperature_is_fine():
    assert told(built({"depends_on": ["warm", "air.humidity"]}, air=AIR).errors) == []


def test_a_limit_that_no_believed_reading_can_reach_is_refused():
    path, message = only(built({"limit": {"max_c": 58.0}}).errors)
    assert path == "devices/heater/limit/max_c"
    assert "warm.temperature is not believed above 60 °C" in message
    path, _ = only(built({}, warm={"channels": {"temperature": {"plausible_high": 38.0}}}).errors)
    assert path == "devices/heater/limit/max_c"


@pytest.mark.parametrize("said", [{"poll_s": 3600.0}, {"stale_after_s": 900.0, "lost_after_s": 3600.0}])
def test_a_slow_rate_does_not_excuse_a_sensor_that_is_heard_once_an_hour(said: dict[str, float]):
    result = built({"limit": {"max_c": 36.0, "max_rate_c_per_min": 0.005}}, warm=said)
    path, message = only(result.errors)
    assert path == f"devices/warm/{list(said)[-1]}"
    assert "would go on heating for" in message


@pytest.mark.parametrize(
    ("heater", "place", "words"),
    [
        ({"limit": {"max_c": 36.0, "max_rate_c_per_min": 0.005}}, "limit/max_rate_c_per_min", "13.3 hours"),
        ({"limit": {"max_c": 36.0, "harm_c": 55.0}}, "limit/harm_c", "19 °C from max_c"),
        ({"verify": {"equilibrium_c": 20.0}}, "verify/equilibrium_c", "a warning only"),
        ({"limits": {"min_on_s": 3600.0}}, "limits/min_on_s", "although its controller has enough"),
        ({"verify": {"dead_time_s": 900.0}}, "verify", "is found after 1025 s"),
    ],
)
def test_numbers_that_take_the_teeth_out_of_the_watch_are_warned_of(heater: dict[str, Any], place: str, words: str):
    result = built(heater)
    assert told(result.errors) == []
    path, message = only(result.warnings)
    assert path == f"devices/heater/{place}"
    assert words in message


def test_the_role_other_is_no_way_around_every_limit():
    other = {**SWITCH, "pin": 18, "role": "other"}
    path, message = only(built({}, mat=other).warnings)
    assert path == "devices/mat/role"
    assert "nothing limits how long mat is on" in message
    for limited in ({"limits": {"max_on_s": 60.0}}, {"limits": {"quota": {"per_hour_s": 60.0}}}, {"safe_value": "on"}):
        assert told(built({}, mat={**other, **limited}).warnings) == []


def test_a_controller_that_goes_by_another_reading_than_the_limit_is_warned_of():
    warmth = {"warmth": {"kind": "thermostat", "sensor": "cool", "heater": "heater", "target_c": 28.0}}
    result = built({"depends_on": ["warm", "cool"]}, cool=COOL, extra={"controllers": warmth})
    path, message = only(result.warnings)
    assert path == "controllers/warmth/sensor"
    assert "held against warm" in message


def test_a_tolerance_without_end_is_warned_of():
    group = {"air": {"members": ["warm", "cool"], "tolerance": 100.0}}
    result = built({"depends_on": ["air"]}, cool=COOL, extra={"groups": group})
    assert "groups/air/tolerance" in [path for path, _ in told(result.warnings)]
