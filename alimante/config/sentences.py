"""Says pydantic's findings in plain English; it must not find anything by itself.

What a value should have been is told from the model's JSON Schema, so that a driver's own parameters get sentences as
good as ours. This runs only when there is something to report.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from alimante.config.expectations import ID, Schema, description_of, expected, keys_of, part_of
from alimante.config.faults import ENOUGH, Path, Place, Problem, shown

_SECRET_KEYS: Final = ("password", "username")


def problems(
    error: ValidationError, *, model: type[BaseModel], data: Any, base: Path, also: Iterable[str] = ()
) -> Iterator[Problem]:
    """The sentences for what `error` found in `data`, which stands at `base`.

    `also` are keys that are legal in the same object and were looked at elsewhere. Of several findings about one
    value, such as one for each member of a union, there is one sentence; where a key is misspelt, the right one
    is not said to be missing.
    """
    schema = _schema_of(model)
    found: dict[Place, Problem] = {}
    for detail in islice(error.errors(include_url=False, include_input=False), ENOUGH):
        problem = _problem(dict(detail), schema, data, base, tuple(also))
        found.setdefault(problem.place, problem)
    misspelt = {(problem.path[:-1], problem.hint) for problem in found.values() if problem.at_key}
    for problem in found.values():
        if (problem.path[:-1], _meant(problem.path)) not in misspelt or problem.at_key:
            yield problem


@cache
def _schema_of(model: type[BaseModel]) -> Schema:
    """Made once: in a file that is all wrong, each of a thousand devices of one kind asks for it."""
    return model.model_json_schema()


def _meant(path: Path) -> str:
    return f'did you mean "{path[-1]}"?' if path else ""


def _problem(detail: dict[str, Any], schema: Schema, data: Any, base: Path, also: tuple[str, ...]) -> Problem:
    inner, value = _follow(data, detail["loc"])
    path, here = (*base, *inner), part_of(schema, inner)
    kind, last = detail["type"], detail["loc"][-1] if detail["loc"] else ""
    if kind == "missing" and isinstance(last, int):
        return Problem(path, f"{_name(path)} is too short: it needs a value number {last + 1}", _hint(here, value))
    if kind == "missing":
        hint = description_of(part_of(schema, (*inner, last)), here)
        return Problem((*path, last), f'{_name(path)} needs "{last}"', hint)
    if kind == "extra_forbidden":
        known = (*keys_of(here if inner[-1:] != (last,) else part_of(schema, inner[:-1])), *also)
        return Problem(
            path, f"{shown(last)} is not a key of {_name(path[:-1])}", did_you_mean(last, known), at_key=True
        )
    if last == "[key]":
        return Problem(path, f"{shown(inner[-1])} cannot be a name here: use {ID}", at_key=True)
    if "error" in detail.get("ctx", {}):
        return _own_words(str(detail["ctx"]["error"]), path, value)
    return wrong(path, expected(here, _name(path)), value, hint=_hint(here, value))


def wrong(path: Path, should: str, value: Any, *, hint: str = "") -> Problem:
    """`value` at `path` is not what it should be; a secret is not repeated."""
    is_secret = any(key in path for key in _SECRET_KEYS) or (isinstance(value, str) and "@" in value)
    return Problem(path, f"{_name(path)} must be {should}" + ("" if is_secret else f"; it is {shown(value)}"), hint)


def did_you_mean(word: Any, known: Iterable[Any]) -> str:
    """A hint at what `word` was meant to be, or at all there is when nothing is like it and there is not much."""
    from difflib import get_close_matches

    words = sorted({str(item) for item in known} - {"note", "$schema"})
    close = get_close_matches(str(word)[:64].lower(), words, n=1)
    if close:
        return f'did you mean "{close[0]}"?'
    return f"known here: {', '.join(words)}" if 0 < len(words) <= 20 else ""


def _own_words(sentence: str, path: Path, value: Any) -> Problem:
    """What a model's own validator says; a sentence about a whole object belongs to the first key that it names."""
    keys = [word for word in sentence.replace(":", " ").split() if isinstance(value, dict) and word in value]
    if keys:
        return Problem((*path, keys[0]), sentence)
    return Problem(path, sentence if isinstance(value, dict) else f"{_name(path)}: {sentence}")


def _follow(data: Any, loc: tuple[Any, ...]) -> tuple[Path, Any]:
    """As far as `loc` leads into `data`; what else is in it are pydantic's names for the members of a union."""
    path: Path = ()
    for part in loc:
        is_item = isinstance(data, list) and type(part) is int and part < len(data)
        if is_item or (isinstance(data, dict) and part in data):
            data = data[part]
            path = (*path, part)
    return path, data


def _hint(schema: list[Schema], value: Any) -> str:
    words = [word for option in schema for word in option.get("enum", [option.get("const")]) if isinstance(word, str)]
    hint = did_you_mean(value, words) if words and isinstance(value, str) else ""
    return hint if hint.startswith("did") else description_of(schema)


def _name(path: Path) -> str:
    """The last key of `path`, with the indices behind it."""
    indices = ""
    for part in reversed(path):
        if isinstance(part, str):
            return part + indices
        indices = f"[{part}]{indices}"
    return "the configuration"
