"""What a person is told of the configurations that ran."""

import json
from pathlib import Path

import pytest

from alimante.commands import past
from alimante.commands.ask import NoSupervisor
from tests.unit.commands.homes import Home, box, name
from tests.unit.fakes import raising

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_every_change_is_a_row_with_what_came_of_it(home: Home, capsys: Captured, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TZ", "UTC")
    home.commit(box(15), box(16))
    home.refuse(box(17), "lamp does not answer")
    home.start(box(18))
    assert home.say("history") == 0
    a, b, c, d = (name(box(pin))[:8] for pin in (15, 16, 17, 18))
    told = capsys.readouterr().out
    assert "  2  " in told
    assert f"{a}  {b}  committed" in told
    assert f"{b}  {c}  rolled back" in told
    assert "      lamp does not answer\n" in told
    assert f"{b}  {d}  on probation" in told
    assert told.splitlines()[-3:] == [f"committed: {b}", f"on probation: {d}", f"can be gone back to: {a}"]


def test_what_is_refused_is_told_with_the_reason(home: Home, capsys: Captured):
    home.commit(box(15))
    home.refuse(box(17), "lamp does not answer")
    assert home.say("history") == 0
    assert f"refused: {name(box(17))[:8]}: lamp does not answer\n" in capsys.readouterr().out


def test_the_document_has_whole_names_and_seconds(home: Home, capsys: Captured):
    home.commit(box(15), box(16))
    assert home.say("history", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["committed"] == name(box(16))
    assert document["kept"] == [name(box(16)), name(box(15))]
    assert document["on_probation"] is None
    last = document["changes"][-1]
    assert (last["from"], last["to"], last["verdict"]) == (name(box(15)), name(box(16)), "committed")
    assert last["at_wall_s"] == 1_700_000_120.0


def test_where_nothing_ran_that_is_said(home: Home, capsys: Captured):
    assert home.say("history") == 0
    assert capsys.readouterr().out.startswith("nothing has run yet")


def test_a_damaged_history_is_one_sentence(home: Home, capsys: Captured):
    home.commit(box(15))
    for journal in (home.state / "configurations").glob("journal.*"):
        journal.write_bytes(journal.read_bytes()[:-9])
    assert home.say("history") == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "what is known of configurations cannot be used" in told


def test_one_damaged_generation_is_told_and_the_other_counts(home: Home, capsys: Captured):
    home.commit(box(15))
    journals = sorted((home.state / "configurations").glob("journal.*"))
    assert len(journals) == 2
    newest = max(journals, key=lambda path: json.loads(path.read_bytes())["state"]["sequence"])
    newest.write_bytes(b"{")
    assert home.say("history") == 0
    captured = capsys.readouterr()
    assert captured.err.startswith("warning: ")
    assert f"on probation: {name(box(15))[:8]}" in captured.out


def test_a_state_folder_that_is_none_is_one_sentence(home: Home, capsys: Captured):
    home.state.write_text("a file")
    assert home.say("history") == 1
    assert "cannot be read: Not a directory" in capsys.readouterr().err


def test_a_supervisor_that_cannot_be_asked_hides_no_history_and_excuses_none(
    home: Home, capsys: Captured, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(past, "ask", raising(NoSupervisor("the supervisor does not answer within 5 s")))
    assert home.say("history") == 1
    assert "does not answer" in capsys.readouterr().err
    home.commit(box(15))
    assert home.say("history") == 0
    captured = capsys.readouterr()
    assert captured.err == "warning: the supervisor does not answer within 5 s\n"
    assert f"committed: {name(box(15))[:8]}" in captured.out
