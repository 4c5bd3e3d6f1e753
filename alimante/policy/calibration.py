"""Corrects what a sensor says by what was measured beside it; it must not judge the result."""

from collections.abc import Callable, Sequence
from itertools import pairwise

Point = tuple[float, float]
"""What the sensor said and what was true, in the channel's unit."""

Correct = Callable[[float], float | None]
"""From what the sensor said to what is true; None where nobody can know."""


def correction(*, offset: float = 0.0, points: Sequence[Point] = (), beyond: float = 0.0) -> Correct | None:
    """How a channel is corrected: by straight lines between `points`, then by `offset`; None changes nothing.

    `points` rise in what the sensor said. Outside of them the first and the last line go on for `beyond`.
    """
    if not points:
        return (lambda value: value + offset) if offset else None
    lines = tuple(pairwise(points))
    lowest, highest = points[0][0] - beyond, points[-1][0] + beyond

    def correct(value: float) -> float | None:
        if not lowest <= value <= highest:
            return None
        (said, true), (next_said, next_true) = next((line for line in lines if value <= line[1][0]), lines[-1])
        return true + (next_true - true) * (value - said) / (next_said - said) + offset

    return correct
