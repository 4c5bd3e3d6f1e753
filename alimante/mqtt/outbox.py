"""What waits to be sent: bounded, in order, the newest state per topic; it must not know a connection.

The client library's own queue is unlimited and resends old states after newer ones; so everything that is not yet
acknowledged is kept here, and the library is given only what may be under way at once.
"""

from collections.abc import Callable
from typing import NamedTuple

CAPACITY = 4096
"""How many messages may wait. A terrarium has some hundred states; the rest is room for events during an outage."""

CROWDED = 512
"""With so many waiting only the newest state of each topic is kept, also while a connection stands."""

INFLIGHT = 64
"""How many messages may be unacknowledged at once, unless the broker allows fewer."""


class Message(NamedTuple):
    """One message to be published. `render` gives its payload at the moment of sending, so that ages are right.

    `is_state` says that a newer message on the topic makes this one pointless.
    """

    topic: str
    render: Callable[[], bytes]
    retain: bool
    is_state: bool
    qos: int = 1


class Outbox:
    """Messages that wait, and messages under way by their packet number.

    While a connection stands every state is sent, in order: each command has its echo. Only the newest state per topic
    is kept while there is none (`is_offline`), or while so many wait that the broker is clearly too slow.
    """

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self.limit = INFLIGHT
        self.is_offline = True
        self.dropped = 0
        """How many messages were lost because too many waited."""
        self._capacity = capacity
        self._crowded = min(CROWDED, capacity)
        self._waiting: dict[int, Message] = {}
        self._newest: dict[str, int] = {}  # topic of a state to the place of its newest message that waits
        self._under_way: dict[int, Message] = {}  # in the order of sending
        self._outdated: set[int] = set()  # packets under way whose topic has a newer state at the broker
        self._place = 0

    def __len__(self) -> int:
        """How many messages wait or are under way."""
        return len(self._waiting) + len(self._under_way)

    @property
    def is_clear(self) -> bool:
        """Whether a message that comes now is the next one, and may be sent at once."""
        return not self._waiting and len(self._under_way) < self.limit

    def put(self, message: Message) -> None:
        """Add `message` behind all others, or in the place of an older state of its topic; see the class."""
        if message.is_state and (self.is_offline or len(self._waiting) >= self._crowded):
            place = self._newest.get(message.topic)
            if place is not None:
                self._waiting[place] = message
                return
        if len(self._waiting) >= self._capacity:
            self._take(self._victim())
            self.dropped += 1
        self._append(message)

    def put_first(self, *messages: Message) -> None:
        """Put states in front of everything that waits, in the place of older states of their topics."""
        topics = {message.topic for message in messages}
        waiting = [message for message in self._waiting.values() if not (message.is_state and message.topic in topics)]
        self._waiting.clear()
        self._newest.clear()
        for message in (*messages, *waiting):
            self._append(message)

    def next(self) -> Message | None:
        """Take out the message to be sent now, or None when there is none or enough are under way."""
        if not self._waiting or len(self._under_way) >= self.limit:
            return None
        return self._take(next(iter(self._waiting)))

    def sent(self, number: int, message: Message) -> None:
        """`message`, taken by `next`, is under way as packet `number`."""
        self._under_way[number] = message

    def acknowledged(self, number: int) -> Message | None:
        """The broker is done with packet `number`; returns what it was, or None for an unknown number.

        Not every broker acknowledges in the order of sending: what it has taken before must not be sent after it.
        """
        message = self._under_way.get(number)
        if message is not None and message.is_state:
            for earlier, other in self._under_way.items():
                if earlier == number:
                    break
                if other.is_state and other.topic == message.topic:
                    self._outdated.add(earlier)
        self._outdated.discard(number)
        return self._under_way.pop(number, None)

    def connection_lost(self) -> None:
        """Everything under way has to be sent again, before the rest; of the states only the newest of each topic."""
        again = (message for number, message in self._under_way.items() if number not in self._outdated)
        messages = [*again, *self._waiting.values()]
        last = {message.topic: index for index, message in enumerate(messages) if message.is_state}
        self.is_offline = True
        self._under_way.clear()
        self._outdated.clear()
        self._waiting.clear()
        self._newest.clear()
        for index, message in enumerate(messages):
            if not message.is_state or last[message.topic] == index:
                self._append(message)

    def _append(self, message: Message) -> None:
        self._place += 1
        self._waiting[self._place] = message
        if message.is_state:
            self._newest[message.topic] = self._place

    def _take(self, place: int) -> Message:
        message = self._waiting.pop(place)
        if message.is_state and self._newest.get(message.topic) == place:
            del self._newest[message.topic]
        return message

    def _victim(self) -> int:
        """What goes when there is no room: the oldest event, for a state will be true when the broker is back."""
        oldest_event = (place for place, message in self._waiting.items() if not message.is_state)
        return next(oldest_event, next(iter(self._waiting)))
