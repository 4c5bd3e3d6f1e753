"""`alimante config history`: which configurations ran, and what became of each; it must not judge or change any."""

import sys
from dataclasses import asdict
from datetime import datetime

from alimante.commands.ask import Report, tell
from alimante.commands.errors import CommandFailed
from alimante.commands.folders import Folders
from alimante.commands.past import asked, history_of, short
from alimante.core.durations import say_duration
from alimante.policy.rollout import Change, Journal
from alimante.rollout.store import ConfigStore

_VERDICTS = {"on_probation": "on probation", "rolled_back": "rolled back"}


def history(folders: Folders, *, as_json: bool) -> int:
    """Print the last changes, and which configurations can be gone back to."""
    store = history_of(folders.state)
    try:
        now = asked(folders)
    except CommandFailed as failure:
        if store.journal == Journal():  # of another state folder than that of the supervisor, maybe
            raise
        sys.stderr.write(f"warning: {failure}\n")
        now = None
    return tell(report_of(store, now), in_words, as_json=as_json)


def report_of(store: ConfigStore, now: Report | None) -> Report:
    """The history as plain JSON values; `now` is what the supervisor that runs says, if one does."""
    journal = store.journal
    changes = (*journal.history, *((journal.trial,) if journal.trial else ()))
    return {
        "changes": [_change(change) for change in changes],
        "committed": journal.committed,
        "running": None if now is None else now["running"],
        "on_probation": None if journal.trial is None else journal.trial.new,
        "probation_left_s": None if now is None else now["probation_left_s"],
        "refused": [asdict(refusal) for refusal in journal.refused],
        "kept": store.kept(),
    }


def in_words(report: Report) -> list[str]:
    """The history as lines for people, the last change last, for that is what a terminal shows."""
    lines = ["nothing has run yet"]
    if report["changes"]:
        head = f"{'no':>4}  {'when':<19}  {'from':<8}  {'to':<8}  {'verdict':<12}  why"
        lines = [head, *(line for change in report["changes"] for line in _lines(change))]
    return [*lines, "", *_state(report)]


def _state(report: Report) -> list[str]:
    lines = [f"committed: {short(report['committed'])}"]
    if report["on_probation"] is not None:
        left_s = report["probation_left_s"]
        left = "" if left_s is None else f", for {say_duration(left_s)} more"
        lines.append(f"on probation: {short(report['on_probation'])}{left}")
    lines += [f"refused: {short(refused['sha256'])}: {refused['why']}" for refused in report["refused"]]
    older = [short(name) for name in report["kept"] if name != report["committed"]]
    return [*lines, f"can be gone back to: {', '.join(older) or 'nothing'}"]


def _lines(change: Report) -> list[str]:
    when = datetime.fromtimestamp(change["at_wall_s"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    verdict = _VERDICTS.get(change["verdict"], change["verdict"])
    old = short(change["from"]) if change["from"] else "-"
    first = f"{change['number']:>4}  {when:<19}  {old:<8}  {short(change['to']):<8}  {verdict:<12}  {change['why']}"
    return [first, f"{'':>6}{change['reason']}"] if change["reason"] else [first]


def _change(change: Change) -> Report:
    return {
        "number": change.number,
        "at_wall_s": change.at_wall_s,
        "from": change.old,
        "to": change.new,
        "why": change.why,
        "verdict": change.verdict.value,
        "reason": change.reason,
    }
