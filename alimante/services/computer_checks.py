"""The health checks of the computer and of its disk; they must not measure: they look at what was measured.

Who measures, saves or waits for the disk tells each condition; here it only becomes health, with the age of what it
is known by.
"""

from collections.abc import Callable, Sequence
from typing import Final

from alimante.core.events import ConditionChanged, Level
from alimante.policy.checkup import SOUND, Check, Finding, Kind
from alimante.services.state import NOT_SAVED

MISSED: Final = 3.0
"""After so many periods without a measurement nothing is known."""

_LOOK: Final = "see whether the disk hangs; restart Alimante if it stays so"

Found = Callable[[], Sequence[ConditionChanged]]
Age = Callable[[], float | None]


def system_check(found: Found, age_s: Age, *, period_s: float, every_s: float) -> Check:
    """The computer: processor, memory, temperature and supply; looked at every `period_s`, measured every `every_s`.

    `found()` are the conditions that hold, `age_s()` is the time since the last measurement, None before the first.
    Outputs do not depend on it, so the node is never worse than WARNING by it.
    """
    most_s = MISSED * max(0.0, every_s - period_s)  # the check itself lets findings age for three of its periods

    def run() -> Finding:
        age = age_s()
        if age is None or age > most_s:
            return Finding(level=None, code="not_measured", text=_not_measured("the computer", age), advice=_LOOK)
        return _worst(found())

    return Check(
        component="system",
        name="measured",
        run=run,
        kind=Kind.SYSTEM,
        period_s=period_s,
        is_critical=False,
        announces=False,
    )


def storage_check(found: Found, age_s: Age, trouble: Callable[[], str], *, period_s: float, every_s: float) -> Check:
    """The disk with the state: whether it is saved, and whether there is room.

    `trouble()` is why the state could not be saved the last time, empty when it could; see `system_check` for the rest.
    """

    def run() -> Finding:
        age, why = age_s(), trouble()
        if why:
            return Finding(level=Level.CRITICAL, code="state_not_saved", text=why, advice=NOT_SAVED)
        if age is None:
            return Finding(level=None, code="not_measured", text=_not_measured("free space", age))
        worst = _worst(found())
        if worst.level is Level.CLEAR and age > MISSED * every_s:
            text = _not_measured("free space", age)
            return Finding(level=Level.WARNING, code="not_measured", text=text, advice=_LOOK)
        return worst

    return Check(component="storage", name="saved", run=run, kind=Kind.STORAGE, period_s=period_s, announces=False)


def _worst(conditions: Sequence[ConditionChanged]) -> Finding:
    for level in (Level.CRITICAL, Level.WARNING) if conditions else ():
        for told in conditions:
            if told.level is level:
                return Finding(level=level, code=told.condition, text=told.text, advice=told.advice)
    return SOUND


def _not_measured(what: str, age_s: float | None) -> str:
    return f"{what} was not measured yet" if age_s is None else f"{what} was not measured for {age_s:.0f} s"
