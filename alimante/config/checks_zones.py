"""Checks that a heater goes by thermometers of its own zone; it must not judge what they say."""

from collections.abc import Iterator

from alimante.config.checks_controllers import channel_of
from alimante.config.checks_setpoints import channels
from alimante.config.climate import PidKeys, ThermostatKeys
from alimante.config.faults import Path, Problem
from alimante.config.model import Device, Role
from alimante.config.scene import Scene
from hardware.api import Unit


def errors(scene: Scene) -> Iterator[Problem]:
    """Everything that cannot work or must not run."""
    for heater in _placed(scene):
        for path, name, is_guard in _heard(scene, heater):
            for full in _elsewhere(scene, heater, name) if is_guard else ():
                yield Problem(path, *_told(scene, heater, name, full))


def warnings(scene: Scene) -> Iterator[Problem]:
    """Everything that may work and still deserves a look."""
    for heater in _placed(scene):
        for path, name, is_guard in _heard(scene, heater):
            for full in _elsewhere(scene, heater, name) if not is_guard else ():
                yield Problem(path, *_told(scene, heater, name, full))


def _placed(scene: Scene) -> Iterator[Device]:
    """The heaters of which it is known what they heat."""
    yield from (one for one in scene.devices.values() if one.role is Role.HEATER and one.zone is not None)


def _heard(scene: Scene, heater: Device) -> Iterator[tuple[Path, str, bool]]:
    """What the heater goes by, where that is said, and whether anything hot would be missed without it.

    What is needed beside the thermometer that the heater is held against can only keep it off.
    """
    path: Path = ("devices", heater.id)
    verified = heater.output.verify.sensor
    if verified is not None:
        yield (*path, "verify", "sensor"), verified, True
    for index, name in enumerate(heater.output.depends_on):
        if name != verified:
            yield (*path, "depends_on", index), name, verified is None and index == 0
    for name, keys in scene.controllers.items():
        if isinstance(keys, (ThermostatKeys, PidKeys)) and keys.heater == heater.id:
            yield ("controllers", name, "sensor"), keys.sensor, True


def _elsewhere(scene: Scene, heater: Device, name: str) -> list[str]:
    """The thermometers behind `name` that are known to stand in another zone than the heater."""
    return [
        full
        for full in sorted(channels(scene, name) if name in scene.names else ())
        if _is_thermometer(scene, full) and _zone(scene, full) not in (None, heater.zone)
    ]


def _told(scene: Scene, heater: Device, name: str, full: str) -> tuple[str, str]:
    """What is said of it, and what to do."""
    sensor = full.partition(".")[0]
    of = f" of {name}" if name in scene.groups else ""
    message = f'{heater.id} heats the zone "{heater.zone}", and {sensor}{of} is in "{_zone(scene, full)}"'
    own = [each for each in dict.fromkeys(scene.names.values()) if _is_own(scene, heater, each)]
    hint = f"in its zone is {', '.join(own)}" if own else f'a thermometer in "{heater.zone}" is needed'
    return f"{message}: it does not feel that heat", f"{hint}; or mend the zone that is wrong"


def _is_own(scene: Scene, heater: Device, full: str) -> bool:
    return _is_thermometer(scene, full) and _zone(scene, full) == heater.zone


def _is_thermometer(scene: Scene, full: str) -> bool:
    channel = None if full in scene.groups else channel_of(scene, full)
    return channel is not None and channel.unit is Unit.CELSIUS


def _zone(scene: Scene, full: str) -> str | None:
    return scene.devices[full.partition(".")[0]].zone
