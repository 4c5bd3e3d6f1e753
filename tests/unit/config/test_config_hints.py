"""No hint of a check widens a limit: who follows it never has a hotter enclosure, a longer wait or less of a watch."""

import ast
import copy
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.unit.config.test_config_safety_review import built

SOURCES = sorted(Path(__file__).parents[3].joinpath("alimante", "config").glob("*.py"))
WIDENING = re.compile(
    r"\b(higher|raise|raising|increas\w*|wid(er|en\w*)|large[r]?|or more|at least|more than|longer|lengthen|"
    r"turn off|disable|plausible_(high|low) of)\b"
)
ALLOWED = {
    "measure it at two temperatures {} °C or more apart": "the span of two reference points is no limit",
}
"""Hints with such a word that widen nothing, by how they begin, and why."""


def texts_in(node: ast.AST | None) -> Iterator[str]:
    """The texts that an expression may be, with {} for what is filled in."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        for part in ast.iter_child_nodes(node) if node is not None else ():
            yield from texts_in(part)


def hints_of(source: Path) -> Iterator[str]:
    """All texts that may become the hint of a problem: its third argument, a constant's, a name's or a function's."""
    tree = ast.parse(source.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Problem", "Unreadable"):
            yield from texts_in(node.args[2] if len(node.args) > 2 else None)
            yield from (text for word in node.keywords if word.arg == "hint" for text in texts_in(word.value))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            names = [
                at.id for at in getattr(node, "targets", [getattr(node, "target", None)]) if isinstance(at, ast.Name)
            ]
            yield from texts_in(node.value) if any(name == "hint" or name.isupper() for name in names) else ()
        elif isinstance(node, ast.FunctionDef) and "hint" in node.name:
            yield from (
                text for each in ast.walk(node) if isinstance(each, ast.Return) for text in texts_in(each.value)
            )


HINTS = [(source.name, hint) for source in SOURCES for hint in hints_of(source)]


def test_there_are_hints_to_look_at():
    assert len(HINTS) > 80
    assert any("a max_c of at most" in hint for _, hint in HINTS)


@pytest.mark.parametrize(("source", "hint"), HINTS)
def test_no_hint_speaks_of_widening_anything(source: str, hint: str):
    if not any(hint.startswith(begin) for begin in ALLOWED):
        assert WIDENING.search(hint) is None


def test_the_words_find_the_hint_that_once_led_to_harm():
    assert WIDENING.search("say a plausible_high of {} or more for {}, or a lower max_c")
    assert WIDENING.search("say a higher max_h if this is meant")


PROBLEMS = list(
    product(
        (36.0, 58.5, 93.0),
        (None, 90.0),
        (None, 38.0, 62.0, 125.0),
        (28.0, 82.0),
        (None, "ball_python", "crested_gecko"),
    )
)


def document(max_c: float, harm_c: float | None, high: float | None, target_c: float, name: str | None) -> Any:
    limit = {"max_c": max_c} | ({} if harm_c is None else {"harm_c": harm_c})
    temperature = {} if high is None else {"plausible_high": high}
    return {
        "heater": {"limit": limit, "zone": "warm"},
        "warm": {"zone": "warm", "channels": {"temperature": temperature}},
        "controllers": {"warmth": {"kind": "pid", "sensor": "warm", "heater": "heater", "target_c": target_c}},
        "species": {} if name is None else {"species": {"preset": name}},
    }


def verdict(said: Any) -> Any:
    return built(said["heater"], warm=said["warm"], extra={"controllers": said["controllers"], **said["species"]})


def place(said: Any, path: tuple[Any, ...]) -> tuple[Any, Any]:
    """The object that holds the value at `path` of the whole configuration, and its key."""
    here = {"devices": {"heater": said["heater"], "warm": said["warm"]}, "controllers": said["controllers"]}
    for part in path[:-1]:
        here = here[part]
    return here, path[-1]


def followed(said: Any, problem: Any) -> tuple[Any, float, float] | None:
    """What comes of doing what the hint says, with the number before and after; None for a hint without a number."""
    said = copy.deepcopy(said)
    meant = re.search(r"°F are (\d+(?:\.\d+)?) °C", problem.hint)
    most = re.search(r"(?:a (\w+) )?(?:of )?(?:at most|below) (\d+(?:\.\d+)?)", problem.hint)
    if meant is None and most is None:
        return None
    found = meant or most
    path = problem.path if meant or not most or not most[1] else (*problem.path[:-1], most[1])
    holder, key = place(said, path)
    before, after = holder[key], float(found[1] if meant else found[2]) - (0.1 if "below" in problem.hint else 0.0)
    holder[key] = after
    return said, before, after


@pytest.mark.parametrize("numbers", PROBLEMS)
def test_who_follows_the_hints_never_has_a_hotter_enclosure(numbers: tuple[Any, ...]):
    said = document(*numbers)
    for _ in range(10):
        step = next(filter(None, (followed(said, problem) for problem in verdict(said).errors)), None)
        if step is None:
            break
        said, before, after = step
        assert after < before
    assert said["heater"]["limit"]["max_c"] <= numbers[0]
