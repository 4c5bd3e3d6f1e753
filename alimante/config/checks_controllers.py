"""Checks of controllers and what they move, across the configuration; it must not judge a running device."""

from collections.abc import Collection, Iterator
from typing import Any, Final, NamedTuple

from alimante.config import checks_setpoints
from alimante.config.base import Keys
from alimante.config.checks_setpoints import channels
from alimante.config.climate import HumidityKeys, PidKeys, ThermostatKeys, VentilationKeys
from alimante.config.faults import Path, Problem
from alimante.config.model import Device, Role
from alimante.config.scene import Scene
from alimante.config.sentences import did_you_mean
from hardware.api import Channel, Unit


class Measures(NamedTuple):
    """What a sensor has to measure, for people and for the check."""

    what: str
    unit: Unit
    quantities: Collection[str] = ()
    """Empty where the unit says enough."""


_TEMPERATURE: Final = Measures("a temperature in °C", Unit.CELSIUS)
_SENSORS: Final[dict[type[Keys], dict[str, Measures]]] = {
    ThermostatKeys: {"sensor": _TEMPERATURE},
    PidKeys: {"sensor": _TEMPERATURE},
    HumidityKeys: {
        "sensor": Measures("relative humidity in %", Unit.PERCENT, ("humidity",)),
        "tank": Measures("whether there is water, as a float switch does", Unit.BINARY, ("level",)),
    },
    VentilationKeys: {"sensor": Measures("air quality in ppm", Unit.PPM)},
}

_OUTPUTS: Final[dict[str, tuple[Role, ...]]] = {
    "heater": (Role.HEATER,),
    "cooler": (Role.COOLER, Role.FAN),
    "mister": (Role.MISTER, Role.FOGGER, Role.PUMP, Role.VALVE),
    "fan": (Role.FAN,),
}
"""The keys of climate controllers that name outputs, and the roles that those may play."""

_ALONE: Final = (Role.HEATER, Role.COOLER)
"""Of two controllers the hotter wish would win, and neither would hold what it promises."""


def errors(scene: Scene) -> Iterator[Problem]:
    """Everything that cannot work or must not run."""
    for name, keys in scene.controllers.items():
        yield from _id(scene, name)
        for key, measures in _SENSORS.get(type(keys), {}).items():
            yield from _sensor(scene, ("controllers", name, key), getattr(keys, key), measures)
        for key, said in _climate_outputs(keys):
            yield from _output(scene, ("controllers", name, key), said, _OUTPUTS[key])
    yield from _rivals(scene)
    yield from checks_setpoints.errors(scene)


def warnings(scene: Scene) -> Iterator[Problem]:
    """Everything that may work and still deserves a look."""
    for name, keys in scene.controllers.items():
        if isinstance(keys, (ThermostatKeys, PidKeys)) and keys.heater is not None:
            yield from _evidence(scene, name, keys.sensor, keys.heater)
        if isinstance(keys, ThermostatKeys) and keys.heater in scene.devices and keys.cooler in scene.devices:
            yield from _interlock(scene, name, {keys.heater, keys.cooler})
    yield from checks_setpoints.warnings(scene)


def _id(scene: Scene, name: str) -> Iterator[Problem]:
    for others, what in ((scene.device_names, "devices"), (scene.groups, "groups"), (scene.wire_names, "wires")):
        if name in others:
            message = (
                f'/controllers/{name} and /{what}/{name} have the same name: an alert about "{name}" could mean both'
            )
            hint = f"rename the controller, for example {name[:24]}_control"
            yield Problem(("controllers", name), message, hint, at_key=True)
            return


def _sensor(scene: Scene, path: Path, said: str | None, measures: Measures) -> Iterator[Problem]:
    if said is None or (said not in scene.names and _is_excused(scene, said)):
        return
    full = scene.names.get(said)
    if full is None:
        yield Problem(path, f'there is no sensor or group "{said}"', _instead(scene, said))
    elif (channel := channel_of(scene, full)) is not None and not _fits(channel, measures):
        message = f"{said} measures {channel.quantity}, and {path[-1]} must measure {measures.what}"
        yield Problem(path, message, _fitting(scene, measures))


def _instead(scene: Scene, said: str) -> str:
    """What could have been meant: a device of several channels needs one of them said."""
    channels = sorted(full for full in scene.names.values() if full.startswith(f"{said.partition('.')[0]}."))
    return f"say which channel: {', '.join(channels)}" if channels else did_you_mean(said, scene.names)


