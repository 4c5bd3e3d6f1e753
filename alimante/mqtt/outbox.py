"""What waits to be sent: bounded, in order, the newest state per topic; it must not know a connection.

The client library's own queue is unlimited and resends old states after newer ones; so everything that is not yet
acknowledged is kept here, and the library is given only what may be under way at once.
"""

from collections.abc import Callable
from dataclasses import dataclass

CAPACITY = 4096
"""How many messages may wait. A terrarium has some hundred states; the rest is room for events during an outage."""

INFLIGHT = 64
"""How many messages may be unacknowledged at once, unless the broker allows fewer."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to be published. `render` gives its payload at the moment of sending, so that ages are right.

    `is_state` says that a newer message on the topic makes this one pointless.
    """

    topic: str
    render: Callable[[], bytes]
    retain: bool
    is_state: bool
    qos: int = 1


class Outbox:
    """Messages that wait, and messages under way by their packet number."""

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self.limit = INFLIGHT
        self.dropped = 0
        """How many messages were lost because too many waited."""
        self._capacity = capacity
        self._waiting: dict[object, Message] = {}
        self._under_way: dict[int, Message] = {}
        self._number = 0

    def __len__(self) -> int:
        """How many messages wait or are under way."""
        return len(self._waiting) + len(self._under_way)

    def put(self, message: Message) -> None:
        """Add `message` behind all others; an older state on its topic that still waits is forgotten."""
        key = self._key(message)
        self._waiting.pop(key, None)
        if len(self._waiting) >= self._capacity:
            self._waiting.pop(self._victim())
            self.dropped += 1
        self._waiting[key] = message

    def next(self) -> Message | None:
        """Take out the message to be sent now, or None when there is none or enough are under way."""
        if not self._waiting or len(self._under_way) >= self.limit:
            return None
        return self._waiting.pop(next(iter(self._waiting)))

    def sent(self, number: int, message: Message) -> None:
        """`message`, taken by `next`, is under way as packet `number`."""
        self._under_way[number] = message

    def acknowledged(self, number: int) -> None:
        """The broker has packet `number`; an unknown number is ignored."""
        self._under_way.pop(number, None)

    def connection_lost(self) -> None:
        """Everything under way has to be sent again, before the rest, unless a newer state of its topic waits.

        Of several states of one topic that were under way only the last is kept.
        """
        again: dict[object, Message] = {}
        for message in self._under_way.values():
            key = self._key(message)
            again.pop(key, None)
            if key not in self._waiting:
                again[key] = message
        self._under_way.clear()
        self._waiting = {**again, **self._waiting}

    def _key(self, message: Message) -> object:
        if message.is_state:
            return message.topic
        self._number += 1
        return self._number

    def _victim(self) -> object:
        """What goes when there is no room: the oldest event, for a state will be true when the broker is back."""
        return next((key for key in self._waiting if isinstance(key, int)), next(iter(self._waiting)))
