"""A local socket on which the command line asks the running supervisor; it must not be reachable from the network.

One request a connection: a line of JSON with an `ask`, answered by a line of JSON with `ok` or `error`. One descriptor
is kept for who asks while there are no more: one after another, people can still turn something off.
"""

import asyncio
import errno
import json
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from alimante.core.component import Phase
from alimante.core.tasks import Tasks

SOCKET_NAME = "control.sock"
MAX_REQUEST_BYTES = 4096
REQUEST_S = 5.0
MAX_ADDRESS_BYTES = 108
WAITING = 8
"""So many may wait to be let in."""
CROWDED_S = 1.0
"""For so long nobody is let in after nobody could be."""

_log = logging.getLogger(__name__)

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
        self._socket: socket.socket | None = None
        self._spare: int | None = None
        self._open: Tasks = Tasks(_on_failed)

    async def start(self) -> None:
        """Listen; a socket file that a dead supervisor left behind is replaced."""
        self._path.unlink(missing_ok=True)
        listening = self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        with short_path(self._path) as address:
            listening.bind(address)
        self._path.chmod(0o660)
        self._keep_spare()
        listening.listen(WAITING)
        asyncio.get_running_loop().add_reader(listening, self._let_in, listening)

    async def stop(self) -> None:
        """Listen no more."""
        listening, self._socket = self._socket, None
        if listening is not None:
            asyncio.get_running_loop().remove_reader(listening)
            listening.close()
        self._give_spare()
        self._path.unlink(missing_ok=True)

    def _let_in(self, listening: socket.socket) -> None:
        try:
            connection = self._accept(listening)
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            _log.warning("nobody can be let in at %s: %s", self._path, error.strerror)
            self._close_for_now(listening)
            return
        connection.setblocking(False)
        self._open.spawn(self._receive(connection), name="question")

    def _accept(self, listening: socket.socket) -> socket.socket:
        try:
            return listening.accept()[0]
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE) or not self._give_spare():
                raise
        return listening.accept()[0]

    def _close_for_now(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(listening)

        def open_again() -> None:
            if self._socket is listening:
                self._keep_spare()
                loop.add_reader(listening, self._let_in, listening)

        loop.call_later(CROWDED_S, open_again)

    async def _receive(self, connection: socket.socket) -> None:
        reader = asyncio.StreamReader(limit=MAX_REQUEST_BYTES)
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, connection)
        except OSError:
            connection.close()
            return
        writer = asyncio.StreamWriter(transport, protocol, reader, asyncio.get_running_loop())
        await self._serve(reader, writer)
        with suppress(OSError):
            await writer.wait_closed()
        self._keep_spare()

    def _keep_spare(self) -> None:
        if self._spare is None and self._socket is not None:
            with suppress(OSError):  # then there is none until somebody has left
                self._spare = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def _give_spare(self) -> bool:
        spare, self._spare = self._spare, None
        if spare is not None:
            os.close(spare)
        return spare is not None

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


def _on_failed(task: str, error: BaseException) -> None:
    if not isinstance(error, asyncio.CancelledError):  # the program ends
        _log.error("a %s at the control socket was not answered", task, exc_info=error)
