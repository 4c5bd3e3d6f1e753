"""Tells MQTT how everything is: groups, health, alerts, controllers and single facts; it must not take commands.

What an earlier run left at the broker ends here: devices and groups are unknown until something is known of them, and
an alert that stands at the broker without being active any more is taken away.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json

from alimante.core.bus import EventBus, Undo
from alimante.core.clock import Clock
from alimante.core.component import Phase
from alimante.core.events import (
    AlertChanged,
    BreakerChanged,
    ClockStepped,
    Event,
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
from alimante.core.ids import is_id
from alimante.mqtt.facts import encode_alert, encode_fact, encode_group, encode_health, encode_report
from alimante.mqtt.link import Inbound
from alimante.mqtt.outbox import Message
from alimante.mqtt.states import States
from alimante.mqtt.topics import Topics

NODE = "node"
UNKNOWN = "UNKNOWN"
NOTHING_YET = "nothing is known yet"
FACTS: dict[type[Event], str] = {
    WireStateChanged: "wire_state_changed",
    SafetyActed: "safety_acted",
    BreakerChanged: "breaker_changed",
    RecoveryFinished: "recovery_finished",
    ClockStepped: "clock_stepped",
    ServiceFailed: "service_failed",
    PeopleTold: "notification",
    PostMortem: "post_mortem",
}
"""What is told once, when it happens, and the topic below `event/` that it is told on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known at any moment: each returns plain JSON values by id.

    `groups` have a `unit`, healths a `health`, `reason` and `advice`; `alerts` are rows as an alert service tells them.
    """

    groups: Callable[[], Mapping[str, Mapping[str, Any]]]
    healths: Callable[[], Mapping[str, Mapping[str, Any]]]
    alerts: Callable[[], Iterable[Mapping[str, Any]]]
    controllers: Callable[[], Mapping[str, Mapping[str, Any]]]


class Announcements:
    """Publishes what happens to `devices` and everything else. `tell_status` publishes the node's report."""

    name = "announcements"
    phase = Phase.OUTPUTS

    def __init__(
        self,
        *,
        topics: Topics,
        send: Callable[[Message], None],
        tell_status: Callable[[], None],
        devices: Iterable[str],
        known: Known,
        bus: EventBus,
        clock: Clock,
    ) -> None:
        self._topics = topics
        self._send = send
        self._tell_status = tell_status
        self._devices = frozenset(devices)
        self._known = known
        self._bus = bus
        self._clock = clock
        self._states = States(send)
        self._reports: dict[str, Mapping[str, Any]] = {}
        self._controllers: dict[str, bytes] = {}
        self._undo: list[Undo] = []

    async def start(self) -> None:
        """Tell what is known already, and listen."""
        self._tell_known()
        subscribe = self._bus.subscribe
        self._undo = [
            subscribe(GroupJudged, self._on_group),
            subscribe(HealthChanged, self._on_health),
            subscribe(AlertChanged, self._on_alert),
            *(subscribe(kind, self._on_fact) for kind in FACTS),
        ]

    async def stop(self) -> None:
        """Listen no more."""
        for undo in self._undo:
            undo()

    def resend(self) -> None:
        """Publish every present state again."""
        self._states.resend()

    def publish_controllers(self) -> None:
        """Publish what each controller says of itself, if that is something new."""
        for name, report in self._known.controllers().items():
            if report == self._reports.get(name):
                continue
            self._reports[name] = from_json(to_json(report))  # a controller may go on writing into its own
            payload = encode_report(report)
            if self._controllers.get(name) != payload:
                self._controllers[name] = payload
                self._tell(self._topics.controller_state(name), payload)

    def on_message(self, message: Inbound) -> None:
        """Take away an alert that stands at the broker without being active: one of an earlier run, for instance."""
        named = self._topics.alert_of(message.topic)
        if named is not None and message.payload and all(map(is_id, named)) and message.topic not in self._states:
            self._states.forget(message.topic)

    def _tell_known(self) -> None:
        healths = self._known.healths()
        for device in sorted(self._devices):
            row = healths.get(device, {"health": UNKNOWN, "reason": NOTHING_YET, "advice": ""})
            self._on_health(
                HealthChanged(
                    component=device, old=UNKNOWN, new=row["health"], reason=row["reason"], advice=row["advice"]
                )
            )
        for group, row in self._known.groups().items():
            self._on_group(_unknown_group(group, row["unit"]))
        for row in self._known.alerts():
            self._on_alert(_alert_of(row))

    def _on_group(self, event: GroupJudged) -> None:
        clock = self._clock
        topic = self._topics.group_state(event.group)
        self._states.tell(topic, lambda: encode_group(event, mono_s=clock.mono(), wall_s=clock.wall()))

    def _on_health(self, event: HealthChanged) -> None:
        if event.component in self._devices:
            self._tell(self._topics.device_health(event.component), encode_health(event))
            return
        self._on_fact(event, "health_changed")
        if event.component == NODE:
            self._tell_status()

    def _on_alert(self, event: AlertChanged) -> None:
        topic = self._topics.alert(event.component, event.condition)
        is_new = topic not in self._states
        if event.state == "resolved":
            self._states.forget(topic)
        else:
            self._tell(topic, encode_alert(event))
        if is_new or event.state == "resolved":
            self._tell_status()

    def _on_fact(self, event: Event, kind: str = "") -> None:
        payload = encode_fact(event, mono_s=self._clock.mono(), wall_s=self._clock.wall())
        topic = self._topics.event(kind or FACTS[type(event)])
        self._send(Message(topic, lambda: payload, retain=False, is_state=False))

    def _tell(self, topic: str, payload: bytes) -> None:
        self._states.tell(topic, lambda: payload)


def _unknown_group(group: str, unit: str) -> GroupJudged:
    return GroupJudged(
        group=group,
        value=None,
        highest=None,
        lowest=None,
        unit=unit,
        quality=Quality.UNKNOWN,
        reasons=(NOTHING_YET,),
        measured_s=None,
    )


def _alert_of(row: Mapping[str, Any]) -> AlertChanged:
    return AlertChanged(
        component=row["component"],
        condition=row["condition"],
        level=Level(row["level"]),
        state=row["state"],
        text=row["text"],
        advice=row["advice"],
        since_wall_s=row["since"],
        count=row["count"],
        is_flapping=row["flapping"],
        acknowledged_by=row["acknowledged_by"],
    )
