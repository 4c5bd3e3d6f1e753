"""Faults of a simulation in their text form: those of devices, and those of everything around them; it must not act.

Devices break as `hardware.sim.faults` says. The other targets are the broker, the clock, the disk and the process:
`broker=down@5m+10s`, `clock=step(-2h)@1h`, `disk=full@1h+30m`, `process=restart@2h`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from math import inf, isfinite
from random import Random
from typing import Final

from alimante.core.durations import duration_s
from hardware.sim import faults as wired
from hardware.sim.faults import BadFault

FORM: Final = "<device>=<kind>[(argument)]@<when>[+<duration>], such as warm_probe=off@10m+5m"

_PARTS: Final = re.compile(
    r"(?P<target>[a-z0-9_.]+)=(?P<kind>[a-z_]+)(\((?P<argument>[^()]*)\))?@(?P<at>[^+]+)(\+(?P<lasts>.+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """One kind of fault outside of the devices. `argument` is a duration in seconds; None where there must be one.

    A `momentary` one happens and is over; of another the duration says how long it lasts.
    """

    summary: str
    argument: float | None = inf
    momentary: bool = False


AROUND: Final[Mapping[str, Mapping[str, Around]]] = {
    "broker": {"down": Around(summary="it does not answer")},
    "clock": {
        "step": Around(summary="the wall clock jumps by so much, back with a minus", argument=None, momentary=True),
        "unsynced": Around(summary="nobody vouches for the wall clock"),
    },
    "disk": {
        "full": Around(summary="writes end in ENOSPC"),
        "readonly": Around(summary="writes end in EROFS"),
        "failing": Around(summary="writes end in EIO"),
        "slow": Around(summary="each write takes so much longer", argument=20.0),
    },
    "process": {
        "restart": Around(summary="it is stopped and started again", momentary=True),
        "pause": Around(summary="the computer stands still for so long", argument=None, momentary=True),
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of a run, in seconds from its start; `device` is the part for the wires, if any.

    `argument` is in seconds, and `inf` where there is none. One that chance has drawn is left out where it cannot be.
    """

    spec: str
    target: str
    kind: str
    at_s: float
    for_s: float
    argument: float = inf
    device: wired.Fault | None = None
    is_drawn: bool = False

    @property
    def ends_s(self) -> float:
        """When it is over; `inf` for never."""
        return self.at_s + self.for_s


def parse(text: str, devices: Mapping[str, str]) -> Fault:
    """The fault that `text` says. `devices` has the kind, "sensor" or "actuator", of each device by id.

    Raises `BadFault` with one sentence that has a hint.
    """
    found = _PARTS.fullmatch(text.strip())
    if found is None:
        raise BadFault(f'"{text}" is no fault; a fault is written {FORM}')
    target = found["target"]
    if target.partition(".")[0] in devices:
        return _of_device(text.strip(), devices[target.partition(".")[0]])
    if target not in AROUND:
        known = [*devices, *AROUND]
        near = get_close_matches(target, known, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"there are {', '.join(known)}"
        raise BadFault(f'"{text}": there is no device "{target}"; {hint}')
    return _around(text.strip(), found)


def _of_device(text: str, kind: str) -> Fault:
    device = wired.parse(text)
    return Fault(
        spec=text,
        target=device.device,
        kind=device.kind,
        at_s=device.at_s,
        for_s=device.for_s,
        argument=device.argument,
        device=device,
    )


def _around(text: str, found: re.Match[str]) -> Fault:
    target, name = found["target"], found["kind"]
    kinds = AROUND[target]
    if name not in kinds:
        near = get_close_matches(name, kinds, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"of {target} there are {', '.join(kinds)}"
        raise BadFault(f'"{text}": there is no fault "{name}" of {target}; {hint}')
    kind = kinds[name]
    if kind.momentary and found["lasts"] is not None:
        raise BadFault(f'"{text}": {target}={name} happens in a moment; leave out +{found["lasts"]}')
    try:
        at_s = duration_s(found["at"])
        lasts_s = 0.0 if kind.momentary else inf if found["lasts"] is None else duration_s(found["lasts"])
        argument = _argument(kind, name, found["argument"])
    except ValueError as error:
        raise BadFault(f'"{text}": {error}') from None
    return Fault(spec=text, target=target, kind=name, at_s=at_s, for_s=lasts_s, argument=argument)


def _argument(kind: Around, name: str, given: str | None) -> float:
    """Raises `ValueError`."""
    if not given:
        if kind.argument is None:
            raise ValueError(f"{name} needs a duration, such as {name}(2h)")
        return kind.argument
    if kind.argument is not None and not isfinite(kind.argument):
        raise ValueError(f"{name} takes nothing in brackets")
    if name == "step":
        return -duration_s(given[1:]) if given.startswith("-") else duration_s(given.removeprefix("+"))
    return duration_s(given)


CHAOS_SENSOR: Final = ("off", "stuck", "garbage(5)", "wrong(3)", "wrong(-3)", "intermittent", "hang", "delayed(300)")
CHAOS_ACTUATOR: Final = ("welded", "burnt_out", "write_fails")
CHAOS_AROUND: Final = ("broker=down", "clock=step(-2h)", "clock=step(1d)", "disk=full", "disk=slow", "process=restart")
CHAOS_SHARE: Final = 8
CHAOS_EVERY_S: Final = 6 * 3600.0
"""About eight faults in a run, but no more than one in six hours of a long one: time to see what becomes of each."""
CHAOS_REST_S: Final = 1800.0


def draw(rng: Random, devices: Mapping[str, str], *, for_s: float) -> list[Fault]:
    """Faults for `for_s` seconds, one after the other, so that each must be survived by itself."""
    drawn: list[Fault] = []
    every_s = min(for_s / CHAOS_SHARE, CHAOS_EVERY_S)
    at_s = min(CHAOS_REST_S, every_s) + rng.random() * every_s
    while at_s < for_s:
        lasts_s = 60.0 * 2.0 ** rng.uniform(0.0, 6.0)
        fault = parse(_draw_one(rng, devices, round(at_s), round(lasts_s)), devices)
        drawn.append(replace(fault, is_drawn=True))
        at_s += lasts_s + CHAOS_REST_S + rng.random() * every_s
    return drawn


def _draw_one(rng: Random, devices: Mapping[str, str], at_s: int, lasts_s: int) -> str:
    target = rng.choice([*devices, "around"])
    if target == "around" or target not in devices:
        kind = rng.choice(CHAOS_AROUND)
        is_momentary = "step" in kind or "restart" in kind
        return f"{kind}@{at_s}" if is_momentary else f"{kind}@{at_s}+{lasts_s}"
    kinds = CHAOS_SENSOR if devices[target] == "sensor" else CHAOS_ACTUATOR
    return f"{target}={rng.choice(kinds)}@{at_s}+{lasts_s}"
