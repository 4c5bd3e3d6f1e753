"""Text from anywhere made fit to be shown to people and programs; it must not know where it comes from."""

import codecs
from math import isfinite
from typing import Any

_ESCAPE = codecs.lookup("unicode_escape")  # now: Python reads it from a file, and none may be to be had later


def printable(text: str) -> str:
    """`text` on one line, with what a terminal or a log would obey instead of show written out, as \\n or \\x1b.

    A name with a line end could else write lines of its own into a log, and one with an escape sequence hide others.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _written_out(letter) for letter in text)


def brief(value: object, *, most: int = 60) -> str:
    """`value` as Python writes it, cut to `most` letters, so that it has room in a sentence."""
    is_huge = isinstance(value, int) and abs(value) >= 10**12  # Python refuses to write some thousand digits
    text = "a huge number" if is_huge else repr(value)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def said_by(error: BaseException) -> str:
    """What `error` says, cut to what has room in an event: the message may be anybody's."""
    return str(error)[:200]


def strict(value: Any, digits: int | None = None) -> Any:
    """`value` of plain containers as JSON can say it: what is no finite number is None, a tuple is a list.

    Numbers are rounded to so many `digits` behind the point, if that is said.
    """
    if isinstance(value, float):
        return None if not isfinite(value) else value if digits is None else round(value, digits)
    if isinstance(value, dict):
        return {str(key): strict(inner, digits) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [strict(inner, digits) for inner in value]
    return value


def all_printable(value: Any) -> Any:
    """`value` of plain containers with every text in it printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(key): all_printable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [all_printable(inner) for inner in value]
    return value


def _written_out(letter: str) -> str:
    return _ESCAPE.encode(letter)[0].decode() if letter != "\xa0" else " "
