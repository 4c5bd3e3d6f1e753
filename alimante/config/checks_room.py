"""Checks what is known of the room around the enclosure, and what a probe that drifts could do in it."""

from collections.abc import Iterator

from alimante.config.checks_controllers import channel_of
from alimante.config.checks_setpoints import channels, extremes
from alimante.config.climate import PidKeys, ThermostatKeys
from alimante.config.faults import Problem
from alimante.config.model import Device, Role
from alimante.config.scene import Scene
from hardware.api import Unit


def errors(scene: Scene) -> Iterator[Problem]:
    """Everything that cannot work or must not run."""
    low_c, high_c = scene.location.room_c
    if low_c >= high_c:
        message = f"the coldest room comes first: {low_c:g} °C is not below {high_c:g} °C"
        yield Problem(("location", "room_c"), message, f"say [{high_c:g}, {low_c:g}]" if low_c > high_c else "")
    outside = [device for device in scene.devices.values() if device.is_ambient]
    for device in outside:
        if not any(channel.quantity == "temperature" for channel in device.channels):
            message = f"{device.id} does not measure a temperature, so it says nothing of the room"
            yield Problem(("devices", device.id, "role"), message, 'only a thermometer is "ambient"')
        elif device is not outside[0]:
            message = f"{device.id} and {outside[0].id} are both in the room, and one is enough"
            yield Problem(("devices", device.id, "role"), message, "remove the role of one of them")
    for heater in _heaters(scene):
        for name in heater.output.needed:
            for full in sorted(channels(scene, name) if name in scene.names else ()):
                sensor = scene.devices.get(full.partition(".")[0])
                if sensor is not None and sensor.is_ambient:
                    message = f"{heater.id} goes by {sensor.id}, which is in the room and does not feel its heat"
                    yield Problem(("devices", sensor.id, "role"), message, "name a thermometer of its own zone")


def warnings(scene: Scene) -> Iterator[Problem]:
    """Everything that may work and still deserves a look."""
    low_c, high_c = scene.location.room_c
    if low_c >= high_c or any(device.is_ambient for device in scene.devices.values()):
        return
    for heater in _heaters(scene):
        target_c, limit = _highest_target_c(scene, heater), heater.output.limit
        if target_c is None or limit is None or _thermometers(scene, heater) != 1:
            continue
        reached_c = target_c + high_c - low_c
        if reached_c >= limit.harmful_c:
            message = (
                f"{heater.id} has one thermometer: if that drifts towards cold, it looks like a room of {low_c:g} °C, "
                f"and in one of {high_c:g} °C the zone is then at {reached_c:g} °C; {limit.harmful_c:g} °C do harm"
            )
            hint = "say location.room_c as narrow as is true, or add a second thermometer or one in the room"
            yield Problem(("devices", heater.id), message, f'{hint} with "role": "ambient"')


def _heaters(scene: Scene) -> Iterator[Device]:
    yield from (one for one in scene.devices.values() if one.role is Role.HEATER and one.output.limit is not None)


def _thermometers(scene: Scene, heater: Device) -> int:
    """How many thermometers the heater goes by."""
    found: set[str] = set()
    for name in heater.output.needed:
        if name in scene.names:
            found |= {full for full in channels(scene, name) if _is_thermometer(scene, full)}
    return len(found)


def _is_thermometer(scene: Scene, full: str) -> bool:
    channel = channel_of(scene, full)
    return channel is not None and channel.unit is Unit.CELSIUS


def _highest_target_c(scene: Scene, heater: Device) -> float | None:
    """The highest temperature that a controller has it heat for."""
    found = [
        extremes(keys.target_c)[1]
        for keys in scene.controllers.values()
        if isinstance(keys, (ThermostatKeys, PidKeys)) and keys.heater == heater.id and keys.target_c is not None
    ]
    return max(found, default=None)
