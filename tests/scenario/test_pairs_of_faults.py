"""Two faults at once: a run that parts from another one is the run from the start, and a pair that fails is named."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alimante import cli
from alimante.commands import pairs as command
from alimante.commands.branches import grow
from alimante.commands.loading import load_whole
from alimante.simulation.campaign import Wanted, breaches
from alimante.simulation.faults import device_kinds, parse
from alimante.simulation.node import Node
from alimante.simulation.pairs import PAIR_S, Bundle, attempt
from alimante.simulation.rehearsal import rehearse
from alimante.simulation.report import Report
from alimante.simulation.settled import Settled
from tests.scenario.test_campaigns import SLOW
from tests.scenario.test_planted_bugs import evidence_is_not_asked_for
from tests.scenario.test_simulate import terrarium

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
"""Processes that run tests beside one another have a thread for what they say; what is forked here does not need it."""

SOME = [
    Bundle(("warm_probe=garbage(5)",), ("process=crash",)),
    Bundle(("warm_probe=garbage(5)",), ("heater=burnt_out", "cool_probe=intermittent")),
    Bundle(("onewire=flaky",), ("clock=drift(5%)",)),
    Bundle(("people=command", "lamp=welded"), ("computer=off",)),
]
"""With noise, with chance on a wire, with what grows, with another process and with a boot."""
SHIPPED = Path(__file__).parents[2] / "config"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A terrarium that is looked at rarely, so that two hours take less time."""
    return terrarium(tmp_path, SLOW)


def grown(path: Path, bundles: list[Bundle], out: Path) -> dict[str, dict[str, Any]]:
    """What the branches tell of their runs, by their faults."""

    def note(bundle: Bundle, report: Report) -> None:
        line = {
            "faults": str(bundle),
            "report": report.as_json(),
            "broken": [each.text for each in breaches(report, Wanted())],
        }
        with out.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def fail(bundle: Bundle, error: Exception) -> None:
        with out.open("a") as file:
            file.write(json.dumps({"faults": str(bundle), "error": repr(error)}) + "\n")

    pid = grow(load_whole(path).config, bundles, seed=1, jobs=2, on_report=note, on_error=fail)
    os.waitpid(pid, 0)
    return {line["faults"]: line for line in map(json.loads, out.read_text().splitlines())}


def whole(path: Path, bundle: Bundle) -> Report:
    config = load_whole(path).config
    devices = device_kinds(config)
    faults = [parse(each.spec, devices) for each in attempt(bundle, config, seed=1).injuries]
    return rehearse(config, for_s=PAIR_S, faults=faults)


def test_a_run_that_parts_from_a_warm_one_is_the_run_from_the_start(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Settled, "look", lambda self, node: False)
    found = grown(config, SOME, tmp_path / "out")
    for bundle in SOME:
        assert found[str(bundle)]["report"] == json.loads(json.dumps(whole(config, bundle).as_json()))


def test_a_run_that_ends_when_all_is_well_is_judged_as_the_whole_one(config: Path, tmp_path: Path):
    found = grown(config, SOME, tmp_path / "out")
    for bundle in SOME:
        told = found[str(bundle)]
        assert told["broken"] == [each.text for each in breaches(whole(config, bundle), Wanted())]
    assert min(told["report"]["duration_s"] for told in found.values()) < 5400.0


def test_a_run_may_end_five_minutes_after_its_last_fault_was_over_and_not_while_one_is_there(config: Path):
    loaded = load_whole(config).config
    devices = device_kinds(loaded)

    def asked(*faults: str) -> list[float]:
        found: list[float] = []
        settled = Settled()

        def look(node: Node) -> None:
            if settled.look(node):
                found.append(node.clock.mono() - node.start_s)

        rehearse(loaded, for_s=3000.0, faults=[parse(each, devices) for each in faults], on_look=look)
        return found

    assert asked() == []
    assert asked("warm_probe=off@20m") == []
    assert 1800.0 <= min(asked("warm_probe=off@20m+5m")) < 2400.0
    assert asked("warm_probe=off@20m+5m", "broker=down@40m") == []


