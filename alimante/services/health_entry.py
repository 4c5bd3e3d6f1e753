"""What the health service keeps of one component and of each of its checks; it must not run or tell anything."""

from dataclasses import dataclass, field
from typing import Any

from alimante.policy.checkup import Checkup
from alimante.policy.health_record import HealthRecord, Judged


@dataclass(slots=True, eq=False)
class Routine:
    """One check, and when it is due next."""

    checkup: Checkup
    entry: "Entry"
    due_s: float


@dataclass(slots=True, eq=False)
class Entry:
    """One component: what is known, and what was told of it.

    It is calm when all its checks are steady and nothing else is told of it: then it is HEALTHY, and stays so until
    one of its checks finds something else, a condition is told, or its evidence grows old.
    """

    record: HealthRecord
    judged: Judged
    since_s: float
    routines: dict[str, Routine] = field(default_factory=dict)
    is_calm: bool = False


def details(checkup: Checkup, now_s: float) -> dict[str, Any]:
    """What a check found last, as plain JSON values."""
    finding = checkup.finding
    return {
        "kind": checkup.check.kind.value,
        "health": checkup.health(now_s).value,
        "evidence_age_s": None if checkup.evidence_s is None else round(now_s - checkup.evidence_s, 1),
        "code": finding.code,
        "text": finding.text,
        "value": finding.value,
        "advice": finding.advice,
    }
