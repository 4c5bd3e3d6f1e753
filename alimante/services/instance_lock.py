"""Lets one supervisor at a time own the hardware; it must not outlive the process that took it.

The lock is flock(2) on `alimante.lock`: the kernel drops it when the process ends, however it ends, so a stale lock
cannot exist. The file itself stays: removing it would let two processes lock two different files.
"""

import errno
import fcntl
import os
from pathlib import Path
from typing import Self

LOCK_NAME = "alimante.lock"

_PASSES = 50_000
"""An asker holds the shared lock, and a taker leaves the file without its pid, for microseconds; but the kernel may
take the processor away from either just then, so a tenth of a second of asking is allowed for."""


class AlreadyRunning(Exception):
    """Another process, `pid`, holds the lock."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"a supervisor is already running here (process {pid})")
        self.pid = pid


class InstanceLock:
    """The lock of `folder`, held from construction to `release` or to the end of the process.

    Programs started meanwhile do not inherit it; a fork without exec would.
    Raises `AlreadyRunning`, or `OSError` when the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._fd = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _take(self._fd)
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)
        except BaseException:
            os.close(self._fd)
            raise

    def release(self) -> None:
        """Let the next one in; releasing twice is no error."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.release()


def held_by(folder: Path) -> int | None:
    """The pid of the process that holds the lock of `folder`, or None when nobody does; takes nothing from anybody.

    Raises `OSError` when that cannot be told: treat it as held.
    """
    try:
        fd = os.open(folder / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        return _holder(fd)
    finally:
        os.close(fd)


def _take(fd: int) -> None:
    for _ in range(_PASSES):
        if _try(fd, fcntl.LOCK_EX):
            return
        if (pid := _holder(fd)) is not None:
            raise AlreadyRunning(pid)
        os.sched_yield()  # it was only somebody asking
    raise OSError(errno.EBUSY, f"{LOCK_NAME} is asked about too often to be taken")


def _holder(fd: int) -> int | None:
    for _ in range(_PASSES):
        if _try(fd, fcntl.LOCK_SH):
            fcntl.flock(fd, fcntl.LOCK_UN)
            return None
        if (text := os.pread(fd, 32, 0).strip()).isdigit():
            return int(text)
        os.sched_yield()  # taken this moment, and the pid is not yet written
    raise OSError(errno.EBUSY, f"{LOCK_NAME} is held, and the file does not say by whom")


def _try(fd: int, kind: int) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
