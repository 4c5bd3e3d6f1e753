"""Another configuration is taken, or nothing has changed and the reason is told."""

import errno
import json
import os
import stat
from functools import partial
from pathlib import Path

import pytest

from alimante.commands import apply, past
from alimante.commands.past import until_answered
from alimante.services.instance_lock import InstanceLock
from tests.unit.commands.homes import Home, box, name
from tests.unit.commands.supervised import Supervised

Captured = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def supervised(home: Home, monkeypatch: Patch) -> Supervised:
    """It has committed a lamp at pin 15."""
    return Supervised(home, monkeypatch)


# Without a supervisor.


def test_without_a_supervisor_the_file_holds_it_and_the_next_start_takes_it(home: Home, capsys: Captured):
    home.commit(box(15))
    assert home.say("apply", str(home.other(box(16)))) == 0
    assert home.file.read_text() == box(16)
    told = capsys.readouterr().out
    assert name(box(16))[:8] in told
    assert f"no supervisor runs in {home.state}, the next one takes it, on probation\n" in told


def test_a_faulty_one_is_told_wholly_and_changes_nothing(home: Home, capsys: Captured):
    assert home.say("apply", str(home.other(box(99, nonsense=1)))) == 2
    assert home.file.read_text() == box()
    assert capsys.readouterr().err.count("other.json:1:") == 3  # and a warning that there are no devices
    assert home.say("apply", str(home.file.with_name("other.json")), "--json") == 2
    assert len(json.loads(capsys.readouterr().out)["errors"]) == 2


def test_what_was_gone_back_from_changes_nothing_and_says_how_to_try_it_again(home: Home, capsys: Captured):
    home.commit(box(15))
    home.refuse(box(16), "it was cold")
    home.file.write_text(box(15))
    assert home.say("apply", str(home.other(box(16)))) == 1
    assert home.file.read_text() == box(15)
    told = capsys.readouterr().err
    assert "it was cold; change it, or mend the cause and say --again\n" in told
    assert home.say("apply", str(home.other(box(16))), "--again") == 1
    assert "only a supervisor that runs tries it once more" in capsys.readouterr().err
    assert home.file.read_text() == box(15)


def test_nobody_can_be_waited_for_and_nothing_changes(home: Home, capsys: Captured):
    assert home.say("apply", str(home.other(box(16))), "--wait") == 1
    assert capsys.readouterr().err.startswith("alimante: nothing was changed: no supervisor runs")
    assert home.file.read_text() == box()


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_file_that_cannot_be_written_is_one_sentence_and_nothing_is_lost(
    home: Home, capsys: Captured, monkeypatch: Patch, number: int
):
    def fail(path: Path, data: bytes, *, like: Path | None = None) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(apply, "put_wish", fail)
    assert home.say("apply", str(home.other(box(16)))) == 1
    hint = "; say sudo" if number == errno.EACCES else ""
    assert capsys.readouterr().err == (
        f"alimante: {home.file} cannot be written: {os.strerror(number)}; it holds what it held before{hint}\n"
    )
    assert home.file.read_text() == box()


@pytest.mark.parametrize("text", ['{"unfinished": ', box(17)], ids=["faulty", "gone back from"])
def test_somebodys_work_that_is_nowhere_else_is_not_lost(home: Home, capsys: Captured, text: str):
    home.commit(box(15), box(16))
    home.refuse(box(17))
    home.file.write_text(text)
    home.file.chmod(0o640)
    assert home.say("rollback") == 0
    assert home.file.read_text() == box(15)
    saved = home.file.with_name("alimante.json.bak")
    assert capsys.readouterr().err == f"what {home.file} held is in {saved} now\n"
    assert saved.read_text() == text
    assert stat.S_IMODE(saved.stat().st_mode) == 0o640


def test_what_is_kept_anyway_is_not_kept_twice(home: Home, capsys: Captured):
    home.commit(box(15), box(16))
    assert home.say("rollback") == 0
    assert capsys.readouterr().err == ""
    assert not home.file.with_name("alimante.json.bak").exists()


