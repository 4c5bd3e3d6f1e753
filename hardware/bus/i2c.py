"""The protocol of an I²C bus; it must not know registers, word order or checksums: those are the chip's."""

from typing import Protocol


class I2cWire(Protocol):
    """One I²C bus.

    Errors: `NoAnswer` when nobody acknowledges the address, `WireTimeout` for a locked bus, `TransferError` for a
    broken transfer, `WireUnavailable` and `WirePermission` for the bus itself.
    """

    def transfer(self, address: int, data: bytes = b"", *, read: int = 0) -> bytes:
        """Write `data` to the 7-bit `address`, then read `read` bytes, as one transaction with a repeated start.

        Either part may be empty; returns exactly `read` bytes.
        """
        ...

    def close(self) -> None:
        """Let go of the bus."""
        ...
