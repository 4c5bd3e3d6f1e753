"""Follows a configuration through its probation to the end; it must not hurry or end it."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TextIO

from alimante.commands.ask import NoSupervisor, Report, ask
from alimante.commands.bar import Bar
from alimante.commands.errors import CommandFailed
from alimante.commands.folders import Folders
from alimante.commands.past import history_of
from alimante.core.durations import say_duration
from alimante.policy.rollout import Journal, Verdict

LOOK_S: Final = 0.5
GONE_S: Final = 120.0
"""A run that ends and another one that begins take some seconds; a restart with a slow card some more."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The configuration `name`, of whose changes only those after the number `after` count."""

    name: str
    after: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it, in the words of the history, and why."""

    verdict: Verdict
    reason: str

    @property
    def is_good(self) -> bool:
        """Whether it is what runs from now on."""
        return self.verdict is Verdict.COMMITTED

    @property
    def in_words(self) -> str:
        """The verdict as the end of a sentence."""
        said = {Verdict.COMMITTED: "is committed", Verdict.ROLLED_BACK: "was gone back from"}
        return said.get(self.verdict, "was given up")


def outcome_of(trial: Trial, journal: Journal, report: Report | None) -> Outcome | None:
    """What came of it, from what is written down and what the supervisor says, if it answers; None while it is open."""
    changes = [change for change in journal.history if change.new == trial.name and change.number > trial.after]
    if changes:
        return Outcome(changes[-1].verdict, changes[-1].reason)
    is_settled = report is not None and report["running"] == trial.name and not report["on_probation"]
    if is_settled and journal.committed == trial.name:
        return Outcome(Verdict.COMMITTED, "it runs, and has proved itself before")
    return None


def follow(
    folders: Folders,
    trial: Trial,
    *,
    stream: TextIO | None = None,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome:
    """What comes of it. Raises `CommandFailed` when nobody can tell, or the person who waits does not want to."""
    bar = Bar(stream or sys.stderr)
    probation = _Probation(bar)
    seen_s = now()
    try:
        while True:
            report = _report(folders)
            if report is not None and report["running"] == trial.name and report["on_probation"]:
                seen_s = now()
                _show(probation, report)
            elif outcome := outcome_of(trial, history_of(folders.state).journal, report):
                return outcome
            elif now() - seen_s >= GONE_S:
                raise CommandFailed(f"it does not run after {say_duration(GONE_S)}; alimante config history tells more")
            sleep(LOOK_S)
    except KeyboardInterrupt:
        raise CommandFailed("nobody waits any more; the probation goes on") from None
    finally:
        bar.clear()


def _report(folders: Folders) -> Report | None:
    try:
        return ask(folders, {"ask": "config"})
    except NoSupervisor:  # one run ends and another one begins
        return None


def _show(probation: "_Probation", report: Report) -> None:
    if report["is_safe_mode"]:
        raise CommandFailed(
            "in safe mode it proves nothing: alimante safe-mode off, then systemctl restart alimante; it is on "
            "probation from then on"
        )
    probation.show(report["probation_left_s"])


class _Probation:
    """How much of the probation is over, as a bar."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._whole_s = 0.0

    def show(self, left_s: float | None) -> None:
        if left_s is None:
            return
        self._whole_s = max(self._whole_s, left_s)
        share = 1.0 - left_s / self._whole_s if self._whole_s else 1.0
        self._bar.show(share, f"on probation, {left_s:.0f} s left")
