"""Keeps what must survive a power cut; it must not know what the parts mean, and a bad disk must not stop anything.

An SD card wears by writing, so changes are gathered: critical ones for ten seconds, others for a quarter of an hour.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alimante.core.bus import EventBus
from alimante.core.clock import Clock
from alimante.core.component import Phase
from alimante.core.events import ConditionChanged, Level
from alimante.core.files import Files
from alimante.core.generations import GENERATIONS, Corrupt, Generation, decode, join, newest, text_of
from alimante.core.tasks import Tasks
from alimante.io.worker import Worker

CRITICAL_S = 10.0
ROUTINE_S = 900.0
SOON_S = 0.001
"""What is due so soon is due now: a timer may fire a trace too early, and waiting for that trace would spin."""

AGAIN_S = 30.0
"""How long after a failed write the next one is tried."""

WRITE_DEADLINE_S = 60.0
"""A worn SD card can take tens of seconds for one fsync; control does not wait for it."""

STOP_S = 1.0
"""How long a stop waits for the last write: what is not on disk by then was not critical or is ten seconds old."""

NOT_SAVED = "look at the SD card: is it full, worn or read-only?"
"""What a person can do when nothing can be saved."""

SILENT = "this is a defect of the program: update it, or report it with the log"
"""What a person can do when a part cannot say its state."""

Section = dict[str, Any]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Part:
    snapshot: Callable[[], Section]
    restore: Callable[[Section], None]


class StateStore:
    """The saved state of one node, in `folder`.

    Parts are added before the start; each gets back at once what it had saved. `worker` writes, off the loop.
    """

    name = "state"
    phase = Phase.WIRES

    def __init__(
        self, folder: Path, *, files: Files, worker: Worker, clock: Clock, bus: EventBus, tasks: Tasks
    ) -> None:
        self._paths = [folder / f"state.{index}.json" for index in range(GENERATIONS)]
        self._files = files
        self._worker = worker
        self._clock = clock
        self._bus = bus
        self._tasks = tasks
        self._parts: dict[str, _Part] = {}
        self._silent: list[str] = []
        """The parts that could not say their state when it was saved last."""
        self._due_s: float | None = None
        self._news = asyncio.Event()
        self.written_bytes = 0
        """How many bytes were given to the disk in this run."""
        self.trouble = ""
        """Why the last attempt to save failed; empty when it did not."""
        self._unusable: list[str] = []  # the parts that could not make sense of what they had saved
        self.told = ""
        """What the loader found: which file counted, and what was wrong with the others."""
        loaded = self._load()
        self._sequence = loaded.sequence
        self._texts = {name: text_of(section) for name, section in loaded.sections.items()}
        """What is saved of each part, as JSON texts: nobody can change them by going on with what is in them."""

    def add(self, name: str, snapshot: Callable[[], Section], restore: Callable[[Section], None]) -> None:
        """Save what `snapshot()` returns under `name`, and hand `restore` what was saved there by an earlier run.

        A part that cannot make sense of what it saved begins anew; the others do not suffer from that.
        """
        self._parts[name] = _Part(snapshot, restore)
        saved = json.loads(self._texts.get(name, "null"))
        if not isinstance(saved, dict):
            return
        try:
            restore(saved)
        except Exception:  # noqa: BLE001 - the file is whole, so its writer was another version: no reason not to start
            _log.exception("the saved state of %s cannot be used; it begins anew", name)
            self._unusable.append(name)

    def changed(self, critical: bool) -> None:
        """Something is to be saved: soon if it is `critical`, else some time."""
        if not critical and self._due_s is not None:
            return  # that is no later
        due_s = self._clock.mono() + (CRITICAL_S if critical else ROUTINE_S)
        if self._due_s is None or due_s < self._due_s:
            self._due_s = due_s
            self._news.set()

    async def start(self) -> None:
        """Begin to save."""
        unusable = f"the saved state of {', '.join(self._unusable)} could not be used" if self._unusable else ""
        if text := "; ".join(filter(None, [self.told, unusable])):
            self._tell("state_unreadable", Level.WARNING, text)
        self._tasks.spawn(self._serve(), name=self.name)

    async def stop(self) -> None:
        """Save a last time, if the disk is quick enough."""
        await self._tasks.cancel()
        await self._save(STOP_S)

    async def _serve(self) -> None:
        while True:
            self._news.clear()
            if self._due_s is None:
                await self._news.wait()
                continue
            left_s = self._due_s - self._clock.mono()
            if left_s > SOON_S:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), left_s)
                continue
            self._due_s = None
            if not await self._save(WRITE_DEADLINE_S):
                self._due_s = self._clock.mono() + AGAIN_S

    async def _save(self, deadline_s: float) -> bool:
        """Write the next generation; whether that worked."""
        sequence, texts = self._sequence + 1, self._say()
        data = join(sequence, texts)
        path = self._paths[sequence % GENERATIONS]

        def work() -> OSError | None:
            try:
                self._files.replace(path, data)
            except OSError as error:
                return error
            return None

        done = await self._worker.run(work, label=f"write {path.name}", deadline_s=deadline_s)
        failure = done.error or done.value
        if failure is not None:
            self._failed(f"state cannot be saved: {failure}")
            return False
        self._sequence, self._texts = sequence, texts
        self.written_bytes += len(data)
        if self.trouble:
            self.trouble = ""
            _log.warning("state is saved again")
            self._tell("state_not_saved", Level.CLEAR, "state is saved again")
        return True

    def _failed(self, text: str) -> None:
        if not self.trouble:
            _log.error("%s; control goes on without", text)
            self._tell("state_not_saved", Level.CRITICAL, text, NOT_SAVED)
        self.trouble = text

    def _say(self) -> dict[str, str]:
        """What all parts say now; for one that cannot say it, and for those of other versions, what was saved last."""
        texts = dict(self._texts)
        silent = []
        for name, part in self._parts.items():
            try:
                texts[name] = text_of(part.snapshot())
            except Exception:  # noqa: BLE001 - a part's defect must not keep the others' state from being saved
                silent.append(name)
                if name not in self._silent:
                    _log.exception("%s cannot say its state; what was saved before stays", name)
        self._note_silent(silent)
        return texts

    def _note_silent(self, silent: list[str]) -> None:
        """After a restart these parts would begin with what was true long ago."""
        before, self._silent = self._silent, silent
        if silent and silent != before:
            self._tell("state_incomplete", Level.WARNING, f"not saved: the state of {', '.join(silent)}", SILENT)
        elif before and not silent:
            self._tell("state_incomplete", Level.CLEAR, "all state is saved again")

    def _load(self) -> Generation:
        found, faults = [], []
        for path in self._paths:
            try:
                found.append(decode(self._files.read(path)))
            except FileNotFoundError:
                pass
            except (OSError, Corrupt) as error:
                faults.append(f"{path.name}: {error}")
        counts = newest(found)
        if faults:
            instead = f"state number {counts.sequence} is used" if counts else "everything begins anew"
            self.told = f"saved state was damaged ({'; '.join(faults)}); {instead}"
        return counts or Generation(0, {})

    def _tell(self, condition: str, level: Level, text: str, advice: str = "") -> None:
        self._bus.publish(
            ConditionChanged(component="storage", condition=condition, level=level, text=text, advice=advice)
        )
