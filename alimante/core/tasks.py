"""Tasks whose failure is somebody's business; it must not decide what a failure leads to."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

ASK_AGAIN_S = 1.0
"""Longer than any task needs for its good-bye, so that none is disturbed in it."""

OnFailed = Callable[[str, BaseException], None]


class Tasks:
    """The tasks of one component. `on_failed(name, error)` is called once for each task that raises.

    A task that asyncio runs on its own dies in silence: nobody awaits it. These do not.
    """

    def __init__(self, on_failed: OnFailed) -> None:
        self._on_failed = on_failed
        self._running: set[asyncio.Task[None]] = set()

    def spawn(self, coroutine: Coroutine[Any, Any, None], *, name: str) -> None:
        """Run `coroutine` until it ends or `cancel` is called."""
        task = asyncio.create_task(coroutine, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)

    async def cancel(self) -> None:
        """End all of them and wait for that.

        A task is asked again while it goes on: a cancellation that meets the end of what the task waits for can be
        swallowed (in Python 3.11 by `asyncio.wait_for`), and a stop must not wait for such a task for ever.
        """
        while self._running:
            for task in self._running:
                task.cancel()
            await asyncio.wait(self._running, timeout=ASK_AGAIN_S)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._on_failed(task.get_name(), error)
