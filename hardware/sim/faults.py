"""What can be broken in a simulated terrarium, and the text form of it; it must not break anything itself.

A fault is written `<device>=<kind>[(argument)]@<when>[+<duration>]`: `warm_probe=wrong(8)@10m+2m` lets the probe read
8 °C too much from ten minutes after the start, for two minutes. Times are in seconds, or have one of the units s, m,
h and d. Of a chip that measures several things one can be named: `air.humidity=stuck@1h`. Instead of a number some
kinds take another device: `warm_probe=exchanged(cool_probe)@1h`.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from math import inf, isfinite
from typing import Final


class BadFault(ValueError):
    """This is no fault; `str(error)` is one sentence with a hint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of fault. `argument` is the number that counts where none is given; None where one must be.

    `names_device` says that another device stands in brackets, and no number. An `is_event` kind is nothing that
    anybody should notice: a device that is in order differs in what it does.
    """

    summary: str
    argument: float | None = 0.0
    takes: str = ""
    low: float = -inf
    high: float = inf
    names_device: bool = False
    is_event: bool = False


KINDS: Final[dict[str, Kind]] = {
    # What a sensor says of its surroundings, in its own unit.
    "stuck": Kind(summary="it goes on saying what it said last"),
    "wrong": Kind(summary="it is wrong by so much", argument=None, takes="the error in the sensor's unit"),
    "drift": Kind(summary="it is wrong by so much more with each hour", argument=None, takes="the drift per hour"),
    "garbage": Kind(summary="noise of this standard deviation", argument=5.0, takes="standard deviation", low=0.0),
    "delayed": Kind(summary="it says what was so many seconds ago", argument=None, takes="seconds", low=0.0),
    # Where it hangs. The default is a slow probe in still air: a steel sleeve of 6 mm takes one to two minutes there.
    "detached": Kind(
        summary="it fell out of its zone and takes on the temperature of the room, with a time constant of so many "
        "seconds",
        argument=120.0,
        takes="seconds",
        low=1.0,
    ),
    "exchanged": Kind(
        summary="it hangs where this other sensor belongs, and that one in its place",
        takes="another sensor",
        names_device=True,
    ),
    # What becomes of a question on the wire.
    "off": Kind(summary="it does not answer"),
    "intermittent": Kind(summary="this share of the questions gets no answer", argument=0.5, low=0.0, high=1.0),
    "raise": Kind(summary="every question ends in this errno", argument=5.0, takes="errno", low=1.0, high=133.0),
    "hang": Kind(summary="a question comes back after so many seconds, or never", argument=inf, takes="seconds"),
    "slow": Kind(summary="a question takes so many seconds longer", argument=None, takes="seconds", low=0.0),
    "sentinel": Kind(
        summary="it answers with this in its own raw form: °C or % of a file, a byte from 0 to 255 on I²C, "
        "and nothing is an empty line",
        argument=inf,
    ),
    # What an actuator does.
    "welded": Kind(summary="it is fully on, whatever it is told"),
    "burnt_out": Kind(summary="it does nothing, whatever it is told"),
    "inverted": Kind(summary="it does the opposite of what it is told"),
    "write_fails": Kind(summary="it stays as it is, and every write ends in this errno", argument=5.0, low=1.0),
    "power": Kind(
        summary="it does this multiple of what it usually does, when it is told to",
        argument=None,
        takes="the multiple, such as 0.5",
        low=0.0,
        high=10.0,
        is_event=True,
    ),
    "lies": Kind(summary="it obeys, and its line reads so all the time", argument=None, takes="0 or 1", low=0, high=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Device `device` has a fault of `kind` from `at_s` seconds after the start, for `for_s` seconds.

    `quantity` is the one of a chip's quantities that is meant, all where it is empty. `argument` is a finite number,
    or infinite where the kind takes that for "none". `other` is the second device of a kind that has two.
    """

    device: str
    kind: str
    argument: float = 0.0
    quantity: str = ""
    at_s: float = 0.0
    for_s: float = inf
    other: str = ""


_FORM: Final = "<device>=<kind>[(argument)]@<when>[+<duration>], such as warm_probe=wrong(8)@10m+2m"
_PARTS: Final = re.compile(
    r"(?P<device>[a-z][a-z0-9_]*)(\.(?P<quantity>[a-z_]+))?=(?P<kind>[a-z_]+)(\((?P<argument>[^()]*)\))?"
    r"@(?P<at>[^+]+)(\+(?P<duration>.+))?"
)
_DEVICE: Final = re.compile(r"[a-z][a-z0-9_]*")
_TIME: Final = re.compile(r"(?P<number>[0-9]+(\.[0-9]+)?)(?P<unit>[smhd]?)")
_SECONDS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse(text: str) -> Fault:
    """The fault that `text` says; raises `BadFault`."""
    found = _PARTS.fullmatch(text.strip())
    if found is None:
        raise BadFault(f'"{text}" is no fault; a fault is written {_FORM}')
    name = found["kind"]
    if name not in KINDS:
        near = get_close_matches(name, KINDS, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(KINDS)}"
        raise BadFault(f'"{text}": there is no fault "{name}"; {hint}')
    return Fault(
        device=found["device"],
        kind=name,
        argument=0.0 if KINDS[name].names_device else _argument(text, name, found["argument"]),
        quantity=found["quantity"] or "",
        at_s=_seconds(text, found["at"]),
        for_s=inf if found["duration"] is None else _seconds(text, found["duration"]),
        other=_other(text, found) if KINDS[name].names_device else "",
    )


def _other(text: str, found: re.Match[str]) -> str:
    """The second device of a fault that has two."""
    name, other = found["kind"], (found["argument"] or "").strip()
    if _DEVICE.fullmatch(other) is None:
        raise BadFault(f'"{text}": {name} needs {KINDS[name].takes} in brackets, such as {name}(cool_probe)')
    if other == found["device"]:
        raise BadFault(f'"{text}": {other} cannot be {name} with itself; name {KINDS[name].takes}')
    return other


def _argument(text: str, name: str, given: str | None) -> float:
    kind = KINDS[name]
    what = kind.takes or "a number"
    if not given:
        if kind.argument is None:
            raise BadFault(f'"{text}": {name} needs {what}, such as {name}(1)')
        return kind.argument
    try:
        number = float(given)
    except ValueError:
        number = inf
    if not isfinite(number):
        raise BadFault(f'"{text}": {name} takes {what}, not "{given}"')
    if not kind.low <= number <= kind.high:
        bounds = f"at least {kind.low:g}" if kind.high == inf else f"from {kind.low:g} to {kind.high:g}"
        raise BadFault(f'"{text}": the number of {name} is {bounds}, not {number:g}')
    return number


def _seconds(text: str, given: str) -> float:
    found = _TIME.fullmatch(given.strip())
    if found is None:
        raise BadFault(f'"{text}": "{given}" is no time; say 90, 90s, 1.5m, 2h or 1d')
    return float(found["number"]) * _SECONDS[found["unit"]]
