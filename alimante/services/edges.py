"""Turns bouncing edges of input lines into one reading after the line has settled; it must not know the line."""

import asyncio
from collections.abc import Callable, Mapping

from alimante.core.bus import EventBus
from alimante.core.component import Phase
from alimante.core.events import EdgeSeen
from alimante.core.tasks import Tasks
from alimante.io.handle import SensorHandle

MAX_SETTLES = 20
"""A line that never becomes quiet is read all the same after so many settling times."""


class EdgeService:
    """Waits for `settle_s` without an edge, then has the sensor read."""

    name = "edges"
    phase = Phase.SENSORS

    def __init__(self, handles: Mapping[str, SensorHandle], *, bus: EventBus, tasks: Tasks) -> None:
        self._handles = handles
        self._bus = bus
        self._undo: Callable[[], None] = lambda: None
        self._tasks = tasks
        self._settling: set[str] = set()

    async def start(self) -> None:
        """Listen."""
        self._settling.clear()  # a stop may have cut off what had begun to settle
        for handle in self._handles.values():
            handle.edge_served()
        self._undo = self._bus.subscribe(EdgeSeen, self._on_edge)

    async def stop(self) -> None:
        """Listen no more."""
        self._undo()
        await self._tasks.cancel()

    def _on_edge(self, event: EdgeSeen) -> None:
        if event.device in self._handles and event.device not in self._settling:
            self._settling.add(event.device)
            self._tasks.spawn(self._settle(self._handles[event.device]), name=f"settle {event.device}")

    async def _settle(self, handle: SensorHandle) -> None:
        try:
            seen = -1
            while seen != handle.edges:  # or the line moved while it was read, and what was read is old
                await self._quiet(handle)
                seen = handle.edges
                await handle.read()
                handle.edge_served()
        finally:
            self._settling.discard(handle.device.id)

    async def _quiet(self, handle: SensorHandle) -> None:
        for _ in range(MAX_SETTLES):
            seen = handle.edges
            await asyncio.sleep(handle.settle_s)
            if handle.edges == seen:
                return
