"""What controllers may not say, each with one clear sentence at its place."""

import json
from typing import Any

import pytest

from alimante.config.build import build
from alimante.config.faults import Problem, pointer
from hardware.board import GENERIC

RELAY: dict[str, Any] = {"driver": "relay", "wire": "pins", "active_high": True, "safe_value": "off"}
HEATER: dict[str, Any] = {**RELAY, "role": "heater", "depends_on": ["warm"], "limit": {"max_c": 38.0}}
DOCUMENT: dict[str, Any] = {
    "version": 1,
    "node": {"id": "box"},
    "location": {"timezone": "Europe/Paris"},
    "mqtt": {"host": "localhost"},
    "wires": {
        "pins": {"kind": "gpio", "backend": "sim"},
        "probes": {"kind": "onewire", "backend": "sim"},
        "bus": {"kind": "i2c", "backend": "sim"},
        "pwm": {"kind": "pwm", "backend": "sim"},
    },
    "devices": {
        "warm": {"driver": "ds18b20", "wire": "probes", "address": "28-000000000001"},
        "cold": {"driver": "ds18b20", "wire": "probes", "address": "28-000000000002"},
        "air": {"driver": "sht3x", "wire": "bus", "address": "0x44"},
        "tank": {"driver": "float_switch", "wire": "pins", "pin": 23},
        "heater": {**HEATER, "pin": 17},
        "cooler": {**RELAY, "pin": 22, "role": "cooler"},
        "mister": {**RELAY, "pin": 27, "role": "mister"},
        "lamp": {**RELAY, "pin": 5, "role": "light"},
        "fan": {"driver": "pwm_output", "wire": "pwm", "pin": 12, "role": "fan", "safe_value": 30},
    },
    "groups": {"half": {"members": ["warm", "cold"]}},
}

THERMOSTAT = {"kind": "thermostat", "sensor": "warm", "heater": "heater", "target_c": 28.0}
PID = {"kind": "pid", "sensor": "warm", "heater": "heater", "target_c": 28.0}
HUMIDITY = {"kind": "humidity", "sensor": "air.humidity", "mister": "mister", "low_pct": 60.0}
COOLING = {"kind": "thermostat", "sensor": "warm", "cooler": "cooler", "cool_above_c": 32.0}
LIGHT = {"kind": "photoperiod", "outputs": ["lamp"], "on": "08:00", "off": "20:00"}


def check(devices: dict[str, Any] | None = None, **controllers: Any) -> tuple[list[Problem], list[Problem]]:
    """The errors about controllers, and all warnings."""
    document = json.loads(json.dumps(DOCUMENT))
    document["devices"] |= devices or {}
    document["controllers"] = controllers
    built = build(document, board=GENERIC)
    return [error for error in built.errors if error.path[0] == "controllers"], built.warnings


def only(**controllers: Any) -> tuple[str, str]:
    """Place and sentence of the one error."""
    errors, _ = check(**controllers)
    assert len(errors) == 1, errors
    return pointer(errors[0].path), f"{errors[0].message} ({errors[0].hint})"


@pytest.mark.parametrize("keys", [THERMOSTAT, PID, HUMIDITY, COOLING, THERMOSTAT | COOLING])
def test_sound_controllers_are_sound(keys):
    errors, _ = check(one=keys)
    assert errors == []


