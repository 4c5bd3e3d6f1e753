"""Facts for the event bus: frozen, in the past tense, dispatched by type. They must not have behaviour."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from alimante.core.states import ComponentState, DeviceState, NodeState


class Quality(StrEnum):
    """How far a reading may be trusted."""

    GOOD = "good"
    SUSPECT = "suspect"
    BAD = "bad"


class Outcome(StrEnum):
    """How a command ended. `UNKNOWN` is no failure: the write was in flight when its time was up."""

    APPLIED = "applied"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. `droppable` kinds may be lost by a full mailbox; all others never are."""

    droppable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingTaken(Event):
    """One channel was measured: `value` in `unit` at the monotonic time `measured_s`.

    `seq` rises with each reading of a device within one run.
    """

    droppable: ClassVar[bool] = True
    device: str
    channel: str
    value: float
    unit: str
    quality: Quality
    reasons: tuple[str, ...] = ()
    measured_s: float
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingMissed(Event):
    """One channel could not be measured at the monotonic time `at_s`; its value is unknown from now on."""

    droppable: ClassVar[bool] = True
    device: str
    channel: str
    unit: str
    reason: str
    at_s: float
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSeen(Event):
    """An input line moved; it may still bounce."""

    droppable: ClassVar[bool] = True
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStateChanged(Event):
    """A device was found, lost or disabled."""

    device: str
    old: DeviceState
    new: DeviceState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WireStateChanged(Event):
    """A wire's worker got stuck in a driver (`wedged`) or came back."""

    wire: str
    wedged: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentStateChanged(Event):
    """A component started, stopped or failed."""

    component: str
    old: ComponentState
    new: ComponentState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStateChanged(Event):
    """The supervisor as a whole changed."""

    old: NodeState
    new: NodeState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandReceived(Event):
    """Somebody wants an actuator at `value` (0.0/1.0 for a switch, else its unit).

    It may begin until the monotonic time `expires_s`; once applied, it holds for `ttl_s` seconds.
    """

    id: str
    device: str
    value: float
    source: str
    expires_s: float
    ttl_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFinished(Event):
    """A command came to its end; `value` is what the output stands at as far as is known, else None."""

    id: str
    device: str
    outcome: Outcome
    reason: str
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputChanged(Event):
    """What is known of an actuator changed: `value` was read back from the wire, None where it is not known."""

    device: str
    value: float | None
    commanded: float
    source: str
    reason: str
    since_s: float
    latched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChanged(Event):
    """The connection to the broker came up or broke."""

    connected: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerFailed(Event):
    """An inline subscriber raised; the others were served."""

    handler: str
    event: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerSlow(Event):
    """An inline subscriber held the loop for `took_s` seconds."""

    handler: str
    event: str
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxOverflowed(Event):
    """A mailbox filled up and began to drop telemetry; told once per episode."""

    mailbox: str
    capacity: int
