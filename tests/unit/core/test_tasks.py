"""A task that fails is told of; one that is cancelled is not."""

import asyncio

import pytest

from alimante.core.tasks import Tasks


@pytest.fixture
def failures():
    return []


@pytest.fixture
def tasks(failures):
    return Tasks(lambda name, error: failures.append((name, str(error))))


async def fail(text):
    raise ValueError(text)


async def wait_for_ever():
    await asyncio.Event().wait()


async def turn():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_failing_task_is_told_once_by_name(tasks, failures):
    tasks.spawn(fail("no"), name="poll probe")
    await turn()
    assert failures == [("poll probe", "no")]
    await tasks.cancel()
    assert failures == [("poll probe", "no")]


async def test_a_task_that_ends_well_is_not_told(tasks, failures):
    tasks.spawn(asyncio.sleep(0), name="short")
    await turn()
    assert failures == []


async def test_cancelling_ends_all_in_silence(tasks, failures):
    ended = []

    async def work(name):
        try:
            await wait_for_ever()
        finally:
            ended.append(name)

    for name in ("a", "b"):
        tasks.spawn(work(name), name=name)
    await turn()
    await tasks.cancel()
    assert sorted(ended) == ["a", "b"]
    assert failures == []


async def test_a_task_that_fails_while_it_is_cancelled_is_told_and_does_not_keep_others(tasks, failures):
    async def clumsy():
        try:
            await wait_for_ever()
        finally:
            raise OSError("cannot tidy up")

    tasks.spawn(clumsy(), name="clumsy")
    tasks.spawn(wait_for_ever(), name="fine")
    await turn()
    await tasks.cancel()
    await turn()
    assert failures == [("clumsy", "cannot tidy up")]


async def test_one_failure_leaves_the_other_tasks_running(tasks, failures):
    going = asyncio.Event()

    async def later():
        await going.wait()
        failures.append("later ran")

    tasks.spawn(fail("no"), name="bad")
    tasks.spawn(later(), name="good")
    await turn()
    going.set()
    await turn()
    assert failures == [("bad", "no"), "later ran"]


async def test_new_tasks_can_be_spawned_after_a_cancel(tasks, failures):
    tasks.spawn(wait_for_ever(), name="a")
    await tasks.cancel()
    tasks.spawn(fail("second life"), name="b")
    await turn()
    assert failures == [("b", "second life")]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt("no")], ids=repr)
async def test_f041_a_task_that_wants_to_exit_does_not_end_the_loop(tasks, failures, error):
    async def leave():
        raise error

    tasks.spawn(leave(), name="rude")
    await turn()
    assert [name for name, _ in failures] == ["rude"]
    assert type(error).__name__ in failures[0][1]


async def test_a_task_that_somebody_else_cancels_is_a_failure(tasks, failures):
    found = []

    async def find():
        found.append(asyncio.current_task())
        await wait_for_ever()

    tasks.spawn(find(), name="victim")
    await turn()
    found[0].cancel()
    await turn()
    assert failures == [("victim", "somebody cancelled it")]
