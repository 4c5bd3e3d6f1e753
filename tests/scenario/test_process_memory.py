"""The supervisor and its guard as real processes when the memory is used up; what counts is the true output."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenario.test_process import PATIENCE_S
from tests.scenario.test_process_guard import ENDED_WITHIN_S, SAFE_WITHIN_S, Bench

pytestmark = pytest.mark.real

GREEDY_SHELL = """
import resource
import signal

kept = None


def take_all(*given):
    global kept
    resource.setrlimit(resource.RLIMIT_AS, (1, resource.RLIM_INFINITY))  # nobody gets more than what is there
    for size in (1 << 16, 1 << 12, *range(480, -1, -16)):  # down to the smallest objects
        try:
            while True:
                kept = (bytes(size), kept)
        except MemoryError:
            pass


signal.signal(signal.SIGUSR1, take_all)
"""
"""At a signal nothing is left of the memory that there is and no more can be had: no line runs on that needs any."""


@pytest.fixture
def greedy_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Whose supervisor loses its memory at a signal."""
    folder = tmp_path / "planted"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(GREEDY_SHELL)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    bench = Bench(tmp_path / "bench")
    yield bench
    bench.end()


def test_f134_whatever_becomes_of_a_supervisor_without_memory_its_heater_is_off_and_it_ends(greedy_bench: Bench):
    """Where it cannot make its outputs safe itself, the guard does."""
    bench = greedy_bench
    bench.heat()
    began_s = time.monotonic()
    bench.running.process.send_signal(signal.SIGUSR1)
    assert bench.seconds_until(lambda: bench.duty_ns() == 0) < SAFE_WITHIN_S
    assert bench.running.process.wait(PATIENCE_S) != 0
    assert time.monotonic() - began_s < ENDED_WITHIN_S
