"""What all faults came to: its file form, its badge and what has changed in it; it must not run anything."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from alimante.config.model import Config
from alimante.core.durations import say_duration
from alimante.simulation.trials import Calm, Norm, Row

RENEW: Final = "look at what changed, and run make matrix when it is right"
_WORSE: Final = {"detected_s": "noticed", "safe_s": "safe", "healed_s": "well again"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """All rows of one configuration, held against its `usual` course, and a run of it without faults.

    `file` is its name and `sha256` its digest; `roles` has the role of each actuator and "sensor" of the others.
    """

    file: str
    sha256: str
    seed: int
    roles: Mapping[str, str]
    usual: Norm
    rows: Sequence[Row]
    calm: Calm | None = None


def roles_of(config: Config) -> dict[str, str]:
    """As `Part.roles`."""
    return {device.id: device.role.value if device.role else "sensor" for device in config.devices.values()}


def as_json(parts: Iterable[Part]) -> str:
    """The form that programs read, with one line for each row so that a difference can be read."""
    return '{"parts": [\n' + ",\n".join(_part_json(part) for part in parts) + "\n]}\n"


def from_json(text: str) -> list[Part]:
    """What `as_json` wrote. Raises `ValueError`, `KeyError` and `TypeError` for anything else."""
    return [_part(part) for part in json.loads(text)["parts"]]


def badge(parts: Sequence[Part]) -> str:
    """Everything in one line."""
    rows = [row for part in parts for row in part.rows]
    calms = [part.calm for part in parts if part.calm is not None]
    survived = sum(row.is_survived for row in rows)
    noticed = sum(row.detected_s is not None for row in rows)
    said = [f"faults survived {survived}/{len(rows)}", f"noticed {noticed}/{len(rows)}"]
    if calms:
        alarms, span_s = sum(len(calm.false_alarms) for calm in calms), sum(calm.for_s for calm in calms)
        said.append(f"{alarms or 'no'} false alarms in {say_duration(span_s)} without faults")
    trips = [row.false_trips for row in rows] + [calm.false_trips for calm in calms]
    if None not in trips:
        said.append(f"healthy heaters tripped {sum(filter(None, trips))}")
    unseen_s = max([row.unseen_s for row in rows] + [calm.unseen_s for calm in calms], default=0.0)
    said.append(f"longest heating on an old reading {unseen_s:.0f} s")
    near = min((row for row in rows if row.harm_c is not None), key=_left_c, default=None)
    if near is not None:
        said.append(f"hottest {near.highest_c:.1f} °C, where harm begins at {near.harm_c:g} °C")
    return " · ".join(said)


def changes(kept: Sequence[Part], found: Sequence[Part]) -> list[str]:
    """What `found` says otherwise than `kept`, each in a sentence; rows of `kept` that were not run again are fine."""
    by_file = {part.file: part for part in kept}
    return [sentence for part in found for sentence in _changes(by_file.get(part.file), part)]


def missing(part: Part, wanted: Iterable[Any]) -> list[str]:
    """Cases that have no row, and rows of what is no case (any more), each in a sentence."""
    cases, rows = {*wanted}, {row.case for row in part.rows}
    lacking = [f"{part.file}: {_say(case)} has no row; {RENEW}" for case in sorted(cases - rows, key=_say)]
    surplus = [f"{part.file}: {_say(case)} is not tried any more; {RENEW}" for case in sorted(rows - cases, key=_say)]
    return lacking + surplus


def _changes(kept: Part | None, found: Part) -> Iterator[str]:
    if kept is None:
        yield f"{found.file} is not in the matrix; {RENEW}"
        return
    if kept.sha256 != found.sha256:
        yield f"{found.file} was changed since the matrix was made; {RENEW}"
    rows = {row.case: row for row in kept.rows}
    for row in found.rows:
        before = rows.get(row.case)
        if before is None:
            yield f"{found.file}: {_say(row.case)} has no row; {RENEW}"
        elif before != (row := _measured(before, row)):
            yield f"{found.file}: {_say(row.case)} {_difference(before, row)}; {RENEW}"


def _measured(before: Row, row: Row) -> Row:
    """`row` without what was not measured when `before` was made."""
    if before.colder_c is None:
        row = replace(row, colder_c=None)
    return replace(row, false_trips=None) if before.false_trips is None else row


def _difference(before: Row, after: Row) -> str:
    if after.broken and not before.broken:
        return f"is WORSE: it is not survived any more: {after.broken[0]}"
    old, new = asdict(before), asdict(after)
    names = [name for name in new if old[name] != new[name]]
    said = ", ".join(f"{_WORSE.get(name, name)} {_value(new[name])} instead of {_value(old[name])}" for name in names)
    return f"is {'WORSE' if _is_worse(old, new) else 'another'}: {said}"


def _is_worse(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether something came later or never, or it became hotter or colder, or more healthy heaters tripped."""
    is_later = any(_order(new[name]) > _order(old[name]) for name in _WORSE)
    is_colder = any((new[name] or 0) > (old[name] or 0) for name in ("colder_c", "false_trips"))
    return is_later or is_colder or new["highest_c"] > old["highest_c"] or new["unseen_s"] > old["unseen_s"]


def _order(span_s: float | None) -> float:
    return float("inf") if span_s is None else span_s


def _value(value: object) -> str:
    return "never" if value is None else f'"{value}"' if isinstance(value, str) else str(value)


def _say(case: Any) -> str:
    return f"{case.fault} with {case.output} {case.state}".removesuffix(" ") if case.output else str(case.fault)


def _left_c(row: Row) -> float:
    return float("inf") if row.harm_c is None else row.harm_c - row.highest_c


def _part_json(part: Part) -> str:
    rows = ",\n".join(_line(asdict(row)) for row in part.rows)
    calm = "null" if part.calm is None else _line(asdict(part.calm))
    head = _line({"file": part.file, "sha256": part.sha256, "seed": part.seed, "roles": dict(part.roles)})
    return f'{head[:-1]},\n"usual": {_line(asdict(part.usual))},\n"calm": {calm},\n"rows": [\n{rows}\n]}}'


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _part(data: Mapping[str, Any]) -> Part:
    calm = data["calm"]
    return Part(
        file=data["file"],
        sha256=data["sha256"],
        seed=data["seed"],
        roles=data["roles"],
        usual=_norm(data["usual"]),
        rows=[Row(**{**row, "broken": tuple(row["broken"])}) for row in data["rows"]],
        calm=calm and Calm(**{**calm, "broken": tuple(calm["broken"]), "false_alarms": tuple(calm["false_alarms"])}),
    )


def _norm(data: Mapping[str, Any]) -> Norm:
    switched = {name: tuple((at_s, is_on) for at_s, is_on in changes) for name, changes in data["switched"].items()}
    return Norm(highest_c=data["highest_c"], switched=switched)
