"""What the configuration may say about clocks, lamps, timetables and feeding, and every mistake in it."""

import json

import pytest

from tests.unit.config.texts import SOUND, errors, load

LAMP = {
    "driver": "relay",
    "wire": "gpio",
    "pin": 22,
    "active_high": True,
    "role": "light",
    "safe_value": "off",
}
PLACE = {"timezone": "Europe/Paris", "latitude_deg": 48.85, "longitude_deg": 2.35}
DAY = {"kind": "photoperiod", "outputs": ["lamp"], "on": "08:00", "off": "20:00"}
TIMER = {"kind": "schedule", "outputs": ["fan"], "intervals": [{"on": "08:00", "off": "09:00", "value": 60}]}
MEALS = {"kind": "feeding", "output": "feeder", "times": ["08:00"], "pulse_s": 2}


def text(*, location=PLACE, **controllers):
    document = json.loads(SOUND)
    document["devices"].pop("heater")
    document["devices"] |= {"lamp": LAMP, "feeder": {**LAMP, "pin": 17, "role": "feeder"}}
    return json.dumps({**document, "location": location, "controllers": controllers}, indent=1)


def told(*, location=PLACE, **controllers):
    """Pointer, message and hint of each error in one line each."""
    found = errors(text(location=location, **controllers))
    return [f"{fault.pointer}: {fault.message} ({fault.hint})" for fault in found]


@pytest.mark.parametrize(
    "controller",
    [
        DAY,
        {**DAY, "on": "20:00", "off": "08:00", "ramp_s": 1800},
        {"kind": "photoperiod", "outputs": ["lamp"], "sun": True},
        {"kind": "photoperiod", "outputs": ["fan"], "day_length": [{"date": "02-29", "hours": 12}], "value": 70},
        TIMER,
        {**TIMER, "otherwise": 30},
        MEALS,
        {**MEALS, "days": ["mon", "thu"], "every_days": 3, "max_per_day": 2},
    ],
)
def test_what_can_be_said(controller):
    assert load(text(part=controller)).config.controllers["part"].kind == controller["kind"]


@pytest.mark.parametrize(
    ("location", "pointer", "words"),
    [
        ({"timezone": "Europe/Pariss"}, "/location/timezone", 'did you mean "Europe/Paris"?'),
        ({"timezone": "paris"}, "/location/timezone", 'did you mean "Europe/Paris"?'),
        ({"timezone": "Europe"}, "/location/timezone", "there is no time zone"),
        ({"timezone": "../../etc/passwd"}, "/location/timezone", "there is no time zone"),
        ({"timezone": "Xq"}, "/location/timezone", "timedatectl"),
        ({"latitude_deg": 48.0}, "/location/longitude_deg", 'a "latitude_deg" needs a "longitude_deg"'),
        ({"longitude_deg": 2.0}, "/location/latitude_deg", 'a "longitude_deg" needs a "latitude_deg"'),
        ({"latitude_deg": 91.0, "longitude_deg": 2.0}, "/location/latitude_deg", "between -90 and 90"),
    ],
)
def test_a_mistake_in_the_place_is_told(location, pointer, words):
    (fault,) = told(location=location)
    assert fault.startswith(pointer)
    assert words in fault


