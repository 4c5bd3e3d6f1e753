"""What differs between two JSON documents, key by key; it must not know what any key means."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from alimante.config.faults import Path


class Absent(Enum):
    """What stands where a document says nothing: JSON's own null is something that is said."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
NOT_SHOWN: Final = "(not shown)"
"""Instead of what may be a secret."""

_SECRET: Final = re.compile(r"pass(word|phrase|wd|code)?$|secret|token|api_?key|^psk$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Difference:
    """At `path` stands `new` where `old` stood; one of them is `ABSENT` when the key is new or gone."""

    path: Path
    old: Any
    new: Any

    @property
    def change(self) -> str:
        """What became of the key: added, removed or changed."""
        return "added" if self.old is ABSENT else "removed" if self.new is ABSENT else "changed"


def differences(old: Any, new: Any) -> list[Difference]:
    """What has to be put at which paths so that `old` says what `new` says; what stays stands in neither.

    Objects are compared key by key, and lists of as many objects item by item. Any other list counts as a whole: where
    an item was added the ones behind it would all seem changed. 1 and 1.0 are the same number, and true is none.
    """
    return list(_differences((), old, new))


def without_secrets(value: Any, key: str | int = "") -> Any:
    """`value`, which stands under `key`, with no text or number where its key sounds like a secret.

    What stands inside an object of such a name says where a secret is to be found, and may be read.
    """
    if isinstance(value, dict):
        return {name: without_secrets(inner, name) for name, inner in value.items()}
    if isinstance(key, str) and _SECRET.search(key) and value not in (None, ABSENT):
        return NOT_SHOWN
    if isinstance(value, list):
        return [without_secrets(inner) for inner in value]
    return value


def _differences(path: Path, old: Any, new: Any) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            yield from _differences((*path, key), old.get(key, ABSENT), new.get(key, ABSENT))
    elif _are_alike(old, new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences((*path, index), before, after)
    elif not _is_same(old, new):
        yield Difference(path, old, new)


def _are_alike(old: Any, new: Any) -> bool:
    """Whether both are lists of as many objects."""
    return (
        isinstance(old, list)
        and isinstance(new, list)
        and len(old) == len(new)
        and all(isinstance(item, dict) for item in (*old, *new))
    )


def _is_same(old: Any, new: Any) -> bool:
    if isinstance(old, dict) and isinstance(new, dict):
        return not differences(old, new)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_is_same, old, new))
    return isinstance(old, bool) == isinstance(new, bool) and bool(old == new)
