"""The simulated computer as its processes meet it: kernel, service manager, guard and power; it must not judge them.

It does what the shipped unit says: a process that ends is started again after `RESTART_S`, without end, and after every
end the outputs are made safe by somebody else. The record of starts decides about reboots and the safe mode, as in
`alimante run`.
"""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

from alimante.app import GaveUp
from alimante.config.faults import ConfigInvalid
from alimante.config.load import Loaded
from alimante.core.clock import ManualClock
from alimante.core.files import DiskFiles
from alimante.lives import begin, is_all_safe, next_step, take_next
from alimante.policy.boot import End, Step
from alimante.rollout.store import digest
from alimante.services.boots import Boots, note_end
from alimante.simulation.disk import SimDisk
from alimante.simulation.process import STATE, Process, Surroundings, make_safe
from alimante.wiring import CannotBuild

RESTART_S: Final = 2.0
"""After so long the service manager starts a process again that ended (`RestartSec` of the unit)."""
BOOT_S: Final = 20.0
"""From power to the first process; a Pi Zero 2 W with Raspberry Pi OS Lite takes about so long."""
SYNC_S: Final = 60.0
"""From a boot to the first answer of a time server: a Pi has no clock battery, and goes on where it stood."""
MEMORY: Final = Path("/run/alimante")
GUARD_S: Final = 0.25
"""How long the guard needs to see that the process is gone, and between two attempts."""
ATTEMPTS: Final = 20
MEMORY_MAX: Final = 192 * 1024 * 1024
"""What the unit lets the process use (`MemoryMax`); then the kernel ends it."""


class Witness(Protocol):
    """Who is told what happens to processes."""

    def life_began(self, process: Process) -> None:
        """A process is about to run."""
        ...

    def life_ended(self, why: str, *, gave_up: bool = False, was_killed: bool = False) -> None:
        """It is over; `why` is empty for one that was asked to end because the run is over.

        It gave up by itself, or somebody killed it and it saved nothing any more.
        """
        ...

    def rebooted(self) -> None:
        """The supervisor had the computer rebooted."""
        ...


