"""Section H of the fault catalogue: the process, its memory, its tasks and the computer, under the whole supervisor.

Faults that need real processes are in test_process_guard.py (F127, F128) and test_process_starts.py (F139, F140).
"""

import asyncio
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from alimante.app import GaveUp
from alimante.core.events import AlertChanged, ConditionChanged, Level, Outcome, ServiceFailed
from alimante.services.periodic import recur
from alimante.services.systemd import WATCHDOG
from hardware import registry
from tests.scenario.faults.stage import SWITCH, TARGET_C, WIRES, Stage, everywhere, play
from tests.scenario.test_process import Process
from tests.scenario.test_process_guard import ENDED_WITHIN_S, SAFE_WITHIN_S, Bench, config_with_real_heater

OFF_S = 35.0
each_state = pytest.mark.parametrize("is_on", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["on", "off"])
ENDS_S = 25.0 - 15.0 - 2.0
"""By then the watchdog was fed for the last time: the service manager's patience and its pause are part of 25 s."""
FAN: dict[str, Any] = {"mister": {**SWITCH, "pin": 23, "role": "other"}}


def computer(stage: Stage) -> dict[str, float]:
    """What the computer tells of itself, to be changed."""
    facts: Any = stage.run.supervisor.ports.facts
    return facts.facts


def fed(stage: Stage) -> int:
    return stage.run.notifier.sent.count(WATCHDOG)


async def freeze(name: str) -> Callable[[], None]:
    """Let the task `name` wait for ever for what it waits for now: it is neither dead nor done. Returns the undo."""
    task: Any = next(task for task in asyncio.all_tasks() if task.get_name() == name)
    while task._fut_waiter is None or task._fut_waiter.done():
        await asyncio.sleep(0.01)
    recurring = looks_of(task)
    if recurring is not None:  # what it does is done by timers
        recurring["handle"].cancel()
        return cast("Callable[[], None]", recurring["be_due"])
    awaited, callbacks = task._fut_waiter, list(task._fut_waiter._callbacks)
    for callback, _ in callbacks:
        awaited.remove_done_callback(callback)

    def thaw() -> None:
        for callback, _ in callbacks:
            awaited.add_done_callback(callback)

    return thaw


def looks_of(task: asyncio.Task[Any]) -> dict[str, Any] | None:
    """The variables of `recur` if the task waits in it: its timer, and what the timer calls."""
    waits: Any = task.get_coro()
    while waits is not None and getattr(waits, "cr_code", None) is not recur.__code__:
        waits = getattr(waits, "cr_await", None)
    return None if waits is None else dict(waits.cr_frame.f_locals)


async def resolved_within(stage: Stage, component: str, condition: str, seconds: float) -> None:
    await stage.within(
        seconds,
        lambda: stage.run.seen(AlertChanged, component=component, condition=condition, state="resolved"),
        f"end of {component}/{condition}",
        since_s=stage.repaired_s,
    )


HANGING_SHELL = """
import signal
import time

signal.signal(signal.SIGUSR1, lambda *given: time.sleep(3600))
"""
"""Makes a signal hang the main thread, and with it the event loop, while all other threads live."""


@pytest.fixture
def hanging_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    folder = tmp_path / "planted"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(HANGING_SHELL)
    monkeypatch.setenv("PYTHONPATH", str(folder))

    def start(bench: Bench) -> None:
        config = config_with_real_heater(bench.folder / "pwm")
        bench.running = Process(bench.folder, {**config, "recovery": {"process": {"guard_after_s": 3}}})

    monkeypatch.setattr(Bench, "start", start)
    bench = Bench(tmp_path)
    yield bench
    bench.end()


@pytest.mark.real
def test_f131_a_loop_that_hangs_is_ended_by_the_guard_and_its_heater_turned_off(hanging_bench: Bench):
    hanging_bench.heat()
    hanging_bench.running.process.send_signal(signal.SIGUSR1)
    assert hanging_bench.seconds_until(lambda: hanging_bench.duty_ns() == 0) < SAFE_WITHIN_S
    assert hanging_bench.running.process.wait(ENDED_WITHIN_S - SAFE_WITHIN_S) == -signal.SIGKILL


