"""The client against a scripted broker, in virtual time."""

import asyncio
import logging
import random
from collections import Counter
from itertools import pairwise

import pytest
from fakes import heard

from alimante.core.events import HandlerFailed, LinkChanged
from alimante.core.tasks import Tasks
from alimante.mqtt.client import MqttClient
from alimante.mqtt.link import Inbound, LinkFailed, Session
from alimante.mqtt.outbox import CAPACITY, INFLIGHT, Message
from alimante.mqtt.topics import Topics
from alimante.policy.backoff import full_jitter_s
from alimante.simulation.virtual_time import run_virtual

TOPICS = Topics("alimante", "demo")
COMMAND = TOPICS.commands.replace("+", "heater")
DAY_S = 86400.0


class FakeBroker:
    """A broker as a test wants it. What it was told stands in `said`, of all connections together."""

    def __init__(self, clock):
        self.clock = clock
        self.failure = None  # what `open` raises
        self.speaks = {True, False}  # of MQTT 5
        self.receive_maximum = 65535
        self.returns_marker = True
        self.acknowledges = True
        self.code = 0  # of its acknowledgements
        self.queued = []  # what comes together with the answer to CONNECT
        self.subscribing = None  # what `subscribe` raises or waits for
        self.attempts = []
        self.said = []
        self.links = []

    def connect(self, use_v5):
        self.attempts.append((self.clock.mono(), use_v5))
        self.links.append(FakeLink(self, use_v5))
        return self.links[-1]

    @property
    def link(self):
        return self.links[-1]

    def kill(self, reason="the connection ended"):
        self.link.end(reason)

    def published(self, topic):
        return [payload for what, where, payload in self.said if (what, where) == ("publish", topic)]

    def waits(self):
        """The time between one attempt and the next."""
        times = [at_s for at_s, _ in self.attempts]
        return [after - before for before, after in pairwise(times)]


class FakeLink:
    def __init__(self, broker, use_v5):
        self._broker = broker
        self._use_v5 = use_v5
        self._closed = asyncio.get_running_loop().create_future()
        self._numbers = 0
        self.under_way = set()
        self.most_under_way = 0
        self.dropped = False

    async def open(self, on_message, on_acknowledged):
        broker = self._broker
        self.deliver, self._on_acknowledged = on_message, on_acknowledged
        if broker.failure is not None:
            raise broker.failure
        if self._use_v5 not in broker.speaks:
            raise LinkFailed("unsupported protocol", wrong_protocol=True)
        for message in broker.queued:
            on_message(message)
        await asyncio.sleep(0)
        return Session(resumed=False, receive_maximum=broker.receive_maximum)

    async def subscribe(self, topics):
        self._broker.said.append(("subscribe", tuple(topics), None))
        if self._broker.subscribing is not None:
            await self._broker.subscribing()
        await asyncio.sleep(0)

    def publish(self, topic, payload, *, qos, retain):
        assert not self.dropped
        self._numbers += 1
        self._broker.said.append(("publish", topic, payload))
        if qos and self._broker.acknowledges:
            self.under_way.add(self._numbers)
            self.most_under_way = max(self.most_under_way, len(self.under_way))
            asyncio.get_running_loop().call_soon(self._acknowledge, self._numbers)
        if topic == TOPICS.marker and self._broker.returns_marker:
            asyncio.get_running_loop().call_soon(self._tell, Inbound(topic, payload, False))
        return self._numbers

    def _acknowledge(self, number):
        self.under_way.discard(number)
        if not self.dropped:
            self._on_acknowledged(number, self._broker.code)

    def _tell(self, message):
        if not self.dropped:
            self.deliver(message)

    def end(self, reason):
        if not self._closed.done():
            self._closed.set_result(reason)

    async def closed(self):
        return await asyncio.shield(self._closed)

    async def close(self):
        self._broker.said.append(("close", None, None))
        self.end("closed")

    def drop(self):
        self.dropped = True


@pytest.fixture
def broker(clock):
    return FakeBroker(clock)


@pytest.fixture
def received():
    """Commands as (payload, age bound)."""
    return []


@pytest.fixture
def failed():
    """Tasks that died."""
    return []


@pytest.fixture
def client(broker, bus, clock, received, failed):
    return new_client(broker, bus, clock, received, failed)


