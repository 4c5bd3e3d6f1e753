"""The protocol of a wire that can be brought back to life; it must not say when that is worth it."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Recoverable(Protocol):
    """A wire, of whatever kind, that can do more than to be used again."""

    def recover(self) -> str:
        """Begin anew as far as this process may, and say in one sentence what was done.

        What works must go on working: an output that can still be driven is never let go. May block for a second.
        Raises a `DeviceError` when nothing could be done.
        """
        ...
