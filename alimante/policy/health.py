"""What states mean for the health of the node; it must not find out states itself."""

from collections.abc import Iterable
from enum import StrEnum

from alimante.core.states import DeviceState


class Health(StrEnum):
    """How well something is. UNKNOWN is no evidence, and never counts as HEALTHY."""

    HEALTHY = "HEALTHY"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"
    UNKNOWN = "UNKNOWN"


_WORST_FIRST = (Health.CRITICAL, Health.UNKNOWN, Health.WARNING, Health.HEALTHY)
_OF_DEVICE = {
    DeviceState.ONLINE: Health.HEALTHY,
    DeviceState.OFFLINE: Health.CRITICAL,
    DeviceState.UNKNOWN: Health.UNKNOWN,
    DeviceState.DISABLED: Health.WARNING,
}


def of_device(state: DeviceState) -> Health:
    """The health of a device in `state`."""
    return _OF_DEVICE[state]


def roll_up(parts: Iterable[Health]) -> Health:
    """The worst of `parts`; UNKNOWN of nothing at all."""
    present = set(parts)
    return next((health for health in _WORST_FIRST if health in present), Health.UNKNOWN)
