"""What is believed of a channel or a group at one moment; it must not remember or judge."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from alimante.core.events import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """One value with how far it can be trusted now.

    `quality` is GOOD, SUSPECT or UNKNOWN; `value` is None exactly when it is UNKNOWN. `members` are the readings of all
    of a group's members that answer, also of outvoted ones; `highest` and `lowest` are their extremes, for limits on
    the hot and on the cold side. Of a single channel all of them are its value. `measured_s` is the monotonic time of
    the oldest reading that made the value. A SUSPECT one may hold something on until `hold_until_s` (monotonic), when
    the last good reading is as old as one may be. It is disputed when members contradict each other so that there is no
    majority.
    """

    value: float | None
    quality: Quality
    reasons: tuple[str, ...] = ()
    measured_s: float | None = None
    highest: float | None = None
    lowest: float | None = None
    members: tuple[float, ...] = ()
    hold_until_s: float = inf
    is_disputed: bool = False


Believed = Callable[[str], Belief]
"""What is believed now of something by its full name: a group's id or `sensor.channel`. Raises `KeyError`."""


def unknown(*reasons: str) -> Belief:
    """No belief at all, with why."""
    return Belief(value=None, quality=Quality.UNKNOWN, reasons=reasons)
