"""A supervisor and a bare echo at one broker, ready to be commanded; it must not measure."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from parts.configs import sixty
from parts.mqtt import Client
from parts.processes import Failed, broker, child, supervisor

READY_S = 20.0
OURS, BARE = "ours", "bare"


class Nodes(NamedTuple):
    """The broker's port and the process id of the supervisor; the nodes are called `OURS` and `BARE`."""

    port: int
    supervisor_pid: int


@contextlib.contextmanager
def nodes(*, echo_qos: int) -> Iterator[Nodes]:
    """Our supervisor with 60 entities beside an echo that answers at `echo_qos`."""
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(broker())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alimante-bench-")))
        watcher = stack.enter_context(Client(port, "watcher", subscribe=["alimante/#"]))
        setup = sixty(port, OURS)
        process = stack.enter_context(supervisor(setup.write(folder / "config.json"), folder))
        stack.enter_context(child("bare_echo", port, BARE, echo_qos))
        wait_until_there(watcher, states=setup.entities, online=2)
        watcher.__exit__()
        yield Nodes(port, process.pid)


def wait_until_there(watcher: Client, *, states: int, online: int) -> None:
    """Until every entity was published and the nodes listen for commands."""
    seen: set[bytes] = set()
    there: set[bytes] = set()
    while len(seen) < states or len(there) < online:
        received = watcher.receive(READY_S)
        if not received:
            raise Failed(f"{len(seen)} of {states} entities and {len(there)} of {online} nodes came up")
        seen |= {message.topic for message in received if message.topic.endswith(b"/state")}
        there |= {message.topic for message in received if message.payload == b"online"}
