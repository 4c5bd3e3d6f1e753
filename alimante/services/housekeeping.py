"""Keeps the state folder tidy and some room in reserve; it must not touch what a living writer still needs.

A death in the middle of a write leaves a file behind. Those are removed a few at a time, so that a folder with
thousands of them holds up neither the start nor the saving of state.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from alimante.core.component import Phase
from alimante.core.files import Files
from alimante.core.tasks import Tasks
from alimante.io.worker import Priority, Worker

BATCH: Final = 500
"""So many files are removed in one go; on a slow SD card that takes less than a second."""
PAUSE_S: Final = 0.2
AGAIN_S: Final = 3600.0
DEADLINE_S: Final = 60.0
"""A worn SD card can take tens of seconds; nobody waits for this."""

RESERVE_BYTES: Final = 64 * 1024
"""Several times the state of a large enclosure. It is given up when the disk is full, and laid by again later."""

_log = logging.getLogger(__name__)


class Housekeeping:
    """Looks after `folders`, of which the first is where the state of the node is saved. `worker` does it."""

    name = "housekeeping"
    phase = Phase.LINKS

    def __init__(self, folders: Sequence[Path], *, files: Files, worker: Worker, tasks: Tasks) -> None:
        self._folders = folders
        self._files = files
        self._worker = worker
        self._tasks = tasks

    async def start(self) -> None:
        """Begin."""
        self._tasks.spawn(self._serve(), name=self.name)

    async def stop(self) -> None:
        """End."""
        await self._tasks.cancel()

    async def _serve(self) -> None:
        for folder in self._folders:
            await self._sweep(folder)
        while True:
            await self._do(lambda: self._files.keep_reserve(self._folders[0], size_bytes=RESERVE_BYTES))
            await asyncio.sleep(AGAIN_S)

    async def _sweep(self, folder: Path) -> None:
        swept = 0
        while removed := await self._do(lambda: self._files.sweep(folder, most=BATCH)):
            swept += removed
            await asyncio.sleep(PAUSE_S)
        if swept:
            _log.info("%d files were removed from %s that interrupted writes had left there", swept, folder)

    async def _do(self, work: Callable[[], int | None]) -> int:
        """What `work` returns; 0 when the disk does not let it. Who saves state tells of a bad disk."""

        def attempt() -> int | None:
            try:
                return work()
            except OSError:
                return 0

        done = await self._worker.run(
            attempt, label="housekeeping", deadline_s=DEADLINE_S, priority=Priority.BACKGROUND
        )
        return done.value or 0
