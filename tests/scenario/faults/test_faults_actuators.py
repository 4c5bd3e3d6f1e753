"""Section C of the fault catalogue: actuators and lines that do not obey, under the whole supervisor."""

import asyncio
from typing import Any

import pytest

from alimante.app import GaveUp
from alimante.config.build import build
from alimante.core.events import (
    AlertChanged,
    CommandFinished,
    Level,
    Outcome,
    PeopleTold,
    ReadingTaken,
    SafetyActed,
    ServiceFailed,
)
from alimante.core.states import NodeState
from hardware.api import Sample
from hardware.board import GENERIC
from hardware.drivers.sht3x import Sht3x
from tests.scenario.faults.oracle import Duties
from tests.scenario.faults.stage import AIR, MAX_C, MEASURES, SWITCH, TARGET_C, Stage, everywhere, play, saved_alerts
from tests.scenario.harness import Run

each_state = pytest.mark.parametrize("is_on", [True, False], ids=["on", "off"])
NAMED_S = 420.0
NO_LIMIT = Duties(harm_c=1000.0)
COOLER = {**SWITCH, "pin": 23, "role": "cooler"}
MISTER = {**SWITCH, "pin": 27, "role": "mister"}


def load(stage: Stage, name: str) -> Any:
    return stage.run.truth.loads[name]


def test_f056_an_off_whose_write_fails_opens_the_safety_relay():
    async def story(stage: Stage) -> None:
        await asyncio.sleep(40.0)  # the shortest time on would only delay what is asked for
        repair = stage.break_("heater=write_fails")
        assert await stage.run.command("heater", 0.0, ttl_s=60.0) is Outcome.FAILED
        await stage.heater_off_within(3.0)
        assert load(stage, "heater").commanded == 1.0, "its relay has not moved"
        assert load(stage, "cutoff").fraction == 0.0
        await stage.alert_within("heater", "not_confirmed", 5.0)
        await stage.stays_off(60.0)
        repair()
        await stage.lives_on()

    play(story)


def test_f056_an_on_whose_write_fails_leaves_it_off_and_is_told():
    async def story(stage: Stage) -> None:
        repair = stage.break_("heater=write_fails")
        await stage.alert_within("heater", "not_confirmed", 600.0)
        await stage.stays_off(60.0)
        repair()
        await stage.lives_on()

    play(story, is_on=False)


@everywhere
def test_f057_a_welded_relay_opens_the_cutoff_and_is_named(sensors: int, is_on: bool):
    async def story(stage: Stage) -> None:
        stage.break_("heater=welded")
        await stage.within(400.0, lambda: load(stage, "heater").commanded == 0.0, "command to be off", step_s=1.0)
        stage.mark()
        await stage.alert_within("heater", "stuck_on", NAMED_S)
        await stage.heater_off_within(2.0)
        await stage.stays_off(1000.0)
        assert stage.run.supervisor.gate.outputs["heater"].latch.needs_person

    assert play(story, sensors=sensors, is_on=is_on).max_c <= MAX_C + 1.0


def test_f057_a_welded_relay_whose_power_is_measured_is_named_within_five_seconds(mocker: Any):
    runs: list[Run] = []

    def meter(driver: Sht3x) -> list[Sample]:
        """A power meter stands in for the chip: its second channel says the heater's watts."""
        return [Sample("temperature", 21.0), Sample("humidity", runs[0].truth.loads["heater"].heat_w)]

    async def story(stage: Stage) -> None:
        await asyncio.sleep(60.0)
        assert not stage.trips()
        stage.break_("heater=welded")
        await stage.run.command("heater", 0.0, ttl_s=600.0)
        stage.mark()
        await stage.alert_within("heater", "stuck_on", 5.5)  # five, and how seldom is looked here
        await stage.heater_off_within(2.0)

    heater = {"verify": {"power": "meter.humidity"}}
    mocker.patch.object(Sht3x, "read", meter)
    play(story, heater=heater, devices={"meter": {**AIR, "poll_s": 1.0, "zone": "cool"}}, before=runs.append)


