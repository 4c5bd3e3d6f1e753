"""The file that says what is wished for; it must not understand it."""

import os
from pathlib import Path
from stat import S_IMODE

from alimante.core.files import DiskFiles, LinuxCalls


class _SameOwner(LinuxCalls):
    """New files that belong to whom another file belongs to, and that the same people may read."""

    def __init__(self, like: os.stat_result | None) -> None:
        self._like = like

    def create(self, path: Path) -> int:
        """See `Calls`."""
        descriptor = super().create(path)
        if self._like is not None:
            if (self._like.st_uid, self._like.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(descriptor, self._like.st_uid, self._like.st_gid)
            os.fchmod(descriptor, S_IMODE(self._like.st_mode))
        return descriptor


def put_wish(path: Path, data: bytes) -> None:
    """Make the configuration file hold `data`, wholly or not at all; it stays readable for those who could read it.

    A supervisor that runs takes it within seconds, one that starts later at its start, on probation in both cases. A
    link stays a link. Raises `OSError`.
    """
    path = path.resolve()
    like = path.stat() if path.exists() else None
    DiskFiles(_SameOwner(like)).replace(path, data)
