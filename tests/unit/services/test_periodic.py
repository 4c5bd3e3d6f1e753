"""A thing done again and again, until it is stopped or fails."""

import asyncio

import pytest

from alimante.core.component import Phase
from alimante.core.tasks import Tasks
from alimante.services.periodic import Periodic
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
