"""Whose fault a failed read is: the device's, its wire's or nobody's; it must not act on it."""

from enum import StrEnum

from hardware.errors import DeviceError, TransferError, WirePermission, WireTimeout, WireUnavailable


class Blame(StrEnum):
    """Who answers for a failure; nobody does when the call was not made."""

    NOBODY = "nobody"
    DEVICE = "device"
    WIRE = "wire"


class Suspicion:
    """Looks at the failures on one wire that `members` devices are read on.

    A wire that is not there is at fault by itself. A time-out or a broken transfer may be one chip that holds the wire
    or a wire that serves nobody: the wire is blamed once most of its devices, and at least two, ended so last. With
    any other error something has answered, or nothing did at one address: the device is at fault.
    """

    def __init__(self, members: int) -> None:
        self._members = members
        self._suspects: set[str] = set()

    def judge(self, device: str, error: DeviceError, *, is_served: bool, is_timeout: bool) -> Blame:
        """Who is to blame for how a read of `device` ended.

        `is_served` says whether its driver was called, `is_timeout` whether that call did not come back in time.
        """
        if not is_served:
            return Blame.NOBODY
        if isinstance(error, WireUnavailable | WirePermission):
            return Blame.WIRE
        if not is_timeout and not isinstance(error, WireTimeout | TransferError):
            self.clear(device)
            return Blame.DEVICE
        self._suspects.add(device)
        shared = len(self._suspects) >= 2 and 2 * len(self._suspects) > self._members
        return Blame.WIRE if shared else Blame.DEVICE

    def covers(self, device: str) -> bool:
        """Whether the last failure of `device` may have been the wire's."""
        return device in self._suspects

    def clear(self, device: str) -> None:
        """The wire has worked for `device`."""
        self._suspects.discard(device)
