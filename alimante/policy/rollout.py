"""What becomes of a changed configuration, as steps from one journal to the next; it must not read or write anything.

Configurations are named by the SHA-256 of their texts. Exactly one is committed: the one that has proved itself last,
and what is gone back to. Another one runs on probation until it has proved itself, too.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from alimante.policy.boot import End, Record
from alimante.policy.probation import Survey

CHECKPOINTS: Final = 10
"""So many configurations that proved themselves are kept, the committed one included."""
KEPT: Final = 50
"""So many last changes are remembered."""
REFUSALS: Final = 10
FALLS: Final = 2
"""How often in a row one that was committed is left for an older one, the return from a probation included."""
BAD_STARTS: Final = 3
"""After so many starts on probation that ended badly the committed configuration runs again."""
WITHIN_S: Final = 600.0
"""Time within which they count together, on one boot of the kernel; how long the computer was off nobody knows."""


class Verdict(StrEnum):
    """What came of a change."""

    OPEN = "on_probation"
    COMMITTED = "committed"
    ROLLED_BACK = "rolled_back"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change from the configuration `old` to `new`, in the wall's seconds since 1970.

    `why` says what brought it about and `reason` why it came to its verdict, in plain words. `start` is the number of
    the start of the program with which it began. `old` is empty for the first configuration ever.
    """

    number: int
    at_wall_s: float
    old: str
    new: str
    why: str
    start: int
    verdict: Verdict = Verdict.OPEN
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A configuration that is not tried again as long as the file holds it, and why."""

    sha256: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """With the start number `start` one configuration was left for an older one, for the `count`th time in a row."""

    start: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """All that is known of configurations. `checkpoints` have proved themselves, the latest first.

    `before` is how the last one did that was committed, `trial` the change that is under way.
    """

    checkpoints: tuple[str, ...] = ()
    trial: Change | None = None
    refused: tuple[Refusal, ...] = ()
    history: tuple[Change, ...] = ()
    fall: Fall = Fall()
    before: Survey | None = None

    @property
    def committed(self) -> str:
        """What has proved itself last; empty while nothing ever has."""
        return self.checkpoints[0] if self.checkpoints else ""

    @property
    def named(self) -> frozenset[str]:
        """Those whose texts must be kept."""
        return frozenset(self.checkpoints) | ({self.trial.new} if self.trial else frozenset())

    def refusal(self, sha256: str) -> str:
        """Why this one is refused, or nothing."""
        return next((refusal.why for refusal in self.refused if refusal.sha256 == sha256), "")


class Step(StrEnum):
    """What a start, or a look at the file, leads to."""

    KEEP = "keep"
    """The file holds what is committed, or nothing that may be tried: the committed one runs."""
    TRY = "try"
    """The file holds something else: it runs, on probation."""


def next_step(journal: Journal, wish: str, *, may_try: bool = True) -> Step:
    """What follows when the file holds `wish`, empty when it cannot be read. The first one ever is always tried."""
    if not journal.committed:
        return Step.TRY
    is_old = wish in ("", journal.committed)
    return Step.KEEP if is_old or journal.refusal(wish) or not may_try else Step.TRY


def tried(
    journal: Journal, sha256: str, *, why: str, start: int, at_wall_s: float, before: Survey | None = None
) -> Journal:
    """`sha256` runs on probation from now on. `before` is how things are now, where that can be told.

    During a probation it does not count. The file has changed, so whatever was refused may be tried again later.
    """
    if journal.trial is not None and journal.trial.new == sha256:
        return journal
    standard = journal.before if journal.trial is not None or before is None else before
    journal = withdrawn(journal, reason="the file was changed once more before it had proved itself")
    number = 1 + max((change.number for change in journal.history), default=0)
    change = Change(number=number, at_wall_s=at_wall_s, old=journal.committed, new=sha256, why=why, start=start)
    return replace(journal, trial=change, before=standard, refused=())


def passed(journal: Journal, *, now: Survey) -> Journal:
    """What is on probation has proved itself: it is committed, and `now` is what the next one has to come up to."""
    if journal.trial is None:
        return journal
    new = journal.trial.new
    others = tuple(old for old in journal.checkpoints if old != new)
    journal = _ended(journal, Verdict.COMMITTED, "all that was well before is well with it")
    return replace(journal, checkpoints=(new, *others)[:CHECKPOINTS], before=now, refused=())


def failed(journal: Journal, *, reason: str, start: int = 0) -> Journal:
    """What is on probation is refused from now on; `start` is the start that finds this out, if it is one."""
    if journal.trial is None:
        return journal
    refused = _refusing(journal, journal.trial.new, reason)
    return replace(_ended(journal, Verdict.ROLLED_BACK, reason), refused=refused, fall=Fall(start=start, count=1))


def withdrawn(journal: Journal, *, reason: str) -> Journal:
    """The change that is under way, if any, is over without a verdict about it."""
    return _ended(journal, Verdict.WITHDRAWN, reason)


def agreed(journal: Journal) -> Journal:
    """The file holds what is committed: there is nothing to try, and what was refused may be tried again later."""
    return replace(withdrawn(journal, reason="the file holds the committed configuration again"), refused=())


def fallen(
    journal: Journal, sha256: str, *, reason: str, start: int, at_wall_s: float, is_refused: bool = True
) -> Journal:
    """The committed one is left for the older `sha256`; `is_refused` says whether it is not to be tried again."""
    old = journal.committed
    number = 1 + max((change.number for change in journal.history), default=0)
    change = Change(
        number=number,
        at_wall_s=at_wall_s,
        old=old,
        new=sha256,
        why=reason,
        start=start,
        verdict=Verdict.COMMITTED,
        reason="it had proved itself before",
    )
    return replace(
        journal,
        checkpoints=journal.checkpoints[journal.checkpoints.index(sha256) :],
        refused=_refusing(journal, old, reason) if is_refused else journal.refused,
        history=(*journal.history, change)[-KEPT:],
        fall=Fall(start=start, count=journal.fall.count + 1),
    )


def bad_ends(record: Record, *, since: int, kernel: str, now_s: float) -> int:
    """How many starts from the number `since` on ended badly within `WITHIN_S`, however long they had been well.

    The start `since` itself may have begun long before: it ended badly after it had taken the change. The latest start
    of the record is this one, which has not ended.
    """
    return sum(
        start.number >= since
        and start.end in (End.OPEN, End.GAVE_UP)
        and (start.number == since or start.kernel != kernel or now_s - start.at_s <= WITHIN_S)
        for start in record.starts[:-1]
    )


def must_go_back(journal: Journal, record: Record, *, kernel: str, now_s: float) -> int:
    """How many starts with what is on probation ended badly, once that is too often; else 0.

    Without anything to go back to it is never too often.
    """
    if journal.trial is None or not journal.committed:
        return 0
    count = bad_ends(record, since=journal.trial.start, kernel=kernel, now_s=now_s)
    return count if count >= BAD_STARTS else 0


def must_fall(journal: Journal, record: Record, *, kernel: str) -> str:
    """The older configuration that is to run, because the one that was gone back to ended badly at once; or nothing.

    A loss of power says nothing about a configuration.
    """
    if len(journal.checkpoints) < 2 or len(record.starts) < 2 or journal.fall.count >= FALLS:
        return ""
    before = record.starts[-2]
    is_its = journal.fall.start == before.number and before.kernel == kernel
    return journal.checkpoints[1] if is_its and before.is_bad else ""


def _ended(journal: Journal, verdict: Verdict, reason: str) -> Journal:
    if journal.trial is None:
        return journal
    change = replace(journal.trial, verdict=verdict, reason=reason)
    return replace(journal, trial=None, history=(*_others(journal, change), change)[-KEPT:])


def _others(journal: Journal, change: Change) -> tuple[Change, ...]:
    """The history, without the last change where `change` is the same once more: a fault that nobody mends."""
    last = journal.history[-1] if journal.history else change
    is_again = (last.new, last.verdict, last.reason) == (change.new, change.verdict, change.reason)
    return journal.history[:-1] if is_again else journal.history


def _refusing(journal: Journal, sha256: str, why: str) -> tuple[Refusal, ...]:
    others = tuple(refusal for refusal in journal.refused if refusal.sha256 != sha256)
    return (*others, Refusal(sha256=sha256, why=why or "nobody said why"))[-REFUSALS:]
