"""The files that survive a power cut; it must not know what they mean.

`Calls` is what a file system is asked for, call by call, so that a simulated one can lose its power between any two.
"""

import contextlib
import errno
import os
import re
import threading
from pathlib import Path
from typing import Final, Protocol

RESERVE: Final = ".reserve"
"""Room that is given up when the disk is full, so that what people must know can still be written down."""

PAGE_BYTES: Final = 4096
"""What a file system gives at least."""

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_TEMPORARY: Final = re.compile(r"\..+?(\.(?P<writer>[0-9]{1,10}))?\.new", re.ASCII)


class Calls(Protocol):
    """What is asked of a file system. Paths are absolute. Every call may raise `OSError`."""

    def read(self, path: Path) -> bytes:
        """The whole file."""
        ...

    def names(self, folder: Path) -> list[str]:
        """What lies in `folder`, in any order."""
        ...

    def is_folder(self, path: Path) -> bool:
        """Whether a folder is there."""
        ...

    def make_folder(self, path: Path) -> None:
        """Make a folder in one that is there."""
        ...

    def create(self, path: Path) -> int:
        """A new file, open, that only its owner may read. Raises `FileExistsError`."""
        ...

    def open_folder(self, path: Path) -> int:
        """A folder, open to be synced."""
        ...

    def write(self, descriptor: int, data: bytes) -> None:
        """Append all of `data`."""
        ...

    def sync(self, descriptor: int) -> None:
        """Return once the contents are on the disk; of a folder these are the names in it."""
        ...

    def close(self, descriptor: int) -> None:
        """Let go of what was opened."""
        ...

    def rename(self, old: Path, new: Path) -> None:
        """Let `new` name what `old` named, at once."""
        ...

    def remove(self, path: Path) -> None:
        """Let the file have this name no longer."""
        ...

    def writer(self) -> int:
        """A number of who calls, that nobody else has who may write at the same time."""
        ...

    def is_writing(self, writer: int) -> bool:
        """Whether one with this number may be there still."""
        ...


class Files(Protocol):
    """State files. Paths are absolute."""

    def read(self, path: Path) -> bytes:
        """The whole file. Raises `OSError`."""
        ...

    def replace(self, path: Path, data: bytes) -> None:
        """Make `path` hold `data`, wholly or not at all, whatever happens to the power. Raises `OSError`."""
        ...

    def sweep(self, folder: Path, *, most: int) -> int:
        """Remove what writers left in `folder` that died; at most `most` files. Returns how many. Raises `OSError`."""
        ...

    def keep_reserve(self, folder: Path, *, size_bytes: int) -> None:
        """Keep so much room for later replacements in `folder`, when the disk is full. Raises `OSError`."""
        ...


class LinuxCalls:
    """The file systems of this computer."""

    def read(self, path: Path) -> bytes:
        """See `Calls`."""
        return path.read_bytes()

    def names(self, folder: Path) -> list[str]:
        """See `Calls`."""
        return [path.name for path in folder.iterdir()]

    def is_folder(self, path: Path) -> bool:
        """See `Calls`."""
        return path.is_dir()

    def make_folder(self, path: Path) -> None:
        """See `Calls`."""
        path.mkdir()

    def create(self, path: Path) -> int:
        """See `Calls`."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def open_folder(self, path: Path) -> int:
        """See `Calls`."""
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def write(self, descriptor: int, data: bytes) -> None:
        """See `Calls`."""
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]

    def sync(self, descriptor: int) -> None:
        """See `Calls`."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """See `Calls`."""
        os.close(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        """See `Calls`."""
        old.rename(new)

    def remove(self, path: Path) -> None:
        """See `Calls`."""
        path.unlink()

    def writer(self) -> int:
        """See `Calls`: the kernel's number of this thread."""
        return threading.get_native_id()

    def is_writing(self, writer: int) -> bool:
        """See `Calls`. A number that somebody else has by now counts, too."""
        return Path(f"/proc/{writer}").exists()


class DiskFiles:
    """Files on a disk that is reached through `calls`, by default a real one."""

    def __init__(self, calls: Calls | None = None) -> None:
        self._calls = calls or LinuxCalls()
        self._settled: set[Path] = set()

    def read(self, path: Path) -> bytes:
        """See `Files.read`."""
        return self._calls.read(path)

    def replace(self, path: Path, data: bytes) -> None:
        """See `Files.replace`: a new file in the same folder, fsync, rename, fsync of the folder.

        Two who replace the same file do not disturb each other: the later one wins.
        """
        self.make_folder(path.parent)
        temporary = path.with_name(f".{path.name}.{self._calls.writer()}.new")
        try:
            self._write(temporary, data)
            self._calls.rename(temporary, path)
        except OSError as error:
            self._drop(temporary)
            if error.errno not in _FULL or not self._drop(path.with_name(RESERVE)):
                raise
            self.replace(path, data)
            return
        self._sync_folder(path.parent)

    def make_folder(self, path: Path) -> None:
        """Have a folder that survives a power cut, and those above it. Raises `OSError`."""
        if path in self._settled:
            return
        if self._calls.is_folder(path):
            with contextlib.suppress(OSError):  # its parent may belong to others
                self._sync_folder(path.parent)  # who made it may have died before this
        else:
            self.make_folder(path.parent)
            with contextlib.suppress(FileExistsError):
                self._calls.make_folder(path)
            self._sync_folder(path.parent)
        self._settled.add(path)

    def sweep(self, folder: Path, *, most: int) -> int:
        """See `Files.sweep`."""
        if not self._calls.is_folder(folder):
            return 0
        removed = 0
        for name in self._calls.names(folder):
            if removed >= most:
                break
            if self._is_left_over(name):
                with contextlib.suppress(FileNotFoundError, IsADirectoryError):
                    self._calls.remove(folder / name)
                    removed += 1
        return removed

    def keep_reserve(self, folder: Path, *, size_bytes: int) -> None:
        """See `Files.keep_reserve`. The room is really written: some file systems promise what they do not have."""
        self.make_folder(folder)
        path = folder / RESERVE
        with contextlib.suppress(FileNotFoundError):
            if len(self._calls.read(path)) >= size_bytes:
                return
        self._lay_by(path, size_bytes)

    def _lay_by(self, path: Path, size_bytes: int) -> None:
        """Or half of it, where the disk is too small."""
        try:
            self._write(path, bytes(size_bytes))
        except OSError as error:
            self._drop(path)
            if error.errno not in _FULL or size_bytes // 2 < PAGE_BYTES:
                raise
            self._lay_by(path, size_bytes // 2)

    def _write(self, path: Path, data: bytes) -> None:
        try:
            descriptor = self._calls.create(path)
        except FileExistsError:  # never emptied: of a rename that was cut off it may be another name of what counts
            self._calls.remove(path)
            descriptor = self._calls.create(path)
        try:
            self._calls.write(descriptor, data)
            self._calls.sync(descriptor)
        finally:
            self._calls.close(descriptor)

    def _sync_folder(self, path: Path) -> None:
        descriptor = self._calls.open_folder(path)
        try:
            self._calls.sync(descriptor)
        finally:
            self._calls.close(descriptor)

    def _drop(self, path: Path) -> bool:
        """Remove a file as far as that is possible; says whether that was done."""
        try:
            self._calls.remove(path)
        except OSError:
            return False
        return True

    def _is_left_over(self, name: str) -> bool:
        found = _TEMPORARY.fullmatch(name)
        return found is not None and not (found["writer"] and self._calls.is_writing(int(found["writer"])))
