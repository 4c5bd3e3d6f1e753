"""What a fault can have an effect on, and which faults are apart."""

from pathlib import Path

import pytest

from alimante.commands.loading import load_whole
from alimante.config.model import Config
from alimante.simulation.faults import device_kinds, parse
from alimante.simulation.reach import EVERYTHING, Reaches, are_apart

SHIPPED = Path(__file__).parents[3] / "config"


@pytest.fixture(scope="module")
def config() -> Config:
    return load_whole(SHIPPED / "simulated.json").config


def reach(config: Config, what: str) -> frozenset[str]:
    return Reaches(config).of(parse(f"{what}@1", device_kinds(config)))


def apart(config: Config, one: str, other: str) -> bool:
    return are_apart(reach(config, one), reach(config, other))


@pytest.mark.parametrize(
    ("what", "reached"),
    [
        ("light_meter=wrong(3)", {"light_meter"}),
        ("feeder=burnt_out", {"feeder"}),
        ("warm_probe=wrong(3)", {"warm_probe", "air", "heater", "cutoff"}),
        ("lamp=welded", {"lamp", "warm_probe", "air", "heater", "cutoff"}),
        ("tank_level=stuck", {"tank_level", "mister", "fan", "air_cool", "probes"}),
        ("hwmon=dead", {"hwmon", "cpu"}),
        ("process=crash", EVERYTHING),
    ],
)
def test_a_fault_reaches_what_goes_by_it_and_what_that_moves(config: Config, what: str, reached: set[str]):
    assert reach(config, what) == reached


def test_the_light_meter_and_the_feeder_are_apart(config: Config):
    assert apart(config, "light_meter=off", "feeder=burnt_out")


def test_what_heats_is_not_apart_from_what_measures_it(config: Config):
    assert not apart(config, "heater=welded", "air=wrong(3)")
    assert not apart(config, "lamp=welded", "warm_probe=wrong(3)")


def test_two_that_disturb_the_same_bus_are_not_apart(config: Config):
    assert not apart(config, "light_meter=off", "weather=hang")
    assert apart(config, "light_meter=wrong(3)", "weather=wrong(3)")


def test_one_that_stands_still_is_not_apart_from_those_beside_it(config: Config):
    assert not apart(config, "weather=stuck", "cool_probe=wrong(3)")
    assert apart(config, "weather=wrong(3)", "cool_probe=wrong(3)")


def test_nothing_is_apart_from_a_fault_of_the_process(config: Config):
    assert not apart(config, "process=crash", "feeder=burnt_out")
    assert not apart(config, "process=crash", "disk=full")


def test_no_device_goes_by_the_broker_and_what_commands_do(config: Config):
    assert apart(config, "broker=down", "heater=welded")
    assert not apart(config, "broker=down", "people=command")
    assert not apart(config, "broker=down", "process=crash")
