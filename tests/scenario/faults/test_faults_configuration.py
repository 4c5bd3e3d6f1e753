"""F106 to F118: a changed configuration is a transaction, whatever it says and whenever the power is cut."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from alimante.commands.loading import whole
from alimante.config.faults import ConfigInvalid, Fault
from alimante.core.clock import ManualClock
from alimante.core.files import DiskFiles
from alimante.policy import rollout as steps
from alimante.policy.boot import End, Record, Start
from alimante.policy.probation import Survey
from alimante.rollout.rollout import FAULTY, REFUSED, Rollout
from alimante.rollout.store import ConfigStore, digest
from alimante.simulation.disk import SimDisk, all_remains
from tests.scenario.faults.power_cuts import STATE, Recording
from tests.scenario.test_process import CONFIG, Process
from tests.unit.fakes import MemoryFiles

A, B, C = b"A", b"B", b"C"
WELL = Survey(is_armed=True)


def read(data: bytes) -> Any:
    """Understands a text: one that says "faulty" is, and one that says "future" is of a version to come."""
    if data.startswith((b"faulty", b"future")):
        raise ConfigInvalid((Fault(pointer="", line=3, column=7, message=f"{data.decode()} text", hint="mend it"),))
    return SimpleNamespace(sha256=digest(data), text=data.decode())


class Home:
    """A computer with a file, a disk and a record of starts."""

    def __init__(self, files: Any = None, *, file: bytes = A) -> None:
        self.files = files or MemoryFiles()
        self.file = file
        self.record = Record()

    def start(self, *, how_before: End = End.CLEAN, read: Callable[[bytes], Any] = read) -> Rollout:
        """The next start; the one before ended as told."""
        number = len(self.record.starts) + 1
        record = self.record.latest(end=how_before)
        self.record = Record(starts=(*record.starts, Start(number=number, kernel="k", at_s=10.0 * number)))
        rollout = Rollout(
            ConfigStore(STATE, files=self.files), path=Path("box.json"), wish=lambda: self.file, read=read, wall=float
        )
        rollout.begin(self.record, kernel="k", now_s=10.0 * number, last_words="it was killed")
        return rollout

    def settle(self, *texts: bytes) -> Rollout:
        """Have each of `texts` prove itself, one after the other."""
        for self.file in texts:
            rollout = self.start()
            assert rollout.confirm(WELL)
        return rollout


def runs(rollout: Rollout) -> str:
    return rollout.running.text


def test_f107_a_syntax_error_at_boot_leaves_the_committed_one_running_and_tells_the_place():
    home = Home()
    home.settle(A)
    home.file = b"faulty"
    rollout = home.start()
    assert runs(rollout) == "A"
    assert rollout.news is not None
    assert (rollout.news.condition, rollout.news.text) == (FAULTY, "box.json:3:7: faulty text (mend it)")


def test_f107_without_a_committed_one_a_faulty_file_is_told_as_it_is():
    with pytest.raises(ConfigInvalid):
        Home(file=b"faulty").start()


def test_f114_one_that_kills_the_program_is_left_after_three_starts_and_refused():
    home = Home()
    home.settle(A)
    home.file = B

    def deadly(data: bytes) -> Any:
        if data == B:
            raise MemoryError
        return read(data)

    for how in (End.CLEAN, End.GAVE_UP, End.GAVE_UP):
        with pytest.raises(MemoryError):
            home.start(how_before=how, read=deadly)
    rollout = home.start(how_before=End.GAVE_UP, read=deadly)
    assert runs(rollout) == "A"
    assert rollout.news is not None
    assert rollout.news.condition == REFUSED
    assert "3 starts with it ended badly; it was killed" in rollout.news.text
    assert runs(home.start(read=deadly)) == "A"


def test_f116_a_bad_one_to_go_back_to_is_left_for_an_older_one_and_no_further():
    home = Home()
    home.settle(C, A)
    home.file = B
    ran = [runs(home.start())] + [runs(home.start(how_before=End.GAVE_UP)) for _ in range(5)]
    assert ran == ["B", "B", "B", "A", "C", "C"]


def test_f118_what_a_newer_program_committed_is_left_for_what_this_one_understands():
    home = Home()
    home.settle(A)
    newer = {"read": lambda data: SimpleNamespace(sha256=digest(data), text=data.decode())}
    home.file = b"future"
    assert home.start(**newer).confirm(WELL)
    rollout = home.start()
    assert runs(rollout) == "A"
    assert rollout.journal.committed == digest(A)
    assert runs(home.start(**newer)) == "future"


def test_a_refused_one_is_tried_again_only_after_the_file_held_another():
    home = Home()
    home.settle(A)
    home.file = B
    assert home.start().reject("it was cold")
    assert runs(home.start()) == "A"
    home.settle(A)
    home.file = B
    assert runs(home.start()) == "B"


def test_a_program_that_forgets_to_refuse_tries_again_at_each_start(monkeypatch: pytest.MonkeyPatch):
    """Planted: without the refusal the same fault comes back for ever."""
    monkeypatch.setattr(steps, "_refusing", lambda journal, sha256, why: ())
    home = Home()
    home.settle(A)
    home.file = B
    assert home.start().reject("it was cold")
    assert runs(home.start()) == "B"


def test_a_clean_stop_on_probation_decides_nothing():
    home = Home()
    home.settle(A)
    home.file = B
    assert [runs(home.start()) for _ in range(6)] == ["B"] * 6


def test_f097_a_disk_that_cannot_be_written_refuses_a_change_with_the_reason():
    home = Home()
    rollout = home.settle(A)
    home.files.fault = OSError(30, "Read-only file system")
    assert rollout.propose(read(B), B, why="", before=WELL) == "it cannot be written down: Read-only file system"
    assert not rollout.is_to_change
    home.file = B
    assert runs(home.start()) == "A"


def story(files: Any) -> None:
    """A is committed, B is tried and refused, C is tried and committed, B is tried once more instead of A."""
    home = Home(files)
    home.settle(A)
    home.file = B
    assert home.start().reject("it was cold")
    home.settle(C)
    home.file = B
    rollout = home.start()
    assert rollout.propose(read(A), A, why="", before=WELL) == ""


def faults_of(left: SimDisk, kept: frozenset[str]) -> list[str]:
    """What is wrong with the configurations on `left`, where those of `kept` were committed at some time."""
    store = ConfigStore(STATE, files=DiskFiles(left))
    journal = store.journal
    named = sorted(journal.named)
    wrong = [f"the text of {name[:8]} is gone" for name in named if store.text(name) is None]
    if not journal.committed and kept:
        wrong.append("nothing is committed any more")
    return wrong


def cuts(story: Callable[[Any], None]) -> list[str]:
    """Everything that is wrong after a cut at any moment of `story`, whatever of the unsynced is lost."""
    files = Recording(ManualClock())
    story(files)
    wrong = []
    was_committed: frozenset[str] = frozenset()
    for moment in files.moments:
        for left in all_remains(moment.disk, most=5000):
            wrong += faults_of(left, was_committed)
        now = ConfigStore(STATE, files=DiskFiles(moment.disk)).journal.committed
        if moment.call == "the return" and now:
            was_committed |= {now}
    assert len(files.moments) > 60
    return wrong


def test_f115_whatever_a_cut_leaves_exactly_one_is_committed_and_every_text_is_there():
    assert cuts(story) == []


def test_f115_a_journal_that_names_a_text_before_it_is_on_the_disk_is_seen(monkeypatch: pytest.MonkeyPatch):
    whole_keep, whole_write = ConfigStore.keep, ConfigStore.write
    late: list[bytes] = []

    def keep(self: ConfigStore, data: bytes) -> str:
        late.append(data)
        return digest(data)

    def write(self: ConfigStore, journal: Any) -> None:
        whole_write(self, journal)
        while late:
            whole_keep(self, late.pop())

    monkeypatch.setattr(ConfigStore, "keep", keep)
    monkeypatch.setattr(ConfigStore, "write", write)
    assert any("is gone" in each for each in cuts(story))


LOOKED_AT = {**CONFIG, "recovery": {"rollout": {"look_s": 1}}}
"""As often as can be, for a real process takes its time."""


@pytest.mark.real
def test_f106_f107_f112_a_real_process_survives_a_faulty_file_and_takes_a_mended_one(tmp_path: Path):
    folder, path = tmp_path, tmp_path / "config.json"
    path.write_text(json.dumps(LOOKED_AT))
    store = ConfigStore(folder, files=DiskFiles())
    before = Rollout(store, path=path, wish=path.read_bytes, read=whole, wall=float)
    before.begin(Record(), kernel="", now_s=0.0, last_words="")
    assert before.confirm(Survey())
    faulty: Any = None
    running = Process(folder, faulty)
    try:
        running.await_line("is running")
        assert "config/faulty: config.json:1:1: the configuration must be an object" in "".join(running.output)
        path.write_text(json.dumps(LOOKED_AT))
        running.await_line("config/faulty is over")
        path.write_text("{ this is no JSON")
        running.await_line(r"config/faulty: config\.json:1:3")
        running.process.send_signal(signal.SIGHUP)
        running.await_line("nothing was reloaded")
        assert json.loads(running.ask("status", "--json").stdout)["state"] == "running"
        path.write_text(json.dumps({**LOOKED_AT, "note": "another one"}))
        running.await_line("is on probation")
        running.await_line("is running")
    finally:
        running.end(signal.SIGTERM)
