"""Starts the broker and other processes for a measurement and ends exactly those; it must not reuse a broker."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

CHILDREN = Path(__file__).parent / "children"
READY_S = 20.0
END_S = 10.0
ENVIRON = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

BROKER = """
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
persistence false
log_type error
"""


class Failed(Exception):
    """A process that a measurement needs did not do its part."""


@contextlib.contextmanager
def broker() -> Iterator[int]:
    """A mosquitto of our own with nothing in it; yields its port on the loopback interface."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    if program is None:
        raise Failed("mosquitto is not installed: sudo apt install mosquitto")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="alimante-bench-") as folder:
        config = Path(folder) / "mosquitto.conf"
        config.write_text(BROKER.format(port=port))
        with running([program, "-c", str(config)]):
            _wait_for(port)
            yield port


@contextlib.contextmanager
def running(command: Sequence[str], *, log: Path | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that is asked to end afterwards, and killed if it does not. Its output goes to `log`.

    Python programs keep their compiled code, as they do after an installation, also where the environment forbids it.
    """
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("wb")) if log else subprocess.DEVNULL
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=ENVIRON)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def child(name: str, *arguments: object) -> Iterator["subprocess.Popen[bytes]"]:
    """One of our own programs in `parts/children`."""
    with running([sys.executable, str(CHILDREN / f"{name}.py"), *map(str, arguments)]) as process:
        yield process


@contextlib.contextmanager
def supervisor(config: Path, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`alimante run` with its state in `folder`. What goes wrong meanwhile is raised with what it said."""
    log = folder / "log"
    program = Path(sys.executable).with_name("alimante")
    command = [str(program), "run", "--config", str(config), "--state-dir", str(folder / "state")]
    with running(command, log=log) as process:
        try:
            yield process
        except Exception as error:
            raise Failed(f"{error}; the supervisor ({process.poll()}) said: {log.read_text()[-2000:]}") from error


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    give_up_s = time.monotonic() + READY_S
    while time.monotonic() < give_up_s:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return
        time.sleep(0.02)
    raise Failed(f"the broker did not listen on port {port} within {READY_S:g} s")
