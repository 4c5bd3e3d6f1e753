"""A calm live table of the node in a terminal, or plain lines where there is none; it must not be an interface."""

import logging
import re
import shutil
from collections import deque
from collections.abc import Callable
from typing import Any, TextIO

REFRESH_S = 1.0
LOG_LINES = 4

_CLEAR_LINE, _CLEAR_BELOW, _HOME = "\x1b[K", "\x1b[J", "\x1b[H"
_BOLD, _DIM, _RED, _YELLOW, _GREEN, _OFF = "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[0m"
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_COLOUR = {"HEALTHY": _GREEN, "WARNING": _YELLOW, "CRITICAL": _RED, "UNKNOWN": _DIM}


class LogTail(logging.Handler):
    """Keeps the last lines of the log, so that they stand below the table and do not tear it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=LOG_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line; control characters in it are shown, not obeyed."""
        text = self.format(record).splitlines()[0]
        self.lines.append("".join(letter if letter.isprintable() else "?" for letter in text))


class LiveTable:
    """Redraws the report in place. `full` makes it, as `alimante status --json` prints it."""

    def __init__(
        self, out: TextIO, *, full: Callable[[], dict[str, Any]], address: Callable[[], str], log: LogTail
    ) -> None:
        self._out = out
        self._full = full
        self._address = address
        self._log = log
        self._begun = False

    def draw(self) -> None:
        """Draw the present report over the last one."""
        size = shutil.get_terminal_size()
        lines = [*table(self._full(), self._address()), "", *self._log.lines]
        if not self._begun:
            self._begun = True
            self._out.write("\n" * (size.lines - 1))  # keep what stood on the screen in the scroll-back
        body = "".join(f"{_cut(line, size.columns)}{_CLEAR_LINE}\n" for line in lines[: size.lines - 1])
        self._out.write(f"{_HOME}{body}{_CLEAR_BELOW}")
        self._out.flush()


def plain_table(report: dict[str, Any]) -> list[str]:
    """The report as lines without colours."""
    return [_ESCAPE.sub("", line) for line in table(report, "")]


def table(report: dict[str, Any], address: str) -> list[str]:
    """The report as lines for people."""
    state = report["state"] if report["armed"] else f"{report['state']}, not armed: {report['not_armed_because']}"
    title = f"{_BOLD}Alimante {report['version']}{_OFF}"
    head = f"{title}  {state}  {_health(report['health'])}  up {report['uptime_s']:.0f} s"
    devices = report["devices"]
    sensors = [
        line for name, device in devices.items() if device.get("kind") == "sensor" for line in _sensor(name, device)
    ]
    actuators = [_actuator(name, device) for name, device in devices.items() if device.get("kind") == "actuator"]
    unused = [
        f"  {name:<18} {_DIM}not used: {device['reason']}{_OFF}"
        for name, device in devices.items()
        if "kind" not in device
    ]
    hint = f"{_DIM}{address}   Ctrl-C stops with outputs safe{_OFF}"
    return [head, hint, "", f"{_BOLD}Sensors{_OFF}", *sensors, "", f"{_BOLD}Outputs{_OFF}", *actuators, *unused]


def _sensor(name: str, device: dict[str, Any]) -> list[str]:
    lines = []
    for channel, reading in device["channels"].items():
        if reading["value"] is None:
            shown, remark = "unknown", f"{_RED}{device['reason']}{_OFF}"
        else:
            shown = f"{reading['value']:g} {reading['unit']}".rstrip()
            remark = f"{_DIM}{reading['age_s']:.0f} s ago{_OFF}"
            if reading["quality"] != "good":
                remark = f"{_YELLOW}{reading['quality']}{_OFF} {remark}"
        lines.append(f"  {name:<18} {channel:<14} {shown:>14}  {remark}")
    return lines


def _actuator(name: str, device: dict[str, Any]) -> str:
    value = "unknown" if device["value"] is None else device["value"]
    shown = value if isinstance(value, str) else f"{value:g}"
    lit = f"{_YELLOW}{shown:>14}{_OFF}" if shown not in ("OFF", "0") else f"{shown:>14}"
    return f"  {name:<18} {'':<14} {lit}  {_DIM}{device['source']}: {device['reason']}{_OFF}"


def _health(health: str) -> str:
    return f"{_COLOUR.get(health, '')}{health}{_OFF}"


def _cut(line: str, columns: int) -> str:
    """`line` cut to `columns` visible characters; colours do not count."""
    visible, position = 0, 0
    while position < len(line):
        if line[position] == "\x1b":
            position = line.index("m", position) + 1
            continue
        if visible == columns:
            return line[:position] + _OFF
        visible += 1
        position += 1
    return line
