"""Loads the configuration for a command and tells its faults to people; it must not go on with a faulty one."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alimante.commands.errors import BadUse
from alimante.config.faults import ConfigInvalid, Fault, pointer
from alimante.config.load import Loaded, file_bytes, load_bytes
from alimante.config.positions import line_and_column, locate
from hardware.sim.settings import PlantSettings

T = TypeVar("T")


class BadConfig(BadUse):
    """The configuration cannot be used; everything about it has been said already."""


def load_whole(path: Path) -> Loaded:
    """The configuration at `path`, the simulated enclosure included. Raises `ConfigInvalid`."""
    return whole(file_bytes(path))


def whole(data: bytes) -> Loaded:
    """The configuration in the bytes of a file, the simulated enclosure included. Raises `ConfigInvalid`."""
    loaded = load_bytes(data, simulation_model=PlantSettings)
    faults = _misplaced(loaded)
    if faults:
        raise ConfigInvalid(faults, loaded.warnings)
    return loaded


def load_or_explain(path: Path) -> Loaded:
    """The configuration at `path`. Raises `BadConfig` after telling all faults."""
    loaded = explained(path, load_whole)
    tell_warnings(path, loaded)
    return loaded


def tell_warnings(path: Path, loaded: Loaded) -> None:
    """Tell what deserves a look in what was read from the file at `path`."""
    for fault in loaded.warnings:
        sys.stderr.write(f"warning: {say(path, fault)}\n")


def explained(path: Path, load: Callable[[Path], T]) -> T:
    """What `load` makes of the file at `path`. Raises `BadConfig` after telling all that is wrong with it."""
    try:
        return load(path)
    except ConfigInvalid as invalid:
        for fault in (*invalid.errors, *invalid.warnings):
            sys.stderr.write(f"{say(path, fault)}\n")
        raise BadConfig from None


def say(path: Path, fault: Fault) -> str:
    """One fault as a line: where, what, and a hint."""
    hint = f" ({fault.hint})" if fault.hint else ""
    return f"{path}:{fault.line}:{fault.column}: {fault.message}{hint}"


def _misplaced(loaded: Loaded) -> tuple[Fault, ...]:
    """Devices on simulated wires in zones that the simulated enclosure does not have."""
    config = loaded.config
    zones: PlantSettings = config.simulation
    paths = {
        ("devices", device.id, "zone"): f"the simulated enclosure has no zone {device.zone!r}"
        for device in config.devices.values()
        if config.wires[device.wire].backend == "sim" and device.zone is not None and device.zone not in zones.zones
    }
    places = locate(loaded.text, paths) if paths else {}
    return tuple(
        _fault_at(loaded.text, places[path][1], pointer(path), message, f"it has {', '.join(zones.zones)}")
        for path, message in paths.items()
    )


def _fault_at(text: str, offset: int, where: str, message: str, hint: str) -> Fault:
    line, column = line_and_column(text, offset)
    return Fault(pointer=where, line=line, column=column, message=message, hint=hint)
