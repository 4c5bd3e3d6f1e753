"""A simulated file system that loses what was not synced when the power is cut; it must not touch a real one.

What POSIX promises is all that holds: contents are on the disk after an fsync of the file, names after an fsync of
their folder. Of everything else a power cut leaves any part, in any order: a name as it was at any time since the
folder was synced, contents old, new, cut short, full of zeros or half of each. A folder whose own name is lost takes
with it what lies in it, however well that was synced.
"""

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

ROOT: Final = Path("/")
WRITER: Final = 1

_FOLDER: Final = -1
_ABSENT: Final = 0

Choose = Callable[[int], int]
"""Of so many possibilities, which one: a number from 0."""


@dataclass(frozen=True, slots=True)
class _Body:
    """The contents of a file: those on the disk for sure, and those that programs see."""

    synced: bytes = b""
    live: bytes = b""

    def torn(self) -> list[bytes]:
        """What there may be after a power cut, what programs saw first."""
        new, old, half = self.live, self.synced, len(self.live) // 2
        zeros = bytes(len(new) - half)
        mixed = new[:half] + old[half:]
        return list(dict.fromkeys([new, old, b"", new[:half], bytes(len(new)), new[:half] + zeros, mixed, new[:-2]]))


class SimDisk:
    """The calls of `alimante.core.files.Calls`, on a disk in memory that outlives a simulated restart.

    `fault` is the errno with which changes fail, 0 for none; EIO is told by the sync after them. Each sync takes
    `slow_s` longer, by calling `sleep`. `room_bytes` is how much all files together may hold. `on_call(name)` is told
    after each call that changes something, and may end the run there.
    """

    def __init__(self) -> None:
        self.fault = 0
        self.slow_s = 0.0
        self.room_bytes: int | None = None
        self.sleep: Callable[[float], None] = lambda seconds: None
        self.on_call: Callable[[str], None] = lambda name: None
        self.written_bytes = 0
        self._bodies: dict[int, _Body] = {}
        self._names: dict[Path, tuple[int, ...]] = {}  # what each named since its folder was synced, the last one now
        self._open: dict[int, int | Path] = {}
        self._last = 0

    # What programs call.

    def read(self, path: Path) -> bytes:
        """See `Calls`."""
        return self._bodies[self._file(path)].live

    def names(self, folder: Path) -> list[str]:
        """See `Calls`."""
        self._in(folder / "x")
        return sorted(path.name for path in self._names if path.parent == folder and self._at(path) != _ABSENT)

    def is_folder(self, path: Path) -> bool:
        """See `Calls`."""
        return path == ROOT or self._at(path) == _FOLDER

    def make_folder(self, path: Path) -> None:
        """See `Calls`."""
        self._in(path)
        self._may_change(path)
        if self._at(path) != _ABSENT:
            raise _error(errno.EEXIST, path)
        self._name(path, _FOLDER)
        self.on_call("make_folder")

    def create(self, path: Path) -> int:
        """See `Calls`."""
        self._in(path)
        self._may_change(path)
        if self._at(path) != _ABSENT:
            raise _error(errno.EEXIST, path)
        number = self._number()
        self._bodies[number] = _Body()
        self._name(path, number)
        descriptor = self._number()
        self._open[descriptor] = number
        self.on_call("create")
        return descriptor

    def open_folder(self, path: Path) -> int:
        """See `Calls`."""
        if not self.is_folder(path):
            raise _error(errno.ENOENT, path)
        descriptor = self._number()
        self._open[descriptor] = path
        return descriptor

    def write(self, descriptor: int, data: bytes) -> None:
        """See `Calls`. What fits is written before the disk is full."""
        number = self._open[descriptor]
        if not isinstance(number, int):
            raise _error(errno.EISDIR, number)
        fits = data if self.room_bytes is None else data[: max(0, self.room_bytes - self.used_bytes)]
        body = self._bodies[number]
        self._bodies[number] = _Body(body.synced, body.live + fits)
        self.written_bytes += len(fits)
        self.on_call("write")
        if len(fits) < len(data):
            raise _error(errno.ENOSPC, None)

    def sync(self, descriptor: int) -> None:
        """See `Calls`. Where it fails nothing is known of what is on the disk."""
        if self.slow_s:
            self.sleep(self.slow_s)
        if self.fault == errno.EIO:
            raise _error(errno.EIO, None)
        place = self._open[descriptor]
        if isinstance(place, int):
            self._bodies[place] = _Body(self._bodies[place].live, self._bodies[place].live)
        else:
            for path in [path for path in self._names if path.parent == place]:
                self._settle(path)
            self._forget_nameless()
        self.on_call("sync")

    def close(self, descriptor: int) -> None:
        """See `Calls`."""
        del self._open[descriptor]

    def rename(self, old: Path, new: Path) -> None:
        """See `Calls`. Its two halves may be lost one without the other."""
        self._in(new)
        self._may_change(new)
        self._name(new, self._file(old))
        self._name(old, _ABSENT)
        self.on_call("rename")

    def remove(self, path: Path) -> None:
        """See `Calls`."""
        self._may_change(path)
        self._file(path)
        self._name(path, _ABSENT)
        self.on_call("remove")

    def writer(self) -> int:
        """See `Calls`: there is one thread."""
        return WRITER

    def is_writing(self, writer: int) -> bool:
        """See `Calls`."""
        return writer == WRITER

    # What people do.

    @property
    def used_bytes(self) -> int:
        """How much the files hold that have a name."""
        numbers = {self._at(path) for path in self._names} - {_ABSENT, _FOLDER}
        return sum(len(self._bodies[number].live) for number in numbers)

    def files(self) -> list[Path]:
        """Every file that has a name, in the order of their names."""
        return sorted(path for path in self._names if self._at(path) not in (_ABSENT, _FOLDER))

    def fill(self) -> None:
        """Let somebody else use up the room that is left."""
        self.room_bytes = self.used_bytes

    def put(self, path: Path, data: bytes) -> None:
        """Have a file there since ever, in folders that have been there since ever."""
        for folder in reversed(path.parents):
            if folder != ROOT:
                self._names[folder] = (_FOLDER,)
        number = self._number()
        self._bodies[number] = _Body(data, data)
        self._names[path] = (number,)

    def copy(self) -> "SimDisk":
        """The same disk, as it is now, without who is called."""
        twin = SimDisk()
        twin._bodies, twin._names, twin._last = dict(self._bodies), dict(self._names), self._last
        return twin

    def after_power_cut(self, choose: Choose) -> "SimDisk":
        """What a power cut leaves if it happens now; `choose` says which of the possible remains."""
        left = SimDisk()
        left._last = self._last
        for path in sorted(self._names):
            told = list(dict.fromkeys(reversed(self._names[path])))
            number = told[choose(len(told)) if len(told) > 1 else 0]
            if number == _ABSENT or not left.is_folder(path.parent):
                continue
            left._names[path] = (number,)
            if number != _FOLDER and number not in left._bodies:
                body = self._bodies[number]
                torn = body.torn() if body.live != body.synced else [body.live]
                data = torn[choose(len(torn)) if len(torn) > 1 else 0]
                left._bodies[number] = _Body(data, data)
        return left

    def lose(self, rng: Random) -> None:
        """Let the power be cut now, with remains that chance draws."""
        left = self.after_power_cut(rng.randrange)
        self._bodies, self._names, self._open = left._bodies, left._names, {}

    # How it is kept.

    def _at(self, path: Path) -> int:
        told = self._names.get(path)
        return _ABSENT if told is None else told[-1]

    def _file(self, path: Path) -> int:
        number = self._at(path)
        if number == _ABSENT:
            raise _error(errno.ENOENT, path)
        if number == _FOLDER:
            raise _error(errno.EISDIR, path)
        return number

    def _in(self, path: Path) -> None:
        if not self.is_folder(path.parent):
            raise _error(errno.ENOENT, path)

    def _name(self, path: Path, number: int) -> None:
        self._names[path] = (*self._names.get(path, (_ABSENT,)), number)

    def _settle(self, path: Path) -> None:
        number = self._at(path)
        if number == _ABSENT:
            del self._names[path]
        else:
            self._names[path] = (number,)

    def _forget_nameless(self) -> None:
        used = {number for told in self._names.values() for number in told} | set(self._open.values())
        self._bodies = {number: body for number, body in self._bodies.items() if number in used}

    def _may_change(self, path: Path) -> None:
        if self.fault not in (0, errno.EIO):
            raise _error(self.fault, path)

    def _number(self) -> int:
        self._last += 1
        return self._last


def all_remains(disk: SimDisk, *, most: int) -> Iterator[SimDisk]:
    """Everything that a power cut may leave of `disk` now, or the first `most` of it."""
    digits: list[int] = []
    sizes: list[int] = []
    place = 0

    def choose(count: int) -> int:
        nonlocal place
        if place == len(digits):
            digits.append(0)
            sizes.append(count)
        place += 1
        return digits[place - 1]

    for _ in range(most):
        place = 0
        yield disk.after_power_cut(choose)
        while digits and digits[-1] == sizes[-1] - 1:
            digits.pop()
            sizes.pop()
        if not digits:
            return
        digits[-1] += 1


def _error(number: int, path: Path | None) -> OSError:
    return OSError(number, os.strerror(number), None if path is None else str(path))
