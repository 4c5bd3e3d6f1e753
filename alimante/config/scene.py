"""What the checks look at: the sound wires and devices of a configuration, and the board; it must not check."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from alimante.config.base import Keys
from alimante.config.climate import ControlKeys
from alimante.config.groups import GroupKeys
from alimante.config.model import AnyWire, Device
from alimante.config.outputs import InterlockKeys
from alimante.config.place import Location
from alimante.config.species import SpeciesKeys
from alimante.config.supervision import HealthKeys
from hardware.board import Board


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A configuration of which parts may be missing because they were wrong.

    `wire_names` and `device_names` have the wrong ones, too: who names one of them is not at fault.
    """

    board: Board
    wires: Mapping[str, AnyWire]
    wire_names: Collection[str]
    devices: Mapping[str, Device]
    device_names: Collection[str] = ()
    groups: Mapping[str, GroupKeys] = field(default_factory=dict)
    controllers: Mapping[str, Keys] = field(default_factory=dict)
    interlocks: tuple[InterlockKeys, ...] = ()
    control: ControlKeys = field(default_factory=ControlKeys.usual)
    location: Location = field(default_factory=Location.usual)
    health: HealthKeys = field(default_factory=HealthKeys.usual)
    species: SpeciesKeys | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    """Every way to name a group or a sensor's channel, wrong ones included, with its full name."""

    def mounted(self) -> Iterator[tuple[Device, AnyWire]]:
        """The devices whose wire is there and of their driver's kind."""
        for device in self.devices.values():
            wire = self.wires.get(device.wire)
            if wire is not None and wire.kind == device.spec.wire:
                yield device, wire
