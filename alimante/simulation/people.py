"""Somebody who sends commands over MQTT without end, as a bad network delivers them; nobody says what they lead to."""

import asyncio
import json
from collections.abc import Sequence
from random import Random
from typing import Final

from alimante.config.model import Config, Device, Role
from alimante.simulation.broker import MemoryBroker
from hardware.api import Switch

EVERY_S: Final = 20.0
TTL_S: Final = 60.0
EXPIRES_S: Final = 10.0
LATE_S: Final = 8.0
TWICE: Final = 0.3
OLD: Final = 0.1


class Commander:
    """Commands outputs of `config` at `broker`: some commands twice, and some retained, as if from last year."""

    def __init__(self, config: Config, broker: MemoryBroker, rng: Random) -> None:
        self._broker = broker
        self._rng = rng
        self._base = f"{config.mqtt.base}/{config.node.id}/actuator"
        self._outputs: Sequence[Device] = [
            device
            for device in config.devices.values()
            if device.spec.kind == "actuator" and device.role is not Role.CUTOFF
        ]
        self._next_s = 0.0
        self._number = 0

    def look(self, now_s: float) -> None:
        """Send what is due."""
        if now_s < self._next_s or not self._outputs:
            return
        self._next_s = now_s + EVERY_S * self._rng.uniform(0.2, 1.8)
        device = self._rng.choice(self._outputs)
        self._number += 1
        told = {"id": f"person-{self._number}", "value": self._value(device), "ttl_s": TTL_S, "expires_in_s": EXPIRES_S}
        topic, payload = f"{self._base}/{device.id}/set", json.dumps(told).encode()
        if self._rng.random() < OLD:
            self._broker.retained[topic] = payload  # the next life of the supervisor finds it
        else:
            self._send(topic, payload)
        if self._rng.random() < TWICE:
            asyncio.get_running_loop().call_later(self._rng.uniform(0.0, LATE_S), self._send, topic, payload)

    def _send(self, topic: str, payload: bytes) -> None:
        if self._broker.is_up:
            self._broker.take(topic, payload, retain=False)

    def _value(self, device: Device) -> float | str:
        accepts = device.accepts
        if isinstance(accepts, Switch):
            return self._rng.choice(("ON", "OFF"))
        return round(self._rng.uniform(accepts.low, accepts.high), 1)
