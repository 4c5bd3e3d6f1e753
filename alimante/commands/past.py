"""What is known of the configurations that ran and of the one that runs; it must not change any of it."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from alimante.commands.ask import NobodyListens, NoSupervisor, Report, ask
from alimante.commands.errors import BadUse, CommandFailed
from alimante.commands.folders import LAST_CONFIG, Folders
from alimante.config.faults import ConfigInvalid
from alimante.config.load import file_bytes
from alimante.core.files import DiskFiles
from alimante.core.generations import GENERATIONS
from alimante.core.text import printable
from alimante.policy.rollout import Journal
from alimante.rollout.store import FOLDER, ConfigStore, digest
from alimante.services.instance_lock import held_by

T = TypeVar("T")

SHORT: Final = 8
"""So many digits of a name are shown."""
LEAST: Final = 4
"""So many digits of a name have to be said at least."""
BACK_S: Final = 60.0
"""For so long a supervisor that is just beginning a new run is waited for."""
AGAIN_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How things stand: what the state folder says, the supervisor's `report` if one runs, and the file's `path`."""

    store: ConfigStore
    report: Report | None
    path: Path
    folders: Folders

    @property
    def journal(self) -> Journal:
        """What the state folder says of configurations."""
        return self.store.journal

    @property
    def committed(self) -> str:
        """The name of what has proved itself last; empty while nothing has."""
        return self.journal.committed if self.report is None else str(self.report["committed"])

    @property
    def running(self) -> str:
        """The name of what runs; empty when no supervisor does."""
        return "" if self.report is None else str(self.report["running"])

    def before(self) -> tuple[str, bytes]:
        """What a change is held against, in words, and its text, which is empty when there is none."""
        if self.running:
            return "what runs", self.store.text(self.running) or _bytes(self.folders.state / LAST_CONFIG)
        if self.committed:
            return "what proved itself last", self.store.text(self.committed) or b""
        return "the configuration file", _bytes(self.path)


def short(name: str) -> str:
    """The name of a configuration as people read it."""
    return name[:SHORT] or "nothing"


def name_of(text: bytes) -> str:
    """The name of a configuration with this text; empty for no text."""
    return digest(text) if text else ""


def standing(folders: Folders, given: Path | None, default: Path) -> Standing:
    """How things stand. Raises `CommandFailed`, also where a supervisor runs with another file than the `given` one."""
    store = history_of(folders.state)
    report = asked(folders)
    path = (given or default).absolute()
    if report is not None:
        path = Path(report["file"])
        if given is not None and given.resolve() != path.resolve():
            raise BadUse(f"the supervisor that runs has its configuration in {path}, not in {given}")
    return Standing(store=store, report=report, path=path, folders=folders)


def asked(folders: Folders) -> Report | None:
    """What the supervisor says of its configuration; None when none runs. Raises `CommandFailed`.

    One that is between two runs does not listen for a moment, and is waited for.
    """

    def attempt() -> Report | None:
        try:
            return ask(folders, {"ask": "config"})
        except NobodyListens:
            holder = _holder(folders)
        if holder is None:
            return None
        raise NobodyListens(f"a supervisor is running (process {holder}), but it does not listen yet")

    return until_answered(attempt, absent=NobodyListens)


def until_answered(
    attempt: Callable[[], T],
    *,
    absent: type[NoSupervisor] = NoSupervisor,
    within_s: float = BACK_S,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """What `attempt` returns, made again and again while it raises `absent`; that itself after `within_s`."""
    until_s = now() + within_s
    while True:
        try:
            return attempt()
        except absent:
            if now() >= until_s:
                raise
        sleep(AGAIN_S)


def _holder(folders: Folders) -> int | None:
    try:
        return held_by(folders.state)
    except OSError as error:
        raise CommandFailed(f"whether a supervisor is running cannot be told: {error.strerror or error}") from None


def history_of(state: Path) -> ConfigStore:
    """What the state folder says of configurations. Raises `CommandFailed` when it cannot be read or is damaged.

    Of its two generations one may be damaged, which is told.
    """
    folder = state / FOLDER
    try:
        names = {path.name for path in folder.iterdir()}
    except FileNotFoundError:
        names = set()
    except OSError as error:
        raise CommandFailed(f"{folder} cannot be read: {error.strerror}; say --state-dir DIR, or sudo") from None
    with _warnings() as told:
        store = ConfigStore(state, files=DiskFiles())
    if store.journal == Journal() and any(f"journal.{number}.json" in names for number in range(GENERATIONS)):
        raise CommandFailed(f"what is known of configurations cannot be used: {'; '.join(told)}")
    sys.stderr.writelines(f"warning: {printable(text)}\n" for text in told)
    return store


def text_of(store: ConfigStore, name: str) -> bytes:
    """The text of the configuration `name`. Raises `CommandFailed` when it is not kept any more."""
    text = store.text(name)
    if text is None:
        raise CommandFailed(f"the text of {short(name)} is not kept any more; there {_what_is_there(store)}")
    return text


def named(store: ConfigStore, said: str) -> str:
    """The configuration that `said` means: a number of the history or the first digits of a name.

    Raises `BadUse` for what means none or more than one.
    """
    journal = store.journal
    changes = (*journal.history, *((journal.trial,) if journal.trial else ()))
    by_number = {change.new for change in changes if str(change.number) == said}
    digits = said.lower()
    names = {name for change in changes for name in (change.old, change.new) if name} | journal.named
    by_name = {name for name in names if len(digits) >= LEAST and name.startswith(digits)}
    found = sorted(by_number | by_name)
    if not found:
        hint = f"; say at least {LEAST} digits" if len(said) < LEAST else ""
        raise BadUse(
            f'"{printable(said[: SHORT * 8])}" is no configuration that is known{hint}; there {_what_is_there(store)}'
        )
    if len(found) > 1:
        raise BadUse(f'"{said}" may be {" or ".join(map(short, found))}; say more digits')
    return found[0]


def one_before(store: ConfigStore, *, is_on_probation: bool) -> str:
    """What to go back to when nothing is said: the committed one from a probation, else the one before that.

    Raises `CommandFailed` when there is none.
    """
    journal = store.journal
    kept = [name for name in store.kept() if is_on_probation or name != journal.committed]
    if not kept:
        raise CommandFailed(f"there is nothing to go back to: there {_what_is_there(store)}")
    return kept[0]


def _what_is_there(store: ConfigStore) -> str:
    kept = [short(name) for name in store.kept()]
    if not kept:
        return "is none that has proved itself"
    return f"{'is' if len(kept) == 1 else 'are'} {', '.join(kept)}"


def _bytes(path: Path) -> bytes:
    try:
        return file_bytes(path)
    except ConfigInvalid:
        return b""


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """What the store says while it is opened, as texts instead of a log that nobody has set up."""
    told: list[str] = []

    class Noting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(record.getMessage())

    logger, handler = logging.getLogger(ConfigStore.__module__), Noting()
    was, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield told
    finally:
        logger.removeHandler(handler)
        logger.propagate = was
