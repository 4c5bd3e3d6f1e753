"""Commands that only read files: check, schema, devices, drivers; they must not touch wires."""

import dataclasses
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alimante.commands.loading import load_or_explain, load_whole, say
from alimante.config.faults import ConfigInvalid, Fault
from alimante.config.schema import config_schema
from hardware.registry import BrokenDriver, get, names
from hardware.sim.settings import PlantSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is wrong with the configuration in a file, and what deserves a look."""

    path: Path
    errors: tuple[Fault, ...]
    warnings: tuple[Fault, ...]

    @property
    def is_valid(self) -> bool:
        """Whether it can be used."""
        return not self.errors

    def as_json(self) -> dict[str, Any]:
        """The form that programs read."""
        return {
            "valid": self.is_valid,
            "errors": [dataclasses.asdict(fault) for fault in self.errors],
            "warnings": [dataclasses.asdict(fault) for fault in self.warnings],
        }

    def in_words(self) -> str:
        """The form that people read."""
        return "\n".join(
            [
                *(say(self.path, fault) for fault in self.errors),
                *(f"warning: {say(self.path, fault)}" for fault in self.warnings),
                f"{self.path}: {_count(len(self.errors), 'error')}, {_count(len(self.warnings), 'warning')}",
            ]
        )


def verdict(path: Path) -> Verdict:
    """What is to be said of the configuration at `path`."""
    try:
        return Verdict(path=path, errors=(), warnings=load_whole(path).warnings)
    except ConfigInvalid as invalid:
        return Verdict(path=path, errors=invalid.errors, warnings=invalid.warnings)


def check(path: Path, *, as_json: bool) -> int:
    """Tell everything that is wrong with a configuration; exit code 2 when it cannot be used."""
    found = verdict(path)
    _print(json.dumps(found.as_json(), ensure_ascii=False) if as_json else found.in_words())
    return 0 if found.is_valid else 2


def schema() -> int:
    """Print the JSON Schema of the configuration."""
    _print(json.dumps(config_schema(PlantSettings), indent=2, ensure_ascii=False))
    return 0


def devices(path: Path, *, as_json: bool) -> int:
    """List the devices of a configuration."""
    config = load_or_explain(path).config
    rows = [_device(device) for device in config.devices.values()]
    if as_json:
        _print(json.dumps(rows, ensure_ascii=False))
        return 0
    for row in rows:
        channels = ", ".join(f"{channel['name']} {channel['unit']}".rstrip() for channel in row["channels"])
        where = f"{row['wire']} {row['address'] if row['address'] is not None else ''}".rstrip()
        _print(f"{row['id']:<20} {row['kind']:<9} {row['driver']:<16} {where:<24} {channels}".rstrip())
    return 0


def drivers(*, as_json: bool) -> int:
    """List the installed drivers."""
    rows = [_driver(name) for name in names()]
    if as_json:
        _print(json.dumps(rows, ensure_ascii=False))
        return 0
    for row in rows:
        _print(f"{row['name']:<18} {row['kind'] or '-':<9} {row['wire'] or '-':<8} {row['summary']}")
    return 0


def _device(device: Any) -> dict[str, Any]:
    params = device.params.model_dump()
    address = params.get("address")
    return {
        "id": device.id,
        "driver": device.driver,
        "kind": device.spec.kind,
        "wire": device.wire,
        "address": f"0x{address:02x}" if isinstance(address, int) else address or params.get("pin"),
        "channels": [{"name": channel.name, "unit": channel.unit.value} for channel in device.channels],
    }


def _driver(name: str) -> dict[str, Any]:
    try:
        spec = get(name)
    except BrokenDriver as error:
        return {"name": name, "kind": None, "wire": None, "summary": str(error)}
    return {"name": name, "kind": spec.kind, "wire": spec.wire.value, "summary": spec.summary}


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
