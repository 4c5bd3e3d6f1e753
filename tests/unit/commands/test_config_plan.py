"""What a person is told before a configuration is taken, on real files."""

import json
from pathlib import Path
from typing import Any

import pytest

from alimante.commands import past
from alimante.commands.loading import whole
from alimante.commands.past import Standing
from alimante.commands.plan import in_words, report_of
from tests.unit.commands.homes import Home, box, name

Captured = pytest.CaptureFixture[str]
REAL_PINS = {"gpio": {"kind": "gpio", "backend": "linux", "factory": "lgpio"}}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def planned(home: Home, text: str, **says: Any) -> dict[str, Any]:
    """The plan for `text` where the supervisor, if it `says` something, has this report."""
    report = {"running": "", "committed": home.store().journal.committed, "is_safe_mode": False} | says
    folders = past.Folders(home.state, home.state)
    stands = Standing(store=home.store(), report=report if says else None, path=home.file, folders=folders)
    return report_of(home.other(text), whole(text.encode()), stands)


def test_every_fault_is_told_with_its_place_and_the_exit_code_is_2(home: Home, capsys: Captured):
    other = home.other(box(99, nonsense=1))
    assert home.say("plan", str(other)) == 2
    told = capsys.readouterr().err
    assert f"{other}:1:" in told
    assert "nonsense" in told
    assert "99" in told
    assert home.say("plan", str(other), "--json") == 2
    document = json.loads(capsys.readouterr().out)
    assert document["valid"] is False
    assert len(document["errors"]) == 2


def test_a_file_that_is_not_there_is_one_sentence(home: Home, capsys: Captured):
    assert home.say("plan", "nowhere.json") == 2
    assert capsys.readouterr().err == "nowhere.json:1:1: there is no file nowhere.json\n"


def test_without_a_supervisor_it_is_held_against_what_proved_itself_and_not_against_the_file(
    home: Home, capsys: Captured
):
    home.commit(box(17))
    home.file.write_text(box(22))
    assert home.say("plan", str(home.other(box(27)))) == 0
    told = capsys.readouterr().out
    assert f"against what proved itself last ({name(box(17))[:8]}):\n" in told
    assert "  changed  device lamp, pin: 17 → 27\n" in told
    assert "no supervisor runs; the next start puts every output to its safe value" in told


def test_where_nothing_ran_it_is_held_against_the_file(home: Home, capsys: Captured):
    assert home.say("plan", str(home.other(box(27)))) == 0
    told = capsys.readouterr().out
    assert "against the configuration file" in told
    assert "everything in it must answer" in told
    home.file.unlink()
    assert home.say("plan", str(home.other(box(27)))) == 0
    assert "would be the first configuration" in capsys.readouterr().out


def test_what_comes_and_goes_is_told_by_name(home: Home):
    lamp = json.loads(box())["devices"]["lamp"]
    report = planned(home, box(devices={"sun": {**lamp, "pin": 5}}, recovery={"rollout": {"probation_s": 300}}))
    assert in_words(report)[1:] == [
        "  removed  device lamp: relay on gpio, pin 17, role light",
        "  added    device sun: relay on gpio, pin 5, role light",
        '  added    recovery: {"rollout": {"probation_s": 300}}',
        "no supervisor runs; the next start puts every output to its safe value for some seconds",
        "then it has 5 min to prove itself: everything in it must answer",
    ]


def test_a_new_device_is_said_to_have_to_answer(home: Home):
    home.commit(box())
    lamp = json.loads(box())["devices"]["lamp"]
    report = planned(home, box(devices={"lamp": lamp, "sun": {**lamp, "pin": 5}}), running=name(box()))
    assert report["new_devices"] == ["sun"]
    assert in_words(report)[-1] == (
        "then it has 2 min to prove itself: what is well now must be well again, and sun, which is new, must answer"
    )


def test_another_form_of_the_same_has_no_differences_and_is_a_change_all_the_same(home: Home):
    home.commit(box())
    report = planned(home, f"{box()}\n", running=name(box()))
    assert report["differences"] == []
    assert report["outputs_go_safe"] is True
    assert "says the same as what runs" in in_words(report)[0]


def test_where_the_text_of_what_runs_is_lost_that_is_said_and_no_difference_made_up(home: Home):
    report = planned(home, box(27), running=name(box(22)))
    assert report["differences"] == []
    assert "is not known, for the text of what runs" in in_words(report)[0]


def test_what_runs_already_needs_nothing(home: Home):
    home.commit(box())
    report = planned(home, box(), running=name(box()))
    assert not report["outputs_go_safe"]
    assert in_words(report)[0].endswith("is what runs already: there is nothing to do")


def test_what_proved_itself_has_nothing_to_prove(home: Home):
    home.commit(box())
    home.start(box(22))
    report = planned(home, box(), running=name(box(22)))
    assert report["probation_s"] is None
    assert in_words(report)[-1] == "it has nothing to prove, for it did so before"


def test_a_refused_one_is_told_with_the_reason_and_how_to_try_it_again(home: Home):
    home.commit(box())
    home.refuse(box(22), "it was cold")
    told = "\n".join(in_words(planned(home, box(22))))
    assert "it was tried and gone back from: it was cold" in told
    assert "alimante config apply --again" in told
    assert "every output" not in told


@pytest.mark.parametrize(
    ("says", "words"),
    [({}, "the first real outputs need a restart"), ({"is_safe_mode": True}, "alimante safe-mode off")],
)
def test_what_is_in_the_way_is_told(home: Home, says: dict[str, Any], words: str):
    home.commit(box())
    report = planned(home, box(wires=REAL_PINS), running=name(box()), **says)
    assert words in report["obstacle"]
    assert words in in_words(report)[-1]


def test_real_outputs_have_a_guard_where_there_were_some_before(home: Home):
    home.commit(box(wires=REAL_PINS))
    report = planned(home, box(22, wires=REAL_PINS), running=name(box(wires=REAL_PINS)))
    assert report["obstacle"] == ""


def test_the_document_says_the_same_as_the_lines(home: Home, capsys: Captured):
    home.commit(box())
    assert home.say("plan", str(home.other(box(27))), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["differences"] == [
        {"path": "/devices/lamp/pin", "where": "device lamp, pin", "change": "changed", "old": 17, "new": 27}
    ]
    assert document["sha256"] == name(box(27))
    assert (document["valid"], document["is_supervised"], document["probation_s"]) == (True, False, 120.0)


def test_a_plan_writes_nothing(home: Home):
    home.commit(box())
    before = {path: path.read_bytes() for path in home.file.parent.rglob("*") if path.is_file()}
    other = home.other(box(27))
    assert home.say("plan", str(other)) == 0
    other.unlink()
    assert {path: path.read_bytes() for path in home.file.parent.rglob("*") if path.is_file()} == before


def test_a_value_that_says_much_is_cut_and_a_secret_never_shown(home: Home):
    report = planned(home, box(note="x" * 200))
    assert in_words(report)[1].endswith("x…")
    assert len(in_words(report)[1]) < 90
