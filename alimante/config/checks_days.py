"""Checks of what follows the clock, and of the place that the clock is for; it must not compute a day."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from alimante.config.days import FeedingKeys, PhotoperiodKeys, ScheduleKeys, second_of
from alimante.config.faults import Path, Problem, shown
from alimante.config.model import Role
from alimante.config.outputs import ROLE_LIMITS
from alimante.config.place import Location
from alimante.config.scene import Scene
from alimante.config.sentences import did_you_mean
from alimante.policy.values import parse_value
from hardware.api import Accepts

_LIGHTS = (Role.LIGHT, Role.UVB)
_DOSED = (Role.FEEDER, Role.PUMP, Role.VALVE, Role.OTHER)


def errors(scene: Scene) -> Iterator[Problem]:
    """Everything that cannot work or must not run."""
    yield from _place(scene.location)
    for name, keys in scene.controllers.items():
        path: Path = ("controllers", name)
        if isinstance(keys, PhotoperiodKeys):
            yield from _outputs(scene, path, keys.outputs)
            yield from _values(scene, (*path, "value"), keys.outputs, keys.value)
            yield from _bright(scene, path, keys)
            yield from _day(scene, path, keys)
        elif isinstance(keys, ScheduleKeys):
            yield from _outputs(scene, path, keys.outputs)
            yield from _timetable(scene, path, keys)
        elif isinstance(keys, FeedingKeys):
            yield from _named(scene, (*path, "output"), keys.output)
            yield from _feeding(scene, path, keys)


def warnings(scene: Scene) -> Iterator[Problem]:
    """Everything that may work and still deserves a look."""
    followers = [name for name, keys in scene.controllers.items() if isinstance(keys, _KINDS)]
    if followers and "timezone" not in scene.location.model_fields_set:
        message = f"location says no timezone, so {', '.join(followers)} will go by UTC"
        yield Problem(("location", "timezone"), message, 'such as "timezone": "Europe/Paris"')
    for name, keys in scene.controllers.items():
        if isinstance(keys, PhotoperiodKeys):
            yield from _roles(scene, ("controllers", name, "outputs"), keys.outputs, _LIGHTS, "a lamp")
        elif isinstance(keys, FeedingKeys):
            yield from _rests(scene, ("controllers", name), keys)
            yield from _daily(scene, ("controllers", name), keys)
            yield from _roles(scene, ("controllers", name, "output"), [keys.output], _DOSED, "a feeder or a pump")


_KINDS = (PhotoperiodKeys, ScheduleKeys, FeedingKeys)


def _place(location: Location) -> Iterator[Problem]:
    try:
        ZoneInfo(location.timezone)
    except (KeyError, OSError, ValueError):  # unknown, the name of a folder, or no name for a file
        message = f"there is no time zone {shown(location.timezone)}"
        yield Problem(("location", "timezone"), message, _zone_hint(location.timezone))
    if (location.latitude_deg is None) is not (location.longitude_deg is None):
        there, missing = "latitude_deg", "longitude_deg"
        if location.latitude_deg is None:
            there, missing = missing, there
        yield Problem(("location", missing), f'a "{there}" needs a "{missing}"')


def _zone_hint(name: str) -> str:
    """The zone that was meant: one like it, or the one of that city."""
    zones = available_timezones()
    city = name.rpartition("/")[2].replace(" ", "_").lower()
    same = sorted(zone for zone in zones if zone.rpartition("/")[2].lower() == city)
    return did_you_mean(same[0] if same else name, zones) or "`timedatectl list-timezones` lists them"


def _named(scene: Scene, path: Path, output: str) -> Iterator[Problem]:
    device = scene.devices.get(output)
    actuators = [name for name, other in scene.devices.items() if other.spec.kind == "actuator"]
    if output not in scene.device_names:
        yield Problem(path, f"there is no actuator {shown(output)}", did_you_mean(output, actuators))
    elif device is not None and device.spec.kind != "actuator":
        yield Problem(path, f"{output} is a sensor, and only actuators can be controlled", did_you_mean("", actuators))


def _outputs(scene: Scene, path: Path, outputs: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, output in enumerate(outputs):
        here = (*path, "outputs", index)
        yield from _named(scene, here, output)
        if output in seen:
            yield Problem(here, f"{output} stands here twice", "remove one of the two")
        seen.add(output)


def _accepting(scene: Scene, outputs: Iterable[str]) -> Iterator[tuple[str, Accepts]]:
    for output in outputs:
        device = scene.devices.get(output)
        if device is not None and device.spec.kind == "actuator":
            yield output, device.accepts


def _values(scene: Scene, path: Path, outputs: Iterable[str], value: Any) -> Iterator[Problem]:
    for output, accepts in _accepting(scene, outputs):
        try:
            parse_value(accepts, value)
        except ValueError as error:
            yield Problem(path, f"{output}: {error}")
            return


def _bright(scene: Scene, path: Path, keys: PhotoperiodKeys) -> Iterator[Problem]:
    """A day that is dark is a mistake: nobody means it."""
    for output, accepts in _accepting(scene, keys.outputs):
        try:
            is_dark = parse_value(accepts, keys.value) == accepts.off
        except ValueError:  # which was told
            continue
        if is_dark:
            yield Problem((*path, "value"), f"value must be brighter than off: it is how {output} is by day")
            return


def _day(scene: Scene, path: Path, keys: PhotoperiodKeys) -> Iterator[Problem]:
    name = path[-1]
    ways = [keys.on is not None or keys.off is not None, keys.day_length is not None, keys.sun]
    if sum(ways) != 1:
        hint = 'such as "on": "08:00", "off": "20:00"'
        yield Problem(path, f'{name} needs exactly one of: "on" with "off", "day_length", "sun": true', hint)
    elif ways[0]:
        yield from _fixed_day(path, keys)
    elif keys.day_length is not None:
        yield from _year(path, keys)
    elif scene.location.latitude_deg is None or scene.location.longitude_deg is None:
        message = '"sun" needs to know where the sun is seen from'
        yield Problem((*path, "sun"), message, 'say "latitude_deg" and "longitude_deg" in "location"')
    if keys.min_h > keys.max_h:
        yield Problem((*path, "min_h"), f"min_h must not be above max_h, which is {keys.max_h:g}")


def _fixed_day(path: Path, keys: PhotoperiodKeys) -> Iterator[Problem]:
    if keys.on is None or keys.off is None:
        here, other = ("on", "off") if keys.on is not None else ("off", "on")
        yield Problem((*path, here), f'"{here}" needs "{other}"')
        return
    hours = (second_of(keys.off) - second_of(keys.on)) % 86_400 / 3600 or 24.0
    if hours > keys.max_h:
        message = f"a day from {keys.on} to {keys.off} has {hours:g} hours, and max_h allows {keys.max_h:g}"
        yield Problem((*path, "off"), message, f"animals need a night: at most {keys.max_h:g} hours")


def _year(path: Path, keys: PhotoperiodKeys) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, point in enumerate(keys.day_length or ()):
        here = (*path, "day_length", index)
        if point.hours > keys.max_h:
            message = f"{point.hours:g} hours of light are more than max_h allows, which is {keys.max_h:g}"
            yield Problem((*here, "hours"), message, f"animals need a night: at most {keys.max_h:g} hours")
        if point.date in seen:
            yield Problem((*here, "date"), f"{point.date} stands here twice", "remove one of the two")
        seen.add(point.date)


def _timetable(scene: Scene, path: Path, keys: ScheduleKeys) -> Iterator[Problem]:
    yield from _values(scene, (*path, "otherwise"), keys.outputs, keys.otherwise)
    for index, interval in enumerate(keys.intervals):
        here = (*path, "intervals", index)
        yield from _values(scene, (*here, "value"), keys.outputs, interval.value)
        if interval.on == interval.off:
            message = f"an interval from {interval.on} to {interval.off} could be nothing or a whole day"
            yield Problem((*here, "off"), message, 'a whole day is "on": "00:00", "off": "24:00"')


def _feeding(scene: Scene, path: Path, keys: FeedingKeys) -> Iterator[Problem]:
    yield from _values(scene, (*path, "value"), [keys.output], keys.value)
    longest_s = _limit(scene, keys.output, "max_on_s")
    if longest_s is not None and keys.pulse_s > longest_s:
        message = f"pulse_s is {keys.pulse_s:g}, but {keys.output} may be on for {longest_s:g} s at most"
        yield Problem((*path, "pulse_s"), message, f"at most {longest_s:g}")
    seen: set[str] = set()
    for index, time in enumerate(keys.times):
        if time in seen:
            yield Problem((*path, "times", index), f"{time} stands here twice", "remove one of the two")
        seen.add(time)


def _rests(scene: Scene, path: Path, keys: FeedingKeys) -> Iterator[Problem]:
    """Times that are closer together than the output may be on: the later one would be refused."""
    rest_s = _limit(scene, keys.output, "min_off_s") or 0.0
    seconds = sorted(second_of(time) for time in keys.times)
    gaps = [later - earlier for earlier, later in pairwise([*seconds, seconds[0] + 86_400])]
    if len(seconds) > 1 and min(gaps) < rest_s:
        message = f"{keys.output} rests for at least {rest_s:g} s, and two of these times are {min(gaps)} s apart"
        yield Problem((*path, "times"), message, "times that are farther apart; the later one is refused")


def _daily(scene: Scene, path: Path, keys: FeedingKeys) -> Iterator[Problem]:
    """More times than the output may go on in a day."""
    device = scene.devices.get(keys.output)
    if device is None or device.role is None:
        return
    most = device.output.limits.quota.per_day_count or ROLE_LIMITS.get(device.role, {}).get("per_day_count")
    if most is not None and len(keys.times) > most:
        message = f"{keys.output} may go on {most:g} times a day, and here are {len(keys.times)} times"
        yield Problem((*path, "times"), message, f"at most {most:g} times; the others are refused")


def _limit(scene: Scene, output: str, name: str) -> float | None:
    """A limit of an output as it says it or as its role has it; None where there is none."""
    device = scene.devices.get(output)
    if device is None or device.role is None:
        return None
    said: float | None = getattr(device.output.limits, name)
    return ROLE_LIMITS.get(device.role, {}).get(name) if said is None else said


def _roles(scene: Scene, path: Path, outputs: Iterable[str], fitting: Iterable[Role], what: str) -> Iterator[Problem]:
    for output in outputs:
        device = scene.devices.get(output)
        if device is not None and device.role is not None and device.role not in fitting:
            yield Problem(path, f"{output} has the role {device.role}, and this controller is for {what}")
