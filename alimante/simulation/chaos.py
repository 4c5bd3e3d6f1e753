"""Draws faults by chance for a whole run, so that each must be survived by itself; it must not act."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from alimante.config.model import Config
from alimante.simulation.faults import AROUND, Fault, parse
from alimante.wiring import open_wires
from hardware.sim.faults import BadFault
from hardware.sim.sabotage import Sabotage

EXCHANGED: Final = "exchanged"
"""With another sensor, which chance draws, too."""
SENSOR: Final = (
    "off",
    "stuck",
    "garbage(5)",
    "wrong(3)",
    "wrong(-3)",
    "intermittent",
    "hang",
    "delayed(300)",
    "detached",
    EXCHANGED,
)
ACTUATOR: Final = ("welded", "burnt_out", "write_fails")
WIRE: Final = ("dead", "wedged", "flaky")
ELSEWHERE: Final = (
    "broker=down",
    "clock=step(-2h)",
    "clock=step(1d)",
    "clock=drift(5%)",
    "clock=unsynced",
    "disk=full",
    "disk=readonly",
    "disk=failing",
    "disk=slow",
    "broker=refuses",
    "config=broken",
    "config=blind",
    "config=crashes",
    "people=command",
    "process=restart",
    "process=crash",
    "process=hang",
    "process=pause(10m)",
    "process=leak(30)",
    "computer=reboot",
    "computer=off",
)
SHARE: Final = 8
EVERY_S: Final = 6 * 3600.0
"""About eight faults in a run, but no more than one in six hours of a long one: time to see what becomes of each."""
REST_S: Final = 1800.0
PROVEN_S: Final = 600.0
"""By then the configuration has proved itself. Before, there is nothing to go back to from another one."""

_OWN: Final[Mapping[str, tuple[str, ...]]] = {"sensor": SENSOR, "actuator": ACTUATOR, "wire": WIRE}

CanBe = Callable[[Fault], bool]


def draw(rng: Random, devices: Mapping[str, str], *, for_s: float, can_be: CanBe = lambda fault: True) -> list[Fault]:
    """Faults for `for_s` seconds, one after the other; `devices` as for `parse`, `can_be` says what can break so."""
    drawn: list[Fault] = []
    every_s = min(for_s / SHARE, EVERY_S)
    at_s = min(REST_S, every_s) + rng.random() * every_s
    while at_s < for_s:
        lasts_s = 60.0 * 2.0 ** rng.uniform(0.0, 6.0)
        fault = parse(f"{_kind(rng, devices)}@{round(at_s)}", devices)
        if not is_momentary(fault):
            fault = parse(f"{fault.spec}+{round(lasts_s)}", devices)
        is_early = fault.target == "config" and not fault.is_of_wire and at_s < PROVEN_S
        if can_be(fault) and not is_early:
            drawn.append(fault)
        at_s += lasts_s + REST_S + rng.random() * every_s
    return drawn


def possible(config: Config) -> CanBe:
    """Says of a fault whether the devices of `config`, on simulated wires, can have it. Raises `CannotBuild`.

    Two sensors of one zone are not exchanged: nothing would come of it.
    """
    world = open_wires(config, now=lambda: 0.0).world
    if world is None:
        return lambda fault: fault.device is None
    sabotage = Sabotage(world, now=lambda: 0.0, sleep=lambda name, s: None, seed=0)

    def can_be(fault: Fault) -> bool:
        if fault.device is None:
            return True
        try:
            sabotage.add(fault.device)
        except BadFault:
            return False
        return fault.kind != EXCHANGED or len({world.mounts[name].place.home for name in fault.targets}) == 2

    return can_be


def _kind(rng: Random, devices: Mapping[str, str]) -> str:
    target = rng.choice([*devices, *AROUND])
    if target not in devices:
        return rng.choice(ELSEWHERE)
    kind, others = rng.choice(_OWN[devices[target]]), _others(target, devices)
    if kind != EXCHANGED:
        return f"{target}={kind}"
    return f"{target}={kind}({rng.choice(others)})" if others else f"{target}={SENSOR[0]}"


def everything(devices: Mapping[str, str], *, can_be: CanBe = lambda fault: True) -> list[str]:
    """Every kind of fault that chance may draw, without its time, as far as `can_be` says that it is possible.

    Every sensor is exchanged with one other, see `exchanges`.
    """
    own = [f"{id_}={kind}" for id_, is_a in devices.items() for kind in _OWN[is_a] if kind != EXCHANGED]
    possible = [what for what in (*own, *ELSEWHERE) if can_be(parse(f"{what}@1", devices))]
    return [*possible, *exchanges(devices, can_be=can_be)]


def exchanges(devices: Mapping[str, str], *, can_be: CanBe = lambda fault: True) -> list[str]:
    """One exchange of each sensor, with the first other that it is possible with; the same two are not there twice."""
    found: dict[frozenset[str], str] = {}
    for sensor in (name for name, kind in devices.items() if kind == "sensor"):
        faults = (parse(f"{sensor}={EXCHANGED}({other})@1", devices) for other in _others(sensor, devices))
        first = next(filter(can_be, faults), None)
        if first is not None:
            found.setdefault(first.targets, first.spec.partition("@")[0])
    return list(found.values())


def _others(sensor: str, devices: Mapping[str, str]) -> list[str]:
    return [name for name, kind in devices.items() if kind == "sensor" and name != sensor]


def is_momentary(fault: Fault) -> bool:
    """Whether it happens and is over."""
    return fault.for_s == 0.0
