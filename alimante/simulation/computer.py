"""The computer that a simulated supervisor runs on: its disk and what it tells of itself; it must not touch a real one.

Everything stands still and healthy until a fault says otherwise.
"""

import errno
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final


class MemoryDisk:
    """State files in memory, which outlive a simulated restart.

    `fault` is the errno with which writes fail, 0 for none; each write takes `slow_s` longer, by calling `sleep`.
    """

    def __init__(self) -> None:
        self.files: dict[Path, bytes] = {}
        self.written_bytes = 0
        self.writes = 0
        self.fault = 0
        self.slow_s = 0.0
        self.sleep: Callable[[float], None] = lambda seconds: None

    def read(self, path: Path) -> bytes:
        """See `Files.read`."""
        if path not in self.files:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
        return self.files[path]

    def replace(self, path: Path, data: bytes) -> None:
        """See `Files.replace`."""
        if self.slow_s:
            self.sleep(self.slow_s)
        if self.fault:
            raise OSError(self.fault, errno.errorcode.get(self.fault, "the disk failed"), str(path))
        self.files[path] = data
        self.written_bytes += len(data)
        self.writes += 1


CALM: Final[Mapping[str, float]] = {
    "cpu_percent": 5.0,
    "memory_percent": 40.0,
    "process_memory_bytes": 48e6,
    "process_threads": 6.0,
    "process_files": 20.0,
    "process_files_percent": 2.0,
    "network_links_up": 1.0,
    "load_per_core": 0.1,
    "disk_free_bytes": 8e9,
    "disk_free_percent": 60.0,
    "disk_inodes_free_percent": 80.0,
    "soc_temperature_c": 45.0,
    "under_voltage": 0.0,
    "throttled": 0.0,
}
"""A computer that is well, by the names of `SystemFacts`."""


class ScriptedFacts:
    """Numbers about a computer that is well, and what `changed` says otherwise."""

    def __init__(self) -> None:
        self.changed: dict[str, float] = {}

    def gather(self) -> Mapping[str, float]:
        """See `SystemFacts.gather`."""
        return {**CALM, **self.changed}