def new_client(broker, bus, clock, received, failed, *, protocol="auto", seed=1, on_online=lambda: None):
    return MqttClient(
        broker.connect,
        topics=TOPICS,
        protocol=protocol,
        bus=bus,
        clock=clock,
        rng=random.Random(seed),
        on_message=lambda message, bound_s: received.append((message.payload, bound_s)),
        on_online=on_online,
        tasks=Tasks(lambda name, error: failed.append(error)),
    )


def run(client, clock, *steps):
    """Start the client, wait or call as `steps` say, and stop it."""

    async def main():
        await client.start()
        for step in steps:
            if callable(step):
                step()
            else:
                await asyncio.sleep(step)
        await client.stop()

    run_virtual(main(), clock)


def state(topic, payload):
    return Message(topic, lambda: payload, retain=True, is_state=True)


def event(payload):
    return Message("event", lambda: payload, retain=False, is_state=False)


def test_online_is_said_only_after_the_subscriptions_stand_and_before_anything_else(client, broker, clock):
    client.publish(state("a", b"1"))
    run(client, clock, 1.0)
    assert [(what, where) for what, where, _ in broker.said[:4]] == [
        ("subscribe", (*TOPICS.subscriptions, TOPICS.marker)),
        ("publish", TOPICS.marker),
        ("publish", TOPICS.availability),
        ("publish", "a"),
    ]
    assert broker.published(TOPICS.availability)[0] == b"online"


def test_online_is_not_said_while_the_subscriptions_do_not_stand(client, broker, clock):
    async def refuse():
        raise LinkFailed("the broker does not let this user subscribe")

    broker.subscribing = refuse
    client.publish(state("a", b"1"))
    run(client, clock, 600.0)
    assert not [what for what, *_ in broker.said if what == "publish"]


def test_whoever_knows_the_states_is_asked_for_them_at_each_connection(broker, bus, clock, received, failed):
    calls = []
    client = new_client(broker, bus, clock, received, failed, on_online=lambda: calls.append(clock.mono()))
    run(client, clock, 1.0, broker.kill, 10.0)
    assert len(calls) == len(broker.attempts) == 2


def test_a_state_that_waits_and_is_asked_for_is_sent_once(broker, bus, clock, received, failed):
    client = new_client(broker, bus, clock, received, failed, on_online=lambda: client.publish(state("a", b"2")))
    client.publish(state("a", b"1"))
    client.publish(event(b"e"))
    run(client, clock, 1.0, lambda: client.publish(state("a", b"3")))
    assert broker.published("a") == [b"2", b"3"]


def test_a_stop_says_offline_behind_everything_and_good_bye(client, broker, clock, bus):
    changes = heard(bus, LinkChanged)
    broker.receive_maximum = 3
    run(client, clock, 1.0, lambda: [client.publish(event(b"%d" % number)) for number in range(50)])
    assert broker.published("event") == [b"%d" % number for number in range(50)]
    assert broker.said[-2:] == [("publish", TOPICS.availability, b"offline"), ("close", None, None)]
    assert [change.connected for change in changes] == [True, False]


def test_a_stop_does_not_wait_long_for_a_broker_that_has_stopped_answering(client, broker, clock):
    def freeze():
        broker.acknowledges = False
        client.publish(state("a", b"1"))

    run(client, clock, 1.0, freeze)
    assert clock.mono() <= 1000.0 + 1.0 + 1.5
    assert broker.said[-1][0] == "close"


def test_a_stop_is_no_failure(client, broker, clock, caplog):
    run(client, clock, 1.0)
    assert caplog.messages == []
    assert len(broker.attempts) == 1


def test_a_stop_without_a_connection_says_nothing(client, broker, clock, failed):
    broker.failure = LinkFailed("nobody there")
    run(client, clock, 1.0)
    assert broker.said == failed == []
    assert broker.link.dropped


def test_a_stop_while_connecting_lets_go_of_the_link(client, broker, clock):
    broker.subscribing = asyncio.Event().wait
    run(client, clock, 1.0)
    assert broker.link.dropped
    assert ("close", None, None) not in broker.said


def test_every_link_that_failed_is_let_go(client, broker, clock):
    async def hang():
        await asyncio.sleep(5.0)
        raise LinkFailed("the broker did not confirm the subscription")

    broker.subscribing = hang
    run(client, clock, 3600.0)
    assert len(broker.links) > 10
    assert all(link.dropped for link in broker.links)


