"""Lets the tests of every folder below import `fakes`; it must not hold fixtures that only some need."""

import pytest

from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock


@pytest.fixture
def bus() -> EventBus:
    return EventBus()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()
