"""`alimante check --deep`: tries a configuration's own corner cases on its simulated twin; it must not touch a wire."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import as_completed
from pathlib import Path
from typing import Any

from alimante.commands.errors import BadUse
from alimante.commands.offline import Verdict, verdict
from alimante.commands.pool import config_in, cores, processes
from alimante.commands.simulate import Progress
from alimante.core.durations import say_duration
from alimante.simulation.campaign import command, injury
from alimante.simulation.corners import Corner, Outcome, corners, in_words, span_s, try_corner
from alimante.simulation.faults import device_kinds, parse
from alimante.simulation.shrink import Attempt
from alimante.wiring import CannotBuild

SEED = 1


def check_deep(path: Path, *, as_json: bool) -> int:
    """Tell all that is wrong, and which cases reach harm; exit code 2 for a faulty configuration, 1 for harm."""
    found = verdict(path)
    if not found.is_valid:
        sys.stdout.write(f"{json.dumps(found.as_json(), ensure_ascii=False) if as_json else found.in_words()}\n")
        return 2
    if not as_json:
        sys.stdout.write(f"{found.in_words()}\n")
        sys.stdout.flush()
    try:
        wanted = corners(config_in(path))
        for_s = span_s(config_in(path), len(wanted))
        outcomes = _try_all(path, wanted, for_s)
    except CannotBuild as error:
        raise BadUse(str(error)) from None
    told = (
        json.dumps(_as_json(path, found, outcomes, for_s), ensure_ascii=False)
        if as_json
        else "\n".join(_in_words(path, outcomes, for_s))
    )
    sys.stdout.write(f"{told}\n")
    return 1 if any(outcome.is_harm for outcome in outcomes) else 0


def _try_all(path: Path, wanted: list[Corner], for_s: float) -> list[Outcome]:
    """What all cases came to, in their order."""
    if not wanted:
        return []
    bar = Progress(sys.stderr, for_s * len(wanted))
    found: dict[int, Outcome] = {}
    try:
        with processes(min(cores(), len(wanted))) as pool:
            futures = {pool.submit(_one, path, corner, for_s): number for number, corner in enumerate(wanted)}
            for future in as_completed(futures):
                found[futures[future]] = future.result()
                harmed = sum(outcome.is_harm for outcome in found.values())
                bar.show(len(found) / len(wanted), f"  {len(found)} of {len(wanted)} cases, {harmed} reach harm")
    finally:
        bar.clear()
    return [found[number] for number in sorted(found)]


def _one(path: Path, corner: Corner, for_s: float) -> Outcome:
    return try_corner(config_in(path), corner, for_s=for_s, seed=SEED)


def _in_words(path: Path, outcomes: list[Outcome], for_s: float) -> Iterator[str]:
    yield ""
    for outcome in outcomes:
        yield in_words(outcome)
        if outcome.is_harm and outcome.corner.room_c is None:
            yield f"      again: {_again(path, outcome, for_s)}"
    harmed = sum(outcome.is_harm for outcome in outcomes)
    yield ""
    if not outcomes:
        yield "there is no heater, so there is nothing that could become too hot"
    else:
        yield f"{harmed} of {len(outcomes)} corner cases reach harm in {say_duration(for_s)} each, simulated"


def _as_json(path: Path, found: Verdict, outcomes: list[Outcome], for_s: float) -> dict[str, Any]:
    cases = [
        {
            "name": outcome.corner.name,
            "faults": list(outcome.corner.faults),
            "room_c": outcome.corner.room_c,
            "zone": outcome.zone,
            "highest_c": outcome.highest_c,
            "harm_c": outcome.harm_c,
            "harm_at_s": outcome.harm_at_s,
            "is_harm": outcome.is_harm,
            "again": None if outcome.corner.room_c is not None else _again(path, outcome, for_s),
        }
        for outcome in outcomes
    ]
    harmed = sum(outcome.is_harm for outcome in outcomes)
    return {**found.as_json(), "deep": {"for_s": for_s, "harmed": harmed, "cases": cases}}


def _again(path: Path, outcome: Outcome, for_s: float) -> str:
    """The command line that makes the same run."""
    devices = device_kinds(config_in(path))
    return command(
        Attempt(SEED, for_s, tuple(injury(parse(text, devices)) for text in outcome.corner.faults)),
        path,
    )
