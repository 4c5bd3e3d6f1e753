"""Which faults a configuration is tried with, one by one; it must not run anything.

The kinds of faults come from the registries of the wires and of what is around them, so a new kind is tried without
a word here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from alimante.config.model import Config, Device, Role
from alimante.simulation.faults import AROUND, parse
from alimante.simulation.ledger import related
from alimante.simulation.stage import on_simulated_wires
from alimante.wiring import open_wires
from hardware.sim.faults import KINDS, BadFault
from hardware.sim.sabotage import Sabotage

ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "wrong": ("(-8)", "(8)"),
    "drift": ("(-3)", "(3)"),
    "delayed": ("(300)",),
    "slow": ("(4)",),
    "sentinel": ("", "(85)"),
    "lies": ("(0)", "(1)"),
    "step": ("(-2h)", "(1d)"),
    "pause": ("(10m)",),
}
"""What is tried of kinds that take a number; of others that need one it is 60, and else what they say themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One fault, without its time, while `output` is in `state`: "on", "off", or "" for as it is.

    `output` is the one that is concerned, or empty where the fault concerns none.
    """

    fault: str
    output: str = ""
    state: str = ""

    @property
    def target(self) -> str:
        """The device, or what else is broken."""
        return self.fault.partition("=")[0]

    @property
    def kind(self) -> str:
        """The kind of fault."""
        return self.fault.partition("=")[2].partition("(")[0]


def cases(config: Config) -> list[Case]:
    """Every fault that every part of `config` can have, in the order of the file."""
    found = [case for device in config.devices.values() for case in _of_device(config, device)]
    return found + list(_around(config))


def _of_device(config: Config, device: Device) -> Iterator[Case]:
    kinds = [name for name in KINDS if _can_have(config, device, name)]
    outputs = _concerned(config, device)
    for fault in (f"{device.id}={name}{argument}" for name in kinds for argument in _arguments(name)):
        for output in outputs:
            is_switched = output.id == device.id or output.role is Role.HEATER
            yield from _states(fault, output, ("on", "off") if is_switched else ("on",))
        if not outputs:
            yield Case(fault=fault)


def _around(config: Config) -> Iterator[Case]:
    heaters = [device for device in config.devices.values() if device.role is Role.HEATER]
    for target, kinds in AROUND.items():
        for name in kinds:
            for argument in _arguments(name, is_needed=kinds[name].argument is None):
                fault = f"{target}={name}{argument}"
                for heater in heaters:
                    yield from _states(fault, heater, ("on", "off"))
                if not heaters:
                    yield Case(fault=fault)


def _states(fault: str, output: Device, states: Iterable[str]) -> Iterator[Case]:
    for state in ("",) if output.role is Role.CUTOFF else states:  # nobody but the gate moves a safety relay
        yield Case(fault=fault, output=output.id, state=state)


def _arguments(name: str, *, is_needed: bool | None = None) -> tuple[str, ...]:
    if is_needed is None:
        is_needed = KINDS[name].argument is None
    return ARGUMENTS.get(name, ("(60)",) if is_needed else ("",))


def _can_have(config: Config, device: Device, kind: str) -> bool:
    """Whether the simulated hardware behind `device` can break so."""
    staged = on_simulated_wires(config)
    world = open_wires(staged, now=lambda: 0.0).world
    assert world is not None  # noqa: S101 # nosec B101 - all wires are simulated
    sabotage = Sabotage(world, now=lambda: 0.0, sleep=lambda name, seconds: None, seed=0)
    fault = parse(f"{device.id}={kind}{_arguments(kind)[0]}@1", device_kinds(config)).device
    assert fault is not None  # noqa: S101 # nosec B101 - it is one of a device
    try:
        sabotage.add(fault)
    except BadFault:
        return False
    return True


def _concerned(config: Config, device: Device) -> list[Device]:
    """The outputs that a fault of `device` concerns: itself, or what needs it or is moved by what reads it."""
    names = related(parse(f"{device.id}={_any_kind(device)}@1", device_kinds(config)), config)
    wanted = set(names)
    if device.spec.kind == "sensor":
        for controller in config.controllers.values():
            said = set(_texts(controller.model_dump()))
            said |= {config.references.get(text, text) for text in said}
            if said & names:
                wanted |= said
        return [other for other in config.devices.values() if other.spec.kind == "actuator" and other.id in wanted]
    return [device]


def _any_kind(device: Device) -> str:
    return "off" if device.spec.kind == "sensor" else "welded"


def _texts(value: Any) -> Iterator[str]:
    """All texts in plain JSON values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def device_kinds(config: Config) -> dict[str, str]:
    """ "sensor" or "actuator" of each device, as `faults.parse` takes it."""
    return {device.id: device.spec.kind for device in config.devices.values()}
