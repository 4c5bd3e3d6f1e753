"""Checks that nothing a configuration may say leaves heat unseen or without a limit; it must not watch a heater."""

from collections.abc import Iterator
from typing import Final

from alimante.config.checks_controllers import channel_of
from alimante.config.checks_setpoints import channels
from alimante.config.climate import PidKeys, ThermostatKeys
from alimante.config.corrections import believable
from alimante.config.fahrenheit import is_suspect
from alimante.config.faults import Path, Problem
from alimante.config.model import Device, Role
from alimante.config.readings import ChannelKeys, freshness
from alimante.config.scene import Scene
from alimante.config.verify import LimitKeys
from hardware.api import Unit

ROOM_ABOVE_LIMIT_C: Final = 3.0
"""So far above the limit one reading is enough to end all heat; what is not plausible there is never seen."""

LONGEST_UNHEARD_S: Final = 900.0
"""However slowly a heater warms, nobody looks after it who hears nothing for longer."""

SLOWEST_C_PER_MIN: Final = 0.05
"""Three degrees in an hour: weaker heaters than a mat under thick sand are rather a number that was said wrong."""

FAR_HARM_C: Final = 15.0
WIDE_TOLERANCE_C: Final = 5.0


def errors(scene: Scene) -> Iterator[Problem]:
    """Everything that cannot work or must not run."""
    for heater, limit in _heaters(scene):
        name, path = _held_against(heater)
        if name not in scene.names:
            continue
        channel = channel_of(scene, scene.names[name])
        if channel is not None and channel.unit is not Unit.CELSIUS:
            message = f"{heater.id} is held against its limit in °C by {name}, which measures {channel.quantity}"
            yield Problem(path, message, "name a temperature first in depends_on, or say verify.sensor")
            continue
        for full in sorted(channels(scene, name)):
            yield from _seen(scene, heater, limit, full)


def warnings(scene: Scene) -> Iterator[Problem]:
    """Everything that may work and still deserves a look."""
    for heater, limit in _heaters(scene):
        yield from _numbers(heater, limit)
        yield from _found_late(scene, heater, limit)
    yield from _unlimited(scene)
    yield from _controlled_elsewhere(scene)
    for name, group in scene.groups.items():
        channel = channel_of(scene, name)
        is_wide = (group.tolerance or 0.0) > WIDE_TOLERANCE_C
        if is_wide and channel is not None and channel.unit is Unit.CELSIUS:
            message = f"with a tolerance of {group.tolerance:g} °C the members of {name} never contradict each other"
            yield Problem(("groups", name, "tolerance"), message, "1.5 is usual; a wrong probe is then left out")


def _heaters(scene: Scene) -> Iterator[tuple[Device, LimitKeys]]:
    for device in scene.devices.values():
        if device.role is Role.HEATER and device.output.limit is not None:
            yield device, device.output.limit


def _held_against(heater: Device) -> tuple[str, Path]:
    """What the heater's limit is held against, and where that is said; empty when nothing is."""
    path: Path = ("devices", heater.id)
    if heater.output.verify.sensor is not None:
        return heater.output.verify.sensor, (*path, "verify", "sensor")
    needed = heater.output.depends_on
    return (needed[0] if needed else ""), (*path, "depends_on", 0)


def _seen(scene: Scene, heater: Device, limit: LimitKeys, full: str) -> Iterator[Problem]:
    """The sensor must be able to say that it is too hot, and must say something often enough."""
    sensor, _, name = full.partition(".")
    device, channel = scene.devices.get(sensor), channel_of(scene, full)
    if device is None or channel is None:
        return
    keys = device.reading.channels.get(name)
    lowest_c, highest_c = believable(channel, keys or ChannelKeys.usual())
    if lowest_c < highest_c < limit.max_c + ROOM_ABOVE_LIMIT_C and not is_suspect(limit.max_c):  # of which is asked
        message = (
            f"{heater.id} goes off for good at {limit.max_c:g} °C, but {full} is not believed above {highest_c:g} °C: "
            "too much heat would look like a broken sensor"
        )
        path: Path = ("devices", heater.id, "limit", "max_c")
        yield Problem(
            path,
            message,
            f"a max_c of at most {highest_c - ROOM_ABOVE_LIMIT_C:g} °C, and below what the animal cannot bear",
        )
    lost_s = freshness(device.reading, device.poll_s).lost_after_s
    if lost_s > LONGEST_UNHEARD_S:
        message = f"{heater.id} would go on heating for {lost_s:g} s after the last word of {sensor}"
        key = "poll_s" if device.reading.lost_after_s is None else "lost_after_s"
        yield Problem(("devices", sensor, key), message, f"at most {LONGEST_UNHEARD_S:g} s; poll it every few seconds")


