"""The instance lock between real processes."""

import fcntl
import os
import subprocess
import sys
import threading

import pytest

from alimante.services import instance_lock
from alimante.services.instance_lock import LOCK_NAME, AlreadyRunning, InstanceLock, held_by

HOLDER = """
import subprocess, sys
from pathlib import Path
from alimante.services.instance_lock import InstanceLock
lock = InstanceLock(Path(sys.argv[1]))
heir = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], close_fds=False)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock, and that has a child which inherited whatever can be inherited."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_the_second_holder_is_told_who_the_first_is(tmp_path, holder):
    with pytest.raises(AlreadyRunning, match=str(holder.pid)) as caught:
        InstanceLock(tmp_path)
    assert caught.value.pid == holder.pid


def test_asking_names_the_holder(tmp_path, holder):
    assert held_by(tmp_path) == holder.pid


def test_the_lock_dies_with_its_process_even_if_that_is_killed_and_leaves_a_child(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert held_by(tmp_path) is None
    InstanceLock(tmp_path).release()


def test_nobody_holds_a_lock_that_never_was(tmp_path):
    assert held_by(tmp_path) is None
    assert not (tmp_path / LOCK_NAME).exists()


def test_asking_leaves_the_lock_free(tmp_path):
    InstanceLock(tmp_path).release()
    assert held_by(tmp_path) is None
    with InstanceLock(tmp_path):
        pass


def test_a_released_lock_can_be_taken_again_and_release_is_idempotent(tmp_path):
    lock = InstanceLock(tmp_path)
    lock.release()
    lock.release()
    with InstanceLock(tmp_path), pytest.raises(AlreadyRunning):
        InstanceLock(tmp_path)


def test_a_missing_folder_is_an_os_error_and_not_a_free_pass(tmp_path):
    with pytest.raises(FileNotFoundError):
        InstanceLock(tmp_path / "missing")


def test_a_supervisor_waits_for_somebody_who_only_asks(tmp_path, monkeypatch):
    InstanceLock(tmp_path).release()
    asked = 0
    with (tmp_path / LOCK_NAME).open() as asker:
        fcntl.flock(asker, fcntl.LOCK_SH)

        def sched_yield():
            nonlocal asked
            asked += 1
            if asked == 20_000:
                fcntl.flock(asker, fcntl.LOCK_UN)

        monkeypatch.setattr(os, "sched_yield", sched_yield)
        with InstanceLock(tmp_path):
            assert held_by(tmp_path) == os.getpid()
    assert asked == 20_000


def test_who_asks_waits_for_a_supervisor_that_has_not_yet_said_its_pid(tmp_path, monkeypatch):
    asked = 0
    with InstanceLock(tmp_path):
        (tmp_path / LOCK_NAME).write_text("")

        def sched_yield():
            nonlocal asked
            asked += 1
            if asked == 20_000:
                (tmp_path / LOCK_NAME).write_text("4711\n")

        monkeypatch.setattr(os, "sched_yield", sched_yield)
        assert held_by(tmp_path) == 4711
    assert asked == 20_000


def test_somebody_who_keeps_asking_does_not_keep_a_supervisor_from_starting(tmp_path, monkeypatch):
    monkeypatch.setattr(instance_lock, "_PASSES", 10**9)  # a busy computer may leave the asker waiting for long
    InstanceLock(tmp_path).release()
    done = threading.Event()

    def ask():
        while not done.is_set():
            held_by(tmp_path)

    asker = threading.Thread(target=ask)
    asker.start()
    try:
        for _ in range(300):
            InstanceLock(tmp_path).release()
    finally:
        done.set()
        asker.join()


def test_a_lock_held_by_something_that_does_not_say_its_pid_counts_as_held(tmp_path, monkeypatch):
    monkeypatch.setattr(instance_lock, "_PASSES", 100)
    with InstanceLock(tmp_path):
        (tmp_path / LOCK_NAME).write_text("not a number\n")
        with pytest.raises(OSError, match="held"):
            held_by(tmp_path)
