"""What passes paho by: against real brokers, servers that say anything, and bytes that are cut anywhere."""

import asyncio
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observers import PATIENCE_S, Observer, RudeServer
from test_mqtt_link import CONNACK_3, CONNACK_5, Ends, both_versions

from alimante.mqtt.codec import MAX_PAYLOAD_BYTES
from alimante.mqtt.packets import MAX_BODY_BYTES, write_publish
from alimante.mqtt.paho_link import FIRST_NUMBER, LAST_NUMBER

pytestmark = pytest.mark.real


def acknowledgement(number):
    return b"\x40\x02" + number.to_bytes(2)


async def arrived(server, count):
    """Once the server has heard so many PUBLISH packets of the form that `publish_to` sends."""
    async with asyncio.timeout(PATIENCE_S):
        while b"".join(server.heard).count(b"payload") < count:
            await asyncio.sleep(0.001)


def publish_some(ends, count):
    return [ends.link.publish("a", b"payload", qos=1, retain=False) for _ in range(count)]


@both_versions
async def test_f089_a_huge_message_arrives_cut_is_acknowledged_and_kills_nothing(mosquitto, use_v5):
    """It would come again with every connection if it were not acknowledged."""
    async with Ends(mosquitto.port, use_v5=use_v5) as ends, Observer(mosquitto.port, topics="none") as observer:
        await ends.link.subscribe(["a"])
        await observer.publish("a", bytes(5 * 2**20))
        await observer.publish("a", b"next")
        huge, then = await ends.message(), await ends.message()
        assert MAX_PAYLOAD_BYTES < len(huge.payload) <= MAX_BODY_BYTES
        assert then.payload == b"next"
        await observer.publish("none", b"")
        assert len(ends.link._splitter._data) < MAX_BODY_BYTES
    async with Ends(mosquitto.port, use_v5=use_v5) as again:
        await observer_says_last(mosquitto, again)


async def observer_says_last(mosquitto, ends):
    """Nothing was left over from before."""
    async with Observer(mosquitto.port, topics="none") as observer:
        await observer.publish("a", b"last")
    assert (await ends.message()).payload == b"last"


@both_versions
async def test_a_message_at_quality_0_is_sent_once_and_answered_by_nobody(mosquitto, use_v5):
    async with Observer(mosquitto.port) as observer, Ends(mosquitto.port, use_v5=use_v5) as ends:
        assert ends.link.publish("a", b"0", qos=0, retain=False) == 0
        ends.link.publish("b", b"1", qos=1, retain=True)
        await observer.until(lambda: observer.payloads("b"))
        assert observer.payloads("a") == [b"0"]
        await asyncio.wait_for(ends.acknowledged.get(), PATIENCE_S)
        assert ends.acknowledged.empty()


@both_versions
async def test_every_acknowledgement_is_told_once_whatever_the_order_and_no_other(use_v5):
    async with RudeServer(CONNACK_5 if use_v5 else CONNACK_3) as server, Ends(server.port, use_v5=use_v5) as ends:
        numbers = publish_some(ends, 5)
        await arrived(server, 5)
        said = [numbers[3], 7, numbers[0], numbers[3], numbers[4], 65535, numbers[2], numbers[1], numbers[1]]
        server._writers[0].write(b"".join(map(acknowledgement, said)))
        async with asyncio.timeout(PATIENCE_S):
            told = [await ends.acknowledged.get() for _ in range(5)]
        server._writers[0].close()
        await asyncio.wait_for(ends.link.closed(), PATIENCE_S)
        assert told == [numbers[index] for index in (3, 0, 4, 2, 1)]
        assert ends.acknowledged.empty()
        assert ends.link._unanswered == set()


async def test_a_reason_against_a_message_is_told():
    codes = asyncio.Queue()
    async with RudeServer(CONNACK_5) as server:
        ends = Ends(server.port)
        await ends.link.open(ends.messages.put_nowait, lambda number, code: codes.put_nowait((number, code)))
        first, second, third = publish_some(ends, 3)
        await arrived(server, 3)
        short, long = b"\x40\x03" + first.to_bytes(2) + b"\x87", b"\x40\x04" + second.to_bytes(2) + b"\x10\x00"
        server._writers[0].write(short + long + acknowledgement(third))
        async with asyncio.timeout(PATIENCE_S):
            assert [await codes.get() for _ in range(3)] == [(first, 0x87), (second, 0x10), (third, 0)]
        ends.link.drop()


