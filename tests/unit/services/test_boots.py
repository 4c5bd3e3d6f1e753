"""Starts are counted on a disk that may fail, and those who see the end can say so."""

import errno
import json
from pathlib import Path

import pytest
from fakes import MemoryFiles

from alimante.policy.boot import End, StartRules, Step
from alimante.services.boots import NO_BOOTS, NOTE, STARTS, Boots, leave_safe_mode, note_end

FOLDER = Path("/state")


@pytest.fixture
def files():
    return MemoryFiles()


def start(files, *, kernel="a", now_s=100.0):
    boots = Boots(FOLDER, files=files, kernel=kernel, now=lambda: now_s)
    boots.begin()
    return boots


def decide(boots, *, may_reboot=False):
    return boots.decide(StartRules(), may_reboot=may_reboot)


def test_a_start_is_on_the_disk_before_anything_else(files):
    start(files)
    assert [each["end"] for each in json.loads(files.contents[FOLDER / STARTS])["starts"]] == [""]


def test_the_fifth_start_after_four_bad_ones_is_in_safe_mode_and_so_are_those_after_it(files):
    assert [decide(start(files)) for _ in range(6)] == [Step.RUN] * 4 + [Step.SAFE_MODE] * 2
    assert "4 starts ended badly" in start(files).record.safe_mode


def test_clean_ends_never_add_up(files):
    for _ in range(30):
        boots = start(files)
        assert decide(boots) is Step.RUN
        boots.end(End.CLEAN)
    assert len(json.loads(files.contents[FOLDER / STARTS])["starts"]) == 20


def test_a_reboot_is_noted_before_it_happens(files):
    boots = [start(files) for _ in range(5)][-1]
    assert decide(boots, may_reboot=True) is Step.REBOOT
    boots.note_reboot("no other way")
    boots.end(End.GAVE_UP, "the process ends, too")
    after = start(files, kernel="b")
    assert after.death.kind == "reboot"
    assert decide(after, may_reboot=True) is Step.RUN


def test_starts_are_counted_in_memory_while_the_disk_cannot_be_written(files):
    files.replace = lambda path, data: (_ for _ in ()).throw(OSError(errno.EROFS, "read-only"))
    memory = MemoryFiles()

    def begun(kernel):
        boots = Boots(FOLDER, files=files, kernel=kernel, now=lambda: 100.0, spare=(Path("/run/alimante"), memory))
        boots.begin()
        return boots

    assert [decide(begun("a")) for _ in range(5)] == [Step.RUN] * 4 + [Step.SAFE_MODE]
    assert decide(begun("b")) is Step.RUN, "memory of another boot counts"


def test_a_safe_mode_that_only_memory_knows_of_can_be_left(files):
    memory, spare = MemoryFiles(), Path("/run/alimante")
    begun = [Boots(FOLDER, files=files, kernel="a", now=lambda: 100.0, spare=(spare, memory))]
    begun[0].begin()
    whole, files.replace = files.replace, lambda path, data: (_ for _ in ()).throw(OSError(errno.EROFS, "read-only"))
    begun[0].enter_safe_mode("the last 4 starts ended badly")
    files.replace = whole  # somebody has seen to the card
    where = {"files": files, "kernel": "a", "spare": (spare, memory)}
    assert leave_safe_mode(FOLDER, files=files) == "", "the disk knows of it"
    assert "ended badly" in leave_safe_mode(FOLDER, **where)
    after = Boots(FOLDER, now=lambda: 200.0, **where)
    after.begin()
    assert after.record.safe_mode == ""


def test_a_reboot_that_the_next_boot_would_not_know_of_is_told(files):
    boots = [start(files) for _ in range(5)][-1]
    files.replace = lambda path, data: (_ for _ in ()).throw(OSError(errno.EROFS, "read-only"))
    assert boots.note_reboot("no other way") is False


def test_what_the_disk_knows_counts_where_it_knows_more(files):
    memory, spare = MemoryFiles(), Path("/run/alimante")
    first = Boots(FOLDER, files=MemoryFiles(), kernel="a", now=lambda: 100.0, spare=(spare, memory))
    first.begin()
    for _ in range(3):
        start(files)
    boots = Boots(FOLDER, files=files, kernel="a", now=lambda: 100.0, spare=(spare, memory))
    assert boots.record.starts[-1].number == 3


def test_a_person_ends_the_safe_mode_with_the_next_start(files):
    for _ in range(5):
        decide(start(files))
    assert "ended badly" in leave_safe_mode(FOLDER, files=files)
    boots = start(files)
    assert decide(boots) is Step.RUN
    assert boots.record.safe_mode == ""
    assert leave_safe_mode(FOLDER, files=files) == ""
    assert [decide(start(files)) for _ in range(4)] == [Step.RUN] * 3 + [Step.SAFE_MODE]


def test_an_old_permission_does_not_end_the_next_safe_mode(files):
    for _ in range(5):
        decide(start(files))
    leave_safe_mode(FOLDER, files=files)
    assert [decide(start(files)) for _ in range(7)][-3:] == [Step.SAFE_MODE] * 3


def test_the_service_manager_and_the_guard_both_say_what_they_saw(files):
    start(files)
    note_end(FOLDER, {}, files=files, guard="no sign of life for 8 s")
    note_end(FOLDER, {"SERVICE_RESULT": "signal", "EXIT_CODE": "killed", "EXIT_STATUS": "KILL"}, files=files)
    death = start(files).death
    assert (death.kind, death.text) == ("hang", "its guard ended it: no sign of life for 8 s")
    assert start(files).death.kind == "killed"


def test_a_person_who_makes_outputs_safe_notes_no_end(files):
    start(files)
    note_end(FOLDER, {"HOME": "/root"}, files=files)
    assert FOLDER / NOTE not in files.contents


def test_a_disk_that_cannot_be_written_costs_the_count_and_not_the_start(files):
    files.fault = OSError(errno.EROFS, "read-only file system")
    boots = start(files)
    assert decide(boots) is Step.RUN
    boots.end(End.CLEAN)


BAD_START = b'{"starts": [{"number": 1, "kernel": "a", "at_s": "x", "end": "", "reason": "", "was_healthy": false}]}'


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"starts": [{}]}', b'{"starts": 5, "reboots": []}', BAD_START],
)
def test_damaged_records_begin_anew(files, text):
    files.contents[FOLDER / STARTS] = files.contents[FOLDER / NOTE] = text
    boots = start(files)
    assert boots.record.starts[-1].number == 1
    assert decide(boots) is Step.RUN


def test_the_report_tells_how_the_last_run_ended_and_the_safe_mode(files):
    first = start(files)
    assert first.report() == dict(NO_BOOTS)
    for _ in range(3):
        start(files)
    last = start(files)
    decide(last)
    report = last.report()
    assert report["last_end"] == {"kind": "killed", "text": "the process was killed, or died without a word"}
    assert report["bad_starts"] == 4
    assert "4 starts ended badly" in report["safe_mode"]
    assert set(report) == set(NO_BOOTS)
