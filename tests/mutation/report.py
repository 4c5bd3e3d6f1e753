"""What became of the mutants of `make mutants`; it must not run any.

Prints a table of modules and every mutant that no test noticed. Not counted are mutants that only change a sentence
for people, and those that `equivalent.txt` names with a reason. Ends with 1 where fewer than `ENOUGH` of the others
died.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ENOUGH = 0.95
FOLDER = Path("mutants")
EQUIVALENT = Path(__file__).with_name("equivalent.txt")

NOT_RUN, SURVIVED, NO_TEST = None, 0, 33
"""Exit codes that mutmut keeps; every other one is a mutant that a test noticed."""

Change = tuple[tuple[str, ...], tuple[str, ...]]
"""The lines that a mutant took away, and those that it put there."""


def change(name: str, path: str) -> Change:
    """The lines that the mutant `name` changes in `path`."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    lines = get_diff_for_mutant(name, path=path).splitlines()[2:]
    return tuple(tuple(" ".join(line[1:].split()) for line in lines if line.startswith(sign)) for sign in "-+")  # type: ignore[return-value]


def is_sentence(changed: Change) -> bool:
    """Whether only the words of a text with a space in it are different."""
    return _without_sentences(changed[0]) == _without_sentences(changed[1])


def _without_sentences(lines: tuple[str, ...]) -> str:
    """`lines` with every text that has a space in it left out."""
    text, kept, quote = "\n".join(lines), [], '"'
    for number, part in enumerate(text.split(quote)):
        kept.append("…" if number % 2 and " " in part else part)
    return quote.join(kept)


def is_same_truth(changed: Change) -> bool:
    """Whether only a False became None: had it been seen by anybody who tells them apart, a test would have failed."""
    before, after = "; ".join(changed[0]), "; ".join(changed[1])
    parts = before.split("False")
    return any("False".join(parts[:at]) + "None" + "False".join(parts[at:]) == after for at in range(1, len(parts)))


def is_guard(changed: Change) -> bool:
    """Whether only zip no longer sees that both are of one length, which is so."""
    before, after = (" ".join(lines).replace(" ", "") for lines in changed)
    return before.replace(",strict=True", "") == re.sub(r",(strict=(False|None))?\)", ")", after).replace(
        ",strict=True", ""
    )


def known() -> dict[str, set[str]]:
    """The changed lines that are known to be equivalent, by function; see the head of the file for its form."""
    found: dict[str, set[str]] = {}
    where = ""
    for line in EQUIVALENT.read_text("utf-8").splitlines():
        if line.startswith("== "):
            where = line[3:].strip()
        elif line.startswith("+ "):
            found.setdefault(where, set()).add(" ".join(line[2:].split()))
    return found


def function(name: str) -> str:
    """`module.Class.function` of a mutant's name."""
    module, _, mangled = name.partition("__mutmut_")[0].rpartition(".")
    return f"{module}.{mangled.removeprefix('x_').removeprefix('xǁ').replace('ǁ', '.')}"


def results() -> Iterator[tuple[str, str, int | None]]:
    """The path, the name and the exit code of every mutant."""
    for meta in sorted(FOLDER.glob("alimante/**/*.meta")):
        path = str(meta.relative_to(FOLDER)).removesuffix(".meta")
        for name, code in json.loads(meta.read_text("utf-8"))["exit_code_by_key"].items():
            yield path, name, code


def main() -> int:
    """Print it all."""
    counts: dict[str, Counter[str]] = {}
    equivalent, left = known(), []
    for path, name, code in results():
        count = counts.setdefault(path, Counter())
        if code is NOT_RUN:
            count["not run"] += 1
            continue
        count["mutants"] += 1
        if code not in (SURVIVED, NO_TEST):
            count["killed"] += 1
            continue
        changed = change(name, path)
        if is_sentence(changed):
            count["sentence"] += 1
        elif is_same_truth(changed) or is_guard(changed) or "; ".join(changed[1]) in equivalent.get(function(name), ()):
            count["equivalent"] += 1
        else:
            count["survived"] += 1
            left.append((name, code, changed))
    for name, code, (before, after) in left:
        print(f"{name}{' (no test)' if code == NO_TEST else ''}")
        print("\n".join([*(f"  - {line}" for line in before), *(f"  + {line}" for line in after)]))
    columns = ("mutants", "killed", "survived", "equivalent", "sentence", "not run")
    print(f"\n{'module':<36}" + "".join(f"{column:>12}" for column in columns))
    for path, count in [*counts.items(), ("all", sum(counts.values(), Counter()))]:
        if count["mutants"]:
            print(f"{path:<36}" + "".join(f"{count[column]:>12}" for column in columns))
    total = sum(counts.values(), Counter[str]())
    share = total["killed"] / max(1, total["killed"] + total["survived"])
    print(f"\n{share:.1%} of the mutants that count were noticed.")
    return 0 if share >= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main())
