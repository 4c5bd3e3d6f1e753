"""One connection made of paho, to a real broker and to servers that are none."""

import asyncio
import contextlib
import gc
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import paho.mqtt.client as paho_client
import pytest
from observers import PATIENCE_S, Observer, RudeServer, wire_of
from paho.mqtt.enums import MQTTProtocolVersion

from alimante.config.model import Mqtt
from alimante.mqtt import paho_link
from alimante.mqtt.link import LinkFailed, Will
from alimante.mqtt.paho_link import PahoLink
from tests.bounds import Lag, least_awaited

pytestmark = pytest.mark.real
both_versions = pytest.mark.parametrize("use_v5", [True, False], ids=["5", "3.1.1"])
PASSWORD = "correct-horse-battery"


class Ends:
    """Both ends of what a link calls back, and the link."""

    def __init__(self, port, *, use_v5=True, client_id="device", password=None, **settings):
        self.messages = asyncio.Queue()
        self.acknowledged = asyncio.Queue()
        self.link = PahoLink(
            Mqtt(port=port, **settings),
            client_id=client_id,
            password=password,
            will=Will("will", b"offline"),
            use_v5=use_v5,
        )

    async def open(self):
        return await self.link.open(self.messages.put_nowait, lambda number, code: self.acknowledged.put_nowait(number))

    async def message(self):
        async with asyncio.timeout(PATIENCE_S):
            return await self.messages.get()

    async def __aenter__(self):
        await self.open()
        return self

    async def __aexit__(self, *given):
        self.link.drop()


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


async def logged(broker, part):
    """Wait until the broker has told `part`; its words come through a thread of their own."""
    async with asyncio.timeout(PATIENCE_S):
        while not any(part in line for line in list(broker.log)):
            await asyncio.sleep(0.005)


def closing(ends):
    return asyncio.wait_for(ends.link.closed(), PATIENCE_S)


LOOK_UP = """
import asyncio, sys
from alimante.config.model import Mqtt
from alimante.mqtt.link import Will
from alimante.mqtt.paho_link import PahoLink

async def main(host, port):
    link = PahoLink(Mqtt(host=host, port=int(port)), client_id="x", password=None, will=Will("will", b""), use_v5=True)
    await link.open(print, print)
    link.drop()
    print("encodings.idna" in sys.modules)

asyncio.run(main(*sys.argv[1:]))
"""


def test_a_name_in_ascii_is_looked_up_without_the_tables_of_all_letters(mosquitto):
    run = [sys.executable, "-c", LOOK_UP, "localhost", str(mosquitto.port)]
    assert subprocess.run(run, capture_output=True, text=True, timeout=PATIENCE_S, check=True).stdout == "False\n"


@both_versions
async def test_what_is_published_comes_back_to_the_subscriber_and_is_acknowledged(mosquitto, use_v5):
    async with Ends(mosquitto.port, use_v5=use_v5) as ends:
        await ends.link.subscribe(["a", "b/+"])
        number = ends.link.publish("b/x", b"\x00\xff", qos=1, retain=False)
        message = await ends.message()
        assert (message.topic, message.payload, message.retained) == ("b/x", b"\x00\xff", False)
        assert await asyncio.wait_for(ends.acknowledged.get(), PATIENCE_S) == number
        await logged(mosquitto, f"(p{5 if use_v5 else 2},")  # as this broker tells the versions


@both_versions
async def test_small_packets_leave_at_once(mosquitto, use_v5):
    async with Ends(mosquitto.port, use_v5=use_v5) as ends:
        with wire_of(ends.link) as wire:
            assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@both_versions
async def test_the_broker_keeps_the_session_and_says_so(mosquitto, use_v5):
    for resumed in (False, True):
        async with Ends(mosquitto.port, use_v5=use_v5) as ends:
            pass
        ends = Ends(mosquitto.port, use_v5=use_v5, client_id="other")
        assert (await ends.open()).resumed is resumed
        await ends.link.close()


