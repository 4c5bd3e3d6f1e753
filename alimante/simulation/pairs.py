"""Every two faults at once in as few runs as will do; it must not run anything.

Three things make them few. Devices that the configuration does not tell apart need one representative. Faults that are
apart from one another (see `reach`) share a run. And all runs have the same time before their first fault, so that it
needs to be run only once.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final

from alimante.config.model import Config, Device
from alimante.simulation import chaos
from alimante.simulation.cases import guides
from alimante.simulation.faults import Fault, device_kinds, parse
from alimante.simulation.reach import Reaches, are_apart
from alimante.simulation.shrink import Attempt, Injury
from alimante.simulation.stage import on_simulated_wires

FIRST_S: Final = 2400.0
SECOND_S: Final = 2700.0
BOTH_UNTIL_S: Final = 4500.0
PAIR_S: Final = 7200.0
"""Two faults: from when on the first and the second are there, until when both are, and how long the run lasts."""
MOMENTS: Final = (FIRST_S, SECOND_S, BOTH_UNTIL_S)
MOST: Final = 8
"""So many faults are there at once at most: each of them is one more that a person has to think of when a run fails."""
OF_GUIDES: Final = ("wrong(-10)", "drift(-6)")
"""What thermometers of heaters are tried with beside what chance draws: to say too little is what makes them heat."""

_WORD: Final = re.compile(r"[a-z0-9_]+")
_OWN: Final = frozenset({"address", "pin", "name", "note"})
"""What two devices that are otherwise the same do not have in common."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Bundle:
    """The faults of one run, without their times: those that begin first, and those that begin second."""

    firsts: tuple[str, ...]
    seconds: tuple[str, ...] = ()


def faults(config: Config) -> list[str]:
    """Every fault that is paired, without its time: all that chance may draw, and more of the heaters' thermometers.

    Those that happen in a moment are last: they must not be over when the other one begins. Raises `CannotBuild`.
    """
    devices = device_kinds(config)
    drawn = chaos.everything(devices, can_be=chaos.possible(on_simulated_wires(config)))
    further = [f"{name}={kind}" for name in guides(config) for kind in OF_GUIDES]
    return sorted([*drawn, *further], key=lambda what: chaos.is_momentary(parse(f"{what}@1", devices)))


def pairs(config: Config) -> list[Pair]:
    """Every two of `faults` that befall different parts."""
    possible = faults(config)
    targets = {what: _parsed(config, what).targets for what in possible}
    return [each for each in combinations(possible, 2) if targets[each[0]].isdisjoint(targets[each[1]])]


def singles(config: Config) -> list[Bundle]:
    """Each fault by itself, one for all devices that are interchangeable."""
    same = interchangeable(config)
    return [Bundle((what,)) for what in faults(config) if renamed((what,), same) == (what,)]


def bundles(config: Config) -> list[Bundle]:
    """Runs in which all of `pairs` are, up to the names of interchangeable devices; the same firsts stand together."""
    search = _Search(config)
    found = list(search.bundles())
    return sorted(found, key=lambda each: [search.order[what] for what in each.firsts])


def attempt(bundle: Bundle, config: Config, *, seed: int) -> Attempt:
    """The run of `bundle`."""
    devices = device_kinds(config)
    both = [(what, FIRST_S) for what in bundle.firsts] + [(what, SECOND_S) for what in bundle.seconds]
    return Attempt(seed, PAIR_S, tuple(_lasting(what, at_s, devices) for what, at_s in both))


def _lasting(what: str, at_s: float, devices: Mapping[str, str]) -> Injury:
    is_momentary = chaos.is_momentary(parse(f"{what}@1", devices))
    return Injury(what, at_s, 0.0 if is_momentary else BOTH_UNTIL_S - at_s)


def _parsed(config: Config, what: str) -> Fault:
    return parse(f"{what}@1", device_kinds(config))


# What is the same.


def interchangeable(config: Config) -> list[list[str]]:
    """Sensors that could change places in the file and would differ in name and address only; a list is one kind."""
    kinds: list[list[str]] = []
    for device in config.devices.values():
        if device.spec.kind != "sensor":
            continue
        alike = next((kind for kind in kinds if _are_alike(config, kind[0], device.id)), None)
        if alike is None:
            kinds.append([device.id])
        else:
            alike.append(device.id)
    return [kind for kind in kinds if len(kind) > 1]


