"""Spans of time as people type and read them; it must not know what they are for."""

import re
from typing import Final

DAY_S: Final = 86_400.0

_SECONDS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": DAY_S}
_UNITS: Final = (("d", DAY_S), ("h", 3600.0), ("min", 60.0))
_LONGEST_S: Final = 100 * 366 * DAY_S
_DURATION: Final = re.compile(r"(?P<number>[0-9]{1,12}(\.[0-9]{1,6})?)(?P<unit>[smhd]?)", re.ASCII)


def duration_s(text: str) -> float:
    """Seconds of `90`, `90s`, `1.5m`, `2h` or `30d`. Raises `ValueError` with one sentence."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'"{text}" is no duration; say 90, 90s, 1.5m, 2h or 30d')
    seconds = float(found["number"]) * _SECONDS[found["unit"]]
    if seconds > _LONGEST_S:
        raise ValueError(f'"{text}" is longer than a hundred years')
    return seconds


def say_duration(seconds: float) -> str:
    """A span for people who compare it with another: 40 s, 12 min, 3.5 h, 30 d."""
    for unit, length_s in _UNITS:
        if seconds >= 2 * length_s or (seconds >= length_s and seconds % length_s == 0):
            return f"{seconds / length_s:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.0f} s"


def span(seconds: float) -> str:
    """About so long, for a glance: 40 s, 12 min, 3 h, 2 d."""
    for unit, length_s in _UNITS:
        if seconds >= 2 * length_s:
            return f"{seconds / length_s:.0f} {unit}"
    return f"{seconds:.0f} s"
