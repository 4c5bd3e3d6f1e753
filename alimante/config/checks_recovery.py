"""Checks of what repairs need: relays that may switch supplies, and pins to free a bus; it must not repair."""

from collections.abc import Iterator

from alimante.config.faults import Path, Problem
from alimante.config.model import Role
from alimante.config.scene import Scene
from alimante.config.sentences import did_you_mean
from alimante.config.wires import GpioWire, I2cWire
from hardware.api import Switch


def errors(scene: Scene) -> Iterator[Problem]:
    """Supplies that nothing switches, or that stand off, and pins that nothing can move."""
    for name, wire in scene.wires.items():
        if wire.power is not None:
            yield from _power(scene, wire.power, ("wires", name, "power"), name)
        if isinstance(wire, I2cWire) and wire.recovery_pins is not None:
            yield from _pins(scene, name, wire)
    for device in scene.devices.values():
        if device.power is not None:
            yield from _power(scene, device.power, ("devices", device.id, "power"), device.id)


def warnings(scene: Scene) -> Iterator[Problem]:
    """Pins of a real bus that would be lost to it without more rights than Alimante usually has."""
    for name, wire in scene.wires.items():
        if isinstance(wire, I2cWire) and wire.recovery_pins is not None and wire.backend == "linux":
            message = f"{name}: clocks are sent only where Alimante may bind the kernel's I²C driver anew"
            hint = "without that right the bus is opened anew, and the pins are left alone"
            yield Problem(("wires", name, "recovery_pins"), message, hint)


def _power(scene: Scene, relay: str, path: Path, supplied: str) -> Iterator[Problem]:
    if relay not in scene.device_names:
        yield Problem(path, f'there is no device "{relay}"', did_you_mean(relay, scene.device_names))
        return
    device = scene.devices.get(relay)
    if device is None:
        return  # it is wrong itself, which is told there
    if device.spec.kind != "actuator" or device.role is not Role.OTHER:
        message = f'{relay} cannot supply {supplied}: that takes an actuator with the role "other"'
        yield Problem(path, message, "a heater or a fan must not be switched to reset a sensor")
        return
    accepts = device.accepts
    if not isinstance(accepts, Switch) or device.safe_value != 1.0:
        message = f'{relay} supplies {supplied}, so it must be a switch with "safe_value": "on"'
        yield Problem(("devices", relay, "safe_value"), message, "else sensors would be without power most of the time")
    if relay == supplied or device.wire == supplied:
        yield Problem(path, f"{relay} cannot supply what it hangs on itself", "take a relay on another wire")


def _pins(scene: Scene, name: str, wire: I2cWire) -> Iterator[Problem]:
    path: Path = ("wires", name, "recovery_pins")
    pins = wire.recovery_pins
    if pins is not None and pins.scl == pins.sda:
        yield Problem(path, f"scl and sda are both GPIO {pins.scl}", "on bus 1 scl is 3 and sda is 2")
    mates = [other for other in scene.wires.values() if isinstance(other, GpioWire) and other.backend == wire.backend]
    if not mates:
        message = f"clocks on pins need a wire of kind gpio with the backend {wire.backend}"
        yield Problem(path, message, "add that wire, or remove recovery_pins")
