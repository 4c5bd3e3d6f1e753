"""The guard: a second process that makes real outputs safe when the supervisor dies or hangs; it must not do more.

It is forked before there are threads, so it shares the supervisor's memory and has everything loaded that it needs.
The supervisor gives it a sign of life after each completed tick of the output gate. When that line breaks, the
supervisor is dead and its lines are free; when the line is silent, the supervisor hangs and is killed first. One that
cannot make an output safe says so, and is killed when it does not end by itself soon.

What is needed then is kept from the start: modules, spare descriptors and memory. Where no thread or event loop is to
be had all the same, the outputs are written one after the other without.
"""

import asyncio
import contextlib
import gc
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

from alimante.commands.direct import write_all
from alimante.commands.emergency import Spare, write_plainly
from alimante.commands.folders import LAST_CONFIG, Folders
from alimante.config.faults import ConfigInvalid
from alimante.config.load import load
from alimante.config.model import Config, Device
from alimante.core.clock import Clock, SystemClock
from alimante.core.files import DiskFiles
from alimante.services.boots import note_end
from alimante.services.guard import BEAT, BYE, CHANGED, HAND_OVER, tell
from alimante.services.instance_lock import InstanceLock
from hardware.sim.settings import PlantSettings

ATTEMPTS: Final = 20
PAUSE_S: Final = 0.25
"""Between two attempts: the kernel may need a moment to free the lines of a process that was killed."""

DIES_WITHIN_S: Final = 3.0
ENDS_WITHIN_S: Final = 1.0
"""How long a supervisor that has handed over may take to end by itself."""

LAST_CHANCE_S: Final = 0.2
"""After a silence the line is looked at once more: a computer that was paused wakes both processes in any order."""

_IGNORED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT, signal.SIGPIPE)
"""What is meant for the supervisor reaches the guard, too: from a terminal, and from a service manager."""


def real_outputs(config: Config) -> list[Device]:
    """The actuators of `config` on real wires."""
    return [
        device
        for device in config.devices.values()
        if device.spec.kind == "actuator" and config.wires[device.wire].backend != "sim"
    ]


def start_guard(config: Config, folders: Folders, lock: InstanceLock) -> socket.socket | None:
    """Fork the guard of this process; returns the line to it, or None when `config` has nothing to guard.

    There must be no threads yet. The guard does not keep `lock`.
    """
    if not real_outputs(config):
        return None
    near, far = socket.socketpair()
    supervisor = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    gc.freeze()  # or the first collection would copy every page that the two share
    if os.fork() == 0:
        near.close()
        lock.release()
        _be_guard(far, supervisor, config, folders)
    far.close()
    return near


def _be_guard(line: socket.socket, supervisor: int, config: Config, folders: Folders) -> NoReturn:
    code = 1
    try:
        for number in _IGNORED:
            signal.signal(number, signal.SIG_IGN)
        quiet = Path(os.devnull).open("w")  # noqa: SIM115 - a pipe that nobody reads must not stop anything here
        sys.stdout = sys.stderr = quiet
        guard = Guard(
            line, supervisor=supervisor, config=config, state=folders.state, clock=SystemClock(), sleep=time.sleep
        )
        code = guard.watch()
    finally:
        os._exit(code)  # whatever the supervisor has at its exit is not the guard's


class Guard:
    """Watches the process `supervisor` over `line`. `state` is the folder of the supervisor's state."""

    def __init__(
        self,
        line: socket.socket,
        *,
        supervisor: int,
        config: Config,
        state: Path,
        clock: Clock,
        sleep: Callable[[float], None],
    ) -> None:
        self._line = line
        self._supervisor = supervisor
        self._config = config
        self._state = state
        self._clock = clock
        self._sleep = sleep
        self._spare = Spare(config, real_outputs(config))
        self._after_s: float | None = None  # the first ticks come late: everything is built and started before

    def watch(self) -> int:
        """Return 0 once the supervisor has said good-bye, or is dead and its outputs are safe; else 1."""
        while True:
            if not self._is_readable(self._after_s):
                return self._end_hang()
            message = self._receive()
            if not message:
                return self._make_safe("the supervisor died")
            if BYE in message:
                return 0
            if HAND_OVER in message:
                return self._take_over()
            if CHANGED in message:
                self._take_new_config()
            if BEAT in message:
                self._after_s = self._config.recovery.process.guard_after_s
                tell(self._line, BEAT)

    def _is_readable(self, within_s: float | None) -> bool:
        return any(select.select([self._line], [], [], wait_s)[0] for wait_s in (within_s, LAST_CHANCE_S))

    def _receive(self) -> bytes:
        try:
            return self._line.recv(4096)
        except OSError:
            return b""

    def _take_new_config(self) -> None:
        """The outputs are those of another configuration now. Its copy was read by the supervisor a moment ago."""
        self._after_s = None  # until that one's first tick
        with contextlib.suppress(ConfigInvalid):
            self._config = load(self._state / LAST_CONFIG, simulation_model=PlantSettings).config
            self._spare.give()
            self._spare = Spare(self._config, real_outputs(self._config))

    def _end_hang(self) -> int:
        self._kill()
        return self._make_safe(f"the supervisor gave no sign of life for {self._after_s:g} s")

    def _take_over(self) -> int:
        """The supervisor ends, and may still see everything safe."""
        message = self._listen(ENDS_WITHIN_S)
        if BYE in message:
            return 0
        if message:
            self._kill()
        return self._make_safe("the supervisor could not make an output safe")

    def _kill(self) -> None:
        if os.getppid() == self._supervisor:
            os.kill(self._supervisor, signal.SIGKILL)
        self._listen(DIES_WITHIN_S)

    def _listen(self, within_s: float) -> bytes:
        """What the supervisor says for so long; ends early with its good-bye, or with nothing when it is dead."""
        until_s = self._clock.mono() + within_s
        message = BEAT
        while (left_s := until_s - self._clock.mono()) > 0 and self._is_readable(left_s):
            message = self._receive()
            if not message or BYE in message:
                break
        return message

    def _make_safe(self, why: str) -> int:
        self._spare.give()
        outputs = [(device, device.safe_value) for device in real_outputs(self._config)]
        code = 1
        for _ in range(ATTEMPTS):
            code = _write(self._config, outputs)
            if code == 0:
                break
            self._sleep(PAUSE_S)
        _say(f"guard: {why}; outputs are {'safe' if code == 0 else 'NOT all known to be safe'}")
        with contextlib.suppress(OSError, MemoryError):
            note_end(self._state, {}, files=DiskFiles(), guard=why)
        return code


def _write(config: Config, outputs: list[tuple[Device, float]]) -> int:
    """Write `outputs` once; whatever goes wrong, the next attempt may do better."""
    for write in (_write_all, write_plainly):
        with contextlib.suppress(Exception):  # no descriptor, no memory, no thread: nothing here may end the guard
            return write(config, outputs)
    return 1


def _write_all(config: Config, outputs: list[tuple[Device, float]]) -> int:
    with contextlib.closing(write_all(config, outputs)) as writing:
        return asyncio.run(writing)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        os.write(2, f"{text}\n".encode())
