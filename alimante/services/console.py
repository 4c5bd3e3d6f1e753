"""A calm live table of the node in a terminal, redrawn in place; it must not be an interface."""

import logging
import shutil
from collections import deque
from collections.abc import Callable
from typing import Any, TextIO

from alimante.core.text import printable
from alimante.services.table import cut, table

REFRESH_S = 1.0
LOG_LINES = 4

_CLEAR_LINE, _CLEAR_BELOW, _HOME = "\x1b[K", "\x1b[J", "\x1b[H"


class LogTail(logging.Handler):
    """Keeps the last lines of the log, so that they stand below the table and do not tear it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=LOG_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line; control characters in it are shown, not obeyed."""
        self.lines.append(printable(self.format(record).partition("\n")[0]))


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
        log = ["", *self._log.lines] if self._log.lines else []
        lines = [*table(self._full(), self._address(), rows=size.lines - 1 - len(log)), *log]
        if not self._begun:
            self._begun = True
            self._out.write("\n" * (size.lines - 1))  # keep what stood on the screen in the scroll-back
        body = "".join(f"{cut(line, size.columns)}{_CLEAR_LINE}\n" for line in lines[: size.lines - 1])
        self._out.write(f"{_HOME}{body}{_CLEAR_BELOW}")
        self._out.flush()
