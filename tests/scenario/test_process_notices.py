"""A real supervisor under a socket that plays the service manager: what the unit's state is all the way."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alimante import cli
from alimante.core.files import DiskFiles
from alimante.services.boots import Boots, kernel_boot
from tests.manager import STOPPING, Manager
from tests.scenario import test_process
from tests.scenario.test_process import Process
from tests.scenario.test_process_config import BLIND, BOX, OTHER, SOON, prove_box

pytestmark = pytest.mark.real


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    """Who starts supervisors whose probations last a second."""
    monkeypatch.setattr(test_process, "ALIMANTE", [sys.executable, "-c", SOON])
    with Manager(tmp_path / "notify") as manager:
        yield manager


@pytest.fixture
def running(tmp_path: Path, manager: Manager) -> Iterator[Process]:
    prove_box(tmp_path)
    process = Process(tmp_path, BOX, **manager.environ)
    manager.wait_for("READY=1")
    yield process
    if process.process.poll() is None:
        process.end(signal.SIGKILL)


def next_run(manager: Manager, after: int) -> int:
    """Wait until one run has made room for another one."""
    return manager.wait_for("READY=1", after=manager.wait_for("RELOADING=1", after=after))


def check_alive(manager: Manager, process: Process) -> None:
    """The unit runs, was never anywhere else but in a reload, and everything came from the one process."""
    for unit in manager.each():
        assert not set(unit.passed) & set(STOPPING), (unit.version, unit.passed)
        assert unit.state == "running"
    assert manager.senders == {process.process.pid}
    assert process.process.poll() is None


def check_end(manager: Manager, process: Process) -> None:
    said = len(manager.messages)
    assert process.end(signal.SIGTERM) == 0
    manager.wait_for("STOPPING=1", after=said)
    told = "\n".join(manager.messages).splitlines()
    assert told.count("STOPPING=1") == 1
    assert "WATCHDOG=1" not in told[told.index("STOPPING=1") :]
    assert [unit.state for unit in manager.each()] == ["stop-sigterm", "stop-sigterm"]


def test_a_reload_and_a_changed_file_are_no_stop_and_the_stop_is_one(running: Process, manager: Manager):
    at = 0
    for _ in range(2):
        running.process.send_signal(signal.SIGHUP)
        at = next_run(manager, at)
        check_alive(manager, running)
    running.config_path.write_text("{ this is no JSON")
    running.process.send_signal(signal.SIGHUP)
    at = next_run(manager, at)
    running.config_path.write_text(json.dumps(OTHER))
    at = next_run(manager, at)
    manager.wait_for("WATCHDOG=1", after=at)
    check_alive(manager, running)
    check_end(manager, running)


def test_a_change_that_is_gone_back_from_is_no_stop_either(running: Process, manager: Manager):
    blind = running.folder / "new.json"
    blind.write_text(json.dumps(BLIND))
    assert cli.main(["config", "apply", str(blind), "--wait", "--state-dir", str(running.folder)]) == 1
    at = next_run(manager, next_run(manager, 0))
    manager.wait_for("WATCHDOG=1", after=at)
    check_alive(manager, running)
    check_end(manager, running)


def test_a_supervisor_in_safe_mode_runs_and_reloads_for_its_manager(tmp_path: Path, manager: Manager):
    boots = Boots(tmp_path, files=DiskFiles(), kernel=kernel_boot(), now=time.monotonic)
    boots.enter_safe_mode("a test")
    process = Process(tmp_path, BOX, **manager.environ)
    try:
        at = manager.wait_for("STATUS=safe mode: a test")
        process.process.send_signal(signal.SIGHUP)
        next_run(manager, at)
        check_alive(manager, process)
        assert manager.each()[0].status == "safe mode: a test"
        check_end(manager, process)
    finally:
        if process.process.poll() is None:
            process.end(signal.SIGKILL)


def test_many_reloads_at_once_end_in_a_unit_that_runs(running: Process, manager: Manager):
    for _ in range(5):
        os.kill(running.process.pid, signal.SIGHUP)
        time.sleep(0.05)  # they meet the change in other states
    at = next_run(manager, 0)
    manager.wait_for("WATCHDOG=1", after=at)
    running.process.send_signal(signal.SIGHUP)
    next_run(manager, len(manager.messages))
    check_alive(manager, running)
    check_end(manager, running)
