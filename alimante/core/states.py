"""States of the node, its components and its devices, and which may follow which; it must not cause any change."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Generic, TypeVar


class NodeState(StrEnum):
    """What the whole supervisor is doing."""

    STARTING = "starting"
    RUNNING = "running"
    SAFE = "safe"  # outputs were put safe by a person and stay so until restart
    STOPPING = "stopping"
    STOPPED = "stopped"


class ComponentState(StrEnum):
    """Where one component stands in its lifetime."""

    NEW = "new"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class DeviceState(StrEnum):
    """What is known of one device."""

    UNKNOWN = "unknown"  # nothing heard yet
    ONLINE = "online"
    OFFLINE = "offline"
    DISABLED = "disabled"  # not used in this run, with a reason


Transitions = Mapping[StrEnum, frozenset[StrEnum]]

NODE: Transitions = {
    NodeState.STARTING: frozenset({NodeState.RUNNING, NodeState.SAFE, NodeState.STOPPING}),
    NodeState.RUNNING: frozenset({NodeState.SAFE, NodeState.STOPPING}),
    NodeState.SAFE: frozenset({NodeState.STOPPING}),
    NodeState.STOPPING: frozenset({NodeState.STOPPED}),
    NodeState.STOPPED: frozenset(),
}

COMPONENT: Transitions = {
    ComponentState.NEW: frozenset({ComponentState.STARTING}),
    ComponentState.STARTING: frozenset({ComponentState.RUNNING, ComponentState.FAILED}),
    ComponentState.RUNNING: frozenset({ComponentState.STOPPING, ComponentState.FAILED}),
    ComponentState.STOPPING: frozenset({ComponentState.STOPPED, ComponentState.FAILED}),
    ComponentState.STOPPED: frozenset({ComponentState.STARTING}),
    ComponentState.FAILED: frozenset({ComponentState.STARTING}),
}

DEVICE: Transitions = {
    DeviceState.UNKNOWN: frozenset({DeviceState.ONLINE, DeviceState.OFFLINE, DeviceState.DISABLED}),
    DeviceState.ONLINE: frozenset({DeviceState.OFFLINE, DeviceState.DISABLED}),
    DeviceState.OFFLINE: frozenset({DeviceState.ONLINE, DeviceState.DISABLED}),
    DeviceState.DISABLED: frozenset({DeviceState.UNKNOWN}),
}

S = TypeVar("S", bound=StrEnum)


class IllegalTransition(Exception):
    """The table does not allow this change: a defect of the program, not of the world."""


class Tracked(Generic[S]):
    """One thing's state. `move` is the only function that changes it, and it tells `announce(old, new, reason)`."""

    __slots__ = ("_announce", "_table", "current", "reason")

    def __init__(self, initial: S, table: Transitions, announce: Callable[[S, S, str], None]) -> None:
        self.current = initial
        self.reason = ""
        self._table = table
        self._announce = announce

    def move(self, new: S, reason: str = "") -> bool:
        """Change to `new`; returns whether that was a change.

        Raises `IllegalTransition` when the table forbids it.
        """
        old = self.current
        if new is old:
            return False
        if new not in self._table[old]:
            raise IllegalTransition(f"{old} cannot become {new}")
        self.current = new
        self.reason = reason
        self._announce(old, new, reason)
        return True
