"""A configuration that was found to be sound, as the rest of Alimante sees it; it must not validate anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from alimante.config.alerting import AlertKeys
from alimante.config.base import Keys
from alimante.config.climate import ControlKeys
from alimante.config.groups import GroupKeys
from alimante.config.keys import Mqtt, Node, Role, Secret
from alimante.config.monitoring import MonitoringKeys
from alimante.config.outputs import InterlockKeys, OutputKeys
from alimante.config.place import Location
from alimante.config.readings import ReadingKeys
from alimante.config.supervision import HealthKeys, RecoveryKeys
from alimante.config.wires import AnyWire
from hardware.api import Accepts, Channel, DriverSpec, Params

__all__ = ["AnyWire", "Config", "Device", "Mqtt", "Node", "Role", "Secret"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One sensor or actuator; `params` is an instance of the driver's `spec.params`.

    Of a sensor `poll_s` is from one reading to the next, and one that `is_ambient` hangs in the room. Of an actuator
    `role` is never None, and `safe_value` is on the scale of what it accepts: 0.0 or 1.0 for a switch, else in the unit
    of its range. What belongs to the other kind has no meaning and stands at its default. `name` is the id where the
    configuration gives none.
    """

    id: str
    driver: str
    wire: str
    name: str
    spec: DriverSpec
    params: Params
    zone: str | None = None
    power: str | None = None
    poll_s: float = 0.0
    is_ambient: bool = False
    role: Role | None = None
    safe_value: float = 0.0
    reading: ReadingKeys = field(default_factory=cache(ReadingKeys.usual))
    output: OutputKeys = field(default_factory=cache(OutputKeys.usual))

    @property
    def accepts(self) -> Accepts:
        """What values an actuator takes."""
        return self.spec.accepts(self.params)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What a sensor measures, in the order of its samples; nothing of an actuator."""
        return self.spec.channels(self.params)

    def channel(self, name: str) -> Channel | None:
        """The channel of this name, if there is one."""
        return next((channel for channel in self.channels if channel.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A whole configuration.

    `devices`, `wires`, `groups` and `controllers` are in the order of the file; `references` maps every name that a
    group or a channel may be given to its full one. `disabled` has the devices whose driver cannot be imported,
    with the reason; they are not among `devices`. `simulation` is a mapping of plain JSON values, or an instance of
    the model that the loader was given for it.
    """

    node: Node
    mqtt: Mqtt
    wires: Mapping[str, AnyWire]
    devices: Mapping[str, Device]
    disabled: Mapping[str, str]
    simulation: Any
    groups: Mapping[str, GroupKeys] = field(default_factory=dict)
    controllers: Mapping[str, Keys] = field(default_factory=dict)
    control: ControlKeys = field(default_factory=ControlKeys.usual)
    interlocks: tuple[InterlockKeys, ...] = ()
    location: Location = field(default_factory=Location.usual)
    health: HealthKeys = field(default_factory=HealthKeys.usual)
    alerts: AlertKeys = field(default_factory=AlertKeys.usual)
    recovery: RecoveryKeys = field(default_factory=RecoveryKeys.usual)
    monitoring: MonitoringKeys = field(default_factory=MonitoringKeys.usual)
    references: Mapping[str, str] = field(default_factory=dict)

    @property
    def client_id(self) -> str:
        """The name of the connection to the broker."""
        return self.mqtt.client_id or f"alimante_{self.node.id}"
