"""Every kind of controller that the configuration may name; it must not control anything."""

from typing import Final

from alimante.config.base import Keys
from alimante.config.climate import CLIMATE
from alimante.config.days import DAYS

CONTROLLERS: Final[dict[str, type[Keys]]] = {**CLIMATE, **DAYS}
"""The models by what `kind` says."""
