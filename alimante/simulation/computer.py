"""What the computer that a simulated supervisor runs on tells of itself; it must not look at a real one.

Everything stands still and healthy until a fault says otherwise.
"""

from collections.abc import Mapping
from typing import Final

CALM: Final[Mapping[str, float]] = {
    "cpu_percent": 5.0,
    "memory_percent": 40.0,
    "process_memory_bytes": 48e6,
    "process_memory_percent": 24.0,
    "process_threads": 6.0,
    "process_files": 20.0,
    "process_files_percent": 2.0,
    "network_links_up": 1.0,
    "load_per_core": 0.1,
    "disk_free_bytes": 8e9,
    "disk_free_percent": 60.0,
    "disk_inodes_free_percent": 80.0,
    "disk_read_only": 0.0,
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
