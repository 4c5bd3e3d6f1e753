"""What the configuration says about health."""

import json
from typing import Any

from texts import errors, load, spoilt, warnings


def with_health(health: dict[str, Any]) -> str:
    return spoilt('"devices": {', f'"health": {json.dumps(health)}, "devices": {{')


def test_the_numbers_have_defaults():
    keys = load(with_health({})).config.health
    assert (keys.bad_to_warning, keys.bad_to_critical, keys.good_to_recover, keys.dwell_s) == (2, 3, 3, 60.0)
    assert (keys.patience().dwell_s, keys.unknown_after_s, keys.evidence_periods) == (60.0, 60.0, 3.0)


def test_what_is_optional_must_be_there():
    assert not errors(with_health({"optional": ["damp", "i2c"]}))
    (fault,) = errors(with_health({"optional": ["damp", "dmap"]}))
    assert fault.pointer == "/health/optional/1"
    assert fault.hint == 'did you mean "damp"?'


def test_critical_cannot_come_before_a_warning():
    (fault,) = errors(with_health({"bad_to_warning": 5, "bad_to_critical": 2}))
    assert fault.pointer == "/health/bad_to_critical"


def test_an_optional_heater_is_warned_about():
    found = [fault.pointer for fault in warnings(with_health({"optional": ["damp", "heater"]}))]
    assert "/health/optional/1" in found
    assert "/health/optional/0" not in found