def test_faults_that_are_apart_change_nothing_of_one_another(monkeypatch: pytest.MonkeyPatch):
    """Of each part the same is told with both faults as with the one that reaches it."""
    loaded = load_whole(SHIPPED / "simulated.json").config
    devices = device_kinds(loaded)
    told: list[str] = []
    hear = Node._on_event

    def note(self: Node, event: Any) -> None:
        name = getattr(event, "device", getattr(event, "component", ""))
        if name in ("light_meter", "feeder", "heater", "warm_probe"):
            told.append(f"{name} {self.clock.mono()!r} {event!r}")
        hear(self, event)

    monkeypatch.setattr(Node, "_on_event", note)

    def events(*faults: str) -> dict[str, list[str]]:
        told.clear()
        rehearse(loaded, for_s=900.0, faults=[parse(each, devices) for each in faults])
        return {name: [each for each in told if each.startswith(f"{name} ")] for name in devices}

    one, other = "light_meter=wrong(900)@5m+5m", "feeder=burnt_out@6m+4m"
    calm, alone, beside, both = events(), events(one), events(other), events(one, other)
    assert alone["light_meter"] != calm["light_meter"]
    assert both["light_meter"] == alone["light_meter"]
    assert both["feeder"] == beside["feeder"]
    assert both["heater"] == calm["heater"]
    assert both["warm_probe"] == calm["warm_probe"]


@pytest.fixture
def simulate(config: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    def run(*arguments: object) -> tuple[int, Any]:
        code = cli.main(["simulate", "--config", str(config), "--pairs", "--json", *map(str, arguments)])
        return code, json.loads(capsys.readouterr().out)

    return run


def only(monkeypatch: pytest.MonkeyPatch, *bundles: Bundle) -> None:
    monkeypatch.setattr(command, "singles", lambda config: [])
    monkeypatch.setattr(command, "bundles", lambda config: list(bundles))


def test_a_run_of_many_faults_that_fails_is_told_with_those_that_it_takes(
    simulate: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch
):
    evidence_is_not_asked_for(monkeypatch)
    only(monkeypatch, Bundle(("warm_probe=off", "cool_probe=wrong(3)"), ("lamp=welded",)))
    code, told = simulate("--jobs", 1)
    (failure,) = told["failures"]
    assert (code, failure["rule"], failure["faults"], failure["runs"]) == (1, "I1", ["warm_probe=off"], 1)
    assert "--fault warm_probe=off@" in failure["again"]


def test_two_faults_that_cook_together_are_named_and_are_no_failure(
    simulate: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch
):
    only(monkeypatch, Bundle(("heater=welded", "cool_probe=wrong(3)"), ("cutoff=welded",)))
    code, told = simulate()
    assert (code, told["failures"]) == (0, [])
    assert [harm["faults"] for harm in told["harmed"]] == [["heater=welded", "cutoff=welded"]]


def test_a_run_whose_process_dies_is_told_with_its_command(
    simulate: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch
):
    def die(self: Node, at_s: float) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(Node, "_break", die)
    only(monkeypatch, Bundle(("warm_probe=off",), ("lamp=welded",)))
    code, told = simulate()
    (error,) = told["errors"]
    assert (code, told["runs"]) == (1, 1)
    assert "killed" in error["error"]
    assert "warm_probe=off@2400" in error["again"]


def test_an_error_of_the_simulation_is_told_with_its_command(
    simulate: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch
):
    def fail(self: Node) -> None:
        raise LookupError("planted")

    monkeypatch.setattr(Node, "_search_disk", fail)
    only(monkeypatch, Bundle(("warm_probe=off",), ("lamp=welded",)))
    code, told = simulate()
    assert code == 1
    assert "LookupError: planted" in told["errors"][0]["error"]


def test_what_was_run_before_an_interruption_is_not_run_again(
    simulate: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    only(monkeypatch, Bundle(("warm_probe=off",), ("broker=down",)))
    assert simulate("--kept", tmp_path / "kept")[1]["runs"] == 1
    monkeypatch.setattr(command, "grow", None)
    code, told = simulate("--kept", tmp_path / "kept", "--reach", "broker lost", "--reach", "safe_mode")
    assert (code, told["runs"], told["errors"], told["never"]) == (1, 1, [], ["safe_mode"])
