"""A bar on a terminal for what takes long; it must not know what that is."""

from typing import Final, TextIO

BAR: Final = 30


class Bar:
    """Shows on one line how much is done; nothing where there is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.is_shown = stream.isatty()
        self._stream = stream

    def show(self, share: float, told: str) -> None:
        """`share` is done, 0 to 1; `told` goes behind it."""
        if not self.is_shown:
            return
        full = round(BAR * share)
        self._stream.write(f"\r\x1b[K[{'#' * full}{'.' * (BAR - full)}] {told}")
        self._stream.flush()

    def clear(self) -> None:
        """Take the bar away."""
        if self.is_shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
