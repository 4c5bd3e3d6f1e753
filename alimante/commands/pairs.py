"""`alimante simulate --pairs`: every two faults at once, and what comes of them; it must not touch a wire."""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

from alimante.commands.branches import grow
from alimante.commands.campaign import FALSE_TRIP, Order
from alimante.commands.errors import BadUse
from alimante.commands.loading import load_or_explain
from alimante.commands.pool import cores
from alimante.commands.results import Results
from alimante.commands.simulate import Progress
from alimante.config.load import Loaded
from alimante.simulation.campaign import HARM, Wanted, breaches, command, explain, has_harmed
from alimante.simulation.pairs import PAIR_S, Bundle, attempt, bundles, pairs, singles
from alimante.simulation.report import Report, say_time
from alimante.simulation.shrink import Attempt
from alimante.wiring import CannotBuild

MOST: Final = 12
"""So many runs may be made to find out which faults of one that failed it takes."""
LOOK_S: Final = 0.2
FAILED_ALONE: Final = Wanted()
FAILED_TOGETHER: Final = Wanted(may_harm=True)

Known = Mapping[str, Sequence[str]]
"""For each rule the faults that break it alone."""


def try_pairs(order: Order, *, share: float = 1.0, kept: Path | None = None) -> int:
    """Make all runs and tell what came of them; exit code 1 when one failed or a state was never reached.

    `share` of the runs with two faults are made, chosen by chance. `kept` is where results are and go.
    """
    loaded = load_or_explain(order.config_path)
    try:
        count = len(pairs(loaded.config))
        alone, together = singles(loaded.config), _sample(bundles(loaded.config), share, order.seed)
    except CannotBuild as error:
        raise BadUse(str(error)) from None
    with TemporaryDirectory() as folder:
        results = Results(kept or Path(folder) / "results", of={"config": loaded.sha256, "seed": order.seed})
        total = len(alone) + len(together)
        campaign = _Campaign(loaded, order, results, Progress(sys.stderr, PAIR_S * total), total)
        try:
            campaign.make(alone, {})
            campaign.make(together, _known(results.found))
        finally:
            campaign.bar.clear()
        told = _told(results.found, campaign.lost([*alone, *together]), count, order.reach)
    said = json.dumps(told, ensure_ascii=False) if order.as_json else "\n".join(_in_words(told))
    sys.stdout.write(f"{said}\n")
    return 1 if told["failures"] or told["errors"] or told["never"] else 0


def _sample(whole: list[Bundle], share: float, seed: int) -> list[Bundle]:
    chosen = Random(seed).sample(range(len(whole)), max(1, round(share * len(whole))))  # noqa: S311 - no secret
    return [whole[number] for number in sorted(chosen)]


