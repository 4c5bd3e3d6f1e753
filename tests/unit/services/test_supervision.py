"""A service that dies is started again so many times; then it stays off, or takes the run with it."""

import asyncio

import pytest
from fakes import heard

from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.component import Lifecycle, Phase
from alimante.core.events import ConditionChanged, Level, ServiceFailed
from alimante.core.states import ComponentState
from alimante.policy.restarts import RestartRules
from alimante.services.supervision import Supervision
from alimante.simulation.virtual_time import run_virtual


class Part:
    """A service whose task does `act(life)`, with the number of its life, from 1."""

    phase = Phase.SERVICES

    def __init__(self, name, tasks, act):
        self.name, self._tasks, self._act = name, tasks, act
        self.lives = 0
        self.born_s = []
        self.start_error = None

    async def start(self):
        self.lives += 1
        self.born_s.append(asyncio.get_running_loop().time())
        if self.start_error is not None and self.lives > 1:
            raise self.start_error
        self._tasks.spawn(self._act(self.lives), name=self.name)

    async def stop(self):
        await self._tasks.cancel()


class Bench:
    def __init__(self, clock):
        self.clock, self.bus, self.gave_up = clock, EventBus(), []
        self.told = heard(self.bus, ConditionChanged)
        self.failed = heard(self.bus, ServiceFailed)
        self.lifecycle = Lifecycle(self.bus)
        self.supervision = Supervision(self.lifecycle, bus=self.bus, clock=clock, give_up=self.gave_up.append)

    def part(self, act, *, name="part", is_critical=False, rules=RestartRules()):  # noqa: B008 - it is frozen
        part = Part(name, self.supervision.tasks(name, is_critical=is_critical, rules=rules), act)
        self.lifecycle.add(part)
        return part

    async def run(self, for_s):
        await self.lifecycle.start()
        await asyncio.sleep(for_s)
        await self.supervision.stop()
        await self.lifecycle.stop()


def play(story):
    clock = ManualClock()

    async def main():
        bench = Bench(clock)
        await story(bench)
        return bench

    return run_virtual(main(), clock)


async def die(life):
    raise ValueError("planted")


async def live(life):
    await asyncio.Event().wait()


async def die_once(life):
    if life == 1:
        raise ValueError("planted")
    await live(life)


def test_f045_a_crash_loop_costs_five_restarts_with_growing_pauses_and_then_the_service_stays_off():
    async def story(bench):
        bench.parts = bench.part(die), bench.part(live, name="other")
        await bench.run(3600)

    bench = play(story)
    part, other = bench.parts
    gaps_s = [round(after - before, 3) for before, after in zip(part.born_s, part.born_s[1:], strict=False)]
    assert gaps_s == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert other.lives == 1
    assert [event.restarts for event in bench.failed] == [1, 2, 3, 4, 5, 5]
    assert [event.level for event in bench.told] == [Level.WARNING, Level.WARNING]
    assert "stays off" in bench.told[-1].text
    assert bench.gave_up == []
    assert bench.lifecycle.states()["part"] is ComponentState.FAILED


def test_a_critical_service_ends_the_run_when_its_budget_is_used_up():
    async def story(bench):
        bench.one = bench.part(die, is_critical=True)
        await bench.run(3600)

    bench = play(story)
    assert bench.one.lives == 6
    assert bench.gave_up == ["part failed: part: ValueError: planted"]
    assert bench.told[-1].level is Level.CRITICAL


def test_a_vital_service_ends_the_run_at_once():
    async def story(bench):
        bench.one = bench.part(die, is_critical=True, rules=RestartRules(limit=0))
        await bench.run(10)

    bench = play(story)
    assert (bench.one.lives, len(bench.gave_up)) == (1, 1)


def test_f046_a_crash_every_61_seconds_for_a_day_never_escalates():
    async def story(bench):
        async def crash(life):
            await asyncio.sleep(61)
            raise ValueError("again")

        bench.one = bench.part(crash, is_critical=True)
        await bench.run(86_400)

    bench = play(story)
    assert bench.gave_up == []
    assert bench.one.lives > 1000
    # The first one seems to be over after half a minute.
    assert [event.level for event in bench.told] == [Level.WARNING, Level.CLEAR, Level.WARNING]


def test_half_a_minute_without_a_failure_after_a_restart_clears_the_warning():
    async def story(bench):
        bench.part(die_once)
        await bench.lifecycle.start()
        await asyncio.sleep(28)
        assert [event.level for event in bench.told] == [Level.WARNING]
        await asyncio.sleep(10)
        assert [event.level for event in bench.told] == [Level.WARNING, Level.CLEAR]
        assert bench.lifecycle.states()["part"] is ComponentState.RUNNING
        await bench.supervision.stop()
        await bench.lifecycle.stop()

    play(story)


@pytest.mark.parametrize(
    "error", [SystemExit(1), KeyboardInterrupt(), asyncio.CancelledError(), MemoryError()], ids=repr
)
def test_f041_whatever_a_task_raises_it_is_contained_and_the_service_started_again(error):
    async def story(bench):
        async def act(life):
            if life == 1:
                await asyncio.sleep(5)
                raise error
            await live(life)

        bench.one = bench.part(act)
        await bench.run(60)

    bench = play(story)
    assert bench.one.lives == 2
    assert len(bench.failed) == 1


def test_a_service_that_cannot_start_again_is_tried_as_often_as_one_that_dies():
    async def story(bench):
        bench.one = bench.part(die, is_critical=True)
        bench.one.start_error = OSError("no such broker")
        await bench.run(3600)

    bench = play(story)
    assert bench.one.lives == 6
    assert bench.gave_up == ["part failed: OSError: no such broker"]


def test_tasks_that_die_together_are_one_failure():
    async def story(bench):
        async def act(life):
            part._tasks.spawn(die(life), name="second")
            raise ValueError("first")

        part = bench.part(act)
        await bench.run(3600)
        bench.one = part

    bench = play(story)
    assert (bench.one.lives, len(bench.failed)) == (6, 6)


def test_what_dies_while_everything_stops_is_not_started_again():
    async def story(bench):
        bench.one = bench.part(die)
        await bench.run(0.5)

    bench = play(story)
    assert bench.one.lives == 1
    assert bench.gave_up == []
