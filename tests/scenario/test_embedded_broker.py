"""The demonstration's broker as a real child process, spoken to by a real client."""

import asyncio
import os
import queue
import signal
import socket
import subprocess
import sys
import time

import paho.mqtt.client as paho
import psutil
import pytest

from alimante.mqtt import embedded
from alimante.mqtt.embedded import LOOPBACK, BrokerUnavailable, free_port

pytestmark = pytest.mark.real
pytest.importorskip("amqtt", reason="the extra `demo` is not installed")

PARENT = """
import asyncio
from alimante.mqtt import embedded

async def main():
    broker = await embedded.start(preferred_port=0)
    print(broker.port, broker.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
async def broker():
    broker = await embedded.start(preferred_port=0)
    yield broker
    await broker.stop()


@pytest.fixture
def taken_port():
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        yield other.getsockname()[1]


class Client:
    """A synchronous MQTT 3.1.1 client with a queue of what came in."""

    def __init__(self, port):
        self.inbox = queue.Queue()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
        self._client.on_message = lambda client, data, message: self.inbox.put(message)
        self._client.on_subscribe = lambda *args: self._subscribed.put(None)
        self._subscribed = queue.Queue()
        self._client.connect(LOOPBACK, port)
        self._client.loop_start()

    def publish(self, topic, payload, *, retain):
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(5)

    def subscribe(self, topic):
        self._client.subscribe(topic, qos=1)
        self._subscribed.get(timeout=5)

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_message = self._client.on_subscribe = None  # its sockets are closed with it


def _is_alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _wait_until(condition, within_s=20.0):
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.01)


async def test_a_retained_message_reaches_a_client_that_subscribes_later(broker):
    def publish_then_subscribe():
        first = Client(broker.port)
        first.publish("alimante/demo/availability", "online", retain=True)
        first.publish("alimante/demo/event/started", "{}", retain=False)
        first.close()
        second = Client(broker.port)
        second.subscribe("alimante/#")
        message = second.inbox.get(timeout=5)
        second.publish("alimante/demo/last", "x", retain=False)
        following = second.inbox.get(timeout=5)
        second.close()
        return message, following

    message, following = await asyncio.to_thread(publish_then_subscribe)
    assert (message.topic, message.payload, message.retain) == ("alimante/demo/availability", b"online", True)
    assert following.topic == "alimante/demo/last"


async def test_the_broker_is_not_reachable_from_other_machines(broker):
    listening = psutil.Process(broker.pid).net_connections(kind="inet")
    assert [(socket.laddr.ip, socket.laddr.port) for socket in listening] == [("127.0.0.1", broker.port)]


async def test_another_port_is_taken_when_the_preferred_one_is_not_free(taken_port):
    broker = await embedded.start(preferred_port=taken_port)
    try:
        assert broker.port != taken_port
        await asyncio.to_thread(lambda: Client(broker.port).close())
    finally:
        await broker.stop()


def test_the_preferred_port_is_kept_when_it_is_free(taken_port):
    assert free_port(taken_port) != taken_port
    free = free_port(0)
    assert free_port(free) == free


async def test_a_stopped_broker_is_gone_and_stopping_twice_is_no_error(broker):
    await broker.stop()
    await broker.stop()
    assert broker.exited.result() == 0
    assert not _is_alive(broker.pid)


async def test_a_crash_of_the_broker_is_noticed(broker):
    assert not broker.exited.done()
    os.kill(broker.pid, signal.SIGKILL)
    async with asyncio.timeout(5):
        assert await broker.exited == -signal.SIGKILL


async def test_a_broker_that_hangs_is_stopped_nevertheless(broker, monkeypatch):
    monkeypatch.setattr(embedded, "_STOP_WITHIN_S", 0.05)
    os.kill(broker.pid, signal.SIGSTOP)
    _wait_until(lambda: psutil.Process(broker.pid).status() == psutil.STATUS_STOPPED)  # else it may end by itself
    await broker.stop()
    assert broker.exited.result() == -signal.SIGKILL


async def test_starting_does_not_block_the_loop():
    starting = asyncio.create_task(embedded.start(preferred_port=0))
    rounds = 0
    while not starting.done():
        await asyncio.sleep(0.005)
        rounds += 1
    await (await starting).stop()
    assert rounds > 5  # a Python program starts no faster, however busy the computer is


async def test_a_start_that_takes_too_long_says_so_and_leaves_no_process_behind():
    before = psutil.Process().children()
    with pytest.raises(BrokerUnavailable, match=r"not ready within 0\.001 s"):
        await embedded.start(preferred_port=0, ready_within_s=0.001)
    assert psutil.Process().children() == before


async def test_without_amqtt_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(embedded, "find_spec", lambda name: None)
    with pytest.raises(BrokerUnavailable, match=r"pip install 'alimante\[demo\]'"):
        await embedded.start()


@pytest.fixture
def parent():
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    port, pid = map(int, process.stdout.readline().split())
    yield process, port, pid
    process.kill()
    process.communicate()


def test_the_broker_ends_when_its_parent_is_killed(parent):
    process, port, pid = parent
    assert _is_alive(pid)
    process.kill()
    _wait_until(lambda: not _is_alive(pid))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, port)).close()


def test_ctrl_c_in_the_terminal_leaves_the_broker_to_its_parent(parent):
    process, _, pid = parent
    assert os.getpgid(pid) != os.getpgid(process.pid)
    assert os.getsid(pid) == pid
