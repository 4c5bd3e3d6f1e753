"""Breaks and repairs simulated buses as a whole, with all that hangs on them; it must not know what hangs there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from random import Random
from typing import Any

from alimante.simulation.faults import Fault
from hardware.errors import NoAnswer
from hardware.sim.i2c import SimI2c
from hardware.sim.sysfs import SimSysfs


@dataclass(frozen=True, slots=True)
class WireFaults:
    """Faults of `wires`, by name. `stall(name, seconds)` keeps whoever asks on a wire waiting."""

    wires: Mapping[str, Any]
    rng: Random
    stall: Callable[[str, float], None]

    def break_(self, fault: Fault) -> None:
        """`fault`, which is one of a wire, begins."""
        wire = self.wires[fault.target]
        if fault.kind == "dead":
            _kill(wire, True)
        else:
            wire.hinder(self._wait(fault.target) if fault.kind == "wedged" else self._lose(fault))

    def repair(self, fault: Fault) -> None:
        """It is over."""
        wire = self.wires[fault.target]
        _kill(wire, False)
        wire.hinder(None)

    def _wait(self, name: str) -> Callable[[], None]:
        return lambda: self.stall(name, inf)

    def _lose(self, fault: Fault) -> Callable[[], None]:
        def lose() -> None:
            if self.rng.random() < fault.argument:
                raise NoAnswer(f"{fault.target}: the transfer was disturbed")

        return lose


def _kill(wire: Any, dead: bool) -> None:
    """Hold the data line of a bus low, or take away what the kernel shows of it; or let go of it."""
    if isinstance(wire, SimI2c):
        wire.lock(dead)
    elif isinstance(wire, SimSysfs):
        wire.vanish(dead)
