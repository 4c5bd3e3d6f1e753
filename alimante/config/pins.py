"""Checks of the header's pins across all wires; it must not know a driver by name."""

from collections.abc import Iterator
from typing import Any

from alimante.config.faults import Path, Problem
from alimante.config.model import AnyWire, Device
from alimante.config.scene import Scene
from alimante.config.wires import GpioWire, I2cWire, OnewireWire, PwmWire
from hardware.board import EEPROM_PINS, I2C_PINS, PULLED_UP_AT_RESET, UART_PINS

Use = tuple[str, int, str, Path]
"""The backend, whose simulated pins are others than the real ones; the pin; who uses it; and where that is said."""


def errors(scene: Scene) -> Iterator[Problem]:
    """Pins that are not there, that two want, or that cannot do what is wanted."""
    owners: dict[tuple[str, int], str] = {}
    for backend, pin, owner, path in _uses(scene):
        if pin not in scene.board.pins:
            low, high = scene.board.pins[0], scene.board.pins[-1]
            yield Problem(path, f"there is no GPIO {pin} on {scene.board.title}, only GPIO {low} to {high}")
        first = owners.setdefault((backend, pin), owner)
        if first != owner:
            yield Problem(path, f"GPIO {pin} is used by {first} and by {owner}")
    yield from _pwm(scene)


def warnings(scene: Scene) -> Iterator[Problem]:
    """Pins that have another job, or that switch something on while the board boots."""
    for _, pin, owner, path in _uses(scene):
        if pin in EEPROM_PINS:
            yield Problem(path, f"GPIO {pin} talks to the EEPROM of an add-on board at every start", "take another pin")
        if pin in UART_PINS:
            message = f"GPIO {pin} is the serial console's, where that is enabled"
            yield Problem(path, message, f"take another pin for {owner}, or switch the console off")
    for device, wire in scene.mounted():
        if isinstance(wire, GpioWire) and device.spec.kind == "actuator":
            yield from _boot_level(device)


def _uses(scene: Scene) -> Iterator[Use]:
    used = {device.wire for device in scene.devices.values()}
    for name, wire in scene.wires.items():
        if name in used:
            for pin, path in _own_pins(name, wire):
                yield wire.backend, pin, f'the wire "{name}"', path
    for device, wire in scene.mounted():
        if (taken := _pin(device)) is not None:
            yield wire.backend, taken, device.id, ("devices", device.id, "pin")


def _own_pins(name: str, wire: AnyWire) -> Iterator[tuple[int, Path]]:
    if isinstance(wire, OnewireWire):
        yield wire.pin, ("wires", name, "pin")
    elif isinstance(wire, I2cWire):
        for pin in I2C_PINS.get(wire.bus, ()):
            yield pin, ("wires", name, "bus")


def _pin(device: Device) -> int | None:
    pin: Any = getattr(device.params, "pin", None)
    return pin if isinstance(pin, int) else None


def _boot_level(device: Device) -> Iterator[Problem]:
    pin, active_high = _pin(device), getattr(device.params, "active_high", None)
    if pin is None or active_high is None or active_high != (pin in PULLED_UP_AT_RESET):
        return
    held, others = ("high", "9 to 27") if active_high else ("low", "0 to 8")
    message = f"{device.id} is on while the board boots: GPIO {pin} is held {held} until Alimante takes it"
    yield Problem(("devices", device.id, "pin"), message, f"a relay like this belongs on GPIO {others}")


def _pwm(scene: Scene) -> Iterator[Problem]:
    """Pins without hardware PWM, and two devices on one channel, which would carry the same pulses."""
    owners: dict[tuple[str, str, int, int], tuple[str, int]] = {}
    for device, wire in scene.mounted():
        pin = _pin(device)
        if not isinstance(wire, PwmWire) or pin is None:
            continue
        path = ("devices", device.id, "pin")
        said: Any = getattr(device.params, "channel", None)
        by_board = scene.board.pwm.get(pin)
        if said is None and by_board is None:
            able = ", ".join(str(pin) for pin in sorted(scene.board.pwm))
            yield Problem(path, f"GPIO {pin} has no hardware PWM on {scene.board.title}", f"these have: GPIO {able}")
            continue
        channel: int = by_board[1] if said is None and by_board is not None else said
        driven = getattr(device.params, "channel_number", channel)
        if driven != channel:
            message = (
                f"GPIO {pin} is PWM channel {channel} on {scene.board.title}, which {device.driver} has to be told"
            )
            yield Problem(path, message, f'add "channel": {channel}')
        chip = getattr(device.params, "chip", 0)
        first, its_pin = owners.setdefault((wire.backend, wire.root, chip, channel), (device.id, pin))
        if first != device.id and its_pin != pin:
            message = f"{first} on GPIO {its_pin} and {device.id} on GPIO {pin} share one PWM channel"
            yield Problem(
                path, message, "both would get the same pulses: GPIO 12 and 18 share one, and 13 and 19 the other"
            )
