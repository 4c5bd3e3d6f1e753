"""Many runs: what fails is shrunk to the faults that matter, and what was never reached is told."""

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alimante import cli
from alimante.commands.loading import load_whole
from alimante.core.durations import DAY_S
from alimante.simulation.campaign import Wanted, breaches, chaotic, command, undertake, unreached
from alimante.simulation.shrink import Attempt, Injury
from tests.scenario.test_planted_bugs import evidence_is_not_asked_for
from tests.scenario.test_simulate import TERRARIUM, run, terrarium

SLOW = {
    "devices": {
        name: {**device, **({"poll_s": 15.0} if name.endswith("probe") else {})}
        for name, device in TERRARIUM["devices"].items()
    },
    "control": {"tick_s": 2.0},
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A terrarium that is looked at rarely, so that a day takes less time."""
    return terrarium(tmp_path, SLOW)


def simulate(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, Any]:
    code = cli.main(["simulate", *map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_planted_bug_is_shrunk_to_the_one_fault_that_matters(config: Path, monkeypatch: pytest.MonkeyPatch):
    evidence_is_not_asked_for(monkeypatch)
    others = ("cool_probe=wrong(3)", "broker=down", "disk=full", "clock=step(1d)", "lamp=burnt_out")
    injuries = [Injury(what, 400.0 + 90.0 * number, 60.0) for number, what in enumerate(others)]
    injuries[3] = replace(injuries[3], for_s=0.0)
    culprit = Injury("warm_probe=off", 600.0, 600.0)
    attempt = Attempt(1, 1500.0, (*injuries[:2], culprit, *injuries[2:]))
    failure = undertake(load_whole(config).config, attempt, Wanted()).failure
    assert failure is not None
    assert failure.rule == "I1"
    assert [each.what for each in failure.smallest.injuries] == ["warm_probe=off"]
    assert failure.smallest.for_s < 1000.0
    words = shlex.split(command(failure.smallest, config))
    assert words[:4] == ["alimante", "simulate", "--config", str(config)]
    report = run(config, words[-1], for_s=failure.smallest.for_s)
    assert report.violations[0].invariant == "I1"


def test_the_command_of_a_long_run_says_its_length_in_digits(config: Path):
    words = shlex.split(command(Attempt(1, 90 * DAY_S), config))
    assert words[words.index("--for") + 1] == "7776000"


def test_a_small_campaign_of_faults_by_chance_holds_and_reaches_what_it_must(config: Path):
    loaded = load_whole(config).config
    wanted = ["breaker open", "broker lost", "process died of hang", "reading stale"]
    results = [undertake(loaded, each, Wanted()) for each in chaotic(loaded, runs=2, for_s=3 * 3600.0, seed=93)]
    assert [result.failure for result in results] == [None, None]
    assert sum(len(result.attempt.injuries) for result in results) >= 6
    assert unreached(results, wanted) == []


def test_what_no_run_ever_came_to_is_told(config: Path):
    results = [undertake(load_whole(config).config, Attempt(1, 120.0), Wanted(calm=True))]
    assert results[0].failure is None
    assert unreached(results, ["broker reached", "safe_mode"]) == ["safe_mode"]


def test_a_calm_run_is_one_without_alerts_restarts_and_many_writes(config: Path):
    report = run(config, "warm_probe=off@5m+5m", "process=restart@15m", for_s=1500.0)
    assert breaches(report, Wanted()) == []
    told = [each.text for each in breaches(report, Wanted(calm=True))]
    assert any(text.startswith("alert warm_probe/") for text in told)
    assert any("it was stopped" in text for text in told)


def test_the_command_runs_in_processes_and_tells_what_failed(config: Path, capsys: pytest.CaptureFixture[str]):
    code, told = simulate(capsys, "--config", config, "--runs", 2, "--for", "2m", "--calm", "--reach", "safe_mode")
    assert (code, told["runs"], told["failures"], told["never"]) == (1, 2, [], ["safe_mode"])
    assert (told["sometimes"]["broker reached"], told["false_trips"]) == (2, 0)
    fault = ("--fault", "warm_probe=off@1m+1m")
    code, told = simulate(capsys, "--config", config, "--runs", 1, "--for", "4m", "--calm", "--jobs", 1, *fault)
    (failure,) = told["failures"]
    assert (code, failure["rule"], failure["seed"]) == (1, "calm", 1)
    assert "warm_probe=off@" in failure["again"]
