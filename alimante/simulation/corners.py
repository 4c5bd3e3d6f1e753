"""The corner cases of one configuration, and what each comes to on its simulated enclosure; it must not talk to people.

What is judged is how hot it truly becomes where a heater works, never what a thermometer says.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from typing import Final

from alimante.config.climate import PidKeys, ThermostatKeys
from alimante.config.model import Config, Device, Role
from alimante.core.durations import say_duration
from alimante.core.events import CommandReceived
from alimante.safety.rules import rules_of
from alimante.simulation import chaos
from alimante.simulation.faults import device_kinds, parse
from alimante.simulation.node import Node
from alimante.simulation.rehearsal import rehearse
from alimante.simulation.stage import on_simulated_wires
from alimante.simulation.watched import harms_c
from hardware.api import Unit
from hardware.sim.faults import KINDS, BadFault
from hardware.sim.settings import PlantSettings

WARMEST_ROOM_C: Final = 30.0
"""A room on a hot summer day; an animal that is harmed near that has a room that stays below it."""
ROOM_BELOW_HARM_C: Final = 4.0
"""So much cooler than harm begins that room stays: what it does by itself says nothing of a heater."""
COMMAND_S: Final = 600.0
"""How often a person says again that a heater is to be on."""
MANY: Final = 4
"""Of more heaters or thermometers than this, one of each enclosure has its fault at the same time."""

SHORTEST_S: Final = 7200.0
LONGEST_S: Final = 14_400.0
BUDGET_S: Final = 240.0
"""So many seconds of one slow core all cases may take together, within the two spans above."""
COST: Final = 0.2 / 3600.0
"""Seconds of a slow core for a simulated second and a device, measured with 6 and with 17 devices."""

WRONG: Final = (
    "stuck@3m",
    "wrong(-4)@30m",
    "wrong(-10)@30m",
    "wrong(-25)@30m",
    "wrong(-25)@1m",
    "drift(-6)@1m",
    "detached@1m",
    "detached@30m",
)
"""What befalls thermometers: while it is still cold, before anything was learned, and when it is warm."""
EXCHANGED_AT: Final = ("1m", "1h")
WELDED_AT: Final = "30m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Corner:
    """One case. With `is_demanded` people want every heater on all the time; `room_c` is that of a room of its own."""

    name: str
    faults: tuple[str, ...] = ()
    room_c: float | None = None
    is_demanded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one case came to: the hottest moment of the heated zone that came nearest to harm, in °C.

    `harm_at_s` is when harm was first seen, in seconds since the start; None where that never was.
    """

    corner: Corner
    zone: str
    highest_c: float
    harm_c: float
    harm_at_s: float | None

    @property
    def is_harm(self) -> bool:
        """Whether it became as hot as harm begins."""
        return self.highest_c >= self.harm_c


def corners(config: Config) -> list[Corner]:
    """The cases of `config`, none where there is no heater. Raises `CannotBuild` for a driver without a chip."""
    can_be = _possible(config)
    heaters = [device for device in config.devices.values() if device.role is Role.HEATER]
    if not heaters:
        return []
    room_c = _warm_room_c(config)
    found = [
        Corner(name="nothing is wrong"),
        Corner(name=f"every heater wanted on in a room of {room_c:g} °C", room_c=room_c, is_demanded=True),
    ]
    for faults in (*_wrong(config, heaters), *_exchanged(config, heaters), *_welded(heaters)):
        possible = tuple(filter(can_be, faults))
        if possible and possible not in [corner.faults for corner in found]:
            found.append(Corner(name=", ".join(possible), faults=possible))
    return found


def span_s(config: Config, count: int) -> float:
    """How long each of `count` cases lasts, in full virtual minutes, so that all fit into some minutes of real time."""
    affordable_s = BUDGET_S / (COST * max(len(config.devices), 1) * max(count, 1))
    return min(max(affordable_s, SHORTEST_S), LONGEST_S) // 60.0 * 60.0


def try_corner(config: Config, corner: Corner, *, for_s: float, seed: int = 1) -> Outcome:
    """Run one case. The same arguments give the same outcome, in every process. Raises `BadFault`."""
    devices = device_kinds(config)
    report = rehearse(
        config if corner.room_c is None else _in_a_room(config, corner.room_c),
        for_s=for_s,
        faults=[parse(text, devices) for text in corner.faults],
        seed=seed,
        on_look=_Demand(config).look if corner.is_demanded else lambda node: None,
    )
    harms = harms_c(on_simulated_wires(config))
    zone = min(harms, key=lambda name: harms[name] - report.truth.zones[name].highest_c)
    return Outcome(
        corner=corner,
        zone=zone,
        highest_c=round(report.truth.zones[zone].highest_c, 1),
        harm_c=harms[zone],
        harm_at_s=next((each.at_s for each in report.violations if each.invariant == "I3"), None),
    )


