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
    UNKNOWN = "unknown"  # nothing is believed: no reading, or none that is young enough


class Level(StrEnum):
    """How bad a condition is; `CLEAR` means that it is over."""

    CLEAR = "clear"
    WARNING = "warning"
    CRITICAL = "critical"


class Severity(StrEnum):
    """How much an error matters."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Category(StrEnum):
    """What part of the node an error belongs to."""

    SENSOR = "sensor"
    ACTUATOR = "actuator"
    BUS = "bus"
    NETWORK = "network"
    STORAGE = "storage"
    CONFIG = "config"
    SERVICE = "service"
    SYSTEM = "system"
    SECURITY = "security"


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
    """One channel could not be measured at the monotonic time `at_s`, after all attempts.

    What was believed before goes on to be believed until it is too old. `error` is the name of the error's type.
    """

    droppable: ClassVar[bool] = True
    device: str
    channel: str
    unit: str
    reason: str
    at_s: float
    seq: int
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingAged(Event):
    """The last reading of a channel became too old: SUSPECT when stale, UNKNOWN with value None when lost.

    `measured_s` is None where there never was a reading.
    """

    droppable: ClassVar[bool] = True
    device: str
    channel: str
    value: float | None
    unit: str
    quality: Quality
    reasons: tuple[str, ...]
    measured_s: float | None
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupJudged(Event):
    """What a group of sensors says together changed; `value` is None and the quality UNKNOWN when it says nothing.

    `ejected` are the members that were outvoted and do not count now.
    """

    droppable: ClassVar[bool] = True
    group: str
    value: float | None
    highest: float | None
    lowest: float | None
    unit: str
    quality: Quality
    reasons: tuple[str, ...]
    measured_s: float | None
    ejected: tuple[str, ...] = ()


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

    It may begin until the monotonic time `expires_s`; once applied, it holds for `ttl_s` seconds. The value None gives
    the output back to its controllers. `seq`, where a source tells one, rises with each of its commands to a device.
    """

    id: str
    device: str
    value: float | None
    source: str
    expires_s: float
    ttl_s: float
    seq: int | None = None


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
    """What is known of an actuator changed: `value` was read back from the wire, None where it is not known.

    `until_s` is the monotonic time at which a person's command ends, None where none holds.
    """

    device: str
    value: float | None
    commanded: float
    source: str
    reason: str
    since_s: float
    latched: bool = False
    until_s: float | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorSeen(Event):
    """Something failed: `error` is the name of the error's type, `text` one sentence."""

    component: str
    error: str
    severity: Severity
    category: Category
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionChanged(Event):
    """A named level fact about a component began, changed its level or is over (`CLEAR`).

    Health and alerts follow from conditions alone. `component` is a device, wire, group, controller or service id;
    `condition` an id such as `over_temperature`; `text` says what is so and `advice` what a person can do. `is_safety`
    marks what no grouping, flapping or maintenance may ever hold back. `cause` is the component whose failure explains
    this one, empty when there is none: its alert is then told instead.
    """

    component: str
    condition: str
    level: Level
    text: str
    advice: str = ""
    is_safety: bool = False
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerChanged(Event):
    """The circuit breaker of a device or a wire changed its state."""

    component: str
    old: str
    new: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthChanged(Event):
    """The health of a component changed; the node as a whole is the component `node`. Healths are `Health` values."""

    component: str
    old: str
    new: str
    reason: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChanged(Event):
    """An alert began, changed, was acknowledged or is over.

    `state` is "active", "acknowledged" or "resolved". `since_wall_s` is in seconds since 1970, for people. `count` is
    how often its condition has begun since then.
    """

    component: str
    condition: str
    level: Level
    state: str
    text: str
    advice: str
    since_wall_s: float
    count: int
    is_flapping: bool = False
    acknowledged_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleTold(Event):
    """People are to be told now. `kind` is "alert", "group", "repeat", "resolved" or "digest".

    `alerts` are the names, `component/condition`, that it is about; `text` has a line for each.
    """

    kind: str
    level: Level
    alerts: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyActed(Event):
    """The gate forced an output on its own: what (`action`), why (`cause`), with the values that it went by.

    `action` is "tripped", "reset", "forced_safe" or "refused"; `latched` says whether it stays so until a reset.
    """

    device: str
    action: str
    cause: str
    text: str
    values: tuple[tuple[str, float], ...] = ()
    latched: bool = False
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryFinished(Event):
    """One attempt to repair a component ended. `strategy` is "restart", "reset", "fallback" or "manual"."""

    component: str
    strategy: str
    action: str
    attempt: int
    allowed: int
    succeeded: bool
    reason: str
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStepped(Event):
    """The wall clock jumped by `by_s` seconds against the monotonic one."""

    by_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFailed(Event):
    """A task of a service raised; `restarts` counts how often it was started again within its budget's window."""

    service: str
    error: str
    restarts: int
    is_critical: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerFailed(Event):
    """A controller raised `error`, the name of a type, or wished for what is not its own; `text` is one sentence."""

    controller: str
    error: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMortem(Event):
    """Why the run before this one did not end cleanly; `bad_starts` is how many in a row ended so lately.

    `kind` is "gave_up", "reboot", "hang", "watchdog", "memory", "timeout", "signal", "crash", "power" or "killed".
    """

    kind: str
    text: str
    bad_starts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationChanged(Event):
    """A step of a change of the configuration, which is named by the SHA-256 of its text.

    `verdict` is "on_probation", "committed", "rolled_back" or "withdrawn"; `reason` says why, in plain words.
    """

    sha256: str
    verdict: str
    reason: str
