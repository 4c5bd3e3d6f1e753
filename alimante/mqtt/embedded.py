"""Runs the demonstration's MQTT broker in a child process; it must not be used where a real broker can be installed.

The broker is amqtt (extra `demo`). It speaks MQTT 3.1.1 only and never answers an MQTT 5 CONNECT: a client must ask for
3.1.1. It lets anybody on this machine in, listens on the loopback interface and keeps nothing on disk.

This file is also the child's program, run by its path. The child ends when its standard input does, which the kernel
closes however the parent ends; it lives in a session of its own, so that Ctrl-C in a terminal reaches the parent only.
"""

import asyncio
import errno
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from contextlib import suppress
from importlib.util import find_spec
from threading import Thread

LOOPBACK = "127.0.0.1"
MQTT_PORT = 1883

_LINE_READY = b"ready "
_STOP_WITHIN_S = 2.0
_PORTS_TRIED = 5


class BrokerUnavailable(Exception):
    """The embedded broker cannot be had; the text says why and what to do."""


class EmbeddedBroker:
    """A broker that runs; `exited` is done, with the exit status, as soon as its process has ended."""

    def __init__(self, process: Process, *, port: int) -> None:
        self.host = LOOPBACK
        self.port = port
        self.pid = process.pid
        self.exited = asyncio.create_task(process.wait())
        self._process = process

    async def stop(self) -> None:
        """End the broker and wait until it is gone; stopping one that has ended is no error."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_WITHIN_S):
                await asyncio.shield(self.exited)
        except TimeoutError:
            _kill(self._process)
            await self.exited


async def start(*, preferred_port: int = MQTT_PORT, ready_within_s: float = 30.0) -> EmbeddedBroker:
    """Start a broker and return once it listens: on `preferred_port`, or on a free port where that is taken.

    Raises `BrokerUnavailable` when amqtt is not installed or the broker is not ready within `ready_within_s`.
    """
    if find_spec("amqtt") is None:
        raise BrokerUnavailable(
            "The embedded broker needs the package amqtt: pip install 'alimante[demo]', or name a broker in mqtt.host."
        )
    command = (sys.executable, "-P", "-W", "ignore", __file__, str(preferred_port))
    process = await create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, start_new_session=True)
    try:
        async with asyncio.timeout(ready_within_s):
            return EmbeddedBroker(process, port=await _port_of(process))
    except BaseException as error:
        _kill(process)
        await process.wait()
        if isinstance(error, TimeoutError):
            raise BrokerUnavailable(f"The embedded broker was not ready within {ready_within_s:g} s.") from error
        raise


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()


async def _port_of(process: Process) -> int:
    line = await process.stdout.readline() if process.stdout else b""
    if not line.startswith(_LINE_READY):
        raise BrokerUnavailable("The embedded broker ended before it was ready; its last words are on standard error.")
    return int(line.removeprefix(_LINE_READY))


def free_port(preferred: int = MQTT_PORT) -> int:
    """`preferred` when nothing listens there on the loopback interface, else a port that is free at this moment."""
    try:
        return _probe(preferred)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        return _probe(0)


def _probe(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the broker will: TIME_WAIT is no obstacle
        probe.bind((LOOPBACK, port))
        probe.listen()
        return int(probe.getsockname()[1])


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)  # at once, also out of an import or a stuck loop


async def _serve(preferred: int) -> None:
    from amqtt.broker import Broker, BrokerError  # the parent must not pay for this import

    plugins = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    for attempt in range(_PORTS_TRIED):
        port = free_port(preferred)
        broker = Broker({"listeners": {"default": {"bind": f"{LOOPBACK}:{port}"}}, "plugins": plugins})
        try:
            await broker.start()
            break
        except BrokerError as error:  # somebody took the port since it was found free
            if attempt == _PORTS_TRIED - 1:
                raise SystemExit(f"embedded broker: {error}") from error
    os.write(1, _LINE_READY + b"%d\n" % port)
    await asyncio.Event().wait()


def _main() -> None:
    import logging

    Thread(target=_end_with_parent, daemon=True).start()
    logging.disable(logging.CRITICAL)
    asyncio.run(_serve(int(sys.argv[1])))


if __name__ == "__main__":
    _main()
