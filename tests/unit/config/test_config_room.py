"""What is said of the room around the enclosure, and what a probe that drifts could do in it."""

from typing import Any

import pytest

from alimante.safety.watch import room_of
from tests.unit.config.test_config_safety_review import AIR, COOL, PROBE, built, only, told
from tests.unit.config.texts import errors, spoilt, warnings

OUTSIDE = {**COOL, "role": "ambient"}
WIDE = {"location": {"room_c": [12, 30]}}


def heated(target_c: Any, room_c: list[float] | None = None, *, kind: str = "thermostat", **devices: Any) -> Any:
    """A heater with a controller in a room; without `room_c` nothing is said of that."""
    controllers = {"warmth": {"kind": kind, "sensor": "warm", "heater": "heater", "target_c": target_c}}
    location = {} if room_c is None else {"location": {"room_c": room_c}}
    return built({}, extra={"controllers": controllers, **location}, **devices)


# The limits of the room.


def test_without_a_word_the_room_is_between_12_and_30():
    limits = room_of(heated(28.0, [12, 30]).config)
    assert room_of(built({}).config) == limits
    assert (limits.low_c, limits.high_c, limits.sensor) == (12.0, 30.0, "")


def test_the_coldest_room_comes_first():
    result = built({}, extra={"location": {"room_c": [26, 18]}})
    assert only(result.errors) == ("location/room_c", "the coldest room comes first: 26 °C is not below 18 °C")
    assert result.errors[0].hint == "say [18, 26]"


def test_a_room_that_never_changes_is_refused_without_a_hint_that_would_not_help():
    result = built({}, extra={"location": {"room_c": [20, 20]}})
    assert only(result.errors)[0] == "location/room_c"
    assert result.errors[0].hint == ""


@pytest.mark.parametrize("room_c", [[18], [18, 20, 22], [-41, 20], [18, 61], ["cold", 20], 20, None])
def test_a_room_that_is_no_pair_of_temperatures_is_refused_at_its_place(room_c: Any):
    result = built({}, extra={"location": {"room_c": room_c}})
    assert result.config is None
    assert all(place.startswith("location/room_c") for place, _ in told(result.errors))


def test_the_place_is_that_of_the_pair_in_the_file():
    text = spoilt('"node": {', '"location": {"room_c": [26, 18]},\n  "node": {')
    (fault,) = errors(text)
    assert fault.pointer == "/location/room_c"
    assert (fault.line, fault.column) == (3, 26)


def test_a_pair_of_one_is_said_to_be_too_short():
    result = built({}, extra={"location": {"room_c": [18]}})
    assert only(result.errors) == ("location/room_c", "room_c is too short: it needs a value number 2")


# A sensor in the room.


def test_a_thermometer_in_the_room_is_what_the_room_is_known_by():
    result = built({}, outside=OUTSIDE)
    assert (told(result.errors), told(result.warnings)) == ([], [])
    assert room_of(result.config).sensor == "outside.temperature"


def test_of_a_sensor_that_measures_more_the_temperature_counts():
    result = built({}, outside={**AIR, "role": "ambient"})
    assert told(result.errors) == []
    assert room_of(result.config).sensor == "outside.temperature"


def test_what_measures_no_temperature_says_nothing_of_the_room():
    result = built({}, meter={"driver": "bh1750", "wire": "i2c", "address": "0x23", "role": "ambient"})
    place, message = only(result.errors)
    assert place == "devices/meter/role"
    assert message == "meter does not measure a temperature, so it says nothing of the room"
    assert result.errors[0].hint == 'only a thermometer is "ambient"'


def test_one_sensor_in_the_room_is_enough():
    third = {**PROBE, "address": "28-000000000003", "role": "ambient"}
    result = built({}, outside=OUTSIDE, hall=third)
    place, message = only(result.errors)
    assert place == "devices/hall/role"
    assert "hall and outside are both in the room" in message
    assert result.errors[0].hint == "remove the role of one of them"


