"""What a configuration may say of channels, and what it is told when it cannot be."""

import pytest
from texts import errors, load, spoilt

WARM = '"address": "28-000000000001"'


def with_keys(keys):
    return spoilt(WARM, f"{WARM}, {keys}")


def of_channel(keys):
    return with_keys(f'"channels": {{"temperature": {{{keys}}}}}')


def found(text):
    """The pointers and messages below the probe; a heater's own needs are told elsewhere."""
    return [(fault.pointer, fault.message) for fault in errors(text) if fault.pointer.startswith("/devices/warm")]


@pytest.mark.parametrize(
    ("keys", "key", "words"),
    [
        ('"plausible_low": 40, "plausible_high": 30', "plausible_low", "below plausible_high (30)"),
        ('"plausible_high": -10', "plausible_high", "plausible_low (-5) must be below"),
        ('"calibration": [[10, 11], [10, 12]]', "calibration", "must rise"),
        ('"calibration": [[10, 11]]', "calibration", "two points or more; it has 1"),
        ('"calibration": [[10, 11], [20]]', "calibration/1", "two numbers"),
        ('"alarm_low": 25, "alarm_high": 26', "alarm_low", "no alarm could ever end"),
        ('"max_jump": -1', "max_jump", "between 0 and"),
        ('"median_of": 0', "median_of", "between 1 and 99"),
        ('"max_jmp": 1', "max_jmp", "max_jmp"),
    ],
)
def test_a_channel_that_cannot_be_is_told_at_its_key(keys, key, words):
    (problem,) = found(of_channel(keys))
    assert problem[0] == f"/devices/warm/channels/temperature/{key}"
    assert words in problem[1]


def test_a_channel_that_the_chip_has_not_is_told_with_those_that_it_has():
    (problem,) = found(with_keys('"channels": {"humidity": {}}'))
    assert problem == ("/devices/warm/channels/humidity", 'a ds18b20 has no channel "humidity"; it has temperature')


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ('"poll_s": 5.0, "stale_after_s": 5.0', "stale_after_s"),
        ('"stale_after_s": 20.0, "lost_after_s": 20.0', "lost_after_s"),
        ('"stale_after_s": 40.0', "stale_after_s"),
    ],
)
def test_ages_that_no_reading_can_keep_are_errors(keys, key):
    ((pointer, _),) = found(with_keys(keys))
    assert pointer == f"/devices/warm/{key}"


def test_everything_at_once_is_sound():
    keys = (
        '"offset": -0.3, "calibration": [[0, 0.2], [50, 51]], "calibrated_beyond": 5, "plausible_low": 5, '
        '"plausible_high": 50, "max_change": 1, "max_change_s": 20, "max_jump": 0, "settled_after": 2, '
        '"usual_noise": 0.3, "noise_factor": 8, "stuck_after_s": 3600, "stuck_grace_s": 600, "sibling_moved_by": 2, '
        '"identical_after_s": 0, "median_of": 3, "mean_of": 4, "alarm_low": 18, "alarm_high": 34, '
        '"alarm_hysteresis": 1, "note": "measured in ice water"'
    )
    assert found(of_channel(keys)) == []
    assert found(with_keys('"stale_after_s": 20.0, "lost_after_s": 25.0, "max_error_share": 0.5')) == []


def test_an_alarm_that_can_never_be_told_is_a_warning():
    text = of_channel('"alarm_high": 65')
    warnings = [fault for fault in load(text).warnings if fault.pointer.endswith("alarm_high")]
    assert "never be told" in warnings[0].message


def test_warnings_about_readings_need_no_sound_calibration():
    assert found(of_channel('"calibration": [[1]], "alarm_high": 65'))
