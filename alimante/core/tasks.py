"""Tasks whose failure is somebody's business; it must not decide what a failure leads to."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

ASK_AGAIN_S = 1.0
"""Longer than any task needs for its good-bye, so that none is disturbed in it."""

OnFailed = Callable[[str, BaseException], None]


class AskedToExit(Exception):
    """A task raised `SystemExit` or `KeyboardInterrupt`, which would have ended the whole loop."""


class Tasks:
    """The tasks of one component. `on_failed(name, error)` is called once for each task that raises, whatever it is.

    A task that asyncio runs on its own dies in silence: nobody awaits it. These do not; that one was cancelled by
    somebody else than `cancel` is a failure, too.
    """

    def __init__(self, on_failed: OnFailed) -> None:
        self._on_failed = on_failed
        self._running: set[asyncio.Task[None]] = set()
        self._asked: set[asyncio.Task[None]] = set()

    def spawn(self, coroutine: Coroutine[Any, Any, None], *, name: str) -> None:
        """Run `coroutine` until it ends or `cancel` is called."""
        task = asyncio.create_task(_contained(coroutine), name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        task.add_done_callback(lambda ended: coroutine.close())  # which one cancelled before its first step left open

    async def cancel(self) -> None:
        """End all of them and wait for that.

        A task is asked again while it goes on: a cancellation that meets the end of what the task waits for can be
        swallowed (in Python 3.11 by `asyncio.wait_for`), and a stop must not wait for such a task for ever.
        """
        while self._running:
            self._asked |= self._running
            for task in self._running:
                task.cancel()
            await asyncio.wait(self._running, timeout=ASK_AGAIN_S)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        was_asked = task in self._asked
        self._asked.discard(task)
        if not task.cancelled():
            error = task.exception()
        else:
            error = None if was_asked else asyncio.CancelledError("somebody cancelled it")
        if error is not None:
            self._on_failed(task.get_name(), error)


async def _contained(coroutine: Coroutine[Any, Any, None]) -> None:
    try:
        await coroutine
    except (SystemExit, KeyboardInterrupt) as error:
        raise AskedToExit(f"it raised {type(error).__name__}: {error}") from error
