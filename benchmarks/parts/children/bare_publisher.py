"""Publishes one payload with nothing but paho, always so many under way; it must not wait for anything else.

Arguments: port, node, messages, channels, QoS.
"""

import sys
from typing import Any

from bare import connected  # type: ignore[import-not-found,unused-ignore]
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

UNDER_WAY = 64
PAYLOAD = (
    '{"value":25.1875,"unit":"°C","quality":"good","reasons":[],"measured_at":"2026-01-31T12:00:00.000Z",'
    '"age_s":0.001,"seq":12345}'
).encode()


class Publisher:
    """Each acknowledgement (at QoS 0: each completed write) publishes the next message: no thread, no switch."""

    def __init__(self, *, node: str, messages: int, channels: int, qos: int) -> None:
        self._topics = [f"alimante/{node}/sensor/device_{number}/temperature/state" for number in range(channels)]
        self._messages = messages
        self._qos = qos
        self._sent = 0
        self._done = 0

    def on_connect(self, client: Client, userdata: Any, flags: Any, code: Any, properties: Any) -> None:
        for _ in range(min(UNDER_WAY, self._messages)):
            self._next(client)

    def on_publish(self, client: Client, userdata: Any, number: int, code: Any, properties: Any) -> None:
        self._done += 1
        if self._sent < self._messages:
            self._next(client)
        elif self._done == self._messages:
            client.disconnect()

    def _next(self, client: Client) -> None:
        topic = self._topics[self._sent % len(self._topics)]
        self._sent += 1
        client.publish(topic, PAYLOAD, qos=self._qos, retain=True)


def main() -> None:
    """Ends when all are out."""
    port, node, messages, channels, qos = int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:6])
    publisher = Publisher(node=node, messages=messages, channels=channels, qos=qos)
    client = Client(CallbackAPIVersion.VERSION2, client_id=f"bare-{node}")
    client.max_inflight_messages_set(0)
    client.on_connect = publisher.on_connect
    client.on_publish = publisher.on_publish
    connected(client, port).loop_forever()


if __name__ == "__main__":
    main()
