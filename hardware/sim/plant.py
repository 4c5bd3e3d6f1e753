"""The simulated terrarium in time: what actuators do becomes what sensors see; it must not know wires or chips.

Integration is lazy: nothing runs until somebody looks or acts, and then everything up to that moment is caught up in
substeps of at most half a minute. All inputs are constant between two acts, so the answer hardly depends on how often
one looks. One lock covers all of it: the workers of several wires look at the same time.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import RLock
from types import MappingProxyType
from typing import Final

from hardware.sim.enclosure import Enclosure
from hardware.sim.load import Load
from hardware.sim.settings import ROLES, PlantSettings
from hardware.sim.truth import Truth
from hardware.sim.zone import Zone


class UnknownZone(LookupError):
    """The enclosure has no zone of this name."""


class UnknownRole(LookupError):
    """No actuator plays this role."""


class Plant:
    """The enclosure on a clock.

    `now` is the monotonic time in seconds; it may stand still but not go back. `button_pressed` and `soc_rise_c` (how
    much warmer the computer's chip is than the room) are plain attributes for the outside to set.
    """

    def __init__(self, settings: PlantSettings, *, now: Callable[[], float]) -> None:
        self.settings = settings
        self.button_pressed = False
        self.soc_rise_c = settings.soc_rise_c
        self._now = now
        self._lock = RLock()
        self._at_s = now()
        self._enclosure = Enclosure(settings, start_s=self._at_s)
        self._loads: dict[str, Load] = {}

    def zone_name(self, zone: str | None) -> str:
        """`zone`, or the first one for None; raises `UnknownZone` naming those that there are."""
        zones = self.settings.zones
        if zone is None:
            return next(iter(zones))
        if zone not in zones:
            raise UnknownZone(f"the simulated enclosure has no zone {zone!r}; it has {', '.join(zones)}")
        return zone

    def add_load(self, device_id: str, *, role: str, zone: str | None = None) -> Load:
        """Put an actuator into `zone`, switched off; None is the first zone, and for a cutoff all of them.

        Raises `UnknownZone`, `UnknownRole`, and `ValueError` when there is such a load already.
        """
        if role not in ROLES:
            raise UnknownRole(f"no simulated actuator plays the role {role!r}; known are {', '.join(ROLES)}")
        if device_id in self._loads:
            raise ValueError(f"the load {device_id!r} stands in the simulated enclosure already")
        place = None if role == "cutoff" and zone is None else self.zone_name(zone)
        full = self.settings.load(device_id, role)
        with self._changing():
            load = Load(full, role=role, zone=place, at_s=self._at_s, lock=self._lock, changed=self._load_changed)
            self._loads[device_id] = load
            self._enclosure.add(load)
        return load

    @property
    def loads(self) -> Mapping[str, Load]:
        """The actuators by device id; setting one's `stuck` breaks it."""
        return MappingProxyType(self._loads)

    def act(self, load: str, fraction: float) -> None:
        """Let a load do `fraction` of its full power from now on; raises `KeyError`, and `ValueError` beyond 0 to 1."""
        self._loads[load].commanded = fraction

    @property
    def door_open(self) -> bool:
        """Whether the front stands open: then the room's air comes in."""
        return self._enclosure.door_open

    @door_open.setter
    def door_open(self, is_open: bool) -> None:
        with self._changing():
            self._enclosure.door_open = is_open

    def step_room(self, by_c: float) -> Callable[[], None]:
        """From now on the room is warmer by so much, or colder, with soft edges; returns what ends that."""
        with self._changing():
            step = self._enclosure.room.step(by_c)

        def end() -> None:
            with self._changing():
                step.end(self._at_s)

        return end

    def shine(self, w_per_m2: float, zone: str | None = None) -> Callable[[], None]:
        """From now on the sun shines on the glass of `zone`, None is all of them; returns what ends that.

        `w_per_m2` comes on top of what shines already. Raises `UnknownZone`.
        """
        names = list(self.settings.zones) if zone is None else [self.zone_name(zone)]

        def add(more_w_per_m2: float) -> None:
            with self._changing():
                for name in names:
                    self._enclosure.zones[name].shine_w_per_m2 += more_w_per_m2

        add(w_per_m2)
        return lambda: add(-w_per_m2)

    @property
    def tank_ml(self) -> float:
        """The water in the tank; set it to refill or to empty it (`ValueError` for less than nothing)."""
        with self._lock:
            self._advance()
            return self._enclosure.tank_ml

    @tank_ml.setter
    def tank_ml(self, volume_ml: float) -> None:
        if not volume_ml >= 0.0:
            raise ValueError(f"a tank cannot hold {volume_ml} ml")
        with self._changing():
            self._enclosure.tank_ml = volume_ml

    def sense(self, zone: str, quantity: str) -> float:
        """The true value of `quantity` in `zone` now, in the unit that `QUANTITIES` says.

        Raises `KeyError` when there is no such zone or quantity.
        """
        look = QUANTITIES[quantity]
        with self._lock:
            if not self._stands_still(quantity):
                self._advance()
            return look(self, self._enclosure, self._enclosure.zones[zone])

    def last_c(self, zone: str) -> float:
        """The temperature of `zone` when anybody last looked, in °C: nothing is caught up, nothing becomes another."""
        return self._enclosure.zones[zone].temperature_c

    def advance(self) -> None:
        """Catch up with the clock."""
        with self._lock:
            self._advance()

    def truth(self) -> Truth:
        """Everything, at this moment."""
        with self._lock:
            self._advance()
            enclosure = self._enclosure
            enclosure.settle(self._at_s)
            return Truth(
                at_s=self._at_s,
                ambient_c=enclosure.room.temperature_c,
                tank_ml=enclosure.tank_ml,
                door_open=enclosure.door_open,
                zones={name: enclosure.truth(zone) for name, zone in enclosure.zones.items()},
                loads={device_id: load.truth() for device_id, load in self._loads.items()},
            )

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Around a change that any load may feel: what was so far counts until it, and no more after it."""
        with self._lock:
            self._advance()
            yield
            self._enclosure.renew(self._at_s)

    def _load_changed(self, load: Load) -> None:
        """One load was told something else, or broke. Where no zone feels it there is nothing to catch up with."""
        if load.is_inert:
            self._enclosure.renew_load(load, self._now())
        else:
            self._advance()
            self._enclosure.renew_load(load, self._at_s)

    def _stands_still(self, quantity: str) -> bool:
        """Whether time alone does not change it, so that there is nothing to catch up with."""
        return quantity in _BY_HAND or (quantity in _OF_TANK and not self._enclosure.is_watering)

    def _advance(self) -> None:
        now_s = self._now()
        if now_s > self._at_s:
            self._enclosure.run(self._at_s, now_s)
            self._at_s = now_s


QUANTITIES: Final[Mapping[str, Callable[[Plant, Enclosure, Zone], float]]] = {
    "temperature": lambda plant, box, zone: zone.temperature_c,  # °C
    "humidity": lambda plant, box, zone: zone.humidity_pct,  # %, relative
    "light": lambda plant, box, zone: box.light_lux(zone),  # lx
    "pressure": lambda plant, box, zone: box.room.pressure_hpa,  # hPa
    "air_quality": lambda plant, box, zone: zone.co2_ppm,  # ppm of CO2
    "soil": lambda plant, box, zone: zone.soil_pct,  # % of the water that the soil can hold
    "level_ok": lambda plant, box, zone: float(box.tank_ml > box.settings.float_ml),  # 1 is above the float
    "tank": lambda plant, box, zone: box.tank_ml,  # ml
    "contact": lambda plant, box, zone: float(not box.door_open),  # 1 is a closed door
    "door_open": lambda plant, box, zone: float(box.door_open),
    "button_pressed": lambda plant, box, zone: float(plant.button_pressed),
    "soc_temperature": lambda plant, box, zone: box.room.temperature_c + plant.soc_rise_c,  # °C
    "ambient_temperature": lambda plant, box, zone: box.room.temperature_c,  # °C
    "ambient_humidity": lambda plant, box, zone: box.room.humidity_pct,  # %, relative
}

_BY_HAND: Final = frozenset({"contact", "door_open", "button_pressed"})
_OF_TANK: Final = frozenset({"level_ok", "tank"})
