"""A thermometer of another zone feels nothing of a heater."""

from typing import Any

import pytest

from tests.unit.config.test_config_safety_review import AIR, COOL, HEATER, PROBE, built, only, told

NEST = {**COOL, "zone": "nest"}
THIRD = {**PROBE, "address": "28-000000000003"}


def two_zones(*, a_goes_by: str, b_goes_by: str, a_zone: str = "basking", b_zone: str = "nest") -> Any:
    controllers = {
        "one": {"kind": "thermostat", "sensor": a_goes_by, "heater": "heater", "target_c": 30.0},
        "two": {"kind": "pid", "sensor": b_goes_by, "heater": "mat", "target_c": 28.0},
    }
    return built(
        {"zone": "basking", "depends_on": [a_goes_by]},
        warm={"zone": a_zone},
        cool={**COOL, "zone": b_zone},
        mat={**HEATER, "pin": 18, "zone": "nest", "depends_on": [b_goes_by]},
        extra={"controllers": controllers, "location": {"room_c": [20, 24]}},
    )


def test_each_heater_by_the_thermometer_of_its_zone_says_nothing():
    result = two_zones(a_goes_by="warm", b_goes_by="cool")
    assert (told(result.errors), told(result.warnings)) == ([], [])


@pytest.mark.parametrize(
    "result",
    [
        two_zones(a_goes_by="cool", b_goes_by="warm"),
        two_zones(a_goes_by="warm", b_goes_by="cool", a_zone="nest", b_zone="basking"),
    ],
    ids=["named", "placed"],
)
def test_thermometers_of_two_heated_zones_that_are_exchanged_are_refused(result: Any):
    found = dict(told(result.errors))
    assert set(found) == {
        "devices/heater/depends_on/0",
        "devices/mat/depends_on/0",
        "controllers/one/sensor",
        "controllers/two/sensor",
    }
    assert 'heater heats the zone "basking", and ' in found["devices/heater/depends_on/0"]
    assert "in its zone is" in result.errors[0].hint


@pytest.mark.parametrize(
    ("heater", "place"),
    [
        ({"depends_on": ["cool"]}, "devices/heater/depends_on/0"),
        ({"verify": {"sensor": "cool"}}, "devices/heater/verify/sensor"),
        ({"depends_on": ["all"]}, "devices/heater/depends_on/0"),
        ({"depends_on": ["warm"], "verify": {"sensor": "all"}}, "devices/heater/verify/sensor"),
    ],
)
def test_what_a_heater_is_held_against_stands_in_its_zone_every_member_of_a_group(heater: dict[str, Any], place: str):
    groups = {"all": {"members": ["warm", "third", "cool"]}}
    result = built(
        {"zone": "hot", **heater},
        warm={"zone": "hot"},
        third={**THIRD, "zone": "hot"},
        cool=NEST,
        extra={"groups": groups},
    )
    path, message = only(result.errors)
    assert path == place
    assert "it does not feel that heat" in message
    assert "cool" in message


def test_what_is_needed_beside_the_own_thermometer_is_a_warning():
    result = built({"zone": "hot", "depends_on": ["warm", "cool"]}, warm={"zone": "hot"}, cool=NEST)
    assert told(result.errors) == []
    assert only(result.warnings)[0] == "devices/heater/depends_on/1"


@pytest.mark.parametrize(
    ("heater", "warm"), [({}, {"zone": "hot"}), ({"zone": "hot"}, {}), ({"zone": "hot"}, {"zone": "hot"}), ({}, {})]
)
def test_a_zone_that_is_not_said_is_no_mistake(heater: dict[str, Any], warm: dict[str, Any]):
    result = built(heater, warm=warm)
    assert (told(result.errors), told(result.warnings)) == ([], [])


def test_a_humidity_of_another_zone_is_none_of_a_heaters_business():
    damp = {**AIR, "zone": "nest"}
    result = built({"zone": "hot", "depends_on": ["warm", "damp.humidity"]}, warm={"zone": "hot"}, damp=damp)
    assert (told(result.errors), told(result.warnings)) == ([], [])


def test_the_hint_names_nothing_that_stands_elsewhere():
    result = built({"zone": "hot", "depends_on": ["cool"]}, warm={"zone": "hot"}, cool=NEST)
    assert result.errors[0].hint == "in its zone is warm.temperature; or mend the zone that is wrong"
    assert "needed" in built({"zone": "hot", "depends_on": ["cool"]}, warm={"zone": "far"}, cool=NEST).errors[0].hint
