"""The supervisor as a process: signals, reloads, its guard and its exit code; it must not know what it supervises."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess  # nosec B404 - for one fixed command, without a shell
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from alimante.app import GaveUp, Ports, Supervisor, paho_link
from alimante.commands.folders import LAST_CONFIG, Folders
from alimante.commands.guard import real_outputs, start_guard
from alimante.commands.loading import explained, tell_warnings, whole
from alimante.commands.run import EXIT_GAVE_UP
from alimante.config.load import Loaded, file_bytes
from alimante.config.model import Config
from alimante.core.clock import SystemClock
from alimante.core.component import Phase
from alimante.core.files import DiskFiles
from alimante.core.rng import RandomStreams
from alimante.core.tasks import Tasks
from alimante.io.worker import ThreadWorker, Worker
from alimante.lives import begin, is_all_safe, next_step, oversee, take_next
from alimante.mqtt.embedded import BrokerUnavailable
from alimante.policy.boot import End, Step
from alimante.rollout.rollout import Rollout
from alimante.rollout.store import ConfigStore
from alimante.rollout.watch import ConfigWatch
from alimante.services.boots import Boots
from alimante.services.console import REFRESH_S, LiveTable, LogTail
from alimante.services.control_socket import Answer
from alimante.services.guard import BYE, CHANGED, GuardLine, tell
from alimante.services.instance_lock import InstanceLock
from alimante.services.journal import OneLine
from alimante.services.notices import Notices
from alimante.services.periodic import Periodic
from alimante.services.settled import Settled
from alimante.services.system_facts import LinuxFacts
from alimante.services.systemd import notifier_from, watchdog_interval_s
from alimante.wiring import CannotBuild

REBOOT_S = 10.0
"""How long the service manager may take to answer."""

_log = logging.getLogger(__name__)


class _Process:
    """What signals change. A stop beats a reload, whichever comes first; `reload` is what a run makes of one."""

    def __init__(self, notices: Notices) -> None:
        self.wake = asyncio.Event()
        self.is_ending = False
        self.reload: Callable[[], None] = self.change
        self._notices = notices

    def on_stop(self) -> None:
        self._notices.ends("it was asked to stop")
        self.is_ending = True
        self.wake.set()

    def on_reload(self) -> None:
        if not self.wake.is_set():  # else a run is about to end, and the next one looks at the file
            self._notices.changes()  # at once: the manager may wait for no longer than the signal takes
            self.reload()

    def change(self) -> None:
        """Have the run make room for another one."""
        self._notices.changes()
        self.wake.set()


@dataclass(frozen=True, kw_only=True)
class _Given:
    """What stays the same however often the configuration is read again."""

    rollout: Rollout
    folders: Folders
    boots: Boots
    line: socket.socket | None
    """To the guard; None when nothing is to be guarded."""
    notices: Notices
    clock: SystemClock
    tail: LogTail | None


def supervise(config_path: Path, folders: Folders, lock: InstanceLock, boots: Boots) -> int:
    """Run until a signal ends it; returns the exit code. `boots` has counted this start. Raises `BadConfig`."""
    tail = _set_up_logging()
    rollout = Rollout(
        ConfigStore(folders.state, files=DiskFiles()),
        path=config_path,
        wish=lambda: file_bytes(config_path),
        read=whole,
        wall=time.time,
    )
    loaded = explained(config_path, lambda path: begin(rollout, boots))
    tell_warnings(config_path, loaded)
    _keep_copy(folders.state / LAST_CONFIG, loaded)
    if _reboots(rollout, boots):
        return EXIT_GAVE_UP
    clock = SystemClock()
    given = _Given(
        rollout=rollout,
        folders=folders,
        boots=boots,
        line=start_guard(loaded.config, folders, lock),
        notices=Notices(notifier_from(os.environ), clock),
        clock=clock,
        tail=tail,
    )
    return asyncio.run(_serve(given))


def _reboots(rollout: Rollout, boots: Boots) -> bool:
    """Whether this start ends here because the computer is rebooted."""
    if next_step(rollout, boots) is not Step.REBOOT:
        return False
    why = boots.record.starts[-1].reason
    if _reboot(why):
        return True
    boots.enter_safe_mode(f"{why}; the reboot was refused")
    return False


def _reboot(why: str) -> bool:
    """Ask for a reboot; whether that was granted."""
    _log.critical("the computer is rebooted: %s", why)
    try:
        asked = subprocess.run(["systemctl", "reboot"], capture_output=True, text=True, timeout=REBOOT_S, check=False)  # noqa: S607 # nosec B603 B607 - two fixed words; it lies elsewhere on other systems
    except (OSError, subprocess.TimeoutExpired) as error:
        _log.critical("the computer cannot be rebooted: %s", error)
        return False
    if asked.returncode != 0:
        _log.critical("the computer cannot be rebooted: %s", asked.stderr.strip())
    return asked.returncode == 0


async def _serve(given: _Given) -> int:
    process = _Process(given.notices)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, process.on_stop)
    loop.add_signal_handler(signal.SIGHUP, process.on_reload)
    try:
        return await _run_all(process, given)
    finally:
        given.notices.ends("the process ends")


async def _run_all(process: _Process, given: _Given) -> int:
    """One run after another; returns the exit code."""
    boots = given.boots
    while True:
        try:
            is_safe = await _run_once(process, given)
        except (BrokerUnavailable, CannotBuild) as error:
            given.rollout.reject(str(error))
            boots.end(End.CLEAN, str(error))
            return _fail(str(error))
        except GaveUp as error:
            _log.error("the supervisor gave up: %s", error)
            boots.end(End.GAVE_UP, str(error))
            return EXIT_GAVE_UP
        except Exception as error:  # noqa: BLE001 - whatever it was, the outputs are safe or the guard's, and the exit code says so
            _log.exception("the supervisor gave up")
            boots.end(End.GAVE_UP, f"{type(error).__name__}: {error}")
            return EXIT_GAVE_UP
        if process.is_ending:
            boots.end(End.CLEAN)
            return 0
        given.notices.changes()  # it may have been asked for before this run had begun
        process.wake.clear()
        if why := take_next(given.rollout, is_safe=is_safe, tell_guard=lambda loaded: _tell_guard(given, loaded)):
            _log.error("the process ends, for it cannot go back to the configuration before: %s", why)
            boots.end(End.GAVE_UP, why)
            return EXIT_GAVE_UP


async def _run_once(process: _Process, given: _Given) -> bool:
    """One run; says whether every output was left safe."""
    folders, clock, tail, config = given.folders, given.clock, given.tail, given.rollout.running.config

    def on_lost(reason: str) -> None:
        supervisor.ending.request_exit(reason)

    silent_s = config.recovery.process.guard_after_s
    line = None if given.line is None else GuardLine(given.line, on_lost=on_lost, silent_s=silent_s, clock=clock)
    answers: dict[str, Answer] = {}
    ports = Ports(
        clock=clock,
        streams=RandomStreams(int.from_bytes(os.urandom(8))),
        notices=given.notices,
        worker=lambda wire, on_wedged: _thread_worker(wire, on_wedged, clock),
        link=partial(paho_link, client_id=config.client_id),
        files=DiskFiles(),
        state_dir=folders.state,
        facts=LinuxFacts(root=Path("/"), state_dir=folders.state),
        runtime_dir=folders.runtime,
        watchdog_s=watchdog_interval_s(os.environ, pid=os.getpid()),
        beat=lambda: None if line is None else line.beat(),
        hand_over=lambda: None if line is None else line.hand_over(),
        safe_mode=given.boots.record.safe_mode,
        boot=given.boots.report,
        answers=answers,
    )
    address: list[str] = []

    def on_address(host: str, port: int) -> None:
        address[:] = [f"mqtt://{host}:{port}"]
        if tail is None:
            sys.stdout.write(f"{address[0]}\n")
            sys.stdout.flush()

    supervisor = Supervisor(config, ports, on_address=on_address)
    if line is not None:
        supervisor.lifecycle.add(line)
    watch = oversee(
        supervisor,
        given.boots,
        given.rollout,
        news=lambda: asyncio.sleep(config.recovery.rollout.look_s),
        obstacle=lambda config: _obstacle(config, given.line),
        reload=process.change,
    )
    reloads = Tasks(lambda name, error: _log.error("a reload failed", exc_info=error))
    process.reload = lambda: reloads.spawn(_reload(process, watch, given), name="reload")
    if tail is not None:
        table = LiveTable(sys.stdout, full=supervisor.status.full, address=lambda: "".join(address), log=tail)
        drawing = Tasks(lambda name, error: _log.error("the live table ended", exc_info=error))
        supervisor.lifecycle.add(Periodic("console", Phase.SERVICES, table.draw, every_s=REFRESH_S, tasks=drawing))
    supervisor.lifecycle.add(Settled())
    answers |= watch.answers()
    is_reload = False
    try:
        await supervisor.run(process.wake)
        is_reload = not process.is_ending
    finally:
        await reloads.cancel()
        if given.line is not None and not is_reload and is_all_safe(supervisor):
            tell(given.line, BYE)
    return is_all_safe(supervisor)


def _thread_worker(wire: str, on_wedged: Callable[[bool, str], None], clock: SystemClock) -> Worker:
    return ThreadWorker(wire, clock=clock, on_wedged=on_wedged, sleep=time.sleep)


async def _reload(process: _Process, watch: ConfigWatch, given: _Given) -> None:
    """Take the file as it is now. Where it holds what runs, that begins anew: it may name secrets that have changed."""
    try:
        said = await watch.apply()
        if watch.is_in_agreement:
            process.change()
        elif not process.wake.is_set():
            _log.error("nothing was reloaded: %s", said)
    finally:
        if not process.wake.is_set():
            given.notices.stays()


def _obstacle(config: Config, line: socket.socket | None) -> str:
    """Why `config` needs another process."""
    return "the first real outputs need a restart, for their guard" if line is None and real_outputs(config) else ""


def _tell_guard(given: _Given, loaded: Loaded) -> bool:
    """Have the guard, if there is one, guard the outputs of `loaded`; it reads them from the copy."""
    is_kept = _keep_copy(given.folders.state / LAST_CONFIG, loaded)
    if given.line is None:
        return True
    if is_kept:
        tell(given.line, CHANGED)
    return is_kept


def _keep_copy(path: Path, loaded: Loaded) -> bool:
    """Keep what runs for those who make it safe later; says whether the copy is there."""
    files = DiskFiles()
    with contextlib.suppress(OSError):
        if files.read(path) == loaded.text.encode():
            return True
    try:
        files.replace(path, loaded.text.encode())
    except OSError as error:
        _log.warning("no copy of the configuration could be kept in %s: %s", path, error)
        return False
    return True


def _set_up_logging() -> LogTail | None:
    """Lines on standard error, with journald's priorities under systemd; below the live table in a terminal."""
    tail = LogTail() if sys.stdout.isatty() else None
    under_journald = "JOURNAL_STREAM" in os.environ
    handler: logging.Handler = tail or logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JournaldFormatter() if under_journald else logging.Formatter("%(levelname)s %(message)s"))
    handler.addFilter(OneLine())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    return tail


class _JournaldFormatter(logging.Formatter):
    """Puts the syslog priority before the line, as sd-daemon(3) describes."""

    _PRIORITY: ClassVar = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}

    def format(self, record: logging.LogRecord) -> str:
        """One line per record, and one per line of a traceback, each with its priority."""
        prefix = f"<{self._PRIORITY.get(record.levelno, 6)}>"
        return "\n".join(f"{prefix}{line}" for line in super().format(record).splitlines())


def _fail(text: str) -> int:
    sys.stderr.write(f"alimante: {text}\n")
    return 1