@dataclass(slots=True)
class _Campaign:
    """Makes the runs that have no result yet."""

    loaded: Loaded
    order: Order
    results: Results
    bar: Progress
    total: int

    def make(self, wanted: Sequence[Bundle], known: Known) -> None:
        """All of `wanted`, in child processes."""
        there = {_key(each) for each in self.results.found}
        todo = [bundle for bundle in wanted if (bundle.firsts, bundle.seconds) not in there]
        if not todo:
            return
        pid = grow(
            self.loaded.config,
            todo,
            seed=self.order.seed,
            jobs=self.order.jobs or cores(),
            on_report=partial(self._judge, known),
            on_error=self._note_error,
        )
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            self._show()
            time.sleep(LOOK_S)
        self.results.look()

    def lost(self, wanted: Sequence[Bundle]) -> list[str]:
        """The command lines of runs whose process was killed."""
        there = {_key(each) for each in self.results.found}
        return [
            self._command(self._attempt(bundle)) for bundle in wanted if (bundle.firsts, bundle.seconds) not in there
        ]

    def _show(self) -> None:
        found = self.results.look()
        failed = sum(bool(each["failure"] or each["error"]) for each in found)
        self.bar.show(len(found) / self.total, f"  {len(found)} of {self.total} runs, {failed} failed")

    # In the process of a run.

    def _judge(self, known: Known, bundle: Bundle, report: Report) -> None:
        whole = self._attempt(bundle)
        whats = (*bundle.firsts, *bundle.seconds)
        is_alone = len(whats) == 1
        wanted = FAILED_ALONE if is_alone else FAILED_TOGETHER
        found = breaches(report, wanted)
        new = [each for each in found if not any(what in known.get(each.invariant, ()) for what in whats)]
        failure: dict[str, Any] | None = None
        if new:
            told = explain(self.loaded.config, whole, new[0], wanted, most=MOST)
            failure = {
                "rule": told.rule,
                "text": told.text,
                **self._smallest(told.smallest),
                "whole": self._command(whole),
            }
        elif found:
            first = found[0]
            alone = next(what for what in whats if what in known[first.invariant])
            text = f"{say_time(first.at_s)}  {first.invariant}: {first.text}"
            again = self._smallest(self._attempt(Bundle((alone,))))
            failure = {"rule": first.invariant, "text": text, **again, "whole": self._command(whole)}
        harm = None
        is_told = any(what in known.get(HARM, ()) for what in whats)
        if has_harmed(report) and not (is_alone or is_told):
            first = next(each for each in report.violations if each.invariant == HARM)
            harm = self._smallest(explain(self.loaded.config, whole, first, FAILED_ALONE, most=MOST).smallest)
        self._note(bundle, failure=failure, harm=harm, reached=dict(report.sometimes))

    def _note_error(self, bundle: Bundle, error: BaseException) -> None:
        again = self._command(self._attempt(bundle))
        self._note(bundle, error={"error": f"{type(error).__name__}: {error}", "again": again})

    def _note(self, bundle: Bundle, **told: Any) -> None:
        usual: dict[str, Any] = {"failure": None, "harm": None, "reached": {}, "error": None}
        self.results.add({"firsts": bundle.firsts, "seconds": bundle.seconds, **usual, **told})

    def _attempt(self, bundle: Bundle) -> Attempt:
        return attempt(bundle, self.loaded.config, seed=self.order.seed)

    def _smallest(self, found: Attempt) -> dict[str, Any]:
        return {"faults": [each.what for each in found.injuries], "again": self._command(found)}

    def _command(self, made: Attempt) -> str:
        return command(made, self.order.config_path)


def _key(result: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(result["firsts"]), tuple(result["seconds"])


def _known(results: Sequence[Mapping[str, Any]]) -> Known:
    found: dict[str, list[str]] = {}
    for result in results:
        if result["failure"] and not result["seconds"] and len(result["firsts"]) == 1:
            found.setdefault(result["failure"]["rule"], []).extend(result["firsts"])
    return found


def _told(
    results: Sequence[Mapping[str, Any]], lost: Sequence[str], count: int, wanted: Sequence[str]
) -> dict[str, Any]:
    reached: Counter[str] = Counter()
    for result in results:
        reached.update(result["reached"])
    killed = [{"error": "its process was killed", "again": again} for again in lost]
    return {
        "pairs": count,
        "runs": len(results) + len(lost),
        "failures": _alike([result["failure"] for result in results if result["failure"]]),
        "errors": [result["error"] for result in results if result["error"]] + killed,
        "harmed": _alike([result["harm"] for result in results if result["harm"]]),
        "false_trips": reached[FALSE_TRIP],
        "sometimes": dict(sorted(reached.items())),
        "never": [state for state in wanted if not reached[state]],
    }


def _alike(failures: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One for all that the same faults lead to by the same rule, with how many runs it is about."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for failure in failures:
        key = (failure.get("rule", HARM), *sorted(failure["faults"]))
        found.setdefault(key, {**failure, "runs": 0})["runs"] += 1
    return list(found.values())


def _in_words(told: Mapping[str, Any]) -> Iterator[str]:
    failed = sum(each["runs"] for each in told["failures"]) + len(told["errors"])
    yield (
        f"{told['pairs']} pairs of faults in {told['runs']} runs: {told['runs'] - failed} held; "
        f"healthy heaters tripped: {told['false_trips']}"
    )
    for failure in told["failures"]:
        yield ""
        yield f"{' and '.join(failure['faults']) or 'no fault'} failed, in {failure['runs']} runs: {failure['text']}"
        yield f"  again: {failure['again']}"
    for error in told["errors"]:
        yield ""
        yield f"a run ended in an error of the simulation: {error['error']}"
        yield f"  again: {error['again']}"
    if told["harmed"]:
        yield ""
        yield "nothing but a thermal cut-out in series helps against these:"
    for harm in told["harmed"]:
        yield f"  {' and '.join(harm['faults'])}"
    for state in told["never"]:
        yield f"{state}: NEVER reached"
