"""Tells the service manager how the supervisor is doing; it must not decide when the watchdog deserves to be fed.

The protocol is one datagram of `NAME=value` lines to the socket that $NOTIFY_SOCKET names; sources: sd_notify(3) and
sd_watchdog_enabled(3) of systemd 252.
"""

import os
import socket
from collections.abc import Mapping
from typing import Protocol

READY = "READY=1"
STOPPING = "STOPPING=1"
WATCHDOG = "WATCHDOG=1"

_STATUS_MAX_CHARS = 256  # four bytes each at most: far below the 4096 bytes that the manager reads of one datagram
_USEC_INFINITY = 2**64 - 1


def status(text: str) -> str:
    """One line for people, as `systemctl status` shows it; cut to 256 characters, control characters become spaces."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return f"STATUS={printable[:_STATUS_MAX_CHARS]}"


def reloading(monotonic_s: float) -> str:
    """The configuration is being read again since `monotonic_s` (CLOCK_MONOTONIC); `READY` must follow."""
    return f"RELOADING=1\nMONOTONIC_USEC={round(monotonic_s * 1e6)}"


def watchdog_interval_s(environ: Mapping[str, str], *, pid: int) -> float | None:
    """Within how many seconds the manager wants each `WATCHDOG`; None when nobody watches the process `pid`.

    Whoever feeds should do so at least twice as often. Nonsense in the environment counts as nobody watching.
    """
    text = environ.get("WATCHDOG_USEC", "")
    usec = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(_USEC_INFINITY)) else 0
    watched = environ.get("WATCHDOG_PID", str(pid)) == str(pid) and 0 < usec < _USEC_INFINITY
    return usec / 1e6 if watched else None


class Notifier(Protocol):
    """Where assignments such as `READY` and `status("…")` go."""

    def send(self, *assignments: str) -> bool:
        """Hand over all `assignments` in one message, at once; False when nobody took them. Never raises."""
        ...


class NullNotifier:
    """For a process that no manager waits for."""

    def send(self, *assignments: str) -> bool:
        """Drop the assignments."""
        return False


class RecordingNotifier:
    """Keeps what was sent, for tests and for virtual time."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, *assignments: str) -> bool:
        """Append each of the assignments to `sent`."""
        self.sent += assignments
        return True


class SocketNotifier:
    """The manager at the other end of a datagram socket; `address` is a path or "@" and an abstract name.

    A manager that is gone, or that does not read its socket, costs a message and never the caller's time: `dropped`
    counts those.
    """

    def __init__(self, address: str) -> None:
        self.dropped = 0
        self._address = b"\0" + os.fsencode(address[1:]) if address.startswith("@") else os.fsencode(address)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)

    def send(self, *assignments: str) -> bool:
        """Send one datagram without waiting; False when it could not be handed over."""
        try:
            self._socket.sendto("\n".join(assignments).encode(errors="replace"), self._address)
        except OSError:
            self.dropped += 1
            return False
        return True

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()


def notifier_from(environ: Mapping[str, str]) -> SocketNotifier | NullNotifier:
    """The notifier for $NOTIFY_SOCKET: a null one when it is absent or of a kind that is no local socket."""
    address = environ.get("NOTIFY_SOCKET", "")
    return SocketNotifier(address) if address[:1] in ("/", "@") and len(address) > 1 else NullNotifier()
