"""Many runs of one configuration, and what is asked of all of them; it must not read files or talk to people."""

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from alimante.config.model import Config
from alimante.core.durations import DAY_S
from alimante.simulation import chaos
from alimante.simulation.faults import Fault, device_kinds, parse
from alimante.simulation.oracles import Violation
from alimante.simulation.rehearsal import rehearse
from alimante.simulation.report import Report, say_time
from alimante.simulation.shrink import MOST, Attempt, Injury, shrink
from alimante.simulation.stage import on_simulated_wires

HARM: Final = "I3"
WRITTEN_PER_DAY: Final = 20 * 1024 * 1024
"""What an SD card may have to take in a day without faults."""

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked of each run beside the invariants; `calm` asks for no alert, no restart and few writes.

    Of two faults at once `may_harm` holds: one welds the heater and the other the relay that would cut it off.
    """

    calm: bool = False
    may_harm: bool = False
    in_time: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One run that failed: what showed, by rule and in words, and the smallest run that fails so."""

    attempt: Attempt
    rule: str
    text: str
    smallest: Attempt


@dataclass(slots=True)
class Result:
    """What came of one run."""

    attempt: Attempt
    failure: Failure | None = None
    harmed: bool = False
    reached: Counter[str] = field(default_factory=Counter)


def chaotic(config: Config, *, runs: int, for_s: float, seed: int) -> list[Attempt]:
    """Runs with faults by chance, one for each seed from `seed` on. Raises `CannotBuild`."""
    can_be = chaos.possible(on_simulated_wires(config))
    return [
        Attempt(each, for_s, tuple(map(injury, drawn(config, for_s=for_s, seed=each, can_be=can_be))))
        for each in range(seed, seed + runs)
    ]


def drawn(config: Config, *, for_s: float, seed: int, can_be: chaos.CanBe) -> list[Fault]:
    """The faults of the chaos of one seed."""
    return chaos.draw(Random(f"{seed}/chaos"), device_kinds(config), for_s=for_s, can_be=can_be)  # noqa: S311 - no secret


def injury(fault: Fault) -> Injury:
    """The same for the shrinker."""
    return Injury(fault.spec.partition("@")[0], fault.at_s, fault.for_s)


def undertake(
    config: Config, attempt: Attempt, wanted: Wanted, *, on_progress: Progress = lambda share: None
) -> Result:
    """Make one run and, if it fails, find the smallest one that fails in the same way. Raises `BadFault`."""
    report = _run(config, attempt, on_progress)
    result = Result(attempt, harmed=has_harmed(report), reached=Counter(report.sometimes))
    first = next(iter(breaches(report, wanted)), None)
    if first is not None:
        result.failure = explain(config, attempt, first, wanted)
    return result


def explain(config: Config, attempt: Attempt, first: Violation, wanted: Wanted, *, most: int = MOST) -> Failure:
    """`first` in words, with the smallest run that fails by the same rule, for which at most `most` are made."""

    def fails_at(smaller: Attempt) -> float | None:
        found = breaches(_run(config, smaller, lambda share: None), wanted)
        return next((each.at_s for each in found if each.invariant == first.invariant), None)

    smallest = shrink(attempt, fails_at, at_s=first.at_s, most=most)
    text = f"{say_time(first.at_s)}  {first.invariant}: {first.text}"
    return Failure(attempt=attempt, rule=first.invariant, text=text, smallest=smallest)


def has_harmed(report: Report) -> bool:
    """Whether it was as hot as harm begins."""
    return any(violation.invariant == HARM for violation in report.violations)


def _run(config: Config, attempt: Attempt, on_progress: Progress) -> Report:
    devices = device_kinds(config)
    faults = [parse(each.spec, devices) for each in attempt.injuries]
    return rehearse(config, for_s=attempt.for_s, faults=faults, seed=attempt.seed, on_progress=on_progress)


def breaches(report: Report, wanted: Wanted) -> list[Violation]:
    """Everything in a run that should not have been, in its order."""
    found = [each for each in report.violations if not (wanted.may_harm and each.invariant == HARM)]
    if wanted.in_time:
        found += report.late
    if wanted.calm:
        found += _unrest(report)
    return sorted(found, key=lambda each: each.at_s)


def _unrest(report: Report) -> Iterator[Violation]:
    for alert in report.alerts:
        text = f"alert {alert.component}/{alert.condition}: {alert.text}"
        yield Violation(invariant="calm", at_s=alert.at_s, text=text)
    for end in report.ends:
        yield Violation(invariant="calm", at_s=report.duration_s, text=f"the process ended: {end}")
    per_day = report.written_bytes * DAY_S / report.duration_s
    if per_day > WRITTEN_PER_DAY and report.duration_s >= DAY_S:
        yield Violation(invariant="calm", at_s=report.duration_s, text=f"{per_day / 1e6:.1f} MB were written per day")


def unreached(results: Iterable[Result], wanted: Sequence[str]) -> list[str]:
    """The states of `wanted` that no run has ever been in."""
    reached: Counter[str] = Counter()
    for result in results:
        reached.update(result.reached)
    return [state for state in wanted if not reached[state]]


def command(attempt: Attempt, config: Path) -> str:
    """The command line that makes the same run."""
    words = [
        "alimante",
        "simulate",
        "--config",
        str(config),
        "--for",
        f"{attempt.for_s:.10g}",
        "--seed",
        str(attempt.seed),
    ]
    for each in attempt.injuries:
        words += ["--fault", each.spec]
    return shlex.join(words)