@pytest.mark.parametrize(
    ("needs", "groups"),
    [(["outside"], {}), (["warm", "outside"], {}), (["both"], {"both": {"members": ["warm", "outside"]}})],
    ids=["only", "beside", "in a group"],
)
def test_no_heater_goes_by_the_sensor_in_the_room(needs: list[str], groups: Any):
    result = built({"depends_on": needs}, outside=OUTSIDE, extra={"groups": groups})
    found = [problem for problem in result.errors if problem.path == ("devices", "outside", "role")]
    assert told(found) == [
        ("devices/outside/role", "heater goes by outside, which is in the room and does not feel its heat")
    ]
    assert found[0].hint == "name a thermometer of its own zone"


def test_the_sensor_in_the_room_may_be_shown_and_used_by_what_does_not_heat():
    fan = {"driver": "relay", "wire": "pins", "pin": 27, "active_high": True, "role": "fan", "safe_value": "off"}
    result = built({}, outside=OUTSIDE, fan={**fan, "depends_on": ["outside"]})
    assert told(result.errors) == []


# What one probe could do.


@pytest.mark.parametrize("kind", ["thermostat", "pid"])
def test_a_room_so_wide_that_a_drift_could_do_harm_is_warned_of_with_the_arithmetic(kind: str):
    result = heated(30.0, [12, 30], kind=kind)
    assert told(result.errors) == []
    place, message = only(result.warnings)
    assert place == "devices/heater"
    assert "looks like a room of 12 °C" in message
    assert "in one of 30 °C the zone is then at 48 °C" in message
    assert "40 °C do harm" in message
    assert "location.room_c" in result.warnings[0].hint
    assert '"role": "ambient"' in result.warnings[0].hint


def test_the_same_is_said_where_nothing_was_said_of_the_room():
    assert told(heated(30.0).warnings) == told(heated(30.0, [12, 30]).warnings)


@pytest.mark.parametrize(("high_c", "is_warned"), [(27.9, False), (28.0, True), (29.0, True)])
def test_the_warning_begins_where_harm_begins(high_c: float, is_warned: bool):
    """Harm begins at 40 °C: from 30 °C that is a room of 10 °C more than the coldest."""
    assert bool(told(heated(30.0, [18, high_c]).warnings)) is is_warned


def test_the_highest_target_of_the_day_counts():
    by_day = {"day": 30.0, "night": 24.0, "follows": "daylight"}
    daylight = {"kind": "photoperiod", "outputs": ["lamp"], "on": "08:00", "off": "20:00"}
    lamp = {"driver": "relay", "wire": "pins", "pin": 27, "active_high": True, "role": "light", "safe_value": "off"}
    warmth = {"kind": "thermostat", "sensor": "warm", "heater": "heater", "target_c": by_day}
    more = {"controllers": {"daylight": daylight, "warmth": warmth}, "location": {"room_c": [18, 29]}}
    result = built({}, lamp=lamp, extra=more)
    assert told(result.errors) == []
    (message,) = [message for place, message in told(result.warnings) if place == "devices/heater"]
    assert "the zone is then at 41 °C" in message


def test_with_a_sensor_in_the_room_nothing_is_warned_of():
    assert told(heated(30.0, [12, 30], outside=OUTSIDE).warnings) == []


def test_two_thermometers_tell_a_drift_by_themselves():
    controllers = {"warmth": {"kind": "thermostat", "sensor": "two", "heater": "heater", "target_c": 30.0}}
    result = built(
        {"depends_on": ["two"]},
        third={**PROBE, "address": "28-000000000003"},
        extra={"groups": {"two": {"members": ["warm", "third"]}}, "controllers": controllers, **WIDE},
    )
    assert told(result.errors) == []
    assert [place for place, _ in told(result.warnings) if place == "devices/heater"] == []


def test_a_heater_without_a_controller_has_no_target_to_drift_from():
    assert told(built({}, extra=WIDE).warnings) == []


def test_a_room_that_is_wrong_by_itself_is_no_ground_for_more_words():
    assert told(heated(30.0, [30, 12]).warnings) == []


def test_the_sound_text_says_nothing_of_the_room():
    assert warnings(spoilt('"node": {', '"location": {"room_c": [18, 24]},\n  "node": {')) == ()
