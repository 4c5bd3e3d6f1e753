"""How far a measured number may be trusted; it must not remember anything between readings."""

import math

from alimante.core.events import Quality
from hardware.api import Channel


def is_number(value: object) -> bool:
    """Whether `value` is a finite number. Bools are not numbers: True would pass for 1.0 °C."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an integer beyond all floats
        return False


def judge(channel: Channel, value: float) -> tuple[Quality, tuple[str, ...]]:
    """The quality of one finite `value` of `channel`, with the reasons for anything less than good.

    Outside the chip's physical range nothing can have been measured (semantics of readings, step 3).
    """
    if channel.low <= value <= channel.high:
        return Quality.GOOD, ()
    unit = f" {channel.unit}" if channel.unit else ""
    return Quality.BAD, (f"outside the chip's range {channel.low:g} to {channel.high:g}{unit}",)
