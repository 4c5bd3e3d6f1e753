"""What the configuration may say, key by key; it must not look across keys: `rules` and `checks` do.

Every model is built when it is first used, so that a start pays only for what its configuration has.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from alimante.config.alerting import AlertKeys
from alimante.config.base import FilePath, Id, Keys, Name, Section, section
from alimante.config.climate import ControlKeys
from alimante.config.monitoring import MonitoringKeys
from alimante.config.outputs import InterlockKeys, OutputKeys
from alimante.config.place import Location
from alimante.config.readings import ReadingKeys
from alimante.config.species import SpeciesKeys
from alimante.config.supervision import HealthKeys, RecoveryKeys

__all__ = ["FilePath", "Id", "Keys", "Name"]


class Node(Keys):
    """This computer."""

    id: Id = Field(description="Short name of this computer in topics and entities; small letters, digits and _.")
    name: Name | None = Field(default=None, description="Name for people; the id when not given.")
    board: Literal["auto", "generic", "pi-zero", "pi-zero-2w", "pi-2", "pi-3", "pi-4", "pi-5"] = Field(
        default="auto", description="Kind of board, which says what each pin can do; auto asks the kernel."
    )


class Secret(Keys):
    """Where a secret stands: in a file, in an environment variable or in a systemd credential."""

    file: FilePath | None = Field(default=None, description="File whose first line is the secret; mode 0600.")
    env: str | None = Field(
        default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="Environment variable that holds the secret."
    )
    credential: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_.-]{1,255}$", description="Name in systemd's LoadCredential=."
    )


class Tls(Keys):
    """Encrypted connection to the broker; an empty object trusts the system's authorities."""

    ca_file: FilePath | None = Field(default=None, description="Certificate of the authority that signed the broker's.")


class Mqtt(Keys):
    """The broker that readings go to and commands come from."""

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        max_length=253,
        pattern=r"^[A-Za-z0-9._:%-]+$",
        description="Name or address of the broker, without mqtt:// and without a port.",
    )
    port: int = Field(default=1883, ge=1, le=65535, description="Port of the broker; with TLS it is usually 8883.")
    embedded: bool = Field(default=False, description="Start a small broker inside Alimante, for trying things out.")
    username: str | None = Field(default=None, min_length=1, description="User name at the broker.")
    password: Section[Secret] | None = Field(
        default=None, description="Where the password stands; never the password itself."
    )
    base: str = Field(
        default="alimante",
        min_length=1,
        max_length=64,
        pattern=r"^[^\x00-\x1f\x7f+#$/]+(/[^\x00-\x1f\x7f+#$/]+)*$",
        description="First part of every topic, before the node's id; without + # $ and without / at either end.",
    )
    client_id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="Name of the connection; alimante_ and the node's id when not given.",
    )
    keepalive_s: int = Field(default=30, ge=5, le=3600, description="Seconds of silence after which the link is asked.")
    protocol: Literal["auto", "5", "3.1.1"] = Field(
        default="auto", description="Version of MQTT; auto tries 5 first and falls back to 3.1.1."
    )
    session_expiry_s: int = Field(
        default=3600, ge=0, le=604800, description="Seconds for which the broker keeps commands while we are away."
    )
    tls: Section[Tls] | None = Field(
        default=None, description="Encrypt the connection; {} is enough for a public certificate."
    )


class Role(StrEnum):
    """What an actuator does to the enclosure; the limits of the output gate follow from it."""

    HEATER = "heater"
    LIGHT = "light"
    UVB = "uvb"
    FAN = "fan"
    PUMP = "pump"
    MISTER = "mister"
    FOGGER = "fogger"
    VALVE = "valve"
    COOLER = "cooler"
    FEEDER = "feeder"
    CUTOFF = "cutoff"
    OTHER = "other"


class DeviceKeys(Keys):
    """What every device says; its driver's own parameters stand beside these keys."""

    driver: str = Field(description="Name of the driver; `alimante drivers` lists them.")
    wire: str = Field(description="Name of the wire that the device hangs on, from `wires`.")
    name: Name | None = Field(default=None, description="Name for people; the device's id when not given.")
    zone: Id | None = Field(
        default=None,
        description="Part of the enclosure where the device is, such as warm. A heater goes by those of its own.",
    )
    power: Id | None = Field(
        default=None, description="Relay that supplies this device alone, to switch it off and on in need."
    )


class SensorKeys(ReadingKeys, DeviceKeys):
    """What every sensor says."""

    poll_s: float = Field(default=5.0, ge=0.2, le=3600.0, description="Seconds from one reading to the next.")
    role: Literal["ambient"] | None = Field(
        default=None,
        description="ambient: it hangs in the room, not in the enclosure, so that what the room can be is known.",
    )


class ActuatorKeys(OutputKeys, DeviceKeys):
    """What every actuator says."""

    role: Role = Field(strict=False, description="What the actuator does; its limits follow from it.")
    safe_value: Annotated[Any, WithJsonSchema({"anyOf": [{"enum": ["off", "on"]}, {"type": "number"}]})] = Field(
        description="Where the actuator goes when anything is wrong: off, on or a number that it takes. No default."
    )


class Top(Keys):
    """The whole file. Wires, devices and the simulation are looked into one by one."""

    schema_: str | None = Field(default=None, alias="$schema", description="Where editors find the schema.")
    version: Literal[1] = Field(description="Version of the configuration's format.")
    node: Node = Field(description="This computer.")
    mqtt: Mqtt = Field(description="The broker that readings go to and commands come from.")
    wires: dict[Id, Any] = Field(description="What devices hang on, each under a name of your choice.")
    devices: dict[Id, Any] = Field(description="Every sensor and actuator under its id, which topics carry.")
    location: Section[Location] = section(Location, "Where the enclosure stands: time zone and position.")
    species: Section[SpeciesKeys] | None = Field(default=None, description="The animal, for what nothing else says.")
    groups: dict[Id, Any] = Field(default={}, description="Sensors that measure the same thing and vote, by name.")
    controllers: dict[Id, Any] = Field(
        default={}, description="What turns readings and the time into outputs, by name."
    )
    control: Section[ControlKeys] = section(ControlKeys, "How often controllers are asked.")
    interlocks: list[Section[InterlockKeys]] = Field(default=[], description="Outputs that must never be on together.")
    health: Section[HealthKeys] = section(HealthKeys, "When something counts as unwell.")
    alerts: Section[AlertKeys] = section(AlertKeys, "When people are told.")
    recovery: Section[RecoveryKeys] = section(RecoveryKeys, "How faults are repaired, and how often.")
    monitoring: Section[MonitoringKeys] = section(MonitoringKeys, "What is measured of the computer itself.")
    simulation: dict[str, Any] = Field(default={}, description="The simulated enclosure behind simulated wires.")
