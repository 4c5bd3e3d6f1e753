"""Checks between wires, devices and the board, all at once; it must not know how the file said it."""

from collections.abc import Iterator
from sys import modules
from typing import Any, Final

from alimante.config import (
    checks_controllers,
    checks_corrections,
    checks_days,
    checks_groups,
    checks_health,
    checks_heat,
    checks_outputs,
    checks_readings,
    checks_recovery,
    checks_room,
    checks_species,
    checks_thresholds,
    checks_verify,
    checks_zones,
    pins,
)
from alimante.config.faults import Problem
from alimante.config.model import Device, Role
from alimante.config.scene import Scene
from alimante.config.sentences import did_you_mean
from alimante.config.wires import GpioWire, I2cWire

_I2C_ADDRESSES: Final = range(0x08, 0x78)
"""The others are reserved (NXP UM10204, table 4)."""

_DOMAINS: Final = (
    checks_readings,
    checks_corrections,
    checks_groups,
    checks_outputs,
    checks_verify,
    checks_heat,
    checks_zones,
    checks_room,
    checks_thresholds,
    checks_species,
    checks_controllers,
    checks_days,
    checks_health,
    checks_recovery,
)


def errors(scene: Scene) -> Iterator[Problem]:
    """Everything that cannot work or must not run."""
    for device in scene.devices.values():
        yield from _wire(scene, device)
        yield from _poll(device)
        yield from _heater(device)
    yield from _twin_wires(scene)
    yield from _addresses(scene)
    yield from pins.errors(scene)
    for domain in _DOMAINS:
        yield from domain.errors(scene)


def warnings(scene: Scene) -> Iterator[Problem]:
    """Everything that may work and still deserves a look."""
    if not scene.devices:
        yield Problem(("devices",), "there are no devices, so there is nothing to supervise")
    yield from _factories(scene)
    yield from pins.warnings(scene)
    for domain in _DOMAINS:
        yield from domain.warnings(scene)


def _wire(scene: Scene, device: Device) -> Iterator[Problem]:
    path = ("devices", device.id, "wire")
    if device.wire not in scene.wire_names:
        yield Problem(path, f'there is no wire "{device.wire}"', did_you_mean(device.wire, scene.wire_names))
    elif (wire := scene.wires.get(device.wire)) is not None and wire.kind != device.spec.wire:
        fitting = [name for name, other in scene.wires.items() if other.kind == device.spec.wire]
        hint = f"of that kind: {', '.join(fitting)}" if fitting else f'add a wire with "kind": "{device.spec.wire}"'
        message = (
            f'{device.driver} hangs on a wire of kind {device.spec.wire}, but "{device.wire}" is of kind {wire.kind}'
        )
        yield Problem(path, message, hint)


def _poll(device: Device) -> Iterator[Problem]:
    shortest_s = getattr(modules.get(type(device.params).__module__), "MIN_POLL_S", 0.0)
    if device.spec.kind == "sensor" and device.poll_s < shortest_s:
        message = f"poll_s must be at least {shortest_s:g} for a {device.driver}; it is {device.poll_s:g}"
        yield Problem(("devices", device.id, "poll_s"), message, "the chip cannot measure more often")


def _heater(device: Device) -> Iterator[Problem]:
    if device.role is not Role.HEATER:
        return
    if device.safe_value != device.accepts.off:
        message = f'safe_value of {device.id} must be "off": it is a heater, and a heater left on can kill'
        yield Problem(("devices", device.id, "safe_value"), message)


def _twin_wires(scene: Scene) -> Iterator[Problem]:
    """Two wires that are the same thing: each would believe that it has it for itself."""
    seen: dict[tuple[Any, ...], str] = {}
    for name, wire in scene.wires.items():
        key, what = ("", "the header's pins")
        if isinstance(wire, I2cWire):
            key, what = "bus", f"I²C bus {wire.bus}"
        elif not isinstance(wire, GpioWire):
            key, what = "root", wire.root
        first = seen.setdefault((wire.backend, wire.kind, what), name)
        if first != name:
            message = f"the wires {first} and {name} are both {what}"
            yield Problem(("wires", name, key) if key else ("wires", name), message, f"put all devices on {first}")


def _addresses(scene: Scene) -> Iterator[Problem]:
    seen: dict[tuple[str, object], str] = {}
    for device, wire in scene.mounted():
        address = getattr(device.params, "address", None)
        if address is None:
            continue
        path = ("devices", device.id, "address")
        said = f"0x{address:02x}" if isinstance(address, int) else str(address)
        if isinstance(wire, I2cWire) and address not in _I2C_ADDRESSES:
            yield Problem(path, f"no chip may answer at I²C address {said}: 0x08 to 0x77 are free for chips")
        first = seen.setdefault((device.wire, address), device.id)
        if first != device.id:
            yield Problem(path, f"address {said} on {device.wire} is used by {first} and by {device.id}")


def _factories(scene: Scene) -> Iterator[Problem]:
    for name, wire in scene.wires.items():
        is_meant = isinstance(wire, GpioWire) and wire.backend == "linux" and wire.factory == "rpigpio"
        if is_meant and scene.board.name == "pi-5":
            message = "RPi.GPIO cannot move the pins of a Raspberry Pi 5; only rpi-lgpio can under this name"
            yield Problem(("wires", name, "factory"), message, 'or write "lgpio"')
