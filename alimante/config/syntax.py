"""What the standard parser's complaints mean to somebody who edits a file by hand; it must not parse by itself."""

from json import JSONDecodeError
from re import DOTALL, fullmatch
from typing import Final
from unicodedata import name as name_of


class Unreadable(Exception):
    """The text is no JSON at all. `offset` is where that shows, in characters."""

    def __init__(self, message: str, hint: str = "", *, offset: int = 0) -> None:
        super().__init__(message)
        self.message, self.hint, self.offset = message, hint, offset


_SYNTAX: Final = {
    "Expecting property name enclosed in double quotes": "a key in double quotes is expected here",
    "Expecting ':' delimiter": "a colon is missing between the key and its value",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing before this",
    "Expecting value": "a value is expected here",
    "Unterminated string starting at": "this text has no closing quotation mark",
    "Invalid control character at": "a text may not go over the end of a line or hold a tab",
    "Invalid \\escape": "a single backslash has a meaning of its own; write two",
    "Invalid \\uXXXX escape": "after \\u four hexadecimal digits are expected",
    "Extra data": "the configuration ended before this",
}

_STRAIGHT: Final = 'these quotation marks are curly; JSON takes straight ones: "…"'

_HINTS: Final = (
    ("'", 'keys and texts stand in double quotes: "…"'),
    ("//", 'JSON has no comments; write a "note" key instead'),
    ("/*", 'JSON has no comments; write a "note" key instead'),
    ("“", _STRAIGHT),
    ("”", _STRAIGHT),
    ("„", _STRAIGHT),
    ("#", 'JSON has no comments; write a "note" key instead'),
    ("True", "JSON writes true, in small letters"),
    ("False", "JSON writes false, in small letters"),
    ("None", "JSON writes null"),
    ("+", "a number has no plus sign before it"),
    (".", "a number begins with a digit: 0.5"),
)


def explain(text: str, error: JSONDecodeError) -> Unreadable:
    """The parser's complaint in words that say what to do."""
    at = error.pos
    rest = text[at : at + 20]
    if not text.strip():
        return Unreadable("the file is empty")
    hint = next((hint for start, hint in _HINTS if text.startswith(start, at)), "")
    if rest[:1].isdigit() and fullmatch(r".*\d\s*,\s*", text[max(0, at - 20) : at], DOTALL):
        hint = "decimals are written with a point: 10.5"
    if rest[:1] in ("x", "X") and text[at - 1] == "0":
        hint = 'JSON has no hexadecimal numbers; write them as a text: "0x44"'
    if rest[:1].isdecimal() and text[at - 1] == "0" and error.msg.startswith("Expecting ','"):
        hint = "a number does not begin with a 0 before other digits"
    if not hint and not rest[:1].isascii() and not rest[0].isalnum():
        return Unreadable(f"the sign {_sign(rest[0])} stands outside of a text", "remove it", offset=at)
    if not rest.strip():
        return Unreadable("the text ends too early", "a bracket or brace is not closed", offset=at)
    before = text[:at].rstrip()
    if (before.endswith(",") and rest[0] in "}]") or error.msg.startswith("Illegal trailing comma"):
        return Unreadable("there is a comma too many before the closing bracket", "remove it", offset=at)
    return Unreadable(_SYNTAX.get(error.msg, "this is not valid JSON"), hint, offset=at)


def _sign(sign: str) -> str:
    """A sign by its number and name: many of those that do not belong here cannot be seen."""
    name = name_of(sign, "").lower()
    return f"U+{ord(sign):04X} ({name})" if name else f"U+{ord(sign):04X}"
