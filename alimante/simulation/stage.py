"""Puts a configuration on simulated wires: the same drivers, and no real wire or broker; it must not run anything."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from alimante.config.model import Config
from alimante.simulation.secrecy import PLACE, USER
from hardware.sim.settings import PlantSettings, ZoneSettings

NEW_YEAR: Final = datetime(2026, 1, 1)  # noqa: DTZ001  # the time zone is the configuration's
"""The first day of the year in which simulations begin; `start_day` of the room says on which day of it."""


def on_simulated_wires(config: Config) -> Config:
    """`config` with every wire simulated, and each zone that a device stands in part of the simulated enclosure."""
    wires = {name: wire.model_copy(update={"backend": "sim"}) for name, wire in config.wires.items()}
    mqtt = config.mqtt.model_copy(update={"embedded": False, "username": USER, "password": PLACE, "tls": None})
    return replace(config, wires=wires, mqtt=mqtt, simulation=_with_zones(config))


def begins_wall_s(config: Config) -> float:
    """Seconds since 1970 UTC at which the run begins, so that the clock agrees with the sun in the simulated room."""
    settings: PlantSettings = PlantSettings.model_validate(config.simulation)
    room = settings.ambient
    local = NEW_YEAR + timedelta(days=room.start_day - 1, hours=room.start_hour)
    return local.replace(tzinfo=ZoneInfo(config.location.timezone)).timestamp()


def _with_zones(config: Config) -> PlantSettings:
    settings: PlantSettings = PlantSettings.model_validate(config.simulation)
    wanted = dict.fromkeys(device.zone for device in config.devices.values() if device.zone is not None)
    missing = [zone for zone in wanted if zone not in settings.zones]
    if not missing:
        return settings
    said: dict[str, Any] = dict(settings.zones) if "zones" in settings.model_fields_set else {}
    zones = {**said, **{zone: said.get(zone, ZoneSettings()) for zone in wanted}}
    return settings.model_copy(update={"zones": zones})
