"""Does one thing again and again; it must not be used where the moment matters."""

import asyncio
from collections.abc import Callable
from weakref import WeakKeyDictionary

from alimante.core.component import Phase
from alimante.core.tasks import Tasks

_rounds: "WeakKeyDictionary[asyncio.AbstractEventLoop, dict[float, list[Callable[[], None]]]]" = WeakKeyDictionary()
"""What is to be called in each loop, by its time: much has the same period and begins together."""


async def recur(look: Callable[[], float], *, first_s: float) -> None:
    """Call `look` in `first_s` seconds, and each time again after as many seconds as it returns.

    It never returns, and raises what `look` raises. The task that awaits it sleeps all the time while timers call
    `look`: to wake a task for each look costs more than most looks do. Looks that are due at the very same moment share
    a timer and come in the order in which they were asked for, where the first of their tasks would wake.
    """
    loop = asyncio.get_running_loop()
    rounds = _rounds.setdefault(loop, {})
    raised: asyncio.Future[BaseException] = loop.create_future()

    def act() -> None:
        if raised.done():  # the task is being cancelled, or was
            return
        try:
            wait(loop.time() + look())
        except BaseException as error:  # noqa: BLE001 - raised again in the task, whose failure is somebody's business
            raised.set_result(error)

    def wait(until_s: float) -> None:
        together = rounds.get(until_s)
        if together is None:
            rounds[until_s] = [act]
            loop.call_at(until_s, loop.call_soon, _call_all, rounds, until_s)
        else:
            together.append(act)

    wait(loop.time() + first_s)
    raise await raised


def _call_all(rounds: dict[float, list[Callable[[], None]]], due_s: float) -> None:
    for act in rounds.pop(due_s):
        act()


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