async def test_a_broker_tells_how_much_it_takes(new_mosquitto):
    ends = Ends(new_mosquitto(config="max_inflight_messages 7").port)
    assert (await ends.open()).receive_maximum == 7
    ends.link.drop()


@both_versions
async def test_f092_the_will_is_told_when_the_link_vanishes_without_good_bye(mosquitto, use_v5):
    async with Observer(mosquitto.port) as observer:
        ends = Ends(mosquitto.port, use_v5=use_v5)
        await ends.open()
        with wire_of(ends.link) as wire:
            wire.shutdown(socket.SHUT_RDWR)
        await observer.until(lambda: observer.payloads("will") == [b"offline"])
        await closing(ends)
        ends.link.drop()


@both_versions
async def test_after_a_good_bye_no_will_is_told(mosquitto, use_v5):
    async with Observer(mosquitto.port) as observer:
        ends = Ends(mosquitto.port, use_v5=use_v5)
        await ends.open()
        ends.link.publish("a", b"1", qos=1, retain=False)
        await ends.link.close()
        await observer.publish("last", b"")
        await observer.until(lambda: observer.payloads("last"))
        assert observer.payloads("will") == []
        await ends.link.close()  # once more is no error


@both_versions
async def test_a_command_sent_with_the_retain_flag_is_told_from_one_without(mosquitto, use_v5):
    """With 3.1.1 only what lay there before can be told."""
    async with Observer(mosquitto.port, topics="none") as observer:
        await observer.publish("a", b"old", retain=True)
        async with Ends(mosquitto.port, use_v5=use_v5) as ends:
            await ends.link.subscribe(["a"])
            assert (await ends.message()).retained
            await observer.publish("a", b"plain")
            assert not (await ends.message()).retained
            await observer.publish("a", b"now", retain=True)
            assert (await ends.message()).retained is use_v5


async def test_the_broker_vouches_for_a_message_with_an_expiry(mosquitto):
    v5 = MQTTProtocolVersion.MQTTv5
    async with Observer(mosquitto.port, protocol=v5) as observer, Ends(mosquitto.port) as ends:
        await ends.link.subscribe(["a"])
        properties = paho_client.Properties(paho_client.PacketTypes.PUBLISH)
        properties.MessageExpiryInterval = 60
        observer._client.publish("a", b"1", qos=1, properties=properties)
        assert (await ends.message()).is_fresh
        await observer.publish("a", b"2")
        assert not (await ends.message()).is_fresh


@both_versions
async def test_f083_a_wrong_password_is_told_without_the_password(new_mosquitto, use_v5):
    broker = new_mosquitto(users={"animal": "another"})
    ends = Ends(broker.port, use_v5=use_v5, username="animal", password=PASSWORD)
    with pytest.raises(LinkFailed, match=r"(?i)not authori[sz]ed|bad user name or password") as caught:
        await ends.open()
    assert PASSWORD not in str(caught.value)
    assert not caught.value.wrong_protocol
    ends.link.drop()


@both_versions
async def test_the_right_password_opens(new_mosquitto, use_v5):
    broker = new_mosquitto(users={"animal": PASSWORD})
    async with Ends(broker.port, use_v5=use_v5, username="animal", password=PASSWORD):
        pass


@both_versions
async def test_a_subscription_that_the_broker_refuses_is_a_failure(use_v5):
    connack, suback = (
        (CONNACK_5, b"\x90\x05\x00\x01\x00\x01\x87") if use_v5 else (CONNACK_3, b"\x90\x04\x00\x01\x01\x80")
    )
    async with RudeServer(connack) as server, Ends(server.port, use_v5=use_v5) as ends:
        waiting = asyncio.create_task(ends.link.subscribe(["allowed", "forbidden"]))
        await asyncio.sleep(0)
        server._writers[0].write(suback)
        with pytest.raises(LinkFailed, match=r"subscribe to forbidden$"):
            await asyncio.wait_for(waiting, PATIENCE_S)


async def test_nobody_there_is_told_with_the_address():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(LinkFailed, match=rf"^broker 127\.0\.0\.1:{port}: .*refused"):
            await Ends(port).open()


