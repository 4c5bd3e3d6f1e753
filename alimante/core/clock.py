"""The time that everything else is given; it must be the only module that asks the operating system for it."""

import time
from pathlib import Path
from typing import Protocol

SYNC_MARK = Path("/run/systemd/timesync/synchronized")


class Clock(Protocol):
    """Two times that must never be mixed up."""

    def mono(self) -> float:
        """Monotonic seconds: for durations, ages, deadlines and leases. Never jumps."""
        ...

    def wall(self) -> float:
        """Seconds since 1970 UTC: for people and for calendars. May jump by years, in both directions."""
        ...

    def synced(self) -> bool:
        """Whether somebody who knows the time has set `wall`."""
        ...


class SystemClock:
    """The clocks of the machine."""

    def __init__(self, *, sync_mark: Path = SYNC_MARK) -> None:
        self._sync_mark = sync_mark
        self.mono = time.monotonic
        self.wall = time.time

    def synced(self) -> bool:
        """True once systemd-timesyncd has set the clock; other time services leave this False."""
        return self._sync_mark.exists()


class ManualClock:
    """A clock that stands still until it is told to move: for tests and for virtual time."""

    def __init__(self, *, mono_s: float = 1000.0, wall_s: float = 1_750_000_000.0, synced: bool = True) -> None:
        self._mono_s = mono_s
        self._wall_offset_s = wall_s - mono_s
        self._synced = synced

    def mono(self) -> float:
        """Seconds moved so far, from the given start."""
        return self._mono_s

    def wall(self) -> float:
        """The monotonic time and every step so far."""
        return self._mono_s + self._wall_offset_s

    def synced(self) -> bool:
        """What `set_synced` said last."""
        return self._synced

    def advance(self, seconds: float) -> None:
        """Let `seconds` ≥ 0 pass on both clocks."""
        if not seconds >= 0:
            raise ValueError(f"time cannot pass by {seconds} s")
        self._mono_s += seconds

    def go_to(self, mono_s: float) -> None:
        """Let time pass until the monotonic clock says `mono_s`, to the last digit."""
        self.advance(mono_s - self._mono_s)
        self._mono_s = mono_s

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forward or back, as NTP or a person does."""
        self._wall_offset_s += seconds

    def set_synced(self, synced: bool) -> None:
        """Say whether the wall clock can be believed."""
        self._synced = synced
