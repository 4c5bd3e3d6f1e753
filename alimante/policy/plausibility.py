"""What is a number at all; it must not remember anything between readings."""

import math


def is_number(value: object) -> bool:
    """Whether `value` is a finite number. Bools are not numbers: True would pass for 1.0 °C."""
    if type(value) is float:  # nearly always
        return math.isfinite(value)
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an integer beyond all floats
        return False