async def test_an_unknown_name_is_told():
    with pytest.raises(LinkFailed, match=r"^broker no-such-host\.invalid:1: "):
        await Ends(1, host="no-such-host.invalid").open()


async def test_a_broker_that_is_killed_ends_the_link_at_once(mosquitto):
    async with Ends(mosquitto.port) as ends:
        mosquitto.kill()
        assert "ended the connection" in await closing(ends)


async def test_f079_a_frozen_broker_is_noticed_within_one_and_a_half_keep_alive_times(new_mosquitto):
    """And a silent one that lives is asked, and kept for longer than that."""
    loop = asyncio.get_running_loop()
    frozen, silent = new_mosquitto(), new_mosquitto()
    async with Ends(frozen.port, keepalive_s=5) as ends, Ends(silent.port, keepalive_s=5) as kept:
        staying = asyncio.create_task(kept.link.closed())
        frozen.pause()
        started_s = loop.time()
        assert "silent" in await closing(ends)
        assert loop.time() - started_s <= paho_link.SILENCE * 5.0 + paho_link.MISC_S + 0.5
        assert paho_link.SILENCE * Mqtt().keepalive_s + paho_link.MISC_S <= 45.0  # nobody set it otherwise
        await asyncio.wait([staying], timeout=started_s + 8.5 - loop.time())
        assert not staying.done()
        await logged(silent, "PINGREQ")
        staying.cancel()


async def test_an_error_in_our_handler_is_logged_and_the_next_message_is_dealt_with(mosquitto, caplog):
    """Whichever way the message takes: one without properties, and one with, which the library reads."""
    got = asyncio.Queue()

    def deliver(message):
        got.put_nowait(message.payload)
        if message.payload.startswith(b"poison"):
            raise ValueError("a defect")

    properties = paho_client.Properties(paho_client.PacketTypes.PUBLISH)
    properties.MessageExpiryInterval = 60
    async with Observer(mosquitto.port, protocol=MQTTProtocolVersion.MQTTv5, topics="none") as observer:
        ends = Ends(mosquitto.port)
        await ends.link.open(deliver, lambda number, code: None)
        await ends.link.subscribe(["a"])
        for payload, given in ((b"poison 1", None), (b"1", None), (b"poison 2", properties), (b"2", properties)):
            observer._client.publish("a", payload, qos=1, properties=given)
        async with asyncio.timeout(PATIENCE_S):
            assert [await got.get() for _ in range(4)] == [b"poison 1", b"1", b"poison 2", b"2"]
        await observer.publish("none", b"")
        assert got.empty()
        assert [record.exc_info[0] for record in caplog.records] == [ValueError, ValueError]
        ends.link.drop()


async def test_an_error_in_our_acknowledgement_does_not_stop_the_others(mosquitto, caplog):
    numbers = asyncio.Queue()

    def acknowledged(number, code):
        numbers.put_nowait(number)
        raise ValueError("a defect")

    ends = Ends(mosquitto.port)
    await ends.link.open(ends.messages.put_nowait, acknowledged)
    sent = [ends.link.publish("a", b"", qos=1, retain=False) for _ in range(3)]
    async with asyncio.timeout(PATIENCE_S):
        assert [await numbers.get() for _ in range(3)] == sent
    ends.link.drop()
    assert len(caplog.records) == 3


async def test_what_does_not_fit_into_the_socket_leaves_when_there_is_room(mosquitto):
    """The loop looks at the socket for as long as there is something to write, and no longer."""
    payload = os.urandom(8 * 2**20)
    loop = asyncio.get_running_loop()
    async with Observer(mosquitto.port, topics="large") as observer, Ends(mosquitto.port) as ends:
        mosquitto.pause()
        ends.link.publish("large", payload, qos=1, retain=False)
        while not ends.link._writer_added:
            await asyncio.sleep(0)
        descriptor = ends.link._client.socket().fileno()
        assert loop._selector.get_key(descriptor).events == 3  # reading and writing
        mosquitto.resume()
        await observer.until(lambda: observer.seen)
        await asyncio.wait_for(ends.acknowledged.get(), PATIENCE_S)
        assert observer.seen[0].payload == payload
        assert not ends.link._writer_added
        assert loop._selector.get_key(descriptor).events == 1


