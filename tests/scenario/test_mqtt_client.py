"""The client and the bridge at real brokers that die, freeze, restart and throw people out."""

import asyncio
import itertools
import json
import random
import socket
import time

import pytest
from observers import Observer, wire_of

from alimante.config.model import Mqtt
from alimante.core.bus import EventBus
from alimante.core.clock import SystemClock
from alimante.core.events import CommandReceived, LinkChanged, Quality, ReadingTaken
from alimante.core.tasks import Tasks
from alimante.mqtt import client as client_module
from alimante.mqtt import embedded, paho_link
from alimante.mqtt.bridge import Bridge
from alimante.mqtt.client import MqttClient
from alimante.mqtt.link import Will
from alimante.mqtt.outbox import Message
from alimante.mqtt.paho_link import PahoLink
from alimante.mqtt.topics import Topics
from hardware.api import Switch

pytestmark = pytest.mark.real

TOPICS = Topics("alimante", "demo")
SET = "alimante/demo/actuator/heater/set"
PATIENCE_S = 60.0


class Node:
    """Everything that speaks MQTT in a supervisor, with a seeded source of chance. Use it with `async with`."""

    def __init__(self, port, *, protocol="auto", seed=1, **settings):
        self.bus = EventBus()
        self.clock = SystemClock()
        self.died = []
        self.attempts = []
        self.commands = asyncio.Queue()
        self._links = asyncio.Queue()
        self._values = itertools.count(1)
        self.settings = Mqtt(port=port, protocol=protocol, **settings)
        self.bridge = Bridge(
            topics=TOPICS,
            send=lambda message: self.client.publish(message),
            accepts={"heater": Switch()},
            status=lambda: {"state": "running"},
            bus=self.bus,
            clock=self.clock,
        )
        self.client = MqttClient(
            self._link,
            topics=TOPICS,
            protocol=protocol,
            bus=self.bus,
            clock=self.clock,
            rng=random.Random(seed),
            on_message=self.bridge.on_message,
            on_online=self.bridge.resend,
            tasks=Tasks(lambda name, error: self.died.append(error)),
        )
        self.bus.subscribe(LinkChanged, lambda event: self._links.put_nowait(event.connected))
        self.bus.subscribe(CommandReceived, self.commands.put_nowait)

    def _link(self, use_v5):
        self.attempts.append(use_v5)
        will = Will(TOPICS.availability, b"offline")
        self.link = PahoLink(self.settings, client_id="alimante_demo", password=None, will=will, use_v5=use_v5)
        return self.link

    async def __aenter__(self):
        await self.bridge.start()
        await self.client.start()
        return self

    async def __aexit__(self, *given):
        await self.client.stop()
        assert self.died == []

    async def until(self, connected):
        async with asyncio.timeout(PATIENCE_S):
            while await self._links.get() is not connected:
                pass

    async def command(self):
        async with asyncio.timeout(PATIENCE_S):
            return await self.commands.get()

    def measure(self, channel="temperature"):
        """Publish a reading whose value is greater than all before; returns it."""
        value = next(self._values)
        self.bus.publish(
            ReadingTaken(
                device="warm",
                channel=channel,
                value=float(value),
                unit="°C",
                quality=Quality.GOOD,
                measured_s=self.clock.mono(),
                seq=value,
            )
        )
        return value


@pytest.fixture
def short_waits(monkeypatch):
    monkeypatch.setattr(client_module, "BACKOFF_BASE_S", 0.1)
    monkeypatch.setattr(client_module, "BACKOFF_CAP_S", 0.3)


def values(observer, channel="temperature"):
    payloads = observer.payloads(TOPICS.sensor_state("warm", channel))
    return [json.loads(payload)["value"] for payload in payloads]


def event(topic, number):
    return Message(topic, lambda: b"%d" % number, retain=False, is_state=False)


def state(topic, number):
    return Message(topic, lambda: b"%d" % number, retain=True, is_state=True)


async def test_a_node_comes_online_and_goes_offline(mosquitto):
    async with Observer(mosquitto.port) as observer:
        async with Node(mosquitto.port) as node:
            await node.until(connected=True)
            await observer.until(lambda: observer.payloads(TOPICS.status))
        await observer.publish("last", b"")
        await observer.until(lambda: observer.payloads("last"))
        assert observer.payloads(TOPICS.availability) == [b"online", b"offline"]  # and no will behind it