@pytest.mark.parametrize(
    ("controller", "pointer", "words"),
    [
        ({**DAY, "outputs": ["lmap"]}, "/controllers/part/outputs/0", 'did you mean "lamp"?'),
        ({**DAY, "outputs": ["warm"]}, "/controllers/part/outputs/0", "only actuators can be controlled"),
        ({**DAY, "outputs": ["lamp", "lamp"]}, "/controllers/part/outputs/1", "twice"),
        ({**DAY, "outputs": []}, "/controllers/part/outputs", "outputs"),
        ({**DAY, "on": "8:00"}, "/controllers/part/on", "on"),
        ({**DAY, "off": "24:30"}, "/controllers/part/off", "off"),
        ({**DAY, "sun": True}, "/controllers/part", "exactly one of"),
        ({"kind": "photoperiod", "outputs": ["lamp"]}, "/controllers/part", "exactly one of"),
        ({"kind": "photoperiod", "outputs": ["lamp"], "on": "08:00"}, "/controllers/part/on", '"on" needs "off"'),
        ({**DAY, "off": "08:00"}, "/controllers/part/off", "has 24 hours, and max_h allows 16"),
        ({**DAY, "off": "00:30"}, "/controllers/part/off", "has 16.5 hours"),
        ({**DAY, "max_h": 8, "min_h": 9, "off": "12:00"}, "/controllers/part/min_h", "must not be above max_h"),
        ({**DAY, "value": 70}, "/controllers/part/value", "lamp: a switch takes ON or OFF"),
        ({**DAY, "value": "off"}, "/controllers/part/value", "brighter than off"),
        (
            {"kind": "photoperiod", "outputs": ["lamp"], "day_length": [{"date": "06-21", "hours": 18}]},
            "/controllers/part/day_length/0/hours",
            "18 hours of light are more than max_h allows",
        ),
        (
            {"kind": "photoperiod", "outputs": ["lamp"], "day_length": [{"date": "06-31", "hours": 12}]},
            "/controllers/part/day_length/0/date",
            "date",
        ),
        (
            {"kind": "photoperiod", "outputs": ["lamp"], "day_length": [{"date": "06-21", "hours": 12}] * 2},
            "/controllers/part/day_length/1/date",
            "twice",
        ),
        ({**TIMER, "otherwise": 300}, "/controllers/part/otherwise", "fan: 300 is outside 0 to 100"),
        (
            {**TIMER, "intervals": [{"on": "08:00", "off": "08:00"}]},
            "/controllers/part/intervals/0/off",
            '"on": "00:00", "off": "24:00"',
        ),
        (
            {**TIMER, "intervals": [{"on": "08:00", "off": "09:00", "days": ["monday"]}]},
            "/controllers/part/intervals/0/days/0",
            "mon",
        ),
        ({**MEALS, "output": "feder"}, "/controllers/part/output", 'did you mean "feeder"?'),
        ({**MEALS, "times": ["08:00", "08:00"]}, "/controllers/part/times/1", "twice"),
        ({**MEALS, "times": ["24:00"]}, "/controllers/part/times/0", "times"),
        ({**MEALS, "pulse_s": 11}, "/controllers/part/pulse_s", "feeder may be on for 10 s at most"),
        ({**MEALS, "pulse_s": 0}, "/controllers/part/pulse_s", "between 1 and 60"),
        ({**MEALS, "value": "toggle"}, "/controllers/part/value", "feeder: a value is ON, OFF"),
    ],
)
def test_a_mistake_in_a_controller_of_the_clock_is_told_once_at_its_place(controller, pointer, words):
    (fault,) = told(part=controller)
    assert fault.startswith(f"{pointer}:")
    assert words in fault


def test_the_sun_needs_a_place():
    sun = {"kind": "photoperiod", "outputs": ["lamp"], "sun": True}
    (fault,) = told(location={"timezone": "UTC"}, part=sun)
    assert "latitude_deg" in fault


def test_going_by_utc_without_having_said_so_deserves_a_look():
    found = load(text(location={}, part=DAY)).warnings
    assert any("will go by UTC" in fault.message for fault in found)
    assert not any("UTC" in fault.message for fault in load(text(part=DAY)).warnings)


def test_a_heater_as_a_lamp_deserves_a_look():
    found = load(text(part={**DAY, "outputs": ["feeder"]})).warnings
    assert any("role feeder" in fault.message for fault in found)


def test_feedings_that_the_feeder_would_refuse_deserve_a_look():
    found = load(text(part={**MEALS, "times": ["08:00", "12:00"]})).warnings
    assert any("two of these times are 14400 s apart" in fault.message for fault in found)
    found = load(text(part={**MEALS, "times": ["23:00", "04:00"]})).warnings
    assert any("18000 s apart" in fault.message for fault in found)
    assert not load(text(part={**MEALS, "times": ["08:00", "20:00"]})).warnings


def test_more_feedings_than_the_feeder_may_do_in_a_day_deserve_a_look():
    many = {**MEALS, "times": [f"{hour:02d}:00" for hour in range(0, 24, 4)]}
    assert any("4 times a day, and here are 6 times" in fault.message for fault in load(text(part=many)).warnings)
