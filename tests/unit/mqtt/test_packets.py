"""Packets as bytes: what is written is what paho writes, and what is read is the same however it arrives."""

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from alimante.mqtt.codec import MAX_PAYLOAD_BYTES
from alimante.mqtt.link import Inbound
from alimante.mqtt.packets import (
    MAX_BODY_BYTES,
    PUBACK,
    PUBLISH,
    Malformed,
    Packet,
    Splitter,
    read_puback,
    read_publish,
    write_puback,
    write_publish,
)

MAX_TOPIC_BYTES = 65535
TOPICS = st.text(st.characters(codec="utf-8", exclude_characters="+#\0"), min_size=1, max_size=200)
NUMBERS = st.integers(1, 65535)
both_versions = pytest.mark.parametrize("use_v5", [True, False], ids=["5", "3.1.1"])


def length_bytes(length):
    """A packet's length, as the standard says it in pseudo code (MQTT 5, 1.5.5)."""
    written = bytearray()
    while True:
        length, digit = divmod(length, 128)
        written.append(digit | 128 if length else digit)
        if not length:
            return bytes(written)


def packet(first, body):
    return bytes([first]) + length_bytes(len(body)) + body


def split(stream, *cuts):
    """The packets of `stream` that arrives in pieces."""
    splitter, packets = Splitter(), []
    edges = [0, *sorted(cuts), len(stream)]
    for begin, end in pairwise(edges):
        splitter.feed(stream[begin:end])
        while (found := splitter.next()) is not None:
            packets.append(found)
    return packets


def only(stream):
    (found,) = split(stream)
    return found


class PahosBytes:
    """What paho would send, caught before its socket."""

    def __init__(self, use_v5):
        version = MQTTProtocolVersion.MQTTv5 if use_v5 else MQTTProtocolVersion.MQTTv311
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=version)
        self._client._sock = object()
        self._client._packet_queue = lambda command, packet, *rest: self.caught.append(bytes(packet))
        self.caught = []

    def publish(self, topic, payload, *, number, retain):
        self._client._send_publish(number, topic.encode(), payload, 1 if number else 0, retain)
        return self.caught.pop()

    def puback(self, number):
        self._client._send_puback(number)
        return self.caught.pop()


PAHO = {use_v5: PahosBytes(use_v5) for use_v5 in (True, False)}


@both_versions
@given(TOPICS, st.binary(max_size=300), st.just(0) | NUMBERS, st.booleans())
@example("a", b"", 0, False)
@example("a", bytes(127 - 5), 1, True)
@example("a", bytes(16384), 65535, True)
@example("a", bytes(2_097_152), 300, False)
@example("a" * MAX_TOPIC_BYTES, b"1", 300, False)
def test_a_publish_is_what_paho_would_send(use_v5, topic, payload, number, retain):
    ours = write_publish(topic, payload, number=number, retain=retain, use_v5=use_v5)
    assert ours == PAHO[use_v5].publish(topic, payload, number=number, retain=retain)


@both_versions
@given(NUMBERS)
def test_an_acknowledgement_is_what_paho_would_send(use_v5, number):
    assert write_puback(number.to_bytes(2)) == PAHO[use_v5].puback(number)


def test_what_no_packet_can_carry_is_refused():
    with pytest.raises(ValueError, match="65536 bytes is too long"):
        write_publish("a" * 65536, b"", number=0, retain=False, use_v5=True)


@both_versions
@given(TOPICS, st.binary(max_size=300), st.just(0) | NUMBERS, st.booleans())
def test_a_publish_that_was_written_can_be_read(use_v5, topic, payload, number, retain):
    written = only(write_publish(topic, payload, number=number, retain=retain, use_v5=use_v5))
    message, answer = read_publish(written, use_v5=use_v5)
    assert message == Inbound(topic, payload, retain)
    assert int.from_bytes(answer) == number
    assert len(answer) == (2 if number else 0)


PACKETS = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=40) | st.just(bytes(200)) | st.just(bytes(20000))))


@given(PACKETS, st.data())
def test_any_pieces_of_a_stream_give_the_same_packets(packets, data):
    stream = b"".join(packet(first, body) for first, body in packets)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=30))
    found = split(stream, *cuts)
    assert [(one.raw[0], one.raw[one.at :], one.is_cut) for one in found] == [(*pair, False) for pair in packets]


@given(st.binary(max_size=200), st.data())
def test_any_bytes_at_all_in_any_pieces_give_the_same_packets_or_end_the_same_way(stream, data):
    def told(*cuts):
        try:
            return split(stream, *cuts)
        except Malformed:
            return "malformed"

    whole = told()
    assert told(*data.draw(st.lists(st.integers(0, len(stream)), max_size=10))) == whole
    assert told(*range(len(stream))) == whole


