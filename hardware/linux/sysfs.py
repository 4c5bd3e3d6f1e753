"""The kernel's attribute files below one root; it must not follow a path out of that root or try anything twice."""

import os
from pathlib import Path

from hardware.bus.sysfs import SysfsWire
from hardware.errors import DeviceError, NoAnswer, ValueRefused, WireUnavailable, from_oserror

_MISSING = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class LinuxSysfs(SysfsWire):
    """The tree below `root`, such as /sys/bus/w1/devices. Symbolic links in it are followed: sysfs is made of them."""

    def __init__(self, root: Path) -> None:
        self._root = root

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
            return file.read_bytes().decode(errors="replace").removesuffix("\n")
        except OSError as error:
            raise self._meaning(error, file) from error

    def write(self, path: str, text: str) -> None:
        """See `SysfsWire`. The text goes out in one write: an attribute takes each write as a whole value."""
        file = self._below(path)
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_TRUNC)  # never creates, and needs no right to read
            try:
                os.write(descriptor, text.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._meaning(error, file) from error

    def close(self) -> None:
        """Nothing to let go of: no file stays open."""

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
