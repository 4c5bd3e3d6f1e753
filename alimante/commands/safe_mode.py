"""`alimante safe-mode off`: lets the next start be a normal one again; it must not touch outputs."""

import sys

from alimante.commands.errors import CommandFailed
from alimante.commands.folders import Folders
from alimante.commands.run import spare_of
from alimante.core.files import DiskFiles
from alimante.services.boots import kernel_boot, leave_safe_mode


def leave(folders: Folders) -> int:
    """Have the bad starts forgotten."""
    try:
        why = leave_safe_mode(folders.state, files=DiskFiles(), kernel=kernel_boot(), spare=spare_of(folders))
    except OSError as error:
        raise CommandFailed(f"nothing can be written in {folders.state}: {error.strerror or error}") from None
    if not why:
        sys.stdout.write("the supervisor is not in safe mode\n")
    else:
        sys.stdout.write(f"safe mode ends with the next start: systemctl restart alimante\nit began because {why}\n")
    return 0
