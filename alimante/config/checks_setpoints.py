"""Checks of what controllers are to hold: targets, bands and times; it must not know which devices fit."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from alimante.config.climate import (
    DayNightKeys,
    HumidityKeys,
    PidKeys,
    SetpointKeys,
    ThermostatKeys,
    VentilationKeys,
)
from alimante.config.days import PhotoperiodKeys
from alimante.config.fahrenheit import is_suspect
from alimante.config.faults import Path, Problem
from alimante.config.outputs import ROLE_LIMITS
from alimante.config.scene import Scene

MARGIN_C: Final = 1.0
"""How far a target stays below the heater's limit, so that no ordinary overshoot trips it."""

TUNING_MARGIN_C: Final = 2.0
"""The same where the heater is to be tried out: it swings around the target, and ends 1 °C below the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A set-point at `path` and how far it acts beyond: `slack` is positive upwards."""

    path: Path
    keys: SetpointKeys
    slack: float
    places: frozenset[str]


def errors(scene: Scene) -> Iterator[Problem]:
    """Everything that cannot work or must not run."""
    hot: list[Bound] = []
    cold: list[Bound] = []
    for name, keys in scene.controllers.items():
        path: Path = ("controllers", name)
        match keys:
            case ThermostatKeys():
                yield from _pairs(path, (("heater", "target_c"), ("cooler", "cool_above_c")), keys)
                yield from _under_limit(scene, (*path, "target_c"), keys.target_c, keys.heater, MARGIN_C)
                places = channels(scene, keys.sensor)
                if keys.target_c is not None and keys.heater is not None:
                    hot.append(_bound((*path, "target_c"), keys.target_c, keys.hysteresis_c, places))
                if keys.cool_above_c is not None and keys.cooler is not None:
                    cold.append(_bound((*path, "cool_above_c"), keys.cool_above_c, -keys.hysteresis_c, places))
            case PidKeys():
                margin_c = MARGIN_C if keys.autotune == "never" else TUNING_MARGIN_C
                yield from _under_limit(scene, (*path, "target_c"), keys.target_c, keys.heater, margin_c)
                yield from _cycle(scene, path, keys)
                hot.append(_bound((*path, "target_c"), keys.target_c, keys.band_c, channels(scene, keys.sensor)))
            case HumidityKeys():
                yield from _pairs(path, (("mister", "low_pct"), ("fan", "high_pct")), keys)
                yield from _humidity(scene, path, keys)
            case VentilationKeys():
                yield from _ventilation(path, keys)
        for key in ("target_c", "cool_above_c", "low_pct", "high_pct"):
            if isinstance(setpoint := getattr(keys, key, None), DayNightKeys):
                yield from _day(scene, (*path, key), setpoint)
    yield from _fights(hot, cold)


def warnings(scene: Scene) -> Iterator[Problem]:
    """Everything that may work and still deserves a look."""
    for name, keys in scene.controllers.items():
        if isinstance(keys, HumidityKeys) and keys.mister is not None:
            rest_s = _limit(scene, keys.mister, "min_off_s")
            if keys.pause_s < rest_s:
                message = f"pause_s is {keys.pause_s:g}, but {keys.mister} rests for at least {rest_s:g} s"
                yield Problem(("controllers", name, "pause_s"), message, f"the pause of {keys.mister} counts")


def _bound(path: Path, keys: SetpointKeys, slack: float, places: frozenset[str]) -> Bound:
    return Bound(path=path, keys=keys, slack=slack, places=places)


def channels(scene: Scene, said: str) -> frozenset[str]:
    """The full names of all channels that are behind a name: of a group, its members'."""
    full = scene.names.get(said, said)
    if full in scene.groups:
        return frozenset(scene.names.get(member, member) for member in scene.groups[full].members)
    return frozenset((full,))


def _pairs(path: Path, pairs: tuple[tuple[str, str], ...], keys: ThermostatKeys | HumidityKeys) -> Iterator[Problem]:
    """An output and its target go together, and there is at least one of them."""
    outputs = [getattr(keys, output) for output, _ in pairs]
    if not any(outputs):
        wanted = " or ".join(f'"{output}"' for output, _ in pairs)
        yield Problem((*path, pairs[0][0]), f"{path[-1]} needs {wanted}, or it has nothing to move")
    for output, target in pairs:
        if getattr(keys, output) is not None and getattr(keys, target) is None:
            yield Problem((*path, target), f'{path[-1]} needs "{target}" for its {output}')
        elif getattr(keys, target) is not None and getattr(keys, output) is None:
            yield Problem(
                (*path, target), f'{target} does nothing without "{output}"', f"name the {output}", at_key=True
            )


def extremes(keys: SetpointKeys) -> tuple[float, float]:
    """The least and the largest value of a set-point at any time of the year."""
    if not isinstance(keys, DayNightKeys):
        return keys, keys
    shifts = [point.shift for point in keys.over_year or ()] or [0.0]
    return min(keys.day, keys.night) + min(shifts), max(keys.day, keys.night) + max(shifts)


def _under_limit(
    scene: Scene, path: Path, keys: SetpointKeys | None, heater: str | None, margin_c: float
) -> Iterator[Problem]:
    device = scene.devices.get(heater or "")
    limit = None if device is None else device.output.limit
    if keys is None or limit is None:
        return
    warmest_c = extremes(keys)[1]
    if warmest_c > limit.max_c - margin_c and not is_suspect(warmest_c):  # of which is asked
        message = f"{path[-1]} reaches {warmest_c:g} °C, and {heater} must stay below its limit of {limit.max_c:g} °C"
        why = " when it is tried out" if margin_c > MARGIN_C else ""
        yield Problem(path, message, f"at most {limit.max_c - margin_c:g} °C{why}")


