"""A campaign of single faults that come and go: how many are found within half a minute and heal without a person.

What a fault looks like is in the other files of this folder; here they are only counted.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

import pytest

from alimante.core.events import AlertChanged, CommandReceived, ConditionChanged, Level, Outcome
from tests.scenario.faults.net import Net
from tests.scenario.faults.stage import AIR, SWITCH, Stage, play, probe
from tests.scenario.faults.test_faults_broker import play as play_with_broker

FOUND_S = 30.0
HEALED_S = 120.0
SHORT_AND_LONG_S = (50.0, 300.0)
"""Shorter than the repairs take, and longer than their patience."""

DEVICES: dict[str, Any] = {
    "air": AIR,
    "spare": {**AIR, "address": "0x45"},
    "p9": probe(9),
    "mister": {**SWITCH, "pin": 23, "role": "mister"},
}
SENSORS = ("p1", "air")
OF_SENSORS = (
    "off",  # F001, F037, F038
    "raise(2)",  # F037
    "raise(5)",  # F038
    "intermittent(1)",  # F008
    "slow(4)",  # F026
    "wrong(60)",  # F013, F035
    "wrong(-60)",
)
OF_PROBES = (
    "sentinel(85)",  # F004
    "sentinel(127.937)",  # F005
    "sentinel",  # F010
)
FAULTS = [
    *((f"{sensor}={fault}", for_s) for sensor in SENSORS for fault in OF_SENSORS for for_s in SHORT_AND_LONG_S),
    *((f"{probe}={fault}", for_s) for probe in ("p1", "p9") for fault in OF_PROBES for for_s in SHORT_AND_LONG_S),
    *((f"{sensor}=hang", 30.0) for sensor in SENSORS),  # F027; for longer the process ends, see F137
    *((f"{output}=write_fails", for_s) for output in ("heater", "mister") for for_s in SHORT_AND_LONG_S),  # F056
    ("heater=lies(1)", SHORT_AND_LONG_S[0]),  # F059
]


@dataclass(frozen=True)
class Result:
    """What became of one fault: after how many seconds it was told, and after how many all was well again."""

    fault: str
    lasted_s: float
    found_s: float
    healed_s: float


async def until(stage: Stage, condition: Callable[[], bool], most_s: float) -> float:
    """How long it takes until `condition`, and infinity if it takes longer than `most_s`."""
    begun_s = stage.now_s
    while not condition():
        if stage.now_s - begun_s >= most_s:
            return inf
        await asyncio.sleep(1.0)
    return stage.now_s - begun_s


def is_well(stage: Stage) -> bool:
    """Nothing is wrong, and nobody is waited for."""
    asked = {e.component: e.level for e in stage.run.seen(ConditionChanged, condition="needs_person")}
    return stage.health == "HEALTHY" and set(asked.values()) <= {Level.CLEAR}


async def suffer(stage: Stage, fault: str, lasts_s: float, begin: Callable[[], Callable[[], None]]) -> Result:
    """Let one fault come and go."""
    assert is_well(stage)
    first = len(stage.run.events)
    repair = begin()

    def is_told() -> bool:
        new = stage.run.events[first:]
        return any(isinstance(event, AlertChanged) and event.state == "active" for event in new)

    found_s = await until(stage, is_told, lasts_s)
    await asyncio.sleep(lasts_s - min(found_s, lasts_s))
    repair()
    return Result(fault, lasts_s, found_s, await until(stage, lambda: is_well(stage), HEALED_S))


def of_device(fault: str, lasts_s: float) -> Result:
    results: list[Result] = []

    async def story(stage: Stage) -> None:
        device = fault.partition("=")[0]
        if device in ("heater", "mister"):  # a relay that cannot move is noticed when it has to
            assert await stage.run.command(device, 1.0) is Outcome.APPLIED
            asyncio.get_running_loop().call_later(1.0, lambda: turn_off(stage, device))
        await asyncio.sleep(40.0 if device not in ("heater", "mister") else 0.5)
        results.append(await suffer(stage, fault, lasts_s, lambda: stage.break_(fault)))

    play(story, devices=DEVICES)
    return results[0]


def turn_off(stage: Stage, device: str) -> None:
    expires_s = stage.now_s + 30.0
    stage.run.supervisor.bus.publish(
        CommandReceived(id="off", device=device, value=0.0, source="test", expires_s=expires_s, ttl_s=1800.0)
    )


def of_broker(lasts_s: float) -> Result:
    results: list[Result] = []

    async def story(stage: Stage, net: Net) -> None:
        def begin() -> Callable[[], None]:
            net.broker.go_down()
            return net.broker.go_up

        await asyncio.sleep(60.0)
        results.append(await suffer(stage, "broker=down", lasts_s, begin))

    play_with_broker(story)
    return results[0]


@pytest.mark.parametrize("part", [2, pytest.param(1, marks=pytest.mark.slow)], ids=["every second", "all"])
def test_faults_that_come_and_go_are_found_within_half_a_minute_and_heal_without_a_person(part: int):
    """Short and long ones take turns, and so do the sensors, where only every second one is tried."""
    chosen = [each for number, each in enumerate(FAULTS) if part == 1 or number % 4 in (0, 3)]
    results = [of_device(*each) for each in chosen] + [of_broker(lasts_s) for lasts_s in SHORT_AND_LONG_S]
    assert len(results) > 40 / part
    assert {each.lasted_s for each in results} >= set(SHORT_AND_LONG_S)
    assert [each for each in results if each.found_s >= FOUND_S] == []
    assert [each for each in results if each.healed_s > HEALED_S] == []
