"""Onlookers at a real broker, for tests; they must not share code with the client that is tested."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

PATIENCE_S = 60.0


@dataclass(frozen=True)
class Seen:
    """One message that an observer got."""

    topic: str
    payload: bytes
    retained: bool


@dataclass
class Observer:
    """A person with mosquitto_sub and mosquitto_pub; use it with `async with`. `seen` grows with every message."""

    port: int
    topics: str = "#"
    protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv311
    client_id: str = ""
    seen: list[Seen] = field(default_factory=list)

    async def __aenter__(self) -> "Observer":
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        subscribed = threading.Event()
        self._client = client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=self.client_id, protocol=self.protocol
        )
        client.on_connect = lambda client, *rest: client.subscribe(self.topics, qos=1)
        client.on_subscribe = lambda *given: subscribed.set()
        client.on_message = lambda client, userdata, message: self._loop.call_soon_threadsafe(self._note, message)
        client.reconnect_delay_set(1, 1)
        await asyncio.to_thread(client.connect, "127.0.0.1", self.port)
        client.loop_start()
        assert await asyncio.to_thread(subscribed.wait, PATIENCE_S)
        return self

    async def __aexit__(self, *given: object) -> None:
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)
        self._client.on_connect = self._client.on_message = None  # its sockets are closed with it

    def _note(self, message: paho.MQTTMessage) -> None:
        self.seen.append(Seen(message.topic, bytes(message.payload), bool(message.retain)))
        self._news.set()

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        await asyncio.to_thread(info.wait_for_publish, PATIENCE_S)

    async def until(self, condition: Callable[[], object], within_s: float = PATIENCE_S) -> None:
        """Wait until `condition`, which is looked at after every message, holds."""
        async with asyncio.timeout(within_s):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def payloads(self, topic: str) -> list[bytes]:
        return [message.payload for message in self.seen if message.topic == topic]

    def retained(self) -> dict[str, bytes]:
        """The last payload of each topic."""
        return {message.topic: message.payload for message in self.seen}


def wire_of(link: Any) -> socket.socket:
    """The TCP connection of a `PahoLink`, whatever is wrapped around it, to look at it or to break it."""
    return socket.socket(fileno=os.dup(link._client.socket().fileno()))


class RudeServer:
    """Listens like a broker and answers each connection with the bytes of `answer`, then `end`s it or stays silent."""

    def __init__(self, answer: bytes = b"", *, end: bool = False) -> None:
        self._answer = answer
        self._end = end
        self.heard: list[bytes] = []
        self.connections = 0

    async def __aenter__(self) -> "RudeServer":
        self._writers: list[asyncio.StreamWriter] = []
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, family=socket.AF_INET)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *given: object) -> None:
        self._server.close()
        for _ in range(10):  # what was accepted just now becomes a connection only after some turns of the loop
            await asyncio.sleep(0)
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self._writers), return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        try:
            self.heard.append(await reader.read(4096))
            writer.write(self._answer)
            await writer.drain()
            if self._end:
                writer.close()
            while data := await reader.read(4096):
                self.heard.append(data)
        except ConnectionError:
            pass
