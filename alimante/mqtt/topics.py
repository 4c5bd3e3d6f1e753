"""The names of topics, as the interface document fixes them; it must not know payloads."""


class Topics:
    """All topics of one node below `base`/`node`."""

    def __init__(self, base: str, node: str) -> None:
        self.root = f"{base}/{node}"
        self.availability = f"{self.root}/availability"
        self.status = f"{self.root}/status"
        self.marker = f"{self.root}/session"
        self.commands = f"{self.root}/actuator/+/set"
        self._command_parts = (f"{self.root}/actuator/", "/set")

    def sensor_state(self, device: str, channel: str) -> str:
        """Where a channel's readings are retained."""
        return f"{self.root}/sensor/{device}/{channel}/state"

    def actuator_state(self, device: str) -> str:
        """Where an output's state is retained."""
        return f"{self.root}/actuator/{device}/state"

    def ack(self, device: str) -> str:
        """Where the answer to a command goes."""
        return f"{self.root}/actuator/{device}/ack"

    def device_availability(self, device: str) -> str:
        """Where a device's `online` or `offline` is retained."""
        return f"{self.root}/device/{device}/availability"

    def event(self, kind: str) -> str:
        """Where facts of one kind are told."""
        return f"{self.root}/event/{kind}"

    def device_of_command(self, topic: str) -> str | None:
        """The device that a command topic names, whatever it is called; None for another topic."""
        before, after = self._command_parts
        if topic.startswith(before) and topic.endswith(after) and len(topic) > len(before) + len(after):
            return topic[len(before) : -len(after)]
        return None