async def test_a_link_that_was_dropped_calls_nobody_and_leaves_nothing_in_the_loop(mosquitto):
    loop = asyncio.get_running_loop()
    before = set(loop._selector.get_map())
    async with Observer(mosquitto.port, topics="none") as observer:
        ends = Ends(mosquitto.port)
        await ends.open()
        await ends.link.subscribe(["a"])
        ends.link.publish("a", b"", qos=1, retain=False)
        ends.link.drop()
        ends.link.drop()
        ends.link.publish("a", b"", qos=1, retain=False)  # into the void
        await observer.publish("a", b"1")
        assert ends.messages.empty()
        assert ends.acknowledged.empty()
        assert ends.link._misc.cancelled()
        await asyncio.wait_for(ends.link.close(), PATIENCE_S)
    assert set(loop._selector.get_map()) == before


CONNACK_3, CONNACK_5 = b"\x20\x02\x00\x00", b"\x20\x03\x00\x00\x00"
RUDE = {
    "noise": bytes(range(256)) * 4,
    "HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "a length without end": b"\x20\xff\xff\xff\xff\xff",
    "a CONNACK that is too short": b"\x20\x00",
    "an unknown packet": b"\xf0\x00" * 9,
    "a CONNACK with properties that are none": b"\x20\x05\x00\x00\x02\xff\xff",
    "a PUBLISH without a topic": b"\x30\x00",
    "a topic that is no UTF-8": b"\x30\x05\x00\x02\xff\xfe\x00",
    "an acknowledgement of nothing": b"\x40\x00",
}


@both_versions
@pytest.mark.parametrize("noise", RUDE.values(), ids=RUDE)
@pytest.mark.parametrize("connected", [True, False])
async def test_a_server_that_is_no_broker_ends_in_a_failure_and_not_in_a_busy_loop(
    use_v5, noise, connected, monkeypatch
):
    monkeypatch.setattr(paho_link, "ANSWER_S", 0.1)
    answer = ((CONNACK_5 if use_v5 else CONNACK_3) if connected else b"") + noise

    async def spent_s() -> float:
        before_s = os.times().user
        ends = Ends(server.port, use_v5=use_v5)
        with contextlib.suppress(LinkFailed):
            await ends.open()
            await ends.link.subscribe(["a"])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ends.link.closed(), 0.05)
        ends.link.drop()
        assert ends.messages.empty() or noise == RUDE["a topic that is no UTF-8"]
        return os.times().user - before_s

    async with RudeServer(answer) as server:
        assert await least_awaited(0.1, spent_s) < 0.1


@both_versions
async def test_a_server_that_never_answers_may_be_of_the_other_version(use_v5, monkeypatch):
    monkeypatch.setattr(paho_link, "ANSWER_S", 0.1)
    async with RudeServer() as server:
        ends = Ends(server.port, use_v5=use_v5)
        with pytest.raises(LinkFailed, match="did not answer") as caught:
            await ends.open()
        assert caught.value.wrong_protocol
        ends.link.drop()


@both_versions
async def test_a_server_that_hangs_up_may_be_of_the_other_version(use_v5):
    async with RudeServer(end=True) as server:
        ends = Ends(server.port, use_v5=use_v5)
        with pytest.raises(LinkFailed) as caught:
            await ends.open()
        assert caught.value.wrong_protocol
        ends.link.drop()


@pytest.mark.parametrize(
    ("use_v5", "answer"), [(True, b"\x20\x03\x00\x84\x00"), (True, b"\x20\x02\x00\x01"), (False, b"\x20\x02\x00\x01")]
)
async def test_a_server_that_says_it_is_of_the_other_version_is_understood(use_v5, answer):
    async with RudeServer(answer, end=True) as server:
        ends = Ends(server.port, use_v5=use_v5)
        with pytest.raises(LinkFailed) as caught:
            await ends.open()
        assert caught.value.wrong_protocol
        ends.link.drop()


