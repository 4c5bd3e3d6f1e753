"""Draws by chance a life in which nothing is broken: weather, doors, sun, bulbs, power cuts; it must not act.

What is drawn does not depend on how long a run is: a shorter one with the same seed is the beginning of a longer one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, inf
from random import Random
from typing import Final

from alimante.config.model import Config, Role
from alimante.simulation.faults import Fault, device_kinds, parse
from alimante.simulation.stage import on_simulated_wires
from alimante.simulation.watched import EDGES_S, harms_c
from hardware.sim.room import Room
from hardware.sim.settings import PlantSettings, ZoneSettings
from hardware.sim.zone import AIR_J_PER_M3_K

HOUR_S: Final = 3600.0
DAY_S: Final = 24.0 * HOUR_S
BEFORE_S: Final = HOUR_S
"""Nothing happens in the first hour: somebody who has just set up a heater looks whether it works."""

FEEDS: Final = 0.7
CLEANS: Final = 0.15
FORGETS: Final = 1.0 / 45.0
"""How often a day the door is opened for a minute, for some minutes, and is left open for about an hour."""
SUNNY: Final = 0.35
"""So many days have sun on the glass."""
CUTS: Final = 0.1
"""So many evenings have power cuts."""
HOT_AFTERNOONS: Final = 0.12
COLD_NIGHTS: Final = 0.12
SPELL_DAYS: Final = (1.0, 6.0)
CALM_DAYS: Final = (1.0, 7.0)
"""How long a warm or cold spell lasts, and how long it is usual after it."""
SPELL_C: Final = (1.0, 4.0)
HEAT_C: Final = (2.0, 8.0)
"""By how much a spell, and a hot afternoon or a cold night, makes the room another."""
STEP_C: Final = 1.0
"""The room follows the weather in steps of so much; a window that is opened makes one."""
LOOK_S: Final = HOUR_S / 4.0
SPARE_C: Final = 0.3
"""So far within what is declared of it the room stays."""
SPARE_OF_SUN_C: Final = 2.0
"""What the sun does by itself stays so far below harm: no heater is to be blamed for an enclosure in a greenhouse."""
BULB_DAYS: Final = (6.0, 40.0)
BULBS: Final = ((0.88, 0.7, 1.3), (0.08, 0.55, 0.7), (0.04, 0.5, 0.5))
"""How often another bulb comes, and of which power: usual ones, weak ones, and one of half the power."""
COOLER_DAYS: Final = (4.0, 20.0)

_BULBS: Final = frozenset({Role.HEATER, Role.LIGHT, Role.UVB})


def drawn(config: Config, *, for_s: float, seed: int) -> list[Fault]:
    """The events and power cuts of `for_s` seconds of the life of `seed`, in their order."""
    return _Life(on_simulated_wires(config), for_s, f"{seed}/{config.node.id}/healthy").draw()


@dataclass(frozen=True, slots=True)
class _Step:
    """A step of the room, in seconds from the start."""

    at_s: float
    ends_s: float
    by_c: float


class _Life:
    """What is drawn for one configuration, on simulated wires. Each kind of thing has a chance of its own."""

    def __init__(self, config: Config, for_s: float, seed: str) -> None:
        self._config = config
        self._settings: PlantSettings = PlantSettings.model_validate(config.simulation)
        self._for_s = for_s
        self._seed = seed
        self._room = Room(self._settings.ambient, start_s=0.0)
        self._low_c, self._high_c = config.location.room_c
        self._steps: list[_Step] = []
        self._specs: list[tuple[float, str]] = []

    def draw(self) -> list[Fault]:
        """Everything, in its order."""
        self._weather()
        for day in range(ceil(self._for_s / DAY_S) + 1):
            midnight_s = day * DAY_S - HOUR_S * self._settings.ambient.start_hour
            self._temper(midnight_s, self._chance("heat", day))
            self._doors(midnight_s, self._chance("doors", day))
            self._power_cuts(midnight_s, self._chance("power", day))
            self._sun(midnight_s, self._chance("sun", day))
        self._bulbs()
        self._coolers()
        devices = device_kinds(self._config)
        return [parse(text, devices) for _, text in sorted(self._specs)]

    def _chance(self, *of: object) -> Random:
        return Random("/".join(map(str, (self._seed, *of))))  # noqa: S311 - no secret

    def _add(self, what: str, at_s: float, for_s: float) -> None:
        at_s = round(at_s)
        if BEFORE_S <= at_s < self._for_s:
            self._specs.append((at_s, f"{what}@{at_s}+{max(1, round(for_s))}"))

    # The room.

    def _weather(self) -> None:
        """Warm and cold spells, one after the other."""
        rng, at_s = self._chance("weather"), 0.0
        while at_s < self._for_s + DAY_S * max(SPELL_DAYS):
            at_s += DAY_S * rng.uniform(*CALM_DAYS)
            lasts_s = DAY_S * rng.uniform(*SPELL_DAYS)
            self._swing(at_s, lasts_s, rng.choice((-1.0, 1.0)) * rng.uniform(*SPELL_C), every_s=HOUR_S)
            at_s += lasts_s

    def _temper(self, midnight_s: float, rng: Random) -> None:
        """A hot afternoon, a cold night; or a window that stands open in it."""
        if rng.random() < HOT_AFTERNOONS:
            at_s, lasts_s = midnight_s + HOUR_S * rng.uniform(11.0, 14.0), HOUR_S * rng.uniform(3.0, 6.0)
            self._swing(at_s, lasts_s, rng.uniform(*HEAT_C), every_s=HOUR_S / 4.0)
        if rng.random() < COLD_NIGHTS:
            at_s, lasts_s = midnight_s + HOUR_S * rng.uniform(20.5, 24.0), HOUR_S * rng.uniform(3.0, 9.0)
            self._swing(at_s, lasts_s, -rng.uniform(*HEAT_C), every_s=rng.choice((0.0, HOUR_S / 4.0)))

    def _swing(self, at_s: float, lasts_s: float, by_c: float, *, every_s: float) -> None:
        """The room becomes by so much another, in one step or in several, and so back; it stays what it may be."""
        by_c = self._possible_c(at_s, at_s + lasts_s, by_c)
        count = ceil(abs(by_c) / STEP_C) if every_s else 1
        if abs(by_c) < SPARE_C or at_s < BEFORE_S:
            return
        for number in range(count):
            begun_s = round(at_s + number * every_s)
            ends_s = round(begun_s + lasts_s)
            share_c = round(by_c / count, 2)
            self._steps.append(_Step(begun_s, ends_s, share_c))
            self._add(f"room=step({share_c:g})", begun_s, ends_s - begun_s)

    def _possible_c(self, from_s: float, to_s: float, by_c: float) -> float:
        """So much of `by_c` as is possible in the room that is declared."""
        extremes = self._extremes_c(from_s, to_s + 4.0 * HOUR_S)
        if by_c > 0.0:
            return max(0.0, min(by_c, self._high_c - SPARE_C - extremes[1]))
        return min(0.0, max(by_c, self._low_c + SPARE_C - extremes[0]))

    def _extremes_c(self, from_s: float, to_s: float) -> tuple[float, float]:
        """How cold and how warm the room is in this time at most, with steps that begin and end within some minutes."""
        near = [step for step in self._steps if step.at_s <= to_s and from_s < step.ends_s + EDGES_S]
        lowest_c, highest_c = inf, -inf
        for look in range(ceil((to_s - from_s) / LOOK_S) + 1):
            at_s = from_s + look * LOOK_S
            usual_c = self._room.usual_c(at_s)
            cold_c = warm_c = 0.0
            for step in near:
                is_surely = step.at_s + EDGES_S <= at_s <= step.ends_s - LOOK_S
                if is_surely or step.at_s - LOOK_S <= at_s <= step.ends_s + EDGES_S:
                    cold_c += step.by_c if step.by_c < 0.0 or is_surely else 0.0
                    warm_c += step.by_c if step.by_c > 0.0 or is_surely else 0.0
            lowest_c, highest_c = min(lowest_c, usual_c + cold_c), max(highest_c, usual_c + warm_c)
        return lowest_c, highest_c

    def _sun(self, midnight_s: float, rng: Random) -> None:
        """Sun on the glass of all zones or of one, for a while or with a cloud in between."""
        if rng.random() >= SUNNY:
            return
        at_s, lasts_s = midnight_s + HOUR_S * rng.uniform(8.0, 16.0), 60.0 * rng.uniform(20.0, 180.0)
        zones = list(self._settings.zones)
        zone = rng.choice([*zones, None]) if len(zones) > 1 else None
        wanted = rng.uniform(80.0, 500.0)
        most = min(self._brightest(name, at_s, at_s + lasts_s) for name in ([zone] if zone else zones))
        target = "sun" if zone is None else f"sun.{zone}"
        pauses = rng.choice((0, 0, 1, 2))
        if (shines := int(min(wanted, most))) < 30:
            return
        for number in range(pauses + 1):
            part_s = lasts_s / (pauses + 1)
            self._add(f"{target}=on({shines})", at_s + number * part_s, 0.8 * part_s if pauses else part_s)

    def _brightest(self, zone: str, from_s: float, to_s: float) -> float:
        """The sun with which `zone` ends below where harm begins, without its heater."""
        settings = self._settings.zones[zone]
        harm_c = harms_c(self._config).get(zone, inf)
        if not settings.glass_m2 or harm_c == inf:
            return inf
        _, room_c = self._extremes_c(from_s, to_s)
        lamps_w = sum(self._heat_w(name) for name in self._lit(zone))
        left_c = harm_c - SPARE_OF_SUN_C - room_c - lamps_w / _loss_w_per_k(settings)
        return max(0.0, left_c) * _loss_w_per_k(settings) / settings.glass_m2 - self._settings.ambient.sun_w_per_m2

    def _lit(self, zone: str) -> Iterator[str]:
        first = next(iter(self._settings.zones))
        for name, device in self._config.devices.items():
            if device.role in (Role.LIGHT, Role.UVB) and (device.zone or first) == zone:
                yield name

    def _heat_w(self, name: str) -> float:
        role = self._config.devices[name].role
        return 0.0 if role is None else max(0.0, self._settings.load(name, role.value).heat_w)

    # What people do.

    def _doors(self, midnight_s: float, rng: Random) -> None:
        """Somebody opens the door to feed and to clean, and forgets it now and then."""
        if rng.random() < FEEDS:
            self._add("door=open", midnight_s + HOUR_S * rng.uniform(8.0, 12.0), rng.uniform(30.0, 120.0))
        if rng.random() < CLEANS:
            self._add("door=open", midnight_s + HOUR_S * rng.uniform(14.0, 18.0), 60.0 * rng.uniform(4.0, 10.0))
        if rng.random() < FORGETS:
            self._add("door=open", midnight_s + HOUR_S * rng.uniform(18.5, 20.5), 60.0 * rng.uniform(30.0, 75.0))

    def _bulbs(self) -> None:
        """Heaters and lamps get other bulbs: somewhat stronger, somewhat weaker, much weaker now and then."""
        for name, device in self._config.devices.items():
            if device.role in _BULBS and self._heat_w(name) > 0.0:
                rng = self._chance("bulb", name)
                at_s = round(DAY_S * rng.uniform(*BULB_DAYS) / 2.0)
                while at_s < self._for_s:
                    power, lasts_s = rng.uniform(*_bulb(rng)), round(DAY_S * rng.uniform(*BULB_DAYS))
                    self._add(f"{name}=power({power:.2f})", at_s, lasts_s)
                    at_s += lasts_s

    def _coolers(self) -> None:
        """Coolers are unplugged for half a day, and plugged in again."""
        for name, device in self._config.devices.items():
            if device.role is Role.COOLER:
                rng, at_s = self._chance("cooler", name), 0.0
                while at_s < self._for_s:
                    at_s += DAY_S * rng.uniform(*COOLER_DAYS)
                    lasts_s = HOUR_S * rng.uniform(0.5, 12.0)
                    self._add(f"{name}=power(0)", at_s, lasts_s)
                    at_s += lasts_s

    def _power_cuts(self, midnight_s: float, rng: Random) -> None:
        """An evening with one power cut or some, each of seconds to an hour."""
        if rng.random() >= CUTS:
            return
        at_s = midnight_s + HOUR_S * rng.uniform(17.0, 22.0)
        for _ in range(rng.choice((1, 1, 2, 4))):
            lasts_s = 2.0 * 1800.0 ** rng.random()
            self._add("computer=off", at_s, lasts_s)
            at_s += lasts_s + 60.0 * rng.uniform(2.0, 40.0)


def _bulb(rng: Random) -> tuple[float, float]:
    shares, *_ = zip(*BULBS, strict=True)
    _, low, high = rng.choices(BULBS, weights=shares)[0]
    return low, high


def _loss_w_per_k(zone: ZoneSettings) -> float:
    """What `zone` loses to the room in all, with its door closed."""
    return zone.loss_w_per_k + zone.air_changes_per_h * zone.volume_m3 / HOUR_S * AIR_J_PER_M3_K
