"""A program that cannot start, cannot go on or has no room: real processes, one start after the other."""

import json
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.scenario.test_process import ALIMANTE, CONFIG, PATIENCE_S, Observer, Process, alimante

pytestmark = pytest.mark.real

BROKEN_INSTALLATION = """
import sys


class Broken:
    def find_spec(self, name, path=None, target=None):
        if name == "alimante.app":
            raise ImportError("planted: a library is gone")


sys.meta_path.insert(0, Broken())
"""


def start(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """A start that is expected to end by itself."""
    path = folder / "config.json"
    if not path.exists():
        path.write_text(json.dumps(CONFIG))
    return subprocess.run(
        [*ALIMANTE, "run", "--config", str(path), "--state-dir", str(folder)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        env={**os.environ, **environ},
    )


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[[], Process]]:
    """Starts a supervisor in the folder of the test; none outlives it."""
    started: list[Process] = []

    def run() -> Process:
        started.append(Process(tmp_path, CONFIG))
        return started[-1]

    yield run
    for process in started:
        if process.process.poll() is None:
            process.end(signal.SIGKILL)


def record(folder: Path) -> Any:
    return json.loads((folder / "starts.json").read_text())


@pytest.fixture
def broken(tmp_path: Path) -> dict[str, str]:
    """The environment of an installation in which a library is missing."""
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(BROKEN_INSTALLATION)
    return {"PYTHONPATH": str(folder)}


def test_f140_four_starts_that_cannot_import_lead_to_the_safe_mode_that_a_person_ends(
    tmp_path: Path, broken: dict[str, str], run: Callable[[], Process]
):
    for number in range(1, 5):
        assert start(tmp_path, **broken).returncode == 70
        assert len(record(tmp_path)["starts"]) == number
        assert record(tmp_path)["safe_mode"] == ""
    running = run()
    running.await_line("is safe")
    status = json.loads(running.ask("status", "--json").stdout)
    assert (status["state"], status["armed"]) == ("safe", False)
    observer = Observer(running.port)
    observer.wait_for("availability")
    observer.publish("actuator/heater/set", '{"id": "no", "value": "ON"}')
    assert observer.wait_for("actuator/heater/ack", id="no")["outcome"] == "rejected"
    assert observer.wait_for("sensor/warm_probe/temperature/state")["value"] is not None
    observer.close()
    assert running.end(signal.SIGTERM) == 0
    ended = running.ask("safe-mode", "off")
    assert "4 starts ended badly" in ended.stdout
    assert "a library is gone" in ended.stdout
    running = run()
    running.await_line("is running")
    assert running.end(signal.SIGTERM) == 0
    assert "not in safe mode" in running.ask("safe-mode", "off").stdout


def test_a_faulty_configuration_is_no_bad_start(tmp_path: Path, run: Callable[[], Process]):
    (tmp_path / "config.json").write_text("{")
    for _ in range(4):  # of bad starts, so many lead to safe mode
        assert start(tmp_path).returncode == 2
    assert {each["end"] for each in record(tmp_path)["starts"]} == {"clean"}
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    running = run()
    running.await_line("is running")
    running.end(signal.SIGTERM)


def test_the_service_managers_words_reach_the_record_through_its_clean_up(tmp_path: Path, run: Callable[[], Process]):
    running = run()
    running.await_line("is running")
    running.end(signal.SIGKILL)
    environ = {"SERVICE_RESULT": "oom-kill", "EXIT_CODE": "killed", "EXIT_STATUS": "KILL"}
    subprocess.run(
        [*ALIMANTE, "safe", "--config", str(running.config_path), "--state-dir", str(tmp_path)],
        check=True,
        capture_output=True,
        timeout=PATIENCE_S,
        env={**os.environ, **environ},
    )
    assert json.loads((tmp_path / "last_end.json").read_text())["result"] == "oom-kill"
    again = run()
    again.await_line("the memory ran out")
    again.end(signal.SIGTERM)


def test_f139_two_stops_and_a_reload_at_once_are_one_stop_or_one_reload(tmp_path: Path, run: Callable[[], Process]):
    running = run()
    running.await_line("is running")
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        running.process.send_signal(number)
    assert running.process.wait(PATIENCE_S) == 0
    assert record(tmp_path)["starts"][-1]["end"] == "clean"


FILES = 32


def test_f104_with_32_files_it_runs_and_answers_and_with_none_left_it_feeds_the_watchdog(tmp_path: Path):
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    with ExitStack() as opened:
        manager = opened.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)
        process = subprocess.Popen(
            [*ALIMANTE, "run", "--config", str(tmp_path / "config.json"), "--state-dir", str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "15000000"},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES)),
        )
        opened.callback(process.kill)
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "is running" in line:
                break
        assert "is running" in said, said
        assert json.loads(alimante("status", "--json", "--state-dir", str(tmp_path)).stdout)["state"] == "running"

        def open_files() -> int:
            return len(list(Path(f"/proc/{process.pid}/fd").iterdir()))

        for _ in range(FILES - 8):  # who asks and says nothing keeps a file open
            opened.enter_context(socket.socket(socket.AF_UNIX)).connect(str(tmp_path / "control.sock"))
        fed = 0
        for _ in range(30):
            is_food = manager.recv(4096) == b"WATCHDOG=1"
            fed = fed + 1 if is_food and open_files() == FILES else 0
            if fed == 2:
                break
        assert fed == 2
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "Too many open files" in said
    assert "default exception handler" not in said
    assert len(said) < 200_000  # once it was megabytes


def test_a_stop_while_it_starts_is_no_bad_start(tmp_path: Path):
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    process = subprocess.Popen(
        [*ALIMANTE, "run", "--config", str(tmp_path / "config.json"), "--state-dir", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    until_s = time.monotonic() + PATIENCE_S
    while not (tmp_path / "starts.json").exists() and time.monotonic() < until_s:
        time.sleep(0.005)  # a real process: what is waited for is its first file
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert record(tmp_path)["starts"][-1]["end"] == "clean"
