"""Retained states as this node last told them; it must not know what they mean."""

from collections.abc import Callable

from alimante.mqtt.outbox import Message


class States:
    """What is to stand at the broker, by topic. `send` puts a message into the outbox."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        self._send = send
        self._messages: dict[str, Message] = {}

    def __contains__(self, topic: str) -> bool:
        return topic in self._messages

    def tell(self, topic: str, render: Callable[[], bytes]) -> None:
        """`render` makes the payload at the moment of sending, now and whenever it is sent again."""
        message = self._messages[topic] = Message(topic, render, retain=True, is_state=True)
        self._send(message)

    def forget(self, topic: str) -> None:
        """Nothing is to stand there any more: a payload of no bytes takes a retained one away (MQTT 5, 3.3.1.3)."""
        self._messages.pop(topic, None)
        self._send(Message(topic, lambda: b"", retain=True, is_state=True))

    def resend(self) -> None:
        """Send all again: a broker that was restarted may have lost what it retained."""
        for message in self._messages.values():
            self._send(message)
