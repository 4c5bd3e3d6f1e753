"""The supervisor's end of the line to its guard process; it must not know what the guard does.

The guard takes silence on this line for a hang, and its end for a death. It answers each sign of life, so that its own
silence is noticed just as well.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from alimante.core.clock import Clock
from alimante.core.component import Phase

BEAT: Final = b"."
CHANGED: Final = b"c"
"""The configuration that runs is another one now; its copy has been written."""
HAND_OVER: Final = b"h"
"""An output cannot be made safe by the supervisor, which ends: the guard is to do it, and not to wait for long."""
BYE: Final = b"b"
"""Everything is safe and the program ends: the guard is to end, too."""


class GuardLine:
    """Feeds the guard. `on_lost(reason)` is called once when the guard is gone or silent for `silent_s` seconds."""

    name = "guard"
    phase = Phase.WIRES

    def __init__(self, line: socket.socket, *, on_lost: Callable[[str], None], silent_s: float, clock: Clock) -> None:
        self._line = line
        self._line.setblocking(False)
        self._on_lost = on_lost
        self._silent_s = silent_s
        self._clock = clock
        self._asked_s: float | None = None
        """When the oldest sign of life was given that has not been answered."""

    async def start(self) -> None:
        """Begin to listen."""
        asyncio.get_running_loop().add_reader(self._line, self._on_answer)

    async def stop(self) -> None:
        """Listen no more; the guard goes on."""
        asyncio.get_running_loop().remove_reader(self._line)

    def beat(self) -> None:
        """Give a sign of life."""
        now_s = self._clock.mono()
        if self._asked_s is None:
            self._asked_s = now_s
        elif now_s - self._asked_s > self._silent_s:
            self._lose("the guard process does not answer")
        tell(self._line, BEAT)

    def hand_over(self) -> None:
        """Leave the outputs to the guard."""
        tell(self._line, HAND_OVER)

    def _on_answer(self) -> None:
        try:
            answer = self._line.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            answer = b""
        self._asked_s = None
        if not answer:
            self._lose("the guard process is gone")

    def _lose(self, reason: str) -> None:
        asyncio.get_running_loop().remove_reader(self._line)
        on_lost, self._on_lost = self._on_lost, lambda again: None
        on_lost(reason)


def tell(line: socket.socket, message: bytes) -> None:
    """Send `message`; a guard that is gone or does not read costs nothing here."""
    try:
        line.send(message, socket.MSG_NOSIGNAL | socket.MSG_DONTWAIT)
    except OSError:
        return
