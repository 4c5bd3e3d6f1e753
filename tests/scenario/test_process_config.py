"""`alimante config` at a real supervisor: processes, the control socket, a probation in real time."""

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alimante import cli
from alimante.commands.loading import whole
from alimante.core.files import DiskFiles
from alimante.policy.boot import Record
from alimante.policy.probation import Survey
from alimante.rollout.rollout import Rollout
from alimante.rollout.store import ConfigStore, digest
from tests.scenario import test_process
from tests.scenario.test_process import CONFIG, SWITCH, Process

pytestmark = pytest.mark.real

SOON = """
import sys
from alimante.config.rollout import RolloutKeys
RolloutKeys.model_fields["probation_s"].default = 1.0  # less than a configuration may say
from alimante.cli import main
raise SystemExit(main(sys.argv[1:]))
"""
BOX: dict[str, Any] = {**CONFIG, "devices": {"heater": SWITCH}}
OTHER: dict[str, Any] = {**BOX, "devices": {"heater": {**SWITCH, "pin": 22}}}
BLIND: dict[str, Any] = {
    **BOX,
    "wires": {**BOX["wires"], "nothing": {"kind": "onewire", "backend": "linux", "pin": 5}},
    "devices": {"heater": SWITCH, "lost": {"driver": "ds18b20", "wire": "nothing", "address": "28-0000000000ff"}},
}
Captured = pytest.CaptureFixture[str]


def prove_box(folder: Path) -> None:
    """Have BOX be what has proved itself."""
    path = folder / "config.json"
    path.write_text(json.dumps(BOX))
    store = ConfigStore(folder, files=DiskFiles())
    before = Rollout(store, path=path, wish=path.read_bytes, read=whole, wall=float)
    before.begin(Record(), kernel="", now_s=0.0, last_words="")
    assert before.confirm(Survey(is_armed=True, devices=("heater",), answering=("heater",)))


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    """A supervisor whose configuration has proved itself, and whose probations last a second."""
    prove_box(tmp_path)
    monkeypatch.setattr(test_process, "ALIMANTE", [sys.executable, "-c", SOON])
    process = Process(tmp_path, BOX)
    process.await_line("is running")
    yield process
    if process.process.poll() is None:
        process.end(signal.SIGKILL)


def say(running: Process, *words: str) -> int:
    return cli.main(["config", *words, "--state-dir", str(running.folder)])


def file_of(running: Process, config: dict[str, Any]) -> str:
    path = running.folder / "new.json"
    path.write_text(json.dumps(config))
    return str(path)


def test_what_is_applied_proves_itself_in_the_same_process_and_is_committed(running: Process, capsys: Captured):
    assert say(running, "plan", file_of(running, OTHER)) == 0
    told = capsys.readouterr().out
    assert "against what runs" in told
    assert "  changed  device heater, pin: 17 → 22\n" in told
    assert say(running, "apply", file_of(running, OTHER), "--wait") == 0
    assert "is committed: all that was well before is well with it" in capsys.readouterr().out
    assert json.loads(running.config_path.read_text()) == OTHER
    assert running.process.poll() is None


@pytest.mark.slow
def test_what_is_blind_is_gone_back_from_and_a_rollback_leads_to_what_ran_before(running: Process, capsys: Captured):
    assert say(running, "apply", file_of(running, OTHER), "--wait") == 0
    for words in ([], ["--again"]):
        assert say(running, "apply", file_of(running, BLIND), "--wait", *words) == 1
        assert "lost.temperature is new and does not answer" in capsys.readouterr().err
    assert say(running, "apply") == 1
    assert "mend the cause and say --again" in capsys.readouterr().err
    assert say(running, "rollback", "--wait") == 0
    assert json.loads(running.config_path.read_text()) == BOX
    assert say(running, "history", "--json") == 0
    history = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert history["committed"] == history["running"] == digest(json.dumps(BOX).encode())
    assert [change["verdict"] for change in history["changes"]] == [
        "committed",
        "committed",
        "rolled_back",
        "committed",
    ]
    assert say(running, "apply", file_of(running, OTHER)) == 0
    running.await_line("is running")
    assert say(running, "rollback", "--wait") == 0
    assert json.loads(running.config_path.read_text()) == BOX
    assert running.end(signal.SIGTERM) == 0
