"""What a PWM channel does over every tree: the kernel's model and plain files that look like an exported channel."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.bus.pwm import PwmChannel
from hardware.bus.sysfs import SysfsWire
from hardware.errors import BadData, ValueRefused, WireUnavailable
from hardware.linux.sysfs import LinuxSysfs
from hardware.sim.pwm_class import pwm_chip
from hardware.sim.sysfs import SimSysfs

FRESH = {"period": "0", "duty_cycle": "0", "enable": "0", "polarity": "normal"}
PERIOD_S = 0.001


def no_sleep(seconds: float) -> None:
    raise AssertionError(f"slept {seconds} s")


@dataclass
class Bench:
    tree: SysfsWire

    def channel(self) -> PwmChannel:
        return PwmChannel(self.tree, chip=0, channel=1)

    def started(self, *, period_s: float = PERIOD_S, pulse_s: float = 0.0) -> PwmChannel:
        channel = self.channel()
        channel.start(period_s=period_s, pulse_s=pulse_s, sleep=no_sleep)
        return channel

    def file(self, name: str) -> str:
        return self.tree.read(f"pwmchip0/pwm1/{name}")


def simulated(tmp_path: Path) -> Bench:
    tree = SimSysfs()
    pwm_chip(tree, 0)
    return Bench(tree)


def linux(tmp_path: Path) -> Bench:
    folder = tmp_path / "pwmchip0" / "pwm1"
    folder.mkdir(parents=True)
    for name, text in FRESH.items():
        (folder / name).write_text(f"{text}\n")
    return Bench(LinuxSysfs(tmp_path))


@pytest.fixture(params=[simulated, linux])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    make: Callable[[Path], Bench] = request.param
    return make(tmp_path)


def test_a_started_channel_has_its_period_and_pulse_in_ns_and_runs(bench: Bench) -> None:
    bench.started(pulse_s=0.00025)
    assert {name: bench.file(name) for name in FRESH} == {
        "period": "1000000",
        "duty_cycle": "250000",
        "enable": "1",
        "polarity": "normal",
    }


def test_a_pulse_is_read_back_as_it_was_put(bench: Bench) -> None:
    channel = bench.started()
    read = []
    for pulse_s in (0.0, 0.0005, PERIOD_S, 0.0001):
        channel.put(pulse_s)
        read.append(channel.pulse_s())
    assert read == [0.0, 0.0005, PERIOD_S, 0.0001]


@pytest.mark.parametrize("pulse_s", [-0.0001, 0.00101, float("nan"), float("inf"), float("-inf")])
def test_a_pulse_that_is_none_is_refused_and_nothing_changes(bench: Bench, pulse_s: float) -> None:
    channel = bench.started(pulse_s=0.0002)
    with pytest.raises(ValueRefused, match="chip 0, channel 1"):
        channel.put(pulse_s)
    assert channel.pulse_s() == 0.0002


def test_a_channel_refuses_to_start_with_a_pulse_beyond_its_period(bench: Bench) -> None:
    with pytest.raises(ValueRefused):
        bench.started(pulse_s=0.002)


def test_a_disabled_channel_sends_no_pulse(bench: Bench) -> None:
    channel = bench.started(pulse_s=0.0005)
    bench.tree.write("pwmchip0/pwm1/enable", "0")
    assert channel.pulse_s() == 0.0


@pytest.mark.parametrize(("first_s", "second_s"), [(0.02, 0.001), (0.001, 0.02)])
def test_a_running_channel_is_taken_over_with_another_period(bench: Bench, first_s: float, second_s: float) -> None:
    bench.started(period_s=first_s, pulse_s=first_s)
    channel = bench.started(period_s=second_s, pulse_s=second_s / 2)
    assert channel.pulse_s() == second_s / 2
    assert bench.file("period") == str(round(second_s * 1e9))


def test_an_inversed_channel_is_set_to_normal(bench: Bench) -> None:
    bench.started()
    bench.tree.write("pwmchip0/pwm1/enable", "0")
    bench.tree.write("pwmchip0/pwm1/polarity", "inversed")
    bench.tree.write("pwmchip0/pwm1/enable", "1")
    bench.started()
    assert (bench.file("polarity"), bench.file("enable")) == ("normal", "1")


def test_a_chip_that_is_missing_is_a_wire_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(WireUnavailable, match="overlay"):
        PwmChannel(bench.tree, chip=7, channel=0).start(period_s=PERIOD_S, pulse_s=0.0, sleep=no_sleep)


def test_a_text_that_is_no_number_is_bad_data(tmp_path: Path) -> None:
    bench = linux(tmp_path)
    channel = bench.started()
    bench.tree.write("pwmchip0/pwm1/duty_cycle", "-1")
    with pytest.raises(BadData, match="duty_cycle"):
        channel.pulse_s()


times_ns = st.integers(1, 10**9)


@given(old=st.tuples(times_ns, times_ns), new=st.tuples(times_ns, times_ns))
def test_no_take_over_is_refused_by_the_kernel_or_stronger_than_before_and_after(
    old: tuple[int, int], new: tuple[int, int]
) -> None:
    tree = SimSysfs()
    (old_pulse, old_period), (new_pulse, new_period) = sorted(old), sorted(new)
    channel = PwmChannel(tree, chip=0, channel=1)
    pwm_chip(tree, 0)
    channel.start(period_s=old_period / 1e9, pulse_s=old_pulse / 1e9, sleep=no_sleep)
    fractions: list[float] = []
    pwm_chip(tree, 0).on_change(1, lambda _channel, fraction, _period_s, _enabled: fractions.append(fraction))
    channel.start(period_s=new_period / 1e9, pulse_s=new_pulse / 1e9, sleep=no_sleep)
    assert fractions[0] == old_pulse / old_period
    assert fractions[-1] == new_pulse / new_period
    assert max(fractions) == max(fractions[0], fractions[-1])
