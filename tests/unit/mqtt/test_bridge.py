"""Facts become messages and messages become commands."""

import dataclasses
import json

import pytest
from fakes import heard
from sent import Sent

from alimante.core.events import (
    CommandFinished,
    CommandReceived,
    DeviceStateChanged,
    NodeStateChanged,
    Outcome,
    OutputChanged,
    Quality,
    ReadingAged,
    ReadingMissed,
    ReadingTaken,
)
from alimante.core.states import DeviceState, NodeState
from alimante.mqtt.bridge import Bridge
from alimante.mqtt.link import Inbound
from alimante.mqtt.topics import Topics
from hardware.api import Range, Switch, Unit

TOPICS = Topics("alimante", "demo")
ACCEPTS = {"heater": Switch(), "fan": Range(low=0.0, high=100.0, unit=Unit.PERCENT, off=0.0, on=100.0)}


@pytest.fixture
def sent():
    return Sent()


@pytest.fixture
def others():
    return []


@pytest.fixture
async def bridge(bus, clock, sent, others):
    bridge = Bridge(
        topics=TOPICS,
        send=sent.append,
        accepts=ACCEPTS,
        status=lambda: {"state": "running"},
        bus=bus,
        clock=clock,
        on_other=lambda *given: others.append(given),
    )
    await bridge.start()
    return bridge


@pytest.fixture
def commands(bus):
    return heard(bus, CommandReceived)


def taken(clock, value=25.0, seq=1):
    return ReadingTaken(
        device="warm",
        channel="temperature",
        value=value,
        unit="°C",
        quality=Quality.GOOD,
        measured_s=clock.mono(),
        seq=seq,
    )


def missed(clock, seq=2):
    return ReadingMissed(device="warm", channel="temperature", unit="°C", reason="gone", at_s=clock.mono(), seq=seq)


def aged(clock, value=None, quality=Quality.UNKNOWN):
    return ReadingAged(
        device="warm",
        channel="temperature",
        value=value,
        unit="°C",
        quality=quality,
        reasons=("gone",),
        measured_s=clock.mono() - 30.0,
        seq=3,
    )


def output(clock, value=1.0):
    return OutputChanged(
        device="heater", value=value, commanded=1.0, source="mqtt", reason="asked", since_s=clock.mono()
    )


def say(payload, device="heater", **flags):
    return Inbound(f"alimante/demo/actuator/{device}/set", payload, flags.pop("retained", False), **flags)


@pytest.mark.usefixtures("bridge")
def test_a_reading_is_a_retained_state(bus, clock, sent):
    bus.publish(taken(clock))
    assert sent.topics == ["sensor/warm/temperature/state"]
    assert (sent[0].retain, sent[0].is_state, sent[0].qos) == (True, True, 1)
    assert (sent.last("sensor/warm/temperature/state")["value"]) == 25.0


@pytest.mark.usefixtures("bridge")
def test_the_age_of_a_reading_is_that_of_the_moment_of_sending(bus, clock, sent):
    bus.publish(taken(clock))
    clock.advance(40.0)
    assert sent.last("sensor/warm/temperature/state")["age_s"] == 40.0


@pytest.mark.usefixtures("bridge")
def test_a_missed_or_a_bad_reading_leaves_what_was_told(bus, clock, sent):
    bus.publish(taken(clock))
    bus.publish(missed(clock))
    bus.publish(dataclasses.replace(taken(clock, value=85.0), quality=Quality.BAD))
    assert len(sent) == 1


@pytest.mark.usefixtures("bridge")
def test_a_reading_that_grew_old_takes_the_place_of_the_old_value(bus, clock, sent):
    bus.publish(taken(clock))
    bus.publish(aged(clock, value=25.0, quality=Quality.SUSPECT))
    said = sent.last("sensor/warm/temperature/state")
    assert (said["value"], said["quality"], said["age_s"]) == (25.0, "suspect", 30.0)
    bus.publish(aged(clock))
    assert {message.topic for message in sent} == {sent[0].topic}
    said = sent.last("sensor/warm/temperature/state")
    assert (said["value"], said["quality"], said["reasons"]) == (None, "unknown", ["gone"])


