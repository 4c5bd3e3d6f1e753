"""`alimante config apply` and `rollback`: have another configuration taken; they must not touch the journal.

All that is written is the configuration file, as a whole. What becomes of it is for the supervisor to decide.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alimante.commands.ask import NoSupervisor, Report, ask
from alimante.commands.errors import CommandFailed
from alimante.commands.loading import explained, tell_warnings, whole
from alimante.commands.past import Standing, named, one_before, short, text_of, until_answered
from alimante.commands.plan import tell_invalid
from alimante.commands.wait import Outcome, Trial, follow
from alimante.config.faults import ConfigInvalid
from alimante.config.load import file_bytes
from alimante.core.durations import say_duration
from alimante.core.text import printable
from alimante.policy.rollout import Verdict
from alimante.rollout.store import digest
from alimante.rollout.watch import WORK_S
from alimante.rollout.wish import put_wish

ANSWER_S: Final = 3 * WORK_S
"""The supervisor reads the file, understands it and writes it down, each of which a worn card may make slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How something is to be taken: `again` although it was gone back from; with a `wait` for what becomes of it."""

    again: bool = False
    wait: bool = False
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be taken: how people call it, its name and its text."""

    called: str
    name: str
    text: bytes


def apply(file: Path | None, stands: Standing, order: Order) -> int:
    """Have the configuration in `file` taken, or in the configuration file as it is. Exit code 2 when it is faulty."""
    path = file or stands.path
    try:
        data = explained(path, _sound) if not order.as_json else _sound(path)
    except ConfigInvalid as invalid:
        return tell_invalid(invalid)
    return _take(_Wish(f"{path} ({short(digest(data))})", digest(data), data), stands, order)


def rollback(said: str | None, stands: Standing, order: Order) -> int:
    """Have one taken that ran before: a number of the history, the first digits of a name, or the one before.

    Who asks for it knows that it was gone back from, if it was.
    """
    if said is None:
        name = one_before(stands.store, is_on_probation=stands.journal.trial is not None)
    else:
        name = named(stands.store, said)
    text = text_of(stands.store, name)
    explained(Path(f"configuration {short(name)}"), lambda path: whole(text))
    return _take(_Wish(short(name), name, text), stands, Order(again=True, wait=order.wait, as_json=order.as_json))


def _sound(path: Path) -> bytes:
    data = file_bytes(path)
    tell_warnings(path, whole(data))
    return data


def _take(wish: _Wish, stands: Standing, order: Order) -> int:
    _refuse(wish, stands, order)
    trial = Trial(wish.name, after=max((change.number for change in stands.journal.history), default=0))
    saved = _put(wish, stands)
    if saved is not None:
        sys.stderr.write(f"what {stands.path} held is in {saved} now\n")
    if stands.report is None:
        told = f"{stands.path} holds {wish.called}: no supervisor runs in {stands.folders.state}, the next one takes it"
        return _tell(wish, order, text=told if wish.name == stands.committed else f"{told}, on probation")
    answer = _ask(stands, order)
    if not answer["is_taken"] and answer["running"] != wish.name:
        return _tell(wish, order, text=_why_not(answer), failed=True)
    if not order.wait:
        return _tell(wish, order, text=_in_words(wish, answer), answer=answer)
    outcome = follow(stands.folders, trial)
    return _tell(wish, order, text=_end_in_words(wish, outcome), outcome=outcome, failed=not outcome.is_good)


def _refuse(wish: _Wish, stands: Standing, order: Order) -> None:
    """Raises `CommandFailed` for what cannot come true, before anything is written."""
    refusal = stands.journal.refusal(wish.name)
    if refusal and not order.again:
        raise CommandFailed(
            f"{wish.called} was tried and gone back from: {printable(refusal)}; change it, or mend the cause and say "
            "--again"
        )
    if refusal and stands.report is None:
        raise CommandFailed(
            f"{wish.called} was tried and gone back from: {printable(refusal)}; only a supervisor that runs tries it "
            "once more: start it, and say this again"
        )
    if order.wait and stands.report is None:
        raise CommandFailed("nothing was changed: no supervisor runs that could be waited for; leave out --wait")


def _put(wish: _Wish, stands: Standing) -> Path | None:
    """Have the file hold it; returns where the text is that would else be lost, if so. Raises `CommandFailed`."""
    path, saved = stands.path, None
    try:
        present = path.read_bytes() if path.exists() else b""
        if present == wish.text:
            return None
        if present and digest(present) not in stands.journal.named:  # somebody's work that is nowhere else
            saved = path.with_name(f"{path.name}.bak")
            put_wish(saved, present, like=path)
        put_wish(path, wish.text)
    except OSError as error:
        who = "; say sudo" if isinstance(error, PermissionError) else ""
        raise CommandFailed(
            f"{path} cannot be written: {error.strerror or error}; it holds what it held before{who}"
        ) from None
    return saved


def _ask(stands: Standing, order: Order) -> Report:
    """What the supervisor makes of the file. Raises `CommandFailed`."""
    question = {"ask": "config_apply", "again": order.again}
    try:  # where it has seen the file by itself, a new run is just beginning
        return until_answered(lambda: ask(stands.folders, question, within_s=ANSWER_S))
    except NoSupervisor as nobody:
        raise CommandFailed(f"{stands.path} holds it, but {nobody}") from None


def _why_not(answer: Report) -> str:
    if answer["is_safe_mode"]:
        todo = "; the file holds it for the time after: alimante safe-mode off, then systemctl restart alimante"
    elif answer["file_state"] == "waiting":
        todo = "; the file holds it, and systemctl restart alimante takes it"
    else:
        todo = ""
    return f"{answer['text']}{todo}"


def _in_words(wish: _Wish, answer: Report) -> str:
    if answer["is_taken"]:
        return f"{answer['text']}; alimante config history tells what becomes of it"
    left_s = answer["probation_left_s"]
    if answer["on_probation"]:
        left = "" if left_s is None else f", for {say_duration(left_s)} more"
        return f"{wish.called} is what runs already, on probation{left}"
    return f"{wish.called} is what runs already"


def _end_in_words(wish: _Wish, outcome: Outcome) -> str:
    after = "; what ran before runs again" if outcome.verdict is Verdict.ROLLED_BACK else ""
    return f"{wish.called} {outcome.in_words}: {outcome.reason}{after}"


def _tell(
    wish: _Wish,
    order: Order,
    *,
    text: str,
    answer: Report | None = None,
    outcome: Outcome | None = None,
    failed: bool = False,
) -> int:
    """Tell what came of it; the exit code. Raises `CommandFailed`, with the text, where there is no document."""
    if not order.as_json:
        if failed:
            raise CommandFailed(printable(text))
        sys.stdout.write(f"{printable(text)}\n")
        return 0
    document = {
        "sha256": wish.name,
        "text": text,
        "is_taken": not failed and (answer is None or answer["is_taken"]),
        "verdict": None if outcome is None else outcome.verdict,
        "reason": "" if outcome is None else outcome.reason,
    }
    sys.stdout.write(f"{json.dumps(document, ensure_ascii=False)}\n")
    return int(failed)
