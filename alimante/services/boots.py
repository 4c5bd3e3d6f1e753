"""Keeps how the last runs began and ended, in two small files of the state folder; it must not decide by it.

`starts.json` is written by the supervisor, `last_end.json` by those who see it die: the service manager's clean-up and
the guard. A disk that cannot be written costs the knowledge and never the start.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from alimante.core.files import Files
from alimante.policy.boot import (
    Death,
    End,
    Note,
    Record,
    Start,
    StartRules,
    Step,
    bad_starts,
    next_step,
    post_mortem,
)

STARTS: Final = "starts.json"
NOTE: Final = "last_end.json"
FORGET: Final = "safe_mode_off.json"
KERNEL_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
KEPT: Final = 20
"""So many last starts are kept; no budget looks further back."""

NO_BOOTS: Final[Mapping[str, Any]] = {"last_end": None, "bad_starts": 0, "safe_mode": ""}
"""The report where nothing is known: how the last run ended unless it ended well, how many starts in a row ended badly
before this one, and why outputs are held safe, if they are."""

_log = logging.getLogger(__name__)


def kernel_boot(path: Path = KERNEL_BOOT) -> str:
    """What names this boot of the kernel, new at each; the empty text when nobody knows."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""


class Boots:
    """The record of starts. `kernel` names the boot of the kernel, `now` is the monotonic time in seconds.

    `spare` is a folder in memory with its files, in which starts are counted, too: a program that ends again and again
    while the disk cannot be written must not be started without end.
    """

    def __init__(
        self,
        folder: Path,
        *,
        files: Files,
        kernel: str,
        now: Callable[[], float],
        spare: tuple[Path, Files] | None = None,
    ) -> None:
        self._places = [(folder, files), *([] if spare is None else [spare])]
        self.kernel = kernel
        self.now = now
        self.record = _record_in(self._places, kernel)
        self.death: Death | None = None
        """How the run before this one ended, unless it ended cleanly."""
        self.bad_starts = 0
        """How many starts in a row before this one ended badly."""
        self.is_told = False
        """Whether the death was told already: a reload is not another start."""
        self._forgiven = _load(files, folder / FORGET)
        self._note = _note(_load(files, folder / NOTE))

    def begin(self) -> None:
        """Note that a run begins: before anything else, so that what fails next is counted."""
        starts = self.record.starts
        before = starts[-1] if starts else None
        self.death = post_mortem(before, self._note, kernel=self.kernel)
        number = before.number + 1 if before else 1
        if before is not None and self._forgiven == before.number:
            self.forget()
            starts = self.record.starts
        start = Start(number=number, kernel=self.kernel, at_s=self.now())
        self._write(replace(self.record, starts=(*starts[1 - KEPT :], start)))

    def decide(self, rules: StartRules, *, may_reboot: bool, may_run: bool = False) -> Step:
        """What this start is to do; a reboot and the safe mode are noted. `may_run` forgives what was."""
        where: dict[str, Any] = {"kernel": self.kernel, "now_s": self.now(), "rules": rules}
        self.bad_starts = bad_starts(self.record, **where)
        if may_run and not self.record.safe_mode:
            return Step.RUN
        step = next_step(self.record, may_reboot=may_reboot, **where)
        if step is Step.SAFE_MODE:
            self.enter_safe_mode(f"the last {self.bad_starts} starts ended badly; {self.last_words}")
        return step

    @property
    def last_words(self) -> str:
        """How the run before this one ended, in a sentence."""
        return self.death.text if self.death else "the last run ended well"

    def report(self) -> dict[str, Any]:
        """How the run before this one ended and what follows, as plain JSON values; see `NO_BOOTS`."""
        end = None if self.death is None else {"kind": self.death.kind, "text": self.death.text}
        return {"last_end": end, "bad_starts": self.bad_starts, "safe_mode": self.record.safe_mode}

    def enter_safe_mode(self, why: str) -> None:
        """Hold outputs safe in this run and those to come, until somebody ends that."""
        if not self.record.safe_mode:
            self._write(replace(self.record, safe_mode=why))

    def note_reboot(self, why: str) -> bool:
        """Note that a reboot is about to be asked for; whether the next boot of the kernel will know of it."""
        record = self.record.latest(end=End.REBOOT, reason=why)
        return self._write(replace(record, reboots=(*record.reboots, self.kernel)))

    def end(self, how: End, why: str = "") -> None:
        """Note how this run ends. A reboot that was noted stays what it is."""
        if self.record.starts and self.record.starts[-1].end is not End.REBOOT:
            self._write(self.record.latest(end=how, reason=why))

    def note_healthy(self) -> None:
        """Note that this run has been healthy for long enough to be no bad start."""
        self._write(self.record.latest(was_healthy=True))

    def forget(self) -> None:
        """Begin anew: no bad starts, no reboots, no safe mode."""
        latest = self.record.starts[-1:]
        self._write(Record(starts=tuple(replace(start, was_healthy=True) for start in latest)))

    def _write(self, record: Record) -> bool:
        """Keep `record` wherever that is possible; whether it is on the disk."""
        self.record = record
        kept = [_keep(files, folder / STARTS, record) for folder, files in self._places]
        return kept[0]


