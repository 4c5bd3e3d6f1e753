"""Answers each command with a state and nothing in between, with bare paho; it must not keep anything.

Arguments: port, node, QoS.
"""

import sys
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from bare import connected  # type: ignore[import-not-found,unused-ignore]


def main() -> None:
    """Stays until it is ended."""
    port, node, qos = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    root = f"alimante/{node}"

    def on_connect(client: Client, userdata: Any, flags: Any, code: Any, properties: Any) -> None:
        client.subscribe(f"{root}/actuator/+/set", qos=qos)

    def on_subscribe(client: Client, userdata: Any, number: int, codes: Any, properties: Any) -> None:
        client.publish(f"{root}/availability", b"online", qos=1, retain=True)

    def on_message(client: Client, userdata: Any, message: MQTTMessage) -> None:
        client.publish(f"{message.topic[:-4]}/state", message.payload, qos=qos)

    client = Client(CallbackAPIVersion.VERSION2, client_id=f"bare-{node}")
    client.max_inflight_messages_set(0)
    client.on_connect = on_connect
    client.on_subscribe = on_subscribe
    client.on_message = on_message
    connected(client, port).loop_forever()


if __name__ == "__main__":
    main()
