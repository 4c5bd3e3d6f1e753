"""`alimante config plan`: what taking another configuration would do; it must not do any of it."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from alimante.commands.ask import Report, tell
from alimante.commands.guard import real_outputs
from alimante.commands.loading import explained, say, whole
from alimante.commands.past import Standing, name_of, short
from alimante.config.difference import ABSENT, Difference, differences, without_secrets
from alimante.config.faults import ConfigInvalid, pointer
from alimante.config.load import Loaded, file_bytes
from alimante.config.model import Config
from alimante.config.syntax import Unreadable
from alimante.config.text import decode, parse
from alimante.core.durations import say_duration

MOST_LETTERS: Final = 60
"""Longer values are cut."""
_ONE_OF: Final = {"devices": "device", "wires": "wire", "groups": "group", "controllers": "controller"}


def plan(file: Path, stands: Standing, *, as_json: bool) -> int:
    """Tell what taking `file` would do; exit code 2 when it cannot be used."""
    if as_json:
        try:
            loaded = whole(file_bytes(file))
        except ConfigInvalid as invalid:
            return tell_invalid(invalid)
    else:
        loaded = explained(file, lambda path: whole(file_bytes(path)))
        sys.stdout.writelines(f"warning: {say(file, fault)}\n" for fault in loaded.warnings)
    return tell(report_of(file, loaded, stands), in_words, as_json=as_json)


def report_of(file: Path, loaded: Loaded, stands: Standing) -> Report:
    """What taking `loaded` from `file` would do, as plain JSON values without secrets."""
    what, text = stands.before()
    old, new = document(text), document(loaded.text.encode())
    probation_s = loaded.config.recovery.rollout.probation_s
    is_running = loaded.sha256 == stands.running
    is_new = loaded.sha256 not in (stands.running, stands.committed)
    return {
        "file": str(file),
        "sha256": loaded.sha256,
        "valid": True,
        "errors": [],
        "warnings": [asdict(fault) for fault in loaded.warnings],
        "against": what,
        "against_sha256": stands.running or stands.committed or name_of(text),
        "is_compared": bool(text),
        "is_supervised": stands.report is not None,
        "differences": [_shown(change) for change in differences(old, new)] if text else [],
        "is_running": is_running,
        "is_committed": loaded.sha256 == stands.committed,
        "is_first": not stands.committed,
        "outputs_go_safe": not is_running,
        "probation_s": probation_s if is_new else None,
        "new_devices": sorted({*new["devices"]} - {*old.get("devices", {})}) if is_new else [],
        "refusal": stands.journal.refusal(loaded.sha256),
        "obstacle": obstacle(loaded.config, text, stands),
    }


def document(text: bytes) -> dict[str, Any]:
    """What a text says as plain JSON values; nothing where it is no JSON object."""
    try:
        value = parse(decode(text))[0]
    except Unreadable:
        return {}
    return value if isinstance(value, dict) else {}


def obstacle(config: Config, before: bytes, stands: Standing) -> str:
    """Why the supervisor that runs would not take `config` before somebody has done something else; or nothing."""
    if stands.report is None:
        return ""
    if stands.report["is_safe_mode"]:
        return "in safe mode nothing new is tried (alimante safe-mode off, then a restart)"
    try:
        has_guard = not before or bool(real_outputs(whole(before).config))
    except ConfigInvalid:
        has_guard = True
    if real_outputs(config) and not has_guard:
        return "the first real outputs need a restart, for their guard (systemctl restart alimante)"
    return ""


def in_words(report: Report) -> list[str]:
    """The plan as lines for people."""
    if report["is_running"]:
        return [f"{_named(report)} is what runs already: there is nothing to do"]
    return [*_difference_in_words(report), *_course_in_words(report)]


def tell_invalid(invalid: ConfigInvalid) -> int:
    """Print all that is wrong as one document; returns the exit code."""
    faults = {"errors": invalid.errors, "warnings": invalid.warnings}
    told = {"valid": False, **{kind: [asdict(fault) for fault in found] for kind, found in faults.items()}}
    sys.stdout.write(f"{json.dumps(told, ensure_ascii=False)}\n")
    return 2


def _difference_in_words(report: Report) -> list[str]:
    if not report["against_sha256"]:
        return [f"{_named(report)} would be the first configuration"]
    against = f"{report['against']} ({short(report['against_sha256'])})"
    if report["sha256"] == report["against_sha256"]:
        return [f"{_named(report)} is {report['against']}"]
    if not report["is_compared"]:
        return [f"what {_named(report)} changes is not known, for the text of {against} is not kept"]
    if not report["differences"]:
        return [f"{_named(report)} says the same as {against}, written in another way"]
    return [f"{_named(report)} against {against}:", *map(_line, report["differences"])]


def _course_in_words(report: Report) -> list[str]:
    if report["refusal"]:
        return [
            f"it is refused, for it was tried and gone back from: {report['refusal']}",
            "change it; or mend the cause, and then `alimante config apply --again` tries it once more",
        ]
    if report["obstacle"]:
        return [f"it is not taken now: {report['obstacle']}"]
    who = "taking it puts" if report["is_supervised"] else "no supervisor runs; the next start puts"
    return [f"{who} every output to its safe value for some seconds", _proof(report)]


def _proof(report: Report) -> str:
    if report["probation_s"] is None:
        return "it has nothing to prove, for it did so before"
    begun = f"then it has {say_duration(report['probation_s'])} to prove itself"
    if report["is_first"]:
        return f"{begun}: everything in it must answer"
    new = "".join(f", and {name}, which is new, must answer" for name in report["new_devices"][:3])
    more = len(report["new_devices"]) - 3
    return f"{begun}: what is well now must be well again{new}{f', and {more} more' if more > 0 else ''}"


def _named(report: Report) -> str:
    return f"{report['file']} ({short(report['sha256'])})"


def _shown(change: Difference) -> Report:
    """A difference as it may be told: no secrets."""
    key = change.path[-1] if change.path else ""
    values = {
        name: without_secrets(value, key)
        for name, value in (("old", change.old), ("new", change.new))
        if value is not ABSENT
    }
    return {"path": pointer(change.path), "where": _where(change), "change": change.change, **values}


def _where(change: Difference) -> str:
    """The place in words: of a device, a wire, a group or a controller its name and the key below it."""
    first, *rest = map(str, change.path or ("everything",))
    if first not in _ONE_OF or not rest:
        return ".".join((first, *rest))
    return f"{_ONE_OF[first]} {rest[0]}" + (f", {'.'.join(rest[1:])}" if rest[1:] else "")


def _line(shown: Report) -> str:
    old, new = (_value(shown[name]) if name in shown else "" for name in ("old", "new"))
    values = f"{old} → {new}" if shown["change"] == "changed" else old or new
    return f"  {shown['change']:<8} {shown['where']}: {values}"


def _value(value: Any) -> str:
    """What stood or stands there: of a device the words that matter first, of other things the text."""
    if isinstance(value, dict) and "driver" in value:
        first = " on ".join(str(value[key]) for key in ("driver", "wire") if key in value)
        rest = [f"{key} {value[key]}" for key in ("pin", "address", "role") if key in value]
        return ", ".join([first, *rest])
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"
