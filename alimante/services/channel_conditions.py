"""Joins what is so of the channels of a device to conditions of the device; it must not find out what is so.

That a device is silent while its wire fails is explained by the wire: people are told of the wire, and not of each
device on it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from alimante.core.bus import EventBus
from alimante.core.events import ConditionChanged, Level

_ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "lost": "Check the sensor's plug, cable and power.",
        "stale": "Check the sensor's plug, cable and power.",
        "error_density": "Look for a loose contact, a cable that is too long, or a missing pull-up resistor.",
        "stuck": "Compare it with another thermometer, and replace the sensor if it does not follow.",
        "identical": "Compare it with another thermometer; a living sensor moves a little.",
        "noisy": "Look for a loose contact, moisture at the sensor, or a cable beside a mains cable.",
        "too_high": "Look after the enclosure.",
        "too_low": "Look after the enclosure.",
    }
)
_OF_SILENCE: Final = frozenset({"lost", "stale"})
_OF_WIRE: Final = frozenset({"breaker_open", "stuck"})
_RANK: Final = {Level.CLEAR: 0, Level.WARNING: 1, Level.CRITICAL: 2}


class ChannelConditions:
    """Publishes a condition of a device when the worst of its channels changes. `wires` has the wire of each device."""

    def __init__(self, wires: Mapping[str, str], *, bus: EventBus) -> None:
        self._wires = wires
        self._names = frozenset(wires.values())
        self._failing: dict[str, set[str]] = {}  # what is wrong with a wire
        self._bus = bus
        self._found: dict[tuple[str, str], dict[str, tuple[Level, str]]] = {}

    def on_condition(self, event: ConditionChanged) -> None:
        """Take note of what is so of the wires."""
        if event.component in self._names and event.condition in _OF_WIRE:
            failing = self._failing.setdefault(event.component, set())
            (failing.discard if event.level is Level.CLEAR else failing.add)(event.condition)

    def find(self, device: str, channel: str, condition: str, *, text: str, level: Level = Level.WARNING) -> None:
        """`condition` is so of a channel."""
        found = self._found.setdefault((device, condition), {})
        before = _worst(found)[0]
        found[channel] = (level, text)
        self._tell(device, condition, before)

    def end(self, device: str, channel: str, condition: str) -> None:
        """`condition` is not so of a channel; nothing happens when it was not."""
        found = self._found.get((device, condition))
        if found is None or channel not in found:
            return
        before = _worst(found)[0]
        del found[channel]
        self._tell(device, condition, before)

    def _tell(self, device: str, condition: str, before: Level) -> None:
        level, text = _worst(self._found[device, condition])
        if level is before:
            return
        advice = "" if level is Level.CLEAR else _ADVICE[condition]
        wire = self._wires.get(device, "")
        cause = wire if condition in _OF_SILENCE and self._failing.get(wire) else ""
        self._bus.publish(
            ConditionChanged(component=device, condition=condition, level=level, text=text, advice=advice, cause=cause)
        )


def _worst(found: Mapping[str, tuple[Level, str]]) -> tuple[Level, str]:
    return max(found.values(), key=lambda each: _RANK[each[0]], default=(Level.CLEAR, "over"))
