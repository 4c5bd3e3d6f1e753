"""How long people may still be told of a fault after it is over, by the configuration; it must not look at a run.

Most of what was told is over as soon as all is well. These conditions stay for a reason: a thermometer that said
nonsense is left out for some minutes more, a broker is tried again at times, what was found about a heater stands until
its zone has shown the contrary at its own pace, and a feeding that did not happen is told of until the next one.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from alimante.config.days import WEEKDAYS, FeedingKeys
from alimante.config.model import Config, Role
from alimante.core.durations import DAY_S
from alimante.mqtt.client import BACKOFF_CAP_S
from alimante.safety.findings import Kind

TIME_CONSTANTS: Final = 3.0
"""So many time constants of its enclosure a zone may take until it and what is thought of it have come together."""

Told = tuple[str, str]
"""A component and one of its conditions."""


def patience_of(config: Config) -> Mapping[Told, float]:
    """For each condition that may outlast its cause for how long it may, in seconds."""
    return dict(_patience(config))


def time_constant_s(config: Config, zone: str) -> float:
    """How slowly `zone` of the simulated enclosure follows the room, in seconds."""
    settings = config.simulation.zones[zone]
    return float(settings.heat_capacity_j_per_k / settings.loss_w_per_k)


def _patience(config: Config) -> Iterator[tuple[Told, float]]:
    yield ("mqtt", "link"), BACKOFF_CAP_S
    for name, group in config.groups.items():
        yield (name, "member_ejected"), group.eject_cap_s
    for heater in config.devices.values():
        if heater.role is Role.HEATER:
            zone_s = TIME_CONSTANTS * time_constant_s(config, heater.zone or next(iter(config.simulation.zones)))
            yield from (((heater.id, kind.value), zone_s) for kind in Kind if kind is not Kind.OVER_TEMPERATURE)
    for name, keys in config.controllers.items():
        if isinstance(keys, FeedingKeys):
            days = keys.every_days + (0 if len(keys.days) == len(WEEKDAYS) else len(WEEKDAYS))
            yield (name, "missed_feeding"), days * DAY_S + keys.late_s
