"""`alimante simulate --healthy`: lives in which nothing is broken, and who is blamed; it must not touch a wire."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from shlex import join
from typing import Any, Final

from alimante.commands.errors import BadUse
from alimante.commands.loading import load_or_explain
from alimante.commands.pool import config_in, cores, processes
from alimante.commands.simulate import Progress, duration_of
from alimante.core.durations import say_duration
from alimante.simulation.lives import Blame, Kind, Life, live
from alimante.simulation.report import say_time
from alimante.wiring import CannotBuild
from hardware.sim.faults import BadFault

SPARE_S: Final = 60.0
SHOWN: Final = 5
"""How many things of one kind the words name for each life; the JSON form has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What somebody asks for on the command line."""

    configs: Sequence[Path]
    how_long: str
    seed: int
    runs: int = 1
    jobs: int | None = None
    as_json: bool = False


def healthy(order: Order) -> int:
    """Live all lives and tell what was wrong in them; exit code 1 when anything was."""
    for_s = duration_of(order.how_long)
    for path in order.configs:
        load_or_explain(path)
    try:
        lives = _live_all(order, for_s)
    except (BadFault, CannotBuild) as error:
        raise BadUse(str(error)) from None
    told = json.dumps(_as_json(lives), ensure_ascii=False) if order.as_json else "\n".join(_in_words(lives))
    sys.stdout.write(f"{told}\n")
    return 1 if any(life.blames for _, life in lives) else 0


def _live_all(order: Order, for_s: float) -> list[tuple[Path, Life]]:
    """Each configuration with its lives, in their order."""
    wanted = [(path, order.seed + number) for path in order.configs for number in range(order.runs)]
    bar = Progress(sys.stderr, for_s * len(wanted))
    found: dict[tuple[Path, int], Life] = {}
    try:
        with processes(min(order.jobs or cores(), len(wanted))) as pool:
            futures = {pool.submit(_one, path, for_s, seed): (path, seed) for path, seed in wanted}
            for done, future in enumerate(as_completed(futures), start=1):
                found[futures[future]] = future.result()
                wrong = sum(len(life.blames) for life in found.values())
                bar.show(done / len(wanted), f"  {done} of {len(wanted)} lives, {wrong} things wrong")
    finally:
        bar.clear()
    return [(path, found[path, seed]) for path, seed in wanted]


def _one(path: Path, for_s: float, seed: int) -> Life:
    return live(config_in(path), for_s=for_s, seed=seed)


def _in_words(lives: Sequence[tuple[Path, Life]]) -> Iterator[str]:
    for path, life in lives:
        yield f"{path.stem:<20} {_numbers(life)}"
        for kind in Kind:
            of_kind = [blame for blame in life.blames if blame.kind is kind]
            for blame in of_kind[:SHOWN]:
                yield f"  {say_time(blame.at_s)}  {kind}: {_text(blame)}"
            if of_kind[SHOWN:]:
                yield f"  … and {len(of_kind) - SHOWN} more of this kind; --json tells all"
        if life.blames:
            yield f"  again: {_again(path, life, life.blames[0])}"
    yield ""
    total_s = sum(life.for_s for _, life in lives)
    yield f"{len(lives)} lives, {say_duration(total_s)} of simulated time, in which {_events(lives)}"
    counts = _counts(lives)
    yield (
        f"healthy heaters tripped: {counts['false_trips']}; waiting for a person: {counts['latched']}; "
        f"needless alerts: {counts['needless_alerts']}; needless cold: {counts['needless_cold']}; "
        f"other rules broken: {counts['other']}"
    )


def _numbers(life: Life) -> str:
    cold = f"colder than the target by at most {life.colder_c:4.1f} °C, too cold for {life.cold_h:5.1f} h"
    hot = (
        f"hottest {life.hottest_c:.1f} °C, harm at {life.harm_c:g} °C" if isfinite(life.harm_c) else "nothing can harm"
    )
    told = ", ".join(f"{name} {count}" for name, count in sorted(life.rightful.items()))
    return f"{cold}; {hot}" + (f"; told rightly: {told}" if told else "")


def _text(blame: Blame) -> str:
    return f"{blame.what}: {blame.text}"


def _again(path: Path, life: Life, blame: Blame) -> str:
    """The command line of the shortest life in which it shows, too."""
    for_s = min(life.for_s, float(int(blame.at_s + SPARE_S)))
    words = ["alimante", "simulate", "--config", str(path), "--healthy", "--for", f"{for_s:.10g}"]
    return join([*words, "--seed", str(life.seed)])


def _events(lives: Sequence[tuple[Path, Life]]) -> str:
    events: Counter[str] = Counter()
    for _, life in lives:
        for what, count in life.events.items():
            events[_WHAT.get(what.partition("=")[0], "another bulb or cooler")] += count
    return ", ".join(f"{what} {count} times" for what, count in events.most_common())


_WHAT: Final = {
    "door": "a door was opened",
    "room": "the room became warmer or colder",
    "sun": "the sun shone",
    "computer": "the power failed",
}


def _counts(lives: Sequence[tuple[Path, Life]]) -> dict[str, int]:
    def count(*kinds: Kind) -> int:
        return sum(life.count(kind) for _, life in lives for kind in kinds)

    return {
        "false_trips": count(Kind.TRIPPED, Kind.LATCHED),
        "latched": count(Kind.LATCHED),
        "needless_alerts": count(Kind.ALERT),
        "needless_cold": count(Kind.COLD),
        "other": count(Kind.RULE),
    }


def _as_json(lives: Sequence[tuple[Path, Life]]) -> dict[str, Any]:
    return {
        **_counts(lives),
        "simulated_s": sum(life.for_s for _, life in lives),
        "lives": [
            {
                "config": str(path),
                "node": life.node,
                "seed": life.seed,
                "for_s": life.for_s,
                "events": dict(sorted(life.events.items())),
                **_counts([(path, life)]),
                "colder_c": round(life.colder_c, 2),
                "too_cold_h": round(life.cold_h, 2),
                "hottest_c": round(life.hottest_c, 2) if isfinite(life.harm_c) else None,
                "harm_c": life.harm_c if isfinite(life.harm_c) else None,
                "rightful_alerts": dict(sorted(life.rightful.items())),
                "blames": [
                    {
                        "kind": blame.kind.value,
                        "what": blame.what,
                        "at_s": blame.at_s,
                        "text": blame.text,
                        "again": _again(path, life, blame),
                    }
                    for blame in life.blames
                ],
            }
            for path, life in lives
        ],
    }
