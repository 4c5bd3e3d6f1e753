"""From bytes to JSON values, refusing what the standard parser lets pass; it must not know any key.

The standard parser in C does the work. Only a text that looks odd to it is looked through a second time, slowly, to
say what is wrong and where.
"""

from dataclasses import dataclass, field
from itertools import islice
from json import JSONDecodeError, loads
from math import isfinite
from typing import Any, Final

from alimante.config.faults import ENOUGH
from alimante.config.flaws import MAX_DEPTH, MAX_DIGITS, Flaw, flaws
from alimante.config.syntax import Unreadable, explain

MAX_BYTES: Final = 1 << 20


def decode(data: bytes) -> str:
    """The text of a file, without a byte order mark; raises `Unreadable`."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"the file is larger than {MAX_BYTES >> 20} MiB, so it can be no configuration")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:4]:
        raise Unreadable("the file is UTF-16 or UTF-32 text", "save it as UTF-8")
    if (at := data.find(b"\0")) >= 0:
        raise Unreadable("there is a NUL byte in the file", offset=len(data[:at].decode(errors="replace")))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", errors="replace")
        raise Unreadable("the file is not UTF-8 text from here on", "save it as UTF-8", offset=len(before)) from None


def parse(text: str) -> tuple[Any, list[Flaw]]:
    """The value of a JSON text and its flaws; flawed numbers are None. Raises `Unreadable`."""
    watch = _Watch()
    try:
        value = loads(
            text,
            object_pairs_hook=watch.pairs,
            parse_int=watch.integer,
            parse_float=watch.number,
            parse_constant=watch.constant,
        )
    except RecursionError:
        return None, list(islice(flaws(text), ENOUGH))
    except JSONDecodeError as error:
        raise explain(text, error) from None
    if watch.odd or "\\u" in text or _is_deep(value):
        return value, list(islice(flaws(text), ENOUGH))
    return value, []


@dataclass(slots=True)
class _Watch:
    """Notes while parsing that something is odd."""

    odd: bool = field(default=False)

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        self.odd |= len(found) != len(pairs)
        return found

    def integer(self, digits: str) -> int | None:
        if len(digits) > MAX_DIGITS:
            self.odd = True
            return None
        return int(digits)

    def number(self, digits: str) -> float | None:
        value = float(digits)
        if not isfinite(value):
            self.odd = True
            return None
        return value

    def constant(self, name: str) -> None:
        self.odd = True


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            if isinstance(parent, (dict, list))
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
    return any(isinstance(item, (dict, list)) for item in level)
