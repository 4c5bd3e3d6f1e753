"""Joins the physics, the simulated wires and the chips on them; it must not import a driver or know a chip.

Chips come from modules of `hardware.sim.chips`, named like their drivers, or from other distributions through the
entry point group `alimante.chips`, whose objects are functions `attach(wire, params, place)`.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from random import Random
from typing import Final, TypeAlias

from hardware.api import WireKind
from hardware.sim.gpio import SimGpio
from hardware.sim.i2c import SimI2c
from hardware.sim.place import Params, Place
from hardware.sim.plant import Plant
from hardware.sim.settings import PlantSettings
from hardware.sim.sysfs import SimSysfs

ENTRY_POINT_GROUP: Final = "alimante.chips"

SimWire: TypeAlias = SimGpio | SimI2c | SimSysfs
Attach: TypeAlias = Callable[[SimWire, Params, Place], None]


class NoSimulatedChip(LookupError):
    """The driver has no simulated far side, so its device cannot hang on a simulated wire."""


class Mount(Place):
    """One device's place. Its noise is its own stream: other devices' draws do not move it."""

    def __init__(self, plant: Plant, device_id: str, *, zone: str | None, seed: int, now: Callable[[], float]) -> None:
        self._plant = plant
        self._device_id = device_id
        self._zone = plant.zone_name(zone)
        self._now = now
        # A text seeds by its SHA-512, whatever PYTHONHASHSEED says.
        self._random = Random(f"{seed}/{device_id}")  # noqa: S311 - noise, not secrets

    def sense(self, quantity: str) -> float:
        """See `Place`."""
        return self._plant.sense(self._zone, quantity)

    def act(self, fraction: float) -> None:
        """See `Place`."""
        self._plant.act(self._device_id, fraction)

    def noise(self, sigma: float) -> float:
        """See `Place`."""
        return self._random.normalvariate(0.0, sigma)

    def now_s(self) -> float:
        """See `Place`."""
        return self._now()


class World:
    """One simulated enclosure with everything that is wired to it.

    `now` is the monotonic time in seconds; `seed` stands in for the one of the settings.
    """

    def __init__(self, settings: PlantSettings, *, now: Callable[[], float], seed: int | None = None) -> None:
        self.plant = Plant(settings, now=now)
        self._now = now
        self._seed = settings.seed if seed is None else seed
        self._wires: dict[str, SimWire] = {}

    def wire(self, name: str, kind: WireKind) -> SimWire:
        """The simulated wire called `name`, made at the first call; `ValueError` when it is of another kind."""
        made = _WIRES[kind]
        wire = self._wires.setdefault(name, made())
        if not isinstance(wire, made):
            raise ValueError(f"the simulated wire {name!r} is a {type(wire).__name__} and cannot be of kind {kind}")
        return wire

    def mount(
        self,
        device_id: str,
        driver: str,
        *,
        wire: SimWire,
        params: Params,
        zone: str | None = None,
        role: str | None = None,
    ) -> None:
        """Put the far side of `driver` onto `wire` and into `zone`; None is the first zone.

        A device that acts needs a `role` (a key of `hardware.sim.settings.ROLES`). A role "cutoff" without a zone cuts
        off the heaters of all zones. Raises `NoSimulatedChip`, `UnknownZone`, `UnknownRole`, and `ValueError` for an
        actuator that is mounted already.
        """
        attach = _chip(driver)
        place = Mount(self.plant, device_id, zone=zone, seed=self._seed, now=self._now)
        if role is not None:
            self.plant.add_load(device_id, role=role, zone=zone)
        attach(wire, params, place)

    def step(self) -> None:
        """Let the physics and what watches it (a float switch on an input line) catch up with the clock."""
        self.plant.advance()
        for wire in tuple(self._wires.values()):
            if isinstance(wire, SimGpio):
                wire.step()


_WIRES: Final[dict[WireKind, type[SimWire]]] = {
    WireKind.GPIO: SimGpio,
    WireKind.I2C: SimI2c,
    WireKind.ONEWIRE: SimSysfs,
    WireKind.IIO: SimSysfs,
    WireKind.HWMON: SimSysfs,
    WireKind.PWM: SimSysfs,
}


def _chip(driver: str) -> Attach:
    if driver.isidentifier() and find_spec(f"hardware.sim.chips.{driver}") is not None:
        built_in: Attach = import_module(f"hardware.sim.chips.{driver}").attach
        return built_in
    for point in entry_points(group=ENTRY_POINT_GROUP, name=driver):
        try:
            third_party: Attach = point.load()
        except (ImportError, AttributeError) as error:
            raise NoSimulatedChip(f"the simulated chip of driver {driver!r} cannot be loaded: {error}") from error
        return third_party
    raise NoSimulatedChip(f"driver {driver!r} has no simulated chip; its wire needs a real backend")
