"""How strongly a control loop answers; it must not know what it controls."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isfinite
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Gains:
    """A PID controller in its standard form.

    `gain` is the share of full power per °C of error; in `integral_s` seconds of a constant error the integral does
    as much again; `derivative_s` is how far ahead a trend is looked at.
    """

    gain: float
    integral_s: float
    derivative_s: float

    @classmethod
    def parsed(cls, saved: Any) -> "Gains | None":
        """What was saved of gains, or None where that cannot be used."""
        if not isinstance(saved, Mapping):
            return None
        values: dict[str, Any] = {field.name: saved.get(field.name) for field in fields(cls)}
        if not all(type(value) in (int, float) and isfinite(value) and value >= 0.0 for value in values.values()):
            return None
        found = cls(**values)
        return found if found.gain > 0.0 and found.integral_s > 0.0 else None
