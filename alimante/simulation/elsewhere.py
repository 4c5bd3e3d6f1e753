"""Breaks and repairs what is around the devices of a simulated node; it must not know when, or what comes of it."""

import errno
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Final

from alimante.core.clock import ManualClock
from alimante.simulation.broker import MemoryBroker
from alimante.simulation.computer import CALM, ScriptedFacts
from alimante.simulation.disk import SimDisk
from alimante.simulation.editions import Editions
from alimante.simulation.faults import Fault
from alimante.simulation.machine import MEMORY_MAX, Machine
from alimante.simulation.people import Commander

MEGABYTE: Final = 1e6

_DISK: Final = {"readonly": errno.EROFS, "failing": errno.EIO}
_DISK_FACTS: Final = ("disk_free_bytes", "disk_free_percent", "disk_read_only")
_MEMORY_FACTS: Final = ("process_memory_bytes", "process_memory_percent")


@dataclass(slots=True)
class Elsewhere:
    """What can be broken. `on_pause` is called after the computer stood still; times are on the monotonic clock."""

    broker: MemoryBroker
    clock: ManualClock
    disk: SimDisk
    editions: Editions
    facts: ScriptedFacts
    machine: Machine
    commander: Commander
    rng: Random
    on_pause: Callable[[], None]
    crept_s: float
    """When what grows has grown last."""

    def break_(self, fault: Fault) -> None:
        """`fault` begins."""
        match (fault.target, fault.kind):
            case ("broker", kind):
                self.broker.go_down()
                self.broker.refuses = kind == "refuses"
                self.broker.is_up = kind == "refuses"
            case ("clock", "step"):
                self.clock.step_wall(fault.argument)
            case ("clock", "unsynced"):
                self.clock.set_synced(False)
            case ("disk", kind):
                self._break_disk(kind, fault.argument)
            case ("process", kind):
                self._break_process(kind, fault.argument)
            case ("config", kind):
                self.editions.edit(kind)
            case ("computer", kind):
                self.machine.power_off()
                self.disk.lose(self.rng)
                if kind == "reboot":
                    self.machine.power_on()

    def repair(self, fault: Fault) -> None:
        """`fault` is over; it was none that happens in a moment."""
        match (fault.target, fault.kind):
            case ("broker", _):
                self.broker.refuses = False
                self.broker.go_up()
            case ("clock", "unsynced"):
                self.clock.set_synced(True)
            case ("disk", _):
                self.disk.slow_s, self.disk.fault, self.disk.room_bytes = 0.0, 0, None
                self._forget(_DISK_FACTS)
            case ("process", "leak"):
                self._forget(_MEMORY_FACTS)
            case ("config", _):
                self.editions.edit("")
            case ("computer", _):
                self.machine.power_on()

    def creep(self, active: Iterable[tuple[Fault, float]], now_s: float) -> None:
        """Let go on what grows: `active` are the faults that are there now, each with since when."""
        span_s, self.crept_s = now_s - self.crept_s, now_s
        for fault, since_s in active:
            match (fault.target, fault.kind):
                case ("clock", "drift"):
                    self.clock.step_wall(fault.argument * span_s)
                case ("people", _):
                    self.commander.look(now_s)
                case ("process", "leak"):
                    self._leak(fault.argument * MEGABYTE * (now_s - since_s) / 60.0)

    def _break_disk(self, kind: str, argument: float) -> None:
        if kind == "slow":
            self.disk.slow_s = argument
        elif kind == "full":
            self.disk.fill()
            self.facts.changed |= dict.fromkeys(_DISK_FACTS, 0.0)
        else:
            self.disk.fault = _DISK[kind]
            self.facts.changed["disk_read_only"] = float(kind == "readonly")

    def _break_process(self, kind: str, argument: float) -> None:
        match kind:
            case "pause":
                self.clock.advance(argument)
                self.on_pause()
            case "restart":
                self.machine.restart()
            case "crash":
                self.machine.kill()
            case "hang":
                self.machine.hang()

    def _leak(self, leaked_bytes: float) -> None:
        used = CALM["process_memory_bytes"] + leaked_bytes
        self.facts.changed |= {"process_memory_bytes": used, "process_memory_percent": 100.0 * used / MEMORY_MAX}
        if used > MEMORY_MAX:
            self.machine.kill("oom-kill")

    def _forget(self, names: tuple[str, ...]) -> None:
        for name in names:
            self.facts.changed.pop(name, None)