def test_f131_a_gate_that_waits_for_ever_gives_no_sign_of_life_to_anybody():
    async def story(stage: Stage) -> None:
        supervisor, beats_s = stage.run.supervisor, []
        supervisor.ports = replace(supervisor.ports, beat=lambda: beats_s.append(stage.now_s))
        await asyncio.sleep(5.0)
        assert len(beats_s) >= 4
        stage.oracle.broken.add("heater")  # only the guard and the service manager can help now
        thaw = await freeze("outputs")
        hung_s, before = stage.now_s, fed(stage)
        await asyncio.sleep(60.0)
        assert beats_s[-1] <= hung_s
        assert fed(stage) == before
        thaw()

    play(story)


@pytest.mark.parametrize(
    ("task", "within_s"), [("outputs", ENDS_S), ("control", ENDS_S), ("health", 25.0), ("poll p1", 25.0)]
)
def test_f132_the_watchdog_starves_while_one_critical_task_hangs_and_the_loop_is_fine(task: str, within_s: float):
    """Of the two whose work makes heat at once, so soon that the process is ended 25 s after the beginning."""

    async def story(stage: Stage) -> None:
        await asyncio.sleep(30.0)
        before = fed(stage)
        await asyncio.sleep(30.0)
        assert fed(stage) - before >= 10
        stage.oracle.broken.add("heater")
        thaw = await freeze(task)
        await asyncio.sleep(within_s)
        before = fed(stage)
        await asyncio.sleep(120.0)
        assert fed(stage) == before
        thaw()

    play(story)


@pytest.mark.parametrize("task", ["readings", "groups", "monitoring", "alerts", "recovery", "state", "time"])
def test_f132_of_tasks_that_safety_does_not_need_none_keeps_the_heat_on_when_it_hangs(task: str):
    async def story(stage: Stage) -> None:
        thaw = await freeze(task)
        await asyncio.sleep(30.0)
        stage.break_("p1=off")
        await stage.heater_off_within(OFF_S)
        thaw()

    play(story)


@pytest.mark.parametrize("error", [RuntimeError("planted"), RecursionError("planted"), SystemExit("planted")], ids=repr)
@everywhere
def test_f130_an_exception_in_the_main_task_ends_the_run_with_the_heat_off_within_two_seconds(
    sensors: int, is_on: bool, error: BaseException, mocker: Any
):
    """What it ends in, exit code 70, is asked of a real process in test_process_guard.py."""
    stages: list[Stage] = []

    async def story(stage: Stage) -> None:
        stages.append(stage)
        mocker.patch.object(stage.run.supervisor.gate, "tick", side_effect=error)
        stage.mark()
        await asyncio.sleep(3600.0)

    with pytest.raises(GaveUp, match="planted"):
        play(story, sensors=sensors, is_on=is_on)
    (stage,) = stages
    assert stage.now_s - stage.broken_s <= 2.0
    assert [name for name, load in stage.run.truth.loads.items() if load.fraction and load.role != "cutoff"] == []


def test_f133_a_leak_is_a_warning_and_then_a_planned_end_with_the_outputs_safe():
    stages: list[Stage] = []

    async def story(stage: Stage) -> None:
        stages.append(stage)
        for percent in range(50, 100):
            computer(stage)["process_memory_percent"] = float(percent)
            await asyncio.sleep(60.0)
            if percent == 72:
                assert ("process", "process_memory_percent") in stage.alerts()
                assert abs(stage.temperature_c - TARGET_C) < 1.0

    with pytest.raises(GaveUp, match="memory"):
        play(story)
    (stage,) = stages
    assert 85.0 <= computer(stage)["process_memory_percent"] < 90.0
    assert not stage.is_heating
    assert stage.run.seen(ServiceFailed) == []


