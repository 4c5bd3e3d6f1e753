"""Lets hundreds of supervisors of one process share what they read of the installed distributions."""

from collections.abc import Iterator
from functools import cache

import pytest

from alimante.services import health_plugins


@pytest.fixture(autouse=True, scope="session")
def _installed_once() -> Iterator[None]:
    """Each supervisor asks for health checks that others wrote, and nobody installs any in between."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(health_plugins, "entry_points", cache(health_plugins.entry_points))
        yield
