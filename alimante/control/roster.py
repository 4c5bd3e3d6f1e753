"""All controllers of a configuration; it must not know what they do."""

from alimante.config.model import Config
from alimante.control.climate import climate
from alimante.control.controller import Controller
from alimante.control.days import days


def controllers(config: Config) -> tuple[Controller, ...]:
    """One for each of the configuration, which was found sound, in its order, that has all of its outputs."""
    made, is_day = days(config)
    made |= climate(config, is_day)
    return tuple(made[name] for name in config.controllers if name in made)
