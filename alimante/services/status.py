"""What the supervisor says of itself, the same facts for MQTT, the command line and the screen; it must not judge."""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Protocol

from alimante.core.clock import Clock
from alimante.core.states import DeviceState, NodeState, Tracked
from alimante.io.handle import SensorHandle
from alimante.policy.belief import Believed
from alimante.policy.health import Health
from alimante.policy.values import show_value
from alimante.safety.decision import Wish
from alimante.safety.gate import Gate, Output
from hardware.api import Channel


class Healths(Protocol):
    """What is known of the health of components."""

    def node(self) -> Health:
        """The health of the node as a whole."""
        ...

    def health_of(self, component: str) -> Health:
        """The health of one component. Raises `KeyError` for one of which nothing is known."""
        ...


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
        alerts: Callable[[], list[dict[str, Any]]],
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
        self._alerts = alerts
        self._disabled = disabled
        self._clock = clock
        self._started_s = clock.mono()
        self._identity = {"version": version, "boot_id": boot_id}

    def short(self) -> dict[str, Any]:
        """The node as a whole: the payload of the status topic."""
        states = self._device_states()
        refusal = self._gate.refusal()
        return {
            "state": self._node.current.value,
            "health": self._health.node().value,
            "armed": not refusal,
            "not_armed_because": refusal,
            "maintenance_s": self._gate.maintenance_left_s(),
            "uptime_s": round(self._clock.mono() - self._started_s, 1),
            **self._identity,
            "time_synced": self._clock.synced(),
            "counts": {
                "devices": len(states),
                **{state.value: sum(found is state for found in states.values()) for state in DeviceState},
            },
        }

    def full(self) -> dict[str, Any]:
        """The node and each of its devices: what `alimante status --json` prints."""
        devices = {name: self._sensor(handle) for name, handle in self._sensors.items()}
        devices |= {name: self._actuator(output) for name, output in self._gate.outputs.items()}
        devices |= {
            name: {"state": DeviceState.DISABLED.value, "health": Health.WARNING.value, "value": None, "reason": reason}
            for name, reason in self._disabled.items()
        }
        return {**self.short(), "devices": devices, "alerts": self._alerts()}

    def why(self, device: str) -> dict[str, Any]:
        """The last decisions on an actuator, oldest first. Raises `KeyError` for what is no actuator."""
        output = self._gate.outputs[device]
        now_s = self._clock.mono()
        return {
            "device": device,
            **self._actuator(output),
            "refusal": self._gate.refusal_of(device),
            "wishes": [_wish(output, wish, now_s) for wish in output.wishes()],
            "conditions": [
                {"condition": found.condition, "level": found.level.value, "text": found.text, "advice": found.advice}
                for found in self._gate.conditions.of(device)
            ],
            "counts": {
                "is_on": output.account.is_on,
                "lasted_s": _finite(output.account.lasted_s(now_s)),
                "on_in_the_last_hour_s": round(output.account.used_s(output.account.hour, now_s), 1),
                "on_in_the_last_day_s": round(output.account.used_s(output.account.day, now_s), 1),
                "cycles": output.account.cycles,
                "by_date": dict(output.account.counts),
            },
            "decisions": [
                {"age_s": round(now_s - decision.at_s, 1), "text": decision.text} for decision in output.decisions
            ],
        }

    def _device_states(self) -> dict[str, DeviceState]:
        states = {name: handle.state.current for name, handle in self._sensors.items()}
        states |= {name: output.handle.state.current for name, output in self._gate.outputs.items()}
        states |= dict.fromkeys(self._disabled, DeviceState.DISABLED)
        return states

    def _sensor(self, handle: SensorHandle) -> dict[str, Any]:
        channels = {channel.name: self._channel(handle, channel) for channel in handle.channels}
        values = {name: channel["value"] for name, channel in channels.items()}
        return {
            "kind": "sensor",
            "name": handle.device.name,
            "state": handle.state.current.value,
            "health": self._health.health_of(handle.device.id).value,
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
            "health": self._health.health_of(handle.device.id).value,
            "value": None if output.value is None else show_value(handle.accepts, output.value),
            "commanded": show_value(handle.accepts, output.commanded),
            "source": output.source,
            "reason": output.reason,
            "until_s": None if output.until_s is None else _finite(output.until_s - self._clock.mono()),
            "limited_by": output.bound.value,
            "limited_because": output.bound_text,
            "latched": bool(output.trip),
            "trip": output.trip,
        }


def _wish(output: Output, wish: Wish, now_s: float) -> dict[str, Any]:
    return {
        "value": show_value(output.handle.accepts, wish.value),
        "source": wish.source,
        "reason": wish.reason,
        "is_override": wish.is_override,
        "until_s": _finite(wish.until_s - now_s),
    }


def _finite(seconds: float) -> float | None:
    """`seconds` rounded; None for no end, which JSON has no word for."""
    return round(seconds, 1) if isfinite(seconds) else None
