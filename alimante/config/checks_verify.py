"""Checks that a heater's faults are found before they do harm, from the configured numbers; it must not watch it."""

from collections.abc import Iterator
from math import floor

from alimante.config.faults import Path, Problem
from alimante.config.model import Device, Role
from alimante.config.readings import freshness
from alimante.config.scene import Scene
from alimante.config.sentences import did_you_mean
from alimante.config.verify import LimitKeys

_POLLS_TO_LOST = 6.0


def errors(scene: Scene) -> Iterator[Problem]:
    """Everything that cannot work or must not run."""
    for device in scene.devices.values():
        if device.spec.kind != "actuator":
            continue
        if device.role is not Role.HEATER:
            yield from _foreign(device)
        elif device.output.limit is None:
            path: Path = ("devices", device.id, "limit")
            message = f'{device.id} needs "limit": without it nothing says what is too hot'
            hint = '"limit": {"max_c": …}: a few degrees above the warmest set-point, below what the animal cannot bear'
            yield Problem(path, message, hint)
        else:
            yield from _order(device, device.output.limit)
            yield from _references(scene, device, device.output.limit)
            yield from _in_time(scene, device, device.output.limit)


def warnings(scene: Scene) -> Iterator[Problem]:
    """Everything that may work and still deserves a look."""
    for device in scene.devices.values():
        limit = device.output.limit
        if limit is None:
            continue
        path: Path = ("devices", device.id, "verify")
        if not device.output.verify.enabled:
            message = f"{device.id} is not held against its sensor: a sensor that is stuck or fell out is not noticed"
            yield Problem((*path, "enabled"), message)
        steps_c, margin_c = device.output.verify.resolution_c, limit.harmful_c - limit.max_c
        if 0.0 < margin_c < 2.0 * steps_c / device.output.verify.rise_share:
            message = (
                f"steps of {steps_c:g} °C are coarse against the {margin_c:g} °C from the limit of {device.id} "
                "to harm: a sensor that is stuck is found late"
            )
            yield Problem((*path, "resolution_c"), message, "a DS18B20 of 12 bits has steps of 0.0625 °C")


def _foreign(device: Device) -> Iterator[Problem]:
    for key in ("limit", "verify"):
        if key in device.output.model_fields_set:
            message = f"{device.id} is no heater, and only heaters have a {key}"
            yield Problem(("devices", device.id, key), message, "remove it", at_key=True)


def _order(device: Device, limit: LimitKeys) -> Iterator[Problem]:
    verify, path = device.output.verify, ("devices", device.id)
    if limit.harmful_c <= limit.max_c:
        message = f"harm_c must be above max_c ({limit.max_c:g} °C); it is {limit.harmful_c:g} °C"
        yield Problem((*path, "limit", "harm_c"), message, f"a max_c below {limit.harmful_c:g} °C")
    if verify.window_max_s < verify.window_min_s:
        message = f"window_max_s must not be below window_min_s ({verify.window_min_s:g} s)"
        yield Problem((*path, "verify", "window_max_s"), message)


def _references(scene: Scene, device: Device, limit: LimitKeys) -> Iterator[Problem]:
    for key in ("sensor", "power"):
        name = getattr(device.output.verify, key)
        sensor = (name or "").partition(".")[0]
        is_excused = sensor in scene.device_names and sensor not in scene.devices  # what is wrong with it was told
        if name is not None and name not in scene.names and not is_excused:
            hint = did_you_mean(name, scene.names) or "say a group, or a sensor and its channel"
            yield Problem(("devices", device.id, "verify", key), f'there is nothing called "{name}" to believe', hint)
    fans = [one.id for one in scene.devices.values() if one.role is Role.FAN]
    for at, fan in enumerate(limit.fan):
        if fan not in fans:
            message = f'there is no actuator "{fan}" with the role fan'
            yield Problem(("devices", device.id, "limit", "fan", at), message, did_you_mean(fan, fans))


def _in_time(scene: Scene, device: Device, limit: LimitKeys) -> Iterator[Problem]:
    """Half of the time to harm is for finding that nothing is known any more; the other half is for heat on its way."""
    if limit.harmful_c <= limit.max_c:
        return
    allowed_s = limit.ftti_s / 2.0
    tick_s = scene.control.tick_s
    rest_s = device.output.lease_s + tick_s
    for sensor in _sensors(scene, device):
        lost_s = freshness(sensor.reading, sensor.poll_s).lost_after_s
        if lost_s + rest_s <= allowed_s:
            continue
        is_said = sensor.reading.lost_after_s is not None
        message = (
            f"{device.id} can do harm {limit.ftti_s:.0f} s after {limit.max_c:g} °C, and half of that is "
            f"{allowed_s:.0f} s; but that {sensor.id} is lost ends its heat after {lost_s + rest_s:.0f} s only "
            f"({lost_s:g} s until it is lost, {device.output.lease_s:g} s of lease, {tick_s:g} s)"
        )
        yield Problem(
            ("devices", sensor.id, "lost_after_s" if is_said else "poll_s"), message, _hint(allowed_s - rest_s, is_said)
        )


def _hint(left_s: float, is_said: bool) -> str:
    if left_s < 1.0:
        return "a weaker heater, a max_c that is farther below harm_c, or a shorter lease_s"
    if is_said or left_s < 30.0:
        return f"say a lost_after_s of at most {floor(left_s)}, and a poll_s well below half of that"
    return f"a poll_s of at most {floor(left_s / _POLLS_TO_LOST * 10.0) / 10.0:g} would do"


def _sensors(scene: Scene, device: Device) -> Iterator[Device]:
    """The sensors that the heater depends on, each once."""
    wanted = [*device.output.depends_on, *filter(None, [device.output.verify.sensor])]
    members = [member for name in wanted for member in (scene.groups[name].members if name in scene.groups else [name])]
    found = {scene.names[member].split(".")[0] for member in members if member in scene.names}
    yield from (one for name, one in scene.devices.items() if name in found)
