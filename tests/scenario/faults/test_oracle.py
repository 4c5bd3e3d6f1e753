"""Bugs that are planted on purpose, one for each safety invariant: an oracle that finds none of them proves nothing."""

import asyncio
from typing import Any

import pytest

from alimante.core.states import NodeState
from alimante.policy.freshness import Freshness
from alimante.safety import decision
from alimante.safety.gate import Gate
from alimante.safety.output import Output
from alimante.safety.writer import Writer
from tests.scenario.faults.oracle import Duties
from tests.scenario.faults.stage import SWITCH, Stage, play

COOLER = {**SWITCH, "pin": 23, "role": "cooler"}


def found(invariant: str) -> Any:
    """The oracle must name `invariant`."""
    return pytest.raises(pytest.fail.Exception, match=f"{invariant}: ")


def test_i1_readings_that_never_age_are_found(mocker: Any):
    async def story(stage: Stage) -> None:
        stage.break_("p1=off")
        await asyncio.sleep(60.0)

    honest = Freshness.believed

    def ageless(rules: Freshness, last: Any, now_s: float, **rest: Any) -> Any:
        return honest(rules, last, now_s if last is None else last.measured_s, **rest)

    mocker.patch.object(Freshness, "believed", ageless)
    with found("I1"):
        play(story)


def test_i2_demands_that_never_lapse_are_found(mocker: Any):
    async def story(stage: Stage) -> None:
        stage.run.supervisor.control.tick = lambda: None
        await asyncio.sleep(60.0)

    honest = Output.wish
    mocker.patch.object(
        Output, "wish", lambda self, now_s, **rest: honest(self, now_s - 3600.0, **rest) or honest(self, now_s, **rest)
    )
    with found("I2"):
        play(story)


def test_i3_a_stuck_sensor_without_a_check_is_found():
    async def story(stage: Stage) -> None:
        await asyncio.sleep(60.0)
        stage.break_("p1=stuck")
        await asyncio.sleep(2000.0)

    with found("I3"):
        play(story, heater={"verify": {"enabled": False}})


def test_i4_interlocks_that_are_not_asked_are_found(mocker: Any):
    async def story(stage: Stage) -> None:
        await stage.run.command("cooler", 1.0, ttl_s=60.0)
        await asyncio.sleep(10.0)

    mocker.patch.object(Gate, "_in_the_way", return_value="")
    mocker.patch.dict(decision.RULES, {"min off": lambda rules, value, at: None})
    pair = [{"outputs": ["heater", "cooler"]}]
    with found("I4"):
        play(story, devices={"cooler": COOLER}, interlocks=pair, duties=Duties(pairs=(("heater", "cooler"),)))


def test_i5_a_longest_time_that_nobody_keeps_is_found(mocker: Any):
    async def story(stage: Stage) -> None:
        await asyncio.sleep(400.0)

    mocker.patch.dict(decision.RULES, {"max on": lambda rules, value, at: None})
    mocker.patch("alimante.safety.gate.dues_s", return_value=[])
    with found("I5"):
        play(
            story,
            start_c=20.0,
            heater={"limits": {"max_on_s": 300.0}},
            duties=Duties(most_on_s={"heater": 300.0}),
        )


def test_i6_an_off_that_takes_its_time_is_found(mocker: Any):
    async def story(stage: Stage) -> None:
        await asyncio.sleep(10.0)
        loop, honest = asyncio.get_running_loop(), Writer.assert_safe
        mocker.patch.object(Writer, "assert_safe", lambda *given: loop.call_later(2.5, honest, *given))
        stage.run.supervisor.gate.trip("heater", "over_temperature", "a test says so")
        await asyncio.sleep(10.0)

    with found("I6"):
        play(story)


def test_i7_a_gate_that_moves_before_it_is_armed_is_found(mocker: Any):
    async def story(stage: Stage) -> None:
        await asyncio.sleep(60.0)

    mocker.patch.object(Gate, "_arm")
    mocker.patch.object(Gate, "refusal", return_value="")
    with found("I7"):
        play(story)


def test_i8_a_safe_mode_that_is_not_kept_is_found(mocker: Any):
    async def story(stage: Stage) -> None:
        stage.run.supervisor.node.move(NodeState.SAFE, "a test wants it")
        await asyncio.sleep(20.0)

    with found("I8"):
        play(story)


def test_i15_a_health_that_forgets_to_doubt_is_found(mocker: Any):
    async def story(stage: Stage) -> None:
        health = stage.run.supervisor.health
        well = health.node()
        mocker.patch.object(health, "node", return_value=well)
        stage.break_("p1=off")
        await asyncio.sleep(120.0)

    with found("I15"):
        play(story, is_on=False)


def test_a_sound_supervisor_breaks_nothing_that_the_oracle_looks_at():
    async def story(stage: Stage) -> None:
        await asyncio.sleep(1200.0)

    play(story)
