"""What the oracles know of each output, and how fast its enclosure can become hot; it must not judge."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Final

from alimante.config.model import Config, Device, Role
from alimante.safety.rules import Rules, rules_of
from alimante.simulation.faults import Fault
from hardware.sim.load import Load
from hardware.sim.room import EDGE_S

AT_SAFE: Final = 0.03
"""How far from its safe share a load may stand: a servo's dead band and a PWM's steps."""

SPENT_SHARE: Final = 0.95
"""So much of a quota is used up where an output may wait for it."""


EDGES_S: Final = 10.0 * EDGE_S
"""So long after a step of the room nothing is left of it."""


@dataclass(slots=True, eq=False)
class Window:
    """The quota of one output: at most `most_s` on within `length_s`."""

    length_s: float
    most_s: float
    noted: "deque[tuple[float, float]]" = field(default_factory=deque)

    def used_s(self, now_s: float, on_s: float) -> float:
        """Note that it was on for `on_s` so far; returns how much of that was within the window."""
        self.noted.append((now_s, on_s))
        while self.noted[0][0] < now_s - self.length_s:
            self.noted.popleft()
        return on_s - self.noted[0][1]

    def is_spent(self, on_s: float) -> bool:
        """Whether hardly anything is left of it: what is used up goes on again only when some of it is free."""
        return bool(self.noted) and on_s - self.noted[0][1] >= SPENT_SHARE * self.most_s


@dataclass(slots=True, eq=False)
class Seen:
    """What an oracle knows of one output."""

    device: Device
    rules: Rules
    load: Load
    safe: float
    windows: tuple[Window, ...]
    longest_s: float = 0.0
    tainted_s: float = -inf
    must_be_safe_s: float = inf
    enough_until_s: float = -inf
    """Until then what was heard is evidence enough for it to be on, whatever else is heard."""

    @property
    def is_on(self) -> bool:
        """Whether its wire asks for anything but the safe value."""
        return abs(self.load.commanded - self.safe) > AT_SAFE


def seen_of(device: Device, config: Config, load: Load) -> Seen:
    """What is known of `device` at first."""
    rules = rules_of(device, config.references)
    quotas = ((3600.0, rules.per_hour_s), (86_400.0, rules.per_day_s))
    windows = tuple(Window(length_s, most_s) for length_s, most_s in quotas if most_s < inf)
    return Seen(device, rules, load, min(max(rules.share(rules.safe), 0.0), 1.0), windows)


def warming(config: Config, loads: Mapping[str, Load], events: Sequence[Fault] = ()) -> tuple[float, float]:
    """The fastest that any zone can be warmed, in K/s and never 0, and the warmest that the room becomes, in °C.

    Loads and sun warm it, also those of `events`, as if the strongest of each came together. What flows between zones
    and from the room only evens out.
    """
    room, zones = config.simulation.ambient, config.simulation.zones.values()
    heat_w = sum(max(0.0, load.settings.heat_w) * _power(name, events) for name, load in loads.items())
    sun_w_per_m2 = room.sun_w_per_m2 + _most_at_once(event for event in events if event.target == "sun")
    heat_w += sun_w_per_m2 * sum(zone.glass_m2 for zone in zones)
    steps_c = _most_at_once(event for event in events if event.target == "room")
    warmest_c = room.mean_c + abs(room.amplitude_c) + room.season_c + steps_c
    return max(1.0, heat_w) / min(zone.heat_capacity_j_per_k for zone in zones), warmest_c


def _most_at_once(events: Iterable[Fault]) -> float:
    """The highest sum of the arguments of those that are there together, or were a short while ago; 0 at least."""
    sums = most = 0.0
    warming = [event for event in events if event.argument > 0.0]
    changes = [(event.at_s, event.argument) for event in warming]
    ends = [(event.ends_s + EDGES_S, -event.argument) for event in warming]
    for _, change in sorted([*changes, *ends]):
        sums += change
        most = max(most, sums)
    return most


def _power(load: str, events: Sequence[Fault]) -> float:
    """The most power of `load`, as a multiple of its usual one."""
    return max(1.0, *(event.argument for event in events if event.kind == "power" and event.target == load), 1.0)


def harms_c(config: Config) -> dict[str, float]:
    """Where harm begins in each zone with a heater that has a limit, in °C."""
    first = next(iter(config.simulation.zones))
    found: dict[str, float] = {}
    for device in config.devices.values():
        limit = device.output.limit
        if device.role is Role.HEATER and limit is not None:
            zone = device.zone or first
            found[zone] = min(found.get(zone, inf), limit.harmful_c)
    return found
