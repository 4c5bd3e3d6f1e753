"""A heater that is switched on past the supervisor."""

import asyncio
from pathlib import Path

import pytest

from alimante.commands import direct
from alimante.commands.folders import Folders

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
