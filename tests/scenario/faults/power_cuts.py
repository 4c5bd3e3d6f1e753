"""A disk that remembers how it stood after each call, with what programs had been told about it at that moment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from alimante.core.clock import ManualClock
from alimante.core.files import DiskFiles
from alimante.core.generations import Corrupt, Generation, decode, newest
from alimante.simulation.disk import SimDisk

STATE = Path("/state")


@dataclass(frozen=True)
class Moment:
    """How the disk stood after `call`. `kept` is what files must hold, `begun` what was being written to them."""

    call: str
    disk: SimDisk
    kept: Mapping[Path, bytes]
    begun: Mapping[Path, bytes]
    wall_s: float

    def wrong(self, left: SimDisk) -> list[str]:
        """What is in the files of `left` and must not be: neither what was kept nor what was being written."""
        return [
            f"after {self.call}, {path.name} holds {_shown(contents(left, path))}"
            for path in {**self.kept, **self.begun}
            if contents(left, path) not in (self.kept.get(path), self.begun.get(path))
        ]


class Recording:
    """Files on `disk` that note each moment of it."""

    def __init__(self, clock: ManualClock, files: DiskFiles | None = None, disk: SimDisk | None = None) -> None:
        self.disk = disk or SimDisk()
        self.disk.on_call = self._note
        self.moments: list[Moment] = []
        self.kept: dict[Path, bytes] = {}
        self._begun: dict[Path, bytes] = {}
        self._clock = clock
        self._files = files or DiskFiles(self.disk)

    def read(self, path: Path) -> bytes:
        return self._files.read(path)

    def replace(self, path: Path, data: bytes) -> None:
        self._begun[path] = data
        self._files.replace(path, data)
        self.kept[path] = self._begun.pop(path)
        self._note("the return")

    def sweep(self, folder: Path, *, most: int) -> int:
        return self._files.sweep(folder, most=most)

    def keep_reserve(self, folder: Path, *, size_bytes: int) -> None:
        self._files.keep_reserve(folder, size_bytes=size_bytes)

    def _note(self, call: str) -> None:
        self.moments.append(Moment(call, self.disk.copy(), dict(self.kept), dict(self._begun), self._clock.wall()))


def contents(disk: SimDisk, path: Path) -> bytes | None:
    try:
        return disk.read(path)
    except FileNotFoundError:
        return None


def generations(files: Mapping[Path, bytes]) -> list[Generation]:
    """The whole ones among `files`."""
    found = []
    for path, data in files.items():
        if path.name.startswith("state."):
            try:
                found.append(decode(data))
            except Corrupt:
                continue
    return found


def must_remember(moment: Moment) -> Generation:
    """The least that the state store must remember after a power cut at `moment`."""
    return newest(generations(moment.kept)) or Generation(0, {})


def visible(left: SimDisk) -> str:
    """The state files of `left`, whatever else lies there: two that are the same here begin the next run alike."""
    found = {str(path): contents(left, path) for path in left.files() if not path.name.startswith(".")}
    return json.dumps({name: (data or b"").hex() for name, data in sorted(found.items())})


def _shown(data: bytes | None) -> str:
    return "nothing" if data is None else f"{len(data)} bytes: {data[:60]!r}"
