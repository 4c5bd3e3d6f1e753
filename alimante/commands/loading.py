"""Loads the configuration for a command and tells its faults to people; it must not go on with a faulty one."""

import sys
from pathlib import Path

from alimante.commands.errors import BadUse
from alimante.config.faults import ConfigInvalid, Fault
from alimante.config.load import Loaded, load
from hardware.sim.settings import PlantSettings


class BadConfig(BadUse):
    """The configuration cannot be used; everything about it has been said already."""


def load_or_explain(path: Path) -> Loaded:
    """The configuration at `path`. Raises `BadConfig` after telling all faults."""
    try:
        loaded = load(path, simulation_model=PlantSettings)
    except ConfigInvalid as invalid:
        for fault in (*invalid.errors, *invalid.warnings):
            print(say(path, fault), file=sys.stderr)  # noqa: T201
        raise BadConfig from None
    for fault in loaded.warnings:
        print("warning:", say(path, fault), file=sys.stderr)  # noqa: T201
    return loaded


def say(path: Path, fault: Fault) -> str:
    """One fault as a line: where, what, and a hint."""
    hint = f" ({fault.hint})" if fault.hint else ""
    return f"{path}:{fault.line}:{fault.column}: {fault.message}{hint}"
