"""Checks of thresholds against what their channels can say; it must not judge a running device."""

from collections.abc import Iterator
from typing import Any, Final

from alimante.config.base import Keys
from alimante.config.checks_controllers import channel_of
from alimante.config.checks_setpoints import channels, extremes
from alimante.config.climate import PidKeys, ThermostatKeys
from alimante.config.corrections import believable
from alimante.config.fahrenheit import asked, is_suspect
from alimante.config.faults import Path, Problem
from alimante.config.model import Role
from alimante.config.readings import LIMITS, ChannelKeys
from alimante.config.scene import Scene
from hardware.api import Unit

HOTTEST_C: Final = LIMITS["temperature"]["plausible_high"]

_TARGETS: Final = ("target_c", "cool_above_c")
_OTHERS: Final = ("low_pct", "high_pct", "low_ppm", "high_ppm")


def errors(scene: Scene) -> Iterator[Problem]:
    """Everything that cannot work or must not run."""
    for path, number, lowest, highest in _compared(scene, _TARGETS):
        if lowest <= highest <= number and not is_suspect(number):  # of which is asked
            message = f"{path[-1]} reaches {number:g} °C, and its sensor is not believed above {highest:g} °C"
            yield Problem(path, message, f"below {highest:g} °C")
    for full, heaters in _guards(scene).items():
        sensor, _, name = full.partition(".")
        keys = scene.devices[sensor].reading.channels.get(name) if sensor in scene.devices else None
        if keys is not None and keys.plausible_high is not None and keys.plausible_high > HOTTEST_C:
            message = (
                f"{full}, by which {heaters[0]} heats, would be believed up to {keys.plausible_high:g} °C: "
                "no place of an animal is so hot"
            )
            path = ("devices", sensor, "channels", name, "plausible_high")
            yield Problem(path, message, asked(keys.plausible_high) or f"at most {HOTTEST_C:g} °C")


def warnings(scene: Scene) -> Iterator[Problem]:
    """Everything that may work and still deserves a look."""
    for path, number, lowest, highest in _compared(scene, (*_TARGETS, *_OTHERS)):
        is_above = highest <= number and path[-1] not in _TARGETS
        if lowest <= highest and (number <= lowest or is_above) and number > 0.0:
            message = f"{path[-1]} comes to {number:g}, and its sensor says {lowest:g} to {highest:g} only"
            yield Problem(path, message, f"between {lowest:g} and {highest:g}")


def _compared(scene: Scene, wanted: tuple[str, ...]) -> Iterator[tuple[Path, float, float, float]]:
    """Each threshold of a controller with what each channel behind its sensor can say at least and at most."""
    for name, keys in scene.controllers.items():
        sensor: Any = getattr(keys, "sensor", None)
        if not isinstance(sensor, str) or sensor not in scene.names:
            continue
        for full in sorted(channels(scene, sensor)):
            lowest, highest = _can_say(scene, full)
            for key, number in _thresholds(keys, wanted):
                yield ("controllers", name, key), number, lowest, highest


def _thresholds(keys: Keys, wanted: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    for key in wanted:
        said: Any = getattr(keys, key, None)
        if said is not None:
            yield key, extremes(said)[1]


def _can_say(scene: Scene, full: str) -> tuple[float, float]:
    sensor, _, name = full.partition(".")
    channel = channel_of(scene, full)
    if channel is None or full in scene.groups:
        return 1.0, 0.0  # what is wrong with it was told
    return believable(channel, scene.devices[sensor].reading.channels.get(name) or ChannelKeys.usual())


def _guards(scene: Scene) -> dict[str, list[str]]:
    """The temperatures that heaters depend on, are held against or are controlled by, with these heaters."""
    found: dict[str, list[str]] = {}
    for device in scene.devices.values():
        if device.role is Role.HEATER:
            for name in heard_by(scene, device.id):
                for full in channels(scene, name):
                    channel = channel_of(scene, full)
                    if channel is not None and channel.unit is Unit.CELSIUS:
                        found.setdefault(full, []).append(device.id)
    return found


def heard_by(scene: Scene, heater: str) -> list[str]:
    """What the heater called `heater` goes by, as the configuration names it: it needs it, or its controllers do."""
    controlling = [
        keys.sensor
        for keys in scene.controllers.values()
        if isinstance(keys, (ThermostatKeys, PidKeys)) and keys.heater == heater
    ]
    return [name for name in (*scene.devices[heater].output.needed, *controlling) if name in scene.names]
