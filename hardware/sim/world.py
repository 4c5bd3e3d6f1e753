"""Joins the physics, the simulated wires and the chips on them; it must not import a driver or know a chip.

Chips come from modules of `hardware.sim.chips`, named like their drivers, or from other distributions through the
entry point group `alimante.chips`, whose objects are functions `attach(wire, params, place)`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from random import Random
from typing import Final, TypeAlias

from hardware.api import WireKind
from hardware.sim.detached import IN_ROOM
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
    """One device's place. Its noise is its own stream: other devices' draws do not move it.

    `distort(quantity, value)` is what its sensing element makes of the truth, `zone` is where it hangs unless it
    `is_in_room`, `is_still` takes its noise away and `is_inverted` lets it act the other way round: faults set them.
    """

    def __init__(self, plant: Plant, device_id: str, *, zone: str | None, seed: int, now: Callable[[], float]) -> None:
        self.distort: Callable[[str, float], float] | None = None
        self.is_still = False
        self.is_in_room = False
        self._is_inverted = False
        self._acted = 0.0
        self._plant = plant
        self._device_id = device_id
        self.home = self.zone = plant.zone_name(zone)
        """Where it belongs and where it is now."""
        self._now = now
        # A text seeds by its SHA-512, whatever PYTHONHASHSEED says.
        self._random = Random(f"{seed}/{device_id}")  # noqa: S311 - noise, not secrets

    def sense(self, quantity: str) -> float:
        """See `Place`."""
        value = self.truth(quantity)
        return value if self.distort is None else self.distort(quantity, value)

    def truth(self, quantity: str) -> float:
        """The same for a sensing element that is in order."""
        return self._plant.sense(self.zone, IN_ROOM.get(quantity, quantity) if self.is_in_room else quantity)

    def act(self, fraction: float) -> None:
        """See `Place`."""
        self._acted = fraction
        self._plant.act(self._device_id, 1.0 - fraction if self._is_inverted else fraction)

    @property
    def is_inverted(self) -> bool:
        """Whether it does the opposite of what its wire says."""
        return self._is_inverted

    @is_inverted.setter
    def is_inverted(self, is_inverted: bool) -> None:
        self._is_inverted = is_inverted
        self.act(self._acted)

    def noise(self, sigma: float) -> float:
        """See `Place`."""
        noise = self._random.normalvariate(0.0, sigma)
        return 0.0 if self.is_still else noise

    def now_s(self) -> float:
        """See `Place`."""
        return self._now()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounted:
    """A device with what it hangs on; `folder` is that of a chip in the kernel's tree, else empty.

    `quantities` are those that it measures, as `hardware.api.Channel` names them; none of an actuator.
    """

    place: Mount
    wire: SimWire
    params: Params
    folder: str
    quantities: frozenset[str]


class World:
    """One simulated enclosure with everything that is wired to it.

    `now` is the monotonic time in seconds; `seed` stands in for the one of the settings.
    """

    def __init__(self, settings: PlantSettings, *, now: Callable[[], float], seed: int | None = None) -> None:
        self.plant = Plant(settings, now=now)
        self.mounts: dict[str, Mounted] = {}
        """Where each device is, by its id."""
        self._now = now
        self._seed = settings.seed if seed is None else seed
        self._wires: dict[str, SimWire] = {}
        self._lines: list[SimGpio] = []

    def wire(self, name: str, kind: WireKind) -> SimWire:
        """The simulated wire called `name`, made at the first call; `ValueError` when it is of another kind."""
        made = _WIRES[kind]
        if name not in self._wires:
            self._wires[name] = made()
            self._lines = [wire for wire in self._wires.values() if isinstance(wire, SimGpio)]
        wire = self._wires[name]
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
        is_ambient: bool = False,
        quantities: Iterable[str] = (),
    ) -> None:
        """Put the far side of `driver` onto `wire` and into `zone`; None is the first zone.

        `quantities` are those of a sensor's channels: what can become of where it hangs depends on them. One that
        `is_ambient` hangs in the room.

        A device that acts needs a `role` (a key of `hardware.sim.settings.ROLES`). A role "cutoff" without a zone cuts
        off the heaters of all zones. Raises `NoSimulatedChip`, `UnknownZone`, `UnknownRole`, and `ValueError` for an
        actuator that is mounted already.
        """
        attach = _chip(driver)
        place = Mount(self.plant, device_id, zone=zone, seed=self._seed, now=self._now)
        place.is_in_room = is_ambient
        if role is not None:
            self.plant.add_load(device_id, role=role, zone=zone)
        tree = wire if isinstance(wire, SimSysfs) else None
        folder = str(params.get("address", "")) if tree else ""
        before = tree.list() if tree and not folder else []
        attach(wire, params, place)
        if tree and not folder:
            folder = next((name for name in tree.list() if name not in before), "")
        self.mounts[device_id] = Mounted(
            place=place, wire=wire, params=params, folder=folder, quantities=frozenset(quantities)
        )

    @property
    def is_watched(self) -> bool:
        """Whether something on an input line, such as a float switch, has to look at the physics now and then."""
        return any(lines.has_steppers for lines in self._lines)

    def step(self) -> None:
        """Let what watches the physics look at it; the physics themselves catch up whenever somebody looks."""
        for lines in self._lines:
            lines.step()


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
