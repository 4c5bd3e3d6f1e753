"""Tells conditions on the bus, each once per change of its level; it must not find any."""

from alimante.core.bus import EventBus
from alimante.core.events import ConditionChanged, Level


class Conditions:
    """The conditions of all outputs that are not clear."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self.active: dict[tuple[str, str], ConditionChanged] = {}

    def raise_(self, condition: ConditionChanged) -> None:
        """`condition` is so; its text may change without being told again."""
        key = (condition.component, condition.condition)
        before = self.active.get(key)
        self.active[key] = condition
        if before is None or before.level is not condition.level:
            self._bus.publish(condition)

    def clear(self, component: str, condition: str) -> None:
        """It is over, if it was so."""
        before = self.active.pop((component, condition), None)
        if before is not None:
            self._bus.publish(
                ConditionChanged(
                    component=component,
                    condition=condition,
                    level=Level.CLEAR,
                    text=f"over: {before.text}",
                    is_safety=before.is_safety,
                )
            )

    def tell_all(self) -> None:
        """Tell all that is so: what an earlier run left was found before anybody listened."""
        for condition in list(self.active.values()):
            self._bus.publish(condition)

    def of(self, component: str) -> list[ConditionChanged]:
        """What is not clear of one component."""
        return [found for (name, _), found in self.active.items() if name == component]