def _numbers(heater: Device, limit: LimitKeys) -> Iterator[Problem]:
    path: Path = ("devices", heater.id)
    if limit.max_rate_c_per_min < SLOWEST_C_PER_MIN:
        message = (
            f"{heater.id} is said to warm by {limit.max_rate_c_per_min:g} °C a minute at most: faults are then looked "
            f"for over {limit.ftti_s / 3600:.1f} hours"
        )
        yield Problem((*path, "limit", "max_rate_c_per_min"), message, "measure it in a cold enclosure; 1 is usual")
    if limit.harmful_c > limit.max_c + FAR_HARM_C:
        message = f"{limit.harmful_c - limit.max_c:g} °C from max_c to harm give faults of {heater.id} much time"
        yield Problem((*path, "limit", "harm_c"), message, "say where the animal is harmed; 4 °C above max_c is usual")
    equilibrium_c = heater.output.verify.equilibrium_c
    if equilibrium_c is not None and equilibrium_c < limit.harmful_c:
        message = f"a sensor that does not follow {heater.id} leads to a warning only, because equilibrium_c is said"
        yield Problem((*path, "verify", "equilibrium_c"), message, "remove it unless it was measured in a hot room")
    min_on_s = heater.output.limits.min_on_s
    if min_on_s is not None and min_on_s > limit.ftti_s / 2.0:
        message = (
            f"{heater.id} stays on for {min_on_s:g} s although its controller has enough, and {limit.ftti_s:.0f} s"
        )
        yield Problem((*path, "limits", "min_on_s"), f"{message} do harm", f"at most {limit.ftti_s / 2.0:.0f}")


def _found_late(scene: Scene, heater: Device, limit: LimitKeys) -> Iterator[Problem]:
    verify = heater.output.verify
    sensor = scene.names.get(_held_against(heater)[0], "")
    polls = [
        scene.devices[full.partition(".")[0]].poll_s
        for full in channels(scene, sensor)
        if full.partition(".")[0] in scene.devices
    ]
    found_s = verify.dead_time_s + verify.window_s(limit) + max(polls, default=0.0)
    if verify.enabled and limit.ftti_s > 0 and found_s > 1.25 * limit.ftti_s:
        message = (
            f"a sensor of {heater.id} that is stuck is found after {found_s:.0f} s, "
            f"and from its limit to harm it takes {limit.ftti_s:.0f} s"
        )
        yield Problem(("devices", heater.id, "verify"), message, "shorten dead_time_s or window_min_s, or lower max_c")


def _unlimited(scene: Scene) -> Iterator[Problem]:
    """What is none of the known kinds and has no limit either may be on for ever, whatever it does."""
    for device in scene.devices.values():
        if device.spec.kind != "actuator" or device.role is not Role.OTHER:
            continue
        limits, is_safe_off = device.output.limits, device.safe_value == device.accepts.off
        is_free = limits.max_on_s is None and not any(limits.quota.values().values()) and not device.output.depends_on
        if is_safe_off and is_free:
            message = f'nothing limits how long {device.id} is on, for its role is "other"'
            hint = f"if it warms, its role is {Role.HEATER}; else say limits.max_on_s"
            yield Problem(("devices", device.id, "role"), message, hint)


def _controlled_elsewhere(scene: Scene) -> Iterator[Problem]:
    """The reading that decides on heat should be the one that is held against the limit."""
    for name, keys in scene.controllers.items():
        if not isinstance(keys, (ThermostatKeys, PidKeys)) or keys.sensor not in scene.names:
            continue
        heater = scene.devices.get(keys.heater or "")
        held = "" if heater is None else _held_against(heater)[0]
        if heater is None or held not in scene.names or heater.output.limit is None:
            continue
        own, needed = (
            channels(scene, keys.sensor),
            set[str]().union(*(channels(scene, n) for n in heater.output.needed)),
        )
        if own & needed and not own & channels(scene, held):  # of what is not needed at all there is another warning
            message = f"{name} heats by {keys.sensor}, but the limit of {heater.id} is held against {held}"
            yield Problem(("controllers", name, "sensor"), message, f"let {name} go by {held}")
