"""Answers each command with a state and nothing in between, with bare paho; it must not keep anything.

A command to `set2` instead of `set` is answered twice, as the supervisor does: with a state and an ack.
Arguments: port, node, QoS.
"""

import sys
from typing import Any

from bare import connected  # type: ignore[import-not-found,unused-ignore]
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion


def main() -> None:
    """Stays until it is ended."""
    port, node, qos = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    root = f"alimante/{node}"

    def on_connect(client: Client, userdata: Any, flags: Any, code: Any, properties: Any) -> None:
        client.subscribe([(f"{root}/actuator/+/set", qos), (f"{root}/actuator/+/set2", qos)])

    def on_subscribe(client: Client, userdata: Any, number: int, codes: Any, properties: Any) -> None:
        client.publish(f"{root}/availability", b"online", qos=1, retain=True)

    def on_message(client: Client, userdata: Any, message: MQTTMessage) -> None:
        device, _, verb = message.topic.rpartition("/")
        client.publish(f"{device}/state", message.payload, qos=qos)
        if verb == "set2":
            client.publish(f"{device}/ack", message.payload, qos=qos)

    client = Client(CallbackAPIVersion.VERSION2, client_id=f"bare-{node}")
    client.max_inflight_messages_set(0)
    client.on_connect = on_connect
    client.on_subscribe = on_subscribe
    client.on_message = on_message
    connected(client, port).loop_forever()


if __name__ == "__main__":
    main()
