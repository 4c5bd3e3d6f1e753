"""Section E of the fault catalogue: a disk that is full, broken, slow or full of rubbish, under the whole supervisor.

Power cuts (F094) are in test_faults_power.py, real disks in test_faults_disk_real.py.
"""

import asyncio
import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alimante.core.events import (
    AlertChanged,
    ConditionChanged,
    Level,
    NodeStateChanged,
    ServiceFailed,
    WireStateChanged,
)
from alimante.core.files import RESERVE, DiskFiles
from alimante.core.generations import Generation, decode, encode
from alimante.services.systemd import WATCHDOG
from alimante.simulation.disk import SimDisk
from tests.scenario.faults.stage import TARGET_C, Stage, play, saved_alerts
from tests.scenario.harness import Run

OFF_S, ALERT_S = 35.0, 30.0
STATE = Path("/state")
NODE = STATE / "test"
GENERATIONS = (NODE / "state.0.json", NODE / "state.1.json")

HEATER_ON_AND_OFF = pytest.mark.parametrize("is_on", [True, False], ids=["heater on", "heater off"])


def on(disk: SimDisk) -> dict[str, Any]:
    """What plays a story on `disk`."""

    def connect(run: Run) -> None:
        disk.sleep = run.supervisor.disk.sleep

    return {"files": DiskFiles(disk), "before": connect}


def computer(stage: Stage) -> dict[str, float]:
    """What the computer tells of itself, to be changed."""
    facts: Any = stage.run.supervisor.ports.facts
    return facts.facts


def names(disk: SimDisk, folder: Path = NODE) -> set[str]:
    return set(disk.names(folder))


async def control_goes_on(stage: Stage, *, for_s: float) -> None:
    """The warmth is held, nobody gives up, and the service manager gets its signs of life."""
    run = stage.run
    fed = run.notifier.sent.count(WATCHDOG)
    for _ in range(int(for_s / 10.0)):
        await asyncio.sleep(10.0)
        assert abs(stage.temperature_c - TARGET_C) < 1.6
    assert run.notifier.sent.count(WATCHDOG) - fed >= for_s / 10.0
    assert run.seen(ServiceFailed) == []


async def is_safe_without_its_sensor(stage: Stage) -> None:
    """A second fault, which has nothing to do with the disk, is survived as ever."""
    repair = stage.break_("p1=off")
    await stage.heater_off_within(OFF_S)
    await stage.within(
        OFF_S,
        lambda: stage.run.seen(AlertChanged, component="warm", condition="too_few_sensors"),
        "alert warm/too_few_sensors",
        since_s=stage.broken_s,
    )
    repair()


@HEATER_ON_AND_OFF
def test_f095_on_a_full_disk_control_goes_on_and_the_alert_is_written_with_what_was_kept_in_reserve(is_on: bool):
    disk = SimDisk()

    async def story(stage: Stage) -> None:
        assert RESERVE in names(disk)
        stage.mark()
        disk.fill()
        computer(stage)["disk_free_percent"] = 0.0
        await stage.alert_within("storage", "disk_free_percent", ALERT_S)  # and until it is on the disk
        assert RESERVE not in names(disk)
        await control_goes_on(stage, for_s=300.0)
        await is_safe_without_its_sensor(stage)
        await stage.within(12.0, lambda: ("warm", "too_few_sensors") in saved_alerts(stage.run), "second alert on disk")
        assert not stage.run.seen(AlertChanged, condition="state_not_saved")
        disk.room_bytes = None
        computer(stage)["disk_free_percent"] = 50.0
        await stage.healthy_within()

    play(story, is_on=is_on, **on(disk))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EMFILE], ids=errno.errorcode.get)
@HEATER_ON_AND_OFF
def test_f097_a_disk_that_takes_nothing_costs_the_memory_and_nothing_else(is_on: bool, number: int):
    """F095 without a reserve, F097 (read-only), F104 (no inode, no file left), and a disk that fails."""
    disk = SimDisk()

    async def story(stage: Stage) -> None:
        stage.mark()
        disk.fault = number
        before = {path: disk.read(path) for path in disk.files() if not path.name.startswith(".")}
        await is_safe_without_its_sensor(stage)
        await stage.within(
            ALERT_S, lambda: stage.run.seen(AlertChanged, condition="state_not_saved"), "alert storage/state_not_saved"
        )
        await control_goes_on(stage, for_s=200.0)
        assert {path: disk.read(path) for path in before} == before or number == errno.EIO
        told = stage.run.seen(AlertChanged, component="storage", condition="state_not_saved", state="active")
        assert {event.level for event in told} == {Level.CRITICAL}
        disk.fault = 0
        await stage.healthy_within()
        await stage.within(120.0, lambda: saved_alerts(stage.run), "saved alerts")
        assert not [name for name in names(disk) if name.endswith(".new")]

    play(story, is_on=is_on, **on(disk))


@pytest.mark.parametrize(
    ("fact", "good", "bad"),
    [
        ("disk_inodes_free_percent", 50.0, 0.0),
        ("process_files_percent", 50.0, 97.0),
        ("disk_free_percent", 50.0, 2.0),
        ("disk_read_only", 0.0, 1.0),
    ],
)
def test_f097_f104_a_disk_that_is_read_only_and_what_runs_out_is_told_before_it_is_needed(
    fact: str, good: float, bad: float
):
    async def story(stage: Stage) -> None:
        computer(stage)[fact] = good
        await asyncio.sleep(15.0)
        stage.mark()
        computer(stage)[fact] = bad
        await stage.alert_within("process" if fact.startswith("process") else "storage", fact, ALERT_S)
        await control_goes_on(stage, for_s=60.0)
        computer(stage)[fact] = good
        await stage.healthy_within()

    play(story, **on(SimDisk()))


