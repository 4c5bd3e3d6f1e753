"""The kernel's attribute files below one root; it must not follow a path out of that root or try anything twice.

A held file of the kernel that is gone for good answers with ENODEV, also after another one has come to its path: such
a call has had no effect, and is made once more with the file that is there now.
"""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from weakref import finalize

from hardware.bus.sysfs import SysfsWire
from hardware.errors import DeviceError, NoAnswer, ValueRefused, WireUnavailable, from_oserror

_MISSING = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
_STALE = frozenset({errno.ENODEV, errno.ESTALE, errno.EBADF})
_LONGEST = 4096  # an attribute is never longer than a page


class LinuxSysfs(SysfsWire):
    """The tree below `root`, such as /sys/bus/w1/devices. Symbolic links in it are followed: sysfs is made of them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._held: dict[str, int | None] = {}
        """Descriptors by path; None for a file that has to be opened anew."""
        finalize(self, _let_go_of_all, self._held)  # a tree that nobody uses any more is not always closed

    def list(self, folder: str = "") -> list[str]:
        """See `SysfsWire`."""
        path = self._below(folder)
        try:
            return sorted(entry.name for entry in path.iterdir())
        except OSError as error:
            raise self._meaning(error, path) from error

    def read(self, path: str) -> str:
        """See `SysfsWire`. Bytes that are no UTF-8 become U+FFFD, which no parser takes for a number."""
        file = self._below(path)
        try:
            data = self._by_descriptor(path, file, _read_whole) if path in self._held else file.read_bytes()
        except OSError as error:
            raise self._meaning(error, file) from error
        return data.decode(errors="replace").removesuffix("\n")

    def write(self, path: str, text: str) -> None:
        """See `SysfsWire`. The text goes out in one write: an attribute takes each write as a whole value."""
        file, data = self._below(path), text.encode()
        try:
            if path in self._held:
                self._by_descriptor(path, file, lambda descriptor: _write_whole(descriptor, data))
                return
            descriptor = os.open(file, os.O_WRONLY | os.O_TRUNC)  # never creates, and needs no right to read
            try:
                os.write(descriptor, data)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._meaning(error, file) from error

    def hold(self, path: str) -> None:
        """See `SysfsWire`. The file must be one that this process may read and write."""
        if self._held.get(path) is not None:
            return
        file = self._below(path)
        try:
            self._held[path] = _opened(file)
        except OSError as error:
            raise self._meaning(error, file) from error

    def close(self) -> None:
        """See `SysfsWire`. The tree can be used again."""
        _let_go_of_all(self._held)

    def _by_descriptor(self, path: str, file: Path, do: Callable[[int], bytes]) -> bytes:
        descriptor = self._held[path]
        if descriptor is not None:
            try:
                if os.fstat(descriptor).st_nlink:  # else a plain file was taken away, which can still be written
                    return do(descriptor)
            except OSError as error:
                if error.errno not in _STALE:
                    raise
            self._held[path] = None
            _let_go(descriptor)
        self._held[path] = descriptor = _opened(file)
        return do(descriptor)

    def _below(self, path: str) -> Path:
        if path.startswith("/") or ".." in path.split("/"):
            raise ValueRefused(f"{path}: outside of {self._root}")
        return self._root / path

    def _meaning(self, error: OSError, path: Path) -> DeviceError:
        if not isinstance(error, _MISSING):
            return from_oserror(error, str(path))
        if not self._root.is_dir():
            return WireUnavailable(f"{self._root}: no such folder; is the kernel's driver loaded?")
        return NoAnswer(f"{path}: {error.strerror}")


def _opened(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_CLOEXEC)


def _let_go(descriptor: int) -> None:
    with suppress(OSError):
        os.close(descriptor)


def _let_go_of_all(held: dict[str, int | None]) -> None:
    while held:
        descriptor = held.popitem()[1]
        if descriptor is not None:
            _let_go(descriptor)


def _read_whole(descriptor: int) -> bytes:
    return os.pread(descriptor, _LONGEST, 0)


def _write_whole(descriptor: int, data: bytes) -> bytes:
    os.pwrite(descriptor, data, 0)
    with suppress(OSError):  # an attribute has no length to cut; a plain file that stands for one has
        os.ftruncate(descriptor, len(data))
    return data
