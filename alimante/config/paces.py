"""How often the supervisor looks at itself where the configuration does not say it; it must not judge what it says.

A node that is asked and moved seldom learns nothing from looking at itself often, and each look costs its share of a
small computer.
"""

from collections.abc import Iterable
from typing import Final

from alimante.config.climate import ControlKeys
from alimante.config.model import Device
from alimante.config.monitoring import MonitoringKeys
from alimante.config.supervision import HealthKeys

HEALTH_TICKS: Final = 5.0
"""With the usual tick of 1 s these are the usual 5 s between two looks at the components."""

MONITORING_TICKS: Final = 10.0
"""With the usual tick of 1 s these are the usual 10 s between two looks at the computer."""


def health(said: HealthKeys, control: ControlKeys, devices: Iterable[Device]) -> HealthKeys:
    """`said` with a period: five ticks, but no more than the shortest poll of a sensor, and 5 s at least."""
    if "period_s" in said.model_fields_set:
        return said
    polls_s = [device.poll_s for device in devices if device.spec.kind == "sensor"]
    period_s = max(said.period_s, min([HEALTH_TICKS * control.tick_s, *polls_s]))
    return said.model_copy(update={"period_s": period_s})


def monitoring(said: MonitoringKeys, control: ControlKeys) -> MonitoringKeys:
    """`said` with a period: ten ticks, and 10 s at least; with the longest tick of 5 s that is within a minute."""
    if "period_s" in said.model_fields_set:
        return said
    return said.model_copy(update={"period_s": max(said.period_s, MONITORING_TICKS * control.tick_s)})
