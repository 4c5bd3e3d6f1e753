"""A broker in memory and links to it, for virtual time; it must not know what the messages mean."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from alimante.mqtt.link import Inbound, LinkFailed, OnAcknowledged, OnMessage, Session, Will

RECEIVE_MAXIMUM = 20
"""How many messages the broker lets be unacknowledged, as Mosquitto does by default."""


@dataclass(slots=True)
class MemoryBroker:
    """Keeps what is retained and serves links while it `is_up`; it forgets nothing while it is down."""

    is_up: bool = True
    retained: dict[str, bytes] = field(default_factory=dict)
    password: str = ""
    refuses: bool = False
    """Whether it takes nobody's password."""
    on_taken: Callable[[str, bytes], None] = lambda topic, payload: None
    published: int = 0
    connections: int = 0
    _links: "list[MemoryLink]" = field(default_factory=list)

    def link(self, will: Will, *, password: str = "") -> "MemoryLink":
        """A new connection that is not open yet."""
        return MemoryLink(self, will, password)

    def go_down(self) -> None:
        """Stop, without a word to anybody."""
        self.is_up = False
        for link in list(self._links):
            link.lose("the broker closed the connection")

    def go_up(self) -> None:
        """Serve again."""
        self.is_up = True

    def enter(self, link: "MemoryLink") -> None:
        """`link` is connected."""
        self.connections += 1
        self._links.append(link)

    def leave(self, link: "MemoryLink", will: Will | None) -> None:
        """`link` is gone; a `will` is told for it."""
        if link in self._links:
            self._links.remove(link)
            if will is not None and self.is_up:
                self.take(will.topic, will.payload, retain=True)

    def take(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """One message from anybody to everybody who wants it; an empty retained one takes the topic away."""
        self.published += 1
        self.on_taken(topic, payload)
        if retain and payload:
            self.retained[topic] = payload
        elif retain:
            self.retained.pop(topic, None)
        for link in self._links:
            link.offer(topic, payload, retained=False)


class MemoryLink:
    """One connection to a `MemoryBroker`; see `Link` for what each method promises."""

    def __init__(self, broker: MemoryBroker, will: Will, password: str) -> None:
        self._broker = broker
        self._password = password
        self._will: Will | None = will
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[str] = self._loop.create_future()
        self._exact: set[str] = set()
        self._filters: list[list[str]] = []
        self._wanted: dict[str, bool] = {}
        """By topic, whether it was subscribed to: topics come again and again."""
        self._unacknowledged: list[int] = []
        self._on_message: OnMessage = lambda message: None
        self._on_acknowledged: OnAcknowledged = lambda number, code: None
        self._number = 0

    async def open(self, on_message: OnMessage, on_acknowledged: OnAcknowledged) -> Session:
        """See `Link.open`."""
        await asyncio.sleep(0)
        if not self._broker.is_up:
            raise LinkFailed("nobody listens at the broker's address")
        if self._broker.refuses or self._password != self._broker.password:
            raise LinkFailed("the broker refused the connection: Bad user name or password")
        self._on_message, self._on_acknowledged = on_message, on_acknowledged
        self._broker.enter(self)
        return Session(resumed=False, receive_maximum=RECEIVE_MAXIMUM)

    async def subscribe(self, topics: list[str]) -> None:
        """See `Link.subscribe`."""
        await asyncio.sleep(0)
        if self._ended.done():
            raise LinkFailed(self._ended.result())
        self._exact = {topic for topic in topics if "+" not in topic and "#" not in topic}
        self._filters = [topic.split("/") for topic in topics if topic not in self._exact]
        self._wanted.clear()
        for topic, payload in list(self._broker.retained.items()):
            self.offer(topic, payload, retained=True)

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> int:
        """See `Link.publish`."""
        if self._ended.done():
            return 0
        self._broker.take(topic, payload, retain=retain)
        if not qos:
            return 0
        self._number += 1
        self._unacknowledged.append(self._number)
        if len(self._unacknowledged) == 1:
            self._loop.call_soon(self._acknowledge)
        return self._number

    async def closed(self) -> str:
        """See `Link.closed`."""
        return await asyncio.shield(self._ended)

    async def close(self) -> None:
        """See `Link.close`."""
        self._will = None
        self.lose("closed")

    def drop(self) -> None:
        """See `Link.drop`."""
        self.lose("dropped")

    def lose(self, reason: str) -> None:
        """The connection ends now."""
        if not self._ended.done():
            self._ended.set_result(reason)
        self._broker.leave(self, self._will)

    def offer(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """Deliver a message soon, if it was subscribed to."""
        wanted = self._wanted.get(topic)
        if wanted is None:
            wanted = self._wanted[topic] = topic in self._exact or self._is_wanted(topic.split("/"))
        if wanted:
            self._loop.call_soon(self._deliver, Inbound(topic, payload, retained, True))

    def _is_wanted(self, levels: list[str]) -> bool:
        return any(
            len(wanted) == len(levels) and all(one in ("+", other) for one, other in zip(wanted, levels, strict=True))
            for wanted in self._filters
        )

    def _deliver(self, message: Inbound) -> None:
        if not self._ended.done():
            self._on_message(message)

    def _acknowledge(self) -> None:
        """All that was published since the loop's last turn."""
        numbers, self._unacknowledged = self._unacknowledged, []
        for number in numbers:
            if not self._ended.done():
                self._on_acknowledged(number, 0)
