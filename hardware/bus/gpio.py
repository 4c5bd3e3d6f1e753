"""The protocol of GPIO lines; it must not debounce, invert or name a purpose: those are the driver's."""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol


class Pull(StrEnum):
    """The resistor that an input is held with."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


class GpioWire(Protocol):
    """The lines of one board, by BCM number. All levels are physical: True is high.

    Errors: `LineBusy` when a line is held by somebody else, also by this wire; `WirePermission`, `WireUnavailable`
    when the chip is not to be had; `TransferError` when it vanishes in use; `ValueRefused` for a line that was not
    claimed in the direction that is asked for, or that the board does not have.
    """

    def claim_output(self, line: int, *, level: bool) -> None:
        """Own `line` as an output that stands at `level` from its first moment."""
        ...

    def claim_input(self, line: int, *, pull: Pull) -> None:
        """Own `line` as an input."""
        ...

    def write(self, line: int, level: bool) -> None:
        """Drive an owned output."""
        ...

    def read(self, line: int) -> bool:
        """The level of an owned line; for an output, what the pin really stands at."""
        ...

    def watch(self, line: int, on_edge: Callable[[bool], None]) -> Callable[[], None]:
        """Call `on_edge(level)` at every raw edge of an owned input, from any thread; returns the undo."""
        ...

    def release(self, line: int) -> None:
        """Stop owning `line`; a line that is not owned is no error."""
        ...

    def close(self) -> None:
        """Release every line."""
        ...
