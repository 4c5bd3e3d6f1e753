"""What is asked of the node is done or refused with a reason, and answered."""

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sent import ROOT, Sent

from alimante.mqtt.link import Inbound
from alimante.mqtt.requests import Requests
from alimante.mqtt.topics import Topics


class Node:
    def __init__(self):
        self.sent = Sent()
        self.done = []
        self.requests = Requests(
            topics=Topics("alimante", "demo"),
            send=self.sent.append,
            acknowledge=self.acknowledge,
            maintain=lambda for_s: self.done.append(("maintain", for_s)),
            metrics=lambda: {"cpu": 12.5, "load": math.nan},
            recover=self.recover,
        )

    def recover(self, component, by):
        if component != "probe":
            raise LookupError(f"there is nothing called {component!r} to repair")
        self.done.append(("recover", component, by))
        return "it is begun anew"

    def acknowledge(self, name, by):
        if name != "probe/lost":
            raise KeyError(name)
        self.done.append((name, by))

    def say(self, topic, payload, age_bound_s=0.0, **flags):
        self.requests.on_message(Inbound(f"{ROOT}{topic}", payload, flags.pop("retained", False), **flags), age_bound_s)


@pytest.fixture
def node():
    return Node()


@pytest.mark.parametrize("payload", [b"Kim", b' "Kim" ', b'{"by": "Kim"}', b'{"value": "Kim"}'])
def test_an_alert_is_acknowledged_by_somebody_with_a_name(node, payload):
    node.say("alert/probe/lost/ack", payload)
    assert node.done == [("probe/lost", "Kim")]
    answer = {"id": None, "outcome": "applied", "reason": "", "value": None}
    assert node.sent.last("alert/probe/lost/answer") == answer
    assert (node.sent[0].retain, node.sent[0].is_state) == (False, False)


def test_the_answer_has_the_id_of_the_request(node):
    node.say("alert/probe/lost/ack", b'{"by": "Kim", "id": "a-1"}')
    node.say("alert/probe/lost/ack", b'{"by": 5, "id": "a-2"}')
    assert [json.loads(message.render())["id"] for message in node.sent] == ["a-1", "a-2"]


@pytest.mark.parametrize("payload", [b"", b"5", b"{}", b"[]", b'{"by": ""}', b'{"by": "a\\nb"}', b"x" * 65, b"\xff"])
def test_nobody_acknowledges_without_a_name(node, payload):
    node.say("alert/probe/lost/ack", payload)
    assert node.done == []
    assert node.sent.last("alert/probe/lost/answer")["outcome"] == "rejected"


def test_what_is_no_active_alert_cannot_be_acknowledged(node):
    node.say("alert/probe/found/ack", b"Kim")
    answer = node.sent.last("alert/probe/found/answer")
    assert (answer["outcome"], answer["reason"]) == ("rejected", "there is no active alert 'probe/found'")


@pytest.mark.parametrize("name", ["Probe/lost", "probe/\x00", f"{'x' * 33}/lost", "+/#", "/"])
def test_a_name_that_is_no_id_is_never_part_of_a_topic(node, name):
    node.say(f"alert/{name}/ack", b"Kim")
    assert node.sent.topics == ["event/refused"]
    assert node.sent.last("event/refused")["reason"].isprintable()


@pytest.mark.parametrize(
    ("payload", "for_s"),
    [(b"OFF", None), (b"on", 1800.0), (b"600", 600.0), (b'{"value": 14400}', 14400.0), (b'{"value": "off"}', None)],
)
def test_maintenance_begins_and_ends(node, payload, for_s):
    node.say("maintenance/set", payload)
    assert node.done == [("maintain", for_s)]
    assert node.sent.last("maintenance/ack")["outcome"] == "applied"


@pytest.mark.parametrize(
    "payload", [b"", b"0", b"-1", b"14401", b"nan", b"inf", b"1e999", b"true", b'{"value": true}', b"{}", b"toggle"]
)
def test_f092_maintenance_of_any_other_length_is_refused(node, payload):
    node.say("maintenance/set", payload)
    assert node.done == []
    assert node.sent.last("maintenance/ack")["outcome"] == "rejected"


def test_metrics_are_told_on_request_without_a_nan_and_are_not_retained(node):
    node.say("metrics/get", b"")
    assert node.sent.topics == ["metrics/state"]
    assert node.sent.last("metrics/state") == {"cpu": 12.5, "load": None}
    assert not node.sent[0].retain


REQUESTS = [
    ("alert/probe/lost/ack", "alert/probe/lost/answer"),
    ("maintenance/set", "maintenance/ack"),
    ("metrics/get", "event/refused"),
]


@pytest.mark.parametrize(("topic", "answer"), REQUESTS)
def test_what_is_retained_is_refused(node, topic, answer):
    node.say(topic, b"ON", retained=True)
    assert node.done == []
    assert node.sent.topics == [answer]
    assert "retain" in node.sent.last(answer)["reason"]


@pytest.mark.parametrize(("topic", "answer"), REQUESTS)
def test_what_may_have_waited_at_the_broker_is_refused(node, topic, answer):
    node.say(topic, b"ON", 600.0)
    assert node.done == []
    assert "waited" in node.sent.last(answer)["reason"]
    node.say(topic, b"ON", 600.0, is_fresh=True)
    node.say(topic, b"ON", 20.0)
    assert len(node.sent) == 3
    assert len(node.done) == (0 if topic == "metrics/get" else 2)


@pytest.mark.parametrize(
    "topic", ["maintenance/ack", "alert/probe/lost", "alert/ack", "metrics/state", "status", "ack"]
)
def test_other_topics_are_nobodys_business(node, topic):
    node.say(topic, b"ON")
    assert node.sent == node.done == []


@pytest.mark.parametrize("topic", ["alert/probe/lost/ack", "maintenance/set"])
def test_a_payload_that_is_too_long_is_refused(node, topic):
    node.say(topic, b"x" * 5000)
    assert node.done == []
    assert "bytes" in node.sent.last(node.sent.topics[0])["reason"]


@given(st.sampled_from([topic for topic, _ in REQUESTS]), st.binary() | st.text().map(str.encode))
@example("maintenance/set", b"[" * 4000)
@example("maintenance/set", b'{"value": ' + b"9" * 3000 + b"}")
def test_whatever_the_payload_is_there_is_one_answer_of_bounded_length(topic, payload):
    node = Node()
    node.say(topic, payload)
    assert len(node.sent) == 1
    assert len(node.sent[0].render()) < 1000


@pytest.mark.parametrize("payload", [b"", b"now", b'{"id": "r-1"}'])
def test_a_device_is_begun_anew_when_it_is_asked_for(node, payload):
    node.say("device/probe/recover", payload)
    assert node.done == [("recover", "probe", "mqtt")]
    assert node.sent.last("device/probe/recover/answer")["outcome"] == "applied"


def test_what_is_not_there_is_not_begun_anew(node):
    node.say("device/nobody/recover", b"")
    assert node.done == []
    assert "nothing called 'nobody'" in node.sent.last("device/nobody/recover/answer")["reason"]


def test_a_wish_for_a_repair_that_was_retained_is_refused(node):
    node.say("device/probe/recover", b"", retained=True)
    assert node.done == []


def test_a_device_that_is_no_id_is_answered_elsewhere(node):
    node.say("device/a b/recover", b"")
    assert node.sent.last("event/refused")["outcome"] == "rejected"