@pytest.mark.parametrize(
    ("kind", "is_on"),
    [
        ("thermostat", True),
        ("pid", False),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in (("thermostat", False), ("pid", True))),
    ],
)
def test_f058_a_heater_that_gives_no_heat_is_told_within_half_an_hour(kind: str, is_on: bool):
    async def story(stage: Stage) -> None:
        stage.break_("heater=burnt_out")

        def told() -> object:
            return {("heater", "not_heating"), ("heater", "no_response")} & stage.alerts()

        await stage.within(1800.0, told, "alert that it does not heat", step_s=5.0)
        assert stage.health == "CRITICAL"

    play(story, is_on=is_on, kind=kind)


@each_state
def test_f059_a_register_that_flips_is_put_back_and_told(is_on: bool):
    async def story(stage: Stage) -> None:
        stage.run.wire("pins").write(17, not is_on)
        stage.mark()
        if is_on:
            await stage.within(3.0, lambda: not load(stage, "heater").commanded, "safe value")
        else:
            await stage.heater_off_within(3.0)
        await stage.alert_within("heater", "read_back", 3.0)
        await stage.lives_on()

    stage = play(story, is_on=is_on)
    (acted,) = stage.run.seen(SafetyActed, device="heater", cause="read_back")
    assert acted.action == "forced_safe"


@each_state
@pytest.mark.parametrize("level", [True, False], ids=["at-on", "at-off"])
def test_f059_a_line_that_is_held_from_outside_ends_without_heat(level: bool, is_on: bool):
    async def story(stage: Stage) -> None:
        stage.run.wire("pins").drive(17, level)
        stage.oracle.broken.add("heater")
        await asyncio.sleep(600.0)
        assert not stage.is_heating
        stage.run.wire("pins").drive(17, None)
        stage.oracle.broken.clear()
        await stage.lives_on()

    play(story, is_on=is_on)


@pytest.mark.parametrize("shown", [0, 1])
@each_state
def test_f059_a_line_that_lies_about_itself_ends_without_heat(shown: int, is_on: bool):
    async def story(stage: Stage) -> None:
        is_lie = shown != is_on
        repair = stage.break_(f"heater=lies({shown})")
        if is_lie:
            await stage.heater_off_within(5.0)
            await stage.alert_within("heater", "read_back", 5.0)
        await asyncio.sleep(600.0)
        assert stage.max_c < TARGET_C + 2.0
        repair()
        await stage.lives_on()

    play(story, is_on=is_on)


def test_f061_a_relay_that_works_the_other_way_round_is_named_and_loses_its_power():
    def invert(run: Run) -> None:
        world = run.supervisor.wires.world
        assert world is not None
        world.mounts["heater"].place.is_inverted = True

    async def story(stage: Stage) -> None:
        stage.oracle.broken.add("heater")
        stage.mark()
        await stage.alert_within("heater", "stuck_on", NAMED_S + 60.0)
        await stage.heater_off_within(2.0)
        await stage.stays_off(600.0)

    assert play(story, is_on=None, before=invert).max_c <= MAX_C + 1.0


@pytest.mark.parametrize("kind", ["thermostat", "pid"])
def test_f062_controllers_that_fall_silent_lose_their_outputs(kind: str):
    async def story(stage: Stage) -> None:
        stage.run.supervisor.control.tick = lambda: None
        await stage.heater_off_within(10.5)
        await stage.stays_off(60.0)

    stage = play(story, kind=kind, start_c=TARGET_C - 3.0)
    (acted,) = stage.run.seen(SafetyActed, device="heater", action="forced_safe")
    assert acted.cause == "lease"


def test_f062_a_controller_that_raises_loses_its_outputs_and_is_told(mocker: Any):
    async def story(stage: Stage) -> None:
        controller = stage.run.supervisor.control.controllers["warmth"]
        broken = mocker.patch.object(controller, "decide", side_effect=ZeroDivisionError("planted"))
        stage.mark()
        await stage.heater_off_within(10.5)
        await stage.alert_within("warmth", "controller_failed", 10.0)
        mocker.stop(broken)
        await stage.lives_on()

    play(story)


@each_state
def test_f062_a_control_task_that_dies_is_started_again_and_leaves_nothing_on(is_on: bool):
    async def story(stage: Stage) -> None:
        (task,) = [task for task in asyncio.all_tasks() if task.get_name() == "control"]
        task.cancel()
        stage.mark()
        await stage.alert_within("control", "service_failed", 35.0)
        assert stage.run.seen(ServiceFailed, service="control")
        await stage.lives_on()

    play(story, is_on=is_on)