@pytest.mark.parametrize(
    ("keys", "place", "sentence"),
    [
        (
            THERMOSTAT | {"sensor": "worm"},
            "/controllers/one/sensor",
            'there is no sensor or group "worm" (did you mean "warm"?)',
        ),
        (
            HUMIDITY | {"sensor": "air"},
            "/controllers/one/sensor",
            'there is no sensor or group "air" (say which channel: air.humidity, air.temperature)',
        ),
        (
            HUMIDITY | {"sensor": "air.temperature"},
            "/controllers/one/sensor",
            "air.temperature measures temperature, and sensor must measure relative humidity in % "
            "(that is measured by air.humidity)",
        ),
        (
            HUMIDITY | {"tank": "warm"},
            "/controllers/one/tank",
            "warm measures temperature, and tank must measure whether there is water, as a float switch does "
            "(that is measured by tank.level_ok)",
        ),
        (
            THERMOSTAT | {"heater": "heather"},
            "/controllers/one/heater",
            'there is no actuator "heather" (did you mean "heater"?)',
        ),
        (
            THERMOSTAT | {"heater": "warm"},
            "/controllers/one/heater",
            "warm is a sensor, and heater must be an actuator (known here: heater)",
        ),
        (
            THERMOSTAT | {"heater": "lamp"},
            "/controllers/one/heater",
            'lamp has the role "light", and "heater" of one must have the role heater (known here: heater)',
        ),
        (
            {"kind": "thermostat", "sensor": "warm"},
            "/controllers/one/heater",
            'one needs "heater" or "cooler", or it has nothing to move ()',
        ),
        (
            {"kind": "thermostat", "sensor": "warm", "heater": "heater"},
            "/controllers/one/target_c",
            'one needs "target_c" for its heater ()',
        ),
        (
            THERMOSTAT | {"cool_above_c": 33.0},
            "/controllers/one/cool_above_c",
            'cool_above_c does nothing without "cooler" (name the cooler)',
        ),
        (
            HUMIDITY | {"fan": "fan", "high_pct": 62.0},
            "/controllers/one/high_pct",
            "it mists up to 60 %, and airs down to 59 %: each would undo the other "
            "(a lower low_pct, or a smaller hysteresis_pct)",
        ),
        (HUMIDITY | {"low_pct": 101.0}, "/controllers/one/low_pct", "low_pct must lie between 0 and 100 % ()"),
        (
            HUMIDITY | {"pulse_s": 40.0},
            "/controllers/one/pulse_s",
            "pulse_s is 40, but mister is on for no longer than 30 s (its limits say so; at most 30)",
        ),
        (
            PID | {"longest_cycle_s": 100.0},
            "/controllers/one/longest_cycle_s",
            "longest_cycle_s is 100, and a cycle of heater may take longer "
            "(a shorter cycle_s, or shorter times on and off of heater)",
        ),
        (
            {"kind": "ventilation", "fan": "fan"},
            "/controllers/one/sensor",
            'one needs "sensor" or "airing", or it has nothing to go by ()',
        ),
        (
            {"kind": "ventilation", "fan": "fan", "airing": {"every_s": 300.0, "for_s": 300.0}},
            "/controllers/one/airing/for_s",
            "for_s must be shorter than every_s ()",
        ),
    ],
)
def test_a_mistake_gets_one_sentence_at_its_place(keys, place, sentence):
    assert only(one=keys) == (place, sentence)


def test_f073_overlapping_heat_and_cold_of_one_thermostat_are_refused():
    place, sentence = only(one=THERMOSTAT | COOLING | {"cool_above_c": 28.5})
    assert place == "/controllers/one/cool_above_c"
    assert sentence.startswith("one heats up to 28.3 °C, and one cools down to 28.2 °C")


def test_f073_overlapping_heat_and_cold_of_two_controllers_are_refused():
    place, sentence = only(warmth=PID, chill=COOLING | {"sensor": "half", "cool_above_c": 28.0})
    assert place == "/controllers/chill/cool_above_c"
    assert sentence.startswith("warmth heats up to 28.5 °C, and chill cools down to 27.7 °C")


def test_heat_and_cold_of_different_places_may_overlap():
    assert check(warmth=PID, chill=COOLING | {"sensor": "cold", "cool_above_c": 25.0})[0] == []


def test_day_is_compared_with_day_and_night_with_night_where_both_have_the_same():
    heat, cold = {"day": 30.0, "night": 24.0}, {"day": 33.0, "night": 27.0}
    assert check(light=LIGHT, one=THERMOSTAT | COOLING | {"target_c": heat, "cool_above_c": cold})[0] == []
    other = {**cold, "day_from": "09:00", "day_to": "21:00"}
    errors, _ = check(light=LIGHT, one=THERMOSTAT | COOLING | {"target_c": heat, "cool_above_c": other})
    assert [error.path[-1] for error in errors] == ["cool_above_c"], (
        "by night it would be cooled to 27 and heated to 30"
    )


