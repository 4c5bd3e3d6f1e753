"""The least that a Python program with our libraries does: import them, connect, publish; it must not do more.

Arguments: port, node, messages.
"""

import asyncio  # noqa: F401 - its import is part of the floor
import json
import sys
from typing import Any

import pydantic  # noqa: F401
from bare import connected  # type: ignore[import-not-found,unused-ignore]
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import BaseModel  # noqa: F401 - pydantic imports lazily


def main() -> None:
    """Publishes each state once and stays."""
    port, node, messages = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])

    def on_connect(client: Client, userdata: Any, flags: Any, code: Any, properties: Any) -> None:
        for number in range(messages):
            payload = json.dumps({"value": 25.0, "unit": "°C", "quality": "good", "seq": number}).encode()
            client.publish(f"alimante/{node}/sensor/sensor_{number}/temperature/state", payload, qos=1, retain=True)

    client = Client(CallbackAPIVersion.VERSION2, client_id=f"bare-{node}")
    client.max_inflight_messages_set(0)
    client.on_connect = on_connect
    connected(client, port).loop_forever()


if __name__ == "__main__":
    main()
