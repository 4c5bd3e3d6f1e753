"""A thing done again and again, until it is stopped or fails."""

import asyncio

import pytest

from alimante.core.component import Phase
from alimante.core.tasks import Tasks
from alimante.services.periodic import Periodic, recur
from alimante.simulation.virtual_time import run_virtual


def test_the_action_is_called_each_period_first_after_one(clock):
    calls = []

    async def main():
        begun_s = clock.mono()
        tasks = Tasks(lambda *death: pytest.fail(str(death)))
        action = lambda: calls.append(clock.mono() - begun_s)  # noqa: E731 - it must know when it began
        periodic = Periodic("status", Phase.SERVICES, action, every_s=30.0, tasks=tasks)
        await periodic.start()
        await asyncio.sleep(100.0)
        await periodic.stop()
        await asyncio.sleep(100.0)

    run_virtual(main(), clock)
    assert calls == pytest.approx([30.0, 60.0, 90.0])


def test_an_action_that_fails_is_told_by_the_periodics_name_and_ends(clock):
    deaths = []

    async def main():
        periodic = Periodic("plant", Phase.WIRES, lambda: 1 / 0, every_s=0.5, tasks=Tasks(lambda *d: deaths.append(d)))
        await periodic.start()
        await asyncio.sleep(10.0)
        await periodic.stop()

    run_virtual(main(), clock)
    assert [(name, type(error)) for name, error in deaths] == [("plant", ZeroDivisionError)]


@pytest.mark.parametrize("error", [SystemExit, StopIteration, asyncio.CancelledError])
def test_whatever_a_look_raises_ends_the_task_and_the_looks(clock, error):
    deaths, looks = [], []

    def look():
        looks.append(clock.mono())
        raise error

    async def main():
        tasks = Tasks(lambda *death: deaths.append(death))
        tasks.spawn(recur(look, first_s=1.0), name="look")
        await asyncio.sleep(10.0)
        await tasks.cancel()

    run_virtual(main(), clock)
    assert len(looks) == len(deaths) == 1


def test_each_look_says_when_the_next_one_is(clock):
    waits_s, looks_s = [0.0, 3.0, 1.0, 100.0], []

    def look():
        looks_s.append(clock.mono() - begun_s)
        return waits_s.pop(0)

    async def main():
        tasks = Tasks(lambda *death: pytest.fail(str(death)))
        tasks.spawn(recur(look, first_s=2.0), name="look")
        await asyncio.sleep(50.0)
        await tasks.cancel()
        await asyncio.sleep(1000.0)

    begun_s = clock.mono()
    run_virtual(main(), clock)
    assert looks_s == pytest.approx([2.0, 2.0, 5.0, 6.0])


def test_a_look_that_is_due_while_its_task_is_cancelled_is_not_made(clock):
    looks = []

    async def main():
        task = asyncio.create_task(recur(lambda: looks.append(clock.mono()) or 1.0, first_s=1.0))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(1.0, task.cancel)
        await asyncio.sleep(10.0)
        assert task.cancelled()

    run_virtual(main(), clock)
    assert looks == []
