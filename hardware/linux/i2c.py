"""An I²C bus of the kernel's i2c-dev driver through smbus2; it must not try a transfer twice.

Transfers are combined ones (`I2C_RDWR` in the kernel's Documentation/i2c/dev-interface.rst), because chips such as
the SHT3x forget the command at a stop condition.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from smbus2 import SMBus, i2c_msg

from hardware.bus.i2c import I2cWire
from hardware.errors import DeviceError, WirePermission, WireUnavailable, from_oserror

ADAPTERS: Final = Path("/sys/bus/i2c/devices")
"""Where the kernel has its adapters; the parent of an adapter is the controller, with a link to its driver."""


class LinuxI2c(I2cWire):
    """/dev/i2c-`bus`, opened at the first transfer and anew after every failed one."""

    def __init__(self, bus: int, *, adapters: Path = ADAPTERS) -> None:
        self._number = bus
        self._controller = (adapters / f"i2c-{bus}").resolve().parent
        self._bus: SMBus | None = None

    def transfer(self, address: int, data: bytes = b"", *, read: int = 0) -> bytes:
        """See `I2cWire`. Without `data` and `read` it only asks whether `address` acknowledges."""
        bus = self._opened()
        answer = i2c_msg.read(address, read)
        messages = [i2c_msg.write(address, data)] if data or not read else []
        if read:
            messages.append(answer)
        try:
            bus.i2c_rdwr(*messages)
        except OSError as error:
            self.close()  # an adapter that was unplugged and came back is a new file
            raise from_oserror(error, f"I2C {self._number}, address 0x{address:02x}") from error
        return bytes(answer)

    def close(self) -> None:
        """See `I2cWire`."""
        bus, self._bus = self._bus, None
        if bus is not None:
            with suppress(OSError):
                bus.close()

    def may_rebind(self) -> bool:
        """Whether this process may have the kernel begin anew with the controller, which also takes its pins back."""
        driver = self._controller / "driver"
        return os.access(driver / "unbind", os.W_OK) and os.access(driver / "bind", os.W_OK)

    def recover(self) -> str:
        """See `Recoverable`: the kernel's driver is bound anew where that is permitted, and the bus is opened anew."""
        self.close()
        done = "opened the bus anew"
        if self.may_rebind():
            self._rebind()
            done = f"bound the kernel's driver to {self._controller.name} anew and {done}"
        self._opened()
        return done

    def _rebind(self) -> None:
        driver = (self._controller / "driver").resolve()  # the link is gone once it is unbound
        try:
            with suppress(OSError):  # it may not be bound: then binding is all that is needed
                (driver / "unbind").write_text(self._controller.name)
            (driver / "bind").write_text(self._controller.name)
        except OSError as error:
            raise from_oserror(error, f"I2C {self._number}, binding {self._controller.name}") from error

    def _opened(self) -> SMBus:
        if self._bus is None:
            try:
                self._bus = SMBus(self._number)
            except OSError as error:
                raise self._not_opened(error) from error
        return self._bus

    def _not_opened(self, error: OSError) -> DeviceError:
        where = f"I2C {self._number} (/dev/i2c-{self._number})"
        meaning = from_oserror(error, where)
        if isinstance(meaning, WirePermission):
            return WirePermission(f"{meaning}; is the user in the group i2c?")
        return WireUnavailable(f"{meaning}; is dtparam=i2c_arm=on set and the module i2c-dev loaded?")
