"""An ordinary life is drawn by its seed, nothing is broken in it, and the room stays what the configuration says."""

import json
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

import pytest

from alimante.commands.loading import whole
from alimante.config.model import Config
from alimante.simulation.faults import Fault
from alimante.simulation.healthy import BEFORE_S, DAY_S, SPARE_C, drawn
from hardware.sim.room import Room, Step
from hardware.sim.settings import PlantSettings

DOCUMENT = json.loads(Path("tests/scenario/enclosures/frog_tank.json").read_text())
LONG_S = 90 * DAY_S


def config(**more: Any) -> Config:
    return whole(json.dumps({**DOCUMENT, **more}).encode()).config


def specs(life: list[Fault]) -> list[str]:
    return [event.spec for event in life]


def of(life: list[Fault], target: str) -> list[Fault]:
    return [event for event in life if event.target.partition(".")[0] == target]


def test_the_same_seed_draws_the_same_life_and_another_one_another():
    assert specs(drawn(config(), for_s=LONG_S, seed=1)) == specs(drawn(config(), for_s=LONG_S, seed=1))
    assert specs(drawn(config(), for_s=LONG_S, seed=1)) != specs(drawn(config(), for_s=LONG_S, seed=2))
    assert specs(drawn(config(node={"id": "other"}), for_s=LONG_S, seed=1)) != specs(
        drawn(config(), for_s=LONG_S, seed=1)
    )


def test_a_shorter_life_is_the_beginning_of_a_longer_one():
    whole_life = specs(drawn(config(), for_s=LONG_S, seed=3))
    for days in (1.3, 10.0, 44.7):
        part = drawn(config(), for_s=days * DAY_S, seed=3)
        assert specs(part) == whole_life[: len(part)]
        assert all(event.at_s < days * DAY_S for event in part)


def test_nothing_is_broken_but_the_mains_and_nothing_happens_in_the_first_hour():
    life = drawn(config(), for_s=LONG_S, seed=1)
    assert {event.target for event in life if not event.is_event} == {"computer"}
    assert {event.target.partition(".")[0] for event in life} == {
        "door", "room", "sun", "heater", "chiller", "computer",
    }  # fmt: skip
    assert all(event.at_s >= BEFORE_S for event in life)


def test_doors_are_opened_for_a_minute_mostly_and_rarely_for_an_hour():
    spans = sorted(event.for_s for event in of(drawn(config(), for_s=4 * LONG_S, seed=1), "door"))
    assert spans[len(spans) // 2] < 130.0
    assert 1 <= sum(span > 1700.0 for span in spans) < len(spans) / 10
    assert max(spans) <= 4500.0


def test_a_bulb_is_changed_for_one_of_thirty_percent_more_or_less_and_rarely_of_half_the_power():
    changes = [event for seed in range(40) for event in of(drawn(config(), for_s=LONG_S, seed=seed), "heater")]
    powers = [event.argument for event in changes]
    assert min(powers) == 0.5
    assert max(powers) <= 1.3
    assert 0.02 < sum(power < 0.7 for power in powers) / len(powers) < 0.25


def test_a_device_has_one_power_at_a_time():
    for seed in range(10):
        life = drawn(config(), for_s=LONG_S, seed=seed)
        for target in ("heater", "chiller", "computer"):
            assert all(one.ends_s <= two.at_s for one, two in pairwise(of(life, target)))


@pytest.mark.parametrize("room_c", [[16, 30], [20, 26], [12, 35]])
def test_the_room_stays_what_the_configuration_says_of_it_and_comes_near_its_ends(room_c: list[float]):
    ambient = {"mean_c": sum(room_c) / 2, "amplitude_c": 1.5, "season_c": 1.0, "start_day": 150}
    one = config(
        location={**DOCUMENT["location"], "room_c": room_c}, simulation={**DOCUMENT["simulation"], "ambient": ambient}
    )
    seen = [temperature_c for seed in range(4) for temperature_c in temperatures_c(one, seed)]
    assert room_c[0] <= min(seen) < max(seen) <= room_c[1]
    assert max(seen) - min(seen) > 0.7 * (room_c[1] - room_c[0] - 2 * SPARE_C)


def temperatures_c(one: Config, seed: int) -> list[float]:
    """The room of a long life, every half hour and whenever something begins or ends."""
    room, seen = Room(PlantSettings.model_validate(one.simulation).ambient, start_s=0.0), []
    steps: dict[str, Step] = {}
    begins: dict[float, list[Fault]] = {}
    ends: dict[float, list[Fault]] = {}
    for event in of(drawn(one, for_s=LONG_S, seed=seed), "room"):
        begins.setdefault(event.at_s, []).append(event)
        ends.setdefault(event.ends_s, []).append(event)
    for now_s in sorted({*begins, *ends, *(1800.0 * number for number in range(int(LONG_S / 1800.0)))}):
        room.at(now_s)
        seen.append(room.temperature_c)
        for event in ends.get(now_s, []):
            steps.pop(event.spec).end(now_s)
        for event in begins.get(now_s, []):
            steps[event.spec] = room.step(event.argument)
    return seen


def test_the_sun_alone_harms_nobody():
    glass = {"tank": {**DOCUMENT["simulation"]["zones"]["tank"], "glass_m2": 2.0}}
    greenhouse = config(simulation={**DOCUMENT["simulation"], "zones": glass})
    usual = config()
    brightest = {
        one.node.id + str(number): max(
            (event.argument for seed in range(5) for event in of(drawn(one, for_s=LONG_S, seed=seed), "sun")),
            default=inf,
        )
        for number, one in enumerate((usual, greenhouse))
    }
    assert 100.0 < brightest["frog_tank0"] <= 500.0
    assert brightest["frog_tank1"] < 20.0 or brightest["frog_tank1"] == inf
