"""What was sent to a broker, for tests."""

import json

ROOT = "alimante/demo/"


class Sent(list):
    """Messages; payloads are rendered when they are looked at, as the client does when it sends."""

    @property
    def topics(self):
        return [message.topic.removeprefix(ROOT) for message in self]

    def payload(self, topic):
        return next(message for message in reversed(self) if message.topic == f"{ROOT}{topic}").render()

    def last(self, topic):
        return json.loads(self.payload(topic))

    def retained(self):
        """What a broker would hold now, by topic."""
        held = {}
        for message in self:
            if message.retain:
                held[message.topic.removeprefix(ROOT)] = message.render()
        return {topic: payload for topic, payload in held.items() if payload}
