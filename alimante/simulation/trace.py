"""A fingerprint of everything that happened in a run, so that two runs can be compared; it must not judge anything."""

from collections.abc import Callable
from hashlib import sha256
from struct import Struct
from typing import Final

from alimante.core.events import Event, HandlerSlow, ReadingTaken

_NUMBERS: Final = Struct("<dddq")


class Trace:
    """SHA-256 over all events with their times, and over whatever else is added.

    `on_text` is told each of them in words, but for readings. How long a handler took is real time, and no part of the
    story.
    """

    def __init__(self, on_text: Callable[[str], None] = lambda text: None) -> None:
        self._on_text = on_text
        self._hash = sha256()
        self._names: dict[tuple[str, str], bytes] = {}

    def event(self, at_s: float, event: Event) -> None:
        """`event` was published at `at_s`."""
        if event.__class__ is ReadingTaken:
            self._reading(at_s, event)
        elif event.__class__ is not HandlerSlow:
            self.add(f"{at_s!r} {event!r}")

    def add(self, text: str) -> None:
        """Something else that must be the same in the same run."""
        self._hash.update(text.encode())
        self._on_text(text)

    @property
    def sha256(self) -> str:
        """The fingerprint so far, in hexadecimal digits."""
        return self._hash.hexdigest()

    def _reading(self, at_s: float, event: ReadingTaken) -> None:
        """Readings are nearly all events, and a number's own bytes are the quickest to take in."""
        key = (event.device, event.channel)
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = f"{event.device}.{event.channel}".encode()
        self._hash.update(name)
        self._hash.update(_NUMBERS.pack(at_s, event.value, event.measured_s, event.seq))
        if event.reasons:
            self._hash.update(repr((event.quality.value, event.reasons)).encode())
