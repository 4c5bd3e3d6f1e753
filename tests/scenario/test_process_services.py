"""Each service of the real supervisor dies, hangs or blocks, in virtual time; the true heater tells who was hurt."""

import asyncio
from typing import Any

import pytest

from alimante.app import GaveUp
from alimante.core.events import ConditionChanged, Level, ServiceFailed
from alimante.core.states import ComponentState
from alimante.services.systemd import WATCHDOG
from tests.scenario.harness import HEATER, READY_S, Run, config_of, run_supervisor


def task_of(name: str) -> "asyncio.Task[Any]":
    return next(task for task in asyncio.all_tasks() if task.get_name() == name)


@pytest.mark.parametrize(
    ("component", "task"),
    [
        ("polling", "poll warm_probe"),
        ("control", "control"),
        ("readings", "readings"),
        ("health", "health"),
        ("state", "state"),
        ("monitoring", "monitoring"),
        ("time", "time"),
        ("alerts", "alerts"),
    ],
)
def test_a_service_whose_task_is_cancelled_is_running_again_within_seconds(component: str, task: str):
    async def story(run: Run) -> None:
        await asyncio.sleep(60)
        task_of(task).cancel()
        await asyncio.sleep(10)
        assert run.supervisor.lifecycle.states()[component] is ComponentState.RUNNING
        assert not task_of(task).done()
        await asyncio.sleep(120)
        assert not run.supervisor.health.late()
        reading = run.supervisor.readings.believed("warm_probe.temperature")
        assert reading.quality.value == "good"

    run = run_supervisor(config_of(heater=HEATER), story)
    assert [event.service for event in run.seen(ServiceFailed)] == [component]
    assert run.seen(ConditionChanged, condition="service_failed")[0].level is Level.WARNING


@pytest.mark.parametrize("error", [RuntimeError("planted"), MemoryError("planted"), SystemExit("planted")], ids=repr)
def test_f130_f134_a_gate_that_fails_ends_the_run_with_the_heater_off_within_two_seconds(
    mocker: Any, error: BaseException
):
    async def story(run: Run) -> None:
        runs.append(run)
        await asyncio.sleep(READY_S)
        await run.command("heater", 1.0)
        assert run.truth.loads["heater"].heat_w > 0
        mocker.patch.object(run.supervisor.gate, "tick", side_effect=error)
        began_s.append(run.clock.mono())
        await asyncio.sleep(3600)

    runs: list[Run] = []
    began_s: list[float] = []
    with pytest.raises(GaveUp, match=r"outputs failed: outputs: \w+: .*planted"):
        run_supervisor(config_of(heater=HEATER), story)
    assert runs[0].truth.loads["heater"].heat_w == 0
    assert runs[0].clock.mono() - began_s[0] <= 1.0 + 2.0


def fed(run: Run) -> int:
    return run.notifier.sent.count(WATCHDOG)


def test_f132_while_control_hangs_and_the_loop_is_fine_the_watchdog_is_not_fed(mocker: Any):
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        assert fed(run) > 0

        async def hang() -> None:
            await asyncio.Event().wait()

        mocker.patch.object(run.supervisor.control, "_run", hang)
        await run.supervisor.lifecycle.fail("control", "planted")
        await run.supervisor.lifecycle.revive("control")
        await asyncio.sleep(5.0)
        before = fed(run)
        await asyncio.sleep(300)
        assert fed(run) == before

    run = run_supervisor(config_of(heater=HEATER), story)
    (told,) = run.seen(ConditionChanged, condition="not_fed", level=Level.CRITICAL)
    assert "control" in told.text


def test_f044_a_loop_that_is_blocked_for_three_seconds_is_a_warning():
    async def story(run: Run) -> None:
        await asyncio.sleep(60)
        run.clock.advance(3.5)
        await asyncio.sleep(30)

    run = run_supervisor(config_of(heater=HEATER), story)
    (told,) = run.seen(ConditionChanged, condition="loop_lag")
    assert told.level is Level.WARNING


def test_a_planned_exit_leaves_the_outputs_safe_and_says_why():
    async def story(run: Run) -> None:
        runs.append(run)
        await asyncio.sleep(READY_S)
        await run.command("heater", 1.0)
        run.supervisor.ending.request_exit("the bus is stuck")
        run.supervisor.ending.request_exit("a second reason changes nothing")
        await asyncio.sleep(3600)

    runs: list[Run] = []
    with pytest.raises(GaveUp, match="the bus is stuck"):
        run_supervisor(config_of(heater=HEATER), story)
    assert runs[0].truth.loads["heater"].heat_w == 0