def _fits(channel: Channel, measures: Measures) -> bool:
    return channel.unit is measures.unit and (not measures.quantities or channel.quantity in measures.quantities)


def _fitting(scene: Scene, measures: Measures) -> str:
    found = {full: channel_of(scene, full) for full in dict.fromkeys(scene.names.values())}
    names = [full for full, channel in found.items() if channel is not None and _fits(channel, measures)]
    return f"that is measured by {', '.join(names)}" if names else ""


def channel_of(scene: Scene, full: str) -> Channel | None:
    """The channel behind a full name, of a group that of its first member; None where it is not known."""
    if full in scene.groups:
        full = scene.names.get(scene.groups[full].members[0], "")
    sensor, _, name = full.partition(".")
    device = scene.devices.get(sensor)
    if device is None or device.spec.kind != "sensor":
        return None
    return device.channel(name)


def _is_excused(scene: Scene, said: str) -> bool:
    """Whether the device is there but wrong in itself, which was told."""
    return said.partition(".")[0] in scene.device_names and said.partition(".")[0] not in scene.devices


def _climate_outputs(keys: Keys) -> Iterator[tuple[str, str]]:
    for key in _OUTPUTS:
        said: Any = getattr(keys, key, None)
        if isinstance(said, str):
            yield key, said


def _output(scene: Scene, path: Path, said: str, roles: tuple[Role, ...]) -> Iterator[Problem]:
    device = scene.devices.get(said)
    fitting = [name for name, other in scene.devices.items() if other.role in roles]
    wanted = " or ".join(role.value for role in roles)
    if device is None:
        if said not in scene.device_names:
            hint = did_you_mean(said, fitting) or f'add an actuator with "role": "{roles[0].value}"'
            yield Problem(path, f'there is no actuator "{said}"', hint)
    elif device.spec.kind != "actuator":
        yield Problem(path, f"{said} is a sensor, and {path[-1]} must be an actuator", did_you_mean("", fitting))
    elif device.role not in roles:
        message = f'{said} has the role "{device.role}", and "{path[-1]}" of {path[-2]} must have the role {wanted}'
        yield Problem(path, message, did_you_mean("", fitting))


def _rivals(scene: Scene) -> Iterator[Problem]:
    """Heaters and coolers that two controllers want, of whatever kind."""
    owners: dict[str, str] = {}
    for name, keys in scene.controllers.items():
        for path, output in _claims(name, keys):
            device = scene.devices.get(output)
            if device is None or device.role not in _ALONE:
                continue
            owner = owners.setdefault(output, name)
            if owner != name:
                message = f"{output} is moved by the controllers {owner} and {name}"
                yield Problem(path, message, f"a {device.role} has one controller only; two zones need two of them")


def _claims(name: str, keys: Keys) -> Iterator[tuple[Path, str]]:
    """Every output that a controller of any kind names, with its place."""
    for key in (*_OUTPUTS, "output", "outputs"):
        said: Any = getattr(keys, key, None)
        if isinstance(said, str):
            yield ("controllers", name, key), said
        elif isinstance(said, list):
            yield from ((("controllers", name, key, index), output) for index, output in enumerate(said))


def _evidence(scene: Scene, name: str, sensor: str, heater: str) -> Iterator[Problem]:
    """The heater should not be on without the very reading that it is controlled by."""
    device: Device | None = scene.devices.get(heater)
    if device is None or sensor not in scene.names:
        return
    needs = set().union(*(channels(scene, said) for said in device.output.depends_on))
    if not channels(scene, sensor) & needs:
        message = f"{name} controls {heater} by {sensor}, but {heater} does not depend on it"
        yield Problem(("controllers", name, "sensor"), message, f'add "{sensor}" to depends_on of {heater}')


def _interlock(scene: Scene, name: str, pair: set[str | None]) -> Iterator[Problem]:
    """The shortest on-time of the one may last into the other's."""
    if not any(pair <= set(interlock.outputs) for interlock in scene.interlocks):
        said = " and ".join(sorted(str(output) for output in pair))
        message = f"nothing keeps {said} from being on together, as a short on-time or a command could have it"
        yield Problem(("controllers", name, "cooler"), message, "add both to one of the interlocks")
