"""The facts and the broker of a simulated computer."""

import asyncio
from typing import Any

import pytest

from alimante.core.clock import ManualClock
from alimante.mqtt.link import Inbound, LinkFailed, Will
from alimante.simulation.broker import MemoryBroker, MemoryLink
from alimante.simulation.computer import CALM, ScriptedFacts
from alimante.simulation.virtual_time import run_virtual

WILL = Will("node/availability", b"offline")


def test_what_is_changed_about_the_computer_stands_beside_the_rest():
    facts = ScriptedFacts()
    facts.changed["soc_temperature_c"] = 91.0
    assert facts.gather() == {**CALM, "soc_temperature_c": 91.0}


class Client:
    """One open link and what it heard."""

    def __init__(self, broker: MemoryBroker) -> None:
        self.link: MemoryLink = broker.link(WILL)
        self.heard: list[Inbound] = []
        self.acknowledged: list[int] = []

    async def open(self, *topics: str) -> "Client":
        await self.link.open(self.heard.append, lambda number, code: self.acknowledged.append(number))
        await self.link.subscribe(list(topics))
        return self


def virtually(story: Any) -> None:
    run_virtual(story(MemoryBroker()), ManualClock())


def test_what_is_published_comes_to_who_asked_for_it():
    async def story(broker: MemoryBroker) -> None:
        client = await Client(broker).open("a/+/set", "b")
        for topic in ("a/x/set", "a/x/state", "a/x/y/set", "b", "c"):
            number = client.link.publish(topic, b"1", qos=1, retain=False)
        await asyncio.sleep(0.1)
        assert [message.topic for message in client.heard] == ["a/x/set", "b"]
        assert client.acknowledged == [1, 2, 3, 4, number]

    virtually(story)


def test_what_is_retained_comes_at_the_subscription_until_it_is_emptied():
    async def story(broker: MemoryBroker) -> None:
        broker.take("a/x/state", b"1", retain=True)
        broker.take("a/y/state", b"2", retain=True)
        broker.take("a/y/state", b"", retain=True)
        client = await Client(broker).open("a/+/state")
        await asyncio.sleep(0.1)
        assert [(message.topic, message.retained) for message in client.heard] == [("a/x/state", True)]

    virtually(story)


def test_nobody_reaches_a_broker_that_is_down():
    async def story(broker: MemoryBroker) -> None:
        client = await Client(broker).open("a")
        broker.go_down()
        assert "closed" in await client.link.closed()
        assert client.link.publish("a", b"1", qos=1, retain=True) == 0
        with pytest.raises(LinkFailed):
            await Client(broker).open("a")
        broker.go_up()
        await Client(broker).open("a")
        assert broker.connections == 2

    virtually(story)


def test_the_will_is_told_for_a_link_that_vanishes_and_not_after_a_good_bye():
    async def story(broker: MemoryBroker) -> None:
        polite, rude = await Client(broker).open(), await Client(broker).open()
        await polite.link.close()
        polite.link.drop()
        assert WILL.topic not in broker.retained
        rude.link.drop()
        rude.link.drop()
        assert broker.retained[WILL.topic] == b"offline"

    virtually(story)


def test_nothing_is_heard_after_a_drop():
    async def story(broker: MemoryBroker) -> None:
        client = await Client(broker).open("a")
        client.link.publish("a", b"1", qos=1, retain=False)
        client.link.drop()
        await asyncio.sleep(0.1)
        assert (client.heard, client.acknowledged) == ([], [])

    virtually(story)
