"""Which faults a configuration is tried with, one by one; it must not run anything.

The kinds of faults come from the registries of the wires and of what is around them, so a new kind is tried without
a word here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from alimante.config.model import Config, Device, Role
from alimante.simulation import chaos
from alimante.simulation.faults import AROUND, OF_WIRES, device_kinds, parse
from alimante.simulation.ledger import related
from alimante.simulation.stage import on_simulated_wires
from hardware.sim.faults import KINDS

ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "wrong": ("(-8)", "(8)"),
    "drift": ("(-3)", "(3)"),
    "delayed": ("(300)",),
    "slow": ("(4)",),
    "sentinel": ("", "(85)"),
    "lies": ("(0)", "(1)"),
    "clock=step": ("(-2h)", "(1d)"),
    "process=pause": ("(10m)",),
}
"""What is tried of faults that take a number; of others that need one it is what they say themselves, or else 60."""
OF_THERMOMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "wrong": ("(-4)", "(-10)", "(-25)", "(8)"),
    "drift": ("(-0.5)", "(-2)", "(-6)", "(3)"),
}
"""The same of what measures a temperature: one that says too little makes its heater go on, so three sizes of it."""
AT_ONCE: Final = ("wrong(-10)", "detached")
"""What befalls all thermometers of a heater at the same moment."""
AND: Final = " & "
"""Stands between the faults of a case that has several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One fault, or several at the same moment, without their time.

    `output` is the one that is concerned, in `state` "on", "off", or "" for as it is; empty where none is.
    """

    fault: str
    output: str = ""
    state: str = ""

    @property
    def faults(self) -> list[str]:
        """Each fault by itself."""
        return self.fault.split(AND)

    @property
    def target(self) -> str:
        """The device, or what else is broken; the first of several."""
        return self.fault.partition("=")[0]

    @property
    def kind(self) -> str:
        """The kind of fault; of several at once they are all the same."""
        return self.faults[0].partition("=")[2].partition("(")[0]


def cases(config: Config) -> list[Case]:
    """Every fault that every part of `config` can have, in the order of the file."""
    found = [case for device in config.devices.values() for case in _of_device(config, device)]
    buses = [name for name, kind in device_kinds(config).items() if kind == "wire"]
    of_wires = (case for name in buses for case in _of_wire(config, name))
    return [*found, *_exchanged(config), *_at_once(config), *of_wires, *_around(config)]


def _of_device(config: Config, device: Device) -> Iterator[Case]:
    faults = [name for name, kind in KINDS.items() if not (kind.names_device or kind.is_event)]
    kinds = [name for name in faults if _can_have(config, device, name)]
    outputs = _concerned(config, device)
    for fault in (f"{device.id}={name}{argument}" for name in kinds for argument in _arguments(name, device)):
        yield from _with_each(fault, outputs, device.id)


def _exchanged(config: Config) -> Iterator[Case]:
    """Each sensor with one of another zone."""
    can_be, devices = chaos.possible(on_simulated_wires(config)), device_kinds(config)
    for fault in chaos.exchanges(devices, can_be=can_be):
        both = sorted(parse(f"{fault}@1", devices).targets, key=list(config.devices).index)
        outputs = {output.id: output for name in both for output in _concerned(config, config.devices[name])}
        yield from _with_each(fault, list(outputs.values()))


def _at_once(config: Config) -> Iterator[Case]:
    """All thermometers of a heater at once, where it has more than one."""
    for heater in (device for device in config.devices.values() if device.role is Role.HEATER):
        own = _guides(config, heater)
        if len(own) > 1:
            for kind in AT_ONCE:
                yield from _states(AND.join(f"{name}={kind}" for name in own), heater, ("on", "off"))


def guides(config: Config) -> list[str]:
    """The thermometers that heaters may not be on without."""
    heaters = [device for device in config.devices.values() if device.role is Role.HEATER]
    return list(dict.fromkeys(name for heater in heaters for name in _guides(config, heater)))


def _guides(config: Config, heater: Device) -> list[str]:
    return [
        each.id for each in config.devices.values() if _is_thermometer(each) and heater in _needing(config, each.id)
    ]


def _with_each(fault: str, outputs: list[Device], broken: str = "") -> Iterator[Case]:
    """`fault` with each of the outputs that it concerns; `broken` is the one that has it."""
    for output in outputs:
        is_switched = output.id == broken or output.role is Role.HEATER
        yield from _states(fault, output, ("on", "off") if is_switched else ("on",))
    if not outputs:
        yield Case(fault=fault)


def _of_wire(config: Config, name: str) -> Iterator[Case]:
    for fault in (f"{name}={kind}" for kind in OF_WIRES):
        yield from _with_each(fault, _needing(config, name))


def _around(config: Config) -> Iterator[Case]:
    heaters = [device for device in config.devices.values() if device.role is Role.HEATER]
    for target, kinds in AROUND.items():
        for name in kinds:
            for argument in _arguments_around(target, name):
                fault = f"{target}={name}{argument}"
                for heater in heaters:
                    yield from _states(fault, heater, ("on", "off"))
                if not heaters:
                    yield Case(fault=fault)


def _states(fault: str, output: Device, states: Iterable[str]) -> Iterator[Case]:
    for state in ("",) if output.role is Role.CUTOFF else states:  # nobody but the gate moves a safety relay
        yield Case(fault=fault, output=output.id, state=state)


def _is_thermometer(device: Device) -> bool:
    return any(channel.quantity == "temperature" for channel in device.channels)


def _arguments(name: str, device: Device) -> tuple[str, ...]:
    """What stands behind a fault of `device`, brackets and all."""
    if name in OF_THERMOMETERS and _is_thermometer(device):
        return OF_THERMOMETERS[name]
    return ARGUMENTS.get(name, ("(60)",) if KINDS[name].argument is None else ("",))


def _arguments_around(target: str, name: str) -> tuple[str, ...]:
    kind = AROUND[target][name]
    return ARGUMENTS.get(f"{target}={name}", (f"({kind.such_as})",) if kind.argument is None else ("",))


def _can_have(config: Config, device: Device, kind: str) -> bool:
    """Whether the simulated hardware behind `device` can break so."""
    fault = parse(f"{device.id}={kind}{_arguments(kind, device)[0]}@1", device_kinds(config))
    return chaos.possible(on_simulated_wires(config))(fault)


def _concerned(config: Config, device: Device) -> list[Device]:
    """The outputs that a fault of `device` concerns: itself, or all that need it, or else one that goes by it."""
    if device.spec.kind == "actuator":
        return [device]
    needing = _needing(config, device.id)
    if needing:
        return needing
    moved = moved_by(config, related(parse(f"{device.id}=off@1", device_kinds(config)), config))
    return [output for output in config.devices.values() if output.spec.kind == "actuator" and output.id in moved][:1]


def _needing(config: Config, name: str) -> list[Device]:
    """The outputs that may not be on without the sensor `name`, or without what hangs on the wire `name`."""
    devices = device_kinds(config)
    kind = "dead" if devices[name] == "wire" else "off"
    names = related(parse(f"{name}={kind}@1", devices), config)
    return [device for device in config.devices.values() if device.spec.kind == "actuator" and device.id in names]


def moved_by(config: Config, names: frozenset[str]) -> set[str]:
    """All that is named by a controller that reads one of `names`."""
    found: set[str] = set()
    for controller in config.controllers.values():
        said = set(_texts(controller.model_dump()))
        if names & (said | {config.references.get(text, text) for text in said}):
            found |= said
    return found


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
