"""Opens the wires of a configuration; it must not use them.

This is the only part of Alimante that chooses between real and simulated wires.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alimante.config.model import Config, Device
from hardware.api import WireKind

if TYPE_CHECKING:
    from hardware.sim.world import World


class CannotBuild(Exception):
    """The configuration is sound, but something that it needs is not installed; the message says what."""


@dataclass
class Wires:
    """The opened wires of a configuration, and the simulated world behind those that are simulated."""

    opened: dict[str, Any] = field(default_factory=dict)
    world: "World | None" = None

    def close(self) -> None:
        """Let go of all lines."""
        for wire in self.opened.values():
            wire.close()


def open_wires(config: Config, *, now: Callable[[], float]) -> Wires:
    """The wires that devices use. Real ones are opened lazily, so an absent bus is found by its first reading."""
    wires = Wires()
    for device in config.devices.values():
        settings = config.wires[device.wire]
        if settings.backend == "sim" and wires.world is None:
            wires.world = _world(config, now)
        if device.wire not in wires.opened:
            simulated = settings.backend == "sim" and wires.world is not None
            wires.opened[device.wire] = (
                wires.world.wire(device.wire, WireKind(settings.kind))  # type: ignore[union-attr]
                if simulated
                else _linux_wire(settings)
            )
        if settings.backend == "sim" and wires.world is not None:
            _mount(wires.world, device, wires.opened[device.wire])
    return wires


def _mount(world: "World", device: Device, wire: Any) -> None:
    """Put the far side of `device` onto its simulated wire. Raises `CannotBuild`."""
    try:
        world.mount(
            device.id,
            device.driver,
            wire=wire,
            params=device.params.model_dump(),
            zone=device.zone,
            role=device.role,
            is_ambient=device.is_ambient,
            quantities=[channel.quantity for channel in device.channels],
        )
    except LookupError as error:  # no such zone, or no simulated chip for this driver
        raise CannotBuild(f"{device.id}: {error.args[0] if error.args else error}") from error


def _world(config: Config, now: Callable[[], float]) -> "World":
    from hardware.sim.settings import PlantSettings  # a real board never loads the physics
    from hardware.sim.world import World

    return World(PlantSettings.model_validate(config.simulation), now=now)


def _linux_wire(settings: Any) -> Any:
    """The real wire of `settings`; its module is imported only where it is used: gpiozero alone costs 65 ms."""
    if settings.kind == "gpio":
        from hardware.linux.gpio import LinuxGpio

        return LinuxGpio(settings.factory)
    if settings.kind == "i2c":
        from hardware.linux.i2c import LinuxI2c

        return LinuxI2c(settings.bus)
    from hardware.linux.sysfs import LinuxSysfs

    return LinuxSysfs(Path(settings.root))
