"""The supervisor and its guard as real processes with nothing left to open; what counts is the true output."""

import resource
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.scenario.test_process import PATIENCE_S
from tests.scenario.test_process_guard import FULL_NS, SAFE_WITHIN_S, Bench, is_gone

pytestmark = pytest.mark.real

STUBBORN_SHELL = """
import errno
import os
import signal

pwrite = os.pwrite


def refuse(descriptor, data, offset):
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def hang(descriptor, data, offset):
    while True:
        signal.pause()


for number, broken in ((signal.SIGUSR1, refuse), (signal.SIGUSR2, hang)):
    signal.signal(number, lambda *given, broken=broken: setattr(os, "pwrite", broken))
"""
"""At a signal no write of this process arrives any more; the guard is another process."""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "bench")
    yield bench
    bench.end()


@pytest.fixture
def stubborn_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Whose supervisor can write its output no more after a signal."""
    folder = tmp_path / "planted"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(STUBBORN_SHELL)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    bench = Bench(tmp_path / "bench")
    yield bench
    bench.end()


def take_descriptors(pid: int) -> None:
    """Let a process open nothing more."""
    numbers = [int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir()]
    hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]
    lowest_free = next(number for number in range(len(numbers) + 1) if number not in numbers)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (lowest_free, hard))


def take_memory(pid: int) -> None:
    """Let a process map nothing more."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    resource.prlimit(pid, resource.RLIMIT_AS, (pages * resource.getpagesize(), resource.RLIM_INFINITY))


@pytest.mark.parametrize("take", [take_descriptors, take_memory])
def test_f166_a_person_turns_the_heater_off_when_nothing_is_left(bench: Bench, take: Callable[[int], None]):
    bench.heat()
    take(bench.pid)
    began_s = time.monotonic()
    said = bench.running.ask("set", "heater", "OFF")
    assert (said.returncode, said.stderr) == (0, "")
    assert bench.duty_ns() == 0
    assert time.monotonic() - began_s < SAFE_WITHIN_S
    assert bench.running.process.poll() is None  # what was held was enough


def test_f166_the_end_of_a_command_turns_the_heater_off_when_nothing_can_be_opened(bench: Bench):
    bench.running.await_line("is running")
    bench.heat()
    assert bench.running.ask("set", "heater", "100", "--for", "2s").returncode == 0
    assert bench.duty_ns() == FULL_NS
    take_descriptors(bench.pid)
    assert bench.seconds_until(lambda: bench.duty_ns() == 0) < SAFE_WITHIN_S


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGUSR2])
def test_f166_a_supervisor_whose_off_does_not_arrive_leaves_it_to_its_guard(
    stubborn_bench: Bench, number: signal.Signals
):
    bench = stubborn_bench
    bench.heat()
    guard = bench.guard
    bench.running.process.send_signal(number)
    time.sleep(0.1)  # a real process: it has to hear of it
    began_s = time.monotonic()
    bench.running.ask("set", "heater", "OFF")
    bench.seconds_until(lambda: bench.duty_ns() == 0)
    assert time.monotonic() - began_s < SAFE_WITHIN_S
    assert bench.running.process.wait(PATIENCE_S) in (70, -signal.SIGKILL)
    bench.seconds_until(lambda: is_gone(guard))


def test_a_heater_that_no_process_can_reach_is_no_reason_to_end_again_and_again(bench: Bench):
    bench.heat()
    shutil.rmtree(bench.channel.parent)
    assert bench.running.process.wait(PATIENCE_S) in (70, -signal.SIGKILL)
    bench.start()
    bench.running.await_line("is running")
    assert "not armed" in str(bench.report())
    time.sleep(6.0)  # longer than anything is tried before it is left to the guard
    assert bench.running.process.poll() is None