@pytest.mark.parametrize("sensors", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_f062_a_controller_that_never_has_enough_meets_the_limit(sensors: int):
    async def story(stage: Stage) -> None:
        supervisor, ask = stage.run.supervisor, stage.run.supervisor.control._ask
        supervisor.control.tick = lambda: ask("heater", 1.0, source="warmth", reason="more")
        await stage.within(3600.0, stage.trips, "over-temperature", step_s=1.0)
        await asyncio.sleep(10.0)
        assert load(stage, "fan").fraction == 1.0
        await stage.stays_off(600.0)

    stage = play(story, sensors=sensors)
    assert stage.trips()[0].cause == "over_temperature"
    assert stage.max_c <= MAX_C + 1.5


@pytest.mark.parametrize("most_s", [300.0, pytest.param(600.0, marks=pytest.mark.slow)])
def test_f064_in_the_cold_the_longest_time_on_ends_exactly(most_s: float):
    async def story(stage: Stage) -> None:
        await asyncio.sleep(1800.0)
        assert load(stage, "heater").longest_on_s == pytest.approx(most_s, abs=0.05)
        assert load(stage, "heater").cycles >= 2

    heater = {"limits": {"max_on_s": most_s}}
    play(story, start_c=20.0, heater=heater, duties=Duties(most_on_s={"heater": most_s}))


def test_f065_a_mister_commanded_for_two_minutes_sprays_for_half_a_minute_until_its_hour_is_used_up():
    async def story(stage: Stage) -> None:
        outcomes = []
        for _ in range(11):
            outcomes.append(await stage.run.command("mister", 1.0, ttl_s=120.0))
            await asyncio.sleep(332.0)  # half a minute, and its shortest time off
        assert outcomes == [Outcome.APPLIED] * 10 + [Outcome.REJECTED]
        assert load(stage, "mister").longest_on_s == pytest.approx(30.0, abs=0.05)
        assert load(stage, "mister").on_s == pytest.approx(300.0, abs=0.5)
        assert "in any hour are used up" in stage.run.seen(CommandFinished, device="mister")[-1].reason

    most = Duties(most_on_s={"mister": 30.0}, most_in_hour_s={"mister": 300.0})
    play(story, devices={"mister": MISTER}, duties=most)


@pytest.mark.parametrize("sensors", [1, 2, 3])
def test_f067_its_shortest_time_on_never_keeps_a_heater_on_that_is_too_hot(sensors: int):
    async def story(stage: Stage) -> None:
        for zone in stage.plant._enclosure.zones.values():
            zone.temperature_c = 38.5
        stage.oracle.max_c = 0.0

        def at_limit() -> list[ReadingTaken]:
            return [event for event in stage.run.seen(ReadingTaken, device="p1") if event.value >= MAX_C]

        await stage.within(120.0, lambda: len(at_limit()) >= 2, "limit", step_s=0.1)
        assert stage.is_heating or load(stage, "heater").on_s < 200.0
        took_s = await stage.heater_off_within(2.0)
        assert took_s <= 2.0
        assert load(stage, "heater").on_s < 200.0

    stage = play(story, sensors=sensors, heater={"limits": {"min_on_s": 400.0}})
    assert stage.trips()[0].cause == "over_temperature"


@pytest.mark.parametrize("first", ["heater", "cooler"])
def test_f068_of_a_heater_and_a_cooler_the_second_is_refused(first: str):
    second = "cooler" if first == "heater" else "heater"

    async def story(stage: Stage) -> None:
        await asyncio.sleep(300.0)  # a cooler's compressor rests after the start
        await stage.run.command("heater", 0.0, ttl_s=200.0)
        await asyncio.sleep(130.0)
        assert await stage.run.command(first, 1.0, ttl_s=600.0) is Outcome.APPLIED
        assert await stage.run.command(second, 1.0, ttl_s=600.0) is Outcome.REJECTED
        await asyncio.sleep(310.0)
        await stage.run.command(first, 0.0, ttl_s=600.0)
        off_s = stage.now_s
        while await stage.run.command(second, 1.0, ttl_s=20.0) is not Outcome.APPLIED:
            await asyncio.sleep(0.1)
            assert stage.now_s - off_s < 10.0
        assert stage.now_s - off_s >= 1.0
        MEASURES.append(("gap", stage.now_s - off_s))

    pair = [{"outputs": ["heater", "cooler"]}]
    duties = Duties(pairs=(("heater", "cooler"),))
    stage = play(story, devices={"cooler": COOLER}, interlocks=pair, duties=duties)
    assert any(f"{first} excludes it" in event.reason for event in stage.run.seen(CommandFinished, device=second))


@pytest.mark.parametrize("line", [17, 16], ids=["heater", "cutoff"])
def test_f070_a_line_that_somebody_else_holds_at_the_start_is_told_and_tried_again(line: int):
    name = {17: "heater", 16: "cutoff"}[line]

    async def story(stage: Stage) -> None:
        stage.mark()
        await stage.alert_within(name, "not_confirmed", 10.0)
        assert name in stage.run.supervisor.gate.refusal()
        await stage.stays_off(60.0)
        stage.run.wire("pins").busy(line, held=False)
        await stage.heating_within(120.0)
        await stage.lives_on()

    play(story, is_on=None, start_c=TARGET_C - 2.0, before=lambda run: run.wire("pins").busy(line))


def test_f073_heating_and_cooling_that_overlap_are_refused():
    overlapping = {"kind": "thermostat", "sensor": "warm_probe", "heater": "heater", "target_c": 30.0}
    overlapping |= {"cooler": "cooler", "cool_above_c": 29.0}
    document = {
        "version": 1,
        "node": {"id": "test"},
        "mqtt": {"host": "127.0.0.1"},
        "wires": {"pins": {"kind": "gpio", "backend": "sim"}, "probes": {"kind": "onewire", "backend": "sim"}},
        "devices": {
            "warm_probe": {"driver": "ds18b20", "wire": "probes", "address": "28-000000000001"},
            "heater": {**SWITCH, "pin": 17, "role": "heater", "limit": {"max_c": 36.0}, "depends_on": ["warm_probe"]},
            "cooler": COOLER,
        },
        "interlocks": [{"outputs": ["heater", "cooler"]}],
        "controllers": {"warmth": overlapping},
    }
    built = build(document, board=GENERIC)
    assert built.config is None
    assert any("cool_above_c" in str(error.path) for error in built.errors)


def test_f076_a_safety_relay_that_does_not_open_raises_the_alarm_again_and_again():
    """Two faults at once: nothing that software can do ends this heat, so a person must come."""

    async def story(stage: Stage) -> None:
        stage.break_("heater=welded", "cutoff=welded")
        await stage.within(1800.0, lambda: ("heater", "stuck_on") in stage.alerts(), "alarm", step_s=1.0)
        await stage.within(
            3600.0, lambda: stage.trips()[-1].cause == "over_temperature", "over-temperature", step_s=0.5
        )
        stage.broken_s = stage.trips()[-1].at_s
        await stage.alert_within("heater", "over_temperature", 5.0)
        assert stage.health == "CRITICAL"
        before = len(stage.run.seen(PeopleTold, level=Level.CRITICAL))
        await asyncio.sleep(3700.0)
        assert len(stage.run.seen(PeopleTold, level=Level.CRITICAL)) - before >= 2

    play(story, duties=NO_LIMIT)


def test_f076_two_relays_whose_writes_fail_raise_the_alarm_within_five_seconds_and_are_left_to_the_guard():
    ended: list[Stage] = []

    async def story(stage: Stage) -> None:
        await asyncio.sleep(40.0)
        ended.append(stage)
        stage.break_("heater=write_fails", "cutoff=write_fails")
        await stage.run.command("heater", 0.0, ttl_s=60.0)
        await asyncio.sleep(3.0)
        assert stage.run.seen(AlertChanged, component="heater", condition="not_confirmed", state="active")
        assert stage.run.seen(PeopleTold, level=Level.CRITICAL)
        assert stage.run.supervisor.node.current is NodeState.RUNNING
        await asyncio.sleep(2.0)

    with pytest.raises(GaveUp, match="heater cannot be seen to be OFF"):
        play(story, duties=NO_LIMIT)
    (stage,) = ended
    assert {("heater", "not_confirmed"), ("cutoff", "not_confirmed")} <= saved_alerts(stage.run)
