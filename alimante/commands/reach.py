"""`alimante read` and `set`: through the supervisor that runs, else on the wires themselves.

They must not move an output past the rules of a supervisor that runs.
"""

import sys
from pathlib import Path
from typing import Any

from alimante.commands.ask import NoSupervisor, ask, seconds, tell
from alimante.commands.errors import BadUse
from alimante.commands.folders import Folders
from alimante.core.events import Outcome
from alimante.core.text import printable
from alimante.policy.values import is_auto


def read(config_path: Path, folders: Folders, device: str, *, as_json: bool) -> int:
    """Print what the supervisor believes of a sensor, or measure once where none runs."""
    from alimante.commands.sentences import of_read

    try:
        report = ask(folders, {"ask": "read", "device": device})
    except NoSupervisor:
        from alimante.commands import direct

        return direct.read(config_path, folders, device, as_json=as_json)
    tell(report, of_read, as_json=as_json)
    return int(any(channel["value"] is None for channel in report["channels"].values()))


def set_value(
    config_path: Path, folders: Folders, device: str, said: str, *, how_long: str | None, as_json: bool
) -> int:
    """Put one output to a value.

    Through the supervisor it holds for a time and obeys every rule of the gate. Without one the output keeps it for as
    long as the hardware does once this process has ended.
    """
    from alimante.commands.sentences import of_set

    ttl = {} if how_long is None else {"ttl_s": seconds(how_long)}
    try:
        report = ask(folders, {"ask": "set", "device": device, "value": _number_or_word(said), **ttl})
    except NoSupervisor as nobody:
        return _set_directly(config_path, folders, device, said, nobody=nobody, is_timed=how_long is not None)
    if report["outcome"] == Outcome.APPLIED or as_json:
        tell(report, of_set, as_json=as_json)
    else:
        text = f"{device} was not set to {said} ({report['outcome']}): {report['reason']}"
        sys.stderr.write(f"alimante: {printable(text)}\n")
    return int(report["outcome"] != Outcome.APPLIED)


def _set_directly(
    config_path: Path, folders: Folders, device: str, said: str, *, nobody: NoSupervisor, is_timed: bool
) -> int:
    if is_timed or is_auto(said):
        raise BadUse(f"{'--for' if is_timed else 'AUTO'} needs a supervisor that acts later, and {nobody}")
    from alimante.commands import direct

    return direct.set_value(config_path, folders, device, said)


def _number_or_word(said: str) -> Any:
    try:
        return float(said)
    except ValueError:
        return said