async def test_a_command_reaches_the_bus_and_its_refusal_comes_back(mosquitto):
    async with Observer(mosquitto.port) as observer, Node(mosquitto.port) as node:
        await observer.until(lambda: observer.payloads(TOPICS.availability) == [b"online"])
        await observer.until(lambda: observer.payloads(TOPICS.marker))  # what comes now is no backlog
        await observer.publish(SET, b"ON")
        await observer.publish(SET, b"toggle")
        command = await node.command()
        assert (command.device, command.value) == ("heater", 1.0)
        assert 29.0 < command.expires_s - node.clock.mono() <= 30.0
        await observer.until(lambda: observer.payloads(TOPICS.ack("heater")))
        assert json.loads(observer.payloads(TOPICS.ack("heater"))[0])["outcome"] == "rejected"


async def test_f086_a_retained_command_from_last_year_is_refused_and_told(mosquitto):
    async with Observer(mosquitto.port) as observer:
        await observer.publish(SET, b"ON", retain=True)
        async with Node(mosquitto.port) as node:
            await observer.until(lambda: observer.payloads(TOPICS.ack("heater")))
            assert node.commands.empty()


@pytest.mark.usefixtures("short_waits")
async def test_f078_after_a_killed_broker_has_come_back_every_state_is_right_and_was_told_in_order(mosquitto):
    async with Node(mosquitto.port) as node:
        async with Observer(mosquitto.port) as before:
            await node.until(connected=True)
            for _ in range(100):
                node.measure()
            await before.until(lambda: values(before)[-1:] == [100.0])
            for _ in range(100):
                node.measure()
            mosquitto.kill()
            node.measure("humidity")
            await node.until(connected=False)
            last = [node.measure() for _ in range(100)][-1]
        mosquitto.start()
        async with Observer(mosquitto.port) as after:
            await after.until(lambda: values(after)[-1:] == [last])
            await after.until(lambda: values(after, "humidity"))
            await after.until(lambda: after.retained().get(TOPICS.availability) == b"online")
            await after.until(lambda: after.payloads(TOPICS.status))
        for observer in (before, after):
            assert values(observer) == sorted(values(observer))
        assert len(node.attempts) < 30


@pytest.mark.usefixtures("short_waits")
async def test_f079_a_frozen_broker_is_left_and_found_again(mosquitto, monkeypatch):
    monkeypatch.setattr(paho_link, "SILENCE", 0.1)
    monkeypatch.setattr(paho_link, "MISC_S", 0.1)
    monkeypatch.setattr(paho_link, "ANSWER_S", 0.3)
    async with Node(mosquitto.port, keepalive_s=10) as node:
        await node.until(connected=True)
        mosquitto.pause()
        await node.until(connected=False)
        last = node.measure()
        while len(node.attempts) < 3:
            await asyncio.sleep(0.01)
        mosquitto.resume()
        async with Observer(mosquitto.port) as observer:
            await observer.until(lambda: values(observer)[-1:] == [last])


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_a_command_sent_while_we_were_away_arrives_with_the_age_that_it_may_have(mosquitto, protocol):
    """It comes together with the broker's first answer, before we could subscribe."""
    async with Observer(mosquitto.port) as observer, Node(mosquitto.port, protocol=protocol) as node:
        await node.until(connected=True)
        node.measure()
        await observer.until(lambda: values(observer))
        heard_s = node.clock.mono()
        here, node.settings = node.settings, node.settings.model_copy(update={"port": 1})
        with wire_of(node.link) as wire:
            wire.shutdown(socket.SHUT_RDWR)
        await node.until(connected=False)
        for number in range(30):
            await observer.publish(SET, b"%d" % (number % 2))
        node.settings = here
        for _ in range(30):
            command = await node.command()
            assert command.expires_s - 30.0 <= heard_s + 0.05  # an acknowledgement may have been on its way
        await observer.until(lambda: len(observer.payloads(TOPICS.marker)) == 2)
        sent_s = node.clock.mono()
        await observer.publish(SET, b"ON")
        assert (await node.command()).expires_s - 30.0 >= sent_s


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_after_a_start_a_command_from_before_is_taken_for_expired(mosquitto, protocol):
    async with Observer(mosquitto.port) as observer:
        async with Node(mosquitto.port, protocol=protocol) as node:
            await node.until(connected=True)
        for number in range(30):  # more than the broker has under way at once
            await observer.publish(SET, json.dumps({"id": f"c{number}", "value": "ON"}).encode())
        async with Node(mosquitto.port, protocol=protocol) as node:
            for number in range(30):
                command = await node.command()
                assert (command.id, command.expires_s) == (f"c{number}", float("-inf"))


