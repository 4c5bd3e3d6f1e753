"""Section B of the fault catalogue: wires, drivers and the event bus, under the whole supervisor."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from alimante.app import GaveUp
from alimante.core.events import (
    AlertChanged,
    EdgeSeen,
    ErrorSeen,
    Event,
    HandlerFailed,
    HealthChanged,
    Outcome,
    PeopleTold,
    ReadingMissed,
    ReadingTaken,
    RecoveryFinished,
)
from alimante.policy.breaker import BreakerState
from tests.scenario.faults.stage import AIR, MIB, POLL_S, TARGET_C, Stage, everywhere, play, probe, resident_bytes

OFF_S = 35.0
DETECTED_S = 30.0
E = TypeVar("E", bound=Event)

each_state = pytest.mark.parametrize("is_on", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["on", "off"])
ONLY_AIR: dict[str, Any] = {"devices": {"air": AIR}, "members": ("air.temperature",)}
"""The heater hangs on a chip on the I²C bus alone."""

FIVE: dict[str, Any] = {
    "air": AIR,
    "air_two": {**AIR, "address": "0x45"},
    "brightness": {"driver": "bh1750", "wire": "bus", "address": "0x23", "zone": "warm"},
    "weather": {"driver": "bme280", "wire": "bus", "address": "0x76", "zone": "warm"},
    "weather_two": {"driver": "bme280", "wire": "bus", "address": "0x77", "zone": "warm"},
}
DOOR: dict[str, Any] = {"door": {"driver": "door_contact", "wire": "pins", "pin": 27, "zone": "warm"}}


def raise_(error: BaseException) -> Any:
    raise error


class News:
    """What happens from now on."""

    def __init__(self, stage: Stage) -> None:
        self._events = stage.run.events
        self._first = len(self._events)

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in itertools.islice(self._events, self._first, None) if isinstance(event, kind)]

    def alerts(self) -> set[tuple[str, str]]:
        """The alerts that became active."""
        return {(e.component, e.condition) for e in self.of(AlertChanged) if e.state == "active"}

    def told(self) -> set[str]:
        """What people were told of."""
        return {name for event in self.of(PeopleTold) for name in event.alerts}


async def heals_once(stage: Stage, *, news: News, most_repairs: int = 1) -> None:
    """All is well within two minutes and stays so, and that is told once: of the node, and of each alert."""
    await stage.healthy_within()
    await asyncio.sleep(330.0)  # an alert is over when its condition has been for five minutes
    assert stage.health == "HEALTHY"
    assert [e.new for e in news.of(HealthChanged) if e.component == "node"].count("HEALTHY") == 1
    ends = Counter((e.component, e.condition) for e in news.of(AlertChanged) if e.state == "resolved")
    assert ends == dict.fromkeys(news.alerts(), 1)
    helped = Counter(e.component for e in news.of(RecoveryFinished) if e.succeeded)
    assert set(helped.values()) <= set(range(1, most_repairs + 1))


async def read_again_within(stage: Stage, device: str, seconds: float) -> None:
    await stage.within(
        seconds,
        lambda: any(e.measured_s > stage.repaired_s for e in stage.run.seen(ReadingTaken, device=device)),
        f"{device} read again",
        since_s=stage.repaired_s,
    )


@pytest.mark.parametrize("is_on", [True, False], ids=["on", "off"])
def test_f037_a_bus_whose_device_node_vanishes_ends_the_heat_is_told_and_heals(is_on: bool):
    async def story(stage: Stage) -> None:
        news, repair = News(stage), stage.break_("air=raise(2)")
        await stage.heater_off_within(OFF_S)
        await stage.alert_within("bus", "breaker_open", DETECTED_S)
        await stage.stays_off(240.0)
        repair()
        await read_again_within(stage, "air", 60.0)
        assert not [name for name in news.told() if name.startswith("air/")]
        await heals_once(stage, news=news)

    play(story, is_on=is_on, sensors=0, **ONLY_AIR)


@each_state
def test_f038_of_five_chips_only_the_one_that_does_not_answer_is_told_and_the_heat_goes_on(is_on: bool):
    async def story(stage: Stage) -> None:
        news = News(stage)
        repair = stage.break_("air=off")
        await stage.alert_within("air", "breaker_open", DETECTED_S)
        await asyncio.sleep(300.0)
        assert {component for component, _ in news.alerts()} == {"air"}
        assert {e.device for e in news.of(ReadingMissed)} == {"air"}
        for device in (*(FIVE.keys() - {"air"}), "p1"):
            times_s = sorted({e.measured_s for e in news.of(ReadingTaken) if e.device == device})
            assert all(abs(later - earlier - POLL_S) < 0.5 for earlier, later in itertools.pairwise(times_s))
        assert abs(stage.temperature_c - TARGET_C) < 1.0
        repair()
        await heals_once(stage, news=news)

    play(story, is_on=is_on, devices=FIVE)


@everywhere
def test_f040_a_1_wire_master_that_is_removed_ends_the_heat_and_is_one_cause(sensors: int, is_on: bool):
    async def story(stage: Stage) -> None:
        news, wire = News(stage), stage.run.wire("probes")
        wire.vanish(True)
        stage.broken_s = stage.now_s
        stage.oracle.dark |= set(stage.sensors)
        await stage.heater_off_within(OFF_S)
        await stage.alert_within("probes", "breaker_open", DETECTED_S)
        await stage.stays_off(120.0)
        assert not [name for name in news.told() if name.partition("/")[0] in stage.sensors]
        wire.vanish(False)
        stage.oracle.dark.clear()
        stage.repaired_s = stage.now_s
        await read_again_within(stage, "p1", 60.0)
        await heals_once(stage, news=news)

    play(story, sensors=sensors, is_on=is_on)


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), BaseException("planted")], ids=repr)
@each_state
def test_f041_whatever_a_driver_raises_ends_the_heat_and_nothing_else(error: BaseException, is_on: bool):
    async def story(stage: Stage) -> None:
        news = News(stage)
        repair = stage.meddle("p1", lambda what, ask: raise_(error))
        stage.oracle.dark.add("p1")
        await stage.heater_off_within(OFF_S)
        await stage.alert_within("p1", "breaker_open", DETECTED_S)
        assert "p2" not in {component for component, _ in news.alerts()}
        repair()
        stage.oracle.dark.clear()
        await heals_once(stage, news=news)

    play(story, is_on=is_on, devices={"p2": probe(2)})


def test_f043_a_driver_that_leaves_a_task_behind_with_every_read_is_told_within_ten_minutes():
    left: list[asyncio.Task[Any]] = []

    def leak(what: str, ask: Callable[[], Any]) -> Any:
        left.append(asyncio.ensure_future(asyncio.sleep(1e9)))
        return ask()

    async def story(stage: Stage) -> None:
        await asyncio.sleep(120.0)
        news, repair = News(stage), stage.meddle("p1", leak)
        await stage.alert_within("process", "tasks_growth", 600.0)
        assert abs(stage.temperature_c - TARGET_C) < 1.0
        repair()
        for task in left:
            task.cancel()
        await heals_once(stage, news=news)

    play(story)


@pytest.mark.parametrize("stands_still_s", [3.5, 5.5, 12.0])
def test_f044_f136_a_loop_that_stood_still_is_told_and_no_output_was_on_past_it(stands_still_s: float):
    async def story(stage: Stage) -> None:
        news, stage.broken_s = News(stage), stage.now_s
        stage.run.clock.advance(stands_still_s)
        stage.oracle._asked_s["heater"] = stage.now_s  # nobody could look meanwhile: that is what the guard is for
        if stands_still_s > 10.0:
            await stage.heater_off_within(1.5)
        await stage.alert_within("loop", "loop_lag", DETECTED_S)
        await stage.heating_within(300.0)
        await heals_once(stage, news=news)

    play(story)


def test_f045_a_driver_that_crashes_with_every_call_gets_five_three_one_and_the_run_ends_without_heat():
    stages: list[Stage] = []

    async def story(stage: Stage) -> None:
        stages.append(stage)
        stage.oracle.dark.add("p1")
        stage.meddle("p1", lambda what, ask: raise_(ZeroDivisionError("planted")))
        await stage.heater_off_within(OFF_S)
        await stage.alert_within("p1", "breaker_open", DETECTED_S)
        await asyncio.sleep(3600.0)

    with pytest.raises(GaveUp, match="p1"):
        play(story)
    (stage,) = stages
    assert not stage.is_heating
    history = stage.run.supervisor.recovery.history
    tried = Counter(e["level"] for e in history if e["strategy"] in ("restart", "reset"))
    assert tried == {"device": 5, "wire": 3, "process": 1}


@pytest.mark.parametrize("hours", [1, pytest.param(24, marks=pytest.mark.slow)])
def test_f046_a_crash_in_each_minute_is_a_warning_and_the_heat_goes_on(hours: int):
    crashed_s = [0.0]

    async def story(stage: Stage) -> None:
        def answer(what: str, ask: Callable[[], Any]) -> Any:
            if stage.now_s - crashed_s[0] >= 61.0:
                crashed_s[0] = stage.now_s
                raise ZeroDivisionError("planted")
            return ask()

        news, repair = News(stage), stage.meddle("p1", answer)
        for _ in range(60 * hours):
            await asyncio.sleep(60.0)
            assert abs(stage.temperature_c - TARGET_C) < 1.0
        assert news.alerts() == {("p1", "defect")}
        assert stage.run.supervisor.health.node().value in ("HEALTHY", "WARNING")
        repair()
        await heals_once(stage, news=news, most_repairs=120 * hours)

    play(story)


def test_f047_a_subscriber_that_raises_is_told_and_everybody_else_gets_the_same_event():
    async def story(stage: Stage) -> None:
        bus, news = stage.run.supervisor.bus, News(stage)
        heard: list[ReadingTaken] = []
        undo = bus.subscribe(ReadingTaken, lambda event: raise_(RuntimeError("planted")))
        undo_behind = bus.subscribe(ReadingTaken, heard.append)
        stage.broken_s = stage.now_s
        await stage.alert_within("event_bus", "defect", DETECTED_S)
        await asyncio.sleep(60.0)
        assert heard == news.of(ReadingTaken)
        assert len(news.of(HandlerFailed)) == len(heard) > 10
        assert abs(stage.temperature_c - TARGET_C) < 1.0
        undo()
        undo_behind()
        await heals_once(stage, news=news)

    play(story)


def test_f049_a_storm_of_ten_thousand_events_a_second_costs_no_memory_and_delays_no_safety():
    async def story(stage: Stage) -> None:
        bus = stage.run.supervisor.bus
        slow = bus.queue(EdgeSeen, name="nobody empties this")
        press = EdgeSeen(device="door")
        before, spent_s = resident_bytes(), [0.0] * 60
        for hundredth in range(6000):
            if hundredth == 3000:
                stage.break_("p1=off", "p2=off")
            began_s = time.process_time()
            for _ in range(100):
                bus.publish(press)
            await asyncio.sleep(0.01)
            spent_s[hundredth // 100] += time.process_time() - began_s
        assert resident_bytes() - before < 20 * MIB
        # All that has to be done in the worst second takes less than that second, so nothing waits for longer.
        assert max(spent_s) < 0.5
        assert len(slow) <= 1000
        await stage.heater_off_within(OFF_S - 30.0)

    play(story, sensors=2, devices=DOOR)


def test_f050_handlers_that_publish_in_a_circle_are_cut_told_and_delay_no_safety():
    async def story(stage: Stage) -> None:
        bus, news = stage.run.supervisor.bus, News(stage)

        def twice(event: ErrorSeen) -> None:
            bus.publish(event)
            bus.publish(event)

        undo = bus.subscribe(ErrorSeen, twice)
        repair = stage.break_("p1=off")
        await stage.heater_off_within(OFF_S)
        await stage.alert_within("event_bus", "defect", DETECTED_S)
        await stage.alert_within("warm", "too_few_sensors", OFF_S)
        assert not [e for e in news.of(HandlerFailed) if "RecursionError" in e.error]
        undo()
        repair()
        await heals_once(stage, news=news)

    play(story)


def test_f053_off_is_carried_out_while_every_breaker_is_open():
    async def story(stage: Stage) -> None:
        supervisor = stage.run.supervisor
        for component in ("p1", "probes", "door", "pins"):
            supervisor.guards.force(component, BreakerState.FORCED_OPEN, "planted")
        assert stage.is_heating
        asked_s = stage.now_s
        assert await stage.run.command("heater", 0.0) is Outcome.APPLIED
        assert not stage.is_heating
        assert stage.now_s - asked_s <= 1.0
        for component in ("p1", "probes", "door", "pins"):
            supervisor.guards.release(component)

    play(story, devices=DOOR)


def test_f055_twenty_probes_that_fail_together_cost_little_and_are_one_cause():
    twenty = {f"p{n}": {**probe(1), "address": f"28-0000000000{n:02x}"} for n in range(2, 21)}

    async def story(stage: Stage) -> None:
        supervisor, news = stage.run.supervisor, News(stage)
        before = sum(handle.attempts for handle in supervisor.sensors.values())
        repair = stage.break_(*(f"p{n}=raise(5)" for n in range(1, 21)))
        began_s = time.process_time()
        await stage.heater_off_within(OFF_S)
        await stage.alert_within("probes", "breaker_open", DETECTED_S)
        await asyncio.sleep(300.0 - (stage.now_s - stage.broken_s))
        assert time.process_time() - began_s < 0.03 * 300.0  # a small computer is ten times slower
        attempts = sum(handle.attempts for handle in supervisor.sensors.values()) - before
        assert attempts < 200  # without breakers it would be three with each of 1200 polls
        assert [name for name in news.told() if name.endswith("/breaker_open")] == ["probes/breaker_open"]
        repair()
        await heals_once(stage, news=news)

    play(story, devices=twenty)
