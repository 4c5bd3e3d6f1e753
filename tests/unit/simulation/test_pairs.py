"""Every two faults are in some run, and few runs do."""

import json
from itertools import combinations
from pathlib import Path

import pytest

from alimante.commands.loading import load_whole
from alimante.config.model import Config
from alimante.simulation.faults import device_kinds, parse
from alimante.simulation.pairs import (
    BOTH_UNTIL_S,
    FIRST_S,
    MOST,
    SECOND_S,
    Bundle,
    attempt,
    bundles,
    faults,
    interchangeable,
    pairs,
    renamed,
    singles,
)
from alimante.simulation.reach import Reaches, are_apart

SHIPPED = Path(__file__).parents[3] / "config"


def shipped(name: str) -> Config:
    return load_whole(SHIPPED / name).config


@pytest.fixture(scope="module")
def simulated() -> Config:
    return shipped("simulated.json")


@pytest.fixture(scope="module")
def runs(simulated: Config) -> list[Bundle]:
    return bundles(simulated)


@pytest.fixture(scope="module")
def three() -> Config:
    return shipped("three-probes.json")


def test_every_two_faults_of_different_parts_are_a_pair(simulated: Config):
    found = pairs(simulated)
    assert len(set(found)) == len(found) > 9000
    assert ("warm_probe=off", "heater=welded") in found
    assert not any(one.partition("=")[0] == other.partition("=")[0] for one, other in found)


def test_what_chance_draws_is_paired_and_thermometers_that_say_far_too_little(simulated: Config):
    found = faults(simulated)
    assert len(set(found)) == len(found)
    assert {"warm_probe=detached", "air=exchanged(cool_probe)", "air=wrong(-10)", "warm_probe=drift(-6)"} <= {*found}
    assert "light_meter=wrong(-10)" not in found


def test_every_pair_is_in_a_run_in_which_no_third_fault_reaches_both(simulated: Config, runs: list[Bundle]):
    assert_all_there(simulated, runs)


@pytest.mark.parametrize("name", ["one-probe.json", "three-probes.json"])
def test_every_pair_of_few_parts_is_in_a_run(name: str):
    config = shipped(name)
    assert_all_there(config, bundles(config))


def assert_all_there(config: Config, runs: list[Bundle]) -> None:
    same, reaches, devices = interchangeable(config), Reaches(config), device_kinds(config)
    reached = {what: reaches.of(parse(f"{what}@1", devices)) for what in faults(config)}
    there = set()
    for bundle in runs:
        whole = (*bundle.firsts, *bundle.seconds)
        assert len(whole) <= MOST
        for pair in combinations(whole, 2):
            others = (each for each in whole if each not in pair)
            if all(any(are_apart(reached[each], reached[one]) for one in pair) for each in others):
                there |= {renamed(pair, same), renamed(pair[::-1], same)}
    assert [pair for pair in pairs(config) if renamed(pair, same) not in there] == []


def test_what_happens_in_a_moment_happens_while_the_other_fault_is_there(simulated: Config, runs: list[Bundle]):
    for bundle in runs:
        made = attempt(bundle, simulated, seed=1).injuries
        if any(each.for_s == 0.0 and each.at_s == FIRST_S for each in made):
            assert all(each.for_s == 0.0 for each in made)


def test_faults_that_are_apart_share_runs(simulated: Config, runs: list[Bundle]):
    assert len(runs) < len(pairs(simulated)) / 5


def test_no_two_faults_of_a_run_befall_the_same_part(simulated: Config, runs: list[Bundle]):
    devices = device_kinds(simulated)
    for bundle in runs:
        targets = [parse(f"{what}@1", devices).targets for what in (*bundle.firsts, *bundle.seconds)]
        assert sum(map(len, targets)) == len(frozenset().union(*targets))


def test_probes_of_one_group_need_one_representative(three: Config):
    probes = ["left_probe", "middle_probe", "right_probe"]
    assert interchangeable(three) == [probes]
    assert not any(what.startswith(("middle", "right")) for bundle in singles(three) for what in bundle.firsts)
    assert renamed(("right_probe=off", "left_probe=hang"), [probes]) == ("left_probe=off", "middle_probe=hang")
    assert renamed(("heater=welded", "right_probe=off"), [probes]) == ("heater=welded", "left_probe=off")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("poll_s", 10.0),
        ("max_error_share", 0.5),
        ("channels", {"temperature": {"offset": 0.5}}),
        ("stale_after_s", 20.0),
    ],
)
def test_a_probe_that_is_set_otherwise_is_not_interchangeable(tmp_path: Path, key: str, value: object):
    document = json.loads((SHIPPED / "three-probes.json").read_text())
    document["devices"]["right_probe"][key] = value
    (tmp_path / "changed.json").write_text(json.dumps(document))
    assert interchangeable(load_whole(tmp_path / "changed.json").config) == [["left_probe", "middle_probe"]]


def test_one_that_a_controller_names_is_not_interchangeable_with_one_that_it_does_not(simulated: Config):
    assert interchangeable(simulated) == []


def test_both_faults_of_a_pair_are_there_until_the_same_moment(simulated: Config):
    made = attempt(Bundle(("warm_probe=off",), ("lamp=welded", "process=crash")), simulated, seed=3)
    assert [(each.what, each.at_s, each.at_s + each.for_s) for each in made.injuries] == [
        ("warm_probe=off", FIRST_S, BOTH_UNTIL_S),
        ("lamp=welded", SECOND_S, BOTH_UNTIL_S),
        ("process=crash", SECOND_S, SECOND_S),
    ]
