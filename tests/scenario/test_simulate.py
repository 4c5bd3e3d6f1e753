"""`alimante simulate`: the real supervisor in virtual time, as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from alimante import cli
from alimante.commands.loading import load_whole
from alimante.control.controller import Demand
from alimante.control.thermostat import Thermostat
from alimante.safety import decision
from alimante.safety.trips import Trips
from alimante.simulation.faults import parse
from alimante.simulation.ledger import Ledger
from alimante.simulation.oracles import Oracles
from alimante.simulation.rehearsal import rehearse
from alimante.simulation.report import Report
from hardware.sim.faults import BadFault

REPOSITORY = Path(__file__).parents[2]
SWITCH = {"driver": "relay", "wire": "header", "active_high": True, "safe_value": "off", "zone": "warm"}
TERRARIUM: dict[str, Any] = {
    "version": 1,
    "node": {"id": "small", "board": "pi-zero-2w"},
    "location": {"timezone": "Europe/Paris", "clock_is_trusted": True, "room_c": [18, 26]},
    "mqtt": {"embedded": True},
    "wires": {
        "header": {"kind": "gpio", "backend": "linux", "factory": "lgpio"},
        "onewire": {"kind": "onewire", "backend": "linux"},
    },
    "devices": {
        "warm_probe": {"driver": "ds18b20", "wire": "onewire", "address": "28-000000000001", "zone": "warm"},
        "cool_probe": {"driver": "ds18b20", "wire": "onewire", "address": "28-000000000002", "zone": "cool"},
        "heater": {**SWITCH, "pin": 17, "role": "heater", "depends_on": ["warm_probe"], "limit": {"max_c": 36}},
        "cutoff": {**SWITCH, "pin": 16, "role": "cutoff"},
        "lamp": {**SWITCH, "pin": 22, "role": "light"},
    },
    "controllers": {
        "daylight": {"kind": "photoperiod", "outputs": ["lamp"], "on": "08:10", "off": "20:00"},
        "warmth": {"kind": "thermostat", "sensor": "warm_probe", "heater": "heater", "target_c": 30},
    },
}


def terrarium(folder: Path, more: dict[str, Any] | None = None) -> Path:
    """The file of a terrarium whose wires are real ones, with `more` keys."""
    path = folder / "terrarium.json"
    path.write_text(json.dumps({**TERRARIUM, **(more or {})}))
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """See `terrarium`."""
    return terrarium(tmp_path)


def run(config: Path, *faults: str, for_s: float = 3600.0, seed: int = 1) -> Report:
    loaded = load_whole(config)
    kinds = {device.id: device.spec.kind for device in loaded.config.devices.values()}
    return rehearse(loaded.config, for_s=for_s, faults=[parse(fault, kinds) for fault in faults], seed=seed)


def simulate(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """The exit code, standard output and standard error of the command."""
    try:
        code = cli.main(["simulate", *map(str, arguments)])
    except SystemExit as ended:
        code = int(ended.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_an_hour_without_faults_is_calm(config: Path):
    report = run(config, for_s=5400.0)
    assert report.is_safe
    assert (list(report.late), list(report.alerts), list(report.recoveries)) == ([], [], [])
    assert report.sometimes.get("output tripped", 0) == 0
    assert 29.0 < report.curves.zones["warm"].max_c < 32.0
    assert report.truth.loads["heater"].cycles > 2
    assert (report.cold["warm"][0].colder_c < 1.0, report.false_trips) == (True, 0)
    assert report.truth.loads["lamp"].cycles == 1
    assert report.sometimes["broker reached"] == 1


def test_the_same_seed_is_the_same_run_and_another_seed_another(config: Path):
    one, again, other = (run(config, "warm_probe=garbage(1)@5m+5m", for_s=900.0, seed=seed) for seed in (1, 1, 2))
    assert one.trace_sha256 == again.trace_sha256
    assert one.as_json() == again.as_json()
    assert one.trace_sha256 != other.trace_sha256


def test_the_run_is_the_same_whatever_the_order_of_sets(config: Path):
    def trace(hash_seed: str) -> str:
        arguments = ["simulate", "--config", str(config), "--for", "10m", "--fault", "warm_probe=off@3m+2m", "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "alimante.cli", *arguments],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=REPOSITORY,
            capture_output=True,
            check=True,
            timeout=60,
        )
        report: dict[str, Any] = json.loads(done.stdout)
        return str(report["trace_sha256"])

    assert trace("1") == trace("2")


def test_a_lost_probe_is_noticed_made_safe_and_healed(config: Path):
    report = run(config, "warm_probe=off@20m+5m")
    (record,) = report.faults
    assert record.detected_s is not None
    assert record.detected_s - 1200.0 <= 10.0
    assert record.safe_s is not None
    assert record.safe_s - 1200.0 <= 35.0
    assert record.healed_s is not None
    assert report.is_safe
    assert any(alert.component == "warm_probe" for alert in report.alerts)


def test_an_event_is_told_as_such_and_nobody_has_to_notice_it(config: Path):
    report = run(config, "door=open@20m+5m", "heater=power(0.9)@21m+5m", "warm_probe=off@40m+2m", for_s=3000.0)
    told = report.as_json()
    assert [event["spec"] for event in told["events"]] == ["door=open@20m+5m", "heater=power(0.9)@21m+5m"]
    assert [fault["spec"] for fault in told["faults"]] == ["warm_probe=off@40m+2m"]
    assert [record.detected_s for record in report.faults[:2]] == [None, None]
    door, fault = report.in_words().split("event door")[1].split("event heater")[0], report.in_words()
    assert "noticed" not in door
    assert "fault warm_probe=off@40m+2m\n  noticed" in fault
    assert report.sometimes["event open"] == 1


def test_an_event_is_no_excuse_for_harm(config: Path):
    report = run(config, "sun.warm=on(1400)@10m", for_s=3600.0)
    assert {each.invariant for each in report.violations} == {"I3"}


def test_a_heater_of_another_power_is_judged_like_any_other(config: Path, monkeypatch: pytest.MonkeyPatch):
    """A controller that forgets its heater must not pass because the bulb is a new one."""
    tainted: list[str] = []
    monkeypatch.setattr(Oracles, "taint", lambda self, device, now_s: tainted.append(device))
    run(config, "heater=power(2)@1m", for_s=120.0)
    assert tainted == []
    run(config, "heater=welded@1m", for_s=120.0)
    assert set(tainted) == {"heater"}


def test_faults_of_one_moment_are_one_step(config: Path, monkeypatch: pytest.MonkeyPatch):
    looks: list[list[bool]] = []
    look = Ledger.look

    def noting(ledger: Ledger, now_s: float) -> None:
        looks.append([record.is_active for record in ledger.faults])
        look(ledger, now_s)

    monkeypatch.setattr(Ledger, "look", noting)
    faults = ["warm_probe=wrong(-10)@1m", "cool_probe=detached@1m", *["door=open@1m", "sun=on(9)@1m"] * 6]
    run(config, *faults, for_s=120.0)
    assert {len(each) for each in map(set, looks)} == {1}


def test_a_zone_that_there_is_not_is_told(config: Path, capsys: pytest.CaptureFixture[str]):
    code, _, err = simulate(capsys, "--config", config, "--for", "1h", "--fault", "sun.attic=on@1m")
    assert code == 2
    assert "no zone 'attic'; it has warm, cool" in err


def test_a_welded_relay_ends_below_harm(config: Path):
    report = run(config, "heater=welded@20m")
    (record,) = report.faults
    assert record.safe_s is not None
    assert record.healed_s is None
    assert report.curves.zones["warm"].max_c < 37.0
    assert report.is_safe


@pytest.mark.parametrize(
    ("fault", "counter"),
    [
        ("broker=down@5m+2m", "broker lost"),
        ("clock=step(-2h)@5m", "clock stepped"),
        ("disk=full@5m+2m", "disk_free_percent"),
        ("disk=readonly@5m+2m", "disk_read_only"),
        ("disk=failing@5m+12m", "state_not_saved"),
    ],
)
def test_what_breaks_around_the_devices_is_noticed_and_healed(config: Path, fault: str, counter: str):
    report = run(config, fault, for_s=1500.0)
    (record,) = report.faults
    assert report.sometimes[counter] >= 1
    assert record.detected_s is not None
    assert record.healed_s is not None
    assert (list(report.violations), list(report.late)) == ([], [])


def test_a_process_that_is_restarted_goes_on_with_the_same_enclosure(config: Path):
    report = run(config, "process=restart@10m", for_s=1500.0)
    assert report.starts == 2
    assert report.sometimes["broker reached"] == 2
    assert report.curves.zones["warm"].max_c > 29.0
    assert (list(report.violations), list(report.late)) == ([], [])


def test_a_computer_that_stands_still_puts_everything_safe_when_it_goes_on(config: Path):
    report = run(config, "process=pause(5m)@10m", for_s=1800.0)
    assert report.sometimes["output forced_safe"] >= 1
    assert list(report.violations) == []


def test_faults_drawn_by_chance_are_survived(config: Path, capsys: pytest.CaptureFixture[str]):
    code, out, _ = simulate(capsys, "--config", config, "--for", "2h", "--chaos", "--seed", 3, "--json")
    report = json.loads(out)
    assert report["faults"]
    assert (code, report["verdict"]) == (0, "safe")


def test_a_gate_that_believes_anything_is_found_out(config: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(decision.RULES, "lease", lambda *given: None)
    monkeypatch.setattr(Trips, "look", lambda *given: None)
    monkeypatch.setattr(Thermostat, "decide", lambda self, look: [_always(self.outputs[0])])
    report = run(config, "warm_probe=off@10m", for_s=3000.0)
    assert {"I1", "I3"} <= {violation.invariant for violation in report.violations}
    assert report.verdict == "unsafe"


def _always(output: str) -> Any:
    return Demand(output=output, value=1.0, reason="a planted bug")


def test_the_json_form_has_what_others_rely_on(config: Path, capsys: pytest.CaptureFixture[str]):
    code, out, err = simulate(
        capsys, "--config", config, "--for", "10m", "--fault", "broker=down@5m+10s", "--seed", 7, "--json"
    )
    report = json.loads(out)
    assert (code, err) == (0, "")
    assert report["seed"] == 7
    assert report["duration_s"] == 600.0
    assert len(report["config_sha256"]) == len(report["trace_sha256"]) == 64
    assert {"min_c", "max_c"} <= report["plant"]["warm"].keys()
    assert {"on_s", "cycles", "max_on_s"} <= report["actuators"]["heater"].keys()
    (fault,) = report["faults"]
    assert fault.keys() == {"spec", "at_s", "detected_s", "safe_s", "healed_s"}
    assert fault["safe_s"] is None
    assert {"alerts", "recoveries", "violations", "writes_bytes_per_day"} <= report.keys()
    assert report["verdict"] == "safe"


def test_the_words_tell_the_verdict_and_the_exit_code_agrees(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    code, out, _ = simulate(capsys, "--config", config, "--for", "5m")
    assert code == 0
    assert "safe: 19 invariants held all the time" in out
    monkeypatch.setattr("alimante.simulation.oracles.EVIDENCE_SLACK_S", -100.0)
    code, out, _ = simulate(capsys, "--config", config, "--for", "5m")
    assert code == 1
    assert "UNSAFE" in out


def test_a_run_in_which_the_animal_was_needlessly_cold_says_so_and_ends_with_exit_code_1(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Thermostat, "decide", lambda self, look: [])
    code, out, _ = simulate(capsys, "--config", config, "--for", "25m")
    assert code == 1
    assert "TOO COLD: 2 violations of 19 invariants" in out
    assert "heater is healthy and was off for" in out


def test_the_report_tells_how_far_a_zone_was_below_its_target_and_what_of_it_is_excused(config: Path):
    cold = run(config, "warm_probe=off@20m+20m", for_s=5400.0).as_json()["cold"]
    assert cold.keys() == {"warm"}
    assert cold["warm"]["colder_c"] < 1.5
    assert cold["warm"]["below_h"] == 0.0
    assert cold["warm"]["excused"]["colder_c"] > 2.0
    assert 0.1 < cold["warm"]["excused"]["below_h"] < 0.6
    assert cold["warm"]["excused"]["below_k_h"] > 0.05


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fault", "heeter=welded@1m"], 'did you mean "heater"?'),
        (["--fault", "heater=weld@1m"], 'did you mean "welded"?'),
        (["--fault", "heater=stuck@1m"], "cannot have the fault stuck"),
        (["--fault", "heater=welded@2h"], "after the end of the run"),
        (["--for", "soon"], '"soon" is no duration'),
        (["--for", "0"], "too short"),
        (["--seed", "x"], "invalid int value"),
    ],
)
def test_bad_input_is_told_in_a_sentence_with_exit_code_2(
    config: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
):
    code, out, err = simulate(
        capsys, "--config", config, *(["--for", "10m"] if "--for" not in arguments else []), *arguments
    )
    assert (code, out) == (2, "")
    assert sentence in err
    assert "Traceback" not in err


def test_a_picture_has_axes_curves_rows_and_faults(config: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    picture = tmp_path / "run.svg"
    code, _, _ = simulate(
        capsys, "--config", config, "--for", "30m", "--fault", "warm_probe=wrong(3)@10m+5m", "--plot", picture
    )
    assert code == 0
    root = ElementTree.parse(picture).getroot()  # noqa: S314 - it is our own
    name = "{http://www.w3.org/2000/svg}"
    texts = [text.text for text in root.iter(f"{name}text")]
    for label in ("temperature, °C", "time since the start", "warm", "cool", "room", "heater", "lamp", "limit", "harm"):
        assert label in texts
    assert "warm_probe=wrong(3)" in texts
    assert {"heater: reading", "heater: upper bound"} <= set(texts)
    assert len(list(root.iter(f"{name}polyline"))) >= 5
    assert len(picture.read_bytes()) < 200_000


def test_a_picture_that_cannot_be_written_is_told(config: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    code, _, err = simulate(capsys, "--config", config, "--for", "1m", "--plot", tmp_path / "none" / "run.svg")
    assert code == 1
    assert "cannot be written" in err


def test_a_fault_that_a_device_cannot_have_is_refused_before_anything_runs(config: Path):
    with pytest.raises(BadFault, match="lamp is an actuator"):
        run(config, "lamp=garbage@1m")


def test_the_shipped_configurations_run(capsys: pytest.CaptureFixture[str]):
    for name in ("simulated.json", "alimante.json"):
        code, out, _ = simulate(capsys, "--config", REPOSITORY / "config" / name, "--for", "5m", "--json")
        report = json.loads(out)
        assert (code, report["alerts"], report["violations"]) == (0, [], [])


def test_a_scenario_file_says_what_happens_and_the_command_line_beats_it(config, tmp_path, capsys):
    scenario = tmp_path / "scenario.json"
    scenario.write_text(
        json.dumps(
            {"lasts": "20m", "seed": 5, "faults": [{"on": "warm_probe", "kind": "off", "at": "5m", "lasts": "1m"}]}
        )
    )
    asked = ["simulate", "--config", str(config), "--json", "--scenario", str(scenario)]
    assert cli.main(asked) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["seed"], told["duration_s"]) == (5, 1200.0)
    assert [fault["spec"] for fault in told["faults"]] == ["warm_probe=off@5m+1m"]
    assert cli.main([*asked, "--for", "10m", "--seed", "6", "--fault", "heater=welded@9m"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["seed"], told["duration_s"]) == (6, 600.0)
    assert [fault["spec"] for fault in told["faults"]] == ["warm_probe=off@5m+1m", "heater=welded@9m"]


def test_a_wrong_scenario_file_is_told_with_its_place(config, tmp_path, capsys):
    scenario = tmp_path / "scenario.json"
    scenario.write_text('{"faults": ["warm_prob=off@5m"]}')
    assert cli.main(["simulate", "--config", str(config), "--scenario", str(scenario)]) == 2
    told = capsys.readouterr().err
    assert f"{scenario}:1:13: " in told
    assert 'did you mean "warm_probe"?' in told
