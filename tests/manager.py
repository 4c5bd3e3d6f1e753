"""One unit of Type=notify as systemd 252 and 257 keep it, for tests; it must not know what the program means to say.

Rules and names are those of src/core/service.c: service_notify_message(), service_set_state(), service_dispatch_timer()
and service_enter_running(). The times are those of the unit file that is shipped.
"""

import contextlib
import os
import socket
import struct
import threading
import time
from pathlib import Path

UNIT = Path(__file__).parents[1] / "systemd" / "alimante.service"
VERSIONS = (252, 257)
WATCHED = ("running", "reload", "reload-notify")
STOPPING = ("stop-sigterm", "stop-sigkill", "stop-watchdog")


def _seconds(name: str) -> float:
    return float(UNIT.read_text().partition(f"\n{name}=")[2].partition("\n")[0])


START_S, STOP_S, WATCHDOG_S = (_seconds(name) for name in ("TimeoutStartSec", "TimeoutStopSec", "WatchdogSec"))


class Unit:
    """The program has been started at `now_s` and has said nothing. `passed` are all states so far."""

    def __init__(self, version: int, *, now_s: float = 0.0) -> None:
        self.version = version
        self.passed = ["start"]
        self.killed = ""
        """Why the whole group was killed; empty while it was not."""
        self.status = ""
        self._said = ""
        self._is_reload_command = False
        self._timer_s: float | None = now_s + START_S
        self._watchdog_s: float | None = None

    @property
    def state(self) -> str:
        return self.passed[-1]

    def hear(self, message: str, now_s: float) -> None:
        """Take one datagram."""
        self.advance(now_s)
        lines = message.splitlines()
        said = [line for line in lines if line in ("READY=1", "RELOADING=1", "STOPPING=1")]
        if said:
            strength = ["RELOADING=1", "READY=1", "STOPPING=1"].index
            self._said = said[-1] if self.version < 253 else max(said, key=strength)
            self._take(now_s)
        for line in lines:
            if line.startswith("STATUS="):
                self.status = line.removeprefix("STATUS=")
        if "WATCHDOG=1" in lines:  # in whatever state
            self._watchdog_s = now_s + WATCHDOG_S

    def reload(self, now_s: float) -> bool:
        """`systemctl reload` begins its ExecReload=; whether it may."""
        self.advance(now_s)
        if self.state != "running":
            return False
        self._is_reload_command = True
        self._move("reload", now_s + START_S)
        return True

    def end_reload_command(self, now_s: float) -> None:
        """The ExecReload= has done its work; the program may still be at it."""
        self.advance(now_s)
        if not self._is_reload_command:
            return
        self._is_reload_command = False
        if self.state == "reload":
            self._run(now_s)

    def stop(self, now_s: float) -> None:
        """`systemctl stop`."""
        self.advance(now_s)
        self._move("stop-sigterm", now_s + STOP_S)

    def end(self, now_s: float) -> None:
        """The program has ended."""
        self.advance(now_s)
        self._move("dead", None)

    def advance(self, now_s: float) -> None:
        """Let everything happen that is due until `now_s`."""
        while not self.killed:
            due = [at_s for at_s in (self._timer_s, self._watchdog_s) if at_s is not None]
            if not due or min(due) > now_s:
                return
            if min(due) == self._watchdog_s:
                self._kill("stop-watchdog", f"the watchdog was not fed in {self.state}")
            elif self.state in ("reload", "reload-notify"):
                self._is_reload_command = False
                self._run(min(due))
            else:
                self._kill("stop-sigkill", f"{self.state} took too long")

    def _take(self, now_s: float) -> None:
        said, state = self._said, self.state
        by_notice = "reload" if self.version < 253 else "reload-notify"
        if said == "READY=1" and state == "start":
            self._watchdog_s = now_s + WATCHDOG_S
            self._run(now_s)
        elif said == "READY=1" and state == by_notice and not self._is_reload_command:
            self._run(now_s)
        elif said == "RELOADING=1" and state == "running":
            self._move(by_notice, now_s + START_S)
        elif said == "STOPPING=1" and state in (("running",) if self.version < 253 else ("running", "reload-notify")):
            self._move("stop-sigterm", now_s + STOP_S)

    def _run(self, now_s: float) -> None:
        """It runs, unless it has said something else since."""
        if self._said == "RELOADING=1":
            self._move("reload" if self.version < 253 else "reload-notify", now_s + START_S)
        elif self._said == "STOPPING=1":
            self._move("stop-sigterm", now_s + STOP_S)
        else:
            self._move("running", None)

    def _kill(self, state: str, why: str) -> None:
        self.killed = why
        self._move(state, None)

    def _move(self, state: str, timer_s: float | None) -> None:
        self.passed.append(state)
        self._timer_s = timer_s
        if state not in WATCHED:
            self._watchdog_s = None


class Manager:
    """A real socket for a real process, with a `unit` of each version behind it. Use as a context."""

    def __init__(self, address: Path) -> None:
        self.address = str(address)
        self.units = {version: Unit(version, now_s=time.monotonic()) for version in VERSIONS}
        self.messages: list[str] = []
        self.senders: set[int] = set()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind(self.address)
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    @property
    def environ(self) -> dict[str, str]:
        """What systemd gives to the process."""
        return {"NOTIFY_SOCKET": self.address, "WATCHDOG_USEC": str(round(WATCHDOG_S * 1e6))}

    def __enter__(self) -> "Manager":
        self._thread.start()
        return self

    def __exit__(self, *given: object) -> None:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.address)
        self._thread.join()
        self._socket.close()
        os.unlink(self.address)  # noqa: PTH108 - a text, for the address of a socket

    def wait_for(self, line: str, *, after: int = 0, within_s: float = 30.0) -> int:
        """Wait until a message from number `after` on has `line` in it; returns the number after that message."""

        def found() -> int:
            news = enumerate(self.messages[after:], after + 1)
            return next((number for number, message in news if line in message.splitlines()), 0)

        with self._news:
            assert self._news.wait_for(found, within_s), f"no {line} in {self.messages[after:]}"
            return found()

    def each(self) -> list[Unit]:
        """The units as they are now."""
        with self._news:
            for unit in self.units.values():
                unit.advance(time.monotonic())
            return list(self.units.values())

    def _listen(self) -> None:
        while True:
            data, told, _, _ = self._socket.recvmsg(4096, socket.CMSG_SPACE(struct.calcsize("3i")))
            if not data:
                return
            with self._news:
                self.senders |= {struct.unpack("3i", value)[0] for _, _, value in told}
                self.messages.append(data.decode())
                for unit in self.units.values():
                    unit.hear(self.messages[-1], time.monotonic())
                self._news.notify_all()
