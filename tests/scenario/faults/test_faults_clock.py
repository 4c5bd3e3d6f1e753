"""Section G of the fault catalogue: clocks that are wrong, jump or stand still, under the whole supervisor."""

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alimante.core.events import AlertChanged, ClockStepped, OutputChanged, Quality, SafetyActed
from tests.scenario.faults.oracle import Duties
from tests.scenario.faults.stage import SWITCH, TARGET_C, Stage, everywhere, play
from tests.scenario.harness import Run

PARIS = ZoneInfo("Europe/Paris")
DAYS: dict[str, Any] = {
    "location": {"timezone": "Europe/Paris"},
    "devices": {
        "lamp": {**SWITCH, "pin": 24, "role": "light", "zone": "cool"},
        "feeder": {**SWITCH, "pin": 27, "role": "feeder"},
    },
    "controllers": {
        "light": {"kind": "photoperiod", "outputs": ["lamp"], "on": "08:00", "off": "20:00"},
        "meals": {"kind": "feeding", "output": "feeder", "times": ["02:30", "09:00"], "pulse_s": 3},
    },
}
MOST = Duties(most_on_s={"heater": 14400.0, "lamp": 57600.0, "feeder": 10.0})


def at(text: str, *, synced: bool = True):
    """Let the wall clock show that local time at the start."""

    def set_clock(run: Run) -> None:
        set_wall(run, text)
        run.clock.set_synced(synced)

    return set_clock


def set_wall(run: Run, text: str) -> None:
    moment = datetime.fromisoformat(text).replace(tzinfo=PARIS)
    run.clock.step_wall(moment.timestamp() - run.clock.wall())


def local(run: Run) -> datetime:
    return datetime.fromtimestamp(run.clock.wall(), UTC).astimezone(PARIS)


def meals(stage: Stage) -> int:
    return int(stage.run.truth.loads["feeder"].cycles)


def is_lit(stage: Stage) -> bool:
    return bool(stage.run.truth.loads["lamp"].fraction)


@pytest.mark.parametrize("is_on", [True, False], ids=["on", "off"])
def test_f120_a_boot_in_1970_and_a_step_of_56_years_change_nothing(is_on: bool):
    async def story(stage: Stage) -> None:
        await stage.run.command("lamp", 1.0, ttl_s=60.0)
        await asyncio.sleep(30.0)
        before = len(stage.run.events)
        set_wall(stage.run, "2026-05-01 22:00")
        stage.run.clock.set_synced(True)
        await asyncio.sleep(20.0)
        news = stage.run.events[before:]
        assert len([event for event in news if isinstance(event, ClockStepped)]) == 1
        assert [event for event in news if isinstance(event, AlertChanged | SafetyActed)] == []
        belief = stage.run.supervisor.readings.believed("warm")
        assert belief.quality is Quality.GOOD
        assert belief.measured_s is not None
        assert stage.now_s - belief.measured_s <= 6.0
        assert is_lit(stage)
        await asyncio.sleep(15.0)
        assert not is_lit(stage), "its minute is no longer and no shorter"
        assert stage.run.truth.loads["lamp"].on_s == pytest.approx(60.0, abs=1.1)
        await asyncio.sleep(900.0)
        assert meals(stage) == 0
        await stage.lives_on()

    def boot(run: Run) -> None:
        run.clock.step_wall(-run.clock.wall())
        run.clock.set_synced(False)

    play(story, is_on=is_on, before=boot, duties=MOST, **DAYS)


def test_f121_a_clock_set_back_by_two_hours_stops_nothing_and_feeds_nobody_again():
    async def story(stage: Stage) -> None:
        await asyncio.sleep(600.0)
        assert meals(stage) == 1
        before = len(stage.run.events)
        stage.run.clock.step_wall(-7200.0)
        await asyncio.sleep(60.0)
        news = stage.run.events[before:]
        assert [event.by_s for event in news if isinstance(event, ClockStepped)] == [pytest.approx(-7200.0)]
        assert [event for event in news if isinstance(event, AlertChanged | SafetyActed)] == []
        assert not is_lit(stage), "it is 07:00 again"
        await asyncio.sleep(1200.0)
        assert abs(stage.temperature_c - TARGET_C) < 1.5
        assert meals(stage) == 1
        stage.run.clock.step_wall(7200.0)
        await asyncio.sleep(1200.0)
        assert meals(stage) == 1
        assert is_lit(stage)
        await stage.healthy_within()

    play(story, before=at("2026-05-01 08:55"), duties=MOST, **DAYS)


