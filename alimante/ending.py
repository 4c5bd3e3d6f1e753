"""How a run ends without anybody stopping it; it must not end anything itself."""

import asyncio
import logging

_log = logging.getLogger(__name__)


class GaveUp(Exception):
    """The run ended because it could not go on, with its outputs safe or left to the guard; the message says why."""


class Ending:
    """Waits for the first reason not to go on; only in the loop's thread."""

    def __init__(self) -> None:
        self._why: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def request_exit(self, reason: str) -> None:
        """Have the run end, outputs safe or left to the guard, so that the service manager starts a new process."""
        if not self._why.done():
            _log.error("giving up: %s", reason)
            self._why.set_exception(GaveUp(reason))

    async def wait(self, stop: asyncio.Event) -> None:
        """Wait for `stop`. Raises `GaveUp` when something asks for an end first."""

        async def until_stop() -> None:
            await stop.wait()

        stopping = asyncio.ensure_future(until_stop())
        try:
            await asyncio.wait([stopping, self._why], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        if self._why.done():
            self._why.result()

    def close(self) -> None:
        """Nobody waits any more."""
        self._why.cancel()
