"""A real mosquitto for tests that want one, patience, and what was measured; it must not touch brokers of others."""

import gc
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

LOOPBACK = "127.0.0.1"
READY_WITHIN_S = 30.0
STOP_WITHIN_S = 20.0
PROGRAM = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")

# How long an example takes says something of the computer only, which may be busy with other things.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# `make mutants` asks thousands of times whether a test fails: always with the same examples, and not with the smallest.
settings.register_profile(
    "mutants",
    settings.get_profile("patient"),
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    max_examples=25,
)
settings.load_profile("patient")


class Mosquitto:
    """One broker on one loopback port, which it keeps however often it is started again.

    `users` are names and passwords; without any, everybody is let in. `persistent` keeps retained messages and
    sessions over a restart. `config` is more lines for its configuration.
    """

    def __init__(self, folder: Path, *, users: dict[str, str] | None, persistent: bool, config: str) -> None:
        self.host = LOOPBACK
        self.port = _free_port()
        self.log: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._config = folder / "mosquitto.conf"
        lines = [f"listener {self.port} {LOOPBACK}", "log_dest stderr", "log_type all", config]
        if os.geteuid() == 0:
            lines.append("user root")  # else it gives up the rights to its own folder
        if persistent:
            lines += ["persistence true", f"persistence_location {folder}/", "autosave_interval 1"]
        if users:
            lines += [f"password_file {_password_file(folder, users)}", "allow_anonymous false"]
        else:
            lines.append("allow_anonymous true")
        self._config.write_text("\n".join(lines) + "\n")

    def start(self) -> None:
        """Start it and return once it listens."""
        assert PROGRAM is not None
        assert self._process is None
        self._process = subprocess.Popen(
            [PROGRAM, "-c", str(self._config)], stderr=subprocess.PIPE, text=True, errors="replace"
        )
        ready: queue.Queue[bool] = queue.Queue()
        self._reader = threading.Thread(target=self._read, args=(self._process, ready), daemon=True)
        self._reader.start()
        if not ready.get(timeout=READY_WITHIN_S):
            pytest.fail("mosquitto did not start:\n" + "".join(self.log))

    def stop(self) -> None:
        """Let it end as it wants; stopping one that does not run is no error."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it: it says good-bye to nobody and saves nothing."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop and start it."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze it: its connections stay open and nobody answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _read(self, process: "subprocess.Popen[str]", ready: "queue.Queue[bool]") -> None:
        assert process.stderr is not None
        with process.stderr as lines:
            for line in lines:
                self.log.append(line)
                if line.rstrip().endswith(" running"):
                    ready.put(True)
        ready.put(False)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._reader.join()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _password_file(folder: Path, users: dict[str, str]) -> Path:
    path = folder / "passwords"
    path.touch(mode=0o600)
    for name, password in users.items():
        subprocess.run(["mosquitto_passwd", "-b", str(path), name, password], check=True)
    return path


NewMosquitto = Callable[..., Mosquitto]


@pytest.fixture
def new_mosquitto(tmp_path: Path) -> Iterator[NewMosquitto]:
    """Makes brokers that run: `new_mosquitto(users={"name": "password"}, persistent=True, config="…")`."""
    if PROGRAM is None:
        pytest.skip("mosquitto is not installed (Debian: apt install mosquitto)")
    started: list[Mosquitto] = []

    def new(*, users: dict[str, str] | None = None, persistent: bool = False, config: str = "") -> Mosquitto:
        folder = tmp_path / f"mosquitto{len(started)}"
        folder.mkdir()
        broker = Mosquitto(folder, users=users, persistent=persistent, config=config)
        started.append(broker)
        broker.start()
        return broker

    yield new
    for broker in started:
        broker.stop()


@pytest.fixture
def mosquitto(new_mosquitto: NewMosquitto) -> Mosquitto:
    """A broker that runs, lets everybody in and keeps nothing over a restart."""
    return new_mosquitto()


def pytest_collection_finish() -> None:
    """Thousands of collected tests are no garbage: to look through them again and again is lost time."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Here and not beside the tests that measure: it must be read where other processes run the tests, too."""
    worst: dict[tuple[str, str], float] = {}
    for report in terminalreporter.stats.get("", []):
        row = re.search(r"::test_(f\d+)", report.nodeid)
        for what, measured in dict(report.user_properties).get("measures", []):
            key = (row[1].upper() if row else "other", what)
            worst[key] = max(worst.get(key, 0.0), measured)
    if config.get_verbosity() > 0 and worst:
        terminalreporter.section("worst of each row of the fault catalogue")
        for (row_name, what), measured in sorted(worst.items()):
            terminalreporter.line(f"{row_name}  {what}: {measured:.1f}")
