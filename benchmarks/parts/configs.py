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

    def wire(self, name: str, kind: str) -> str:
        """A simulated wire."""
        self.wires[name] = {"kind": kind, "backend": "sim"}
        return name

    def sensor(self, driver: str, wire: str, *, channels: int = 1, **params: Any) -> None:
        """One sensor under a running number."""
        self.sensors += 1
        self.channels += channels
        self.devices[f"sensor_{self.sensors}"] = {"driver": driver, "wire": wire, "poll_s": POLL_S, **params}

    def relay(self, wire: str, pin: int) -> None:
        """One relay that nothing limits, so that commands may follow one another without end."""
        self.actuators += 1
        self.devices[f"relay_{self.actuators}"] = {
            "driver": "relay",
            "wire": wire,
            "pin": pin,
            "active_high": True,
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
    """40 sensor channels and 20 relays.

    Five I²C buses with two SHT3x and a BH1750 each (25 channels), seven DS18B20, seven contacts, the processor's
    temperature. The slowest bus needs 0.21 s for its first round, which is the chips' own conversion time.
    """
    setup = Setup(port, node)
    relays = setup.wire("relays", "gpio")
    for pin in range(8, 8 + RELAYS):
        setup.relay(relays, pin)
    for number in range(5):
        wire = setup.wire(f"i2c_{number}", "i2c")
        setup.sensor("sht3x", wire, channels=2, address="0x44")
        setup.sensor("sht3x", wire, channels=2, address="0x45")
        setup.sensor("bh1750", wire, address="0x23")
    _probes(setup, "onewire_0", 7)
    _contacts(setup, "inputs", 7)
    setup.sensor("soc_temperature", setup.wire("soc", "hwmon"))
    return setup


def thousand(port: int, node: str) -> Setup:
    """1,000 sensors with 1,080 channels on 67 wires.

    500 DS18B20 on ten 1-Wire buses, 400 contacts on 16 sets of pins, 80 SHT3x on 40 I²C buses, 20 thermometers of
    the kernel.
    """
    setup = Setup(port, node)
    for number in range(10):
        _probes(setup, f"onewire_{number}", 50)
    for number in range(16):
        _contacts(setup, f"inputs_{number}", 25)
    for number in range(40):
        wire = setup.wire(f"i2c_{number}", "i2c")
        setup.sensor("sht3x", wire, channels=2, address="0x44")
        setup.sensor("sht3x", wire, channels=2, address="0x45")
    hwmon = setup.wire("soc", "hwmon")
    for number in range(20):
        setup.sensor("soc_temperature", hwmon, sensor=f"zone_{number}")
    return setup


def _probes(setup: Setup, wire: str, count: int) -> None:
    name = setup.wire(wire, "onewire")
    for number in range(count):
        setup.sensor("ds18b20", name, address=f"28-{number:012x}")


def _contacts(setup: Setup, wire: str, count: int) -> None:
    name = setup.wire(wire, "gpio")
    for number in range(count):
        setup.sensor(("contact", "door_contact", "float_switch")[number % 3], name, pin=2 + number)
