"""Breaks what hangs on simulated wires and repairs it again, as faults say; it must not know what anybody makes of it.

A sensor is broken in what it says or in whether its wire brings it; an actuator in what it does or in its line. All
randomness comes from the seed.
"""

from collections import Counter, deque
from collections.abc import Callable
from math import isfinite
from os import strerror
from random import Random
from typing import Any, Final

from hardware.errors import NoAnswer, from_oserror
from hardware.sim.detached import IN_ROOM, Detached
from hardware.sim.faults import BadFault, Fault
from hardware.sim.gpio import SimGpio
from hardware.sim.i2c import SimI2c
from hardware.sim.place import Meddle
from hardware.sim.sysfs import SimSysfs
from hardware.sim.world import Mounted, World

Undo = Callable[[], None]
Distort = Callable[[str, float], float]
"""What a sensor makes of the true value of something."""
Sleep = Callable[[str, float], None]
"""Let a device's wire be busy for so many seconds, perhaps for ever."""

_SAYS: Final = ("stuck", "wrong", "drift", "garbage", "delayed")
_HANGS: Final = ("detached", "exchanged")
_ANSWERS: Final = ("off", "intermittent", "raise", "hang", "slow", "sentinel")
_OF_SENSORS: Final = frozenset((*_SAYS, *_HANGS, *_ANSWERS))


class Sabotage:
    """The faults of one world. `now` is the monotonic time in seconds; times of faults count from now on."""

    def __init__(self, world: World, *, now: Callable[[], float], sleep: Sleep, seed: int) -> None:
        self._world = world
        self._now = now
        self._sleep = sleep
        self._seed = seed
        self._begun_s = now()
        self._waiting: list[Fault] = []
        self._active: list[tuple[float, Undo]] = []
        self._counts: Counter[str] = Counter()
        self._exchanged: list[tuple[str, str]] = []

    def add(self, fault: Fault) -> None:
        """Let `fault` begin and end at its time, as far as `step` is called. Raises `BadFault`."""
        self._check(fault)
        self._waiting.append(fault)

    def step(self) -> None:
        """Begin and end what is due."""
        now_s = self._now()
        for end_s, undo in [each for each in self._active if each[0] <= now_s]:
            self._active.remove((end_s, undo))
            undo()
        for fault in [each for each in self._waiting if self._begun_s + each.at_s <= now_s]:
            self._waiting.remove(fault)
            self._active.append((self._begun_s + fault.at_s + fault.for_s, self.begin(fault)))

    def begin(self, fault: Fault) -> Undo:
        """Break it at once and return how to repair it. Raises `BadFault`. One fault at a time for each device."""
        mount = self._check(fault)
        self._counts[fault.device] += 1  # of its own: another device's faults must not change its noise
        random = Random(f"{self._seed}/{fault.device}/{self._counts[fault.device]}")  # noqa: S311 - noise, not secrets
        if fault.kind in _SAYS:
            return _say(mount, fault, _distortion(fault, now=self._now, random=random))
        if fault.kind == "detached":
            return self._detach(mount, fault)
        if fault.kind == "exchanged":
            return self._exchange(fault.device, fault.other)
        if fault.kind in _ANSWERS:
            return _meddle(mount, self._answering(fault, random))
        return self._act(mount, fault)

    def _check(self, fault: Fault) -> Mounted:
        mount, is_load = self._world.mounts.get(fault.device), fault.device in self._world.plant.loads
        if mount is None:
            raise BadFault(f"there is no simulated device {fault.device!r}; there are {', '.join(self._world.mounts)}")
        if is_load is (fault.kind in _OF_SENSORS):
            what = "an actuator" if is_load else "a sensor"
            raise BadFault(f"{fault.device} is {what}, which cannot have the fault {fault.kind}")
        is_of_line = fault.kind in ("write_fails", "lies")
        if (is_of_line and not isinstance(mount.wire, SimGpio)) or (
            fault.kind in _ANSWERS and isinstance(mount.wire, SimGpio)
        ):
            raise BadFault(f"{fault.device} hangs on a wire that does not know the fault {fault.kind}")
        if fault.kind == "power" and not self._world.plant.loads[fault.device].has_effect:
            raise BadFault(f"{fault.device} does nothing to its surroundings that could be more or less")
        if fault.kind == "detached" and not _felt(mount, fault):
            raise BadFault(f"{fault.device} measures nothing that would be another in the room")
        if fault.kind == "exchanged":
            self._check_other(mount, fault)
        return mount

    def _check_other(self, mount: Mounted, fault: Fault) -> None:
        """Whether `fault.other` can hang where `mount` belongs, and the other way round."""
        other = self._world.mounts.get(fault.other)
        if other is None or other is mount:
            raise BadFault(f"there is no other simulated device {fault.other!r} to be exchanged with {fault.device}")
        if not mount.quantities & other.quantities:
            what = " or ".join(sorted(mount.quantities)) or "anything"
            raise BadFault(f"{fault.device} cannot be exchanged with {fault.other}, which does not measure {what}")

    def _detach(self, mount: Mounted, fault: Fault) -> Undo:
        """Let a sensor fall out of its zone."""
        fallen = Detached(_felt(mount, fault), lag_s=fault.argument, look=mount.place.truth, now=self._now)
        mount.place.distort = fallen.feel
        return fallen.put_back

    def _exchange(self, one: str, other: str) -> Undo:
        """Let two sensors hang each where the other is."""
        pair = (one, other)
        self._exchanged.append(pair)
        self._hang()

        def undo() -> None:
            self._exchanged.remove(pair)
            self._hang()

        return undo

    def _hang(self) -> None:
        """Exchange from the beginning: of several exchanges any may be undone first."""
        mounts = self._world.mounts
        zones = {name: mount.place.home for name, mount in mounts.items()}
        for one, other in self._exchanged:
            zones[one], zones[other] = zones[other], zones[one]
        for name, zone in zones.items():
            mounts[name].place.zone = zone

    def _answering(self, fault: Fault, random: Random) -> Meddle:
        """What becomes of a question to a sensor."""

        def meddle(what: str, ask: Callable[[], Any]) -> Any:
            if not _is_meant(what, fault.quantity):
                return ask()
            match fault.kind:
                case "intermittent" if random.random() >= fault.argument:
                    return ask()
                case "off" | "intermittent":
                    raise NoAnswer(f"{fault.device} does not answer")
                case "raise":
                    number = int(fault.argument)
                    raise from_oserror(OSError(number, strerror(number)), fault.device)
                case "sentinel":
                    return _raw(what, fault.argument)
            self._sleep(fault.device, fault.argument)
            return ask()

        return meddle

    def _act(self, mount: Mounted, fault: Fault) -> Undo:
        """Break an actuator."""
        load = self._world.plant.loads[fault.device]
        match fault.kind:
            case "welded" | "burnt_out":
                load.stuck = float(fault.kind == "welded")
                return lambda: setattr(load, "stuck", None)
            case "power":
                load.power = fault.argument
                return lambda: setattr(load, "power", 1.0)
            case "inverted":
                mount.place.is_inverted = True
                return lambda: setattr(mount.place, "is_inverted", False)
            case "lies":
                level = bool(fault.argument) == mount.params["active_high"]
                return _meddle(mount, lambda what, ask: level if what == "read" else ask())
        return _hold(mount, fault)