class Machine:
    """Runs process after process. `sync` says whether anybody vouches for the clock once it has been asked.

    With `has_battery_clock` the wall clock goes on while there is no power.
    """

    def __init__(
        self,
        at: Surroundings,
        *,
        clock: ManualClock,
        witness: Witness,
        sync: Callable[[], bool] = lambda: True,
        has_battery_clock: bool = False,
    ) -> None:
        self.process: Process | None = None
        """The living one."""
        self.starts = 0
        self.kernels = 1
        """How many times the computer was booted."""
        self._at = at
        self._guarded = at.editions.of(digest(at.editions.text))
        """What the guard was told of last."""
        self._memory = SimDisk()
        """The files in memory, which a reboot empties."""
        self._clock = clock
        self._witness = witness
        self._sync = sync
        self._has_battery_clock = has_battery_clock
        self._loop = asyncio.get_running_loop()
        self._death: asyncio.Future[str] = self._loop.create_future()
        self._finished: asyncio.Future[None] = self._loop.create_future()
        self._powered = asyncio.Event()
        self._powered.set()
        self._off_s = 0.0
        self._ghosts: list[asyncio.Task[None]] = []

    async def run(self, end_s: float) -> None:
        """Keep a process running until `end_s` of the monotonic clock. Raises `CannotBuild`."""
        while (left_s := end_s - self._clock.mono()) > 0 and not self._finished.done():
            if not self._powered.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._powered.wait(), left_s)
                continue
            pause_s = await self._live(end_s)
            await asyncio.sleep(max(0.0, min(pause_s, end_s - self._clock.mono())))
        if self._ghosts:
            await asyncio.wait(self._ghosts)

    # What can be done to it.

    def finish(self) -> None:
        """Let the run end now, as if its time were over."""
        if not self._finished.done():
            self._finished.set_result(None)

    def restart(self) -> None:
        """Stop the process in order, as a person does who wants it started again."""
        if self.process is not None:
            self.process.stop.set()

    def kill(self, result: str = "signal") -> None:
        """End the process at once; `result` is what the service manager calls that (systemd.exec(5))."""
        self._die(result)

    def hang(self) -> None:
        """Let the process do nothing more. Its wires stay as they are until its guard has had enough."""
        self._die("hang")

    def power_off(self) -> None:
        """No power: the process is gone, and all lines are as they are after a reset."""
        if self._powered.is_set():
            self._powered.clear()
            self._off_s = self._clock.mono()
            self._die("power")
            self._close_wires()

    def power_on(self) -> None:
        """Power again. Without a battery the wall clock goes on where it stood, until a time server is asked."""
        if not self._powered.is_set():
            self._boot(self._clock.mono() + BOOT_S - self._off_s)
            self._loop.call_later(BOOT_S, self._powered.set)

    def _die(self, how: str) -> None:
        if self.process is not None:
            self.process.sever()
            if not self._death.done():
                self._death.set_result(how)

    # One life.

    async def _live(self, end_s: float) -> float:
        """From one start to the end of that process; returns how long the next start has to wait."""
        kernel = self.kernels
        spare = (MEMORY, DiskFiles(self._memory))
        boots = Boots(STATE, files=self._at.files, kernel=f"kernel-{kernel}", now=self._clock.mono, spare=spare)
        boots.begin()
        rollout = self._at.editions.rollout(STATE, files=self._at.files, wall=self._clock.wall)
        try:
            self._tell_guard(begin(rollout, boots))
        except ConfigInvalid as invalid:
            boots.end(End.CLEAN, str(invalid))
            return RESTART_S
        if next_step(rollout, boots) is Step.REBOOT:
            return self._reboot()
        self.starts += 1
        pause_s = None
        while pause_s is None:
            pause_s = await self._run(Process(self._at, boots, rollout), end_s)
        return pause_s

    async def _run(self, process: Process, end_s: float) -> float | None:
        """One run; returns how long the next start has to wait, or None where another run follows at once."""
        try:
            process.begin()
        except CannotBuild:
            raise
        except Exception as error:  # noqa: BLE001 - as in the real process: whatever it is, the exit code says so
            return await self._end_badly(process, error)
        self._death = self._loop.create_future()
        self.process = process
        self._witness.life_began(process)
        task = process.task = asyncio.create_task(process.supervisor.run(process.stop))
        left_s = end_s - self._clock.mono()
        awaited: list[asyncio.Future[Any]] = [task, self._death, self._finished]
        await asyncio.wait(awaited, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
        if self._death.done():
            return await self._bury(task, self._death.result())
        is_over = not task.done()
        process.stop.set()
        await asyncio.wait([task])
        self.process = None
        if (fault := task.exception()) is not None:
            return await self._end_badly(process, fault)
        if process.is_to_reload and not is_over:
            return await self._reload(process)
        process.boots.end(End.CLEAN)
        self._close_wires()
        self._witness.life_ended("" if is_over else "it was stopped")
        return RESTART_S

    async def _reload(self, process: Process) -> float | None:
        is_safe = is_all_safe(process.supervisor)
        if why := take_next(process.rollout, is_safe=is_safe, tell_guard=self._tell_guard):
            return await self._end_badly(process, GaveUp(why))
        self._close_wires()
        self._witness.life_ended("")
        return None

    def _tell_guard(self, loaded: Loaded) -> bool:
        self._guarded = self._at.editions.of(loaded.sha256)
        return True

    async def _end_badly(self, process: Process, error: BaseException) -> float:
        """It gave up by itself."""
        process.boots.end(End.GAVE_UP, f"{type(error).__name__}: {error}")
        self._witness.life_ended(f"{type(error).__name__}: {error}", gave_up=True)
        self._close_wires()
        await self._make_safe()
        return RESTART_S

    async def _bury(self, task: "asyncio.Task[None]", how: str) -> float:
        """It was killed, or the guard kills it; what is left of its tasks ends by itself."""
        self.process = None
        self._ghosts = [ghost for ghost in self._ghosts if not ghost.done()] + [task]
        self._witness.life_ended(_WHY[how], was_killed=True)
        if how == "power":
            return 0.0
        guard = ""
        if how == "hang":
            silent_s = self._guarded.config.recovery.process.guard_after_s
            guard = f"the supervisor gave no sign of life for {silent_s:g} s"
            await asyncio.sleep(silent_s)
        await asyncio.sleep(GUARD_S)
        if not self._powered.is_set():
            return 0.0
        self._close_wires()
        await self._make_safe()
        result = "signal" if how == "hang" else how
        told = {"SERVICE_RESULT": result, "EXIT_CODE": "killed", "EXIT_STATUS": "KILL"}
        with contextlib.suppress(OSError):  # as in the real guard
            note_end(STATE, told, files=self._at.files, guard=guard)
        return RESTART_S

    async def _make_safe(self) -> None:
        """What the guard and the service manager's clean-up do."""
        for _ in range(ATTEMPTS):
            if not self._powered.is_set() or make_safe(self._guarded, self._clock):
                break
            await asyncio.sleep(GUARD_S)
        self._close_wires()

    def _close_wires(self) -> None:
        """As the kernel does when a process ends."""
        for wires in self._at.editions.all_wires():
            wires.close()

    def _reboot(self) -> float:
        self._close_wires()
        self._witness.rebooted()
        self._boot(BOOT_S)
        return BOOT_S

    def _boot(self, lost_s: float) -> None:
        """A new kernel runs soon, and a wall clock without a battery will have stood still for `lost_s`."""
        self.kernels += 1
        if self._has_battery_clock:
            lost_s = 0.0
        self._memory = SimDisk()
        kernel = self.kernels
        self._clock.set_synced(False)
        self._loop.call_later(BOOT_S, self._clock.step_wall, -lost_s)

        def sync() -> None:
            self._clock.step_wall(lost_s)
            if kernel == self.kernels:
                self._clock.set_synced(self._sync())

        self._loop.call_later(BOOT_S + SYNC_S, sync)


_WHY: Final = {
    "signal": "it was killed",
    "oom-kill": "it used too much memory",
    "hang": "it hung",
    "power": "the computer had no power",
}
