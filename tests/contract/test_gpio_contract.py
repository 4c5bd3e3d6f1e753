"""What every GPIO wire does: the simulated one, gpiozero's mock and a real chip through lgpio."""

import importlib.util
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hardware.bus.gpio import GpioWire, Pull
from hardware.errors import LineBusy, ValueRefused
from hardware.linux.gpio import LinuxGpio
from hardware.sim.gpio import SimGpio

OUT, IN, UNKNOWN = 17, 22, 99


@dataclass
class Bench:
    """A wire and a way to hold `IN` from outside."""

    wire: GpioWire
    drive: Callable[[int, bool], None] | None


def simulated() -> Bench:
    wire = SimGpio()
    return Bench(wire, wire.drive)


def mocked() -> Bench:
    wire = LinuxGpio("mock")

    def drive(line: int, level: bool) -> None:
        pin = wire.pin_factory.pin(line)
        (pin.drive_high if level else pin.drive_low)()

    return Bench(wire, drive)


def real() -> Bench:
    if not Path("/dev/gpiochip0").exists():
        pytest.skip("no /dev/gpiochip0 on this computer")
    if importlib.util.find_spec("lgpio") is None:
        pytest.skip("lgpio is not installed")
    if os.environ.get("ALIMANTE_TEST_BOARD") != "1":
        pytest.skip(f"GPIO {OUT} would be driven: set ALIMANTE_TEST_BOARD=1 on a board with nothing on it")
    return Bench(LinuxGpio("lgpio"), None)


@pytest.fixture(params=[simulated, mocked, pytest.param(real, marks=pytest.mark.board)])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    bench: Bench = request.param()
    yield bench
    bench.wire.close()


@pytest.fixture
def driven(bench: Bench) -> Callable[[int, bool], None]:
    if bench.drive is None:
        pytest.skip("nothing drives this board's inputs")
    return bench.drive


@pytest.mark.parametrize("level", [False, True])
def test_an_output_stands_at_its_initial_level(bench: Bench, level: bool) -> None:
    bench.wire.claim_output(OUT, level=level)
    assert bench.wire.read(OUT) is level


def test_an_output_follows_what_is_written(bench: Bench) -> None:
    bench.wire.claim_output(OUT, level=False)
    seen = []
    for level in (True, True, False, True):
        bench.wire.write(OUT, level)
        seen.append(bench.wire.read(OUT))
    assert seen == [True, True, False, True]


@pytest.mark.parametrize(("pull", "level"), [(Pull.UP, True), (Pull.DOWN, False)])
def test_an_open_input_reads_its_pull(bench: Bench, pull: Pull, level: bool) -> None:
    bench.wire.claim_input(IN, pull=pull)
    assert bench.wire.read(IN) is level


def test_an_input_reads_what_holds_it_from_outside(bench: Bench, driven: Callable[[int, bool], None]) -> None:
    bench.wire.claim_input(IN, pull=Pull.UP)
    driven(IN, False)
    assert bench.wire.read(IN) is False
    driven(IN, True)
    assert bench.wire.read(IN) is True


def test_a_watcher_hears_every_edge_with_its_level(bench: Bench, driven: Callable[[int, bool], None]) -> None:
    bench.wire.claim_input(IN, pull=Pull.UP)
    heard: list[bool] = []
    bench.wire.watch(IN, heard.append)
    for level in (False, False, True, False):
        driven(IN, level)
    assert heard == [False, True, False]


def test_two_watchers_of_one_line_both_hear(bench: Bench, driven: Callable[[int, bool], None]) -> None:
    bench.wire.claim_input(IN, pull=Pull.UP)
    first: list[bool] = []
    second: list[bool] = []
    undo = bench.wire.watch(IN, first.append)
    bench.wire.watch(IN, second.append)
    driven(IN, False)
    undo()
    driven(IN, True)
    assert (first, second) == ([False], [False, True])


def test_an_undone_watcher_can_be_undone_again_and_set_anew(bench: Bench, driven: Callable[[int, bool], None]) -> None:
    bench.wire.claim_input(IN, pull=Pull.UP)
    heard: list[bool] = []
    undo = bench.wire.watch(IN, heard.append)
    undo()
    undo()
    driven(IN, False)
    bench.wire.watch(IN, heard.append)
    driven(IN, True)
    assert heard == [True]


def test_a_released_line_is_no_longer_watched(bench: Bench, driven: Callable[[int, bool], None]) -> None:
    bench.wire.claim_input(IN, pull=Pull.UP)
    heard: list[bool] = []
    bench.wire.watch(IN, heard.append)
    bench.wire.release(IN)
    bench.wire.claim_input(IN, pull=Pull.UP)
    driven(IN, False)
    assert heard == []


def test_a_line_is_claimed_once(bench: Bench) -> None:
    bench.wire.claim_output(OUT, level=True)
    with pytest.raises(LineBusy, match="GPIO 17"):
        bench.wire.claim_input(OUT, pull=Pull.UP)
    with pytest.raises(LineBusy):
        bench.wire.claim_output(OUT, level=False)
    assert bench.wire.read(OUT) is True


def test_a_released_line_can_be_claimed_the_other_way(bench: Bench) -> None:
    bench.wire.claim_output(OUT, level=False)
    bench.wire.release(OUT)
    bench.wire.claim_input(OUT, pull=Pull.UP)
    assert bench.wire.read(OUT) is True
    bench.wire.release(OUT)
    bench.wire.claim_output(OUT, level=False)
    assert bench.wire.read(OUT) is False


def test_releasing_what_is_not_owned_is_no_error(bench: Bench) -> None:
    bench.wire.release(OUT)
    bench.wire.claim_output(OUT, level=False)
    bench.wire.release(OUT)
    bench.wire.release(OUT)


def test_an_unclaimed_line_is_refused(bench: Bench) -> None:
    for use in (
        lambda: bench.wire.read(IN),
        lambda: bench.wire.write(IN, True),
        lambda: bench.wire.watch(IN, lambda level: None),
    ):
        with pytest.raises(ValueRefused, match="GPIO 22"):
            use()


def test_a_line_is_used_only_in_its_direction(bench: Bench) -> None:
    bench.wire.claim_input(IN, pull=Pull.UP)
    bench.wire.claim_output(OUT, level=False)
    with pytest.raises(ValueRefused, match="output"):
        bench.wire.write(IN, True)
    with pytest.raises(ValueRefused, match="input"):
        bench.wire.watch(OUT, lambda level: None)


def test_a_line_that_the_board_lacks_is_refused(bench: Bench) -> None:
    with pytest.raises(ValueRefused, match="99"):
        bench.wire.claim_output(UNKNOWN, level=False)
    with pytest.raises(ValueRefused, match="99"):
        bench.wire.claim_input(UNKNOWN, pull=Pull.UP)


def test_closing_releases_every_line_and_the_wire_opens_anew(bench: Bench) -> None:
    bench.wire.claim_output(OUT, level=True)
    bench.wire.claim_input(IN, pull=Pull.UP)
    bench.wire.close()
    bench.wire.close()
    with pytest.raises(ValueRefused):
        bench.wire.read(OUT)
    bench.wire.claim_output(OUT, level=False)
    assert bench.wire.read(OUT) is False
