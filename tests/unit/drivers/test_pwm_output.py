"""The PWM output's driver on the model of the kernel's PWM class."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import FixedPlace, attach_chip, open_driver
from pydantic import ValidationError

from hardware.api import Range, Unit
from hardware.drivers.pwm_output import DRIVER, PwmOutputParams
from hardware.errors import NoAnswer, TransferError, ValueRefused, WireUnavailable
from hardware.sim.pwm_class import pwm_chip
from hardware.sim.sysfs import SimSysfs

LIGHT = {"pin": 18}


@pytest.fixture
def wire() -> SimSysfs:
    return SimSysfs()


@pytest.fixture
def place() -> FixedPlace:
    return FixedPlace()


@pytest.mark.parametrize("inverted", [False, True])
def test_a_light_shines_as_it_is_dimmed(wire: SimSysfs, place: FixedPlace, inverted: bool) -> None:
    params = LIGHT | {"inverted": inverted}
    attach_chip("pwm_output", wire, params, place)
    light = open_driver("pwm_output", wire, params, place, initial=25.0)
    seen = [(light.read_back(), place.acts[-1])]
    for value in (0.0, 100.0, 12.5):
        light.write(value)
        seen.append((light.read_back(), place.acts[-1]))
    assert seen == [(25.0, 0.25), (0.0, 0.0), (100.0, 1.0), (12.5, 0.125)]


def test_a_light_that_was_left_on_does_not_blink_when_it_is_taken_over(wire: SimSysfs, place: FixedPlace) -> None:
    pwm_chip(wire, 0)
    open_driver("pwm_output", wire, LIGHT, place, initial=80.0).close()
    attach_chip("pwm_output", wire, LIGHT, place)
    open_driver("pwm_output", wire, LIGHT, place, initial=80.0)
    assert set(place.acts) == {0.8}


def test_an_inverted_load_is_at_full_power_until_it_is_opened(wire: SimSysfs, place: FixedPlace) -> None:
    attach_chip("pwm_output", wire, LIGHT | {"inverted": True}, place)
    assert place.acts == [1.0]
    open_driver("pwm_output", wire, LIGHT | {"inverted": True}, place)
    assert place.acts[-1] == 0.0


@pytest.mark.parametrize(("pin", "channel"), [(12, 0), (18, 0), (13, 1), (19, 1)])
def test_a_pin_has_the_channel_that_it_has_on_pi_0_to_4(
    wire: SimSysfs, place: FixedPlace, pin: int, channel: int
) -> None:
    pwm_chip(wire, 0)
    open_driver("pwm_output", wire, {"pin": pin}, place)
    assert f"pwm{channel}" in wire.list("pwmchip0")


def test_chip_and_channel_can_be_said_for_other_boards(wire: SimSysfs, place: FixedPlace) -> None:
    params = {"pin": 19, "chip": 2, "channel": 3, "frequency_hz": 25_000}
    attach_chip("pwm_output", wire, params, place)
    open_driver("pwm_output", wire, params, place, initial=50.0)
    assert wire.read("pwmchip2/pwm3/period") == "40000"
    assert place.acts[-1] == 0.5


@pytest.mark.parametrize("value", [-0.01, 100.01, float("nan"), float("inf"), float("-inf")])
def test_what_is_no_percentage_is_refused_and_changes_nothing(wire: SimSysfs, place: FixedPlace, value: float) -> None:
    pwm_chip(wire, 0)
    light = open_driver("pwm_output", wire, LIGHT, place, initial=40.0)
    with pytest.raises(ValueRefused):
        light.write(value)
    assert light.read_back() == 40.0


@given(value=st.floats(0.0, 100.0), frequency_hz=st.floats(1.0, 25_000.0), inverted=st.booleans())
def test_every_percentage_reads_back_within_a_hundredth(value: float, frequency_hz: float, inverted: bool) -> None:
    wire, place = SimSysfs(), FixedPlace()
    pwm_chip(wire, 0)
    params = LIGHT | {"frequency_hz": frequency_hz, "inverted": inverted}
    light = open_driver("pwm_output", wire, params, place)
    light.write(value)
    assert light.read_back() == pytest.approx(value, abs=0.01)


def test_a_channel_that_somebody_disabled_reads_back_as_off(wire: SimSysfs, place: FixedPlace) -> None:
    pwm_chip(wire, 0)
    light = open_driver("pwm_output", wire, LIGHT, place, initial=40.0)
    wire.write("pwmchip0/pwm0/enable", "0")
    assert light.read_back() == 0.0


def test_a_board_without_the_overlay_is_told_so(wire: SimSysfs, place: FixedPlace) -> None:
    with pytest.raises(WireUnavailable, match="overlay"):
        open_driver("pwm_output", wire, LIGHT, place)


def test_an_error_of_the_kernel_passes_through(wire: SimSysfs, place: FixedPlace) -> None:
    def fail(text: str) -> None:
        raise TransferError("pwmchip0/pwm0/duty_cycle: Input/output error")

    pwm_chip(wire, 0)
    light = open_driver("pwm_output", wire, LIGHT, place)
    wire.add("pwmchip0/pwm0/duty_cycle", read="0", write=fail)
    with pytest.raises(TransferError):
        light.write(50.0)
    light.close()


@pytest.mark.parametrize(
    "wrong", [{"pin": 17}, {"frequency_hz": 25_001.0}, {"frequency_hz": 0.5}, {"chip": -1}, {"channel": -1}]
)
def test_a_wrong_parameter_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PwmOutputParams.model_validate(LIGHT | wrong)


def test_a_pwm_output_takes_percent() -> None:
    assert DRIVER.accepts(PwmOutputParams.model_validate(LIGHT)) == Range(0.0, 100.0, Unit.PERCENT, off=0.0, on=100.0)


def no_descriptor() -> None:
    raise TransferError("Too many open files")


@pytest.mark.parametrize("inverted", [False, True])
def test_f166_off_and_its_read_back_need_no_new_descriptor(wire: SimSysfs, place: FixedPlace, inverted: bool) -> None:
    params = LIGHT | {"inverted": inverted}
    attach_chip("pwm_output", wire, params, place)
    light = open_driver("pwm_output", wire, params, place, initial=100.0)
    wire.refuse_to_open(no_descriptor)
    light.write(0.0)
    assert (light.read_back(), place.acts[-1]) == (0.0, 0.0)


def test_f166_a_second_opening_needs_no_new_descriptor(wire: SimSysfs, place: FixedPlace) -> None:
    attach_chip("pwm_output", wire, LIGHT, place)
    open_driver("pwm_output", wire, LIGHT, place, initial=100.0).close()
    wire.refuse_to_open(no_descriptor)
    light = open_driver("pwm_output", wire, LIGHT, place, initial=0.0)
    assert (light.read_back(), place.acts[-1]) == (0.0, 0.0)


def test_a_channel_that_somebody_exports_anew_is_written_again(wire: SimSysfs, place: FixedPlace) -> None:
    attach_chip("pwm_output", wire, LIGHT, place)
    light = open_driver("pwm_output", wire, LIGHT, place, initial=100.0)
    wire.write("pwmchip0/unexport", "0")
    with pytest.raises(NoAnswer):
        light.write(0.0)
    wire.write("pwmchip0/export", "0")
    light.write(0.0)
    assert (light.read_back(), place.acts[-1]) == (0.0, 0.0)
