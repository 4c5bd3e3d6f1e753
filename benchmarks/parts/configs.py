"""Configurations for the benchmarks, all on simulated wires; it must not read chips that the simulation lacks.

An entity is what a person sees as one thing: a channel of a sensor or an actuator.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RELAYS = 20
POLL_S = 5.0


@dataclass
class Setup:
    """One configuration in the making, and how many states it will publish."""

    port: int
    node: str
    wires: dict[str, Any] = field(default_factory=dict)
    devices: dict[str, Any] = field(default_factory=dict)
    sensors: int = 0
    channels: int = 0
    actuators: int = 0

    @property
    def entities(self) -> int:
        """Sensor channels and actuators."""
        return self.channels + self.actuators

    def wire(self, name: str, kind: str, **more: Any) -> str:
        """A simulated wire."""
        self.wires[name] = {"kind": kind, "backend": "sim", **more}
        return name

    def sensor(self, driver: str, wire: str, *, channels: int = 1, **params: Any) -> None:
        """One sensor under a running number."""
        self.sensors += 1
        self.channels += channels
        self.devices[f"sensor_{self.sensors}"] = {"driver": driver, "wire": wire, "poll_s": POLL_S, **params}

    def relay(self, wire: str, pin: int) -> None:
        """One relay that nothing limits, so that commands may follow one another without end; off at reset."""
        self.actuators += 1
        self.devices[f"relay_{self.actuators}"] = {
            "driver": "relay",
            "wire": wire,
            "pin": pin,
            "active_high": pin > 8,
            "role": "other",
            "safe_value": "off",
        }

    def write(self, path: Path) -> Path:
        """The configuration as a file."""
        document = {
            "version": 1,
            "node": {"id": self.node},
            "mqtt": {"host": "127.0.0.1", "port": self.port},
            "wires": self.wires,
            "devices": self.devices,
        }
        path.write_text(json.dumps(document, indent=2))
        return path


def sixty(port: int, node: str) -> Setup:
    """40 sensor channels and 20 relays, as a large terrarium wall might have on one board.

    Five I²C buses (the header's and a multiplexer's four) with two SHT3x and a BH1750 each (25 channels), eleven
    DS18B20, three contacts, the processor's temperature. The slowest bus needs 0.21 s for its first round, which is
    the chips' own conversion time.
    """
    setup = Setup(port, node)
    pins = setup.wire("pins", "gpio")
    for pin in range(8, 8 + RELAYS):
        setup.relay(pins, pin)
    for number, bus in enumerate((1, 10, 11, 12, 13)):
        wire = setup.wire(f"i2c_{number}", "i2c", bus=bus)
        setup.sensor("sht3x", wire, channels=2, address="0x44")
        setup.sensor("sht3x", wire, channels=2, address="0x45")
        setup.sensor("bh1750", wire, address="0x23")
    _probes(setup, "onewire", 11, pin=4)
    _contacts(setup, pins, range(5, 8))
    setup.sensor("soc_temperature", setup.wire("soc", "hwmon"))
    return setup


def thousand(port: int, node: str) -> Setup:
    """1,000 sensors with 1,096 channels on 56 wires.

    876 DS18B20 on six 1-Wire buses, 96 SHT3x on 48 I²C buses, 18 contacts, ten thermometers of the kernel.
    """
    setup = Setup(port, node)
    for number in range(6):
        _probes(setup, f"onewire_{number}", 146, pin=4 + number, root=f"/sys/bus/w1/devices_{number}")
    for number in range(48):
        wire = setup.wire(f"i2c_{number}", "i2c", bus=10 + number)
        setup.sensor("sht3x", wire, channels=2, address="0x44")
        setup.sensor("sht3x", wire, channels=2, address="0x45")
    _contacts(setup, setup.wire("pins", "gpio"), range(10, 28))
    hwmon = setup.wire("soc", "hwmon")
    for number in range(10):
        setup.sensor("soc_temperature", hwmon, sensor=f"zone_{number}")
    return setup


def _probes(setup: Setup, wire: str, count: int, **more: Any) -> None:
    name = setup.wire(wire, "onewire", **more)
    for number in range(count):
        setup.sensor("ds18b20", name, address=f"28-{number:012x}")


def _contacts(setup: Setup, wire: str, pins: range) -> None:
    for pin in pins:
        setup.sensor(("contact", "door_contact", "float_switch")[pin % 3], wire, pin=pin)
