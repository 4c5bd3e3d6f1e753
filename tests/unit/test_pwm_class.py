"""The kernel's rules for a PWM chip, and how a channel gets along with them."""

import pytest

from hardware.bus.pwm import PwmChannel
from hardware.errors import DeviceError, LineBusy, NoAnswer, ValueRefused, WirePermission, WireUnavailable
from hardware.sim.pwm_class import SimPwmChip, pwm_chip
from hardware.sim.sysfs import SimSysfs

PWM1 = "pwmchip0/pwm1"


@pytest.fixture
def tree() -> SimSysfs:
    return SimSysfs()


@pytest.fixture
def chip(tree: SimSysfs) -> SimPwmChip:
    return pwm_chip(tree, 0)


@pytest.fixture
def exported(tree: SimSysfs, chip: SimPwmChip) -> SimSysfs:
    tree.write("pwmchip0/export", "1")
    return tree


def start(tree: SimSysfs, *, channel: int = 1, slept: list[float] | None = None) -> PwmChannel:
    pwm = PwmChannel(tree, chip=0, channel=channel)
    pwm.start(period_s=0.001, pulse_s=0.0005, sleep=(slept if slept is not None else []).append)
    return pwm


def test_exporting_makes_the_channels_folder_and_unexporting_takes_it(exported: SimSysfs) -> None:
    assert exported.list("pwmchip0") == ["export", "npwm", "pwm1", "unexport"]
    assert exported.list(PWM1) == ["duty_cycle", "enable", "period", "polarity"]
    exported.write("pwmchip0/unexport", "1")
    assert exported.list("pwmchip0") == ["export", "npwm", "unexport"]


@pytest.mark.parametrize(
    ("file", "text", "meaning"),
    [
        ("pwmchip0/export", "1", LineBusy),
        ("pwmchip0/export", "4", NoAnswer),
        ("pwmchip0/export", "x", ValueRefused),
        ("pwmchip0/unexport", "0", NoAnswer),
        (f"{PWM1}/period", "0", ValueRefused),
        (f"{PWM1}/period", "499999", ValueRefused),
        (f"{PWM1}/duty_cycle", "1000001", ValueRefused),
        (f"{PWM1}/duty_cycle", "-1", ValueRefused),
        (f"{PWM1}/enable", "2", ValueRefused),
        (f"{PWM1}/polarity", "reversed", ValueRefused),
        (f"{PWM1}/polarity", "inversed", LineBusy),
    ],
)
def test_the_kernel_refuses(exported: SimSysfs, file: str, text: str, meaning: type[DeviceError]) -> None:
    for name, value in (("period", "1000000"), ("duty_cycle", "500000"), ("enable", "1")):
        exported.write(f"{PWM1}/{name}", value)
    with pytest.raises(meaning):
        exported.write(file, text)
    assert (exported.read(f"{PWM1}/period"), exported.read(f"{PWM1}/duty_cycle")) == ("1000000", "500000")


@pytest.mark.parametrize(("name", "text"), [("duty_cycle", "0"), ("enable", "1"), ("polarity", "inversed")])
def test_a_fresh_channel_takes_nothing_before_its_period(exported: SimSysfs, name: str, text: str) -> None:
    with pytest.raises(ValueRefused):
        exported.write(f"{PWM1}/{name}", text)


def test_export_cannot_be_read(exported: SimSysfs) -> None:
    with pytest.raises(WirePermission):
        exported.read("pwmchip0/export")


def test_the_far_side_hears_the_present_state_and_every_change(tree: SimSysfs, chip: SimPwmChip) -> None:
    heard: list[tuple[int, float, float, bool]] = []
    chip.on_change(1, lambda *state: heard.append(state))
    start(tree).put(0.00025)
    start(tree, channel=0)
    assert heard == [
        (1, 0.0, 0.0, False),
        (1, 0.0, 0.001, False),
        (1, 0.0, 0.001, False),
        (1, 0.5, 0.001, True),
        (1, 0.25, 0.001, True),
    ]


def test_an_inversed_channel_is_high_for_the_rest_of_the_period(exported: SimSysfs, chip: SimPwmChip) -> None:
    for name, text in (("period", "100"), ("duty_cycle", "25"), ("polarity", "inversed"), ("enable", "1")):
        exported.write(f"{PWM1}/{name}", text)
    heard: list[float] = []
    chip.on_change(1, lambda channel, fraction, period_s, enabled: heard.append(fraction))
    assert heard == [0.75]


def test_a_channel_that_a_kernel_driver_holds_is_busy(tree: SimSysfs, chip: SimPwmChip) -> None:
    chip.hold(1)
    with pytest.raises(LineBusy, match=r"chip 0, channel 1.*kernel"):
        start(tree)


def test_a_channel_that_the_chip_lacks_is_not_there(tree: SimSysfs, chip: SimPwmChip) -> None:
    with pytest.raises(WireUnavailable, match="channel 4"):
        start(tree, channel=4)


def test_a_channel_that_a_dead_process_left_running_is_taken_over(tree: SimSysfs, chip: SimPwmChip) -> None:
    start(tree).put(0.001)
    heard: list[float] = []
    chip.on_change(1, lambda channel, fraction, period_s, enabled: heard.append(fraction))
    assert start(tree).pulse_s() == 0.0005
    assert set(heard) == {1.0, 0.5}


def test_a_fresh_channel_waits_for_udev(tree: SimSysfs, chip: SimPwmChip) -> None:
    chip.slow_udev(3)
    slept: list[float] = []
    assert start(tree, slept=slept).pulse_s() == 0.0005
    assert slept == [0.05, 0.05, 0.05]


def test_a_channel_that_udev_never_gives_away_is_a_matter_of_permission(tree: SimSysfs, chip: SimPwmChip) -> None:
    chip.slow_udev(1000)
    slept: list[float] = []
    with pytest.raises(WirePermission):
        start(tree, slept=slept)
    assert sum(slept) == pytest.approx(1.0)


def test_a_channel_that_was_exported_before_does_not_wait(tree: SimSysfs, chip: SimPwmChip) -> None:
    chip.slow_udev(1000)
    tree.write("pwmchip0/export", "1")
    slept: list[float] = []
    with pytest.raises(WirePermission):
        start(tree, slept=slept)
    assert slept == []
