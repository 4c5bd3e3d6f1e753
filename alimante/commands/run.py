"""`alimante run`: counts the start before anything can fail, then hands over; it must import next to nothing.

What the supervisor is made of is imported after the start has been counted, so that an installation that is broken is
noticed as a program that fails again and again.
"""

import logging
import signal
import sys
import time
from pathlib import Path

from alimante.commands.errors import CommandFailed
from alimante.commands.folders import Folders
from alimante.core.files import DiskFiles
from alimante.policy.boot import End
from alimante.services.boots import Boots, kernel_boot
from alimante.services.instance_lock import AlreadyRunning, InstanceLock

EXIT_GAVE_UP = 70

_log = logging.getLogger(__name__)


class _StoppedEarly(BaseException):
    """A signal asked the program to end before it had begun its work."""


def run(config_path: Path, folders: Folders) -> int:
    """Run until a signal ends it; returns the exit code."""
    try:
        DiskFiles().make_folder(folders.state)
        folders.runtime.mkdir(parents=True, exist_ok=True)
        with InstanceLock(folders.state) as lock:
            return _run(config_path, folders, lock)
    except AlreadyRunning as error:
        return _fail(f"{error}; stop it first, or give this one another --state-dir")
    except OSError as error:
        return _fail(f"the state folder {folders.state} cannot be used: {error.strerror or error}")


def _run(config_path: Path, folders: Folders, lock: InstanceLock) -> int:
    spare = spare_of(folders)
    boots = Boots(folders.state, files=DiskFiles(), kernel=kernel_boot(), now=time.monotonic, spare=spare)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _on_early_stop)  # until the supervisor has handlers of its own
    try:
        boots.begin()
        from alimante.commands.supervise import supervise

        code = supervise(config_path, folders, lock, boots)
    except CommandFailed as failure:  # a faulty configuration, say: the program itself is sound
        boots.end(End.CLEAN, str(failure))
        raise
    except _StoppedEarly:
        boots.end(End.CLEAN, "it was stopped while it started")
        return 0
    except BaseException as error:  # noqa: BLE001 - the end of the process: all that is left is to say so
        _log.critical("the supervisor cannot go on", exc_info=error)
        boots.end(End.GAVE_UP, f"{type(error).__name__}: {error}"[:500])
        return EXIT_GAVE_UP
    return code


def spare_of(folders: Folders) -> tuple[Path, DiskFiles] | None:
    """Where starts are counted, too, while the disk cannot be written: in memory, if that is another folder."""
    return None if folders.runtime == folders.state else (folders.runtime, DiskFiles())


def _on_early_stop(number: int, frame: object) -> None:
    raise _StoppedEarly


def _fail(text: str) -> int:
    sys.stderr.write(f"alimante: {text}\n")
    return 1
