"""Reads every sensor on time; it must not know what a reading means.

Each sensor has its own phase within its poll period, so that readings spread over time and do not pile up on a wire.
A reading that is still under way when its next time comes makes that time be skipped and counted, never queued.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from alimante.core.clock import Clock
from alimante.core.component import Phase
from alimante.core.tasks import Tasks
from alimante.io.handle import SensorHandle

SOONEST_S = 5.0
"""Signs of life are not asked for more often: a reading with all its attempts takes some seconds itself."""


class Expect(Protocol):
    """How signs of life are promised: `Heartbeats.expect`."""

    def __call__(self, name: str, *, every_s: float) -> Callable[[], None]:
        """Promise one of the task `name` each `every_s` seconds; returns the function that gives it."""
        ...


class PollingService:
    """One task per sensor for its period, one per wire for the first round."""

    name = "polling"
    phase = Phase.SENSORS

    def __init__(
        self,
        handles: Mapping[str, SensorHandle],
        *,
        clock: Clock,
        tasks: Tasks,
        expect: Expect = lambda name, *, every_s: lambda: None,
    ) -> None:
        self._handles = handles
        self._expect = expect
        self._beats: dict[str, Callable[[], None]] = {}
        self._clock = clock
        self._tasks = tasks
        self.skipped: Counter[str] = Counter()
        """How many times of each device were skipped because the reading before took too long."""

    async def start(self) -> None:
        """Begin at once: a first reading of everything, one after the other on each wire, then each on its own."""
        self._beats = {
            name: self._expect(f"poll {name}", every_s=max(handle.device.poll_s, SOONEST_S))
            for name, handle in self._handles.items()
        }
        by_wire: dict[str, list[SensorHandle]] = {}
        for handle in self._handles.values():
            by_wire.setdefault(handle.device.wire, []).append(handle)
        for wire, handles in by_wire.items():
            self._tasks.spawn(self._serve_wire(handles), name=f"poll {wire}")

    async def stop(self) -> None:
        """Read no more; a reading under way is abandoned."""
        await self._tasks.cancel()

    async def _serve_wire(self, handles: list[SensorHandle]) -> None:
        for handle in handles:
            await handle.read()
            self._alive(handles)
        start_s = self._clock.mono()
        for handle, phase_s in zip(handles, phases_s(handles), strict=True):
            self._tasks.spawn(self._poll(handle, start_s + phase_s), name=f"poll {handle.device.id}")

    async def _poll(self, handle: SensorHandle, first_s: float) -> None:
        due_s = first_s
        period_s = handle.device.poll_s
        while True:
            await asyncio.sleep(due_s - self._clock.mono())
            await handle.read()
            self._alive([handle])
            late = max(0, math.floor((self._clock.mono() - due_s) / period_s))  # a timer may fire a trace too early
            if late > 0:
                self.skipped[handle.device.id] += late
            due_s += (late + 1) * period_s

    def _alive(self, handles: Iterable[SensorHandle]) -> None:
        for handle in handles:
            self._beats[handle.device.id]()


def phases_s(handles: Iterable[SensorHandle]) -> list[float]:
    """When in its second period each sensor of one wire is read: spread evenly, in the order of configuration."""
    listed = list(handles)
    return [handle.device.poll_s * (1 + index / len(listed)) for index, handle in enumerate(listed)]
