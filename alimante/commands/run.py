"""`alimante run`: the supervisor as a process; it must not know what the supervisor does."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from alimante.app import Ports, Supervisor, paho_link
from alimante.commands.folders import Folders
from alimante.commands.loading import BadConfig, load_or_explain
from alimante.config.load import Loaded
from alimante.core.clock import SystemClock
from alimante.core.component import Phase
from alimante.core.files import DiskFiles
from alimante.core.rng import RandomStreams
from alimante.core.tasks import Tasks
from alimante.io.worker import ThreadWorker, Worker
from alimante.mqtt.embedded import BrokerUnavailable
from alimante.services.console import REFRESH_S, LiveTable, LogTail
from alimante.services.instance_lock import AlreadyRunning, InstanceLock
from alimante.services.periodic import Periodic
from alimante.services.system_facts import LinuxFacts
from alimante.services.systemd import Notifier, notifier_from, reloading
from alimante.wiring import CannotBuild

LAST_CONFIG = "running.json"
"""A copy of the configuration that runs, for `alimante safe` when the original is broken or gone."""

EXIT_GAVE_UP = 70

_log = logging.getLogger(__name__)


class _Process:
    """What signals change."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.reload = False

    def on_stop(self) -> None:
        self.stop.set()

    def on_reload(self) -> None:
        self.reload = True
        self.stop.set()


def run(config_path: Path, folders: Folders) -> int:
    """Run until a signal ends it; returns the exit code."""
    loaded = load_or_explain(config_path)
    tail = _set_up_logging()
    try:
        folders.state.mkdir(parents=True, exist_ok=True)
        folders.runtime.mkdir(parents=True, exist_ok=True)
        with InstanceLock(folders.state):
            return asyncio.run(_serve(config_path, loaded, folders, tail))
    except AlreadyRunning as error:
        return _fail(f"{error}; stop it first, or give this one another --state-dir")
    except OSError as error:
        return _fail(f"the state folder {folders.state} cannot be used: {error.strerror or error}")


async def _serve(config_path: Path, loaded: Loaded, folders: Folders, tail: LogTail | None) -> int:
    process = _Process()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, process.on_stop)
    loop.add_signal_handler(signal.SIGHUP, process.on_reload)
    notifier = notifier_from(os.environ)
    clock = SystemClock()
    while True:
        try:
            await _run_once(process, loaded, folders, notifier, clock, tail)
        except (BrokerUnavailable, CannotBuild) as error:
            return _fail(str(error))
        except Exception:  # noqa: BLE001 - whatever it was, the outputs are safe and the exit code says so
            _log.exception("the supervisor gave up; its outputs were put safe")
            return EXIT_GAVE_UP
        if not process.reload:
            return 0
        notifier.send(reloading(clock.mono()))
        process.stop.clear()
        process.reload = False
        loaded = _reloaded(config_path, loaded)


async def _run_once(
    process: _Process,
    loaded: Loaded,
    folders: Folders,
    notifier: Notifier,
    clock: SystemClock,
    tail: LogTail | None,
) -> None:
    _keep_copy(folders.state / LAST_CONFIG, loaded)
    ports = Ports(
        clock=clock,
        streams=RandomStreams(int.from_bytes(os.urandom(8))),
        notifier=notifier,
        worker=lambda wire, on_wedged: _thread_worker(wire, on_wedged, clock),
        link=partial(paho_link, client_id=loaded.config.client_id),
        files=DiskFiles(),
        state_dir=folders.state,
        facts=LinuxFacts(root=Path("/"), state_dir=folders.state),
        runtime_dir=folders.runtime,
    )
    address: list[str] = []

    def on_address(host: str, port: int) -> None:
        address[:] = [f"mqtt://{host}:{port}"]
        if tail is None:
            sys.stdout.write(f"{address[0]}\n")
            sys.stdout.flush()

    supervisor = Supervisor(loaded.config, ports, on_address=on_address)
    if tail is not None:
        table = LiveTable(sys.stdout, full=supervisor.status.full, address=lambda: "".join(address), log=tail)
        drawing = Tasks(lambda name, error: _log.error("the live table ended", exc_info=error))
        supervisor.lifecycle.add(Periodic("console", Phase.SERVICES, table.draw, every_s=REFRESH_S, tasks=drawing))
    await supervisor.run(process.stop)


def _thread_worker(wire: str, on_wedged: Callable[[bool, str], None], clock: SystemClock) -> Worker:
    return ThreadWorker(wire, clock=clock, on_wedged=on_wedged, sleep=time.sleep)


def _reloaded(config_path: Path, running: Loaded) -> Loaded:
    """The configuration as it is on disk now, or the running one when that is faulty."""
    try:
        return load_or_explain(config_path)
    except BadConfig:
        _log.error("%s is faulty; going on with the configuration that ran before", config_path)
        return running


def _keep_copy(path: Path, loaded: Loaded) -> None:
    files = DiskFiles()
    with contextlib.suppress(OSError):
        if files.read(path) == loaded.text.encode():
            return
    try:
        files.replace(path, loaded.text.encode())
    except OSError as error:
        _log.warning("no copy of the configuration could be kept in %s: %s", path, error)


def _set_up_logging() -> LogTail | None:
    """Lines on standard error, with journald's priorities under systemd; below the live table in a terminal."""
    tail = LogTail() if sys.stdout.isatty() else None
    under_journald = "JOURNAL_STREAM" in os.environ
    handler: logging.Handler = tail or logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JournaldFormatter() if under_journald else logging.Formatter("%(levelname)s %(message)s"))
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
