"""Does one thing again and again; it must not be used where the moment matters."""

import asyncio
from collections.abc import Callable

from alimante.core.component import Phase
from alimante.core.tasks import Tasks


async def recur(look: Callable[[], float], *, first_s: float) -> None:
    """Call `look` in `first_s` seconds, and each time again after as many seconds as it returns.

    It never returns, and raises what `look` raises. The task that awaits it sleeps all the time while timers call
    `look`: to wake a task for each look costs more than most looks do. What is due at the same moment comes in the
    order in which sleeping tasks would wake.
    """
    loop = asyncio.get_running_loop()
    raised: asyncio.Future[BaseException] = loop.create_future()
    handle: asyncio.Handle

    def be_due() -> None:
        nonlocal handle
        handle = loop.call_soon(act)

    def act() -> None:
        nonlocal handle
        if raised.done():  # the task is being cancelled
            return
        try:
            handle = loop.call_later(look(), be_due)
        except BaseException as error:  # noqa: BLE001 - raised again in the task, whose failure is somebody's business
            raised.set_result(error)

    handle = loop.call_later(first_s, be_due)
    try:
        raise await raised
    finally:
        handle.cancel()


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
        self._tasks.spawn(recur(self._act, first_s=self._every_s), name=self.name)

    async def stop(self) -> None:
        """End."""
        await self._tasks.cancel()

    def _act(self) -> float:
        self._action()
        return self._every_s
