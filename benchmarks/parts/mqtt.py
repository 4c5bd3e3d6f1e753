"""A blocking MQTT 3.1.1 client that costs next to nothing; it must not be used for anything but measuring.

A client library of our size beside the measured process would be measured with it: both share few cores.
Source of the packet formats: OASIS MQTT 3.1.1, chapter 3.
"""

import contextlib
import select
import socket
from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple, Self

KEEPALIVE_S = 0  # off
RECEIVE_BYTES = 1 << 18
_CONNACK, _PUBLISH, _SUBACK = 2, 3, 9


class Message(NamedTuple):
    """One publication; `at_s` is the `perf_counter` right after its bytes were received.

    `is_retained` says that it is from before the subscription.
    """

    topic: bytes
    payload: bytes
    at_s: float
    is_retained: bool


class Client:
    """One connection to a broker on this machine, without delay on its socket."""

    def __init__(self, port: int, client_id: str, *, subscribe: Sequence[str] = (), qos: int = 0) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10.0)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()
        self._number = 0
        self._answers: set[int] = set()
        connect = _text("MQTT") + bytes((4, 2)) + KEEPALIVE_S.to_bytes(2, "big") + _text(client_id)
        self._socket.sendall(_packet(0x10, connect))
        self._expect(_CONNACK)
        if subscribe:
            topics = b"".join(_text(topic) + bytes((qos,)) for topic in subscribe)
            self._socket.sendall(_packet(0x82, b"\x00\x01" + topics))
            self._expect(_SUBACK)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendall(b"\xe0\x00")
        self._socket.close()

    def packet(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> bytes:
        """The bytes of one publication, to be sent with `send`."""
        body = _text(topic)
        if qos:
            self._number = self._number % 65535 + 1
            body += self._number.to_bytes(2, "big")
        return _packet(0x30 | qos << 1 | retain, body + payload)

    def send(self, packets: bytes) -> None:
        """Send what `packet` made, one or many."""
        self._socket.sendall(packets)

    def receive(self, timeout_s: float) -> list[Message]:
        """All publications that are there, waiting up to `timeout_s` for the first; perhaps none.

        Raises `ConnectionError` when the broker has gone.
        """
        give_up_s = perf_counter() + timeout_s
        while select.select([self._socket], [], [], max(0.0, give_up_s - perf_counter()))[0]:
            messages = self._take_in()
            if messages:  # else these were only answers of the broker
                return messages
        return []

    def _expect(self, kind: int) -> None:
        while kind not in self._answers:
            self._take_in()

    def _take_in(self) -> list[Message]:
        received = self._socket.recv(RECEIVE_BYTES)
        if not received:
            raise ConnectionError("the broker ended the connection")
        self._buffer += received
        return self._parse(perf_counter())

    def _parse(self, at_s: float) -> list[Message]:
        buffer, messages, acks = self._buffer, [], bytearray()
        start, end = 0, len(buffer)
        while True:
            at, length, shift = start + 1, 0, 0
            while at < end:  # the remaining length has seven bits per byte
                length |= (buffer[at] & 0x7F) << shift
                shift += 7
                at += 1
                if buffer[at - 1] < 0x80:
                    break
            else:
                break
            after = at + length
            if after > end:
                break
            head = buffer[start]
            if head >> 4 == _PUBLISH:
                topic_end = at + 2 + (buffer[at] << 8 | buffer[at + 1])
                topic = bytes(buffer[at + 2 : topic_end])
                if head & 6:
                    acks += b"\x40\x02" + buffer[topic_end : topic_end + 2]
                    topic_end += 2
                messages.append(Message(topic, bytes(buffer[topic_end:after]), at_s, bool(head & 1)))
            else:
                self._answers.add(head >> 4)
            start = after
        del buffer[:start]
        if acks:
            self._socket.sendall(acks)
        return messages


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def _packet(head: int, body: bytes) -> bytes:
    length, encoded = len(body), bytearray()
    while True:
        length, low = divmod(length, 128)
        encoded.append(low | 0x80 if length else low)
        if not length:
            return bytes((head,)) + encoded + body
