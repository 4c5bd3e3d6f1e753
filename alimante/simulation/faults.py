"""Faults and events of a simulation in their text form: of devices and of all around them; it must not act.

Devices break as `hardware.sim.faults` says, and buses as a whole: `i2c=dead@10m+5m`. The other targets are the broker,
the clock, the disk, the process, the file of the configuration, and the computer: `broker=down@5m+10s`,
`clock=step(-2h)@1h`, `disk=full@1h+30m`, `process=crash@2h`, `config=broken@2h+10m`, `computer=off@3h+10m`.

Events are written alike, and nothing is broken by them: `door=open@1h+10m`, `room=step(-8)@2h+6h`, `sun=on(300)@3h+2h`
or `sun.warm=on(300)@3h+2h` for one zone, `heater=power(0.5)@1h`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from math import inf, isfinite
from typing import Final

from alimante.config.model import Config
from alimante.core.durations import duration_s
from hardware.api import WireKind
from hardware.sim import faults as wired
from hardware.sim.faults import BadFault

FORM: Final = "<device>=<kind>[(argument)]@<when>[+<duration>], such as warm_probe=off@10m+5m"

LINGERS: Final = 5.0
"""After so many time constants less than a hundredth is left of a difference."""

MOST_KELVINS: Final = 60.0
BRIGHTEST_W_PER_M2: Final = 1400.0
"""The sun above the atmosphere has 1361 W/m² (G. Kopp and J. L. Lean, Geophysical Research Letters 38, 2011)."""

_PERCENT: Final = re.compile(r"(?P<number>-?[0-9]{1,3}(\.[0-9]{1,3})?)%?", re.ASCII)
_POSITIVE: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?", re.ASCII)
_SIGNED: Final = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,6})?", re.ASCII)
_PARTS: Final = re.compile(
    r"(?P<target>[a-z0-9_.]+)=(?P<kind>[a-z_]+)(\((?P<argument>[^()]*)\))?@(?P<at>[^+]+)(\+(?P<lasts>.+))?"
)


def _step_s(text: str) -> float:
    """Raises `ValueError`."""
    return -duration_s(text[1:]) if text.startswith("-") else duration_s(text.removeprefix("+"))


def _share(text: str) -> float:
    """0.05 of `5%` or `5`, and -0.05 of `-5%`. Raises `ValueError`."""
    found = _PERCENT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'"{text}" is no share; say 5% or -5%')
    return float(found["number"]) / 100.0


def _chance(text: str) -> float:
    """Raises `ValueError`."""
    if _POSITIVE.fullmatch(text.strip()) is None or float(text) > 1.0:
        raise ValueError(f'"{text}" is no share from 0 to 1, such as 0.5')
    return float(text)


def _number(text: str) -> float:
    """Raises `ValueError`."""
    if _POSITIVE.fullmatch(text.strip()) is None:
        raise ValueError(f'"{text}" is no number such as 1 or 2.5')
    return float(text)


def _kelvins(text: str) -> float:
    """Raises `ValueError`."""
    if _SIGNED.fullmatch(text.strip()) is None or abs(float(text)) > MOST_KELVINS:
        raise ValueError(f'"{text}" is no difference in °C from -{MOST_KELVINS:g} to {MOST_KELVINS:g}, such as -8')
    return float(text)


def _irradiance(text: str) -> float:
    """Raises `ValueError`."""
    if _POSITIVE.fullmatch(text.strip()) is None or float(text) > BRIGHTEST_W_PER_M2:
        raise ValueError(f'"{text}" is no sunshine in W/m² from 0 to {BRIGHTEST_W_PER_M2:g}, such as 300')
    return float(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """One kind of fault or event outside of the devices.

    `argument` is what counts where none is given, None where one must be. `takes` reads the argument, and `such_as` is
    one for people. A `momentary` fault happens and is over; of another the duration says how long it lasts. One
    `of_zone` can be of one zone or of all.
    """

    summary: str
    argument: float | None = inf
    takes: Callable[[str], float] = duration_s
    such_as: str = "2h"
    momentary: bool = False
    of_zone: bool = False


AROUND: Final[Mapping[str, Mapping[str, Around]]] = {
    "broker": {
        "down": Around(summary="it does not answer"),
        "refuses": Around(summary="it does not take the password"),
    },
    "clock": {
        "step": Around(
            summary="the wall clock jumps by so much, back with a minus", argument=None, takes=_step_s, momentary=True
        ),
        "drift": Around(
            summary="the wall clock goes too fast by this share", argument=None, takes=_share, such_as="5%"
        ),
        "unsynced": Around(summary="nobody vouches for the wall clock"),
    },
    "disk": {
        "full": Around(summary="writes end in ENOSPC"),
        "readonly": Around(summary="writes end in EROFS"),
        "failing": Around(summary="writes end in EIO"),
        "slow": Around(summary="each sync of a write takes so much longer", argument=20.0),
    },
    "process": {
        "restart": Around(summary="it is stopped and started again", momentary=True),
        "crash": Around(summary="it is gone at once, as after kill -9", momentary=True),
        "hang": Around(summary="it does nothing more, until its guard ends it", momentary=True),
        "pause": Around(summary="the computer stands still for so long", argument=None, momentary=True),
        "leak": Around(
            summary="it uses so many megabytes more with each minute", argument=1.0, takes=_number, such_as="1"
        ),
    },
    "config": {
        "broken": Around(summary="its file is cut off in the middle"),
        "blind": Around(summary="it is changed to one in which every sensor is on a wire where nothing is"),
        "crashes": Around(summary="it is changed to one that the program does not survive"),
    },
    "people": {"command": Around(summary="somebody sends commands over MQTT all the time, some of them twice")},
    "computer": {
        "reboot": Around(summary="it is switched off and on again", momentary=True),
        "off": Around(summary="it has no power"),
    },
}

EVENTS: Final[Mapping[str, Mapping[str, Around]]] = {
    "door": {"open": Around(summary="the front of the enclosure stands open")},
    "room": {
        "step": Around(
            summary="the room becomes warmer by so many °C, colder with a minus, within some minutes",
            argument=None,
            takes=_kelvins,
            such_as="-8",
        )
    },
    "sun": {
        "on": Around(
            summary="it shines on the glass with so many W/m²",
            argument=300.0,
            takes=_irradiance,
            such_as="300",
            of_zone=True,
        )
    },
}
"""What happens in every room. Nobody has to notice it, and it is no excuse for anything that is asked of a run."""

_PINS: Final = (WireKind.GPIO.value, WireKind.PWM.value)
OF_WIRES: Final[Mapping[str, Around]] = {
    "dead": Around(summary="nothing on it answers: its data line is held low, or the kernel knows it no more"),
    "wedged": Around(summary="a question on it does not come back before the fault is over"),
    "flaky": Around(summary="this share of all transfers is disturbed", argument=0.5, takes=_chance, such_as="0.5"),
}
"""What befalls all that hangs on a bus. The processor's own pins are no bus: they break one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault or event of a run, in seconds from its start; `device` is the part for the wires, if any, and one that
    `is_of_wire` befalls a whole bus: its name may be that of something else, too.

    `zone` is the one that is meant, all where it is empty. `argument` is what stands in brackets, durations in seconds
    and shares as fractions; `inf` where there is nothing.
    """

    spec: str
    target: str
    kind: str
    at_s: float
    for_s: float
    argument: float = inf
    device: wired.Fault | None = None
    is_of_wire: bool = False
    zone: str = ""

    @property
    def is_event(self) -> bool:
        """Whether nothing is broken by it."""
        if self.is_of_wire:
            return False
        if self.device is not None:
            return wired.KINDS[self.kind].is_event
        return self.kind in EVENTS.get(self.target, {})

    @property
    def targets(self) -> frozenset[str]:
        """Everything that is broken by it: two devices where it is between two."""
        return frozenset({self.target} if self.device is None else {self.target, self.device.other} - {""})

    @property
    def lingers_s(self) -> float:
        """How long something of it is left when it is over: a probe that was cold becomes warm slowly."""
        return LINGERS * self.argument if self.kind == "detached" else 0.0

    @property
    def ends_s(self) -> float:
        """When it is over; `inf` for never."""
        return self.at_s + self.for_s


def device_kinds(config: Config) -> dict[str, str]:
    """ "sensor" or "actuator" of each device, and "wire" of each bus that is in use, as `parse` takes it."""
    devices = config.devices.values()
    buses = {device.wire: "wire" for device in devices if config.wires[device.wire].kind not in _PINS}
    return {device.id: str(device.spec.kind) for device in devices} | buses


def parse(text: str, devices: Mapping[str, str]) -> Fault:
    """The fault that `text` says. `devices` has the kind, "sensor" or "actuator", of each device by id, and the buses.

    Raises `BadFault` with one sentence that has a hint.
    """
    found = _PARTS.fullmatch(text.strip())
    if found is None:
        raise BadFault(f'"{text}" is no fault; a fault is written {FORM}')
    target = found["target"]
    if devices.get(target) == "wire":
        return replace(_around(text.strip(), found, OF_WIRES), is_of_wire=True)
    name, _, part = target.partition(".")
    if name in devices and not _is_event(name, found["kind"]):
        return _of_device(text.strip(), devices)
    if name in EVENTS and (not part or any(kind.of_zone for kind in EVENTS[name].values())):
        return _around(text.strip(), found, EVENTS[name])
    if target not in AROUND:
        raise _no_device(text, target, [*devices, *AROUND, *EVENTS])
    return _around(text.strip(), found, AROUND[target])


def _is_event(name: str, kind: str) -> bool:
    """Whether an event of `name` is meant and not a fault of the device that is called so, such as a door's contact."""
    return kind in EVENTS.get(name, {}) and kind not in wired.KINDS


