"""Checks of temperatures against what the animal of the named preset bears; it must not fill anything in."""

from collections.abc import Iterator
from typing import Any, Final

from alimante.config.checks_setpoints import extremes
from alimante.config.climate import PidKeys, ThermostatKeys
from alimante.config.fahrenheit import is_suspect
from alimante.config.faults import Path, Problem
from alimante.config.scene import Scene
from alimante.config.species import Preset, PresetZone, preset, presets
from alimante.config.verify import HARM_ABOVE_LIMIT_C
from hardware.api import Unit

_OUTPUTS: Final = {"target_c": "heater", "cool_above_c": "cooler"}


def errors(scene: Scene) -> Iterator[Problem]:
    """Everything that cannot work or must not run."""
    for path, number, zone, animal in _held(scene):
        if path[-1] != "harm_c" and number >= harmful_c(zone):
            message = f"{path[-1]} is {number:g} °C, and a {animal} is harmed at {harmful_c(zone):g} °C"
            yield Problem(path, message, f"at most {zone.max_c.value:g} °C, or mend species")


def warnings(scene: Scene) -> Iterator[Problem]:
    """Everything that may work and still deserves a look."""
    for path, number, zone, animal in _held(scene):
        if path[-1] == "harm_c" and number > harmful_c(zone):
            message = f"harm_c is {number:g} °C, and a {animal} is harmed at {harmful_c(zone):g} °C"
            yield Problem(path, message, f"at most {harmful_c(zone):g} °C")
        elif path[-1] != "harm_c" and zone.max_c.value < number < harmful_c(zone):
            message = (
                f"{path[-1]} is {number:g} °C, and for a {animal} it should never be above {zone.max_c.value:g} °C"
            )
            yield Problem(path, message, f"at most {zone.max_c.value:g} °C")
    yield from _alarms(scene)


def harmful_c(zone: PresetZone) -> float:
    """Where harm begins in `zone`, in °C."""
    return zone.max_c.value + HARM_ABOVE_LIMIT_C if zone.harm_c is None else zone.harm_c.value


def _held(scene: Scene) -> Iterator[tuple[Path, float, PresetZone, str]]:
    """Each temperature that the configuration permits, with the animal's numbers for that place and its name."""
    for name, device in scene.devices.items():
        limit = device.output.limit
        zone = None if limit is None else zone_of(scene, device.zone)
        if limit is None or zone is None:
            continue
        for key, number in (("max_c", limit.max_c), ("harm_c", limit.harm_c)):
            if number is not None and not is_suspect(number):
                yield ("devices", name, "limit", key), number, *zone
    for name, keys in scene.controllers.items():
        for key, output in _OUTPUTS.items() if isinstance(keys, (ThermostatKeys, PidKeys)) else ():
            said: Any = getattr(keys, key, None)
            moved = scene.devices.get(getattr(keys, output, None) or "")
            zone = zone_of(scene, moved.zone) if moved is not None else None
            if said is not None and zone is not None and not is_suspect(extremes(said)[1]):
                yield ("controllers", name, key), extremes(said)[1], *zone


def _alarms(scene: Scene) -> Iterator[Problem]:
    """You should be told before it does harm."""
    for device in scene.devices.values() if scene.species is not None else ():
        zone = zone_of(scene, device.zone) if device.zone is not None else None
        if zone is None:
            continue
        for name, keys in device.reading.channels.items():
            channel = device.channel(name)
            is_place = channel is not None and channel.unit is Unit.CELSIUS and channel.quantity == "temperature"
            if is_place and keys.alarm_high is not None and keys.alarm_high >= harmful_c(zone[0]):
                message = (
                    f"alarm_high is {keys.alarm_high:g} °C, and a {zone[1]} is harmed at {harmful_c(zone[0]):g} °C"
                )
                path: Path = ("devices", device.id, "channels", name, "alarm_high")
                yield Problem(path, message, f"at most {zone[0].max_c.value:g} °C")


def zone_of(scene: Scene, name: str | None) -> tuple[PresetZone, str] | None:
    """The animal's numbers for the zone called `name`, and the animal; None where no preset is named.

    Of a zone that the preset does not know, the numbers of its warmest zone count.
    """
    keys = scene.species
    if keys is None or keys.preset not in presets():
        return None
    found: Preset = preset(keys.preset)
    warmest = max(found.zones.values(), key=lambda zone: zone.max_c.value)
    return found.zone(name, keys.zones) or warmest, found.name.partition(" (")[0].lower()