def test_f077_without_a_broker_for_seven_days_everything_stays_bounded(client, broker, clock, bus, caplog, failed):
    broker.failure = LinkFailed("broker 127.0.0.1:1883: Connection refused")
    changes = heard(bus, LinkChanged)
    longest = []

    async def supervise():
        for number in range(7 * 24 * 60):
            client.publish(state(f"sensor/{number % 100}", b"%d" % number))
            client.publish(event(b"%d" % number))
            longest.append(len(client.outbox))
            await asyncio.sleep(60.0)
        assert caplog.messages == ["broker 127.0.0.1:1883: Connection refused; trying again, at most every 120 s"]
        broker.failure = None
        await asyncio.sleep(120.0)

    async def main():
        await client.start()
        await supervise()
        await client.stop()

    run_virtual(main(), clock)
    assert max(longest) <= CAPACITY
    assert max(broker.waits()) <= 120.0
    assert 7 * DAY_S / 60 * 0.9 < len(broker.attempts) < 7 * DAY_S / 60 * 1.1  # uniform from 0 to 120 s
    assert len(caplog.messages) == 2
    assert "is back" in caplog.messages[1]
    assert [change.connected for change in changes] == [True, False]
    assert len(broker.published("event")) == CAPACITY - 100
    assert Counter(where for what, where, _ in broker.said if where and where[:6] == "sensor").most_common(1)[0][1] == 1
    assert failed == []


def test_waits_are_drawn_from_zero_to_a_doubling_ceiling(broker, bus, clock):
    broker.failure = LinkFailed("nobody there")
    waits = []
    for seed in range(300):
        broker.attempts.clear()
        run(new_client(broker, bus, clock, [], [], seed=seed), clock, 700.0)
        waits.append(broker.waits()[:10])
    for number, drawn in enumerate(zip(*[w for w in waits if len(w) == 10], strict=True)):
        ceiling = min(120.0, 2.0**number)
        assert max(drawn) <= ceiling + 1e-6
        assert max(drawn) > 0.8 * ceiling or number > 6  # long waits leave no room for ten in 700 s
        assert min(drawn) < 0.2 * ceiling


def test_only_a_stable_link_makes_the_next_wait_short_again(client, broker, clock, monkeypatch):
    attempts = []
    monkeypatch.setattr(
        "alimante.mqtt.client.full_jitter_s",
        lambda attempt, **given: attempts.append(attempt) or full_jitter_s(1, **given),
    )
    run(client, clock, 2.0, broker.kill, 30.0, broker.kill, 50.0, broker.kill, 62.0, broker.kill, 2.0)
    assert attempts == [1, 2, 3, 1]


def test_f082_a_client_that_is_thrown_out_again_and_again_slows_down(client, broker, clock, caplog):
    async def main():
        await client.start()
        for _ in range(3600):
            await asyncio.sleep(1.0)
            if client.connected:
                broker.kill("Session taken over")
        await client.stop()

    run_virtual(main(), clock)
    assert len(broker.attempts) < 3600 / 60 * 1.5 + 10
    assert any("Session taken over" in message for message in caplog.messages)


def test_f083_a_wrong_password_is_tried_seldom_and_never_told(broker, bus, clock, caplog, failed):
    broker.failure = LinkFailed("broker 127.0.0.1:1883 refused the connection: Bad user name or password")
    run(new_client(broker, bus, clock, [], failed), clock, DAY_S)
    assert len(broker.attempts) < DAY_S / 60 * 1.2
    assert len(caplog.messages) == 1
    assert "Bad user name or password" in caplog.messages[0]
    assert {use_v5 for _, use_v5 in broker.attempts} == {True}


def test_reasons_that_alternate_do_not_fill_the_log(client, broker, clock, caplog):
    async def main():
        await client.start()
        for number in range(2000):
            broker.failure = LinkFailed(f"reason {number % 3}" if number < 1000 else f"reason {number}")
            await asyncio.sleep(60.0)
        await client.stop()

    run_virtual(main(), clock)
    assert len(caplog.messages) <= 8


def test_a_broker_that_knows_only_3_1_1_is_reached_with_that(client, broker, clock):
    broker.speaks = {False}
    was_connected = []
    run(client, clock, 10.0, lambda: was_connected.append(client.connected))
    assert [use_v5 for _, use_v5 in broker.attempts] == [True, False]
    assert was_connected == [True]


