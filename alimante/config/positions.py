"""Where in a JSON text a value stands; it must not judge the text, which is known to be well formed.

It runs only when there is something to report. What lies beside the way is skipped by the standard library's scanner.
"""

from collections.abc import Iterable, Iterator
from json import JSONDecoder
from json.decoder import scanstring  # type: ignore[attr-defined]  # there since Python 2, missing in the stubs
from re import compile as regex
from typing import Any, Final

from alimante.config.faults import Path

_SPACE: Final = " \t\n\r"
_skip_space: Final = regex(r"[ \t\n\r]*").match
# Numbers are not converted: a number of thousands of digits has a place like any other.
_decode: Final = JSONDecoder(parse_int=str, parse_float=str).raw_decode


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Both counted from 1, in characters; lines end with a line feed."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def locate(text: str, paths: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    """For each of `paths` the offsets of its key and of its value.

    For an element of an array or the document itself both are the value's. A path that leads nowhere is given the
    place of its nearest ancestor. Of a key that stands twice the last one counts, as it does for the parser.
    """
    tree: dict[Any, Any] = {}
    for path in paths:
        node = tree
        for part in path:
            node = node.setdefault(part, {})
    start = _after_space(text, 0)
    found: dict[Path, tuple[int, int]] = {}
    _note(text, (start, start), (), tree, found)
    return found


def _note(
    text: str, place: tuple[int, int], path: Path, tree: dict[Any, Any], found: dict[Path, tuple[int, int]]
) -> None:
    """Note `place` for `path`, and for everything in `tree` below it the place of its own."""
    found[path] = place
    members = dict(_members(text, place[1])) if tree else {}
    for part, below in tree.items():
        if part in members:
            _note(text, members[part], (*path, part), below, found)
        else:
            _inherit(place, (*path, part), below, found)


def _inherit(place: tuple[int, int], path: Path, tree: dict[Any, Any], found: dict[Path, tuple[int, int]]) -> None:
    found[path] = place
    for part, below in tree.items():
        _inherit(place, (*path, part), below, found)


def _members(text: str, start: int) -> Iterator[tuple[str | int, tuple[int, int]]]:
    """Key or index of each member of the container at `start`, with the offsets of its key and of its value."""
    kind = text[start]
    if kind not in "{[":
        return
    at = _after_space(text, start + 1)
    index = 0
    while text[at] not in "}]":
        part: str | int = index
        key = at
        if kind == "{":
            part, at = scanstring(text, at + 1)
            at = _after_space(text, _after_space(text, at) + 1)
        yield part, (key, at)
        at = _after_space(text, _after_value(text, at))
        if text[at] == ",":
            at = _after_space(text, at + 1)
        index += 1


def _after_space(text: str, at: int) -> int:
    """Mostly there is none: hundreds of thousands of times, where a file is hostile."""
    match = _skip_space(text, at) if text[at] in _SPACE else None
    return match.end() if match else at


def _after_value(text: str, at: int) -> int:
    return int(_decode(text, at)[1])
