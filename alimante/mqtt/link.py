"""What the client needs of one connection to a broker; it must not know how it is made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class LinkFailed(Exception):
    """No connection came about; the message says why, without secrets. `wrong_protocol`: try the other version."""

    def __init__(self, reason: str, *, wrong_protocol: bool = False) -> None:
        super().__init__(reason)
        self.wrong_protocol = wrong_protocol


class Inbound(NamedTuple):
    """One message from the broker. `is_fresh` says that the broker vouches that it has not expired.

    A payload may be cut where it is far longer than any command.
    """

    topic: str
    payload: bytes
    retained: bool
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """What the broker granted. `resumed` says that it kept subscriptions and messages from before."""

    resumed: bool
    receive_maximum: int


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for us when we vanish."""

    topic: str
    payload: bytes


OnMessage = Callable[[Inbound], None]
OnAcknowledged = Callable[[int, int], None]
"""Called with the packet number and the broker's reason code: from 0x80 on it did not take the message."""


class Link(Protocol):
    """One connection, used once. All calls and callbacks are in the loop's thread."""

    async def open(self, on_message: OnMessage, on_acknowledged: OnAcknowledged) -> Session:
        """Connect. Both callbacks stand from before the first byte. Raises `LinkFailed`."""
        ...

    async def subscribe(self, topics: list[str]) -> None:
        """Subscribe at QoS 1 and wait until that stands. Raises `LinkFailed`."""
        ...

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> int:
        """Hand over one message; returns its packet number, 0 at QoS 0.

        At QoS 1 never more than `Session.receive_maximum` may wait for their acknowledgement.
        """
        ...

    async def closed(self) -> str:
        """Wait until the connection has ended; says why."""
        ...

    async def close(self) -> None:
        """Say good-bye, so that the broker tells no will. What it has not acknowledged by then may be lost."""
        ...

    def drop(self) -> None:
        """Let go of everything, whatever state it is in; no callback comes after this. May be called twice."""
        ...