@HEATER_ON_AND_OFF
def test_f098_a_disk_that_takes_20_s_for_each_sync_holds_up_nothing(is_on: bool):
    disk = SimDisk()

    async def story(stage: Stage) -> None:
        disk.slow_s = 20.0
        saved = stage.run.supervisor.store.written_bytes
        await is_safe_without_its_sensor(stage)
        await stage.within(180.0, lambda: stage.run.supervisor.store.written_bytes > saved, "state on the disk")
        await control_goes_on(stage, for_s=300.0)
        assert not stage.run.seen(AlertChanged, condition="state_not_saved")
        assert not stage.run.seen(WireStateChanged)
        disk.slow_s = 0.0
        await stage.healthy_within()

    play(story, is_on=is_on, **on(disk))


@HEATER_ON_AND_OFF
def test_f098_a_disk_that_never_comes_back_is_told_and_holds_up_nothing(is_on: bool):
    disk = SimDisk()

    async def story(stage: Stage) -> None:
        disk.slow_s = float("inf")
        await is_safe_without_its_sensor(stage)
        await stage.within(
            120.0, lambda: stage.run.seen(AlertChanged, component="storage", condition="disk_slow"), "alert"
        )
        await control_goes_on(stage, for_s=300.0)

    play(story, is_on=is_on, **on(disk))


def spoiled() -> dict[str, Callable[[bytes], bytes]]:
    """Ways in which a saved state turns to rubbish."""
    return {
        "empty": lambda data: b"",
        "zeros": lambda data: bytes(len(data)),
        "cut short": lambda data: data[: len(data) // 2],
        "one bit": lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:],
        "no text": lambda data: b"\xff\xfe" * 4096,
        "deep": lambda data: b"[" * 100_000,
        "another document": lambda data: b'{"version": 1}',
        "another checksum": lambda data: data.replace(b'"sha256":"', b'"sha256":"0'),
    }


@pytest.mark.parametrize("how", spoiled())
def test_f100_with_both_generations_spoiled_it_begins_anew_safely_and_says_so(how: str):
    disk = SimDisk()
    play(_until_saved_twice, **on(disk))
    for path in GENERATIONS:
        disk.put(path, spoiled()[how](disk.read(path)))

    async def story(stage: Stage) -> None:
        assert not stage.is_heating
        await stage.within(10.0, lambda: stage.run.seen(NodeStateChanged, new="running"), "start")
        await stage.heating_within(20.0)
        await stage.within(60.0, lambda: ("storage", "state_unreadable") in saved_alerts(stage.run), "alert on disk")

    play(story, is_on=None, start_c=TARGET_C - 1.0, **on(disk))


JUNK: tuple[Any, ...] = (None, -1, 1e308, "x", [], [[]], {"": {}}, {"heater": {"trips": [{}]}}, True)


@pytest.mark.parametrize("part", ["time", "gate", "control", "alerts", "recovery"])
def test_f100_a_saved_state_that_is_whole_and_means_nothing_harms_only_its_part(part: str):
    """What another version has saved, say: its checksum is right."""
    disk = SimDisk()
    play(_until_saved_twice, **on(disk))
    whole = max((decode(disk.read(path)) for path in GENERATIONS), key=lambda one: one.sequence)
    for junk in (*JUNK[1:], *(dict.fromkeys(whole.sections[part], value) for value in JUNK)):
        spoiled = Generation(whole.sequence + 1, {**whole.sections, part: junk})
        disk.put(GENERATIONS[spoiled.sequence % 2], encode(spoiled))

        async def story(stage: Stage) -> None:
            assert not stage.is_heating
            await asyncio.sleep(20.0)
            conditions = {event.condition for event in stage.run.seen(ConditionChanged)}
            assert stage.is_heating or conditions & {"unreadable", "maintenance"}

        play(story, is_on=None, start_c=TARGET_C - 1.0, **on(disk.copy()))


async def _until_saved_twice(stage: Stage) -> None:
    repair = stage.break_("p1=off")
    await stage.alert_within("warm", "too_few_sensors", OFF_S)
    repair()
    await stage.healthy_within()
    await asyncio.sleep(15.0)


def test_f101_ten_thousand_leftovers_hold_up_neither_the_start_nor_the_saving_of_state():
    disk = SimDisk()
    for number in range(5_000):
        disk.put(STATE / f".starts.json.{number + 10}.new", b"{")
        disk.put(NODE / f".state.0.json.{number + 10}.new", b"{")

    async def story(stage: Stage) -> None:
        await stage.within(5.0, lambda: stage.run.seen(NodeStateChanged, new="running"), "start")
        await is_safe_without_its_sensor(stage)
        await stage.within(12.0, lambda: ("warm", "too_few_sensors") in saved_alerts(stage.run), "alert on disk")
        await stage.within(60.0, lambda: len(disk.files()) <= 3, "tidy folder", since_s=0.0)

    play(story, is_on=None, **on(disk))
