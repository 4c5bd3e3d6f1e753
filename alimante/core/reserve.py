"""Memory that is kept for the moment when there is no more; it must not decide when that is."""

from typing import Final

PIECE_BYTES: Final = 480
"""The interpreter keeps objects of up to 512 B in pages of its own, which serve any small object once empty."""

PIECES: Final = 2000
"""About a megabyte: many times what one round over all outputs needs for a moment."""


class Reserve:
    """Holds that memory until it is given."""

    def __init__(self) -> None:
        self._kept = [bytes(PIECE_BYTES) for _ in range(PIECES)]

    @property
    def is_kept(self) -> bool:
        """Whether it is still there."""
        return bool(self._kept)

    def give(self) -> None:
        """Let whoever needs memory next have it."""
        self._kept.clear()