def _felt(mount: Mounted, fault: Fault) -> frozenset[str]:
    """What of a sensor's quantities the room has of its own, as far as `fault` means them."""
    return frozenset(what for what in mount.quantities & IN_ROOM.keys() if fault.quantity in ("", what))


def _hold(mount: Mounted, fault: Fault) -> Undo:
    """The relay stays as it is, whoever writes to its line or claims it."""
    wire, pin, number = mount.wire, mount.params["pin"], int(fault.argument)
    assert isinstance(wire, SimGpio)  # noqa: S101 # nosec B101 - it was checked

    def refuse(what: str, ask: Callable[[], Any]) -> Any:
        if what == "read":
            return ask()
        raise from_oserror(OSError(number, strerror(number)), f"GPIO {pin}")

    wire.drive(pin, wire.level(pin))
    wire.meddle(pin, refuse)

    def undo() -> None:
        wire.meddle(pin, None)
        wire.drive(pin, None)

    return undo


def _say(mount: Mounted, fault: Fault, distort: Distort) -> Undo:
    """Let a sensor say something else than what is so."""
    if isinstance(mount.wire, SimSysfs):

        def meddle(what: str, ask: Callable[[], Any]) -> Any:
            text = ask()
            if not _is_meant(what, fault.quantity):
                return text
            return f"{round(1000.0 * distort(what, int(text) / 1000.0))}\n"

        return _meddle(mount, meddle)
    place = mount.place
    place.is_still = fault.kind == "stuck"
    place.distort = lambda quantity, value: distort(quantity, value) if fault.quantity in ("", quantity) else value

    def undo() -> None:
        place.is_still, place.distort = False, None

    return undo


def _distortion(fault: Fault, *, now: Callable[[], float], random: Random) -> Distort:
    begun_s, amount = now(), fault.argument
    first: dict[str, float] = {}
    past: dict[str, deque[tuple[float, float]]] = {}

    def delayed(what: str, value: float) -> float:
        values = past.setdefault(what, deque())
        values.append((now(), value))
        while len(values) > 1 and values[1][0] <= now() - amount:
            values.popleft()
        return values[0][1]

    def distort(what: str, value: float) -> float:
        match fault.kind:
            case "stuck":
                return first.setdefault(what, value)
            case "delayed":
                return delayed(what, value)
            case "drift":
                return value + amount * (now() - begun_s) / 3600.0
            case "garbage":
                return value + random.gauss(0.0, amount)
        return value + amount

    return distort


def _meddle(mount: Mounted, meddle: Meddle) -> Undo:
    """Put `meddle` between a device and its driver; returns the undo."""
    wire = mount.wire
    if isinstance(wire, SimSysfs):
        wire.meddle(mount.folder, meddle)
        return lambda: wire.meddle(mount.folder, None)
    if isinstance(wire, SimI2c):
        wire.meddle(mount.params["address"], meddle)
        return lambda: wire.meddle(mount.params["address"], None)
    wire.meddle(mount.params["pin"], meddle)
    return lambda: wire.meddle(mount.params["pin"], None)


def _is_meant(what: str, quantity: str) -> bool:
    """Whether a question is one for a measured value of `quantity`; the kernel abbreviates those in file names."""
    if what == "read":
        return True
    name = what.rsplit("/", 1)[-1]
    return quantity[:4] in name if quantity else name == "temperature" or name.endswith("_input")


def _raw(what: str, number: float) -> str | bytes:
    """An answer in the wire's own form."""
    if what == "read":
        return bytes([int(number) & 0xFF if isfinite(number) else 0xFF]) * 32
    return f"{round(1000.0 * number)}\n" if isfinite(number) else "\n"
