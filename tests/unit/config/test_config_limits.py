"""Whether a heater's faults are found in time, told from the configuration."""

from typing import Any

import pytest

from alimante.config.build import build
from alimante.config.faults import Problem
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
FAN = {**HEATER, "pin": 18, "role": "fan", "depends_on": []}
PROBE = {"driver": "ds18b20", "wire": "w1", "address": "28-000000000001"}


def built(heater: dict[str, Any], probe: dict[str, Any] | None = None, **devices: Any) -> Any:
    without = {key: value for key, value in FAN.items() if key != "limit"}
    return build(
        {
            "version": 1,
            "node": {"id": "test"},
            "mqtt": {"host": "127.0.0.1"},
            "wires": {"pins": {"kind": "gpio", "backend": "sim"}, "w1": {"kind": "onewire", "backend": "sim"}},
            "devices": {"warm": {**PROBE, **(probe or {})}, "heater": {**HEATER, **heater}, "fan": without, **devices},
        },
        board=GENERIC,
    )


def errors(heater: dict[str, Any], probe: dict[str, Any] | None = None, **devices: Any) -> list[Problem]:
    return list(built(heater, probe, **devices).errors)


def test_the_defaults_find_everything_in_time():
    result = built({})
    assert result.config is not None
    assert list(result.errors) == []
    limit = result.config.devices["heater"].output.limit
    assert (limit.harmful_c, limit.ftti_s) == (40.0, 240.0)


def test_a_heater_without_a_limit_is_refused():
    heater = {key: value for key, value in HEATER.items() if key != "limit"}
    (problem,) = [each for each in errors({}, mat={**heater, "pin": 19}) if each.path[:2] == ("devices", "mat")]
    assert problem.path == ("devices", "mat", "limit")
    assert '"max_c"' in problem.hint


def test_a_probe_that_is_read_too_seldom_is_refused_with_a_poll_that_would_do():
    (problem,) = errors({}, {"poll_s": 30.0})
    assert problem.path == ("devices", "warm", "poll_s")
    assert "191 s" in problem.message
    assert problem.hint == "a poll_s of at most 18.1 would do"
    assert errors({}, {"poll_s": 18.1}) == []


def test_a_probe_that_is_believed_for_too_long_is_refused():
    (problem,) = errors({}, {"lost_after_s": 110.0})
    assert problem.path == ("devices", "warm", "lost_after_s")
    assert "at most 109" in problem.hint


def test_a_faster_heater_needs_a_faster_probe():
    fast = {"limit": {"max_c": 36.0, "max_rate_c_per_min": 3.0}}
    (problem,) = errors(fast)
    assert "can do harm 80 s after" in problem.message
    assert problem.hint == "say a lost_after_s of at most 29, and a poll_s well below half of that"
    assert errors(fast, {"lost_after_s": 29.0, "stale_after_s": 15.0}) == []


def test_a_heater_that_is_too_fast_for_any_probe_is_told_so():
    (problem,) = errors({"limit": {"max_c": 36.0, "max_rate_c_per_min": 20.0}})
    assert "weaker heater" in problem.hint


@pytest.mark.parametrize(
    ("heater", "path", "text"),
    [
        ({"limit": {"max_c": 36.0, "harm_c": 36.0}}, ("limit", "harm_c"), "must be above max_c"),
        ({"verify": {"window_min_s": 90.0, "window_max_s": 80.0}}, ("verify", "window_max_s"), "not be below"),
        ({"verify": {"sensor": "worm"}}, ("verify", "sensor"), '"worm"'),
        ({"verify": {"power": "watts"}}, ("verify", "power"), '"watts"'),
        ({"limit": {"max_c": 36.0, "fan": ["fam"]}}, ("limit", "fan", 0), '"fam"'),
        ({"limit": {"max_c": 36.0, "fan": ["heater"]}}, ("limit", "fan", 0), "role fan"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(heater: dict[str, Any], path: tuple[str, ...], text: str):
    (problem,) = errors(heater)
    assert problem.path == ("devices", "heater", *path)
    assert text in problem.message


def test_only_heaters_have_a_limit():
    (problem,) = errors({}, lamp={**FAN, "pin": 20, "role": "light"})
    assert (problem.path, problem.at_key) == (("devices", "lamp", "limit"), True)


def test_a_fan_for_the_heat_may_be_named():
    assert errors({"limit": {"max_c": 36.0, "fan": ["fan"]}}) == []


def warned(heater: dict[str, Any]) -> list[str]:
    return [each.message for each in built(heater).warnings if each.path[:3] == ("devices", "heater", "verify")]


def test_a_check_that_is_switched_off_and_a_coarse_sensor_deserve_a_look():
    assert warned({}) == []
    assert "not noticed" in warned({"verify": {"enabled": False}})[0]
    assert "coarse" in warned({"verify": {"resolution_c": 0.6}})[0]