@both_versions
@given(st.integers(0, 255), st.binary(max_size=60))
def test_no_body_does_anything_but_be_read_be_left_or_be_malformed(use_v5, first, body):
    found = Packet(packet(first, body), 2)
    for read in (read_publish, read_puback):
        with suppress(Malformed):
            read(found, use_v5=use_v5)


def test_a_length_that_does_not_end_is_malformed():
    with pytest.raises(Malformed):
        split(b"\x30\xff\xff\xff\xff")
    assert split(b"\x30\xff\xff\xff") == []


@pytest.mark.parametrize("size", [MAX_BODY_BYTES - 20, MAX_BODY_BYTES, MAX_BODY_BYTES + 1, 5 * 2**20])
@pytest.mark.parametrize("piece", [1460, 65536, 10**9])
def test_a_packet_of_any_length_takes_bounded_memory_and_the_next_one_is_found(size, piece):
    body = b"\x00\x01a" + bytes(size - 3)
    stream = packet(0x30, body) + packet(0x40, b"\x00\x07")
    splitter, found, most = Splitter(), [], 0
    for begin in range(0, len(stream), piece):
        splitter.feed(stream[begin : begin + piece])
        most = max(most, len(splitter._data))
        while (one := splitter.next()) is not None:
            found.append(one)
    large, small = found
    assert large.raw[large.at :] == body[:MAX_BODY_BYTES]
    assert large.is_cut is (size > MAX_BODY_BYTES)
    assert (small.kind, small.raw) == (PUBACK, b"\x40\x02\x00\x07")
    assert most <= MAX_BODY_BYTES + 5 + piece


@both_versions
@pytest.mark.parametrize("topic_bytes", [1, MAX_TOPIC_BYTES])
@pytest.mark.parametrize("properties", [b"\x00", b"\x80\x80\x7f" + bytes(20)], ids=["none", "many"])
def test_what_was_cut_is_longer_than_any_command_and_is_acknowledged(use_v5, topic_bytes, properties):
    name = b"a" * topic_bytes
    body = len(name).to_bytes(2) + name + b"\x12\x34" + (properties if use_v5 else b"") + b"1" * MAX_BODY_BYTES
    message, number = read_publish(only(packet(0x32, body)), use_v5=use_v5)
    assert message.topic == name.decode()
    assert len(message.payload) > MAX_PAYLOAD_BYTES
    assert number == b"\x12\x34"


def test_what_has_properties_or_is_of_quality_2_is_left_to_paho():
    assert read_publish(only(packet(0x32, b"\x00\x01a\x00\x07\x05\x02\x00\x00\x00\x3cON")), use_v5=True) is None
    assert read_publish(only(packet(0x34, b"\x00\x01a\x00\x07\x00ON")), use_v5=True) is None
    with pytest.raises(Malformed):
        read_publish(only(packet(0x34, b"\x00\x01a" + bytes(MAX_BODY_BYTES))), use_v5=True)


@both_versions
def test_a_topic_that_is_no_text_is_acknowledged_and_not_told(use_v5):
    found = only(packet(0x32, b"\x00\x02\xff\xfe\x00\x07" + (b"\x00" if use_v5 else b"") + b"ON"))
    assert read_publish(found, use_v5=use_v5) == (None, b"\x00\x07")


@pytest.mark.parametrize("body", [b"", b"\x00", b"\x00\x00", b"\x00\x05a", b"\x00\x00ON"])
def test_a_publish_without_a_topic_is_malformed(body):
    with pytest.raises(Malformed):
        read_publish(Packet(packet(0x30, body), 2), use_v5=False)


@pytest.mark.parametrize(
    ("body", "told"),
    [(b"\x01\x02", (258, 0)), (b"\x01\x02\x10", (258, 16)), (b"\x01\x02\x87\x00", (258, 135))],
)
def test_an_acknowledgement_says_its_number_and_in_version_5_why_not(body, told):
    assert read_puback(only(packet(0x40, body)), use_v5=True) == told


@both_versions
@pytest.mark.parametrize("body", [b"", b"\x01"])
def test_an_acknowledgement_of_nothing_is_malformed(use_v5, body):
    with pytest.raises(Malformed):
        read_puback(only(packet(0x40, body)), use_v5=use_v5)


def test_version_3_knows_no_reasons():
    with pytest.raises(Malformed):
        read_puback(only(packet(0x40, b"\x01\x02\x00")), use_v5=False)


def test_the_kind_is_the_upper_half_of_the_first_byte():
    assert only(b"\x3d\x00").kind == PUBLISH
