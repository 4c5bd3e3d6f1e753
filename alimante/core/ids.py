"""Identifiers: what a name may look like, and numbers that tell one run and one fact from the next."""

import random
import re

ID_PATTERN = r"^[a-z0-9_]{1,32}$"
_ID = re.compile(ID_PATTERN)


def is_id(text: str) -> bool:
    """Whether `text` can be the id of a node or a device. (A trailing line end does not pass.)"""
    return _ID.fullmatch(text) is not None


def new_boot_id(rng: random.Random) -> str:
    """Sixteen hexadecimal digits that tell this run of the supervisor from all others."""
    return f"{rng.getrandbits(64):016x}"