@pytest.mark.usefixtures("bridge")
def test_an_output_is_a_retained_state_and_null_when_it_is_not_known(bus, clock, sent):
    bus.publish(output(clock))
    bus.publish(output(clock, value=None))
    assert sent.topics == ["actuator/heater/state"] * 2
    assert all(message.retain and message.is_state for message in sent)
    assert json.loads(sent[0].render())["value"] == "ON"
    assert json.loads(sent[1].render())["value"] is None


@pytest.mark.usefixtures("bridge")
@pytest.mark.parametrize(
    ("new", "payload"),
    [
        (DeviceState.ONLINE, b"online"),
        (DeviceState.OFFLINE, b"offline"),
        (DeviceState.DISABLED, b"offline"),
        (DeviceState.UNKNOWN, b"offline"),
    ],
)
def test_a_device_is_available_only_when_it_is_online(bus, sent, new, payload):
    bus.publish(DeviceStateChanged(device="warm", old=DeviceState.UNKNOWN, new=new, reason=""))
    assert sent.topics == ["device/warm/availability"]
    assert (sent[0].render(), sent[0].retain, sent[0].is_state) == (payload, True, True)


@pytest.mark.usefixtures("bridge")
def test_the_node_reports_at_each_change(bus, sent):
    bus.publish(NodeStateChanged(old=NodeState.STARTING, new=NodeState.RUNNING, reason=""))
    assert sent.topics == ["status"]
    assert (sent.last("status"), sent[0].retain, sent[0].is_state) == ({"state": "running"}, True, True)


@pytest.mark.usefixtures("bridge")
def test_the_end_of_a_command_is_told_once_and_not_retained(bus, sent):
    bus.publish(CommandFinished(id="a", device="heater", outcome=Outcome.APPLIED, reason="done", value=1.0))
    assert sent.topics == ["actuator/heater/ack"]
    assert (sent[0].retain, sent[0].is_state, sent[0].qos) == (False, False, 1)
    assert sent.last("actuator/heater/ack") == {"id": "a", "outcome": "applied", "reason": "done", "value": "ON"}


@pytest.mark.usefixtures("bridge")
def test_the_end_of_a_command_to_nobody_is_told_too(bus, sent):
    bus.publish(CommandFinished(id="a", device="ghost", outcome=Outcome.REJECTED, reason="none", value=None))
    assert sent.last("actuator/ghost/ack")["outcome"] == "rejected"


async def test_after_a_stop_nothing_is_published(bridge, bus, clock, sent):
    await bridge.stop()
    bus.publish(taken(clock))
    assert sent == []


def test_all_present_states_are_sent_again_as_they_are_now(bridge, bus, clock, sent):
    bus.publish(taken(clock))
    bus.publish(output(clock))
    bus.publish(aged(clock))
    bus.publish(DeviceStateChanged(device="warm", old=DeviceState.UNKNOWN, new=DeviceState.OFFLINE, reason=""))
    bus.publish(CommandFinished(id="a", device="heater", outcome=Outcome.APPLIED, reason="", value=1.0))
    sent.clear()
    bridge.resend()
    assert sorted(sent.topics) == [
        "actuator/heater/state",
        "device/warm/availability",
        "sensor/warm/temperature/state",
        "status",
    ]
    assert sent.last("sensor/warm/temperature/state")["value"] is None
    assert all(message.retain for message in sent)


def test_a_message_becomes_a_command(bridge, clock, commands, sent):
    bridge.on_message(say(b'{"id": "a", "value": 40, "expires_in_s": 20, "ttl_s": 60}', "fan"), 0.0)
    assert commands == [
        CommandReceived(id="a", device="fan", value=40.0, source="mqtt", expires_s=clock.mono() + 20.0, ttl_s=60.0)
    ]
    assert sent == []


def test_a_command_without_an_id_is_given_one_of_its_own(bridge, commands):
    bridge.on_message(say(b"ON"), 0.0)
    bridge.on_message(say(b"ON"), 0.0)
    assert len({command.id for command in commands}) == 2


