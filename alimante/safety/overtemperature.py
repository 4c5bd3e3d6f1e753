"""Says when it is too hot where a heater works; it must not switch anything."""

from dataclasses import dataclass, field
from typing import Final

from alimante.config.verify import LimitKeys
from alimante.core.events import Level
from alimante.policy.belief import Belief
from alimante.safety.findings import Finding, Kind

FAR_ABOVE_C: Final = 3.0
"""A single sensor that reads so far above the limit is believed at once, whatever the others say."""

IN_A_ROW: Final = 2
"""So many readings in a row at the limit are no spike."""

CLEAR_BELOW_C: Final = 1.0
"""It is over when everything reads so far below the limit."""


@dataclass(slots=True)
class OverTemperature:
    """Watches one heater's temperature against its limit.

    It is too hot when two readings in a row are at the limit or above, or one is 3 °C above it. Of three sensors or
    more two must be at the limit; of two the hotter one counts; and any single one 3 °C above the limit is enough, so
    that two sensors that fail in the same way cannot hide what the third one sees.
    """

    heater: str
    limit: LimitKeys
    is_hot: bool = field(default=False, init=False)
    """Whether it is too hot as far as is known; readings that are lost never end it."""
    _seen: tuple[float | None, tuple[float, ...]] | None = field(default=None, init=False)
    _in_a_row: int = field(default=0, init=False)

    def look(self, belief: Belief) -> Finding | None:
        """What is so by `belief`; call it at least once for each reading. The same reading counts once."""
        values = _values(belief)
        if not values:
            return None  # other rules switch off what nobody can see
        at_limit_c, highest_c = _second(values), max(values)
        seen = (belief.measured_s, values)
        if seen != self._seen:
            self._seen = seen
            self._in_a_row = self._in_a_row + 1 if at_limit_c >= self.limit.max_c else 0
        if highest_c >= self.limit.max_c + FAR_ABOVE_C or self._in_a_row >= IN_A_ROW:
            self.is_hot = True
            return self._finding(highest_c)
        if highest_c < self.limit.max_c - CLEAR_BELOW_C:
            self.is_hot = False
        return None

    def _finding(self, highest_c: float) -> Finding:
        return Finding(
            kind=Kind.OVER_TEMPERATURE,
            level=Level.CRITICAL,
            is_trip=True,
            text=f"{highest_c:.1f} °C at {self.heater}; its limit is {self.limit.max_c:g} °C",
            advice="Cool the enclosure, see that the heater is really off, and find out what heated it.",
            values=(("highest_c", highest_c), ("max_c", self.limit.max_c)),
        )


def _values(belief: Belief) -> tuple[float, ...]:
    """Every reading that there is: an outvoted one may be the right one, and so may one of too few to be believed."""
    if belief.members or belief.value is None:
        return belief.members
    return (belief.value if belief.highest is None else belief.highest,)


def _second(values: tuple[float, ...]) -> float:
    """What two sensors out of three agree to have reached; of fewer than three, the highest."""
    return sorted(values)[-2] if len(values) > 2 else max(values)
