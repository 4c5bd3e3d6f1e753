"""What the configuration says about outputs, and what is wrong with it."""

import json

import pytest
from texts import SOUND, errors, load, warnings

from alimante.config.model import Role
from alimante.safety.rules import rules_of

RELAY = {"driver": "relay", "wire": "gpio", "active_high": True, "safe_value": "off"}


def changed(*, top=None, heater=None, fan=None, **devices):
    """The sound text with further keys of its heater and fan, and further devices."""
    document = json.loads(SOUND)
    document["devices"]["heater"] |= heater or {}
    document["devices"]["fan"] |= fan or {}
    document["devices"] |= devices
    return json.dumps(document | (top or {}))


def without(key):
    document = json.loads(SOUND)
    del document["devices"]["heater"][key]
    return json.dumps(document)


CUTOFF = {**RELAY, "pin": 27, "role": "cutoff"}
MISTER = {**RELAY, "pin": 22, "role": "mister"}


@pytest.mark.parametrize(
    ("text", "pointer", "words"),
    [
        (without("depends_on"), "/devices/heater/depends_on", "only while its temperature is known"),
        (changed(heater={"depends_on": []}), "/devices/heater/depends_on", "only while its temperature is known"),
        (changed(heater={"depends_on": ["wram"]}), "/devices/heater/depends_on/0", "nothing called"),
        (changed(heater={"depends_on": ["air"]}), "/devices/heater/depends_on/0", "nothing called"),
        (changed(heater={"cutoff": "fan"}), "/devices/heater/cutoff", "role cutoff"),
        (changed(cut=CUTOFF, fan={"cutoff": "cut"}), "/devices/fan/cutoff", "only heaters"),
        (changed(cut={**CUTOFF, "safe_value": "on"}), "/devices/cut/safe_value", "open cutoff"),
        (changed(mister={**MISTER, "safe_value": "on"}), "/devices/mister/safe_value", "for a time only"),
        (changed(heater={"limits": {"max_on_s": 30}}), "/devices/heater/limits/min_on_s", "at least 60 s"),
        (changed(heater={"limits": {"max_power_pct": 50}}), "/devices/heater/limits/max_power_pct", "on or off"),
        (changed(heater={"limits": {"max_on_s": 0}}), "/devices/heater/limits/max_on_s", "above 0"),
        (changed(heater={"lease_s": 2}), "/devices/heater/lease_s", "between 3 and 30"),
        (changed(top={"interlocks": [{"outputs": ["heater", "haeter"]}]}), "/interlocks/0/outputs/1", "no actuator"),
        (changed(top={"interlocks": [{"outputs": ["heater", "heater"]}]}), "/interlocks/0/outputs/1", "twice"),
        (changed(top={"interlocks": [{"outputs": ["heater", "fan"]}]}), "/devices/fan/safe_value", "excludes others"),
        (changed(top={"interlocks": [{"outputs": ["heater"]}]}), "/interlocks/0/outputs", ""),
    ],
)
def test_every_mistake_is_told_once_with_its_place(text, pointer, words):
    (fault,) = errors(text)
    assert fault.pointer == pointer
    assert words in fault.message
    assert words or fault.message


def test_a_name_that_is_meant_is_suggested():
    (fault,) = errors(changed(heater={"depends_on": ["warn"]}))
    assert "warm" in fault.hint


def test_two_cutoffs_of_which_a_heater_names_none_are_a_warning():
    told = warnings(changed(cut=CUTOFF, other={**CUTOFF, "pin": 22}))
    assert any(fault.pointer == "/devices/heater/cutoff" and "names none" in fault.message for fault in told)


def test_a_cutoff_without_heaters_is_a_warning():
    document = json.loads(changed(cut=CUTOFF))
    del document["devices"]["heater"]
    assert any("never closes" in fault.message for fault in warnings(json.dumps(document)))


def rules(text, name):
    config = load(text).config
    return rules_of(config.devices[name], config.references)


def test_limits_follow_from_the_role():
    heater = rules(SOUND, "heater")
    assert (heater.max_on_s, heater.min_on_s, heater.min_off_s) == (14400.0, 60.0, 120.0)
    assert (heater.needs, heater.lease_s, heater.read_back_s) == (("warm.temperature",), 10.0, 2.0)
    assert heater.rated_cycles == 100_000
    mister = rules(changed(mister=MISTER), "mister")
    assert (mister.max_on_s, mister.min_off_s, mister.per_hour_s, mister.per_day_s) == (30.0, 300.0, 300.0, 1200.0)


def test_what_is_said_counts_instead_of_the_role_and_nothing_is_a_number_too():
    limits = {"max_on_s": 7200, "min_on_s": 0, "min_off_s": 0, "quota": {"per_hour_s": 1800, "per_day_count": 3}}
    heater = rules(changed(heater={"limits": limits}), "heater")
    assert (heater.max_on_s, heater.min_on_s, heater.min_off_s) == (7200.0, 0.0, 0.0)
    assert (heater.per_hour_s, heater.per_day_count, heater.is_dated) == (1800.0, 3, True)


def test_the_most_power_is_on_the_scale_of_the_output():
    fan = rules(changed(fan={"limits": {"max_power_pct": 60}}), "fan")
    assert (fan.off, fan.on, fan.most, fan.role) == (0.0, 100.0, 60.0, Role.FAN)
    assert fan.rated_cycles == float("inf")


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_rules(role):
    device = {**RELAY, "pin": 22, "role": role.value}
    if role is Role.HEATER:
        device |= {"depends_on": ["warm"], "limit": {"max_c": 38}}
    found = rules(changed(extra=device), "extra")
    assert found.role is role
    assert found.max_on_s > 0
