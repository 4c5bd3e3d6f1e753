"""Does one thing again and again; it must not be used where the moment matters."""

import asyncio
from collections.abc import Callable

from alimante.core.component import Phase


class Periodic:
    """Calls `action` every `every_s` seconds, first after one period."""

    def __init__(self, name: str, phase: Phase, action: Callable[[], None], *, every_s: float) -> None:
        self.name = name
        self.phase = phase
        self._action = action
        self._every_s = every_s
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            self._action()
