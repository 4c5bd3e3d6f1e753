"""Which configuration goes on after a reload."""

import json
import socket
from contextlib import closing
from typing import Any, cast

import pytest

from alimante.commands.folders import LAST_CONFIG, Folders
from alimante.commands.loading import whole
from alimante.commands.supervise import _Given, _tell_guard
from alimante.core.files import DiskFiles
from alimante.lives import take_next
from alimante.policy.boot import Record
from alimante.policy.probation import Survey
from alimante.rollout.rollout import Rollout
from alimante.rollout.store import ConfigStore
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
    """A change to a file that names another lamp now, with a guard at the other end of the line."""

    def __init__(self, folder: Any, state: Any, far: socket.socket, near: socket.socket) -> None:
        path = folder / "box.json"
        path.write_text(json.dumps(DOCUMENT))
        store = ConfigStore(folder / "kept", files=DiskFiles())
        self.rollout = Rollout(store, path=path, wish=path.read_bytes, read=whole, wall=lambda: 0.0)
        self.running = self.rollout.begin(Record(), kernel="", now_s=0.0, last_words="")
        self.rollout.confirm(Survey())
        path.write_text(json.dumps(DOCUMENT).replace("17", "18").replace("lamp", "sun"))
        wish = self.rollout.look()
        assert self.rollout.propose(whole(wish.data), wish.data, why="a test", before=Survey()) == ""
        self.far = far
        given: Any = {"rollout": self.rollout, "folders": Folders(state, state), "line": near}
        others = dict.fromkeys(("boots", "notices", "clock", "tail"))
        self.given = _Given(**given, **cast(Any, others))

    def take_next(self, *, is_safe: bool) -> str:
        return take_next(self.rollout, is_safe=is_safe, tell_guard=lambda loaded: _tell_guard(self.given, loaded))

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
    assert bench.take_next(is_safe=True) == ""
    loaded = bench.rollout.running
    assert list(loaded.config.devices) == ["sun"]
    assert bench.told() == CHANGED
    assert (tmp_path / LAST_CONFIG).read_text() == loaded.text


def test_a_disk_that_cannot_be_written_keeps_the_outputs_that_the_guard_knows(tmp_path, line):
    (tmp_path / "state").write_text("a file stands where the folder should be")
    bench = Bench(tmp_path, tmp_path / "state", line[1], line[0])
    assert bench.take_next(is_safe=True) == ""
    assert bench.rollout.running is bench.running
    assert bench.told() == b""


def test_an_output_that_may_still_be_on_is_not_forgotten(tmp_path, line):
    bench = Bench(tmp_path, tmp_path, line[1], line[0])
    assert bench.take_next(is_safe=False) == ""
    assert bench.rollout.running is bench.running
    assert "could not be seen to be safe" in bench.rollout.journal.refused[0].why
    assert bench.told() == b""


def test_a_process_that_cannot_go_back_ends(tmp_path, line):
    bench = Bench(tmp_path, tmp_path, line[1], line[0])
    assert bench.take_next(is_safe=True) == ""
    assert bench.rollout.reject("a test")
    assert "could not be seen to be safe" in bench.take_next(is_safe=False)
