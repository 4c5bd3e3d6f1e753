"""Twenty enclosures live through weather, doors, sun, other bulbs and power cuts, and no healthy heater is blamed."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from alimante import cli
from alimante.commands import healthy as command
from alimante.commands.loading import load_whole
from alimante.config.model import Role
from alimante.simulation.lives import Blame, Kind, Life, live
from tests.scenario.test_planted_bugs import (
    every_trip_is_for_a_person,
    targets_are_lowered,
    too_much_is_expected_of_a_heater,
)

HOUR_S = 3600.0
ENCLOSURES = sorted(Path("tests/scenario/enclosures").glob("*.json"))
SHORT = {"gecko_thermostat": 48, "aquarium": 45}
"""Some of them, each with the seed of a life in which something happens soon."""


def life_of(name: str, *, hours: float, seed: int = 1) -> Life:
    return live(load_whole(Path(f"tests/scenario/enclosures/{name}.json")).config, for_s=hours * HOUR_S, seed=seed)


def test_the_twenty_enclosures_are_of_many_kinds_and_begin_in_all_seasons():
    configs = {path: load_whole(path).config for path in ENCLOSURES}
    assert len(configs) == 20
    assert all(path.stem == config.node.id for path, config in configs.items())
    heaters = [sum(each.role is Role.HEATER for each in config.devices.values()) for config in configs.values()]
    assert max(heaters) == 8
    assert sum(count >= 5 for count in heaters) >= 3, "racks"
    assert heaters.count(2) >= 1, "two zones side by side"
    roles = {device.role for config in configs.values() for device in config.devices.values()}
    assert {Role.COOLER, Role.LIGHT, Role.MISTER, Role.CUTOFF} <= roles
    kinds = {keys.kind for config in configs.values() for keys in config.controllers.values()}
    assert {"pid", "thermostat"} <= kinds
    days = sorted(json.loads(path.read_text())["simulation"]["ambient"]["start_day"] for path in ENCLOSURES)
    assert all(later - earlier < 30 for earlier, later in pairwise(days))
    assert len(set(days)) == 20


@pytest.mark.parametrize("name", list(SHORT))
def test_nobody_is_blamed_in_a_short_life(name: str):
    life = life_of(name, hours=4.0, seed=SHORT[name])
    assert len(life.events) >= 2
    assert list(life.blames) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", ENCLOSURES, ids=lambda path: path.stem)
def test_nobody_is_blamed_in_a_day_and_a_night(path: Path):
    assert list(life_of(path.stem, hours=30.0, seed=2).blames) == []


@pytest.mark.parametrize(
    ("plant", "kind", "hours"),
    [
        (too_much_is_expected_of_a_heater, Kind.TRIPPED, 0.5),
        (every_trip_is_for_a_person, Kind.LATCHED, 0.5),
        (targets_are_lowered, Kind.COLD, 4.0),
    ],
)
def test_a_planted_bug_is_counted_as_what_it_is(plant: Any, kind: Kind, hours: float, monkeypatch: pytest.MonkeyPatch):
    plant(monkeypatch)
    life = life_of("gecko_thermostat", hours=hours)
    assert life.count(kind) >= 1


def a_life(*blames: Blame) -> Life:
    return Life(
        node="one", seed=7, for_s=86_400.0, events={"door=open": 2, "heater=power": 1}, blames=blames,
        rightful={"weak": 1}, colder_c=2.25, cold_h=0.5, hottest_c=33.3, harm_c=39.0,
    )  # fmt: skip


def run(*arguments: str) -> int:
    return cli.main(["simulate", "--config", str(ENCLOSURES[0]), "--healthy", *arguments])


def test_what_was_wrong_is_counted_by_kind_and_named_with_its_moment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    tripped = Blame(kind=Kind.TRIPPED, what="I19", at_s=3700.0, text="false trip: heater is healthy")
    waits = Blame(kind=Kind.LATCHED, what="I19", at_s=9000.0, text="false trip: it waits for a person")
    alert = Blame(kind=Kind.ALERT, what="heater/weak", at_s=9100.0, text="less than it should")
    lives = [(ENCLOSURES[0], a_life(tripped, waits, alert)), (ENCLOSURES[1], a_life())]
    monkeypatch.setattr(command, "_live_all", lambda order, for_s: lives)
    assert run() == 1
    words = capsys.readouterr().out
    assert "0d 01:01:40  a healthy heater was tripped: I19: false trip: heater is healthy" in words
    assert f"again: alimante simulate --config {ENCLOSURES[0]} --healthy --for 3760 --seed 7" in words
    assert "told rightly: weak 1" in words
    assert "healthy heaters tripped: 2; waiting for a person: 1; needless alerts: 1; needless cold: 0" in words
    assert run("--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["false_trips"], told["latched"], told["needless_alerts"], told["needless_cold"]) == (2, 1, 1, 0)
    first, second = told["lives"]
    assert [blame["kind"] for blame in first["blames"]] == [tripped.kind, waits.kind, alert.kind]
    assert (first["colder_c"], first["hottest_c"], first["harm_c"], second["blames"]) == (2.25, 33.3, 39.0, [])


def test_lives_in_which_nobody_is_blamed_are_a_success(capsys: pytest.CaptureFixture[str]):
    assert run(str(ENCLOSURES[8]), "--for", "3m", "--runs", "2", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(life["config"], life["seed"]) for life in told["lives"]] == [
        (str(path), seed) for path in (ENCLOSURES[0], ENCLOSURES[8]) for seed in (1, 2)
    ]
    assert told["false_trips"] == told["needless_alerts"] == 0