async def test_a_number_that_the_broker_never_answers_is_not_used_again():
    async with RudeServer(CONNACK_5) as server, Ends(server.port) as ends:
        (forgotten,) = publish_some(ends, 1)
        ends.link._number = LAST_NUMBER - 1
        assert publish_some(ends, 3) == [LAST_NUMBER, FIRST_NUMBER + 1, FIRST_NUMBER + 2]
        assert forgotten == FIRST_NUMBER


async def test_messages_before_the_answer_to_connect_are_nobodys():
    message = write_publish("a", b"ON", number=1, retain=False, use_v5=True)
    async with RudeServer(message + CONNACK_5) as server:
        ends = Ends(server.port)
        with pytest.raises(Exception, match="cannot be read"):
            await ends.open()
        assert ends.messages.empty()


async def test_a_server_that_dribbles_is_understood():
    stream = b"".join(
        write_publish("a", bytes([65 + number]) * 200, number=number % 2, retain=False, use_v5=True)
        for number in range(10)
    )
    async with RudeServer(CONNACK_5) as server, Ends(server.port) as ends:
        for place in range(len(stream)):
            server._writers[0].write(stream[place : place + 1])
            await asyncio.sleep(0)
        assert [(await ends.message()).payload[0] - 65 for _ in range(10)] == list(range(10))


# Headers as a broker sends them, with bodies that are right, wrong or random.
ALMOST = st.tuples(
    st.sampled_from([0x20, 0x30, 0x31, 0x32, 0x34, 0x36, 0x3A, 0x40, 0x50, 0x62, 0x70, 0x90, 0xB0, 0xD0, 0xE0, 0xF0]),
    st.binary(max_size=12) | st.builds(lambda rest: b"\x00\x01a\x00\x07" + rest, st.binary(max_size=8)),
).map(lambda packet: bytes([packet[0], len(packet[1])]) + packet[1])


@given(st.booleans(), st.lists(ALMOST | st.binary(max_size=20), max_size=6))
@settings(max_examples=60, deadline=None)
def test_whatever_a_server_says_ends_the_link_and_raises_nowhere(use_v5, said):
    async def main():
        failures = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context))
        async with RudeServer((CONNACK_5 if use_v5 else CONNACK_3) + b"".join(said), end=True) as server:
            ends = Ends(server.port, use_v5=use_v5)
            await ends.open()
            await asyncio.wait_for(ends.link.closed(), PATIENCE_S)
            assert ends.link._socket is None
            ends.link.drop()
        assert failures == []

    asyncio.run(main())


@pytest.fixture
def encrypting(new_mosquitto, tmp_path):
    """(a broker that speaks TLS only, its certificate)"""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed (Debian: apt install openssl)")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    words += f" -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    subprocess.run(words.split(), check=True, capture_output=True)
    return new_mosquitto(config=f"certfile {certificate}\nkeyfile {key}"), str(certificate)


@both_versions
async def test_everything_comes_through_encryption_whole_and_in_order(encrypting, use_v5):
    broker, certificate = encrypting
    payloads = [bytes([65 + number % 26]) * (number * 911 % 100_000) for number in range(200)]
    async with Ends(broker.port, use_v5=use_v5, tls={"ca_file": certificate}) as ends:
        await ends.link.subscribe(["a"])
        for payload in payloads:
            ends.link.publish("a", payload, qos=1, retain=False)
        ends.link.publish("a", bytes(2**21), qos=1, retain=False)
        assert [(await ends.message()).payload for _ in payloads] == payloads
        assert set((await ends.message()).payload) == {0}
        for _ in range(201):
            await asyncio.wait_for(ends.acknowledged.get(), PATIENCE_S)
        assert ends.link._unanswered == set()


async def test_what_does_not_fit_waits_and_what_is_added_meanwhile_goes_behind_it_encrypted_too(encrypting):
    broker, certificate = encrypting
    async with Ends(broker.port, tls={"ca_file": certificate}) as ends:
        await ends.link.subscribe(["small"])
        broker.pause()
        ends.link.publish("large", bytes(8 * 2**20), qos=1, retain=False)
        async with asyncio.timeout(PATIENCE_S):
            while not ends.link._writer_added:
                await asyncio.sleep(0)
        for number in range(10):
            ends.link.publish("small", b"%d" % number, qos=1, retain=False)
            await asyncio.sleep(0)
        broker.resume()
        assert [(await ends.message()).payload for _ in range(10)] == [b"%d" % number for number in range(10)]
        for _ in range(11):
            await asyncio.wait_for(ends.acknowledged.get(), PATIENCE_S)
