"""How a run ends without anybody stopping it; it must not end anything itself."""

import asyncio
import logging

_log = logging.getLogger(__name__)


class GaveUp(Exception):
    """The run ended because it could not go on, with its outputs safe; the message says why."""

    def __init__(self, reason: str, *, wants_reboot: bool = False) -> None:
        super().__init__(reason)
        self.wants_reboot = wants_reboot


class Ending:
    """Waits for the first reason not to go on; only in the loop's thread."""

    def __init__(self) -> None:
        self._why: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def request_exit(self, reason: str) -> None:
        """Have the run end with its outputs safe, so that the service manager starts a new process."""
        self._give_up(GaveUp(reason))

    def request_reboot(self, reason: str) -> None:
        """The same, and the computer is to be rebooted if it may be."""
        self._give_up(GaveUp(reason, wants_reboot=True))

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

    def _give_up(self, why: GaveUp) -> None:
        if not self._why.done():
            _log.error("giving up: %s", why)
            self._why.set_exception(why)