def thermometers(config: Config, heater: Device) -> list[str]:
    """What `heater` goes by, as faults name it: what it needs and what its controllers hold, each member of a group."""
    controlling = [
        keys.sensor
        for keys in config.controllers.values()
        if isinstance(keys, (ThermostatKeys, PidKeys)) and keys.heater == heater.id
    ]
    found: dict[str, None] = {}
    for name in (*heater.output.needed, *controlling):
        full = config.references.get(name, name)
        for member in config.groups[full].members if full in config.groups else [full]:
            sensor, _, channel_name = config.references.get(member, member).partition(".")
            device = config.devices.get(sensor)
            channel = None if device is None else device.channel(channel_name)
            if device is not None and channel is not None and channel.unit is Unit.CELSIUS:
                found[sensor if len(device.channels) == 1 else f"{sensor}.{channel.quantity}"] = None
    return list(found)


class _Demand:
    """People who want every heater on, again and again."""

    def __init__(self, config: Config) -> None:
        self._wanted = {
            device.id: rules_of(device, config.references).most
            for device in config.devices.values()
            if device.role is Role.HEATER
        }
        self._next_s = 0.0

    def look(self, node: Node) -> None:
        """Say it, when it is time."""
        now_s = node.clock.mono()
        if node.supervisor is None or now_s < self._next_s:
            return
        self._next_s = now_s + COMMAND_S
        for name, value in self._wanted.items():
            command = CommandReceived(
                id=f"corner_{name}_{now_s:.0f}",
                device=name,
                value=value,
                source="corner",
                expires_s=now_s + 5.0,
                ttl_s=COMMAND_S + 60.0,
            )
            node.supervisor.bus.publish(command)


def _wrong(config: Config, heaters: Sequence[Device]) -> Iterator[tuple[str, ...]]:
    """Each kind of wrong thermometer: all at once, and each by itself.

    Of many it is one of each heater instead, for heaters have their own for the most part.
    """
    each = [thermometers(config, heater) for heater in heaters]
    every = dict.fromkeys(name for names in each for name in names)
    rounds = [dict.fromkeys(filter(None, names)) for names in zip_longest(*each)]
    if len(every) <= MANY:
        rounds = [{name: None} for name in every]
    for names in (every, *rounds):
        for what in WRONG:
            yield tuple(f"{name}={what}" for name in names)


def _exchanged(config: Config, heaters: Sequence[Device]) -> Iterator[tuple[str, ...]]:
    """The first thermometers of heaters in different zones, two by two."""
    firsts = {heater.zone: names[0] for heater in reversed(heaters) if (names := thermometers(config, heater))}
    names = [name.partition(".")[0] for name in reversed(firsts.values())]
    pairs = [pair for pair in list(pairwise(names))[::2] if pair[0] != pair[1]]
    for at in EXCHANGED_AT:
        yield tuple(f"{one}=exchanged({other})@{at}" for one, other in pairs)


def _welded(heaters: Sequence[Device]) -> Iterator[tuple[str, ...]]:
    """Relays that stay on."""
    faults = [f"{heater.id}=welded@{WELDED_AT}" for heater in heaters]
    yield from [tuple(faults)] if len(faults) > MANY else ((fault,) for fault in faults)


def _possible(config: Config) -> Callable[[str], bool]:
    """Says of a fault whether simulations know it and the simulated chip can have it. Raises `CannotBuild`."""
    devices, can_be = device_kinds(config), chaos.possible(on_simulated_wires(config))

    def is_possible(text: str) -> bool:
        if text.partition("=")[2].partition("@")[0].partition("(")[0] not in KINDS:
            return False
        try:
            return can_be(parse(text, devices))
        except BadFault:
            return False

    return is_possible


def _warm_room_c(config: Config) -> float:
    """The warmest room to try a heater in; as warm as the simulated one at least."""
    room = PlantSettings.model_validate(config.simulation).ambient
    harm_c = min(harms_c(on_simulated_wires(config)).values(), default=WARMEST_ROOM_C + ROOM_BELOW_HARM_C)
    return max(min(WARMEST_ROOM_C, harm_c - ROOM_BELOW_HARM_C), room.mean_c)


def _in_a_room(config: Config, room_c: float) -> Config:
    settings = PlantSettings.model_validate(config.simulation)
    room = settings.ambient.model_copy(update={"mean_c": room_c, "amplitude_c": 0.0})
    return replace(config, simulation=settings.model_copy(update={"ambient": room}))


def in_words(outcome: Outcome) -> str:
    """One case as a line for people."""
    told = f"{outcome.corner.name}: {outcome.zone} comes to {outcome.highest_c:.1f} °C"
    if not outcome.is_harm:
        return f"ok    {told} of {outcome.harm_c:g} °C, where harm begins"
    when = "" if outcome.harm_at_s is None else f" after {say_duration(outcome.harm_at_s)}"
    return f"HARM  {told}; harm begins at {outcome.harm_c:g} °C, reached{when}"
