"""The servo's driver on the model of the kernel's PWM class."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import FixedPlace, attach_chip, open_driver
from pydantic import ValidationError

from hardware.api import Range, Unit
from hardware.drivers.servo import DRIVER, ServoParams, angle_deg, pulse_s
from hardware.errors import ValueRefused
from hardware.sim.pwm_class import pwm_chip
from hardware.sim.sysfs import SimSysfs

FEEDER = {"pin": 13, "rest_deg": 0.0, "active_deg": 120.0}


@pytest.fixture
def wire() -> SimSysfs:
    return SimSysfs()


@pytest.fixture
def place() -> FixedPlace:
    return FixedPlace()


# TowerPro SG90 data sheet: 1 ms is one end, 1.5 ms the middle, 2 ms the other end.
@pytest.mark.parametrize(("angle", "length_s"), [(0.0, 0.001), (90.0, 0.0015), (180.0, 0.002)])
def test_the_data_sheets_pulses_are_sent(angle: float, length_s: float) -> None:
    params = ServoParams.model_validate(FEEDER)
    assert pulse_s(angle, params) == pytest.approx(length_s, abs=1e-12)
    assert angle_deg(length_s, params) == angle


@given(angle=st.floats(0.0, 180.0), shortest=st.floats(0.5, 1.4), longest=st.floats(1.6, 2.5))
def test_an_angle_survives_its_pulse(angle: float, shortest: float, longest: float) -> None:
    params = ServoParams.model_validate(FEEDER | {"pulse_min_ms": shortest, "pulse_max_ms": longest})
    length_s = pulse_s(angle, params)
    assert shortest / 1000 - 1e-12 <= length_s <= longest / 1000 + 1e-12
    assert angle_deg(length_s, params) == pytest.approx(angle, abs=0.01)


@pytest.mark.parametrize("turned", [FEEDER, FEEDER | {"rest_deg": 150.0, "active_deg": 30.0}])
def test_a_feeder_goes_from_rest_to_active_and_back(
    wire: SimSysfs, place: FixedPlace, turned: dict[str, float]
) -> None:
    attach_chip("servo", wire, turned, place)
    rest, active = turned["rest_deg"], turned["active_deg"]
    servo = open_driver("servo", wire, turned, place, initial=rest)
    seen = [(servo.read_back(), place.acts[-1])]
    for value in (active, (rest + active) / 2, rest):
        servo.write(value)
        seen.append((servo.read_back(), place.acts[-1]))
    assert seen == [(rest, 0.0), (active, 1.0), ((rest + active) / 2, 0.5), (rest, 0.0)]


def test_pulses_come_every_20_ms(wire: SimSysfs, place: FixedPlace) -> None:
    pwm_chip(wire, 0)
    open_driver("servo", wire, FEEDER, place, initial=90.0)
    assert {name: wire.read(f"pwmchip0/pwm1/{name}") for name in ("period", "duty_cycle", "enable")} == {
        "period": "20000000",
        "duty_cycle": "1500000",
        "enable": "1",
    }


def test_a_horn_without_pulses_stays_where_it_is(wire: SimSysfs, place: FixedPlace) -> None:
    attach_chip("servo", wire, FEEDER, place)
    open_driver("servo", wire, FEEDER, place, initial=120.0)
    wire.write("pwmchip0/pwm1/enable", "0")
    assert place.acts[-1] == 1.0


@pytest.mark.parametrize("value", [-0.1, 180.1, float("nan"), float("inf"), float("-inf")])
def test_an_angle_beyond_the_range_is_refused_and_nothing_turns(
    wire: SimSysfs, place: FixedPlace, value: float
) -> None:
    pwm_chip(wire, 0)
    servo = open_driver("servo", wire, FEEDER, place)
    with pytest.raises(ValueRefused, match="180"):
        servo.write(value)
    assert servo.read_back() == 0.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"active_deg": 181.0},
        {"rest_deg": 120.0},
        {"pulse_min_ms": 0.4},
        {"pulse_max_ms": 2.6},
        {"pulse_min_ms": 2.0, "pulse_max_ms": 1.0},
        {"range_deg": 0.0},
        {"pin": 17},
    ],
)
def test_a_wrong_parameter_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        ServoParams.model_validate(FEEDER | wrong)


@pytest.mark.parametrize("missing", ["rest_deg", "active_deg"])
def test_where_it_rests_and_acts_must_be_said(missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        ServoParams.model_validate({key: value for key, value in FEEDER.items() if key != missing})


def test_a_servo_takes_degrees_and_on_is_its_active_angle() -> None:
    params = ServoParams.model_validate(FEEDER | {"rest_deg": 10.0, "range_deg": 270.0})
    assert DRIVER.accepts(params) == Range(0.0, 270.0, Unit.DEGREE, off=10.0, on=120.0)
