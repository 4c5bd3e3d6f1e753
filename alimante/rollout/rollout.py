"""Which configuration runs in this process, and the steps to another one; it must not wait, watch or end anything.

Everything here may read and write files: before the loop runs, between two runs, or on the worker of the disk.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alimante.config.faults import ConfigInvalid, Fault
from alimante.config.load import Loaded
from alimante.policy import rollout as steps
from alimante.policy.boot import Record
from alimante.policy.probation import Survey
from alimante.policy.rollout import Journal, Step
from alimante.rollout.store import ConfigStore, digest

FAULTY: Final = "faulty"
REFUSED: Final = "refused"
WAITING: Final = "waiting"
NOT_SAVED: Final = "not_saved"
CONDITIONS: Final = (FAULTY, REFUSED, WAITING, NOT_SAVED)
"""Why the file is not what runs."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """Why the file is not what runs: one of `CONDITIONS`, and a text for people."""

    condition: str
    text: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What the file holds: `name` is the SHA-256 of `data`. Both are empty when `fault` says why it cannot be read."""

    name: str = ""
    data: bytes = b""
    fault: str = ""


class Rollout:
    """The configuration of one process, whose number among all starts is `start`.

    `wish` reads the file at `path` and `read` understands it; both raise `ConfigInvalid`. `wall` is the time in seconds
    since 1970.
    """

    def __init__(
        self,
        store: ConfigStore,
        *,
        path: Path,
        wish: Callable[[], bytes],
        read: Callable[[bytes], Loaded],
        wall: Callable[[], float],
    ) -> None:
        self.journal = store.journal
        self.news: Finding | None = None
        """Why the file is not what runs, if so."""
        self.wish = Wish()
        """What the file held when that was looked into last."""
        self.has_gone_back = False
        """Whether this start left a configuration for an older one."""
        self.path = path
        self._store = store
        self._wish = wish
        self._read = read
        self._wall = wall
        self._start = 0
        self._running: Loaded | None = None
        self._next: Loaded | None = None

    @property
    def running(self) -> Loaded:
        """What runs."""
        if self._running is None:
            raise RuntimeError("nothing runs yet")
        return self._running

    @property
    def is_on_probation(self) -> bool:
        """Whether what runs has yet to prove itself."""
        return self.journal.trial is not None and self.journal.trial.new == self.running.sha256

    def begin(self, record: Record, *, kernel: str, now_s: float, last_words: str) -> Loaded:
        """What this start runs. `record` has it as its latest; `last_words` tell how the one before ended.

        What is tried is written down before it is looked into, so that one that kills the program is found out. Raises
        `ConfigInvalid` when there is nothing that can run.
        """
        self._start = record.starts[-1].number if record.starts else 0
        self._go_back(record, kernel, now_s, last_words)
        wish = self.wish = self.look()
        if not self.journal.committed:
            loaded = self._first(wish)
        elif steps.next_step(self.journal, wish.name, may_try=not record.safe_mode) is Step.TRY:
            loaded = self._try(wish)
        else:
            loaded = self._keep(wish)
        self._running = loaded
        return loaded

    def look(self) -> Wish:
        """What the file holds now."""
        try:
            data = self._wish()
        except ConfigInvalid as invalid:
            return Wish(fault=self.in_words(invalid))
        return Wish(digest(data), data)

    def consider(self, wish: Wish, *, again: bool = False) -> Loaded | Finding | None:
        """Another configuration that may be tried, or why the file is not; None when it is what runs, or is to.

        With `again` one that was gone back from may be tried, too.
        """
        self.wish = wish
        if wish.name == self.coming.sha256:
            self._agree(wish)
            return None
        if not again and (refusal := self.journal.refusal(wish.name)):
            return self._refused(refusal)
        if wish.fault:
            return Finding(FAULTY, wish.fault)
        try:
            return self._read(wish.data)
        except ConfigInvalid as invalid:
            return Finding(FAULTY, self.in_words(invalid))

    def propose(self, loaded: Loaded, data: bytes, *, why: str, before: Survey | None) -> str:
        """Write down that `loaded` runs next; returns why that cannot be done, or nothing.

        `before` is how things are now, where that can be told.
        """
        if loaded.sha256 == self.journal.committed:
            self._save(steps.agreed(self.journal))
        else:
            try:
                self._begin_trial(loaded.sha256, data, why=why, before=before)
            except OSError as error:
                return f"it cannot be written down: {error.strerror or error}"
        self.news, self._next = None, loaded
        return ""

    def confirm(self, now: Survey) -> bool:
        """What is on probation has proved itself; whether that could be written down."""
        return self._save(steps.passed(self.journal, now=now))

    def reject(self, reason: str) -> bool:
        """What is on probation has failed: the committed one runs next; False when there is none."""
        if not self.journal.committed:
            return False
        rejected = steps.failed(self.journal, reason=reason)
        try:
            committed = self._committed(rejected)
        except ConfigInvalid:
            return False
        self._save(self.journal)
        self.news, self._next = self._refused(reason), committed
        return True

    def advance(self) -> Loaded:
        """What the next run in this process runs."""
        self._running, self._next = self.coming, None
        return self._running

    def stay(self, reason: str) -> None:
        """What was to run next cannot: what ran before goes on, and the other one is refused."""
        if self._next is not None and self.journal.trial is not None:
            self._save(steps.failed(self.journal, reason=reason))
            self.news = self._refused(reason)
        self._next = None

    @property
    def coming(self) -> Loaded:
        """What the next run in this process runs."""
        return self._next or self.running

    @property
    def is_to_change(self) -> bool:
        """Whether the next run in this process has another configuration."""
        return self._next is not None

    @property
    def is_going_back(self) -> bool:
        """Whether something that has failed is left for what is committed."""
        return self._next is not None and self.journal.trial is None

    def in_words(self, invalid: ConfigInvalid) -> str:
        """The first fault with its place and hint, and how many there are."""
        first = invalid.errors[0]
        more = f"; and {len(invalid.errors) - 1} more" if len(invalid.errors) > 1 else ""
        return f"{self.path.name}:{first.line}:{first.column}: {first.message}{_hint(first)}{more}"

    # How it begins.

    def _go_back(self, record: Record, kernel: str, now_s: float, last_words: str) -> None:
        count = steps.must_go_back(self.journal, record, kernel=kernel, now_s=now_s)
        if count:
            reason = f"{count} starts with it ended badly; {last_words}"
            self.has_gone_back = True
            self._save(steps.failed(self.journal, reason=reason, start=self._start))
        elif older := steps.must_fall(self.journal, record, kernel=kernel):
            self.has_gone_back = True
            self._fall(older, f"the start with it ended badly, too; {last_words}")

    def _fall(self, older: str, reason: str, *, is_refused: bool = True) -> None:
        _log.warning("the committed configuration is left for one that ran before it: %s", reason)
        self._save(
            steps.fallen(
                self.journal,
                older,
                reason=reason,
                start=self._start,
                at_wall_s=self._wall(),
                is_refused=is_refused,
            )
        )

    def _first(self, wish: Wish) -> Loaded:
        """There is nothing to go back to."""
        loaded = self._read(wish.data) if not wish.fault else self._read(self._wish())
        try:
            self._begin_trial(wish.name, wish.data, why="it is the first one")
        except OSError as error:
            _log.warning("no configuration can be kept to go back to: %s", error)
        return loaded

    def _try(self, wish: Wish) -> Loaded:
        try:
            self._begin_trial(wish.name, wish.data, why="the file was changed while nothing ran")
        except OSError as error:
            text = f"the changed configuration cannot be written down: {error.strerror or error}"
            return self._keep(wish, Finding(NOT_SAVED, text))
        try:
            return self._read(wish.data)
        except ConfigInvalid as invalid:
            fault = self.in_words(invalid)
            self._save(steps.withdrawn(self.journal, reason=fault))
            return self._keep(wish, Finding(FAULTY, fault))

    def _keep(self, wish: Wish, finding: Finding | None = None) -> Loaded:
        """What is committed, whatever the file holds."""
        self._agree(wish)
        self.news = finding or self._difference(wish)
        if self.news is not None:
            _log.warning("the configuration that ran before runs: %s", self.news.text)
        try:
            return self._committed(self.journal)
        except ConfigInvalid:
            return self._read(wish.data or self._wish())

    def _difference(self, wish: Wish) -> Finding | None:
        """Why the file is not what is committed, if it is not."""
        if wish.name == self.journal.committed:
            return None
        if wish.fault:
            return Finding(FAULTY, wish.fault)
        if refusal := self.journal.refusal(wish.name):
            return self._refused(refusal)
        return Finding(WAITING, "the file was changed, and in safe mode nothing new is tried")

    def _agree(self, wish: Wish) -> None:
        if wish.name == self.journal.committed != "":
            self._save(steps.agreed(self.journal))

    def _refused(self, why: str) -> Finding:
        return Finding(REFUSED, f"{self.path.name} was tried and gone back from: {why}")

    # What is kept.

    def _committed(self, journal: Journal) -> Loaded:
        """What is committed in `journal`, which counts from now on, or the latest before it that can be used still.

        Raises `ConfigInvalid` when there is none.
        """
        self.journal = journal
        why: ConfigInvalid | None = None
        for name in journal.checkpoints:
            data = self._store.text(name)
            try:
                loaded = None if data is None else self._read(data)
            except ConfigInvalid as invalid:
                loaded, why = None, why or invalid
            if loaded is not None:
                if name != journal.committed:
                    reason = "its text is damaged" if why is None else f"it cannot be used: {self.in_words(why)}"
                    self._fall(name, reason, is_refused=False)
                return loaded
        raise why or ConfigInvalid((Fault(pointer="", line=1, column=1, message="no configuration is kept", hint=""),))

    def _begin_trial(self, name: str, data: bytes, *, why: str, before: Survey | None = None) -> None:
        """Raises `OSError`."""
        self._store.keep(data)
        journal = steps.tried(self.journal, name, why=why, start=self._start, at_wall_s=self._wall(), before=before)
        if journal is not self.journal:
            self._store.write(journal)
            self.journal = journal

    def _save(self, journal: Journal) -> bool:
        """What is so is so, whether or not the disk can be written."""
        self.journal = journal
        if journal == self._store.journal:
            return True
        try:
            self._store.write(journal)
        except OSError as error:
            _log.warning("what became of a configuration cannot be written down: %s", error)
            return False
        return True


def _hint(fault: Fault) -> str:
    return f" ({fault.hint})" if fault.hint else ""
