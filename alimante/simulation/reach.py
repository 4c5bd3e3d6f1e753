"""How far a fault can have an effect, by the configuration alone; it must not run anything.

Two faults whose reaches have nothing in common are apart: nothing that one of them changes is broken by the other one
or changed by it. Left out is what is small or shared by all: the warmth that one zone gives to the next one, a reading
that comes later because its wire was busy, the health of the whole node, and how many repairs and messages there may
be.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from alimante.config.model import Config, Device, Role
from alimante.simulation.cases import moved_by
from alimante.simulation.faults import Fault, device_kinds, parse
from alimante.simulation.ledger import related
from hardware.sim.settings import PlantSettings

EVERYTHING: Final = frozenset({"everything"})
"""The reach of what befalls the process, the computer or something else that all parts share."""
BROKER: Final = frozenset({"broker"})
"""No output goes by what the broker does: it hears what there is, later or never."""
ON_WIRE: Final = frozenset({"off", "intermittent", "raise", "hang", "slow", "sentinel"})
"""Kinds of a sensor that show on its wire: they keep it busy, or have it repaired."""
IN_AIR: Final = frozenset({"temperature", "humidity", "air_quality", "soil", "pressure"})
"""What sensors measure that heat, draught and water change."""


@dataclass(frozen=True)
class Reaches:
    """The reaches of faults of `config`."""

    config: Config

    def of(self, fault: Fault) -> frozenset[str]:
        """The devices and wires that `fault` breaks, and all of which something goes by and that it changes."""
        if fault.device is None and not fault.is_of_wire:
            return BROKER if fault.target == "broker" else EVERYTHING
        devices = self.config.devices
        wires = {fault.target} if fault.is_of_wire else set()
        found = {device.id for device in devices.values() if device.wire in wires or device.id in fault.targets}
        if fault.kind in ON_WIRE:
            wires = {devices[name].wire for name in fault.targets}
        new = set(found)
        while new:
            new = {name for each in new for name in self._next[each]} - found
            found |= new
        if fault.kind == "stuck":  # whether one says the same for too long is asked of those beside it
            found |= {other.id for other in _sensors(self.config) if _are_beside(other, devices[fault.target])}
        return frozenset(found | wires)

    @cached_property
    def _next(self) -> dict[str, set[str]]:
        """For each device those that it has an effect on at first hand."""
        led = {sensor.id: set(self._led_by(sensor)) for sensor in _sensors(self.config)}
        return led | {
            output.id: {*self._felt_by(output, led), *self._switched_with(output)}
            for output in self.config.devices.values()
            if output.id not in led
        }

    def _led_by(self, sensor: Device) -> Iterator[str]:
        """The outputs that go by `sensor`, and who votes with it."""
        names = related(parse(f"{sensor.id}=off@1", device_kinds(self.config)), self.config)
        led = names | moved_by(self.config, names)
        yield from (device.id for device in self.config.devices.values() if device.role and device.id in led)
        for group in self.config.groups.values():
            members = [self.config.references.get(member, member).partition(".")[0] for member in group.members]
            if sensor.id in members:
                yield from members

    def _felt_by(self, output: Device, led: dict[str, set[str]]) -> Iterator[str]:
        """The sensors that feel what `output` does to its zone, as far as anything goes by them."""
        plant: PlantSettings = PlantSettings.model_validate(self.config.simulation)
        load = plant.load(output.id, str(output.role))
        changed = set(IN_AIR) if load.heat_w or load.airflow_m3_per_h or load.water_g_per_s else set()
        changed |= {"light"} if load.light_lux else set()
        first = next(iter(plant.zones))
        for sensor in _sensors(self.config):
            measured = {channel.quantity for channel in sensor.channels}
            is_here = (sensor.zone or first) == (output.zone or first) and measured & changed
            if led[sensor.id] and (is_here or (load.water_g_per_s and "level" in measured)):
                yield sensor.id

    def _switched_with(self, output: Device) -> Iterator[str]:
        """The outputs that are switched with `output`: a heater and its cutoff, and those of an interlock."""
        for other in self.config.devices.values():
            if {output.role, other.role} == {Role.HEATER, Role.CUTOFF}:
                heater, cutoff = (output, other) if output.role is Role.HEATER else (other, output)
                if heater.output.cutoff in (None, cutoff.id):
                    yield other.id
        for interlock in self.config.interlocks:
            if output.id in interlock.outputs:
                yield from interlock.outputs


def are_apart(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two reaches have nothing in common."""
    return one is not EVERYTHING and other is not EVERYTHING and one.isdisjoint(other)


def _are_beside(one: Device, other: Device) -> bool:
    same = {channel.quantity for channel in one.channels} & {channel.quantity for channel in other.channels}
    return one.zone == other.zone and bool(same)


def _sensors(config: Config) -> Iterable[Device]:
    return (device for device in config.devices.values() if device.spec.kind == "sensor")
