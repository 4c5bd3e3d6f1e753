"""An asyncio loop in which waiting takes no time; it must not be used with real sockets or threads."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from alimante.core.clock import ManualClock

T = TypeVar("T")

RESOLUTION_S = 1e-6
"""Timers closer together than this fire together. It must stay above the spacing of floats at the clock's time: the
system clock's 1 ns vanishes in a sum after 2²⁴ s (194 days), and a timer that is due would then never fire."""


class Stuck(RuntimeError):
    """Everybody waits and no timer is set: in real time the program would wait for ever."""


class _TimeSelector(selectors.SelectSelector):
    """A selector that, asked to wait, lets the clock jump there instead."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck("every task waits for something that no timer will bring")
        if timeout > 0:
            self._clock.advance(timeout)
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A loop whose `time()` is `clock.mono()`, and whose clock moves only when there is nothing left to do."""

    def __init__(self, clock: ManualClock) -> None:
        self._virtual_clock = clock
        super().__init__(_TimeSelector(clock))
        self._clock_resolution = RESOLUTION_S

    def time(self) -> float:
        """The virtual monotonic time in seconds."""
        return self._virtual_clock.mono()


def run_virtual(main: Coroutine[Any, Any, T], clock: ManualClock) -> T:
    """Run `main` to its end in virtual time, as `asyncio.run` does in real time. Raises `Stuck`."""
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(clock)) as runner:
        return runner.run(main)