@pytest.mark.parametrize(
    ("times", "key", "sentence"),
    [
        ({}, "follows", "it is not said when it is day for target_c"),
        ({"day_from": "08:00"}, "day_to", 'target_c needs "day_to": the day has a beginning and an end'),
        ({"day_from": "08:00", "day_to": "08:00"}, "day_to", "it is never day for target_c"),
        ({"follows": "sun"}, "follows", 'there is no photoperiod "sun"'),
    ],
)
def test_it_must_be_clear_when_it_is_day(times, key, sentence):
    place, said = only(one=THERMOSTAT | {"target_c": {"day": 30.0, "night": 24.0, **times}})
    assert place == f"/controllers/one/target_c/{key}"
    assert said.startswith(sentence)


def test_follows_and_times_exclude_each_other():
    setpoint = {"day": 30.0, "night": 24.0, "follows": "light", "day_from": "08:00", "day_to": "20:00"}
    place, sentence = only(light=LIGHT, one=THERMOSTAT | {"target_c": setpoint})
    assert place == "/controllers/one/target_c/follows"
    assert "exclude each other" in sentence


def test_a_heater_has_one_controller_only():
    place, sentence = only(one=THERMOSTAT, two=PID)
    assert place == "/controllers/two/heater"
    assert sentence.startswith("heater is moved by the controllers one and two")


def test_a_fan_may_have_several():
    assert (
        check(one=HUMIDITY | {"fan": "fan", "high_pct": 85.0}, two={"kind": "ventilation", "fan": "fan", "airing": {}})[
            0
        ]
        == []
    )


def test_a_controller_is_not_named_like_a_device():
    place, sentence = only(heater=THERMOSTAT)
    assert place == "/controllers/heater"
    assert "rename the controller, for example heater_control" in sentence


def test_a_controller_is_not_blamed_for_a_device_that_is_wrong_itself():
    errors, _ = check({"heater": {**HEATER, "pin": "seventeen"}, "warm": {"driver": "ds18b20"}}, one=THERMOSTAT)
    assert errors == []


@pytest.mark.parametrize(
    ("keys", "most_c"),
    [(THERMOSTAT, 37.0), (PID, 37.0), (PID | {"autotune": "once"}, 36.0)],
)
def test_a_target_stays_below_the_heaters_limit(keys, most_c):
    assert check(one=keys | {"target_c": most_c})[0] == []
    place, sentence = only(one=keys | {"target_c": most_c + 0.1})
    assert place == "/controllers/one/target_c"
    assert "below its limit of 38 °C" in sentence
    assert f"at most {most_c:g} °C" in sentence


def test_the_warmest_day_of_the_year_counts_for_the_limit():
    warmest = {"day": 34.0, "night": 24.0, "day_from": "08:00", "day_to": "20:00"}
    summer = {**warmest, "over_year": [{"date": "01-15", "shift": -5.0}, {"date": "07-15", "shift": 4.0}]}
    assert check(one=PID | {"target_c": warmest})[0] == []
    assert "reaches 38 °C" in only(one=PID | {"target_c": summer})[1]


def warned(**controllers: Any) -> list[str]:
    errors, warnings = check(**controllers)
    assert errors == []
    return [pointer(warning.path) for warning in warnings if warning.path[0] == "controllers"]


def test_a_heater_should_depend_on_the_sensor_that_controls_it():
    assert warned(one=PID) == []
    assert warned(one=PID | {"sensor": "half"}) == [], "the group has the sensor"
    assert warned(one=PID | {"sensor": "cold"}) == ["/controllers/one/sensor"]


def test_heat_and_cold_of_one_thermostat_should_be_interlocked():
    assert warned(one=THERMOSTAT | COOLING) == ["/controllers/one/cooler"]


def test_a_pause_that_is_shorter_than_the_misters_rest_is_noticed():
    assert warned(one=HUMIDITY | {"pause_s": 60.0}) == ["/controllers/one/pause_s"]