async def test_a_subscription_ends_with_the_connection(monkeypatch):
    async with RudeServer(CONNACK_5) as server, Ends(server.port) as ends:
        waiting = asyncio.create_task(ends.link.subscribe(["a"]))
        await asyncio.sleep(0)
        server._writers[0].close()
        with pytest.raises(LinkFailed, match="ended the connection"):
            await asyncio.wait_for(waiting, PATIENCE_S)


@pytest.fixture
def held_back(monkeypatch):
    """Holds every TCP connection back, as slow DNS does, until it is set."""
    release, connect = threading.Event(), socket.create_connection

    def later(*given, **named):
        release.wait(PATIENCE_S)
        return connect(*given, **named)

    monkeypatch.setattr(paho_client.socket, "create_connection", later)
    yield release
    release.set()


def connecting_threads():
    return [thread for thread in threading.enumerate() if thread.name == "mqtt-connect"]


async def join_threads():
    for thread in connecting_threads():
        await asyncio.to_thread(thread.join, PATIENCE_S)
    await asyncio.sleep(0)  # what the thread left to the loop


async def test_f080_a_name_server_that_hangs_does_not_hold_the_loop(held_back, monkeypatch):
    monkeypatch.setattr(paho_link, "CONNECT_S", 0.3)
    async with RudeServer() as server:

        async def lag_s():
            async with Lag() as lag:
                with pytest.raises(LinkFailed, match=r"no connection within 0\.3 s"):
                    await Ends(server.port).open()
            return lag.worst_s

        assert await least_awaited(0.1, lag_s) < 0.1
        held_back.set()
        await join_threads()
        async with asyncio.timeout(PATIENCE_S):
            while not server.heard:
                await asyncio.sleep(0)


@pytest.mark.parametrize("how", ["given up", "cancelled", "dropped", "closed"])
async def test_a_connection_that_comes_too_late_says_nothing_that_would_throw_out_another(held_back, monkeypatch, how):
    monkeypatch.setattr(paho_link, "CONNECT_S", 0.05 if how == "given up" else 10.0)
    async with RudeServer() as server:
        before = open_files()
        ends = Ends(server.port)
        opening = asyncio.create_task(ends.open())
        await asyncio.sleep(0)
        if how != "given up":
            if how == "closed":
                await ends.link.close()
            opening.cancel()
        with contextlib.suppress(LinkFailed, asyncio.CancelledError):
            await opening
        ends.link.drop()
        held_back.set()
        await join_threads()
        async with asyncio.timeout(PATIENCE_S):
            while not server.heard:
                await asyncio.sleep(0)
        assert all(data[:1] != b"\x10" for data in server.heard)  # no CONNECT
        del ends, opening
        for writer in server._writers:
            writer.close()
        await asyncio.sleep(0)
        assert open_files() <= before
    assert connecting_threads() == []


async def fail_to_open(times, port, **settings):
    """How many more files are open after so many failures than after the first few."""
    before = 0
    for number in range(times):
        ends = Ends(port, use_v5=number % 2 == 0, **settings)
        with pytest.raises(LinkFailed):
            await ends.open()
        ends.link.drop()
        del ends
        if number == 4:
            before = open_files()
    await join_threads()
    assert connecting_threads() == []
    return open_files() - before


async def test_two_hundred_failed_connections_leave_no_file_and_no_thread_behind(new_mosquitto):
    broker = new_mosquitto(users={"animal": PASSWORD})
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert await fail_to_open(100, unused.getsockname()[1]) <= 0
        assert await fail_to_open(100, broker.port) <= 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library does not close its socket
async def test_failed_encryption_leaves_no_file_and_no_thread_behind(mosquitto):
    gc.disable()
    try:
        assert await fail_to_open(30, mosquitto.port, tls={}) <= 0
    finally:
        gc.enable()
