"""Where files lie: systemd's folders, the system's for root, the XDG ones for ordinary users; it must not make any."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SYSTEM_CONFIG = Path("/etc/alimante/alimante.json")
SYSTEM_STATE = Path("/var/lib/alimante")
SYSTEM_RUNTIME = Path("/run/alimante")

LAST_CONFIG = "running.json"
"""A copy of the configuration that runs, for `alimante safe` when the original is broken or gone."""


@dataclass(frozen=True, slots=True)
class Folders:
    """The state folder survives a restart; the runtime folder holds the control socket of a running supervisor."""

    state: Path
    runtime: Path


def default_config(environ: Mapping[str, str], *, is_root: bool) -> Path:
    """The configuration that is used when none is named."""
    if is_root or SYSTEM_CONFIG.exists():
        return SYSTEM_CONFIG
    return _xdg(environ, "XDG_CONFIG_HOME", ".config") / "alimante" / "alimante.json"


def find_folders(state_dir: str | None, environ: Mapping[str, str], *, is_root: bool) -> Folders:
    """The folders for `--state-dir`, or for what the environment says when that was not given."""
    if state_dir is not None:
        return Folders(Path(state_dir).absolute(), Path(state_dir).absolute())
    is_system = is_root or (SYSTEM_STATE.is_dir() and os.access(SYSTEM_STATE, os.W_OK))
    state = environ.get("STATE_DIRECTORY") or (SYSTEM_STATE if is_system else None)
    runtime = environ.get("RUNTIME_DIRECTORY") or (SYSTEM_RUNTIME if SYSTEM_RUNTIME.is_dir() else None)
    own = Path(state) if state else _xdg(environ, "XDG_STATE_HOME", ".local/state") / "alimante"
    return Folders(own, Path(runtime) if runtime else own)


def _xdg(environ: Mapping[str, str], name: str, below_home: str) -> Path:
    given = environ.get(name, "")
    return Path(given) if given.startswith("/") else Path.home() / below_home
