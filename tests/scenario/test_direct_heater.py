"""A heater that is switched on past the supervisor."""

import asyncio
from pathlib import Path

import pytest

from alimante.commands import direct
from alimante.commands.errors import CommandFailed
from alimante.commands.folders import LAST_CONFIG, Folders
from alimante.services.instance_lock import InstanceLock

SIMULATED = Path(__file__).parents[2] / "config" / "simulated.json"


def folders(tmp_path):
    return Folders(state=tmp_path / "state", runtime=tmp_path / "run")


def test_a_heater_goes_off_again_by_itself(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(direct, "TRIAL_S", 0.01)
    assert direct.set_value(SIMULATED, folders(tmp_path), "heater", "ON") == 0
    first, says, last = capsys.readouterr().out.splitlines()
    assert (first, last) == ("heater is ON", "heater is OFF")
    assert "goes off again" in says


def test_it_goes_off_also_when_a_person_breaks_off(tmp_path, capsys, monkeypatch):
    async def broken_off(seconds):
        raise asyncio.CancelledError

    monkeypatch.setattr(direct.asyncio, "sleep", broken_off)
    with pytest.raises(asyncio.CancelledError):
        direct.set_value(SIMULATED, folders(tmp_path), "heater", "ON")
    assert capsys.readouterr().out.splitlines()[-1] == "heater is OFF"


def test_what_cannot_harm_stays_as_it_was_put(tmp_path, capsys):
    assert direct.set_value(SIMULATED, folders(tmp_path), "lamp", "ON") == 0
    assert capsys.readouterr().out.splitlines() == ["lamp is ON"]


def test_off_is_not_refused_where_a_supervisor_has_the_wires_and_does_not_answer(tmp_path, capsys):
    where = folders(tmp_path)
    where.state.mkdir()
    with InstanceLock(where.state):
        with pytest.raises(CommandFailed, match="holds the hardware"):
            direct.set_value(SIMULATED, where, "heater", "ON")
        assert direct.set_value(SIMULATED, where, "heater", "OFF") == 0
    assert capsys.readouterr().out.splitlines() == ["heater is OFF"]


def test_off_needs_no_configuration_but_the_one_that_runs(tmp_path, capsys):
    where = folders(tmp_path)
    where.state.mkdir()
    (where.state / LAST_CONFIG).write_text(SIMULATED.read_text())
    with InstanceLock(where.state):
        assert direct.set_value(tmp_path / "deleted.json", where, "heater", "OFF") == 0
    assert capsys.readouterr().out.splitlines() == ["heater is OFF"]
