"""Which configuration goes on after a reload."""

import json
import socket
from contextlib import closing
from typing import Any, cast

import pytest

from alimante.commands.folders import LAST_CONFIG, Folders
from alimante.commands.loading import load_or_explain
from alimante.commands.supervise import _Given, _reloaded
from alimante.services.guard import CHANGED

DOCUMENT = {
    "version": 1,
    "node": {"id": "box", "board": "pi-4"},
    "mqtt": {"host": "127.0.0.1"},
    "wires": {"gpio": {"kind": "gpio", "backend": "linux", "factory": "lgpio"}},
    "devices": {
        "lamp": {
            "driver": "relay",
            "wire": "gpio",
            "pin": 17,
            "active_high": True,
            "role": "light",
            "safe_value": "off",
        }
    },
}


class Bench:
    """A reload of a file that names another lamp now, with a guard at the other end of the line."""

    def __init__(self, folder: Any, state: Any, far: socket.socket, near: socket.socket) -> None:
        path = folder / "box.json"
        path.write_text(json.dumps(DOCUMENT))
        self.running = load_or_explain(path)
        path.write_text(json.dumps(DOCUMENT).replace("17", "18").replace("lamp", "sun"))
        self.far = far
        given: Any = {"config_path": path, "folders": Folders(state, state), "line": near}
        others = dict.fromkeys(("boots", "notifier", "clock", "tail"))
        self.given = _Given(**given, **cast(Any, others))

    def told(self) -> bytes:
        self.far.setblocking(False)
        try:
            return self.far.recv(100)
        except BlockingIOError:
            return b""


@pytest.fixture
def line():
    near, far = socket.socketpair()
    with closing(near), closing(far):
        yield near, far


def test_another_configuration_is_copied_before_the_guard_is_told_of_it(tmp_path, line):
    bench = Bench(tmp_path, tmp_path, line[1], line[0])
    loaded = _reloaded(bench.given, bench.running, is_safe=True)
    assert list(loaded.config.devices) == ["sun"]
    assert bench.told() == CHANGED
    assert (tmp_path / LAST_CONFIG).read_text() == loaded.text


def test_a_disk_that_cannot_be_written_keeps_the_outputs_that_the_guard_knows(tmp_path, line):
    (tmp_path / "state").write_text("a file stands where the folder should be")
    bench = Bench(tmp_path, tmp_path / "state", line[1], line[0])
    assert _reloaded(bench.given, bench.running, is_safe=True) is bench.running
    assert bench.told() == b""


def test_an_output_that_may_still_be_on_is_not_forgotten(tmp_path, line):
    bench = Bench(tmp_path, tmp_path, line[1], line[0])
    assert _reloaded(bench.given, bench.running, is_safe=False) is bench.running
    assert bench.told() == b""
