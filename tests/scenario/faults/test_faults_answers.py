"""Section A of the fault catalogue: thermometers whose answers are late, rare or noise, under the whole supervisor."""

import asyncio
import itertools
from collections import Counter
from typing import Any

import pytest

from alimante.app import GaveUp
from alimante.core.events import (
    BreakerChanged,
    PeopleTold,
    ReadingMissed,
    ReadingTaken,
)
from hardware.api import Sample
from hardware.drivers.ds18b20 import Ds18b20
from tests.scenario.faults.stage import AIR, HARM_C, OFF_S, POLL_S, TARGET_C, Stage, blind, everywhere, play

each_state = pytest.mark.parametrize("is_on", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["on", "off"])
MIXED: dict[str, Any] = {"devices": {"air": AIR}, "members": ("p1", "air.temperature")}


@everywhere
def test_f025_readings_that_are_five_minutes_old_when_they_come_are_lost(sensors: int, is_on: bool, mocker: Any):
    async def story(stage: Stage) -> None:
        honest = Ds18b20.read
        late = lambda probe: [Sample("temperature", honest(probe)[0].value, age_s=300.0)]  # noqa: E731
        mocker.patch.object(Ds18b20, "read", late)
        stage.oracle.dark.update(stage.sensors)
        stage.mark()
        await stage.heater_off_within(OFF_S)
        await stage.alert_within("warm", "too_few_sensors", OFF_S)
        await stage.stays_off(300.0)
        mocker.stopall()
        stage.oracle.dark.clear()
        await stage.lives_on()

    play(story, sensors=sensors, is_on=is_on)


def test_f025_a_probe_that_shows_what_was_five_minutes_ago_does_no_harm():
    async def story(stage: Stage) -> None:
        stage.break_("p1=delayed(300)")
        await asyncio.sleep(3600.0)

    assert play(story).max_c < HARM_C - 4.0


@each_state
def test_f026_a_slow_probe_opens_its_breaker_and_the_other_goes_on_in_time(is_on: bool):
    async def story(stage: Stage) -> None:
        slow_s = stage.now_s
        repair = stage.break_("p1=slow(4)")
        await stage.within(60.0, lambda: stage.run.seen(BreakerChanged, component="p1", new="open"), "open breaker")
        await asyncio.sleep(300.0)
        times_s = sorted({e.measured_s for e in stage.run.seen(ReadingTaken, device="air") if e.measured_s > slow_s})
        assert all(abs(later - one - POLL_S) < 0.5 for one, later in itertools.pairwise(times_s))
        assert abs(stage.temperature_c - TARGET_C) < 1.5
        repair()
        await stage.lives_on()

    play(story, is_on=is_on, **MIXED)


@each_state
def test_f026_the_only_probe_that_becomes_too_slow_is_lost(is_on: bool):
    async def story(stage: Stage) -> None:
        await blind(stage, "p1=slow(4)", for_s=60.0 if is_on else 240.0)
        await stage.lives_on()

    play(story, is_on=is_on)


@everywhere
def test_f027_reads_that_hang_are_given_up_after_two_seconds_and_end_the_heat(sensors: int, is_on: bool):
    async def story(stage: Stage) -> None:
        hung_s = stage.now_s
        repair = stage.break_(*stage.all("hang(50)"))
        await stage.heater_off_within(OFF_S)
        await stage.alert_within("probes", "stuck", OFF_S)
        missed = next(event for event in stage.run.seen(ReadingMissed, device="p1") if event.at_s > hung_s)
        assert missed.at_s - hung_s <= POLL_S + 2.0
        repair()
        await stage.lives_on()

    play(story, sensors=sensors, is_on=is_on)


@each_state
def test_f027_a_read_that_never_comes_back_ends_the_process_with_the_heat_off(is_on: bool):
    ends: list[float] = []

    async def story(stage: Stage) -> None:
        stage.break_("p1=hang")
        await stage.heater_off_within(OFF_S)
        await stage.alert_within("probes", "stuck", OFF_S)
        ends.append(stage.now_s)
        await stage.stays_off(3600.0)

    with pytest.raises(GaveUp, match="a call on probes does not come back"):
        play(story, is_on=is_on)
    assert ends


def test_f027_a_read_that_never_comes_back_leaves_the_other_wire_in_charge():
    async def story(stage: Stage) -> None:
        stage.break_("p1=hang")
        await stage.alert_within("probes", "stuck", OFF_S)
        for _ in range(900):
            await asyncio.sleep(1.0)
            assert abs(stage.temperature_c - TARGET_C) < 1.5

    with pytest.raises(GaveUp, match="a call on probes does not come back"):
        play(story, **MIXED)


@pytest.mark.parametrize("sensors", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_f028_a_probe_that_comes_and_goes_for_an_hour_is_told_at_most_twice(sensors: int):
    async def story(stage: Stage) -> None:
        for _ in range(30):
            repair = stage.break_("p1=off")
            await asyncio.sleep(60.0)
            repair()
            await asyncio.sleep(60.0)
        told = Counter(name for event in stage.run.seen(PeopleTold) for name in event.alerts)
        assert told["p1/lost"] == 1
        assert max(told.values()) <= 2
        await stage.healthy_within()

    play(story, sensors=sensors)


def test_f028_half_of_all_answers_missing_for_an_hour_is_told_at_most_twice():
    async def story(stage: Stage) -> None:
        repair = stage.break_("p1=intermittent(0.5)")
        await asyncio.sleep(3600.0)
        told = Counter(name for event in stage.run.seen(PeopleTold) for name in event.alerts)
        assert max(told.values()) <= 2
        repair()
        await stage.lives_on()

    play(story)


@everywhere
def test_f029_garbage_ends_the_heat_within_a_minute(sensors: int, is_on: bool):
    async def story(stage: Stage) -> None:
        repair = stage.break_(*stage.all("garbage(5)"))
        await stage.heater_off_within(60.0)
        await stage.alert_within("p1", "noisy", 60.0)
        await asyncio.sleep(max(0.0, 60.0 - (stage.now_s - stage.broken_s)))
        await stage.stays_off(300.0)
        repair()
        await stage.healthy_within(1200.0 if stage.trips() else 120.0)
        assert not stage.run.supervisor.gate.outputs["heater"].latch.needs_person

    stage = play(story, sensors=sensors, is_on=is_on)
    assert {trip.cause for trip in stage.trips()} <= {"over_temperature"}  # what noise says may be above the limit
