"""What a person may ask for, whatever way it comes: for how long, and under what name; it must not know the way."""

from typing import Final, TypeGuard

TTL_S: Final = 1800.0
"""How long a command holds when it does not say so."""

MAX_TTL_S: Final = 86_400.0
"""How long it may hold: a person looks after the animal once a day."""

MAINTENANCE_S: Final = 1800.0
"""How long maintenance lasts when nothing is said."""

MAX_MAINTENANCE_S: Final = 4 * 3600.0
"""How long it may last: an animal must not go without heat because somebody forgot."""

MAX_NAME: Final = 64
"""How many letters a name may have, of a person or of a request."""


def is_name(said: object) -> TypeGuard[str]:
    """Whether `said` can name somebody in a log: a text on one line that is neither empty nor too long."""
    return isinstance(said, str) and 0 < len(said) <= MAX_NAME and said.isprintable()
