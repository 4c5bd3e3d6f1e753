"""What findings mean for the health of the node; it must not find out anything itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from alimante.core.events import Level


class Health(StrEnum):
    """How well something is. UNKNOWN is no evidence, and never counts as HEALTHY."""

    HEALTHY = "HEALTHY"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One component's contribution: its health, and for how long it has been so."""

    health: Health
    is_critical: bool = True
    for_s: float = 0.0


_WORST_FIRST = (Health.CRITICAL, Health.UNKNOWN, Health.WARNING, Health.HEALTHY)
_OF_LEVEL = {
    None: Health.UNKNOWN,
    Level.CLEAR: Health.HEALTHY,
    Level.WARNING: Health.WARNING,
    Level.CRITICAL: Health.CRITICAL,
}


def of_level(level: Level | None) -> Health:
    """The health of something of which `level` was found; None is no evidence."""
    return _OF_LEVEL[level]


def roll_up(parts: Iterable[Health]) -> Health:
    """The worst of `parts`; UNKNOWN of nothing at all."""
    present = set(parts)
    return next((health for health in _WORST_FIRST if health in present), Health.UNKNOWN)


def of_node(parts: Iterable[Part], *, unknown_after_s: float) -> Health:
    """The health of a node of `parts`; UNKNOWN without any.

    Of what is critical to it, UNKNOWN counts as CRITICAL after `unknown_after_s` seconds: what nobody hears of for so
    long may be dead. The rest is never worse than a WARNING.
    """
    return roll_up(_counted(part, unknown_after_s) for part in parts)


def _counted(part: Part, unknown_after_s: float) -> Health:
    if not part.is_critical:
        return Health.HEALTHY if part.health is Health.HEALTHY else Health.WARNING
    if part.health is Health.UNKNOWN and part.for_s > unknown_after_s:
        return Health.CRITICAL
    return part.health
