"""What a sensor feels that fell out of its zone into the room; it must not know wires or chips."""

from collections.abc import Callable, Iterable, Mapping
from math import exp
from types import MappingProxyType
from typing import Final

IN_ROOM: Final[Mapping[str, str]] = MappingProxyType(
    {"temperature": "ambient_temperature", "humidity": "ambient_humidity"}
)
"""What the room has of its own, by the quantity of a sensor: everything else is the same for one that fell out."""

Look = Callable[[str], float]
"""The true value of a quantity now."""


class Detached:
    """A sensor on its way from its zone into the room and back, each quantity with one first-order lag.

    `look` tells the truth of its zone and, by the names in `IN_ROOM`, of the room; `now` is the monotonic time in
    seconds and `lag_s` the time constant. Out there it follows the room; back in its zone what is left of the
    difference decays. It begins with what is true of its zone at this moment.
    """

    def __init__(self, quantities: Iterable[str], *, lag_s: float, look: Look, now: Callable[[], float]) -> None:
        self._lag_s = lag_s
        self._look, self._now = look, now
        self._felt = {quantity: look(quantity) for quantity in quantities}
        self._at_s = dict.fromkeys(self._felt, now())
        self._left: dict[str, float] = {}
        self._back_s = 0.0

    def feel(self, quantity: str, value: float) -> float:
        """What it makes of `value`, the true one of its zone."""
        if self._left:
            return value + self._left.get(quantity, 0.0) * exp((self._back_s - self._now()) / self._lag_s)
        return self._follow(quantity) if quantity in self._felt else value

    def put_back(self) -> None:
        """It hangs in its zone again."""
        self._left = {quantity: self._follow(quantity) - self._look(quantity) for quantity in self._felt}
        self._back_s = self._now()

    def _follow(self, quantity: str) -> float:
        goal, now_s = self._look(IN_ROOM[quantity]), self._now()
        kept = exp((self._at_s[quantity] - now_s) / self._lag_s)
        self._felt[quantity] = goal + (self._felt[quantity] - goal) * kept
        self._at_s[quantity] = now_s
        return self._felt[quantity]
