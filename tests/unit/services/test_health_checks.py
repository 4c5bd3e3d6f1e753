"""What the built-in checks find in sensors, outputs, wires, groups, the link and the time."""

from types import SimpleNamespace
from typing import Any

import pytest

from alimante.core.events import Level, Quality, ReadingMissed, ReadingTaken
from alimante.core.states import DeviceState
from alimante.policy.belief import Belief, unknown
from alimante.services.health_checks import (
    device_checks,
    disabled_check,
    group_check,
    link_check,
    output_check,
    sensor_check,
    time_check,
)
from tests.unit.fakes import TEMPERATURE, a_sensor, an_actuator

GOOD = Belief(value=25.0, quality=Quality.GOOD, measured_s=100.0)


def state(current: DeviceState, reason: str = "") -> Any:
    return SimpleNamespace(current=current, reason=reason)


def taken(quality: Quality = Quality.GOOD, *reasons: str) -> ReadingTaken:
    return ReadingTaken(
        device="probe",
        channel="temperature",
        value=25.0,
        unit="°C",
        quality=quality,
        reasons=reasons,
        measured_s=100.0,
        seq=1,
    )


def missed(error: str = "NoAnswer", at_s: float = 100.0) -> ReadingMissed:
    return ReadingMissed(
        device="probe", channel="temperature", unit="°C", reason="nobody there", at_s=at_s, seq=1, error=error
    )


def a_handle(current: DeviceState, last: Any = None, *, name: str = "probe", reason: str = "") -> Any:
    latest = {} if last is None else {"temperature": last}
    return SimpleNamespace(
        device=a_sensor(name),
        channels=(TEMPERATURE,),
        latest=latest,
        state=state(current, reason),
        worker=SimpleNamespace(wedged=False),
        deadline_s=2.0,
    )


def find_in_sensor(handle: Any, belief: Belief = GOOD) -> Any:
    return sensor_check(handle, {"probe.temperature": belief}.__getitem__, period_s=5.0).run()


def test_a_sensor_that_answers_well_is_sound():
    assert find_in_sensor(a_handle(DeviceState.ONLINE, taken())).level is Level.CLEAR


def test_of_a_sensor_that_was_never_asked_nothing_is_known():
    assert find_in_sensor(a_handle(DeviceState.UNKNOWN), unknown("never")).level is None


def test_a_sensor_that_does_not_answer_is_critical_with_what_to_do():
    found = find_in_sensor(a_handle(DeviceState.OFFLINE, missed(), reason="nobody there"))
    assert (found.level, found.code, found.evidence) == (Level.CRITICAL, "NoAnswer", 100.0)
    assert "nobody there" in found.text
    assert "i2cdetect" in found.advice


def test_a_reading_that_cannot_be_is_critical_with_its_reason():
    found = find_in_sensor(a_handle(DeviceState.ONLINE, taken(Quality.BAD, "85 °C at power-on")))
    assert (found.level, found.code, found.evidence) == (Level.CRITICAL, "bad_reading", 100.0)
    assert "85 °C" in found.text


@pytest.mark.parametrize(
    ("belief", "level", "code"),
    [
        (unknown("lost for 40 s"), Level.CRITICAL, "lost"),
        (Belief(value=25.0, quality=Quality.SUSPECT, reasons=("stale",)), Level.WARNING, "suspect_reading"),
    ],
)
def test_what_is_no_longer_believed_is_found_whatever_the_last_answer_was(belief, level, code):
    found = find_in_sensor(a_handle(DeviceState.ONLINE, taken()), belief)
    assert (found.level, found.code) == (level, code)
    assert belief.reasons[0] in found.text


@pytest.mark.parametrize(
    ("current", "level"),
    [(DeviceState.UNKNOWN, None), (DeviceState.ONLINE, Level.CLEAR), (DeviceState.OFFLINE, Level.CRITICAL)],
)
def test_an_output_is_as_well_as_its_last_write(current, level):
    handle: Any = SimpleNamespace(device=an_actuator(), state=state(current, "line busy"))
    assert output_check(handle, period_s=5.0).run().level is level


def find_in_wire(*handles: Any, now_s: float = 101.0) -> Any:
    sensors = {handle.device.id: handle for handle in handles}
    checks = device_checks(sensors, {}, believed=lambda name: GOOD, now=lambda: now_s, period_s=5.0)
    return next(check for check in checks if check.component == "i2c").run()


def test_a_wire_is_sound_while_anything_on_it_is_heard():
    online, offline = a_handle(DeviceState.ONLINE, taken()), a_handle(DeviceState.OFFLINE, missed(), name="second")
    assert find_in_wire(online, offline).level is Level.CLEAR


def test_a_wire_with_one_silent_device_is_not_to_blame():
    assert find_in_wire(a_handle(DeviceState.OFFLINE, missed())).level is Level.CLEAR


def test_a_wire_on_which_nobody_of_several_answers_is_to_blame():
    found = find_in_wire(*(a_handle(DeviceState.OFFLINE, missed(), name=name) for name in ("probe", "second")))
    assert (found.level, found.code) == (Level.CRITICAL, "silent")
    assert "SDA" in found.advice


@pytest.mark.parametrize("error", ["WireUnavailable", "WirePermission"])
def test_a_wire_that_cannot_be_used_is_to_blame_even_with_one_device(error):
    found = find_in_wire(a_handle(DeviceState.OFFLINE, missed(error)))
    assert (found.level, found.code) == (Level.CRITICAL, error)
    assert found.advice


def test_a_stuck_wire_is_critical():
    handle = a_handle(DeviceState.ONLINE, taken())
    handle.worker.wedged = True
    assert find_in_wire(handle).code == "WireWedged"


def test_of_a_wire_that_was_not_used_lately_nothing_is_known():
    assert find_in_wire(a_handle(DeviceState.UNKNOWN)).level is None
    assert find_in_wire(a_handle(DeviceState.ONLINE, taken()), now_s=118.0).level is None


def test_a_device_hangs_on_its_wire():
    checks = list(
        device_checks(
            {"probe": a_handle(DeviceState.ONLINE, taken())},
            {"heater": SimpleNamespace(device=an_actuator(), state=None, worker=SimpleNamespace(wedged=False))},
            believed=lambda name: GOOD,
            now=lambda: 0.0,
            period_s=5.0,
        )
    )
    assert [(check.component, check.name, check.parent) for check in checks] == [
        ("probe", "answers", "i2c"),
        ("heater", "answers", "gpio"),
        ("i2c", "wire", ""),
        ("gpio", "wire", ""),
    ]


@pytest.mark.parametrize(
    ("quality", "level"),
    [(Quality.GOOD, Level.CLEAR), (Quality.SUSPECT, Level.WARNING), (Quality.UNKNOWN, Level.CRITICAL)],
)
def test_a_group_is_as_well_as_what_is_believed_of_it(quality, level):
    belief = Belief(value=None, quality=quality, reasons=("too few",))
    assert group_check("warm", lambda name: belief, period_s=5.0).run().level is level


@pytest.mark.parametrize("make", [link_check, time_check])
def test_the_link_and_the_time_are_warnings_and_never_needed(make):
    answers = [True, False]
    check = make(lambda: answers.pop(0), period_s=5.0)
    assert [check.run().level, check.run().level] == [Level.CLEAR, Level.WARNING]
    assert not check.is_critical


def test_a_disabled_device_is_a_warning_with_the_reason():
    check = disabled_check("old_probe", "no module named spidev", period_s=5.0)
    assert check.run().level is Level.WARNING
    assert "spidev" in check.run().text
