"""Does one thing again and again; it must not be used where the moment matters."""

import asyncio
from collections.abc import Callable

from alimante.core.component import Phase
from alimante.core.tasks import Tasks


class Periodic:
    """Calls `action` every `every_s` seconds, first after one period."""

    def __init__(self, name: str, phase: Phase, action: Callable[[], None], *, every_s: float, tasks: Tasks) -> None:
        self.name = name
        self.phase = phase
        self._action = action
        self._every_s = every_s
        self._tasks = tasks

    async def start(self) -> None:
        """Begin."""
        self._tasks.spawn(self._run(), name=self.name)

    async def stop(self) -> None:
        """End."""
        await self._tasks.cancel()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            self._action()
