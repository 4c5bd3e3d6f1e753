"""Processes and computers that die in a simulation: what is on goes off, and what was kept is there again."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from alimante.app import Supervisor
from alimante.simulation import machine
from alimante.simulation.report import Report
from tests.scenario.test_simulate import TERRARIUM, run, terrarium


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The file of a terrarium that is cold, so that its heater is on for a long time."""
    cold = {"simulation": {"ambient": {"mean_c": 10.0, "amplitude_c": 0.0}}}
    return terrarium(tmp_path, {**cold, "location": {**TERRARIUM["location"], "room_c": [5, 26]}})


def sound(report: Report) -> Report:
    """Nothing but cold may come of a process that is gone."""
    broken = [violation for violation in report.violations if violation.invariant not in ("I17", "I18")]
    assert (broken, list(report.late)) == ([], [])
    return report


@pytest.mark.parametrize(("fault", "safe_s"), [("crash", 2.0), ("hang", 12.0)])
def test_when_the_process_is_gone_its_guard_turns_the_heater_off(config: Path, fault: str, safe_s: float):
    report = sound(run(config, f"process={fault}@5m", for_s=1200.0))
    (record,) = report.faults
    assert record.safe_s is not None
    assert record.safe_s - 300.0 <= safe_s
    assert report.starts == 2
    assert report.sometimes["process ended"] == 1
    assert record.detected_s is not None
    assert record.healed_s is not None


def test_without_a_guard_a_hang_is_found_out(config: Path, monkeypatch: pytest.MonkeyPatch):
    async def nothing(self: Any) -> None:
        pass

    monkeypatch.setattr(machine.Machine, "_make_safe", nothing)
    monkeypatch.setattr(machine.Machine, "_close_wires", lambda self: None)
    monkeypatch.setattr(machine, "RESTART_S", 600.0)
    report = run(config, "process=hang@5m", for_s=900.0)
    assert "I2" in {violation.invariant for violation in report.violations}


def test_a_process_that_is_killed_does_nothing_more(config: Path, monkeypatch: pytest.MonkeyPatch):
    """Not even the good-byes of its tasks reach a wire, the disk or the broker."""
    seen: list[object] = []
    whole = Supervisor._end

    async def spied(self: Supervisor) -> None:
        files, worker = self.ports.files, self.disk
        await whole(self)
        done = await worker.run(lambda: files.read(Path("/state/starts.json")), label="a ghost", deadline_s=1.0)
        seen.append(done.error)

    monkeypatch.setattr(Supervisor, "_end", spied)
    report = sound(run(config, "process=crash@5m", for_s=600.0))
    assert report.starts == 2
    assert len(seen) == 2
    assert "the process is dead" in str(seen[0])


def test_a_computer_without_power_has_no_output_on_and_starts_again(config: Path):
    report = sound(run(config, "computer=off@5m+10m", for_s=2400.0))
    (record,) = report.faults
    assert record.safe_s is not None
    assert record.safe_s - 300.0 <= 1.0
    assert record.healed_s is not None
    assert report.starts == 2
    assert report.sometimes["process died of power"] == 1


def test_a_reboot_leaves_the_clock_behind_until_somebody_knows_the_time(tmp_path: Path):
    location = {**TERRARIUM["location"], "clock_is_trusted": False}
    report = sound(run(terrarium(tmp_path, {"location": location}), "computer=reboot@5m", for_s=1200.0))
    assert report.sometimes["clock stepped"] == 1
    assert report.starts == 2


def test_a_clock_that_is_said_to_be_trusted_goes_on_without_power(config: Path):
    report = sound(run(config, "computer=off@5m+10m", for_s=1800.0))
    assert report.sometimes.get("clock stepped", 0) == 0


def test_a_process_that_leaks_ends_by_itself_before_the_kernel_ends_it(config: Path):
    report = run(config, "process=leak(10)@5m+20m", for_s=2400.0)
    assert list(report.violations) == []
    assert report.sometimes["process gave up"] >= 1
    assert "memory" in report.ends[0]


def test_a_process_that_gives_up_again_and_again_ends_in_safe_mode(config: Path, monkeypatch: pytest.MonkeyPatch):
    fail_early(monkeypatch)
    report = sound(run(config, for_s=1800.0))
    assert report.starts == 5
    assert report.sometimes["process gave up"] == 4
    assert report.sometimes["safe_mode"] == 1
    assert report.truth.loads["heater"].on_s == pytest.approx(0.0, abs=60.0)


def test_where_it_may_the_computer_is_rebooted_three_times_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fail_early(monkeypatch)
    report = sound(run(terrarium(tmp_path, {"recovery": {"reboot": True}}), for_s=3600.0))
    assert report.sometimes["computer rebooted"] == 3
    assert report.sometimes["safe_mode"] == 1
    assert report.starts == 17


def fail_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every run that is no safe mode fail after half a minute."""
    whole = Supervisor._start

    async def spied(self: Supervisor) -> None:
        await whole(self)
        if not self.ports.safe_mode:
            asyncio.get_running_loop().call_later(30.0, self.ending.request_exit, "a planted bug")

    monkeypatch.setattr(Supervisor, "_start", spied)


def test_a_clock_that_drifts_does_not_disturb_the_heat(config: Path):
    report = run(config, "clock=drift(5%)@5m+30m", for_s=3000.0)
    assert list(report.violations) == []
    assert report.sometimes.get("clock stepped", 0) == 0
