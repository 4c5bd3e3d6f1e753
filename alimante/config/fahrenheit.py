"""Asks about temperatures that are rather meant in °F, on the plain JSON values; it must not judge other numbers."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from alimante.config.faults import ENOUGH, Path, Problem

LOWEST_C: Final = 60.0
HIGHEST_C: Final = 130.0
"""No animal bears 60 °C, and 60 to 130 °F are 15 to 55 °C, which somebody may well want to say of an enclosure."""

_HEATING: Final = frozenset({"max_c", "harm_c", "target_c", "cool_above_c"})
"""Keys that let a place become so hot, or leave it so."""

_PARTS: Final = frozenset({"day", "night"})
"""What a temperature may be made of."""

_ELSEWHERE: Final = frozenset({"monitoring"})
"""Parts that speak of the computer, which does become so hot."""


def is_suspect(number: float) -> bool:
    """Whether `number` is too much for any enclosure in °C and usual for one in °F."""
    return LOWEST_C <= number <= HIGHEST_C


def asked(number: float) -> str:
    """The question whether `number` is in °F; empty where it cannot be."""
    if not is_suspect(number):
        return ""
    return f"{number:g} °F are {(number - 32.0) / 1.8:.1f} °C: is that what is meant?"


def errors_and_warnings(data: dict[str, Any]) -> tuple[list[Problem], list[Problem]]:
    """Every such number in `data`, the whole document: those that would let a place become so hot, and the others."""
    found: tuple[list[Problem], list[Problem]] = [], []
    for path, key, number in islice(_suspects(data), ENOUGH):
        message = f"{key} is {number:g} °C, and no animal bears {LOWEST_C:g} °C"
        found[key not in _HEATING].append(Problem(path, message, asked(number)))
    return found


def _suspects(data: dict[str, Any]) -> Iterator[tuple[Path, str, float]]:
    """Place, key of the temperature, and the number itself."""
    left: list[tuple[Path, str, Any]] = [((name,), "", part) for name, part in data.items() if name not in _ELSEWHERE]
    while left:  # a hostile document is deeper than functions may call themselves
        path, key, value = left.pop()
        if isinstance(value, dict):
            for name, item in value.items():
                if name[-2:] == "_c":
                    left.append(((*path, name), name, item))
                elif _is_whole(item) or (key and name in _PARTS):
                    left.append(((*path, name), key if name in _PARTS else "", item))
        elif isinstance(value, list):
            left += (((*path, index), key, item) for index, item in enumerate(value) if key or _is_whole(item))
        elif key and isinstance(value, (int, float)) and not isinstance(value, bool) and is_suspect(value):
            yield path, key, value


def _is_whole(value: Any) -> bool:
    return isinstance(value, (dict, list))