def test_the_answer_to_what_is_no_command_tells_why(bridge, commands, sent):
    bridge.on_message(say(b'{"id": "a", "value": "toggle"}'), 0.0)
    answer = sent.last("actuator/heater/ack")
    assert (answer["id"], answer["outcome"], answer["value"]) == ("a", "rejected", None)
    assert "ON or OFF" in answer["reason"]
    assert (sent[0].retain, sent[0].is_state) == (False, False)
    assert commands == []


def test_f086_a_retained_command_is_refused_and_told(bridge, commands, sent):
    bridge.on_message(say(b"ON", retained=True), 0.0)
    assert commands == []
    assert "retain" in sent.last("actuator/heater/ack")["reason"]


def test_a_command_to_an_unknown_device_is_refused(bridge, commands, sent):
    bridge.on_message(say(b"ON", "ghost"), 0.0)
    bridge.on_message(say(b"ON", "warm"), 0.0)
    assert commands == []
    assert sent.topics == ["actuator/ghost/ack", "actuator/warm/ack"]
    assert "no actuator" in sent.last("actuator/ghost/ack")["reason"]


@pytest.mark.parametrize(
    "device", ["Heater", "a b", "", "x" * 33, "\x00", "x" * 60000, "\U000e0001" * 50, "heater\n", "+", "#", "$SYS"]
)
def test_f091_a_name_that_is_no_id_is_never_part_of_a_topic(bridge, commands, sent, device):
    bridge.on_message(say(b"ON", device), 0.0)
    assert commands == []
    if device:  # an empty level is no command topic at all
        assert sent.topics == ["event/refused"]
        reason = sent.last("event/refused")["reason"]
        assert reason.isprintable()
        assert len(reason) <= 200


def test_another_topic_is_left_to_others(bridge, commands, sent, others):
    message = Inbound("alimante/demo/actuator/heater/state", b"ON", False)
    bridge.on_message(message, 3.0)
    bridge.on_message(say(b"ON"), 0.0)
    assert others == [(message, 3.0)]
    assert sent == []
    assert len(commands) == 1


def test_f087_a_command_that_may_have_waited_too_long_is_expired_when_it_comes(bridge, clock, commands):
    bridge.on_message(say(b"ON"), 10.0)
    bridge.on_message(say(b"ON"), 600.0)
    bridge.on_message(say(b"ON"), float("inf"))
    assert [command.expires_s - clock.mono() for command in commands] == [20.0, -570.0, float("-inf")]


def test_a_command_whose_expiry_the_broker_looks_after_is_as_young_as_it_says(bridge, clock, commands):
    bridge.on_message(say(b"ON", is_fresh=True), 600.0)
    assert commands[0].expires_s == clock.mono() + 30.0


def sent_at(seconds):
    return say(json.dumps({"value": "ON", "sent_at": seconds}).encode())


def test_a_command_that_says_when_it_was_sent_is_believed_while_our_clock_is_right(bridge, clock, commands):
    bridge.on_message(sent_at(clock.wall() - 4.0), float("inf"))
    bridge.on_message(sent_at(clock.wall() - 600.0), 0.0)
    assert [command.expires_s - clock.mono() for command in commands] == [26.0, -570.0]


def test_a_command_is_not_believed_while_our_clock_may_be_wrong(bridge, clock, commands):
    clock.set_synced(False)
    bridge.on_message(sent_at(clock.wall() - 4.0), 600.0)
    bridge.on_message(sent_at(clock.wall() + 1e9), 0.0)
    assert [command.expires_s - clock.mono() for command in commands] == [-570.0, 30.0]


def test_a_command_from_the_future_is_refused_but_for_what_two_clocks_may_differ(bridge, clock, commands, sent):
    bridge.on_message(sent_at(clock.wall() + 4.0), 0.0)
    bridge.on_message(sent_at(clock.wall() + 6.0), 0.0)
    assert [command.expires_s - clock.mono() for command in commands] == [30.0]
    assert "future" in sent.last("actuator/heater/ack")["reason"]
