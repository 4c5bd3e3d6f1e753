"""The names of topics, as the interface document fixes them; it must not know payloads."""

import re

from alimante.core.ids import is_id

MAX_LEVEL = 64
"""The longest name of ours within a topic."""

_NO_ID = re.compile(r"[^a-z0-9_]")


class Topics:
    """All topics of one node below `base`/`node`."""

    def __init__(self, base: str, node: str) -> None:
        self.root = f"{base}/{node}"
        self.availability = f"{self.root}/availability"
        self.status = f"{self.root}/status"
        self.marker = f"{self.root}/session"
        self.commands = f"{self.root}/actuator/+/set"
        self.alerts = f"{self.root}/alert/+/+"
        self.alert_acks = f"{self.root}/alert/+/+/ack"
        self.maintenance = f"{self.root}/maintenance/set"
        self.maintenance_answer = f"{self.root}/maintenance/ack"
        self.metrics_get = f"{self.root}/metrics/get"
        self.metrics = f"{self.root}/metrics/state"
        self.recoveries = f"{self.root}/device/+/recover"
        self.refused = self.event("refused")
        self.subscriptions = [
            self.commands,
            self.alert_acks,
            self.maintenance,
            self.metrics_get,
            self.recoveries,
            self.alerts,
        ]
        """What this node listens to; the last one is to find its own old alerts, which must not stay for ever."""
        self._command_parts = (f"{self.root}/actuator/", "/set")
        self._alert_part = f"{self.root}/alert/"

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

    def device_health(self, device: str) -> str:
        """Where a device's health is retained."""
        return f"{self.root}/device/{device}/health"

    def group_state(self, group: str) -> str:
        """Where what a group of sensors says together is retained."""
        return f"{self.root}/group/{group}/state"

    def controller_state(self, controller: str) -> str:
        """Where what a controller does and why is retained."""
        return f"{self.root}/controller/{controller}/state"

    def alert(self, component: str, condition: str) -> str:
        """Where an alert is retained while it is active. What cannot stand in a topic becomes an underscore."""
        return f"{self._alert_part}{_level(component)}/{_level(condition)}"

    def alert_answer(self, component: str, condition: str) -> str:
        """Where the answer to an acknowledgement goes."""
        return f"{self.alert(component, condition)}/answer"

    def event(self, kind: str) -> str:
        """Where facts of one kind are told."""
        return f"{self.root}/event/{kind}"

    def device_of_command(self, topic: str) -> str | None:
        """The device that a command topic names, whatever it is called; None for another topic."""
        before, after = self._command_parts
        if topic.startswith(before) and topic.endswith(after) and len(topic) > len(before) + len(after):
            return topic[len(before) : -len(after)]
        return None

    def device_of_recovery(self, topic: str) -> str | None:
        """The device or wire that `topic` asks to begin anew, whatever it is called; None for another topic."""
        before, after = f"{self.root}/device/", "/recover"
        is_one = topic.startswith(before) and topic.endswith(after) and len(topic) > len(before) + len(after)
        return topic[len(before) : -len(after)] if is_one else None

    def recovery_answer(self, component: str) -> str:
        """Where the answer to the wish for a repair goes."""
        return f"{self.root}/device/{component}/recover/answer"

    def alert_of(self, topic: str) -> tuple[str, str] | None:
        """The component and the condition that the topic of an alert names; None for another topic."""
        parts = topic[len(self._alert_part) :].split("/") if topic.startswith(self._alert_part) else []
        return (parts[0], parts[1]) if len(parts) == 2 else None

    def alert_of_ack(self, topic: str) -> tuple[str, str] | None:
        """The component and the condition whose alert is acknowledged on `topic`; None for another topic."""
        return self.alert_of(topic[: -len("/ack")]) if topic.endswith("/ack") else None


def _level(text: str) -> str:
    """`text` as one level of a topic: an id as it is; else with underscores, and never empty."""
    return text if is_id(text) else _NO_ID.sub("_", text.lower())[:MAX_LEVEL] or "_"
