"""Prints the worst true temperature of each kind of reading that is too low; it writes nothing and asserts nothing.

Run it with `python -m tests.scenario.upper_bound_table`; it takes about a quarter of an hour.
"""

from collections import defaultdict

from tests.scenario.test_upper_bound import BOXES, CASES, below_harm_c, node, run, said


def main() -> None:
    """One row for each kind, over all sizes, moments and enclosures."""
    worst: dict[str, list[tuple[float, str, str]]] = defaultdict(list)
    for case in CASES:
        for box in BOXES:
            config = node(case.node, box)
            report = run(config, *case.faults, hours=case.hours)
            what = ", ".join(case.faults)
            worst[case.kind].append((below_harm_c(config, report), f"{what} ({box})", " ".join(said(report)[:2])))
    print("| Kind | Cases | Worst: below harm | where | first told |\n| --- | --- | --- | --- | --- |")
    for kind, found in worst.items():
        below_c, where, told = min(found)
        print(f"| {kind} | {len(found)} | {below_c:.1f} °C | {where} | {told} |")


if __name__ == "__main__":
    main()
