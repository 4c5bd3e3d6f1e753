"""Section E of the fault catalogue on real disks: a small one that is full, and calls that the kernel lets fail.

The heater is a file that outlives all processes. strace(1) makes system calls of the running supervisor fail.
"""

import json
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from alimante.core.files import RESERVE
from alimante.core.generations import Corrupt, decode, newest
from alimante.services.system_facts import LinuxFacts
from tests.scenario.test_process import PATIENCE_S, Process
from tests.scenario.test_process_guard import FULL_NS, Bench, config_with_real_heater

pytestmark = pytest.mark.real

ALERT_S = 30.0
WATCHDOG_S = 10.0


class DiskBench(Bench):
    """A bench that looks at its computer each second, with a state folder of its own."""

    def __init__(self, folder: Path, state: Path, **environ: str) -> None:
        self.state, self.environ = state, environ
        super().__init__(folder)

    def start(self) -> None:
        config: dict[str, Any] = {**config_with_real_heater(self.folder / "pwm"), "monitoring": {"period_s": 1}}
        config["devices"]["heater"]["limits"] = {"min_off_s": 1}  # so that it may be turned on again soon
        self.running = Process(self.state, config, **self.environ)

    def heat(self) -> None:
        """Turn the heater on, as a person can once its probe has proved itself."""
        self.seconds_until(lambda: self.running.ask("set", "heater", "100").returncode == 0)
        assert self.duty_ns() == FULL_NS

    def alerts(self) -> set[str]:
        return {f"{alert['component']}/{alert['condition']}" for alert in self.report()["alerts"]}

    def saved_alerts(self) -> set[str]:
        found = []
        for path in self.state.glob("*/state.?.json"):
            try:
                found.append(decode(path.read_bytes()))
            except (Corrupt, FileNotFoundError):
                continue
        counts = newest(found)
        alerts = counts.sections["alerts"]["alerts"] if counts else []
        return {f"{alert['component']}/{alert['condition']}" for alert in alerts}

    def seconds_until(self, condition: Callable[[], bool]) -> float:
        begun_s = time.monotonic()
        while not condition():
            assert time.monotonic() < begun_s + PATIENCE_S, "".join(self.running.output)
            time.sleep(0.2)  # real processes: there is nothing else to wait for
        return time.monotonic() - begun_s

    def lives_on_and_ends_well(self) -> None:
        """It obeys, it was never started again, and a stop leaves the heater off."""
        self.heat()
        report = self.report()
        assert (report["state"], report["armed"]) == ("running", True)
        assert self.running.end(signal.SIGTERM) == 0
        assert self.duty_ns() == 0
        assert "Traceback" not in "".join(self.running.output)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 64 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=False)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def fill(folder: Path) -> None:
    """As a log of somebody else does."""
    with (folder / "somebody.log").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 512)
        except OSError:
            return


def test_f095_on_a_full_disk_it_heats_on_and_its_alert_is_written(tmp_path: Path, small_disk: Path):
    bench = DiskBench(tmp_path, small_disk)
    try:
        bench.heat()
        bench.seconds_until(lambda: (small_disk / "demo" / RESERVE).exists())
        fill(small_disk)
        took_s = bench.seconds_until(lambda: "storage/disk_free_percent" in bench.saved_alerts())
        assert took_s < ALERT_S
        assert "storage/disk_free_percent" in bench.alerts()
        assert "storage/state_not_saved" not in bench.alerts()
        assert bench.duty_ns() == FULL_NS
        bench.lives_on_and_ends_well()
        starts = json.loads((small_disk / "starts.json").read_text())["starts"]
        assert len(starts) == 1
    finally:
        bench.end()


def test_f097_a_disk_that_was_made_read_only_is_noticed_before_something_is_to_be_written(small_disk: Path):
    facts = LinuxFacts(root=Path("/"), state_dir=small_disk)
    assert facts.gather()["disk_read_only"] == 0.0
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert facts.gather()["disk_read_only"] == 1.0