@pytest.mark.parametrize(
    ("start", "hours", "fed"),
    [
        ("2026-03-29 01:55", 0.2, 1),  # there is no 02:30; it is fed when that hour would have come
        ("2026-10-25 02:25", 1.2, 1),  # 02:30 comes twice
        ("2028-02-29 02:25", 0.2, 1),
        ("2026-05-01 02:25", 0.2, 1),
    ],
    ids=["spring", "autumn", "leap day", "any day"],
)
def test_f122_each_date_is_fed_once_when_the_clock_changes(start: str, hours: float, fed: int):
    async def story(stage: Stage) -> None:
        await asyncio.sleep(hours * 3600.0)
        assert meals(stage) == fed
        assert stage.alerts() == set()

    play(story, is_on=None, before=at(start), duties=MOST, **DAYS)


@pytest.mark.parametrize("date", ["2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25"])
@pytest.mark.parametrize(("around", "lit"), [("08:00", True), ("20:00", False)], ids=["morning", "evening"])
def test_f122_the_light_follows_the_clock_on_the_wall_before_and_after_the_change(date: str, around: str, lit: bool):
    async def story(stage: Stage) -> None:
        await asyncio.sleep(60.0)
        assert is_lit(stage) is not lit
        while local(stage.run).strftime("%H:%M") < around:
            await asyncio.sleep(10.0)
        await asyncio.sleep(5.0)
        assert is_lit(stage) is lit

    start = (datetime.fromisoformat(f"{date} {around}") - timedelta(minutes=3)).isoformat(" ")
    play(story, is_on=None, before=at(start), duties=MOST, **DAYS)


@pytest.mark.parametrize(
    ("kind", "seed"),
    [
        ("thermostat", 1),
        *(pytest.param(kind, seed, marks=pytest.mark.slow) for kind in ("pid", "thermostat") for seed in (2, 3)),
    ],
)
def test_f124_a_drifting_and_jumping_clock_disturbs_no_warmth_and_feeds_no_date_twice(kind: str, seed: int):
    async def story(stage: Stage) -> None:
        rng = Random(seed)
        fed: list[tuple[str, str]] = []

        def note(event: OutputChanged) -> None:
            if event.device == "feeder" and event.value:
                moment = local(stage.run)
                fed.append((f"{moment:%Y-%m-%d}", "early" if moment.hour < 6 else "late"))

        stage.run.supervisor.bus.subscribe(OutputChanged, note)
        for _ in range(4):
            for _ in range(15):
                await asyncio.sleep(60.0)
                stage.run.clock.step_wall(60.0 * 0.05)
                assert abs(stage.temperature_c - TARGET_C) < 1.6
            stage.run.clock.step_wall(rng.uniform(-4 * 3600.0, 4 * 3600.0))
        assert len(fed) == len(set(fed))

    stage = play(story, kind=kind, seed=seed, before=at("2026-05-01 06:00"), duties=MOST, **DAYS)
    assert stage.trips() == []


@everywhere
def test_f125_after_a_pause_of_ten_minutes_everything_is_doubted_and_armed_anew(sensors: int, is_on: bool):
    async def story(stage: Stage) -> None:
        stage.run.clock.advance(600.0)  # the machine stood still, and so did this program
        stage.mark()
        await stage.heater_off_within(1.0)
        off_s = stage.now_s
        await stage.heating_within(2400.0)  # it was on all the time
        assert stage.now_s - off_s > 5.0, "one good reading proves nothing"
        await stage.lives_on()

    stage = play(story, sensors=sensors, is_on=is_on)
    assert stage.trips() == []
