"""Bounds on real time that a defect breaks and a busy computer does not; it must not be used for virtual time.

A computer that does other things is late now and then, and what a defect holds up is late each time. So a bound is
measured until it holds once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

ATTEMPTS = 3


def least(below: float, measure: Callable[[], float], count: int = ATTEMPTS) -> float:
    """The least that `measure()` returns in at most `count` attempts; one `below` is enough."""
    measured = [measure()]
    while min(measured) >= below and len(measured) < count:
        measured.append(measure())
    return min(measured)


async def least_awaited(below: float, measure: Callable[[], Awaitable[float]], count: int = ATTEMPTS) -> float:
    """The same for what is awaited."""
    measured = [await measure()]
    while min(measured) >= below and len(measured) < count:
        measured.append(await measure())
    return min(measured)


class Lag:
    """How much later than asked the event loop wakes up at most, inside of `async with`; `worst_s` tells it."""

    STEP_S = 0.002

    def __init__(self) -> None:
        self.worst_s = 0.0

    async def __aenter__(self) -> "Lag":
        self._watching = asyncio.ensure_future(self._watch())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *given: object) -> None:
        await asyncio.sleep(2 * self.STEP_S)  # a block that has just ended is seen
        self._watching.cancel()

    async def _watch(self) -> None:
        while True:
            asked_s = time.monotonic()
            await asyncio.sleep(self.STEP_S)
            self.worst_s = max(self.worst_s, time.monotonic() - asked_s - self.STEP_S)
