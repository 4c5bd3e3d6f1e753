"""`alimante simulate --runs N`: many runs on all cores, and which fail; it must not touch a wire."""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from alimante.commands.errors import BadUse
from alimante.commands.loading import load_or_explain
from alimante.commands.pool import config_in, cores, processes
from alimante.commands.simulate import Progress, duration_of, planned_faults
from alimante.config.model import Config
from alimante.core.durations import say_duration
from alimante.simulation.campaign import (
    Failure,
    Result,
    Wanted,
    chaotic,
    command,
    injury,
    undertake,
    unreached,
)
from alimante.simulation.shrink import Attempt
from alimante.wiring import CannotBuild
from hardware.sim.faults import BadFault

GROWTH_BYTES: Final = 20e6
"""So much more memory than after its first tenth a calm run may use at its end; the report itself needs some."""
STATM: Final = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What somebody asks for on the command line."""

    config_path: Path
    how_long: str
    faults: Sequence[str]
    seed: int
    runs: int = 1
    chaos: bool = False
    calm: bool = False
    reach: Sequence[str] = ()
    jobs: int | None = None
    as_json: bool = False


def campaign(order: Order) -> int:
    """Make all runs and tell what came of them; exit code 1 when one failed or a state was never reached."""
    config = load_or_explain(order.config_path).config
    try:
        attempts = _attempts(config, order)
        results, crashed = _undertake(attempts, order)
    except (BadFault, CannotBuild) as error:
        raise BadUse(str(error)) from None
    missing = unreached(results, order.reach)
    failures = [result.failure for result in results if result.failure is not None]
    told = (
        json.dumps(_as_json(results, failures, crashed, missing, order), ensure_ascii=False)
        if order.as_json
        else "\n".join(_in_words(results, failures, crashed, missing, order))
    )
    sys.stdout.write(f"{told}\n")
    return 1 if failures or crashed or missing else 0


def _attempts(config: Config, order: Order) -> list[Attempt]:
    for_s = duration_of(order.how_long)
    if order.chaos:
        return chaotic(config, runs=order.runs, for_s=for_s, seed=order.seed)
    injuries = tuple(map(injury, planned_faults(config, order.faults, for_s=for_s)))
    return [Attempt(seed, for_s, injuries) for seed in range(order.seed, order.seed + order.runs)]


def _undertake(attempts: list[Attempt], order: Order) -> tuple[list[Result], list[tuple[Attempt, str]]]:
    """All results in their order, and what ended in an error of the simulation itself."""
    wanted = Wanted(calm=order.calm)
    bar = Progress(sys.stderr, sum(attempt.for_s for attempt in attempts))
    count = min(order.jobs or cores(), len(attempts))
    found: dict[int, Result] = {}
    crashed: list[tuple[Attempt, str]] = []
    try:
        with processes(count) as pool:
            futures = {
                pool.submit(_one, order.config_path, attempt, wanted): number for number, attempt in enumerate(attempts)
            }
            for done, future in enumerate(as_completed(futures), start=1):
                number = futures[future]
                try:
                    found[number] = future.result()
                except (RuntimeError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
                    crashed.append((attempts[number], f"{type(error).__name__}: {error}"))
                failed = len(crashed) + sum(result.failure is not None for result in found.values())
                bar.show(done / len(attempts), f"  {done} of {len(attempts)} runs, {failed} failed")
    finally:
        bar.clear()
    return [found[number] for number in sorted(found)], crashed


def _one(path: Path, attempt: Attempt, wanted: Wanted) -> Result:
    memory = _Memory()
    result = undertake(config_in(path), attempt, wanted, on_progress=memory.look)
    if wanted.calm and result.failure is None and memory.growth_bytes > GROWTH_BYTES:
        text = f"the memory grew by {memory.growth_bytes / 1e6:.0f} MB"
        result.failure = Failure(attempt=attempt, rule="calm", text=text, smallest=attempt)
    return result


class _Memory:
    """How much more memory this process uses at the end of a run than after its first tenth."""

    def __init__(self) -> None:
        self.growth_bytes = 0.0
        self._first_bytes: float | None = None

    def look(self, share: float) -> None:
        """`share` of the run is done."""
        if self._first_bytes is None and share >= 0.1:
            self._first_bytes = _resident_bytes()
        elif share >= 1.0 and self._first_bytes is not None:
            self.growth_bytes = _resident_bytes() - self._first_bytes


def _resident_bytes() -> float:
    return float(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _in_words(
    results: list[Result],
    failures: list[Failure],
    crashed: list[tuple[Attempt, str]],
    missing: list[str],
    order: Order,
) -> Iterator[str]:
    total_s = sum(result.attempt.for_s for result in results)
    held = len(results) - len(failures)
    trips = _reached(results)[FALSE_TRIP]
    told = f"{len(results) + len(crashed)} runs, {say_duration(total_s)} of simulated time: {held} held"
    yield f"{told}; healthy heaters tripped: {trips}"
    for failure in failures:
        yield ""
        yield f"seed {failure.attempt.seed} failed at {failure.text}"
        yield f"  again: {command(failure.smallest, order.config_path)}"
        if failure.smallest != failure.attempt and len(failure.attempt.injuries) < FEW:
            yield f"  whole: {command(failure.attempt, order.config_path)}"
    for attempt, error in crashed:
        yield ""
        yield f"seed {attempt.seed} ended in an error of the simulation: {error}"
        yield f"  again: {command(attempt, order.config_path)}"
    yield ""
    reached = _reached(results)
    for state in order.reach:
        yield f"{state}: {reached[state]} times" if reached[state] else f"{state}: NEVER reached"


FALSE_TRIP: Final = "false trip"
"""As the ledger calls the trip of a healthy heater."""
FEW: Final = 8
"""A command line with more faults is of no use to people; the JSON form has it."""


def _as_json(
    results: list[Result],
    failures: list[Failure],
    crashed: list[tuple[Attempt, str]],
    missing: list[str],
    order: Order,
) -> dict[str, Any]:
    return {
        "runs": len(results) + len(crashed),
        "failures": [
            {
                "seed": failure.attempt.seed,
                "rule": failure.rule,
                "text": failure.text,
                "again": command(failure.smallest, order.config_path),
                "whole": command(failure.attempt, order.config_path),
            }
            for failure in failures
        ],
        "errors": [{"error": text, "again": command(attempt, order.config_path)} for attempt, text in crashed],
        "harmed": [command(result.attempt, order.config_path) for result in results if result.harmed],
        "false_trips": _reached(results)[FALSE_TRIP],
        "sometimes": dict(sorted(_reached(results).items())),
        "never": missing,
    }


def _reached(results: list[Result]) -> Counter[str]:
    reached: Counter[str] = Counter()
    for result in results:
        reached.update(result.reached)
    return reached
