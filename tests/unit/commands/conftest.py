"""What the tests of commands share."""

import pytest

from alimante.core.files import LinuxCalls


@pytest.fixture(autouse=True)
def _hasty_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power is lost here, and waiting for a real disk is most of what these tests would do."""
    monkeypatch.setattr(LinuxCalls, "sync", lambda calls, descriptor: None)