def renamed(whats: Sequence[str], same: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """`whats` with the first of each kind of devices in `same` where one of them is named first, and so on."""
    names: dict[str, str] = {}
    for word in (word for what in whats for word in _WORD.findall(what)):
        kind = next((kind for kind in same if word in kind), None)
        if kind is not None and word not in names:
            names[word] = kind[sum(each in names for each in kind)]
    return tuple(_WORD.sub(lambda found: names.get(found[0], found[0]), what) for what in whats)


def _are_alike(config: Config, one: str, other: str) -> bool:
    exchanged = {one: other, other: one}
    return _told(config, {}) == _told(config, exchanged)


def _told(config: Config, names: Mapping[str, str]) -> str:
    """All that `config` says of its parts, with other `names`, in an order of its own."""
    devices = [_of_device(device) for device in config.devices.values()]
    parts: list[Any] = [config.groups, config.controllers, config.interlocks, config.health, config.alerts]
    text = json.dumps([devices, _plain(parts)], default=str)
    return json.dumps(_sorted(json.loads(_WORD.sub(lambda found: names.get(found[0], found[0]), text))), sort_keys=True)


def _of_device(device: Device) -> list[Any]:
    params, *keys = (
        {key: value for key, value in _plain(part).items() if key not in _OWN}
        for part in (device.params, device.reading, device.output)
    )
    own = [device.driver, device.wire, device.zone, device.power, device.poll_s, device.role, device.safe_value]
    return [device.id, params, *own, *keys]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(each) for key, each in value.items()}
    return sorted((_sorted(each) for each in value), key=json.dumps) if isinstance(value, list) else value


# What shares a run.


@dataclass(slots=True)
class _Search:
    """Packs pairs into bundles, greedily.

    In a bundle the firsts are apart from one another, and the seconds, too. So each pair of a first and a second is
    there without a third fault that reaches both, or it is not counted.
    """

    config: Config
    order: dict[str, int] = field(default_factory=dict)
    _targets: dict[str, frozenset[str]] = field(default_factory=dict)
    _apart: set[Pair] = field(default_factory=set)
    _left: dict[Pair, None] = field(default_factory=dict)
    _keys: dict[Pair, Pair] = field(default_factory=dict)

    def __post_init__(self) -> None:
        possible = faults(self.config)
        self.order = {what: number for number, what in enumerate(possible)}
        parsed, every = {what: _parsed(self.config, what) for what in possible}, Reaches(self.config)
        reaches = {what: every.of(fault) for what, fault in parsed.items()}
        self._targets = {what: fault.targets for what, fault in parsed.items()}
        self._apart = {
            (one, other) for one in possible for other in possible if are_apart(reaches[one], reaches[other])
        }
        same = interchangeable(self.config)
        for one, other in pairs(self.config):
            found = renamed((one, other), same)
            self._keys[one, other] = self._keys[other, one] = (found[0], found[1])
        self._left = dict.fromkeys(self._keys.values())

    def bundles(self) -> Iterator[Bundle]:
        """Until no pair is left."""
        while self._left:
            one, other = next(iter(self._left))
            firsts, seconds = [one], [other]
            while len(firsts) + len(seconds) < MOST and self._add_best(firsts, seconds):
                pass
            for pair in self._counted(firsts, seconds):
                self._left.pop(pair, None)
            yield Bundle(tuple(firsts), tuple(seconds))

    def _add_best(self, firsts: list[str], seconds: list[str]) -> bool:
        """Add the fault with which most pairs are got that are left; False where none gets any."""
        best, most = None, 0
        for what in self.order:
            if not all(self._targets[what].isdisjoint(self._targets[each]) for each in (*firsts, *seconds)):
                continue
            gain = sum(self._keys[what, each] in self._left for each in (*firsts, *seconds))
            if gain > most:
                side = next(
                    (side for side in (firsts, seconds) if all((what, each) in self._apart for each in side)), None
                )
                best, most = (best, most) if side is None else ((side, what), gain)
        if best is None:
            return False
        best[0].append(best[1])
        return True

    def _counted(self, firsts: Sequence[str], seconds: Sequence[str]) -> set[Pair]:
        """The pairs that such a bundle stands for."""
        crossed = {self._keys[one, other] for one in firsts for other in seconds}
        beside = [(each, seconds) for each in combinations(firsts, 2)] + [
            (each, firsts) for each in combinations(seconds, 2)
        ]
        for (one, other), across in beside:
            if all((one, each) in self._apart or (other, each) in self._apart for each in across):
                crossed.add(self._keys[one, other])
        return crossed
