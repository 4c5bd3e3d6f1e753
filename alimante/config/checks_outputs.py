"""Checks of outputs and what they depend on, across the configuration; it must not judge a running device."""

from collections.abc import Iterator
from math import inf

from alimante.config.faults import Path, Problem
from alimante.config.model import Device, Role
from alimante.config.outputs import ROLE_LIMITS
from alimante.config.scene import Scene
from alimante.config.sentences import did_you_mean
from hardware.api import Switch


def errors(scene: Scene) -> Iterator[Problem]:
    """Everything that cannot work or must not run."""
    for device in _actuators(scene):
        yield from _depends_on(scene, device)
        yield from _limits(device)
        yield from _safe_value(device)
        yield from _cutoff(scene, device)
    yield from _interlocks(scene)


def warnings(scene: Scene) -> Iterator[Problem]:
    """Everything that may work and still deserves a look."""
    cutoffs = [device.id for device in _actuators(scene) if device.role is Role.CUTOFF]
    heaters = [device for device in _actuators(scene) if device.role is Role.HEATER]
    for heater in heaters:
        if len(cutoffs) > 1 and heater.output.cutoff is None:
            message = f"none of the cutoffs {', '.join(cutoffs)} protects {heater.id}, because it names none"
            yield Problem(("devices", heater.id, "cutoff"), message, f'add "cutoff": "{cutoffs[0]}"')
    for name in cutoffs:
        if not heaters and len(scene.devices) == len(scene.device_names):  # a heater may be among what is in error
            yield Problem(("devices", name), f"{name} cuts off heaters, and there is none: it never closes")


def _actuators(scene: Scene) -> Iterator[Device]:
    yield from (device for device in scene.devices.values() if device.spec.kind == "actuator")


def _depends_on(scene: Scene, device: Device) -> Iterator[Problem]:
    path: Path = ("devices", device.id, "depends_on")
    for at, name in enumerate(device.output.depends_on):
        if name not in scene.names and not _is_flawed(scene, name.partition(".")[0]):
            hint = did_you_mean(name, scene.names) or "say a group, or a sensor and its channel, as in air.humidity"
            yield Problem((*path, at), f'there is nothing called "{name}" to depend on', hint)
    if device.role is Role.HEATER and not device.output.depends_on:
        message = f'{device.id} needs "depends_on": a heater may be on only while its temperature is known'
        thermometers = sorted({full for name, full in scene.names.items() if full.endswith(".temperature")})
        found = f', such as ["{thermometers[0]}"]' if thermometers else ""
        yield Problem(path, message, f"name the temperature sensor or group where it heats{found}")


def _is_flawed(scene: Scene, name: str) -> bool:
    """Whether `name` is a device that something else is wrong with: who names it is not at fault."""
    return name in scene.device_names and name not in scene.devices


def _limits(device: Device) -> Iterator[Problem]:
    path: Path = ("devices", device.id, "limits")
    max_on_s, min_on_s = (_limit(device, name) for name in ("max_on_s", "min_on_s"))
    if max_on_s is not None and min_on_s is not None and min_on_s > max_on_s:
        message = f"{device.id} would have to be on for at least {min_on_s:g} s and at most {max_on_s:g} s"
        yield Problem((*path, "min_on_s"), message)
    if isinstance(device.accepts, Switch) and device.output.limits.max_power_pct < 100:
        message = f"max_power_pct means nothing for {device.id}, which can only be on or off"
        yield Problem((*path, "max_power_pct"), message, "remove it; limits.quota.per_hour_s limits how long it is on")


def _limit(device: Device, name: str) -> float | None:
    said: float | None = getattr(device.output.limits, name)
    return ROLE_LIMITS.get(_role(device), {}).get(name) if said is None else said


def _role(device: Device) -> str:
    return device.role.value if device.role is not None else ""


def _safe_value(device: Device) -> Iterator[Problem]:
    """What limits the time on would be powerless over an output that is on when all else fails."""
    if device.role is Role.HEATER or _is_off(device):
        return  # of heaters there is a check of its own
    path: Path = ("devices", device.id, "safe_value")
    if device.role is Role.CUTOFF:
        yield Problem(path, f'safe_value of {device.id} must be "off": an open cutoff is what makes heaters safe')
    elif (_limit(device, "max_on_s") or inf) < inf:
        message = f'safe_value of {device.id} must be "off": a {_role(device) or "device"} may be on for a time only'
        yield Problem(path, message, "so that it goes off when nobody is in control")


def _cutoff(scene: Scene, device: Device) -> Iterator[Problem]:
    name, path = device.output.cutoff, ("devices", device.id, "cutoff")
    if name is None:
        return
    cutoffs = [other.id for other in _actuators(scene) if other.role is Role.CUTOFF]
    if device.role is not Role.HEATER:
        yield Problem(path, f"{device.id} is no heater, and only heaters have a cutoff", "remove it", at_key=True)
    elif name not in cutoffs and not _is_flawed(scene, name):
        yield Problem(path, f'there is no actuator "{name}" with the role cutoff', did_you_mean(name, cutoffs))


def _interlocks(scene: Scene) -> Iterator[Problem]:
    actuators = {device.id: device for device in _actuators(scene)}
    for at, interlock in enumerate(scene.interlocks):
        path: Path = ("interlocks", at, "outputs")
        for index, name in enumerate(interlock.outputs):
            if name not in actuators:
                if not _is_flawed(scene, name):
                    yield Problem((*path, index), f'there is no actuator "{name}"', did_you_mean(name, actuators))
            elif interlock.outputs.index(name) < index:
                yield Problem((*path, index), f"{name} stands there twice, and cannot exclude itself")
            elif not _is_off(actuators[name]):
                message = f'{name} excludes others, so its safe_value must be "off"'
                yield Problem(("devices", name, "safe_value"), message)


def _is_off(device: Device) -> bool:
    return device.safe_value == device.accepts.off