def _no_device(text: str, name: str, known: Sequence[str]) -> BadFault:
    near = get_close_matches(name, known, n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"there are {', '.join(known)}"
    return BadFault(f'"{text}": there is no device "{name}"; {hint}')


def _of_device(text: str, devices: Mapping[str, str]) -> Fault:
    device = wired.parse(text)
    sensors = [name for name, kind in devices.items() if kind == "sensor" and name != device.device]
    if device.other and device.other not in sensors:
        raise _no_device(text, device.other, sensors)
    return Fault(
        spec=text,
        target=device.device,
        kind=device.kind,
        at_s=device.at_s,
        for_s=device.for_s,
        argument=device.argument,
        device=device,
    )


def _around(text: str, found: re.Match[str], kinds: Mapping[str, Around]) -> Fault:
    (target, _, zone), name = found["target"].partition("."), found["kind"]
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
    return Fault(spec=text, target=target, kind=name, at_s=at_s, for_s=lasts_s, argument=argument, zone=zone)


def _argument(kind: Around, name: str, given: str | None) -> float:
    """Raises `ValueError`."""
    if given:
        if kind.argument is not None and not isfinite(kind.argument):
            raise ValueError(f"{name} takes nothing in brackets")
        return kind.takes(given)
    if kind.argument is None:
        raise ValueError(f"{name} needs something in brackets, such as {name}({kind.such_as})")
    return kind.argument