class Strace:
    """Lets calls of all threads of a process do as `inject` says, for as long as it is open."""

    def __init__(self, bench: Bench, inject: str, *, only_state_files: bool = False) -> None:
        program = shutil.which("strace")
        if program is None:
            pytest.skip("strace is not installed (Debian: apt install strace)")
        paths = []
        if only_state_files:
            threads = [path.name for path in Path(f"/proc/{bench.pid}/task").iterdir()]
            names = [f".state.{index}.json.{thread}.new" for index in (0, 1) for thread in threads]
            paths = [word for name in names for word in ("-P", str(bench.running.folder / "demo" / name))]
        log = bench.running.folder / "strace.log"
        command = [program, "-f", "-q", "-o", str(log), "-e", f"inject={inject}", *paths, "-p", str(bench.pid)]
        self._errors = bench.running.folder / "strace.err"
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(command, stderr=errors)
        self._await_attached(bench.pid)

    def __enter__(self) -> None:
        return

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _await_attached(self, pid: int) -> None:
        until_s = time.monotonic() + PATIENCE_S
        while "TracerPid:\t0\n" in Path(f"/proc/{pid}/status").read_text():
            if self._process.poll() is not None or time.monotonic() > until_s:
                self.close()
                pytest.skip(f"strace may not look at processes here: {self._errors.read_text().strip()}")
            time.sleep(0.05)  # a real process

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE_S)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("inject", "only_state_files"),
    [("fsync:error=EIO", False), ("write:error=ENOSPC", True), ("rename:error=EROFS", False)],
    ids=["fsync fails", "write is full", "rename is read-only"],
)
def test_f095_f097_a_disk_that_takes_nothing_is_told_and_costs_nothing_else(
    tmp_path: Path, inject: str, only_state_files: bool
):
    bench = DiskBench(tmp_path, tmp_path)
    try:
        bench.heat()
        (tmp_path / "demo" / RESERVE).unlink(missing_ok=True)
        with Strace(bench, inject, only_state_files=only_state_files):
            assert bench.running.ask("maintenance", "on", "10m").returncode == 0  # something that is saved soon
            assert bench.seconds_until(lambda: "storage/state_not_saved" in bench.alerts()) < ALERT_S
            assert bench.running.ask("maintenance", "off").returncode == 0
            bench.heat()
        bench.lives_on_and_ends_well()
        assert decode_all(tmp_path)
        assert list((tmp_path / "demo").glob("*.new")) == []
    finally:
        bench.end()


def decode_all(folder: Path) -> list[Any]:
    return [decode(path.read_bytes()) for path in (folder / "demo").glob("state.?.json")]


class Manager:
    """A service manager that listens, and knows the longest silence of its service."""

    def __init__(self, folder: Path) -> None:
        self.longest_s, self.pings = 0.0, 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._since_s: float | None = None
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                message = self._socket.recv(4096)
            except OSError:
                return
            if b"WATCHDOG=1" in message:
                now_s = time.monotonic()
                self.longest_s = max(self.longest_s, now_s - (self._since_s or now_s))
                self._since_s, self.pings = now_s, self.pings + 1

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.mark.slow
def test_f098_while_a_sync_takes_20_s_it_heats_answers_and_feeds_the_watchdog(tmp_path: Path):
    manager = Manager(tmp_path)
    environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": str(int(WATCHDOG_S * 1e6))}
    bench = DiskBench(tmp_path, tmp_path, **environ)
    try:
        bench.heat()
        with Strace(bench, "fsync:delay_enter=20000000"):
            assert bench.running.ask("maintenance", "on", "10m").returncode == 0
            sequence = max((one.sequence for one in decode_all(tmp_path)), default=0)
            slowest_s = 0.0

            def is_saved() -> bool:
                nonlocal slowest_s
                begun_s = time.monotonic()
                assert bench.report()["state"] == "running"
                slowest_s = max(slowest_s, time.monotonic() - begun_s)
                return max((one.sequence for one in decode_all(tmp_path)), default=0) > sequence

            took_s = bench.seconds_until(is_saved)
            assert took_s > 20.0
            assert manager.longest_s < WATCHDOG_S / 2
            assert manager.pings > took_s / WATCHDOG_S
            assert slowest_s < 5.0
        bench.lives_on_and_ends_well()
    finally:
        bench.end()
        manager.close()


@pytest.mark.slow
def test_f101_ten_thousand_leftovers_do_not_delay_a_start_and_are_gone_soon(tmp_path: Path):
    (tmp_path / "demo").mkdir()
    for number in range(5_000):
        (tmp_path / f".starts.json.{4_194_305 + number}.new").touch()  # above the highest number of a thread
        (tmp_path / "demo" / f".state.0.json.{4_194_305 + number}.new").touch()
    begun_s = time.monotonic()
    bench = DiskBench(tmp_path, tmp_path)
    try:
        bench.running.await_line("is running")
        assert time.monotonic() - begun_s < 5.0 + 10.0  # of which 10 s are what a start may take on a busy computer
        took_s = bench.seconds_until(
            lambda: not any(name.endswith(".new") for folder in (tmp_path, tmp_path / "demo") for name in names(folder))
        )
        assert took_s < 60.0
        bench.lives_on_and_ends_well()
    finally:
        bench.end()
