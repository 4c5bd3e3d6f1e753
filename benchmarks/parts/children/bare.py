"""What all floors with paho share: a connection without delay on its socket; it must not do more."""

import socket
from typing import Any

from paho.mqtt.client import Client


def connected(client: Client, port: int) -> Client:
    """`client`, connecting to the broker on this machine."""
    client.on_socket_open = _no_delay
    client.connect("127.0.0.1", port)
    return client


def _no_delay(client: Client, userdata: Any, opened: Any) -> None:
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
