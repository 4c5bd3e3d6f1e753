"""Randomness in named streams of one seed, so that a new user of one stream does not change the others."""

import hashlib
import random


class RandomStreams:
    """Independent `random.Random`s, one per name.

    The same seed and name give the same numbers in every process: the derivation is SHA-256, not `hash()`.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[str, random.Random] = {}

    def stream(self, name: str) -> random.Random:
        """The stream called `name`; asking twice continues it."""
        if name not in self._streams:
            digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
            self._streams[name] = random.Random(digest)  # noqa: S311 - for jitter and simulation, not for secrets
        return self._streams[name]
