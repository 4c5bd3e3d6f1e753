"""`alimante check --deep`: a configuration's own corner cases, judged by what is true in its enclosure."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from alimante import cli
from alimante.commands import deep
from alimante.commands.loading import load_whole
from alimante.config.model import Config
from alimante.simulation.corners import (
    BUDGET_S,
    COST,
    LONGEST_S,
    SHORTEST_S,
    WRONG,
    Corner,
    corners,
    in_words,
    span_s,
    thermometers,
    try_corner,
)
from hardware.sim.faults import KINDS

ROOT = Path(__file__).parents[2]
SHIPPED = ["one-probe", "three-probes", "simulated", "alimante"]
WELDED = Corner(name="welded", faults=("heater=welded@10m",))
WANTED = Corner(name="wanted", room_c=30.0, is_demanded=True)


def written(tmp_path: Path, *, name: str = "one-probe", **changes: Any) -> Path:
    """A shipped configuration in which devices have other keys, or are left out where they are None."""
    said = json.loads((ROOT / "config" / f"{name}.json").read_text())
    for device, keys in changes.items():
        if keys is None:
            del said["devices"][device]
        else:
            said["devices"][device] = {**said["devices"].get(device, {}), **keys}
    del said["$schema"]
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(said))
    return path


def config(tmp_path: Path, **changes: Any) -> Config:
    return load_whole(written(tmp_path, **changes)).config


@pytest.mark.parametrize("name", SHIPPED)
def test_every_thermometer_of_a_heater_is_wrong_in_every_way_by_itself_and_with_all_others(name: str):
    found = load_whole(ROOT / "config" / f"{name}.json").config
    tried = [set(corner.faults) for corner in corners(found)]
    names = thermometers(found, found.devices["heater"])
    assert names
    known = [what for what in WRONG if what.partition("(")[0].partition("@")[0] in KINDS]
    assert len(known) >= 6
    for what in known:
        assert {f"{each}={what}" for each in names} in tried
        assert all({f"{each}={what}"} in tried for each in names)
    assert {"heater=welded@30m"} in tried
    assert [corner.is_demanded for corner in corners(found)].count(True) == 1
    assert all(SHORTEST_S <= span_s(found, count) <= LONGEST_S for count in (1, 30, 1000))


def rack(tubs: int) -> dict[str, Any]:
    """Changes that put so many tubs beside the shipped enclosure, each with a probe and a heater."""
    pins = [pin for pin in range(5, 28) if pin not in (16, 17, 8, 7)]
    probe, mat = {"driver": "ds18b20", "wire": "onewire"}, {"driver": "relay", "wire": "header", "active_high": True}
    found: dict[str, Any] = {}
    for tub in range(tubs):
        found[f"probe{tub}"] = {**probe, "address": f"28-0000000001{tub:02x}", "zone": f"tub{tub}"}
        found[f"mat{tub}"] = {
            **{**mat, "pin": pins[tub], "role": "heater", "zone": f"tub{tub}", "safe_value": "off"},
            **{"depends_on": [f"probe{tub}"], "limit": {"max_c": 36}, "cutoff": "cutoff"},
        }
    return found


def test_many_heaters_make_no_more_cases_than_fit_into_the_time(tmp_path: Path):
    said = json.loads((ROOT / "config" / "one-probe.json").read_text())
    said["devices"] |= rack(8)
    said.get("simulation", {}).pop("zones", None)
    said["simulation"] = {"zones": {zone: {} for zone in ["warm", "cool", *(f"tub{tub}" for tub in range(8))]}}
    path = tmp_path / "rack.json"
    path.write_text(json.dumps(said))
    found = load_whole(path).config
    wanted = corners(found)
    assert len(wanted) <= 2 * len(WRONG) + 6
    assert span_s(found, len(wanted)) * len(wanted) * len(found.devices) * COST <= 1.5 * BUDGET_S
    assert any(len(corner.faults) == 9 for corner in wanted)


def test_of_two_heaters_each_thermometer_is_wrong_by_itself_as_well(tmp_path: Path):
    said = json.loads((ROOT / "config" / "one-probe.json").read_text())
    said["devices"] |= rack(1)
    said["simulation"] = {"zones": {"warm": {}, "cool": {}, "tub0": {}}}
    path = tmp_path / "two.json"
    path.write_text(json.dumps(said))
    tried = [corner.faults for corner in corners(load_whole(path).config)]
    assert {("warm_probe=drift(-6)@1m",), ("probe0=drift(-6)@1m",)} < set(tried)
    assert ("warm_probe=drift(-6)@1m", "probe0=drift(-6)@1m") in tried
    assert (("warm_probe=exchanged(probe0)@1m",) in tried) is ("exchanged" in KINDS)
    assert {("heater=welded@30m",), ("mat0=welded@30m",)} < set(tried)


def test_without_a_heater_nothing_is_tried(tmp_path: Path):
    said = json.loads((ROOT / "config" / "one-probe.json").read_text())
    said["devices"] = {name: device for name, device in said["devices"].items() if "role" not in device}
    said["controllers"] = {}
    path = tmp_path / "cold.json"
    path.write_text(json.dumps({key: value for key, value in said.items() if key not in ("species", "$schema")}))
    assert corners(load_whole(path).config) == []


def test_a_welded_relay_is_harm_only_where_nothing_cuts_it_off(tmp_path: Path):
    assert not try_corner(config(tmp_path), WELDED, for_s=7200.0).is_harm
    outcome = try_corner(config(tmp_path, cutoff=None), WELDED, for_s=7200.0)
    assert outcome.is_harm
    assert outcome.zone == "warm"
    assert outcome.highest_c >= outcome.harm_c
    assert outcome.harm_at_s is not None
    assert 600.0 < outcome.harm_at_s < 7200.0
    assert "HARM  welded: warm comes to" in in_words(outcome)


def test_a_correction_works_on_a_chip_that_says_the_truth(tmp_path: Path):
    heater = {"limit": {"max_c": 36.0, "harm_c": 38.2}}
    assert not try_corner(config(tmp_path, heater=heater), WANTED, for_s=5400.0).is_harm
    wrong = {"channels": {"temperature": {"offset": -2.9}}}
    outcome = try_corner(config(tmp_path, heater=heater, warm_probe=wrong), WANTED, for_s=5400.0)
    assert outcome.is_harm


def test_a_demand_is_for_all_the_heat_there_is(tmp_path: Path):
    calm = try_corner(config(tmp_path), Corner(name="calm"), for_s=3600.0)
    wanted = try_corner(config(tmp_path), WANTED, for_s=3600.0)
    assert wanted.highest_c > calm.highest_c + 2.0


def short(monkeypatch: pytest.MonkeyPatch, *wanted: Corner) -> None:
    monkeypatch.setattr(deep, "corners", lambda config: list(wanted))
    monkeypatch.setattr(deep, "span_s", lambda config, count: 3600.0)


def test_the_command_says_which_cases_reach_harm_and_how_to_see_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    path = written(tmp_path, cutoff=None)
    short(monkeypatch, Corner(name="nothing is wrong"), WELDED)
    assert cli.main(["check", "--deep", "--json", str(path)]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["valid"] is True
    assert said["deep"]["harmed"] == 1
    assert [case["is_harm"] for case in said["deep"]["cases"]] == [False, True]
    words = shlex.split(said["deep"]["cases"][1]["again"])
    assert cli.main(words[1:]) == 1
    assert "UNSAFE" in capsys.readouterr().out


def test_the_command_ends_well_where_no_case_reaches_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    short(monkeypatch, Corner(name="nothing is wrong"))
    assert cli.main(["check", "--deep", str(written(tmp_path))]) == 0
    assert "0 of 1 corner cases reach harm in 1 h each" in capsys.readouterr().out


def test_a_faulty_configuration_is_not_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = written(tmp_path, heater={"limit": {"max_c": 93}})
    assert cli.main(["check", "--deep", "--json", str(path)]) == 2
    said = json.loads(capsys.readouterr().out)
    assert (said["valid"], "deep" in said) == (False, False)
