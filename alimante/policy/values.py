"""What may be said to an actuator, and how its value is told to people; it must not know who says it."""

from alimante.core.text import brief
from alimante.policy.plausibility import is_number
from hardware.api import Accepts, Switch

Shown = str | float
"""An actuator's value as it is published: ON or OFF of a switch, else a number."""

AUTO = "AUTO"
"""Said instead of a value: the output goes back to its controllers."""


def is_auto(said: object) -> bool:
    """Whether `said` gives an output back to its controllers, in any case of letters."""
    return isinstance(said, str) and said.strip().upper() == AUTO


def parse_value(accepts: Accepts, said: object) -> float:
    """The value that `said` means to an actuator: "ON" or "OFF" in any case, or a number.

    Raises `ValueError` with a sentence on anything else. `toggle` is refused: said twice by a bad network it undoes
    itself.
    """
    if isinstance(said, str):
        return _parse_word(accepts, said)
    if not is_number(said):
        raise ValueError(f"a value is ON, OFF or a finite number, not {brief(said, most=40)}")
    number = float(said)  # type: ignore[arg-type]
    if isinstance(accepts, Switch):
        if number not in (0.0, 1.0):
            raise ValueError(f"a switch takes ON or OFF, not {number:g}")
    elif not accepts.low <= number <= accepts.high:
        raise ValueError(f"{number:g} is outside {accepts.low:g} to {accepts.high:g} {accepts.unit}".rstrip())
    return number


def show_value(accepts: Accepts, value: float) -> Shown:
    """`value` as it is published: ON or OFF of a switch, else the number."""
    if isinstance(accepts, Switch):
        return "ON" if value else "OFF"
    return value


def say_value(accepts: Accepts, value: float | None) -> str:
    """`value` for people, with its unit; "unknown" for None."""
    if value is None:
        return "unknown"
    if isinstance(accepts, Switch):
        return "ON" if value else "OFF"
    return f"{value:g} {accepts.unit}".rstrip()


def tolerance(accepts: Accepts) -> float:
    """How far a value read back may be from the one written: half a percent of a range, for its hardware's steps."""
    return 0.0 if isinstance(accepts, Switch) else 0.005 * (accepts.high - accepts.low)


def _parse_word(accepts: Accepts, said: str) -> float:
    word = said.strip().upper()
    if word not in ("ON", "OFF"):
        hint = ": say ON or OFF" if word == "TOGGLE" else ""
        raise ValueError(f"a value is ON, OFF or a finite number, not {brief(said, most=40)}{hint}")
    return accepts.on if word == "ON" else accepts.off
