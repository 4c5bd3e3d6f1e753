"""Frees an I²C bus whose data line a chip holds low, with clocks on two GPIO lines; it must not talk to a chip.

A chip that lost count in the middle of a byte waits for clocks that never come. NXP UM10204, section 3.1.16: "send nine
clock pulses", after which it has let go of the data line; a stop condition (section 3.1.4) then ends what it was in.
"""

from collections.abc import Callable
from typing import Final

from hardware.bus.gpio import GpioWire, Pull
from hardware.errors import WireTimeout

CLOCKS: Final = 9
_HALF_CLOCK_S: Final = 10e-6  # well below the 100 kHz of the standard mode


def clear(lines: GpioWire, *, scl: int, sda: int, sleep: Callable[[float], None]) -> str:
    """Send clocks on `scl` until `sda` is free, then a stop condition; returns what was done.

    The lines are only ever pulled low or let go, as on any open-drain bus, and are released at the end. Raises
    `WireTimeout` when the data line stays low, and `LineBusy` when a line is not to be had.
    """
    try:
        used = 0
        while not _floats_high(lines, sda):
            if used == CLOCKS:
                raise WireTimeout(f"GPIO {sda}: the data line is still held low after {CLOCKS} clocks")
            _pull_low(lines, scl, sleep)
            _floats_high(lines, scl)
            sleep(_HALF_CLOCK_S)
            used += 1
        if used:
            _stop(lines, scl=scl, sda=sda, sleep=sleep)
            return f"the data line was held low and came free after {used} clocks"
        return "the data line was free, so no clocks were sent"
    finally:
        lines.release(scl)
        lines.release(sda)


def _pull_low(lines: GpioWire, line: int, sleep: Callable[[float], None]) -> None:
    lines.release(line)
    lines.claim_output(line, level=False)
    sleep(_HALF_CLOCK_S)


def _floats_high(lines: GpioWire, line: int) -> bool:
    """Let go of `line`; whether the pull-up wins."""
    lines.release(line)
    lines.claim_input(line, pull=Pull.UP)
    return lines.read(line)


def _stop(lines: GpioWire, *, scl: int, sda: int, sleep: Callable[[float], None]) -> None:
    """The data line rises while the clock is high."""
    _pull_low(lines, scl, sleep)
    _pull_low(lines, sda, sleep)
    _floats_high(lines, scl)
    sleep(_HALF_CLOCK_S)
    _floats_high(lines, sda)
    sleep(_HALF_CLOCK_S)
