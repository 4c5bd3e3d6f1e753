"""The file that says what is wished for; it must not understand it."""

import contextlib
import os
import re
from pathlib import Path
from stat import S_IMODE

from alimante.core.files import DiskFiles, LinuxCalls

NEW_MODE = 0o644
"""Of a file that was not there: no secret stands in a configuration, and the supervisor is another user."""


class _SameOwner(LinuxCalls):
    """New files that belong to whom another file belongs to, and that the same people may read."""

    def __init__(self, like: os.stat_result | None) -> None:
        self._like = like

    def create(self, path: Path) -> int:
        """See `Calls`."""
        descriptor = super().create(path)
        try:
            self._dress(descriptor)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _dress(self, descriptor: int) -> None:
        if self._like is not None and (self._like.st_uid, self._like.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(descriptor, self._like.st_uid, self._like.st_gid)
        os.fchmod(descriptor, NEW_MODE if self._like is None else S_IMODE(self._like.st_mode))


def put_wish(path: Path, data: bytes, *, like: Path | None = None) -> None:
    """Make the configuration file hold `data`, wholly or not at all; it stays readable for those who could read it.

    With `like`, those who may read that one may read it.

    A supervisor that runs takes it within seconds, one that starts later at its start, on probation in both cases. A
    link stays a link. Raises `OSError`.
    """
    path = path.resolve()
    like = like or path
    calls = _SameOwner(like.stat() if like.exists() else None)
    DiskFiles(calls).replace(path, data)
    _sweep(path, calls)


def _sweep(path: Path, calls: LinuxCalls) -> None:
    """Remove what a power cut left of earlier ones. The folder is not ours: nothing else in it is touched."""
    left_over = re.compile(rf"\.{re.escape(path.name)}\.([0-9]{{1,10}})\.new", re.ASCII)
    with contextlib.suppress(OSError):
        for name in calls.names(path.parent):
            found = left_over.fullmatch(name)
            if found is not None and not calls.is_writing(int(found[1])):
                calls.remove(path.parent / name)
