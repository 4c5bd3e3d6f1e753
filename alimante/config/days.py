"""What the configuration may say about controllers that follow the clock; it must not know the time."""

from typing import Final

from alimante.config.base import Keys

DAYS: Final[dict[str, type[Keys]]] = {}
