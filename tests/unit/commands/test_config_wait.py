"""How a probation is followed: what counts as its end, and what a terminal shows meanwhile."""

import io
from pathlib import Path
from typing import Any

import pytest

from alimante.commands import wait
from alimante.commands.ask import NobodyListens
from alimante.commands.errors import CommandFailed
from alimante.commands.folders import Folders
from alimante.commands.wait import Outcome, Trial, follow, outcome_of
from alimante.policy import rollout as steps
from alimante.policy.probation import Survey
from alimante.policy.rollout import Journal, Verdict

OLD, NEW, OTHER = "a" * 64, "b" * 64, "c" * 64
TRIAL = Trial(NEW, after=1)


def tried(journal: Journal, name: str) -> Journal:
    return steps.tried(journal, name, why="", start=1, at_wall_s=0.0)


def settled() -> Journal:
    return steps.passed(tried(Journal(), OLD), now=Survey())


def report(running: str, *, on_probation: bool = False, left_s: float | None = None) -> dict[str, Any]:
    return {"running": running, "on_probation": on_probation, "probation_left_s": left_s, "is_safe_mode": False}


def test_an_open_trial_has_no_outcome_whatever_runs():
    journal = tried(settled(), NEW)
    for says in (None, report(OLD), report(NEW, on_probation=True)):
        assert outcome_of(TRIAL, journal, says) is None


@pytest.mark.parametrize(
    ("end", "verdict"),
    [
        (lambda journal: steps.passed(journal, now=Survey()), Verdict.COMMITTED),
        (lambda journal: steps.failed(journal, reason="it was cold"), Verdict.ROLLED_BACK),
        (lambda journal: tried(journal, OTHER), Verdict.WITHDRAWN),
    ],
)
def test_every_end_is_told_also_when_nobody_answers(end: Any, verdict: Verdict):
    found = outcome_of(TRIAL, end(tried(settled(), NEW)), None)
    assert found is not None
    assert found.verdict is verdict


def test_a_change_before_the_question_does_not_count():
    failed = steps.failed(tried(settled(), NEW), reason="it was cold")
    assert outcome_of(Trial(NEW, after=2), failed, report(OLD)) is None
    assert outcome_of(Trial(NEW, after=2), tried(failed, NEW), None) is None


def test_what_is_committed_counts_once_it_runs():
    trial = Trial(OLD, after=2)
    assert outcome_of(trial, settled(), report(NEW)) is None
    assert outcome_of(trial, settled(), None) is None
    assert outcome_of(trial, settled(), report(OLD)) == Outcome(
        Verdict.COMMITTED, "it runs, and has proved itself before"
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def followed(answers: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stream: io.StringIO) -> Outcome:
    def ask(folders: Folders, request: dict[str, Any]) -> dict[str, Any]:
        answer = answers.pop(0) if answers else report(OLD)
        if answer is None:
            raise NobodyListens("no supervisor is running")
        return dict(answer)

    class Past:
        journal = settled()

    monkeypatch.setattr(wait, "ask", ask)
    monkeypatch.setattr(wait, "history_of", lambda state: Past)
    return follow(
        Folders(tmp_path, tmp_path), Trial(OLD, after=2), stream=stream, now=lambda: 0.0, sleep=lambda seconds: None
    )


def test_a_terminal_shows_how_much_is_over_and_is_clean_afterwards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    stream = Terminal()
    probation = [report(OLD, on_probation=True, left_s=left_s) for left_s in (None, 120.0, 60.0, 0.0)]
    assert followed([None, *probation], monkeypatch, tmp_path, stream).is_good
    shown = stream.getvalue().split("\r\x1b[K")
    assert shown == [
        "",
        f"[{'.' * 30}] on probation, 120 s left",
        f"[{'#' * 15}{'.' * 15}] on probation, 60 s left",
        f"[{'#' * 30}] on probation, 0 s left",
        "",
    ]


def test_where_there_is_no_terminal_nothing_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    stream = io.StringIO()
    assert followed([report(OLD, on_probation=True, left_s=9.0)], monkeypatch, tmp_path, stream).is_good
    assert stream.getvalue() == ""


def test_in_safe_mode_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    safe = report(OLD, on_probation=True) | {"is_safe_mode": True}
    with pytest.raises(CommandFailed, match="in safe mode it proves nothing: alimante safe-mode off"):
        followed([safe], monkeypatch, tmp_path, io.StringIO())
