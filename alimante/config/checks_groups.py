"""Checks of groups of sensors against the rest of the configuration; it must not judge a running device."""

from collections.abc import Iterator

from alimante.config.faults import Path, Problem
from alimante.config.groups import TOLERANCES, GroupKeys
from alimante.config.scene import Scene
from alimante.config.sentences import did_you_mean
from hardware.api import Channel


def errors(scene: Scene) -> Iterator[Problem]:
    """Everything that cannot work or must not run."""
    for name, group in scene.groups.items():
        yield from _id(scene, name)
        yield from _members(scene, name, group)
        yield from _numbers(name, group)
        yield from _quantity(scene, name, group)


def warnings(scene: Scene) -> Iterator[Problem]:
    """Everything that may work and still deserves a look."""
    for name, group in scene.groups.items():
        wire = common_wire(scene, group)
        if wire is not None and len(list(_sensors(scene, group))) == len(group.members):  # the others were told
            message = f"all members of {name} hang on {wire}, so one broken wire silences them together"
            yield Problem(("groups", name, "members"), message, "put one of them on another wire if you can")


def common_wire(scene: Scene, group: GroupKeys) -> str | None:
    """The one wire that two or more members all hang on, if there is one."""
    wires = {scene.devices[sensor].wire for sensor in _sensors(scene, group)}
    return wires.pop() if len(group.members) > 1 and len(wires) == 1 else None


def _id(scene: Scene, name: str) -> Iterator[Problem]:
    for others, what in ((scene.devices, "device"), (scene.wires, "wire")):
        if name in others:
            message = f'/groups/{name} and /{what}s/{name} have the same name: "{name}" could mean both'
            yield Problem(("groups", name), message, f"rename the group, for example {name[:26]}_group", at_key=True)


def _members(scene: Scene, name: str, group: GroupKeys) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for index, member in enumerate(group.members):
        path: Path = ("groups", name, "members", index)
        full = scene.names.get(member)
        if member in scene.groups and member in scene.devices:
            continue  # the common name was told
        if member in scene.groups:
            yield Problem(path, f"{member} is a group, and only sensors can vote", "name its sensors one by one")
        elif full is None:
            if not _is_excused(scene, member):
                yield Problem(path, *_unknown(scene, member))
        elif seen.setdefault(full, member) != member or group.members.index(member) != index:
            yield Problem(path, f"{member} is a member of {name} already", "each sensor has one vote")


def _unknown(scene: Scene, member: str) -> tuple[str, str]:
    device = scene.devices.get(member.partition(".")[0])
    channels = [full for full in scene.names.values() if device is not None and full.startswith(f"{device.id}.")]
    if device is not None and device.spec.kind != "sensor":
        return f"{device.id} is an actuator, and only sensors can vote", ""
    if channels:
        return f"there is no channel {member}", f"{device.id if device else ''} measures {', '.join(sorted(channels))}"
    return f'there is no sensor "{member}"', did_you_mean(member, scene.names)


def _is_excused(scene: Scene, member: str) -> bool:
    """Whether the member's device is there but wrong in itself, which was told."""
    return member.partition(".")[0] in scene.device_names and member.partition(".")[0] not in scene.devices


def _numbers(name: str, group: GroupKeys) -> Iterator[Problem]:
    if group.min_sensors > len(group.members):
        message = f"min_sensors is {group.min_sensors}, but {name} has only {len(group.members)} members"
        yield Problem(("groups", name, "min_sensors"), message, "it could never be believed")
    if group.disagree_critical_s < group.disagree_warning_s:
        message = f"disagree_critical_s ({group.disagree_critical_s:g}) is shorter than disagree_warning_s"
        yield Problem(("groups", name, "disagree_critical_s"), message)
    if group.eject_cap_s < group.eject_s:
        yield Problem(("groups", name, "eject_cap_s"), f"eject_cap_s ({group.eject_cap_s:g}) is shorter than eject_s")


def _quantity(scene: Scene, name: str, group: GroupKeys) -> Iterator[Problem]:
    channels = [(member, channel) for member in group.members if (channel := _channel(scene, member)) is not None]
    if not channels:
        return
    first, channel = channels[0]
    for member, other in channels[1:]:
        if (other.quantity, other.unit) != (channel.quantity, channel.unit):
            index = group.members.index(member)
            message = f"{member} measures {_what(other)}, but {first} measures {_what(channel)}"
            yield Problem(("groups", name, "members", index), message, "members of a group measure the same thing")
    if group.tolerance is None and channel.quantity not in TOLERANCES:
        message = f'{name} needs "tolerance": how far apart sound readings of {_what(channel)} may be'
        yield Problem(("groups", name, "tolerance"), message, "only for temperatures there is a default")


def _what(channel: Channel) -> str:
    return f"{channel.quantity} in {channel.unit}" if channel.unit else channel.quantity


def _sensors(scene: Scene, group: GroupKeys) -> Iterator[str]:
    for member in group.members:
        sensor = scene.names.get(member, "").partition(".")[0]
        if sensor in scene.devices:
            yield sensor


def _channel(scene: Scene, member: str) -> Channel | None:
    sensor, _, channel = scene.names.get(member, "").partition(".")
    if sensor not in scene.devices:
        return None
    return scene.devices[sensor].channel(channel)
