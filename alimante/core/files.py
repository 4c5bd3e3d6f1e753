"""The files that survive a power cut; it must not know what they mean."""

import os
from pathlib import Path
from typing import Protocol


class Files(Protocol):
    """State files. Paths are absolute."""

    def read(self, path: Path) -> bytes:
        """The whole file. Raises `OSError`."""
        ...

    def replace(self, path: Path, data: bytes) -> None:
        """Make `path` hold `data`, wholly or not at all, whatever happens to the power. Raises `OSError`."""
        ...


class DiskFiles:
    """Files on a real disk."""

    def read(self, path: Path) -> bytes:
        """See `Files.read`."""
        return path.read_bytes()

    def replace(self, path: Path, data: bytes) -> None:
        """See `Files.replace`: a new file in the same folder, fsync, rename, fsync of the folder."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
