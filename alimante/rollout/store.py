"""Keeps the texts of configurations, and the journal that says what they are worth; it must not decide about them.

A text lies in one of a few files, and counts by its contents: the journal names it by its SHA-256. The journal is one
small file in two generations. So every step is one file that is replaced as a whole, and a power cut leaves the journal
as it was or as it became. What keeps that true is the order: a text is on the disk before a journal names it, and a
file is used again only when no journal that a power cut may leave names what is in it.
"""

import logging
from collections.abc import Iterator
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from alimante.core.files import Files
from alimante.core.generations import GENERATIONS, Corrupt, Generation, decode, encode, newest
from alimante.policy.probation import Survey
from alimante.policy.rollout import CHECKPOINTS, Change, Fall, Journal, Refusal, Verdict

FOLDER: Final = "configurations"
PLACES: Final = CHECKPOINTS + 2
"""One for what is on probation, and one for what comes instead of that."""
SECTION: Final = "rollout"

_log = logging.getLogger(__name__)


def digest(data: bytes) -> str:
    """The name of a configuration, from the bytes of its file."""
    return sha256(data).hexdigest()


class ConfigStore:
    """The configurations of one state folder. Opening it only reads, so others may look while a supervisor runs."""

    def __init__(self, state: Path, *, files: Files) -> None:
        self._folder = state / FOLDER
        self._files = files
        self._places: dict[Path, str] = {self._folder / f"{number}.json": "" for number in range(PLACES)}
        for place in self._places:
            self._places[place] = digest(data) if (data := self._read(place)) is not None else ""
        latest = newest(self._generations())
        self._sequence = 0 if latest is None else latest.sequence
        self.journal = Journal() if latest is None else _journal(latest.sections.get(SECTION))
        self._spared = self.journal.named  # by any journal that may be on the disk

    def text(self, name: str) -> bytes | None:
        """The bytes of the configuration `name`; None when they are gone or damaged."""
        for place, held in self._places.items():
            if held == name and (data := self._read(place)) is not None and digest(data) == name:
                return data
        return None

    def kept(self) -> list[str]:
        """The names of those that can be gone back to and have their text, the latest first."""
        return [name for name in self.journal.checkpoints if name in self._places.values()]

    def keep(self, data: bytes) -> str:
        """Have the text on the disk, so that a journal may name it; returns its name. Raises `OSError`."""
        name = digest(data)
        if self.text(name) is None:
            place = next(place for place, held in self._places.items() if held == name or held not in self._spared)
            self._places[place] = ""
            self._files.replace(place, data)
            self._places[place] = name
        return name

    def write(self, journal: Journal) -> None:
        """Make `journal` the one that counts. Raises `OSError`, after which the disk may hold it or not."""
        self._spared |= journal.named
        generation = Generation(self._sequence + 1, {SECTION: asdict(journal)})
        self._files.replace(self._path(generation.sequence % GENERATIONS), encode(generation))
        self._sequence = generation.sequence
        self.journal = journal
        self._spared = journal.named

    def _path(self, index: int) -> Path:
        return self._folder / f"journal.{index}.json"

    def _generations(self) -> Iterator[Generation]:
        for path in map(self._path, range(GENERATIONS)):
            data = self._read(path)
            try:
                if data is not None:
                    yield decode(data)
            except Corrupt as error:
                _log.warning("%s cannot be used: %s", path, error)

    def _read(self, path: Path) -> bytes | None:
        try:
            return self._files.read(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.warning("%s cannot be read: %s", path, error)
            return None


def _journal(saved: Any) -> Journal:
    """Raises nothing: what another version or a dying card wrote counts as nothing."""
    try:
        trial, before = saved["trial"], saved["before"]
        return Journal(
            checkpoints=tuple(map(str, saved["checkpoints"])),
            trial=None if trial is None else _change(trial),
            refused=tuple(Refusal(**refusal) for refusal in saved["refused"]),
            history=tuple(map(_change, saved["history"])),
            fall=Fall(**saved["fall"]),
            before=None if before is None else Survey(**{key: _tuples(value) for key, value in before.items()}),
        )
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        _log.warning("the journal of configurations cannot be used and begins anew: %s", error)
        return Journal()


def _change(saved: Any) -> Change:
    """Raises `TypeError`, `KeyError` and `ValueError`."""
    return Change(**{**saved, "verdict": Verdict(saved["verdict"])})


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
