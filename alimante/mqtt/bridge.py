"""Between the event bus and MQTT: readings and outputs become retained states, messages become commands.

It must not decide whether a command may be carried out.
"""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from alimante.core.bus import EventBus, Undo
from alimante.core.clock import Clock
from alimante.core.component import Phase
from alimante.core.events import (
    CommandFinished,
    CommandReceived,
    DeviceStateChanged,
    NodeStateChanged,
    OutputChanged,
    Quality,
    ReadingAged,
    ReadingTaken,
)
from alimante.core.ids import is_id
from alimante.core.states import DeviceState
from alimante.mqtt.codec import (
    MAX_CLOCK_ERROR_S,
    Command,
    Refused,
    decode_command,
    dump,
    encode_ack,
    encode_output,
    encode_reading,
    encode_refusal,
    show,
)
from alimante.mqtt.link import Inbound
from alimante.mqtt.outbox import Message
from alimante.mqtt.states import States
from alimante.mqtt.topics import Topics
from hardware.api import Accepts


class Bridge:
    """Publishes what happens and takes commands.

    `send` puts a message into the outbox, `accepts` says what each actuator takes, `status` makes the node's report.
    """

    name = "bridge"
    phase = Phase.OUTPUTS

    def __init__(
        self,
        *,
        topics: Topics,
        send: Callable[[Message], None],
        accepts: Mapping[str, Accepts],
        status: Callable[[], dict[str, Any]],
        bus: EventBus,
        clock: Clock,
        on_other: Callable[[Inbound, float], None] = lambda message, age_bound_s: None,
    ) -> None:
        self._topics = topics
        self._send = send
        self._accepts = accepts
        self._status = status
        self._bus = bus
        self._clock = clock
        self._on_other = on_other
        self._states = States(send)
        self._sensor_topics: dict[tuple[str, str], str] = {}
        self._ids = itertools.count(1)
        self._undo: list[Undo] = []

    async def start(self) -> None:
        """Listen to the bus."""
        subscribe = self._bus.subscribe
        self._undo = [
            subscribe(ReadingTaken, self._on_reading),
            subscribe(ReadingAged, self._on_reading),
            subscribe(OutputChanged, self._on_output),
            subscribe(CommandFinished, self._on_finished),
            subscribe(DeviceStateChanged, self._on_device),
            subscribe(NodeStateChanged, self._on_node),
        ]

    async def stop(self) -> None:
        """Listen no more."""
        for undo in self._undo:
            undo()

    def resend(self) -> None:
        """Publish every present state again: a broker that was restarted may have lost what it retained."""
        self.publish_status()
        self._states.resend()

    def publish_status(self) -> None:
        """Publish the node's report."""
        self._send(Message(self._topics.status, lambda: dump(self._status()), retain=True, is_state=True))

    def on_message(self, message: Inbound, age_bound_s: float) -> None:
        """Turn one message into a command, or answer why it is none; another topic is left to `on_other`."""
        device = self._topics.device_of_command(message.topic)
        if device is None:
            self._on_other(message, age_bound_s)
            return
        try:
            command = self._command(device, message, age_bound_s)
        except Refused as refused:
            answer = encode_refusal(refused)
            self._send(Message(self._ack_topic(device), lambda: answer, retain=False, is_state=False))
            return
        self._bus.publish(command)

    def _command(self, device: str, message: Inbound, age_bound_s: float) -> CommandReceived:
        """Raises `Refused`."""
        if device not in self._accepts:
            raise Refused(f"there is no actuator called {show(device)}")
        if message.retained:
            raise Refused("retained commands are never carried out; publish it without the retain flag")
        command = decode_command(message.payload, self._accepts[device])
        return CommandReceived(
            id=command.id or f"mqtt-{next(self._ids)}",
            device=device,
            value=command.value,
            source="mqtt",
            expires_s=self._expires_s(command, 0.0 if message.is_fresh else age_bound_s),
            ttl_s=command.ttl_s,
            seq=command.seq,
        )

    def _expires_s(self, command: Command, age_bound_s: float) -> float:
        """Until when on the monotonic clock the command may begin.

        A command that says when it was sent is believed if this node knows the time. One that does not may have
        waited at the broker as long as `age_bound_s`.
        """
        age_s = age_bound_s
        if command.sent_at is not None and self._clock.synced():
            age_s = self._clock.wall() - command.sent_at
            if age_s < -MAX_CLOCK_ERROR_S:
                raise Refused("sent_at lies in the future", command.id)
        return self._clock.mono() + command.expires_in_s - max(0.0, age_s)

    def _ack_topic(self, device: str) -> str:
        """Answers go beside the command; a device name that is no id could be any length of anything."""
        return self._topics.ack(device) if is_id(device) else self._topics.refused

    def _on_reading(self, event: ReadingTaken | ReadingAged) -> None:
        """A bad or a missed reading changes nothing: what was told before holds until it is too old."""
        if event.quality is Quality.BAD:
            return
        key = (event.device, event.channel)
        topic = self._sensor_topics.get(key)
        if topic is None:
            topic = self._sensor_topics[key] = self._topics.sensor_state(*key)
        clock = self._clock
        self._states.tell(topic, lambda: encode_reading(event, mono_s=clock.mono(), wall_s=clock.wall()))

    def _on_output(self, event: OutputChanged) -> None:
        clock, accepts = self._clock, self._accepts[event.device]
        topic = self._topics.actuator_state(event.device)
        self._states.tell(topic, lambda: encode_output(event, accepts, mono_s=clock.mono(), wall_s=clock.wall()))

    def _on_finished(self, event: CommandFinished) -> None:
        accepts = self._accepts.get(event.device)
        topic = self._ack_topic(event.device)
        self._send(Message(topic, lambda: encode_ack(event, accepts), retain=False, is_state=False))

    def _on_device(self, event: DeviceStateChanged) -> None:
        payload = b"online" if event.new is DeviceState.ONLINE else b"offline"
        self._states.tell(self._topics.device_availability(event.device), lambda: payload)

    def _on_node(self, event: NodeStateChanged) -> None:
        self.publish_status()
