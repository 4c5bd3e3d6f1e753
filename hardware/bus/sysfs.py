"""The protocol of a kernel's attribute tree (1-Wire, IIO, hwmon, PWM); it must not know any layout in it."""

from typing import Protocol


class SysfsWire(Protocol):
    """A tree of small text files below one root, such as /sys/bus/w1/devices. Paths are relative, with `/`.

    Errors: `NoAnswer` when a file or folder is missing below a root that exists, `WireUnavailable` when the root is
    missing, `WirePermission`, `LineBusy` (EBUSY), `ValueRefused` (EINVAL), `WireTimeout`, `TransferError` (EIO).
    """

    def list(self, folder: str = "") -> list[str]:
        """The sorted names in `folder`."""
        ...

    def read(self, path: str) -> str:
        """The text of a file without the line end; an empty file is an empty text."""
        ...

    def write(self, path: str, text: str) -> None:
        """Write `text` to an existing file."""
        ...

    def hold(self, path: str) -> None:
        """From now on read and write this existing file through one descriptor that stays open until `close`.

        So it can be reached when no descriptor is left. A file that was taken away and came back is opened anew at the
        next call. A held file is no error.
        """
        ...

    def close(self) -> None:
        """Let go of the tree."""
        ...