async def test_f082_two_clients_of_one_name_do_not_fight_fast(mosquitto, caplog):
    """Each connection of the one throws out the other."""
    started_s = time.monotonic()
    async with Node(mosquitto.port, seed=1) as first, Node(mosquitto.port, seed=2) as second:
        async with asyncio.timeout(PATIENCE_S):
            while len(first.attempts) + len(second.attempts) < 7:
                await asyncio.sleep(0.01)
        took_s = time.monotonic() - started_s
    assert took_s > 1.0
    assert any("does another client use our id" in message for message in caplog.messages)


async def test_f083_a_wrong_password_is_no_fast_loop_and_is_not_told(new_mosquitto, caplog):
    broker = new_mosquitto(users={"animal": "right"})
    async with Node(broker.port) as node:
        while len(node.attempts) < 3:
            await asyncio.sleep(0.01)
        assert len(caplog.messages) == 1
        assert "not authori" in caplog.messages[0].lower()


async def test_two_thousand_events_in_a_burst_all_arrive_in_order(new_mosquitto):
    mosquitto = new_mosquitto(config="max_queued_messages 0")  # it drops what is too much for the observer
    async with Observer(mosquitto.port, topics="burst/+") as observer, Node(mosquitto.port) as node:
        await node.until(connected=True)
        for number in range(2000):
            node.client.publish(event(f"burst/{number % 4}", number))
        await observer.until(lambda: len(observer.seen) == 2000)
        for first in range(4):
            expected = [b"%d" % number for number in range(first, 2000, 4)]
            assert observer.payloads(f"burst/{first}") == expected


async def test_two_thousand_states_in_a_burst_arrive_in_order_up_to_the_newest(new_mosquitto):
    mosquitto = new_mosquitto(config="max_queued_messages 0")  # it drops what is too much for the observer
    async with Observer(mosquitto.port, topics="burst/+") as observer, Node(mosquitto.port) as node:
        await node.until(connected=True)
        for number in range(2000):
            node.client.publish(state(f"burst/{number % 4}", number))
        for number in range(2000):
            node.client.publish(state(f"burst/of{number}", number))
        await observer.until(lambda: len({message.topic for message in observer.seen}) == 2004)
        for first in range(4):
            got = [int(payload) for payload in observer.payloads(f"burst/{first}")]
            assert got == sorted(set(got))
            assert got[-1] == 1996 + first


@pytest.fixture
async def amqtt():
    pytest.importorskip("amqtt", reason="the extra `demo` is not installed")
    broker = await embedded.start(preferred_port=0)
    yield broker
    await broker.stop()


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize("protocol", ["3.1.1", "auto"])
async def test_the_embedded_broker_serves_a_node(amqtt, protocol, monkeypatch):
    """It never answers version 5; `auto` finds that out by waiting."""
    monkeypatch.setattr(paho_link, "ANSWER_S", 1.0)
    async with Observer(amqtt.port, topics="alimante/#") as observer:
        async with Node(amqtt.port, protocol=protocol) as node:
            await node.until(connected=True)
            await observer.until(lambda: observer.payloads(TOPICS.marker))
            value = node.measure()
            await observer.publish(SET, b"ON")
            assert (await node.command()).expires_s > node.clock.mono()
            await observer.until(lambda: values(observer) == [value])
            assert node.attempts == ([True, False] if protocol == "auto" else [False])
        await observer.until(lambda: observer.payloads(TOPICS.availability)[-1:] == [b"offline"])