def test_a_rollback_without_a_supervisor_writes_the_text_that_was_kept(home: Home, capsys: Captured):
    home.commit(box(15), box(16))
    assert home.say("rollback") == 0
    assert home.file.read_text() == box(15)
    assert "the next one takes it, on probation" in capsys.readouterr().out


def test_a_rollback_from_a_probation_is_to_what_is_committed_and_needs_none(home: Home, capsys: Captured):
    home.commit(box(14), box(15))
    home.start(box(16))
    assert home.say("rollback") == 0
    assert home.file.read_text() == box(15)
    assert capsys.readouterr().out.endswith("the next one takes it\n")


@pytest.mark.parametrize("said", ["1", name(box(15))[:4], name(box(15)).upper()[:12], name(box(15))])
def test_what_is_gone_back_to_may_be_said_by_number_and_by_name(home: Home, said: str):
    home.commit(box(15), box(16), box(17))
    assert home.say("rollback", said) == 0
    assert home.file.read_text() == box(15)


@pytest.mark.parametrize(
    ("said", "words"),
    [("9" * 5000, "is no configuration that is known"), ("abc", "say at least 4 digits"), ("", "known")],
)
def test_what_is_not_known_is_told_with_what_there_is(home: Home, capsys: Captured, said: str, words: str):
    home.commit(box(15), box(16))
    assert home.say("rollback", said) == 2
    told = capsys.readouterr().err
    assert words in told
    assert f"there are {name(box(16))[:8]}, {name(box(15))[:8]}\n" in told
    assert home.file.read_text() == box(16)


def test_two_that_begin_alike_need_more_digits(home: Home, capsys: Captured):
    texts = {}
    for number in range(1, 2000):  # two of so many begin with the same four digits
        text = box(15, note=str(number))
        if (other := texts.setdefault(name(text)[:4], text)) != text:
            break
    home.commit(other, text)
    assert home.say("rollback", name(text)[:4]) == 2
    first, second = sorted((name(text), name(other)))
    assert f"may be {first[:8]} or {second[:8]}; say more digits" in capsys.readouterr().err


def test_one_that_never_proved_itself_has_no_text_any_more(home: Home, capsys: Captured):
    home.commit(box(15))
    home.refuse(box(16))
    home.commit(box(17), box(18))
    for place in (home.state / "configurations").glob("[0-9]*.json"):
        if place.read_text() == box(16):
            place.unlink()
    assert home.say("rollback", name(box(16))) == 1
    assert f"the text of {name(box(16))[:8]} is not kept any more; there are" in capsys.readouterr().err


def test_without_a_past_there_is_nothing_to_go_back_to(home: Home, capsys: Captured):
    home.commit(box(15))
    assert home.say("rollback") == 1
    assert "there is nothing to go back to" in capsys.readouterr().err


# With a supervisor.


def test_a_supervisor_takes_it_at_once_and_says_so(home: Home, supervised: Supervised, capsys: Captured):
    assert home.say("apply", str(home.other(box(16)))) == 0
    assert supervised.rollout.coming.sha256 == name(box(16))
    assert home.file.read_text() == box(16)
    assert "sound and runs in a moment, on probation; alimante config history" in capsys.readouterr().out


def test_the_file_itself_is_taken_as_it_is_now(home: Home, supervised: Supervised, capsys: Captured):
    home.file.write_text(box(16))
    inode = home.file.stat().st_ino
    assert home.say("apply") == 0
    assert supervised.rollout.is_to_change
    assert home.file.stat().st_ino == inode, "it was written although it held that already"


def test_what_runs_already_is_said_to(home: Home, supervised: Supervised, capsys: Captured):
    assert home.say("apply", "--wait") == 0
    assert "is committed: it runs, and has proved itself before" in capsys.readouterr().out
    assert home.say("apply") == 0
    assert "is what runs already" in capsys.readouterr().out


def test_waiting_ends_with_the_commitment(home: Home, supervised: Supervised, capsys: Captured):
    supervised.on_look = [supervised.goes, supervised.begins, lambda: None, supervised.commits]
    assert home.say("apply", str(home.other(box(16))), "--wait") == 0
    assert capsys.readouterr().out.endswith(" is committed: all that was well before is well with it\n")
    assert supervised.on_look == []


