"""What can go wrong on a wire or in a chip; it must not decide what to do about it.

`transient` on the class says whether trying the same thing again soon can help. Nothing else decides that: no words
in messages, no numbers at the call site.
"""

import errno
from typing import ClassVar


class DeviceError(Exception):
    """A wire or a chip did not do what was asked. `str(error)` is one sentence that a keeper can read."""

    transient: ClassVar[bool] = False


class WireUnavailable(DeviceError):
    """The wire itself is not there: no such bus, chip folder or kernel driver."""


class WirePermission(DeviceError):
    """The operating system does not let this process use the wire."""


class LineBusy(DeviceError):
    """Somebody else holds this line, channel or address."""


class WireTimeout(DeviceError):
    """The wire did not answer in time: a locked bus, a stretched clock, a lost edge."""

    transient = True


class NoAnswer(DeviceError):
    """The wire works, but nothing answers at this address or pin."""

    transient = True


class TransferError(DeviceError):
    """The transfer broke off or the kernel reported an input/output error."""

    transient = True


class BadData(DeviceError):
    """Something answered, but what it said cannot be a measurement: checksum, sentinel or malformed text."""

    transient = True


class WrongChip(DeviceError):
    """Another chip than the configured one answers at this address."""


class ValueRefused(DeviceError):
    """The actuator cannot take this value."""


_BY_ERRNO: dict[int, type[DeviceError]] = {
    errno.ENXIO: NoAnswer,
    errno.EREMOTEIO: NoAnswer,
    errno.ENODEV: NoAnswer,
    errno.ENOENT: WireUnavailable,
    errno.ETIMEDOUT: WireTimeout,
    errno.EAGAIN: WireTimeout,
    errno.EACCES: WirePermission,
    errno.EPERM: WirePermission,
    errno.EROFS: WirePermission,
    errno.EBUSY: LineBusy,
    errno.EINVAL: ValueRefused,
}


def from_oserror(error: OSError, where: str) -> DeviceError:
    """The `DeviceError` that an `OSError` met at `where` (such as "I2C 1, address 0x44") means.

    An unknown errno becomes `TransferError`: retrying it is harmless, and giving up on it for ever is not.
    """
    kind = _BY_ERRNO.get(error.errno or 0, TransferError)
    return kind(f"{where}: {error.strerror or error}")