@each_state
def test_f137_while_reads_hang_outputs_are_served_and_four_that_hang_end_the_run(is_on: bool):
    stages: list[Stage] = []

    async def story(stage: Stage) -> None:
        stages.append(stage)
        stage.break_("p1=hang")
        await stage.heater_off_within(OFF_S)
        await stage.alert_within("probes", "stuck", 60.0)
        assert await stage.run.command("mister", 1.0) is Outcome.APPLIED
        assert stage.run.truth.loads["mister"].fraction == 1.0
        await asyncio.sleep(3600.0)

    with pytest.raises(GaveUp, match="does not come back"):
        play(story, is_on=is_on, devices=FAN)
    (stage,) = stages
    workers = stage.run.supervisor.workers.values()
    assert sum(worker.given_up + worker.wedged for worker in workers) == 4
    assert stage.now_s - stage.broken_s <= 60.0
    assert not stage.is_heating
    assert stage.run.truth.loads["mister"].fraction == 0.0


@pytest.mark.parametrize("fact", ["under_voltage", "throttled", "frequency_capped", "soft_temperature_limit"])
def test_f142_a_power_supply_that_is_too_weak_is_told_ends_nothing_and_is_over_when_it_is_over(fact: str):
    async def story(stage: Stage) -> None:
        stage.broken_s = stage.now_s
        computer(stage)[fact] = 1.0
        await stage.alert_within("system", fact, 30.0)
        await asyncio.sleep(600.0)
        assert abs(stage.temperature_c - TARGET_C) < 1.0
        assert {event.level for event in stage.run.seen(ConditionChanged, condition=fact)} == {Level.WARNING}
        computer(stage)[fact] = 0.0
        stage.repaired_s = stage.now_s
        await stage.healthy_within()
        await resolved_within(stage, "system", fact, 360.0)

    play(story)


@each_state
def test_f143_a_hot_processor_is_a_warning_at_85_degrees_and_critical_at_90(is_on: bool):
    async def story(stage: Stage) -> None:
        for celsius, level in ((84.0, None), (86.0, Level.WARNING), (91.0, Level.CRITICAL)):
            computer(stage)["soc_temperature_c"] = celsius
            await asyncio.sleep(60.0)
            told = stage.run.seen(AlertChanged, component="system", condition="soc_temperature_c")
            assert (told[-1].level if told else None) is level
        assert abs(stage.temperature_c - TARGET_C) < 1.0
        computer(stage)["soc_temperature_c"] = 60.0
        stage.repaired_s = stage.now_s
        await stage.healthy_within()
        await resolved_within(stage, "system", "soc_temperature_c", 360.0)

    play(story, is_on=is_on)


@pytest.fixture
def broken_driver(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The module of the driver bh1750 can no longer be imported."""
    whole = registry.import_module

    def import_module(name: str) -> Any:
        if name == "hardware.drivers.bh1750":
            raise ImportError("planted: cannot import name 'removed_in_this_version'")
        return whole(name)

    monkeypatch.setattr(registry, "import_module", import_module)
    registry.get.cache_clear()
    yield
    registry.get.cache_clear()


@pytest.mark.usefixtures("broken_driver")
def test_f145_a_driver_that_cannot_be_imported_is_disabled_and_told_and_the_rest_runs():
    async def story(stage: Stage) -> None:
        await asyncio.sleep(60.0)
        report = stage.run.supervisor.status.device("brightness")
        assert report["state"] == "disabled"
        assert "removed_in_this_version" in report["reason"]
        assert "brightness" in {component for component, _ in stage.alerts()}
        assert stage.health == "WARNING"
        assert abs(stage.temperature_c - TARGET_C) < 1.0

    play(story, devices={"brightness": {"driver": "bh1750", "wire": "bus", "address": "0x23", "zone": "warm"}})


def test_f146_with_real_wires_and_no_watchdog_it_runs_and_says_that_nobody_watches(tmp_path: Path):
    wires = {**WIRES, "mains": {"kind": "pwm", "backend": "linux", "root": str(tmp_path)}}

    async def story(stage: Stage) -> None:
        await asyncio.sleep(300.0)
        (told,) = stage.run.seen(ConditionChanged, component="watchdog", condition="no_watchdog")
        assert told.level is Level.WARNING
        assert ("watchdog", "no_watchdog") in stage.alerts()
        assert abs(stage.temperature_c - TARGET_C) < 1.0

    play(story, wires=wires)
