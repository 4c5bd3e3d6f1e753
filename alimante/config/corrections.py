"""What a configured correction makes of a channel's values; it must not say whether that is permitted."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import Final, Self

from alimante.config.readings import ChannelKeys, plausible
from alimante.policy.calibration import Correct, Point, correction
from hardware.api import Channel

PAIR: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A channel with its correction. `lowest` and `highest` bound what the chip may say and the correction takes.

    `points` are the reference points, none where the configuration has none or unsound ones, which others tell.
    """

    points: tuple[Point, ...]
    lowest: float
    highest: float
    offset: float
    _correct: Correct | None

    @classmethod
    def of(cls, channel: Channel, keys: ChannelKeys) -> Self:
        """The correction of `channel` that `keys` say."""
        points = sound(keys.calibration or ())
        beyond = keys.calibrated_beyond
        return cls(
            points=points,
            lowest=max(channel.low, points[0][0] - beyond) if points else channel.low,
            highest=min(channel.high, points[-1][0] + beyond) if points else channel.high,
            offset=keys.offset,
            _correct=correction(offset=keys.offset, points=points, beyond=beyond),
        )

    def value(self, said: float) -> float:
        """What the correction makes of `said`, which must lie between `lowest` and `highest`."""
        corrected = said if self._correct is None else self._correct(said)
        return said if corrected is None else corrected  # None is a rounding error at an end

    def knots(self, low: float = -inf, high: float = inf) -> list[float]:
        """What the chip may say between `low` and `high` where straight lines begin and end; empty for nothing."""
        low, high = max(low, self.lowest), min(high, self.highest)
        return sorted({low, high, *(said for said, _ in self.points if low < said < high)}) if low <= high else []

    def measured_shift(self, said: float) -> float:
        """How far the reference points move `said`; beyond them it is the shift of the nearest one."""
        if not self.points:
            return 0.0
        inside = min(max(said, self.points[0][0]), self.points[-1][0])
        (left, left_true), (right, right_true) = next(
            (line for line in pairwise(self.points) if inside <= line[1][0]), self.points[-2:]
        )
        return left_true + (right_true - left_true) * (inside - left) / (right - left) - inside


def sound(calibration: Sequence[Sequence[float]]) -> tuple[Point, ...]:
    """The points of a calibration that can be used; none where they cannot."""
    points = [(point[0], point[1]) for point in calibration if len(point) == PAIR]
    is_sound = len(points) == len(calibration) >= PAIR and all(left[0] < right[0] for left, right in pairwise(points))
    return tuple(points) if is_sound else ()


def believable(channel: Channel, keys: ChannelKeys) -> tuple[float, float]:
    """The lowest and the highest value that can be believed of `channel`: of the chip, corrected, and plausible.

    Where nothing can be, the lowest is above the highest.
    """
    low, high = plausible(channel, keys)
    corrected = Corrected.of(channel, keys)
    values = [corrected.value(said) for said in corrected.knots()]
    return (max(low, min(values)), min(high, max(values))) if values else (inf, -inf)
