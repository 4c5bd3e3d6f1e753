"""A local socket on which the command line asks the running supervisor; it must not be reachable from the network.

One request a connection: a line of JSON with an `ask`, answered by a line of JSON with `ok` or `error`.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alimante.core.component import Phase

SOCKET_NAME = "control.sock"
MAX_REQUEST_BYTES = 4096
REQUEST_S = 5.0
MAX_ADDRESS_BYTES = 108
WAITING = 8
"""So many may wait to be let in. When there are no more files, asyncio says that so many times a second in the log."""

Answer = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class CannotAnswer(Exception):
    """The question is understood but has no answer; the message says why."""


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """A name of `path` that fits into a socket address, which holds 107 bytes whatever the file system allows."""
    if len(os.fsencode(path)) < MAX_ADDRESS_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class ControlSocket:
    """Serves `answers`, one function per `ask`, on a socket that only this user and its group may use."""

    name = "control socket"
    phase = Phase.SERVICES

    def __init__(self, path: Path, answers: Mapping[str, Answer]) -> None:
        self._path = path
        self._answers = answers
        self._server: asyncio.AbstractServer | None = None

    async def start(self) -> None:
        """Listen; a socket file that a dead supervisor left behind is replaced."""
        self._path.unlink(missing_ok=True)
        with short_path(self._path) as address:
            self._server = await asyncio.start_unix_server(
                self._serve, address, limit=MAX_REQUEST_BYTES, backlog=WAITING
            )
        self._path.chmod(0o660)

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await asyncio.wait_for(reader.readline(), REQUEST_S)
            writer.write(json.dumps(await self._answer(line), ensure_ascii=False).encode() + b"\n")
            await asyncio.wait_for(writer.drain(), REQUEST_S)
        except (OSError, ValueError, TimeoutError):
            pass  # the asker has gone, or sends more than a request can have
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            answer = self._answers[request["ask"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            return {"error": "this is no question that the supervisor knows"}
        try:
            return {"ok": await answer(request)}
        except CannotAnswer as error:
            return {"error": str(error)}
