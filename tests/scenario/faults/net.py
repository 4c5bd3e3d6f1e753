"""A broker in memory with a network before it that can be broken; it must not know what the messages mean."""

import json
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

from alimante.config.model import Mqtt
from alimante.mqtt.link import Link, OnAcknowledged, OnMessage, Session, Will
from alimante.simulation.broker import MemoryBroker, MemoryLink


class Net:
    """A broker with the network before it, and what was sent there by whom."""

    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self.attempts_s: list[float] = []
        self.opening: Callable[[], Awaitable[None]] | None = None
        """What happens instead of reaching the broker."""
        self.said: list[tuple[str, bytes]] = []
        """All that was published to the broker: topic and payload."""

    def link(self, mqtt: Mqtt, will: Will, use_v5: bool) -> Link:
        return _NetLink(self, will)

    def waits_s(self) -> list[float]:
        return [later - earlier for earlier, later in pairwise(self.attempts_s)]

    def answers(self, topic: str) -> list[dict[str, Any]]:
        """The payloads that were published to `topic`."""
        return [json.loads(payload) for there, payload in self.said if there == topic]


class _NetLink(MemoryLink):
    def __init__(self, net: Net, will: Will) -> None:
        super().__init__(net.broker, will, "")
        self._net = net

    async def open(self, on_message: OnMessage, on_acknowledged: OnAcknowledged) -> Session:
        self._net.attempts_s.append(self._loop.time())
        if self._net.opening is not None:
            await self._net.opening()
        return await super().open(on_message, on_acknowledged)

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> int:
        self._net.said.append((topic, payload))
        return super().publish(topic, payload, qos=qos, retain=retain)
