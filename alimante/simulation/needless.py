"""Judges what people were told in a life in which nothing is broken: what is not so, nobody needed; it must not act.

An alert is rightful where what it says is true in the simulated enclosure. The rules stand in `_RULES`; whatever has
none there says that something is broken, and nothing is.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Final

from alimante.config.model import Config
from alimante.simulation.kept import Kept
from alimante.simulation.ledger import AlertRecord
from alimante.simulation.node import Node
from alimante.simulation.warmth import SENSOR_C
from hardware.sim.zone import AIR_J_PER_M3_K

EVERY_S: Final = 10.0
"""How often the door and the loads are looked at."""
LONG_OPEN_S: Final = 600.0
"""A door that stands open for longer is worth a word: until then somebody feeds or cleans."""
AFTER_S: Final = 900.0
"""So long after it was closed the enclosure is still as cold as the door has made it."""
WEAKER_SHARE: Final = 0.8
"""A heater that has less than this share of its power is truly weaker: a quarter less, and what a sensor may be off."""
KNOWN_S: Final = 14 * 86_400.0
"""So long ago a heater may have shown what it can."""
HOT_C: Final = 1.0
"""So far below the limit it is still about as hot as was said: what it was when it was said is some seconds ago."""
ALARM: Final = {"temperature": 2.0 * SENSOR_C, "humidity": 5.0}
"""So far from its threshold a value may be that is truly said to be beyond it; of other quantities it is not judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alert, and why it was rightful; `reason` is empty where nobody needed it."""

    alert: AlertRecord
    reason: str


@dataclass(slots=True)
class Needless:
    """Looks at every alert of a run when it comes. Give `look` to `rehearse` as `on_look`."""

    config: Config
    told: list[Told] = field(default_factory=list)
    _seen: int = 0
    _next_s: float = -inf
    _opened_s: float | None = None
    _long_open_s: float = -inf
    """When the door last stood open that had been open for long."""
    _powers: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Of each load its power and until when it had it, the last one first."""

    @property
    def needless(self) -> list[AlertRecord]:
        """The alerts that nobody needed."""
        return [each.alert for each in self.told if not each.reason]

    @property
    def rightful(self) -> Counter[str]:
        """How often each condition was told rightly."""
        return Counter(str(each.alert.condition) for each in self.told if each.reason)

    def look(self, node: Node) -> None:
        """Note what is so, and judge what was told since the last time."""
        now_s = node.clock.mono()
        alerts = node.ledger.alerts
        if now_s >= self._next_s or len(alerts) > self._seen:
            self._next_s = now_s + EVERY_S
            self._note(node, now_s)
        for alert in alerts[self._seen :]:
            rule = _RULES.get(alert.condition)
            self.told.append(Told(alert=alert, reason="" if rule is None else rule(self, alert, node)))
        self._seen = len(alerts)

    def _note(self, node: Node, now_s: float) -> None:
        if not node.plant.door_open:
            self._opened_s = None
        elif self._opened_s is None:
            self._opened_s = now_s
        if self._opened_s is not None and now_s - self._opened_s >= LONG_OPEN_S:
            self._long_open_s = now_s
        for name, load in node.plant.loads.items():
            powers = self._powers.setdefault(name, [])
            if powers and powers[0][0] == load.power:
                powers[0] = load.power, now_s
            else:
                powers.insert(0, (load.power, now_s))
            while powers[-1][1] < now_s - KNOWN_S:
                powers.pop()

    # The rules: why an alert was rightful, or nothing.

    def _door(self, alert: AlertRecord, node: Node) -> str:
        """A door that was forgotten lets the heat out, and the reading says so."""
        return "the door stands open" if node.clock.mono() - self._long_open_s <= AFTER_S else ""

    def _weak(self, alert: AlertRecord, node: Node) -> str:
        """It has truly less power than it had, or too little for its target."""
        load = node.plant.loads.get(alert.component)
        if load is None:
            return ""
        if load.power < WEAKER_SHARE * max(power for power, _ in self._powers[alert.component]):
            return "it is weaker than it was"
        return self._too_weak(alert, node)

    def _too_weak(self, alert: AlertRecord, node: Node) -> str:
        """Its zone cannot be as warm as it should be, however long it is on."""
        kept = node.oracles.cold.kept.get(alert.component)
        if kept is None or kept.warmth.target_c is None:
            return ""
        zone = self.config.simulation.zones[kept.warmth.zone]
        loss_w_per_k = zone.loss_w_per_k + zone.air_changes_per_h * zone.volume_m3 / 3600.0 * AIR_J_PER_M3_K
        warmer_c = kept.warmth.most * kept.warmth.load.settings.heat_w / loss_w_per_k
        is_enough = node.plant.truth().ambient_c + warmer_c >= kept.warmth.target_c - kept.warmth.band_c
        return "" if is_enough else "it is too weak for its target"

    def _hot(self, alert: AlertRecord, node: Node) -> str:
        """It is truly as hot as its limit."""
        kept = node.oracles.cold.kept.get(alert.component)
        return "it is too hot" if kept is not None and _is_hot(kept, node) else ""

    def _cut(self, alert: AlertRecord, node: Node) -> str:
        """The cutoff is open because a heater is truly too hot."""
        is_right = any(kept.trip == "rightly" for kept in node.oracles.cold.kept.values())
        return "a heater behind it is too hot" if is_right else ""

    def _alarm(self, alert: AlertRecord, node: Node) -> str:
        """A value is truly beyond the threshold of a sensor, or is none that is judged here."""
        device = self.config.devices.get(alert.component)
        mount = None if node.wires.world is None else node.wires.world.mounts.get(alert.component)
        if device is None or mount is None:
            return ""
        for channel in device.channels:
            keys = device.reading.channels.get(channel.name)
            if keys is None:
                continue
            spare = ALARM.get(channel.quantity, inf)
            value = mount.place.truth(channel.quantity) + keys.offset
            low, high = keys.alarm_low, keys.alarm_high
            is_low = alert.condition == "too_low" and low is not None and value < low + spare
            if is_low or (alert.condition == "too_high" and high is not None and value > high - spare):
                return "it is so"
        return ""


def _is_hot(kept: Kept, node: Node) -> bool:
    warmth = kept.warmth
    reached_c = max(node.plant.last_c(zone) for zone in {warmth.zone, *warmth.zones})
    return reached_c + HOT_C + warmth.offset_c >= warmth.max_c


_RULES: Final[Mapping[str, Callable[[Needless, AlertRecord, Node], str]]] = {
    "lower_than_possible": Needless._door,
    "more_than_ever_needed": Needless._weak,
    "weak": Needless._weak,
    "not_heating": Needless._too_weak,
    "over_temperature": Needless._hot,
    "cutoff_open": Needless._cut,
    "too_high": Needless._alarm,
    "too_low": Needless._alarm,
}
