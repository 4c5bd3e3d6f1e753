"""What is wrong with a configuration, first by pointer and then by line; it must not decide what is wrong."""

from dataclasses import dataclass
from json import dumps
from typing import Any, Final

ENOUGH: Final = 100
"""So many errors are worth reading at once; the search for more of a kind ends there."""

Path = tuple[str | int, ...]
"""Keys and indices from the top of the document to a value."""

Place = tuple[Path, bool]
"""A value, or the key that it stands under."""


def pointer(path: Path) -> str:
    """`path` as a JSON pointer (RFC 6901)."""
    return _printable("".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path))


def shown(value: Any) -> str:
    """`value` as it may stand in a sentence: short, on one line and printable."""
    if isinstance(value, (dict, list)):
        return ("an object" if isinstance(value, dict) else "a list") if value else dumps(value)
    text = _printable(dumps(value[:80] if isinstance(value, str) else value, ensure_ascii=False))
    return text if len(text) <= 60 else f"{text[:57]}…"


def one_line(text: str) -> str:
    """`text` without line ends and other control characters, which names in a file may hold, spelt out."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _printable(text: str) -> str:
    """Half surrogate pairs, which no file or terminal takes, spelt out."""
    return text.encode(errors="backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at `path`, in one sentence; `at_key` when the key itself is wrong and not its value.

    The path of a missing key goes on to that key.
    """

    path: Path
    message: str
    hint: str = ""
    at_key: bool = False

    @property
    def place(self) -> Place:
        """What the problem is about: of several findings about one place the first is the most particular."""
        return self.path, self.at_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A problem in a file: `line` and `column` count from 1, and `hint` may be empty."""

    pointer: str
    line: int
    column: int
    message: str
    hint: str = ""


class ConfigInvalid(Exception):
    """The configuration cannot be used; `errors` says all the reasons at once, in the order of the file."""

    def __init__(self, errors: tuple[Fault, ...], warnings: tuple[Fault, ...] = ()) -> None:
        super().__init__(errors[0].message if errors else "the configuration is invalid")
        self.errors = errors
        self.warnings = warnings
