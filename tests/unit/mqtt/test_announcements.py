"""What is told of groups, health, alerts, controllers and single facts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sent import ROOT, Sent

from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import (
    AlertChanged,
    BreakerChanged,
    ClockStepped,
    ErrorSeen,
    GroupJudged,
    HealthChanged,
    Level,
    PeopleTold,
    PostMortem,
    Quality,
    RecoveryFinished,
    SafetyActed,
    ServiceFailed,
    WireStateChanged,
)
from alimante.mqtt.announcements import FACTS, Announcements, Known
from alimante.mqtt.link import Inbound
from alimante.mqtt.topics import Topics

OLD = {
    "alert": "probe/lost",
    "component": "probe",
    "condition": "lost",
    "level": "critical",
    "state": "acknowledged",
    "text": "no answer",
    "advice": "look",
    "since": 0.0,
    "count": 2,
    "flapping": False,
    "acknowledged_by": "Kim",
}


class Node:
    """Announcements with what is known, by hand."""

    def __init__(self, bus=None, clock=None):
        self.bus, self.clock = bus or EventBus(), clock or ManualClock()
        self.sent = Sent()
        self.told = 0
        self.groups, self.healths, self.alerts, self.controllers = {}, {}, [], {}
        self.announcements = Announcements(
            topics=Topics("alimante", "demo"),
            send=self.sent.append,
            tell_status=self.tell_status,
            devices=["probe", "heater"],
            known=Known(
                groups=lambda: self.groups,
                healths=lambda: self.healths,
                alerts=lambda: self.alerts,
                controllers=lambda: self.controllers,
            ),
            bus=self.bus,
            clock=self.clock,
        )

    def tell_status(self):
        self.told += 1

    def hear(self, topic, payload=b"{}", *, retained=True):
        self.announcements.on_message(Inbound(f"{ROOT}{topic}", payload, retained))


@pytest.fixture
def silent(bus, clock):
    return Node(bus, clock)


@pytest.fixture
async def node(silent):
    await silent.announcements.start()
    silent.sent.clear()
    silent.told = 0
    return silent


def alert(state="active", component="probe", condition="lost", **more):
    fields = {"level": Level.CRITICAL, "text": "no answer", "advice": "look", "since_wall_s": 60.0, "count": 1, **more}
    return AlertChanged(component=component, condition=condition, state=state, **fields)


def health(component, new="WARNING"):
    return HealthChanged(component=component, old="HEALTHY", new=new, reason="it is late", advice="wait")


def group(clock, value=28.0, quality=Quality.GOOD):
    return GroupJudged(
        group="warm",
        value=value,
        highest=value,
        lowest=value,
        unit="°C",
        quality=quality,
        reasons=(),
        measured_s=clock.mono(),
        ejected=("far.temperature",),
    )


async def test_what_an_earlier_run_said_is_replaced_at_the_start(silent):
    silent.groups = {"warm": {"unit": "°C", "value": 28.0}}
    silent.healths = {"heater": {"health": "WARNING", "reason": "no driver", "advice": "install it"}, "mqtt": {}}
    silent.alerts = [OLD]
    await silent.announcements.start()
    assert silent.sent.last("device/probe/health") == {
        "health": "UNKNOWN",
        "reason": "nothing is known yet",
        "advice": "",
    }
    assert silent.sent.last("device/heater/health")["health"] == "WARNING"
    told = silent.sent.last("group/warm/state")
    assert (told["value"], told["quality"], told["unit"], told["age_s"]) == (None, "unknown", "°C", None)
    assert silent.sent.last("alert/probe/lost") == {
        "level": "critical",
        "state": "acknowledged",
        "text": "no answer",
        "advice": "look",
        "since": "1970-01-01T00:00:00.000Z",
        "count": 2,
        "flapping": False,
        "acknowledged_by": "Kim",
    }
    assert len(silent.sent.retained()) == 4


def test_what_a_group_says_is_a_retained_state_with_its_age_when_it_is_sent(node, bus, clock):
    bus.publish(group(clock))
    clock.advance(12.0)
    told = node.sent.last("group/warm/state")
    assert (told["value"], told["quality"], told["ejected"], told["age_s"]) == (28.0, "good", ["far.temperature"], 12.0)
    assert (node.sent[0].retain, node.sent[0].is_state, node.sent[0].qos) == (True, True, 1)


def test_a_group_that_says_nothing_is_null_and_never_a_nan(node, bus, clock):
    bus.publish(group(clock, value=None, quality=Quality.UNKNOWN))
    assert node.sent.last("group/warm/state")["value"] is None
    bus.publish(group(clock, value=math.nan))
    assert node.sent.last("group/warm/state")["value"] is None


def test_the_health_of_a_device_is_a_retained_state_and_that_of_others_an_event(node, bus):
    bus.publish(health("probe"))
    bus.publish(health("mqtt"))
    assert node.sent.topics == ["device/probe/health", "event/health_changed"]
    assert [message.retain for message in node.sent] == [True, False]
    assert node.sent.last("device/probe/health") == {"health": "WARNING", "reason": "it is late", "advice": "wait"}
    assert node.told == 0


def test_the_node_reports_when_its_health_or_the_number_of_alerts_changes(node, bus):
    bus.publish(health("node"))
    assert node.told == 1
    bus.publish(alert())
    bus.publish(alert(count=2))
    assert node.told == 2
    bus.publish(alert("resolved"))
    assert node.told == 3


def test_an_alert_is_retained_while_it_is_active_and_empty_when_it_is_over(node, bus):
    bus.publish(alert())
    assert node.sent.last("alert/probe/lost")["since"] == "1970-01-01T00:01:00.000Z"
    bus.publish(alert("acknowledged", acknowledged_by="Kim"))
    assert node.sent.last("alert/probe/lost")["acknowledged_by"] == "Kim"
    bus.publish(alert("resolved"))
    assert node.sent.payload("alert/probe/lost") == b""
    assert node.sent.retained() == {}
    assert all(message.retain and message.is_state for message in node.sent)
    node.sent.clear()
    node.announcements.resend()
    assert "alert/probe/lost" not in node.sent.topics


def test_a_name_that_cannot_stand_in_a_topic_is_changed(node, bus):
    bus.publish(alert(component="Control socket/#", condition="+"))
    assert node.sent.topics == ["alert/control_socket__/_"]


def test_an_alert_that_nobody_knows_of_is_taken_away_from_the_broker(node, bus):
    bus.publish(alert())
    node.sent.clear()
    node.hear("alert/probe/lost")
    assert node.sent == []
    node.hear("alert/gone/lost")
    assert node.sent.topics == ["alert/gone/lost"]
    assert (node.sent[0].render(), node.sent[0].retain) == (b"", True)


@pytest.mark.parametrize(
    "topic", ["alert/gone/lost/ack", "alert/gone", "alert/Gone/lost", "alert//lost", "alert/gone/x y", "status"]
)
def test_nothing_else_is_ever_taken_away(node, topic):
    node.hear(topic)
    assert node.sent == []


def test_the_end_of_an_alert_at_the_broker_is_not_answered(node):
    node.hear("alert/gone/lost", b"")
    assert node.sent == []


FACT_EVENTS = [
    WireStateChanged(wire="i2c", wedged=True, reason="stuck"),
    SafetyActed(device="heater", action="tripped", cause="x", text="hot", values=(("warm", 41.0),), at_s=0.0),
    BreakerChanged(component="probe", old="CLOSED", new="OPEN", reason="4 failures"),
    RecoveryFinished(
        component="probe", strategy="reset", action="a", attempt=1, allowed=5, succeeded=True, reason="", took_s=0.1
    ),
    ClockStepped(by_s=-7200.0),
    ServiceFailed(service="polling", error="ValueError", restarts=1, is_critical=True),
    PeopleTold(kind="alert", level=Level.CRITICAL, alerts=("probe/lost",), text="no answer"),
    PostMortem(kind="killed", text="the process was killed", bad_starts=2),
]


@pytest.mark.parametrize("event", FACT_EVENTS, ids=lambda event: type(event).__name__)
def test_a_fact_is_told_once_and_not_retained(node, bus, event):
    bus.publish(event)
    assert node.sent.topics == [f"event/{FACTS[type(event)]}"]
    assert (node.sent[0].retain, node.sent[0].is_state) == (False, False)
    assert node.sent.last(node.sent.topics[0])


def test_every_kind_of_fact_is_stated_above():
    assert {type(event) for event in FACT_EVENTS} == set(FACTS)


def test_a_wedged_wire_is_told_as_it_is(node, bus):
    bus.publish(FACT_EVENTS[0])
    assert node.sent.last("event/wire_state_changed") == {"wire": "i2c", "wedged": True, "reason": "stuck"}


def test_an_act_of_safety_says_when_in_utc_and_by_which_values(node, bus, clock):
    at_s = clock.mono()
    clock.step_wall(3600.0 - clock.wall())
    clock.advance(10.0)
    values = (("warm.temperature", 41.0), ("limit", math.inf))
    bus.publish(
        SafetyActed(device="heater", action="tripped", cause="over_temperature", text="hot", values=values, at_s=at_s)
    )
    told = node.sent.last("event/safety_acted")
    assert told["at"] == "1970-01-01T01:00:00.000Z"
    assert told["values"] == {"warm.temperature": 41.0, "limit": None}
    assert "at_s" not in told


def test_single_errors_are_counted_and_not_told(node, bus):
    from alimante.core.events import Category, Severity

    bus.publish(
        ErrorSeen(component="a", error="NoAnswer", severity=Severity.LOW, category=Category.SENSOR, text="no answer")
    )
    assert node.sent == []


def test_a_controller_is_told_when_it_says_something_new(node):
    node.controllers = {"warmth": {"target": 30.00001, "measured": math.nan, "reason": "cold"}}
    node.announcements.publish_controllers()
    node.announcements.publish_controllers()
    assert node.sent.topics == ["controller/warmth/state"]
    assert node.sent.last("controller/warmth/state") == {"target": 30.0, "measured": None, "reason": "cold"}
    node.controllers = {"warmth": {"target": 25.0}}
    node.announcements.publish_controllers()
    assert len(node.sent) == 2
    node.sent.clear()
    node.announcements.resend()
    assert node.sent.last("controller/warmth/state") == {"target": 25.0}


def test_a_controller_that_writes_into_its_own_report_is_told_nevertheless(node):
    report = {"terms": {"p": 0.1}}
    node.controllers = {"warmth": report}
    node.announcements.publish_controllers()
    report["terms"]["p"] = 0.2
    node.announcements.publish_controllers()
    assert node.sent.last("controller/warmth/state") == {"terms": {"p": 0.2}}


async def test_after_a_stop_nothing_is_told(node, bus):
    await node.announcements.stop()
    for event in (*FACT_EVENTS, alert(), health("probe")):
        bus.publish(event)
    assert node.sent == []


@given(st.text(), st.binary(max_size=100), st.booleans())
def test_whatever_comes_in_nothing_raises_and_only_alerts_are_taken_away(tail, payload, retained):
    node = Node()
    node.hear(f"alert/{tail}", payload, retained=retained)
    assert all(message.topic.startswith(f"{ROOT}alert/") and message.render() == b"" for message in node.sent)
    assert len(node.sent) <= 1
