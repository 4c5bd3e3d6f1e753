"""A simulated I²C bus that chips are attached to; it must not know registers or checksums: those are the chips'."""

from collections.abc import Callable
from threading import Lock
from typing import Protocol

from hardware.bus.i2c import I2cWire
from hardware.errors import NoAnswer, WireTimeout
from hardware.sim.gpio import SimGpio
from hardware.sim.place import Meddle


class I2cChip(Protocol):
    """What sits at one address. Either method may raise `NoAnswer` to refuse its part of the transfer."""

    def write(self, data: bytes) -> None:
        """Take the bytes that the controller wrote."""
        ...

    def read(self, count: int) -> bytes:
        """At most `count` bytes for the controller to read."""
        ...


class SimI2c(I2cWire):
    """An I²C bus in memory, empty until chips are attached."""

    def __init__(self) -> None:
        self._transaction = Lock()  # one transfer at a time, as on copper
        self._lock = Lock()  # never held while a chip runs: chips wait for the world, and the world attaches chips
        self._chips: dict[int, I2cChip] = {}
        self._meddlers: dict[int, Meddle] = {}
        self._hinder: Callable[[], None] | None = None
        self._locked = False
        self._reopening_helps = False

    def transfer(self, address: int, data: bytes = b"", *, read: int = 0) -> bytes:
        """See `I2cWire`."""
        with self._transaction:
            if self._hinder is not None:
                self._hinder()
            chip = self._at(address)
            try:
                if data:
                    chip.write(bytes(data))
                answer = self._answer(address, lambda: chip.read(read)) if read else b""
            except NoAnswer as error:
                raise NoAnswer(f"I2C address 0x{address:02x}: not acknowledged") from error
        # Nobody pulls the data line down after the chip's last byte: the controller reads ones.
        return bytes(answer[:read]).ljust(read, b"\xff")

    def close(self) -> None:
        """Nothing to let go of: the bus lives in memory and can be used again."""

    def may_rebind(self) -> bool:
        """Whether the pins come back to the bus after somebody else has used them: here always."""
        return True

    def recover(self) -> str:
        """See `Recoverable`."""
        with self._lock:
            self._locked = self._locked and not self._reopening_helps
        return "opened the bus anew"

    def attach(self, address: int, chip: I2cChip) -> None:
        """Put `chip` at `address`, in place of what was there."""
        with self._lock:
            self._chips[address] = chip

    def detach(self, address: int) -> None:
        """Pull out what is at `address`; an empty address is no error."""
        with self._lock:
            self._chips.pop(address, None)

    def lock(self, locked: bool, *, until_reopened: bool = False) -> None:
        """Hold the bus's data line low, so that every transfer times out, or let go of it.

        With `until_reopened` it is the adapter that is stuck, and opening it anew ends that.
        """
        with self._lock:
            self._locked = locked
            self._reopening_helps = until_reopened

    def hold_data(self, lines: SimGpio, *, scl: int, sda: int, clocks: int) -> None:
        """A chip waits in the middle of a byte: it holds `sda` low until it has seen `clocks` clocks on `scl`."""
        self.lock(True)
        lines.drive(sda, False)
        seen, was_high = 0, True

        def on_clock(level: bool) -> None:
            nonlocal seen, was_high
            seen += level and not was_high
            was_high = level
            if seen == clocks and level:
                lines.drive(sda, None)
                self.lock(False)

        lines.on_level(scl, on_clock)

    def meddle(self, address: int, meddle: Meddle | None) -> None:
        """Let `meddle` stand before every answer from `address`, or nothing again."""
        self._meddlers.pop(address, None)
        if meddle is not None:
            self._meddlers[address] = meddle

    def hinder(self, how: Callable[[], None] | None) -> None:
        """Call `how` before each transfer, which may raise a `DeviceError` or take its time; None for nothing again."""
        self._hinder = how

    def _answer(self, address: int, ask: Callable[[], bytes]) -> bytes:
        meddle = self._meddlers.get(address)
        answer: bytes = ask() if meddle is None else meddle("read", ask)
        return answer

    def _at(self, address: int) -> I2cChip:
        with self._lock:
            if self._locked:
                raise WireTimeout(f"I2C address 0x{address:02x}: the bus is locked")
            if address not in self._chips:
                raise NoAnswer(f"I2C address 0x{address:02x}: nobody answers")
            return self._chips[address]
