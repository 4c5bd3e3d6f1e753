"""Checks of groups of sensors against the rest of the configuration; it must not judge a running device."""

from collections.abc import Iterator

from alimante.config.faults import Problem
from alimante.config.scene import Scene


def errors(scene: Scene) -> Iterator[Problem]:
    """Everything that cannot work or must not run."""
    yield from ()


def warnings(scene: Scene) -> Iterator[Problem]:
    """Everything that may work and still deserves a look."""
    yield from ()
