"""Wakes the event loop from another thread with one system call; it must not carry anything.

asyncio's own way, a socket that is read until it is empty, takes two calls more, and each of them hands the interpreter
lock to and fro between the two threads that are just waiting for one another.
"""

import asyncio
import os
from collections.abc import Callable


class Bell:
    """After one or more `ring()` `on_ring()` is called in the thread of `loop`, in which this must be made.

    One thread rings. Its last call is `hang_up`; without it a descriptor stays open.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, on_ring: Callable[[], None]) -> None:
        self._loop = loop
        self._on_ring = on_ring
        self._descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        loop.add_reader(self._descriptor, self._answer)

    def ring(self) -> None:
        """Never blocks; nobody hears it once the loop has ended."""
        os.eventfd_write(self._descriptor, 1)

    def hang_up(self) -> None:
        """What was rung for before is still answered."""
        try:
            self._loop.call_soon_threadsafe(self._remove)
        except RuntimeError:  # the loop has ended
            os.close(self._descriptor)

    def _answer(self) -> None:
        os.eventfd_read(self._descriptor)
        self._on_ring()

    def _remove(self) -> None:
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._on_ring()  # it may have come before a ring that the loop has not heard yet
