"""What a value should have been, told in words from the model's JSON Schema; it must not see the value.

So a driver's own parameters are told as well as ours.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from alimante.config.faults import Path, shown
from alimante.core.ids import ID_PATTERN

Schema = Mapping[str, Any]

_UNITS: Final = {
    "s": "seconds",
    "ms": "milliseconds",
    "h": "hours",
    "hz": "hertz",
    "c": "degrees Celsius",
    "pct": "percent",
    "w": "watts",
    "deg": "degrees",
    "ppm": "parts per million",
    "hpa": "hectopascals",
    "bits": "bits",
}
ID: Final = "a name of 1 to 32 small letters, digits and _"


def expected(schema: list[Schema], name: str) -> str:
    """What the value called `name` should be, such as "a number of seconds between 0.2 and 3600"."""
    phrases = dict.fromkeys(_phrase(option, name) for option in schema)
    return " or ".join(phrases) or "something else"


def _phrase(option: Schema, name: str) -> str:
    if "const" in option or "enum" in option:
        values = [shown(value) for value in option.get("enum", [option.get("const")])]
        return " or ".join(values) if len(values) < 3 else f"one of {', '.join(values)}"
    match option.get("type"):
        case "integer" | "number" as kind:
            unit = _UNITS.get(name.rpartition("_")[2]) if "_" in name else None
            noun = "a whole number" if kind == "integer" else "a number"
            return noun + (f" of {unit}" if unit else "") + _bounds(option)
        case "string":
            return _text(option)
        case "boolean":
            return "true or false"
        case "array":
            return "a list […]"
        case "object":
            return "an object {…}"
        case _:
            return "something else"


def _text(option: Schema) -> str:
    if option.get("pattern") == ID_PATTERN:
        return ID
    if "maxLength" in option:
        return f"a text of {option.get('minLength', 0)} to {option['maxLength']} characters without special ones"
    like = [*option.get("examples", ()), option.get("pattern", "").strip("^$")][0]
    return f"a text like {like}" if like else "a text"


def _bounds(option: Schema) -> str:
    low, high = option.get("minimum"), option.get("maximum")
    if low is not None and high is not None:
        return f" between {low:g} and {high:g}"
    above, below = option.get("exclusiveMinimum"), option.get("exclusiveMaximum")
    parts = [
        words.format(limit)
        for words, limit in (
            ("at least {:g}", low),
            ("above {:g}", above),
            ("at most {:g}", high),
            ("below {:g}", below),
        )
        if limit is not None
    ]
    return f", {' and '.join(parts)}" if parts else ""


def _options(schema: Schema, root: Schema) -> Iterator[Schema]:
    """The alternatives of `schema` with references resolved, without null."""
    if "$ref" in schema:
        said = {"description": schema["description"]} if "description" in schema else {}
        target = root["$defs"][schema["$ref"].rpartition("/")[2]]
        yield from (dict(option) | said for option in _options(target, root))
    elif "anyOf" in schema or "oneOf" in schema or "allOf" in schema:
        for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
            # What is said of all alternatives is said of each, such as the description.
            yield from (
                {"description": schema.get("description", "")} | dict(found) for found in _options(option, root)
            )
    elif schema.get("type") != "null":
        yield schema


def part_of(root: Schema, path: Path) -> list[Schema]:
    """What the schema says of the value at `path`."""
    here = list(_options(root, root))
    for part in path:
        here = [option for schema in here for below in _below(schema, part) for option in _options(below, root)]
    return here


def _below(schema: Schema, part: str | int) -> Iterator[Schema]:
    if isinstance(part, int):
        found = [schema.get("items")]
    elif part in schema.get("properties", {}):
        found = [schema["properties"][part]]
    else:
        found = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
    yield from (below for below in found if isinstance(below, dict))


def keys_of(schema: list[Schema]) -> tuple[str, ...]:
    """The keys that the schema knows of an object."""
    return tuple(key for option in schema for key in option.get("properties", ()))


def description_of(*schemas: list[Schema]) -> str:
    """The first of the descriptions, on one line; empty when there is none."""
    found = (" ".join(str(option.get("description", "")).split()) for schema in schemas for option in schema)
    return next((text for text in found if text), "")