def test_a_broker_that_was_replaced_by_a_newer_one_is_reached_again(client, broker, clock):
    broker.speaks = {False}
    run(client, clock, 100.0, lambda: broker.speaks.symmetric_difference_update({True, False}), broker.kill, 10.0)
    assert [use_v5 for _, use_v5 in broker.attempts] == [True, False, False, True]


def test_version_5_comes_back_after_a_time_in_which_the_broker_did_not_answer(client, broker, clock):
    """A frozen broker looks like one that does not know version 5."""

    async def main():
        await client.start()
        await asyncio.sleep(70.0)
        broker.speaks = set()
        broker.kill()
        while [use_v5 for _, use_v5 in broker.attempts] != [True, True, False, True]:
            await asyncio.sleep(0.001)
        broker.speaks = {True, False}
        await asyncio.sleep(20.0)
        broker.kill()
        await asyncio.sleep(100.0)
        await client.stop()

    run_virtual(main(), clock)
    assert [use_v5 for _, use_v5 in broker.attempts] == [True, True, False, True, False, True]


@pytest.mark.parametrize(("protocol", "use_v5"), [("5", True), ("3.1.1", False)])
def test_a_version_that_was_asked_for_is_kept(broker, bus, clock, protocol, use_v5):
    broker.speaks = {not use_v5}
    run(new_client(broker, bus, clock, [], [], protocol=protocol), clock, 100.0)
    assert {version for _, version in broker.attempts} == {use_v5}


def test_no_more_is_under_way_than_the_broker_takes(client, broker, clock):
    broker.receive_maximum = 10
    for number in range(200):
        client.publish(event(b"%d" % number))
    run(client, clock, 1.0)
    assert broker.link.most_under_way == 10  # the marker and `online` among them
    assert len(broker.published("event")) == 200


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_broker_that_takes_hardly_anything_at_once_gets_everything_one_after_the_other(client, broker, clock, most):
    broker.receive_maximum = most
    for number in range(20):
        client.publish(event(b"%d" % number))
    run(client, clock, 1.0)
    assert broker.link.most_under_way == most
    assert broker.published("event") == [b"%d" % number for number in range(20)]
    assert [topic for what, topic, _ in broker.said if what == "publish"][:2] == [TOPICS.marker, TOPICS.availability]


def test_what_the_client_says_first_is_not_gathered_by_connections_that_break(client, broker, clock):
    broker.acknowledges = False
    run(client, clock, 1.0, *[broker.kill, 200.0] * 20)
    assert len(broker.links) == 21
    assert len(client.outbox) <= 3  # marker, `online`, and `offline` at the end


def test_what_the_broker_does_not_take_is_counted_and_told_once(client, broker, clock, caplog):
    def refuse():
        broker.code = 0x87
        for number in range(100):
            client.publish(event(b"%d" % number))

    run(client, clock, 1.0, refuse, 1.0)
    assert client.refused == 101  # and `offline`
    assert caplog.messages == ["the broker did not take what was published on event (MQTT 5 reason code 0x87)"]


def test_that_nobody_listens_is_no_refusal(client, broker, clock, caplog):
    broker.code = 0x10
    run(client, clock, 1.0, lambda: client.publish(event(b"1")), 1.0)
    assert client.refused == 0
    assert caplog.messages == []


def test_no_more_is_under_way_than_we_want(client, broker, clock):
    run(client, clock, 1.0, lambda: [client.publish(event(b"%d" % number)) for number in range(200)], 1.0)
    assert broker.link.most_under_way == INFLIGHT


def test_what_was_not_acknowledged_is_sent_again_the_newest_state_last(client, broker, clock):
    def cut():
        broker.acknowledges = False
        client.publish(state("a", b"1"))
        client.publish(event(b"2"))
        broker.kill()
        client.publish(state("a", b"3"))
        broker.acknowledges = True

    run(client, clock, 1.0, cut, 20.0)
    assert broker.published("event") == [b"2", b"2"]
    assert broker.published("a")[-1] == b"3"
    assert b"1" not in broker.published("a")[2:]


