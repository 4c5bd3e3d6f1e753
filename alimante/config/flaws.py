"""Looks through a well-formed JSON text for what the standard parser lets pass; it must not judge keys or values.

It is slow, and so runs only over a text that looked odd. It needs no stack, whatever the text's depth.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]  # missing in the stubs
from math import isfinite
from re import compile as regex
from typing import Final

from alimante.config.faults import Path, Problem, shown
from alimante.config.syntax import Unreadable

MAX_DEPTH: Final = 32
MAX_DIGITS: Final = 18
"""Integers of so many digits fit into 64 bits; Python itself refuses those of more than 4300 digits."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that the standard parser lets pass, at `offset` characters into the text."""

    problem: Problem
    offset: int


_token: Final = regex(r'[ \t\n\r]*([{}\[\],:"]|[^ \t\n\r{}\[\],:"]+)').match


def flaws(text: str) -> Iterator[Flaw]:
    """What is odd in a well-formed text, in its order; raises `Unreadable` at what cannot be gone on with."""
    frames: list[_Frame] = []
    at = 0
    while match := _token(text, at):
        start, at, mark = match.start(1), match.end(), match[1]
        frame = frames[-1] if frames else _Frame(keys=None)
        if mark in "{[":
            if len(frames) == MAX_DEPTH:
                raise Unreadable(f"the configuration is nested deeper than {MAX_DEPTH} levels here", offset=start)
            frames.append(_Frame(keys=set() if mark == "{" else None))
        elif mark in "}]":
            frames.pop()
        elif mark == ",":
            frame.next()
        elif mark == '"':
            content, at = scanstring(text, start + 1)
            if _is_odd_text(content):
                raise Unreadable("a text holds what no text may hold: NUL or half a surrogate pair", offset=start)
            if frame.is_second(content):
                message = f"the key {shown(content)} stands here for the second time"
                yield Flaw(Problem(_path(frames), message, "remove one of the two", at_key=True), start)
        elif mark != ":" and (why := _odd_number(mark)) is not None:
            yield Flaw(Problem(_path(frames), why), start)


@dataclass(slots=True)
class _Frame:
    """An object or array that is open; `keys` is None for an array."""

    keys: set[str] | None
    part: str | int = 0
    awaits_key: bool = True

    def next(self) -> None:
        self.awaits_key = True
        if isinstance(self.part, int):
            self.part += 1

    def is_second(self, content: str) -> bool:
        """Take `content` for the next key, if a key comes next, and say whether it is there already."""
        if self.keys is None or not self.awaits_key:
            return False
        self.awaits_key = False
        self.part = content
        is_second = content in self.keys
        self.keys.add(content)
        return is_second


def _path(frames: list[_Frame]) -> Path:
    return tuple(frame.part for frame in frames if frame.keys is None or frame.keys)


def _is_odd_text(content: str) -> bool:
    try:
        return b"\0" in content.encode()
    except UnicodeEncodeError:
        return True


def _odd_number(token: str) -> str | None:
    if token in ("NaN", "Infinity", "-Infinity"):
        return f"{token} is not a number"
    if token[0] not in "-0123456789":
        return None
    if token.lstrip("-").isdigit():
        return f"this whole number has more than {MAX_DIGITS} digits" if len(token) > MAX_DIGITS else None
    return None if isfinite(float(token)) else f"{token[:20]} is larger than any number that a computer can hold"
