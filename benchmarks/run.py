"""Runs all benchmarks and prints one table; it must not fail because a figure is bad: that is for people to see."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from parts import event_bus, gate, idle, latency, machine, pipeline, publishes, read_path, start, virtual_day
from parts.report import Row, notes, table

PARTS: dict[str, Callable[..., list[Row]]] = {
    "event_bus": event_bus.measure,
    "read_path": read_path.measure,
    "gate": gate.measure,
    "start": start.measure,
    "latency": latency.measure,
    "pipeline": pipeline.measure,
    "publishes": publishes.measure,
    "idle": idle.measure,
    "virtual_day": virtual_day.measure,
}


def main() -> int:
    """0 when everything could be measured, 1 when a part broke."""
    args = _arguments()
    facts = machine.describe()
    before_s, before_spread = machine.calibrate()
    started_s = perf_counter()
    foreign = machine.Foreign()
    rows: list[Row] = []
    broken: list[str] = []
    for name in args.only or PARTS:
        part_s = perf_counter()
        try:
            rows += PARTS[name](quick=args.quick)
        except Exception as error:
            machine.say(f"  {name} broke: {type(error).__name__}: {error}")
            broken.append(f"{name}: {type(error).__name__}: {error}")
        machine.say(f"  {name} took {perf_counter() - part_s:.1f} s")
    share = foreign.share()
    after_s, after_spread = machine.calibrate()
    facts |= {
        "calibration_ms": [round(before_s * 1e3, 3), round(after_s * 1e3, 3)],
        "calibration_spread": [round(before_spread, 3), round(after_spread, 3)],
        "taken_by_others": None if share is None else round(share, 3),
        "took_s": round(perf_counter() - started_s, 1),
        "quick": args.quick,
    }
    print(_text(facts, rows, broken))
    if args.json:
        document = {"machine": facts, "rows": [row.as_json() for row in rows], "broken": broken}
        Path(args.json).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: about a minute, noisier figures")
    parser.add_argument("--json", metavar="FILE", help="also write everything to FILE")
    parser.add_argument("--only", metavar="PART", nargs="+", choices=list(PARTS), help=f"of {', '.join(PARTS)}")
    return parser.parse_args()


def _text(facts: dict[str, object], rows: list[Row], broken: list[str]) -> str:
    missed = [row.what for row in rows if row.goal and not row.goal.met_by(row)]
    goals = sum(row.goal is not None for row in rows)
    lines = [
        "Machine: {cpu}, {cores} cores, {system}, {python}".format(**facts),
        "Load average at the start {load_average}, calibration loop {calibration_ms} ms before and after, "
        "spread {calibration_spread}".format(**facts),
        "Other programs took {taken_by_others} of all cores' time while this ran, for {took_s} s".format(**facts),
        "Ratio = figure / floor: for durations and sizes smaller is better, for rates (…/s) larger.",
        "",
        table(rows),
        "",
        notes(rows),
        "",
        f"{goals - len(missed)} of {goals} goals met" + (f"; missed: {', '.join(missed)}" if missed else ""),
        *(f"BROKEN {text}" for text in broken),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