def _cycle(scene: Scene, path: Path, keys: PidKeys) -> Iterator[Problem]:
    shortest_s = _limit(scene, keys.heater, "min_on_s") + _limit(scene, keys.heater, "min_off_s")
    if keys.longest_cycle_s < max(keys.cycle_s, shortest_s):
        message = f"longest_cycle_s is {keys.longest_cycle_s:g}, and a cycle of {keys.heater} may take longer"
        yield Problem(
            (*path, "longest_cycle_s"), message, f"a shorter cycle_s, or shorter times on and off of {keys.heater}"
        )


def _humidity(scene: Scene, path: Path, keys: HumidityKeys) -> Iterator[Problem]:
    if keys.low_pct is not None and keys.high_pct is not None:
        low = _bound((*path, "low_pct"), keys.low_pct, 0.0, frozenset())
        high = _bound((*path, "high_pct"), keys.high_pct, -keys.hysteresis_pct, frozenset())
        if (worst := _overlap(low, high)) is not None:
            message = f"it mists up to {worst[0]:g} %, and airs down to {worst[1]:g} %: each would undo the other"
            yield Problem(high.path, message, "a lower low_pct, or a smaller hysteresis_pct")
    for key in ("low_pct", "high_pct"):
        setpoint = getattr(keys, key)
        if setpoint is not None and not (extremes(setpoint)[0] >= 0.0 and extremes(setpoint)[1] <= 100.0):
            yield Problem((*path, key), f"{key} must lie between 0 and 100 %")
    longest_s = _limit(scene, keys.mister or "", "max_on_s")
    if 0.0 < longest_s < keys.pulse_s:
        message = f"pulse_s is {keys.pulse_s:g}, but {keys.mister} is on for no longer than {longest_s:g} s"
        yield Problem((*path, "pulse_s"), message, f"its limits say so; at most {longest_s:g}")


def _ventilation(path: Path, keys: VentilationKeys) -> Iterator[Problem]:
    if keys.sensor is None and keys.airing is None:
        yield Problem((*path, "sensor"), f'{path[-1]} needs "sensor" or "airing", or it has nothing to go by')
    if keys.high_ppm <= keys.low_ppm:
        yield Problem((*path, "high_ppm"), f"high_ppm ({keys.high_ppm:g}) must be above low_ppm ({keys.low_ppm:g})")
    if keys.most_share < keys.least_share:
        yield Problem((*path, "most_share"), "most_share must not be less than least_share")
    if keys.airing is not None and keys.airing.for_s >= keys.airing.every_s:
        yield Problem((*path, "airing", "for_s"), "for_s must be shorter than every_s")


def _day(scene: Scene, path: Path, keys: DayNightKeys) -> Iterator[Problem]:
    """There is exactly one thing that says when it is day."""
    photoperiods = [name for name, other in scene.controllers.items() if isinstance(other, PhotoperiodKeys)]
    has_times = keys.day_from is not None or keys.day_to is not None
    if (keys.day_from is None) != (keys.day_to is None):
        missing = "day_from" if keys.day_from is None else "day_to"
        yield Problem((*path, missing), f'{path[-1]} needs "{missing}": the day has a beginning and an end')
    if keys.day_from is not None and keys.day_from == keys.day_to:
        yield Problem((*path, "day_to"), f"it is never day for {path[-1]}: day_from and day_to are the same time")
    if keys.follows is not None and has_times:
        yield Problem((*path, "follows"), '"follows" and "day_from" exclude each other', "remove one of the two")
    elif keys.follows is not None and keys.follows not in photoperiods:
        hint = f"there are {', '.join(photoperiods)}" if photoperiods else "or write day_from and day_to"
        yield Problem((*path, "follows"), f'there is no photoperiod "{keys.follows}"', hint)
    elif keys.follows is None and not has_times and len(photoperiods) != 1:
        hint = 'write "day_from" and "day_to", or "follows" with the name of a photoperiod'
        yield Problem((*path, "follows"), f"it is not said when it is day for {path[-1]}", hint)


def _fights(hot: list[Bound], cold: list[Bound]) -> Iterator[Problem]:
    """Heat and cold on the same sensors must leave a gap between them."""
    for warm, cool in product(hot, cold):
        if warm.places & cool.places and (worst := _overlap(warm, cool)) is not None:
            message = f"{warm.path[1]} heats up to {worst[0]:g} °C, and {cool.path[1]} cools down to {worst[1]:g} °C"
            yield Problem(cool.path, message, "they would work against each other: leave a gap between them")


def _overlap(low: Bound, high: Bound) -> tuple[float, float] | None:
    """How far up the one and how far down the other acts, where these meet at some time; None where they never do."""
    ends = [(extremes(low.keys)[1], extremes(high.keys)[0])]
    one, other = low.keys, high.keys
    if isinstance(one, DayNightKeys) and isinstance(other, DayNightKeys) and _rhythm(one) == _rhythm(other):
        ends = [(one.day, other.day), (one.night, other.night)]  # always both by day or both by night
    reaches = [(bottom + low.slack, top + high.slack) for bottom, top in ends]
    return next((reach for reach in reaches if reach[0] >= reach[1]), None)


def _rhythm(keys: DayNightKeys) -> tuple[object, ...]:
    return keys.follows, keys.day_from, keys.day_to, keys.over_year


def _limit(scene: Scene, output: str, name: str) -> float:
    """A limit of an output: what is said, or its role's; 0 where there is none."""
    device = scene.devices.get(output)
    if device is None or device.role is None:
        return 0.0
    said: float | None = getattr(device.output.limits, name)
    return ROLE_LIMITS.get(device.role, {}).get(name, 0.0) if said is None else said
