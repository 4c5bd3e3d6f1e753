"""Feeds readings through the shipped event bus, bridge, client and link to a broker, as fast as they go out.

It must not let so many wait that the outbox drops an old state for a newer one.
Arguments: port, node, readings, channels.
"""

import asyncio
import random
import sys
from collections.abc import Callable
from typing import Any

from alimante.config.model import Mqtt
from alimante.core.bus import EventBus
from alimante.core.clock import SystemClock
from alimante.core.events import Quality, ReadingTaken
from alimante.core.tasks import Tasks
from alimante.mqtt.bridge import Bridge
from alimante.mqtt.client import MqttClient
from alimante.mqtt.link import Will
from alimante.mqtt.paho_link import PahoLink
from alimante.mqtt.topics import Topics

WAITING = 300
LOOK_S = 0.001
"""How often the feeder looks whether there is room; at 50 000/s a full outbox would still not run dry."""


async def main(port: int, node: str, readings: int, channels: int) -> None:
    """Ends when all are acknowledged; exits with 1 when one was lost."""
    bus, clock, topics = EventBus(), SystemClock(), Topics("alimante", node)
    bus.bind(asyncio.get_running_loop())
    tasks = Tasks(_fail)
    bridge = Bridge(
        topics=topics, send=lambda message: client.publish(message), accepts={}, status=_status, bus=bus, clock=clock
    )
    settings = Mqtt(host="127.0.0.1", port=port)
    will = Will(topics.availability, b"offline")
    client = MqttClient(
        lambda use_v5: PahoLink(settings, client_id=f"our-{node}", password=None, will=will, use_v5=use_v5),
        topics=topics,
        protocol="auto",
        bus=bus,
        clock=clock,
        rng=random.Random(1),
        on_message=bridge.on_message,
        on_online=bridge.resend,
        tasks=tasks,
    )
    await bridge.start()
    await client.start()
    await _until(lambda: client.connected)
    for number in range(readings):
        if len(client.outbox) >= WAITING:
            await _until(lambda: len(client.outbox) < WAITING)
        bus.publish(
            ReadingTaken(
                device=f"device_{number % channels}",
                channel="temperature",
                value=25.0 + number % 100 / 16,
                unit="°C",
                quality=Quality.GOOD,
                measured_s=clock.mono(),
                seq=number,
            )
        )
    await _until(lambda: not len(client.outbox))
    await client.stop()
    if client.outbox.dropped:
        raise SystemExit(f"{client.outbox.dropped} messages were dropped")


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - the shipped parts tell nobody when there is room
        await asyncio.sleep(LOOK_S)


def _status() -> dict[str, Any]:
    return {}


def _fail(name: str, error: BaseException) -> None:
    raise SystemExit(f"{name}: {error}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