def test_a_message_that_cannot_be_told_is_left_out_logged_once_and_counted_each_time(
    client, broker, bus, clock, caplog, failed
):
    found = heard(bus, HandlerFailed)

    def bad():
        raise ValueError("Out of range float values are not JSON compliant")

    def say():
        client.publish(Message("bad", bad, retain=True, is_state=True))
        client.publish(state("good", b"1"))

    run(client, clock, say, 1.0, say, 1.0)
    assert broker.published("good") == [b"1", b"1"]
    assert len(broker.attempts) == 1
    assert len(caplog.records) == 1
    assert [(fact.event, fact.error.partition(":")[0]) for fact in found] == [("bad", "ValueError")] * 2
    assert failed == []


def test_whatever_is_wrong_with_a_connection_the_task_lives(client, broker, clock, caplog, failed):
    broker.failure = RuntimeError("a defect")
    was_connected = []

    def note():
        was_connected.append(client.connected)

    run(client, clock, 300.0, note, lambda: setattr(broker, "failure", None), 130.0, note)
    assert was_connected == [False, True]
    assert failed == []
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert caplog.records[0].exc_info is not None


def test_a_secret_that_cannot_be_read_is_told_without_a_traceback(broker, bus, clock, caplog, failed):
    def connect(use_v5):
        raise OSError("the secret in /x cannot be read: No such file or directory")

    broker.connect = connect
    run(new_client(broker, bus, clock, [], failed), clock, 300.0)
    assert len(caplog.records) == 1
    assert not caplog.records[0].exc_info
    assert failed == []


def test_what_comes_before_the_marker_may_have_waited_since_we_were_heard_last(client, broker, clock, received):
    """After the marker the same command is fresh."""
    waiting = Inbound(COMMAND, b"waited", False)

    async def main():
        await client.start()
        await asyncio.sleep(10.0)
        client.publish(state("a", b"1"))  # its acknowledgement is what is heard last
        await asyncio.sleep(20.0)
        broker.failure, broker.queued = LinkFailed("nobody there"), [waiting]
        broker.kill()
        await asyncio.sleep(300.0)
        broker.failure, broker.returns_marker = None, False
        while not client.connected:
            await asyncio.sleep(0.1)
        broker.link.deliver(Inbound(COMMAND, b"also waited", False))
        at_s = clock.mono()
        broker.link.deliver(Inbound(TOPICS.marker, broker.published(TOPICS.marker)[-1], False))
        broker.link.deliver(Inbound(COMMAND, b"fresh", False))
        await client.stop()
        return at_s

    at_s = run_virtual(main(), clock)
    (_, early_s), (_, later_s), (_, fresh_s) = received
    assert early_s == pytest.approx(at_s - 1010.0, abs=0.2)
    assert later_s == pytest.approx(at_s - 1010.0, abs=0.2)
    assert fresh_s == 0.0


def test_at_the_first_connection_a_command_may_have_waited_for_ever(client, broker, clock, received):
    broker.queued = [Inbound(COMMAND, b"ON", False)]
    run(client, clock, 1.0)
    assert received == [(b"ON", float("inf"))]


def test_a_marker_that_is_lost_holds_nothing_up_for_longer_than_five_seconds(client, broker, clock, received):
    broker.returns_marker = False

    def say():
        broker.link.deliver(Inbound(COMMAND, b"ON", False))

    run(client, clock, 4.9, say, 0.2, say)
    assert received == [(b"ON", float("inf")), (b"ON", 0.0)]


def test_a_connection_that_breaks_within_the_backlog_makes_the_rest_no_younger(client, broker, clock, received):
    broker.returns_marker = False
    broker.queued = [Inbound(COMMAND, b"ON", False)]
    run(client, clock, 1.0, broker.kill, 30.0)
    assert len(received) >= 2
    assert {bound_s for _, bound_s in received} == {float("inf")}


def test_the_marker_of_an_earlier_connection_does_not_count(client, broker, clock, received):
    broker.returns_marker = False

    def requeue():
        broker.queued = [
            Inbound(TOPICS.marker, broker.published(TOPICS.marker)[0], False),
            Inbound(TOPICS.marker, b"", False),
            Inbound(COMMAND, b"ON", False),
        ]
        broker.kill()

    run(client, clock, 1.0, requeue, 3.0)
    assert received[0] == (b"ON", float("inf"))


def test_the_marker_is_no_command(client, broker, clock, received):
    run(client, clock, 1.0)
    assert len(broker.published(TOPICS.marker)) == 1
    assert received == []
