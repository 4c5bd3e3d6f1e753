"""Thresholds are held against what their channels can say, against the animal, and against degrees Fahrenheit."""

from typing import Any

import pytest

from alimante.config.species import preset, presets
from tests.unit.config.test_config_safety_review import AIR, COOL, built, only, told

HOT = {"plausible_high": 100.0}


def warmth(**keys: Any) -> dict[str, Any]:
    return {"warmth": {"kind": "thermostat", "sensor": "warm", "heater": "heater", "target_c": 28.0, **keys}}


def with_controller(limit: dict[str, Any] | None = None, **keys: Any) -> Any:
    return built({"limit": limit or {"max_c": 36.0}}, extra={"controllers": warmth(**keys)})


@pytest.mark.parametrize(
    ("result", "place", "hint"),
    [
        (built({"limit": {"max_c": 93.0}}), "devices/heater/limit/max_c", "93 °F are 33.9 °C: is that what is meant?"),
        (built({"limit": {"max_c": 125}}), "devices/heater/limit/max_c", "125 °F are 51.7 °C: is that what is meant?"),
        (
            built({"limit": {"max_c": 36.0, "harm_c": 104.0}}),
            "devices/heater/limit/harm_c",
            "104 °F are 40.0 °C: is that what is meant?",
        ),
        (with_controller(target_c=82.0), "controllers/warmth/target_c", "82 °F are 27.8 °C: is that what is meant?"),
        (
            with_controller(target_c={"day": 86.0, "night": 21.0, "day_from": "08:00", "day_to": "20:00"}),
            "controllers/warmth/target_c/day",
            "86 °F are 30.0 °C: is that what is meant?",
        ),
        (
            built({}, warm={"channels": {"temperature": HOT}}),
            "devices/warm/channels/temperature/plausible_high",
            "100 °F are 37.8 °C: is that what is meant?",
        ),
    ],
)
def test_degrees_fahrenheit_that_let_it_become_hot_are_refused_with_the_converted_number(
    result: Any, place: str, hint: str
):
    assert only(result.errors)[0] == place
    assert result.errors[0].hint == hint


def test_all_that_is_said_in_fahrenheit_is_asked_about_at_once():
    result = built(
        {"limit": {"max_c": 93.0}},
        warm={"channels": {"temperature": {"plausible_high": 96.0}}},
        extra={"controllers": warmth(target_c=82.0)},
    )
    assert len(result.errors) == 3
    assert all("°F are" in problem.hint for problem in result.errors)


@pytest.mark.parametrize(
    ("result", "place"),
    [
        (built({"verify": {"equilibrium_c": 104.0}}), "devices/heater/verify/equilibrium_c"),
        (built({}, extra={"simulation": {"zones": {"warm": {"start_c": 70}}}}), "simulation/zones/warm/start_c"),
        (
            built({}, warm={"channels": {"temperature": {"alarm_high": 90.0}}}),
            "devices/warm/channels/temperature/alarm_high",
        ),
    ],
)
def test_degrees_fahrenheit_that_do_no_harm_are_asked_about_as_well(result: Any, place: str):
    assert told(result.errors) == []
    assert only(result.warnings)[0] == place
    assert "°F are" in result.warnings[0].hint


def test_a_processor_and_a_name_may_end_like_a_temperature():
    monitoring = {"soc_temperature_c": {"warning": 85, "warning_over": 80}}
    result = built({}, stone_c={**COOL, "poll_s": 60.0}, extra={"monitoring": monitoring})
    assert (told(result.errors), told(result.warnings)) == ([], [])


def test_a_probe_that_no_heater_goes_by_may_be_hotter():
    result = built({}, stone={**COOL, "channels": {"temperature": HOT}})
    assert (told(result.errors), told(result.warnings)) == ([], [])


@pytest.mark.parametrize(
    "keys",
    [
        {"calibration": [[0, 0], [20, 20.5]], "calibrated_beyond": 10},
        {"calibration": [[0, 2], [50, 35]], "calibrated_beyond": 0},
        {"plausible_high": 38.0},
    ],
)
def test_a_limit_that_the_corrected_channel_can_never_say_is_refused(keys: dict[str, Any]):
    found = told(built({}, warm={"channels": {"temperature": keys}}).errors)
    assert [message for path, message in found if path == "devices/heater/limit/max_c"]
    assert "is not believed above" in found[-1][1]


def test_a_target_that_its_own_sensor_can_never_say_is_refused():
    cool = {**COOL, "channels": {"temperature": {"plausible_high": 25.0}}}
    result = built({"depends_on": ["warm", "cool"]}, cool=cool, extra={"controllers": warmth(sensor="cool")})
    assert only(result.errors)[0] == "controllers/warmth/target_c"
    assert "not believed above 25 °C" in result.errors[0].message


def test_a_humidity_that_its_sensor_can_never_say_is_a_warning():
    air = {**AIR, "channels": {"humidity": {"calibration": [[20, 20], [70, 69]], "calibrated_beyond": 5}}}
    fan = {"driver": "relay", "wire": "pins", "pin": 20, "active_high": True, "role": "fan", "safe_value": "off"}
    damp = {"kind": "humidity", "sensor": "air.humidity", "fan": "fan", "high_pct": 80.0}
    result = built({}, air=air, fan=fan, extra={"controllers": {"damp": damp}})
    assert told(result.errors) == []
    assert only(result.warnings)[0] == "controllers/damp/high_pct"


GECKO = {"species": {"preset": "crested_gecko"}}


@pytest.mark.parametrize(
    ("limit", "errors", "warnings"),
    [
        ({"max_c": 28.0, "harm_c": 29.4}, [], []),
        ({"max_c": 27.0}, [], []),
        ({"max_c": 29.0}, [], ["max_c"]),
        ({"max_c": 29.4}, ["max_c"], []),
        ({"max_c": 36.0}, ["max_c"], []),
        ({"max_c": 28.0, "harm_c": 33.0}, [], ["harm_c"]),
    ],
)
def test_a_limit_is_held_against_the_animal(limit: dict[str, float], errors: list[str], warnings: list[str]):
    result = built({"limit": limit, "zone": "air"}, extra=GECKO)
    assert [problem.path[-1] for problem in result.errors] == errors
    assert [problem.path[-1] for problem in result.warnings if "crested gecko" in problem.message] == warnings


def test_targets_and_alarms_are_held_against_the_animal():
    warm = {"zone": "air", "channels": {"temperature": {"alarm_high": 31.0}}}
    heater = {"limit": {"max_c": 28.0}, "zone": "air"}
    cooler = {"driver": "relay", "wire": "pins", "pin": 20, "active_high": True, "role": "cooler", "safe_value": "off"}
    keys = {"kind": "thermostat", "sensor": "warm", "cooler": "cooler", "cool_above_c": 31.0}
    result = built(heater, warm=warm, cooler=cooler, extra={**GECKO, "controllers": {"cold": keys}})
    assert only(result.errors)[0] == "controllers/cold/cool_above_c"
    assert only(result.warnings)[0] == "devices/warm/channels/temperature/alarm_high"


@pytest.mark.parametrize("name", list(presets()))
def test_of_a_zone_that_the_preset_does_not_know_its_warmest_zone_counts(name: str):
    warmest_c = max(zone.max_c.value for zone in preset(name).zones.values())
    for zone in ({}, {"zone": "anywhere"}):
        heater = {"limit": {"max_c": warmest_c + 4.0}, **zone}
        assert only(built(heater, extra={"species": {"preset": name}}).errors)[0] == "devices/heater/limit/max_c"