def leave_safe_mode(folder: Path, *, files: Files, kernel: str = "", spare: tuple[Path, Files] | None = None) -> str:
    """Have the next start forget the bad ones; returns why outputs are held safe now, or the empty text.

    Nothing happens when they are not. `kernel` and `spare` are those of `Boots`. Raises `OSError`.
    """
    record = _record_in([(folder, files), *([] if spare is None else [spare])], kernel)
    if record.safe_mode:
        files.replace(folder / FORGET, json.dumps(record.starts[-1].number if record.starts else 0).encode())
    return record.safe_mode


def note_end(folder: Path, environ: Mapping[str, str], *, files: Files, guard: str = "") -> None:
    """Write down what the service manager tells its ExecStopPost= of the end (systemd.exec(5)), or what the guard saw.

    Both may see the same end. Nothing is written when neither says anything. Raises `OSError`.
    """
    if not guard and "SERVICE_RESULT" not in environ:
        return
    starts = _record(_load(files, folder / STARTS)).starts
    number = starts[-1].number if starts else 0
    old = _note(_load(files, folder / NOTE))
    note = Note(
        number=number,
        result=environ.get("SERVICE_RESULT", "")[:64],
        code=environ.get("EXIT_CODE", "")[:64],
        status=environ.get("EXIT_STATUS", "")[:64],
        guard=guard or (old.guard if old is not None and old.number == number else ""),
    )
    files.replace(folder / NOTE, json.dumps(asdict(note)).encode())


def _load(files: Files, path: Path) -> Any:
    try:
        return json.loads(files.read(path))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        _log.warning("%s cannot be read and begins anew: %s", path, error)
        return None


def _keep(files: Files, path: Path, record: Record) -> bool:
    try:
        files.replace(path, json.dumps(asdict(record)).encode())
    except OSError as error:
        _log.error("starts cannot be counted in %s: %s", path, error)
        return False
    return True


def _record_in(places: Sequence[tuple[Path, Files]], kernel: str) -> Record:
    """The record on the disk, unless the one in memory, if any, is of this boot of the kernel and knows as much."""
    records = [_record(_load(files, folder / STARTS)) for folder, files in places]
    kept, spare = records[0], records[-1]
    last = spare.starts[-1] if spare.starts else None
    if last is None or last.kernel != kernel or (kept.starts and kept.starts[-1].number > last.number):
        return kept
    return spare


def _record(document: Any) -> Record:
    """Raises nothing: what another version or a dying card wrote counts as nothing."""
    try:
        starts = tuple(_start(start) for start in document["starts"])
        return Record(
            starts=starts,
            reboots=tuple(str(kernel) for kernel in document["reboots"]),
            safe_mode=str(document["safe_mode"]),
        )
    except (TypeError, KeyError, ValueError, OverflowError):
        return Record()


def _start(saved: Any) -> Start:
    """Raises `KeyError`, `TypeError` and `ValueError`."""
    return Start(
        number=int(saved["number"]),
        kernel=str(saved["kernel"]),
        at_s=float(saved["at_s"]),
        end=End(saved["end"]),
        reason=str(saved["reason"]),
        was_healthy=bool(saved["was_healthy"]),
    )


def _note(document: Any) -> Note | None:
    try:
        return Note(**document)
    except TypeError:
        return None
