"""Puts the parts of MQTT together; it must not know what they tell or do."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alimante.config.model import Mqtt
from alimante.core.bus import EventBus
from alimante.core.clock import Clock
from alimante.core.component import Component
from alimante.core.tasks import Tasks
from alimante.mqtt.announcements import Announcements, Known
from alimante.mqtt.bridge import Bridge
from alimante.mqtt.client import MqttClient
from alimante.mqtt.demo_broker import DemoBroker
from alimante.mqtt.link import Inbound, Link, Will
from alimante.mqtt.outbox import Message
from alimante.mqtt.requests import Requests
from alimante.mqtt.topics import Topics
from hardware.api import Accepts

Connect = Callable[[Mqtt, Will, bool], Link]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """What MQTT asks of the supervisor; see `Bridge` and `Requests`."""

    status: Callable[[], dict[str, Any]]
    acknowledge: Callable[[str, str], None]
    maintain: Callable[[float | None], None]
    metrics: Callable[[], dict[str, Any]]
    recover: Callable[[str, str], str]


class MqttParts:
    """One node at one broker. `accepts` says what each actuator takes, `devices` are the ids of all devices.

    `components` are to be started, in this order. `on_address(host, port)` is told where the broker is.
    """

    def __init__(
        self,
        mqtt: Mqtt,
        node: str,
        *,
        connect: Connect,
        accepts: Mapping[str, Accepts],
        devices: Iterable[str],
        known: Known,
        deeds: Deeds,
        bus: EventBus,
        clock: Clock,
        rng: random.Random,
        tasks: Callable[[str], Tasks],
        on_address: Callable[[str, int], None],
    ) -> None:
        topics = Topics(mqtt.base, node)
        will = Will(topics.availability, b"offline")
        broker = DemoBroker(preferred_port=mqtt.port, tasks=tasks("broker"), on_address=on_address)
        self._requests = Requests(
            topics=topics,
            send=self._send,
            acknowledge=deeds.acknowledge,
            maintain=deeds.maintain,
            metrics=deeds.metrics,
            recover=deeds.recover,
        )
        self.bridge = Bridge(
            topics=topics,
            send=self._send,
            accepts=accepts,
            status=deeds.status,
            bus=bus,
            clock=clock,
            on_other=self._on_other,
        )
        self.announcements = Announcements(
            topics=topics,
            send=self._send,
            tell_status=self.bridge.publish_status,
            devices=devices,
            known=known,
            bus=bus,
            clock=clock,
        )
        self.client = MqttClient(
            lambda use_v5: connect(broker.reached(mqtt), will, use_v5),
            topics=topics,
            protocol="3.1.1" if mqtt.embedded else mqtt.protocol,
            bus=bus,
            clock=clock,
            rng=rng,
            on_message=self.bridge.on_message,
            on_online=self._resend,
            tasks=tasks("mqtt"),
        )
        served: list[Component] = [broker] if mqtt.embedded else []
        self.components: list[Component] = [self.bridge, self.announcements, *served, self.client]

    def gauges(self) -> dict[str, Callable[[], float]]:
        """What waits for the broker or was lost on the way to it, as numbers that are asked when they are wanted."""
        client = self.client
        return {
            "outbox_waiting": lambda: len(client.outbox),
            "outbox_dropped": lambda: client.outbox.dropped,
            "mqtt_refused": lambda: client.refused,
        }

    def _send(self, message: Message) -> None:
        self.client.publish(message)

    def _resend(self) -> None:
        self.bridge.resend()
        self.announcements.resend()

    def _on_other(self, message: Inbound, age_bound_s: float) -> None:
        self._requests.on_message(message, age_bound_s)
        self.announcements.on_message(message)
