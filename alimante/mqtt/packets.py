"""The packets that come and go all the time, as bytes; it must not know sockets, sessions or what a message means.

Only PUBLISH and PUBACK are read and written here (OASIS MQTT 3.1.1 and 5.0, sections 2.2, 3.3 and 3.4): paho-mqtt makes
a dozen objects of each, which is most of the time that a command takes. Everything else is left whole for paho.
"""

from typing import NamedTuple

from alimante.mqtt.link import Inbound

MAX_BODY_BYTES = 131_072
"""What is longer is cut. The longest topic has 65,535 bytes, so what is left is longer than any command may be."""

LONGEST_LENGTH = 268_435_455  # of a packet's body, in the four bytes that there are for it

PUBLISH, PUBACK, CONNACK = 3, 4, 2
_IS_RETAINED, _QOS, _QOS_1 = 0x01, 0x06, 0x02
_PUBACK_HEAD = b"\x40\x02"
_NO_PROPERTIES = b"\x00"


class Malformed(Exception):
    """These bytes are no MQTT."""


class Packet(NamedTuple):
    """`raw` from the first byte on; its body begins `at`. `is_cut`: the body was longer than `MAX_BODY_BYTES`."""

    raw: bytes
    at: int
    is_cut: bool = False

    @property
    def kind(self) -> int:
        """The packet type, 0 to 15."""
        return self.raw[0] >> 4


class Splitter:
    """Makes packets of a stream that comes in any pieces. It never keeps more than one cut packet and one piece."""

    def __init__(self) -> None:
        self._data = b""
        self._start = 0
        self._skip = 0

    def feed(self, piece: bytes) -> None:
        """Add what has arrived."""
        if self._skip:
            skipped = min(self._skip, len(piece))
            self._skip -= skipped
            piece = piece[skipped:]
        rest = self._data[self._start :]
        self._data, self._start = (rest + piece if rest else piece), 0

    def next(self) -> Packet | None:
        """The next packet that is complete, or as much of it as is kept; raises `Malformed`."""
        data, start = self._data, self._start
        try:
            length, at = data[start + 1], start + 2
            if length > 127:
                length, at = _long_length(data, start + 1)
        except IndexError:
            return None
        end = at + length
        if length > MAX_BODY_BYTES:
            return self._cut(start, at, end)
        if end > len(data):
            return None
        self._start = end
        return Packet(data[start:end], at - start)

    def _cut(self, start: int, at: int, end: int) -> Packet | None:
        data, kept = self._data, at + MAX_BODY_BYTES
        if kept > len(data):
            return None
        self._start = min(end, len(data))
        self._skip = end - self._start
        return Packet(data[start:kept], at - start, is_cut=True)


def _long_length(data: bytes, at: int) -> tuple[int, int]:
    """(a body's length, where the body begins); raises `IndexError` when more bytes are needed, and `Malformed`."""
    length = 0
    for place in range(4):
        byte = data[at + place]
        length |= (byte & 127) << 7 * place
        if byte < 128:
            return length, at + place + 1
    raise Malformed("the length of a packet does not end")


def write_publish(topic: str, payload: bytes, *, number: int, retain: bool, use_v5: bool) -> bytes:
    """A PUBLISH without properties: at QoS 1 under packet `number`, 1 to 65535, or at QoS 0 if that is 0.

    Raises `ValueError` for what no packet can carry.
    """
    name = topic.encode()
    head = len(name).to_bytes(2) + name if len(name) < 65536 else b""
    if not head:
        raise ValueError(f"a topic of {len(name)} bytes is too long")
    if number:
        head += number.to_bytes(2)
    if use_v5:
        head += _NO_PROPERTIES
    first = 0x30 | retain | (2 if number else 0)
    return bytes((first, *_length_bytes(len(head) + len(payload)))) + head + payload


def _length_bytes(length: int) -> tuple[int, ...]:
    if length < 128:
        return (length,)
    if length > LONGEST_LENGTH:
        raise ValueError(f"a message of {length} bytes is too long")
    return (length & 127 | 128, *_length_bytes(length >> 7))


def write_puback(number: bytes) -> bytes:
    """The answer to a PUBLISH with packet `number` (two bytes), in both versions."""
    return _PUBACK_HEAD + number


def read_publish(packet: Packet, *, use_v5: bool) -> tuple[Inbound | None, bytes] | None:
    """(the message, the packet number to be acknowledged or nothing), or None for what is left to paho.

    That is: with properties or at QoS 2. There is no message where the topic is no text: nobody can have asked for it.
    What is cut has a payload of another length than was sent, but still longer than any command. Raises `Malformed`.
    """
    raw, at, is_cut = packet
    qos = raw[0] & _QOS
    end = at + 2 + int.from_bytes(raw[at : at + 2])
    number = b""
    payload_at = end
    if qos:
        number, payload_at = raw[end : end + 2], end + 2
        if qos != _QOS_1:
            if is_cut:
                raise Malformed("a long PUBLISH at a quality that nobody asked for")
            return None
    if use_v5 and not is_cut:
        if raw[payload_at : payload_at + 1] != _NO_PROPERTIES:
            return None
        payload_at += 1
    if end - at < 3 or payload_at > len(raw):
        raise Malformed("a PUBLISH ends within its topic")
    try:
        return Inbound(raw[at + 2 : end].decode(), raw[payload_at:], bool(raw[0] & _IS_RETAINED)), number
    except UnicodeDecodeError:
        return None, number


def read_puback(packet: Packet, *, use_v5: bool) -> tuple[int, int]:
    """(packet number, reason code); from 0x80 on the broker did not take the message. Raises `Malformed`."""
    raw, at, _ = packet
    length = len(raw) - at
    if length == 2:
        return raw[at] << 8 | raw[at + 1], 0
    if length < 2 or not use_v5:
        raise Malformed(f"a PUBACK of {length} bytes")
    return raw[at] << 8 | raw[at + 1], raw[at + 2]
