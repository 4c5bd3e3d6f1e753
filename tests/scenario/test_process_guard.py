"""The supervisor and its guard as real processes; the output is a file that outlives both, like a PWM channel."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bounds import least
from tests.scenario.test_process import CONFIG, PATIENCE_S, Observer, Process

pytestmark = pytest.mark.real

FULL_NS = 1_000_000
SAFE_WITHIN_S = 10.0
"""After whatever happens to the processes, no heater may be on for longer (a quarter of what an animal can take)."""
ENDED_WITHIN_S = 25.0 - 2.0
"""A process that stands still runs again after 25 s, two of which the service manager waits before it starts it."""
UNGUARDED_S = 5.0
"""A supervisor goes on for so long at most when nobody guards its outputs any more."""


def config_with_real_heater(root: Path) -> dict[str, Any]:
    heater = {
        "driver": "pwm_output",
        "wire": "mains",
        "pin": 18,
        "role": "heater",
        "safe_value": 0.0,
        "zone": "warm",
        "limit": {"max_c": 36.0},
        "depends_on": ["warm_probe"],
    }
    wires = {**CONFIG["wires"], "mains": {"kind": "pwm", "backend": "linux", "root": str(root)}}
    probe = {**CONFIG["devices"]["warm_probe"], "poll_s": 0.25}  # so that the heater may be on soon after the start
    return {**CONFIG, "wires": wires, "devices": {**CONFIG["devices"], "warm_probe": probe, "heater": heater}}


class Bench:
    """A supervisor with a heater on a PWM channel."""

    def __init__(self, folder: Path) -> None:
        self.channel = folder / "pwm" / "pwmchip0" / "pwm0"
        self.channel.mkdir(parents=True)
        for name, text in {"period": "0", "duty_cycle": "0", "enable": "0", "polarity": "normal"}.items():
            (self.channel / name).write_text(f"{text}\n")
        self.folder = folder
        self.start()

    def start(self) -> None:
        self.running = Process(self.folder, config_with_real_heater(self.folder / "pwm"))

    @property
    def pid(self) -> int:
        return self.running.process.pid

    @property
    def guard(self) -> int:
        """The process id of the guard."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        command = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        guards = [int(pid) for pid in children if Path(f"/proc/{pid}/cmdline").read_bytes() == command]
        assert len(guards) == 1
        return guards[0]

    def duty_ns(self) -> int:
        return int((self.channel / "duty_cycle").read_text() or -1)  # a plain file is empty while it is written

    def heat(self) -> None:
        """Turn the heater on, as a person can once its probe has proved itself."""
        observer = Observer(self.running.port)
        try:
            observer.wait_for("availability")
            for number in range(100):
                observer.publish("actuator/heater/set", json.dumps({"id": f"heat {number}", "value": 100}))
                answer = observer.wait_for("actuator/heater/ack", id=f"heat {number}")
                if answer["outcome"] == "applied":
                    break
                time.sleep(0.2)  # a real process: its probe needs some seconds to prove itself
        finally:
            observer.close()
        assert self.duty_ns() == FULL_NS, answer

    def seconds_until(self, condition: Callable[[], bool]) -> float:
        start_s = time.monotonic()
        while not condition():
            assert time.monotonic() < start_s + PATIENCE_S
            time.sleep(0.01)  # real processes: there is nothing else to wait for
        return time.monotonic() - start_s

    def end(self) -> None:
        if self.running.process.poll() is None:
            self.running.end(signal.SIGKILL)

    def report(self) -> Any:
        return json.loads(self.running.ask("status", "--json").stdout)


@pytest.fixture
def new_bench(tmp_path: Path) -> Iterator[Callable[[], Bench]]:
    """Makes benches that know nothing of each other."""
    made: list[Bench] = []

    def new() -> Bench:
        made.append(Bench(tmp_path / str(len(made))))
        return made[-1]

    yield new
    for bench in made:
        bench.end()


@pytest.fixture
def bench(new_bench: Callable[[], Bench]) -> Bench:
    return new_bench()


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_f127_f071_a_killed_supervisor_leaves_no_heater_on_and_the_next_one_starts_with_it_off(bench: Bench):
    bench.heat()
    guard = bench.guard
    bench.running.process.kill()
    assert bench.seconds_until(lambda: bench.duty_ns() == 0) < SAFE_WITHIN_S
    bench.seconds_until(lambda: is_gone(guard))
    bench.running.process.wait(PATIENCE_S)
    (bench.channel / "duty_cycle").write_text(f"{FULL_NS}\n")  # as if there had been no guard
    bench.start()
    bench.running.await_line("is running")
    assert bench.duty_ns() == 0


def test_f128_a_frozen_supervisor_is_ended_and_its_heater_turned_off(bench: Bench):
    bench.heat()
    began_s = time.monotonic()
    os.kill(bench.pid, signal.SIGSTOP)
    assert bench.seconds_until(lambda: bench.duty_ns() == 0) < SAFE_WITHIN_S
    assert bench.running.process.wait(PATIENCE_S) == -signal.SIGKILL
    assert time.monotonic() - began_s < ENDED_WITHIN_S


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_f074_a_supervisor_without_its_guard_disarms_and_gives_up(
    new_bench: Callable[[], Bench], number: signal.Signals
):
    def seconds_to_the_end() -> float:
        bench = new_bench()
        bench.heat()
        began_s = time.monotonic()
        os.kill(bench.guard, number)
        bench.seconds_until(lambda: bench.duty_ns() == 0)
        assert bench.running.process.wait(PATIENCE_S) == 70
        took_s = time.monotonic() - began_s
        assert "the guard process is gone" in "".join(bench.running.output)
        return took_s

    assert least(UNGUARDED_S, seconds_to_the_end) < UNGUARDED_S


def test_a_clean_stop_ends_the_guard_and_signals_that_reach_it_do_not(bench: Bench):
    bench.heat()
    guard = bench.guard
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGABRT):
        os.kill(guard, number)
    assert not is_gone(guard)
    assert bench.running.end(signal.SIGTERM) == 0
    assert bench.duty_ns() == 0
    bench.seconds_until(lambda: is_gone(guard))
    assert "guard:" not in "".join(bench.running.output)


def test_a_reload_keeps_the_guard_and_it_guards_what_runs_now(bench: Bench):
    bench.running.await_line("is running")
    guard = bench.guard
    bench.running.process.send_signal(signal.SIGHUP)
    bench.running.port = bench.running.await_port()
    bench.running.await_line("is running")
    bench.heat()
    assert bench.guard == guard
    bench.running.process.kill()
    assert bench.seconds_until(lambda: bench.duty_ns() == 0) < SAFE_WITHIN_S
