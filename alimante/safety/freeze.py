"""Says how much warmer it must have become while a reading stood still; it must not judge that."""

from dataclasses import dataclass, field
from math import exp
from typing import Final

_USUAL_S: Final = 3600.0


@dataclass(slots=True)
class Freeze:
    """Follows one reading and the duty that the heater is given.

    A controller with memory gives more and more power to a sensor that stands still a little below its target, so
    slowly that any model takes it for a room that gets colder. But a living reading moves, if only by one step. While
    it does not, `risen_c` is what the duty above the usual one of the last hour must have brought.
    """

    risen_c: float = field(default=0.0, init=False)
    _reading_c: float | None = field(default=None, init=False)
    _usual: float = field(default=0.0, init=False)
    _base: float = field(default=0.0, init=False)

    def look(self, span_s: float, *, reading_c: float, duty: float, gain: float, loss: float) -> None:
        """`span_s` went by at `duty`; `gain` in °C and `loss` as a share are per minute."""
        if reading_c != self._reading_c:
            self._reading_c, self._base, self.risen_c = reading_c, self._usual, 0.0
        rate = gain * (duty - self._base) - loss * self.risen_c
        self.risen_c = max(self.risen_c + rate * span_s / 60.0, 0.0)
        self._usual += (duty - self._usual) * (1.0 - exp(-span_s / _USUAL_S))

    def forget(self) -> None:
        """What was seen is no evidence any more."""
        self._reading_c, self.risen_c = None, 0.0
