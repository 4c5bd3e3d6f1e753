"""What the supervisor says of itself, the same facts for MQTT, the command line and the screen; it must not judge."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Protocol

from alimante.core.clock import Clock
from alimante.core.states import DeviceState, NodeState, Tracked
from alimante.io.handle import SensorHandle
from alimante.policy.belief import Believed
from alimante.policy.health import Health
from alimante.policy.values import show_value
from alimante.safety.gate import Gate, Output
from alimante.services.boots import NO_BOOTS
from hardware.api import Channel

_WORST_FIRST = [Health.CRITICAL.value, Health.UNKNOWN.value, Health.WARNING.value]
_STATES = [(state.value, state) for state in DeviceState]


class Healths(Protocol):
    """What is known of the health of components."""

    def node(self) -> Health:
        """The health of the node as a whole."""
        ...

    def report(self) -> dict[str, Any]:
        """Under `components`, the `health`, `reason` and `advice` of each component, and the `cause` if another's."""
        ...

    def answers(self) -> dict[str, dict[str, Any]]:
        """Whether the node is live, ready and started, each with `ok` and `reasons`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """What other parts say of themselves, in plain JSON values.

    `alerts` are the active ones. `groups` and `controllers` are by id. `errors` is how many there were since the
    start. `time` says whether the time is `believed`, and the `local` one, `boot` how the last run ended.
    """

    alerts: Callable[[], list[dict[str, Any]]]
    groups: Callable[[], Mapping[str, Any]]
    controllers: Callable[[], Mapping[str, Any]]
    errors: Callable[[], int]
    time: Callable[[], Mapping[str, Any]]
    boot: Callable[[], Mapping[str, Any]] = lambda: NO_BOOTS


class Status:
    """The report of one run. `disabled` maps the ids of devices that are not used to the reasons, `believed` says what
    is believed of each channel."""

    def __init__(
        self,
        *,
        node: Tracked[NodeState],
        sensors: Mapping[str, SensorHandle],
        believed: Believed,
        gate: Gate,
        health: Healths,
        reports: Reports,
        disabled: Mapping[str, str],
        clock: Clock,
        boot_id: str,
        version: str,
    ) -> None:
        self._node = node
        self._sensors = sensors
        self._believed = believed
        self._gate = gate
        self._health = health
        self._reports = reports
        self._disabled = disabled
        self._clock = clock
        self._started_s = clock.mono()
        self._identity = {"version": version, "boot_id": boot_id}

    def short(self) -> dict[str, Any]:
        """The node as a whole: the payload of the status topic."""
        refusal, time = self._gate.refusal(), self._reports.time()
        return {
            "state": self._node.current.value,
            "health": self._health.node().value,
            "armed": not refusal,
            "not_armed_because": refusal,
            "maintenance_s": _finite(self._gate.maintenance_left_s()),
            "uptime_s": round(self._clock.mono() - self._started_s, 1),
            **self._identity,
            "time_synced": self._clock.synced(),
            "time_believed": time["believed"],
            "local_time": time["local"],
            "boot": dict(self._reports.boot()),
            "answers": self._health.answers(),
            "counts": self._counts(),
        }

    def full(self) -> dict[str, Any]:
        """The node and each of its parts: what `alimante status --json` prints."""
        components = self._health.report()["components"]
        return {
            **self.short(),
            "troubles": _troubles(components),
            "devices": {name: {**self.device(name), **_health_of(name, components)} for name in self.devices()},
            "groups": dict(self._reports.groups()),
            "controllers": dict(self._reports.controllers()),
            "alerts": self._reports.alerts(),
        }

    def devices(self) -> list[str]:
        """The ids of all devices: sensors, outputs, and those that are not used."""
        return [*self._sensors, *self._gate.outputs, *self._disabled]

    def device(self, name: str) -> dict[str, Any]:
        """What is known of one device, but for its health. Raises `KeyError` for what is no device."""
        if name in self._sensors:
            return self._sensor(self._sensors[name])
        if name in self._gate.outputs:
            return self._actuator(self._gate.outputs[name])
        return {"state": DeviceState.DISABLED.value, "value": None, "reason": self._disabled[name]}

    def _counts(self) -> dict[str, int]:
        states = [handle.state.current for handle in self._sensors.values()]
        states += [output.handle.state.current for output in self._gate.outputs.values()]
        states += [DeviceState.DISABLED] * len(self._disabled)
        alerts = self._reports.alerts()
        return {
            "devices": len(states),
            **{name: states.count(state) for name, state in _STATES},
            "alerts": len(alerts),
            "alerts_critical": [alert["level"] for alert in alerts].count("critical"),
            "alerts_acknowledged": [alert["state"] for alert in alerts].count("acknowledged"),
            "errors": self._reports.errors(),
        }

    def _sensor(self, handle: SensorHandle) -> dict[str, Any]:
        channels = {channel.name: self._channel(handle, channel) for channel in handle.channels}
        values = {name: channel["value"] for name, channel in channels.items()}
        return {
            "kind": "sensor",
            "name": handle.device.name,
            "state": handle.state.current.value,
            "value": next(iter(values.values())) if len(values) == 1 else values,
            "reason": handle.state.reason,
            "channels": channels,
        }

    def _channel(self, handle: SensorHandle, channel: Channel) -> dict[str, Any]:
        belief = self._believed(f"{handle.device.id}.{channel.name}")
        value, measured_s = belief.value, belief.measured_s
        return {
            "value": None if value is None else round(value, 3),
            "unit": channel.unit.value,
            "quality": belief.quality.value,
            "reasons": list(belief.reasons),
            "age_s": None if measured_s is None else round(self._clock.mono() - measured_s, 1),
        }

    def _actuator(self, output: Output) -> dict[str, Any]:
        handle = output.handle
        return {
            "kind": "actuator",
            "name": handle.device.name,
            "state": handle.state.current.value,
            "value": None if output.value is None else show_value(handle.accepts, output.value),
            "commanded": show_value(handle.accepts, output.commanded),
            "source": output.source,
            "reason": output.reason,
            "until_s": None if output.until_s is None else _finite(output.until_s - self._clock.mono()),
            "limited_by": output.bound.value,
            "limited_because": output.bound_text,
            "latched": bool(output.trip),
            "trip": output.trip,
            "learned": self._gate.learned(output.id),
        }


def _health_of(name: str, components: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The health of a device; what nobody has looked at is unknown."""
    found = components.get(name, {})
    return {
        "health": found.get("health", Health.UNKNOWN.value),
        "health_reason": found.get("reason", ""),
        "advice": found.get("advice", ""),
    }


def _troubles(components: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """The components that are not well, the worst first, and what a person can do; not those that others explain."""
    ill = [
        {"component": name, "health": found["health"], "reason": found["reason"], "advice": found["advice"]}
        for name, found in components.items()
        if found["health"] in _WORST_FIRST and not found["cause"]
    ]
    return sorted(ill, key=lambda found: _WORST_FIRST.index(found["health"]))


def _finite(seconds: float | None) -> float | None:
    """`seconds` rounded; None for no end, which JSON has no word for."""
    return round(seconds, 1) if seconds is not None and isfinite(seconds) else None
