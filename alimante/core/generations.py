"""State that survives torn and lost writes, as two files of which the newest valid one counts; it must not do I/O."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

GENERATIONS = 2
"""While one file is being replaced the other one is whole."""


_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


class Corrupt(Exception):
    """These bytes are no whole generation; the message says why."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One saved state: `sections` maps names to plain JSON values. A higher `sequence` is newer."""

    sequence: int
    sections: Mapping[str, Any]


def encode(generation: Generation) -> bytes:
    """The bytes of `generation`, with a SHA-256 over its contents.

    Raises `ValueError` or `TypeError` for what JSON cannot hold; NaN is among that.
    """
    return join(generation.sequence, {name: text_of(section) for name, section in generation.sections.items()})


def text_of(section: Any) -> str:
    """The JSON text of one section. Raises `ValueError` or `TypeError` for what JSON cannot hold, as `encode` does."""
    return _JSON.encode(section)


def join(sequence: int, texts: Mapping[str, str]) -> bytes:
    """What `encode` makes of sections that are JSON texts already."""
    sections = ",".join(f"{_JSON.encode(name)}:{texts[name]}" for name in sorted(texts))
    body = f'{{"sections":{{{sections}}},"sequence":{sequence}}}'
    return f'{{"sha256":"{sha256(body.encode()).hexdigest()}","state":{body}}}\n'.encode()


def decode(data: bytes) -> Generation:
    """The generation that `encode` made `data` of. Raises `Corrupt`."""
    try:
        document = json.loads(data)
        state = document["state"]
        sequence, sections = state["sequence"], state["sections"]
        body = _JSON.encode({"sequence": sequence, "sections": sections})
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Corrupt(f"it is no saved state: {type(error).__name__}") from None
    if type(sequence) is not int or not isinstance(sections, dict):
        raise Corrupt("it is no saved state")
    if document.get("sha256") != sha256(body.encode()).hexdigest():
        raise Corrupt("its checksum is wrong")
    return Generation(sequence, sections)


def newest(found: Iterable[Generation]) -> Generation | None:
    """The one that counts."""
    return max(found, key=lambda generation: generation.sequence, default=None)
