"""What a signal makes of the process is told to the service manager at once, before anything stops."""

import pytest

from alimante.commands.supervise import _Process
from alimante.core.clock import ManualClock
from alimante.services.notices import Notices
from alimante.services.systemd import RecordingNotifier


class Bench:
    def __init__(self):
        self.notifier = RecordingNotifier()
        self.notices = Notices(self.notifier, ManualClock())
        self.process = _Process(self.notices)
        self.process.reload = lambda: None  # of a run that is still looking at the file
        self.notices.begun("running")

    def told(self):
        return [line.partition("=")[0] for line in self.notifier.sent if not line.startswith("STATUS=")]


@pytest.fixture
def bench():
    return Bench()


def test_a_request_to_reload_is_told_before_the_file_is_looked_at_and_ends_no_run(bench):
    bench.process.on_reload()
    assert bench.told()[1].startswith("RELOADING")
    assert not bench.process.wake.is_set()


def test_a_run_that_is_left_for_another_one_is_told_as_a_reload_and_once(bench):
    bench.process.change()
    bench.process.change()
    bench.process.on_reload()
    assert bench.told() == ["READY", "RELOADING"]
    assert bench.process.wake.is_set()
    assert not bench.process.is_ending


@pytest.mark.parametrize("before", ["on_reload", "change", "on_stop"])
def test_a_stop_is_told_at_once_and_once_whatever_came_before(bench, before):
    getattr(bench.process, before)()
    bench.process.on_stop()
    bench.process.on_reload()
    assert bench.told()[-1] == "STOPPING"
    assert bench.told().count("STOPPING") == 1
    assert bench.process.is_ending
