"""The results of a campaign in a file that many processes add lines to; it must not know what they say."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alimante.commands.errors import BadUse


class Results:
    """The lines of one file. What stands there from a campaign that was interrupted is taken as it is.

    `of` is what they are results of. Raises `BadUse` where the file has those of something else.
    """

    def __init__(self, path: Path, *, of: Mapping[str, Any]) -> None:
        self.found: list[dict[str, Any]] = []
        self._path = path
        self._read_bytes = 0
        try:
            is_new = not path.exists() or not path.read_bytes()
            if is_new:
                path.write_text(json.dumps(of) + "\n", encoding="utf-8")
            self._begin(of)
        except OSError as error:
            raise BadUse(f"{path}: {error.strerror or error}") from None

    def look(self) -> list[dict[str, Any]]:
        """All results that there are by now."""
        with self._path.open("rb") as file:
            file.seek(self._read_bytes)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._read_bytes += len(line)
                self.found.append(json.loads(line))
        return self.found

    def add(self, result: Mapping[str, Any]) -> None:
        """Add a line; those of other processes stay whole, as the kernel appends one write at a time."""
        line = json.dumps(result, ensure_ascii=False).encode() + b"\n"
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(file, line)
        finally:
            os.close(file)

    def _begin(self, of: Mapping[str, Any]) -> None:
        data = self._path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        head, *_ = whole.splitlines() or [b""]
        try:
            is_ours = json.loads(head) == dict(of)
        except ValueError:
            is_ours = False
        if not is_ours:
            raise BadUse(f"{self._path} has other results; name a new file, or delete it to begin anew")
        if whole != data:  # the last line was cut off with its writer
            self._path.write_bytes(whole)
        self._read_bytes = len(head) + 1
        self.look()