def test_waiting_ends_with_the_return_and_its_reason(home: Home, supervised: Supervised, capsys: Captured):
    supervised.on_look = [supervised.begins, supervised.goes_back]
    assert home.say("apply", str(home.other(box(16))), "--wait") == 1
    assert "was gone back from: the lamp does not answer any more; what ran before" in capsys.readouterr().err


def test_the_end_is_one_document_for_programs(home: Home, supervised: Supervised, capsys: Captured):
    supervised.on_look = [supervised.begins, supervised.goes_back]
    assert home.say("apply", str(home.other(box(16))), "--wait", "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["sha256"], document["verdict"]) == (name(box(16)), "rolled_back")
    assert document["reason"] == "the lamp does not answer any more"


def test_an_earlier_verdict_about_the_same_one_is_not_taken_for_the_new_one(home: Home, supervised: Supervised):
    supervised.on_look = [supervised.begins, supervised.goes_back]
    assert home.say("apply", str(home.other(box(16))), "--wait") == 1
    supervised.rollout.advance()
    supervised.on_look = [supervised.begins, supervised.commits]
    assert home.say("apply", "--wait", "--again") == 0
    assert supervised.rollout.journal.committed == name(box(16))


def test_a_person_who_waits_no_longer_ends_nothing(home: Home, supervised: Supervised, capsys: Captured):
    def interrupt() -> None:
        raise KeyboardInterrupt

    supervised.on_look = [supervised.begins, interrupt]
    assert home.say("apply", str(home.other(box(16))), "--wait") == 1
    assert capsys.readouterr().err == "alimante: nobody waits any more; the probation goes on\n"
    assert supervised.rollout.is_on_probation


def test_a_supervisor_that_never_comes_back_is_not_waited_for_for_ever(
    home: Home, supervised: Supervised, capsys: Captured
):
    supervised.on_look = [supervised.goes]
    assert home.say("apply", str(home.other(box(16))), "--wait") == 1
    assert "it does not run after 2 min" in capsys.readouterr().err
    assert supervised.now_s == 120.0


def test_what_is_in_the_way_is_told_and_what_to_do(home: Home, supervised: Supervised, capsys: Captured):
    supervised.obstacle = lambda config: "the first real outputs need a restart, for their guard"
    assert home.say("apply", str(home.other(box(16)))) == 1
    told = capsys.readouterr().err
    assert "waits: the first real outputs need a restart, for their guard" in told
    assert "the file holds it, and systemctl restart alimante takes it\n" in told
    supervised.safe_mode = True
    assert home.say("apply") == 1
    assert "alimante safe-mode off" in capsys.readouterr().err


def test_a_refused_one_is_tried_once_more_only_when_a_person_says_again(
    home: Home, supervised: Supervised, capsys: Captured
):
    home.file.write_text(box(16))
    assert home.say("apply") == 0
    supervised.begins()
    supervised.goes_back()
    supervised.rollout.advance()
    assert home.say("apply") == 1
    assert not supervised.rollout.is_to_change
    assert home.file.read_text() == box(16)
    assert home.say("apply", "--again") == 0
    assert supervised.rollout.coming.sha256 == name(box(16))


def test_what_is_just_being_gone_back_from_does_not_count_as_running(home: Home, supervised: Supervised):
    assert home.say("apply", str(home.other(box(16)))) == 0
    supervised.begins()
    supervised.goes_back()
    assert supervised.rollout.running.sha256 == name(box(16))  # and ends in a moment
    assert home.say("apply") == 1
    assert supervised.rollout.coming.sha256 == name(box(15))
    assert home.say("apply", "--again") == 0
    assert supervised.rollout.coming.sha256 == name(box(16))
    supervised.begins()
    assert supervised.rollout.is_on_probation


def test_who_thinks_better_of_it_at_once_keeps_what_runs(home: Home, supervised: Supervised):
    assert home.say("apply", str(home.other(box(16)))) == 0
    assert home.say("rollback") == 0
    supervised.begins()
    assert supervised.rollout.running.sha256 == name(box(15))
    assert supervised.rollout.journal.trial is None


def test_a_checkpoint_that_is_refused_by_now_is_gone_back_to_when_a_person_says_so(home: Home, supervised: Supervised):
    for pin in (16, 15):  # and then 15 once more, which does worse this time
        assert home.say("apply", str(home.other(box(pin)))) == 0
        supervised.begins()
        if pin == 16:
            supervised.commits()
    supervised.goes_back()
    supervised.rollout.advance()
    assert supervised.rollout.journal.refusal(name(box(15)))
    assert home.say("rollback") == 0
    assert supervised.rollout.coming.sha256 == name(box(15))
    supervised.begins()
    supervised.commits()
    assert supervised.rollout.journal.committed == name(box(15))


def test_a_rollback_from_a_probation_is_to_what_proved_itself(home: Home, supervised: Supervised, capsys: Captured):
    assert home.say("apply", str(home.other(box(16)))) == 0
    supervised.begins()
    supervised.on_look = [supervised.begins]
    assert home.say("rollback", "--wait") == 0
    assert "is committed: it runs, and has proved itself before" in capsys.readouterr().out
    assert supervised.rollout.running.sha256 == name(box(15))
    assert supervised.rollout.journal.trial is None


def test_another_file_than_that_of_the_supervisor_is_not_written(home: Home, supervised: Supervised, capsys: Captured):
    other = home.other(box(16))
    home.file = home.file.with_name("elsewhere.json")
    assert home.say("apply", str(other)) == 2
    assert "the supervisor that runs has its configuration in" in capsys.readouterr().err
    assert not home.file.exists()


def test_a_supervisor_that_is_just_beginning_a_new_run_is_asked_once_more(
    home: Home, supervised: Supervised, monkeypatch: Patch
):
    """It has seen the file by itself before it was asked."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        supervised.is_there = True

    def put(path: Path, data: bytes, *, like: Path | None = None) -> None:
        path.write_bytes(data)
        supervised.is_there = False

    monkeypatch.setattr(apply, "put_wish", put)
    monkeypatch.setattr(apply, "until_answered", partial(until_answered, sleep=sleep))
    assert home.say("apply", str(home.other(box(16)))) == 0
    assert supervised.rollout.coming.sha256 == name(box(16))
    assert len(slept) == 1


def test_a_supervisor_that_has_gone_meanwhile_is_told_with_what_the_file_holds(
    home: Home, supervised: Supervised, capsys: Captured, monkeypatch: Patch
):
    def put(path: Path, data: bytes, *, like: Path | None = None) -> None:
        path.write_bytes(data)
        supervised.is_there = False

    monkeypatch.setattr(apply, "put_wish", put)
    monkeypatch.setattr(apply, "until_answered", partial(until_answered, within_s=0.0))
    assert home.say("apply", str(home.other(box(16)))) == 1
    assert capsys.readouterr().err == f"alimante: {home.file} holds it, but no supervisor is running\n"


def test_one_that_is_between_two_runs_is_waited_for_and_not_taken_for_none(
    home: Home, supervised: Supervised, monkeypatch: Patch
):
    def sleep(seconds: float) -> None:
        supervised.is_there = True

    supervised.is_there = False
    monkeypatch.setattr(past, "until_answered", partial(until_answered, sleep=sleep))
    with InstanceLock(home.state):
        assert home.say("apply", str(home.other(box(16)))) == 0
    assert supervised.rollout.is_to_change


def test_one_that_never_listens_is_told_and_nothing_is_written(
    home: Home, supervised: Supervised, capsys: Captured, monkeypatch: Patch
):
    supervised.is_there = False
    monkeypatch.setattr(past, "until_answered", partial(until_answered, within_s=0.0))
    with InstanceLock(home.state):
        assert home.say("apply", str(home.other(box(16)))) == 1
    assert f"is running (process {os.getpid()}), but it does not listen yet" in capsys.readouterr().err
    assert home.file.read_text() == box(15)
