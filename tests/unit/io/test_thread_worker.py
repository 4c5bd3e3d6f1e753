"""A call that hangs in a driver holds its own wire and nothing else."""

import asyncio
import gc
import subprocess
import sys
import threading
import time
import weakref

import pytest
from fakes import until

from alimante.core.clock import SystemClock
from alimante.io.worker import DeadlinePassed, ThreadWorker, WireWedged
from tests.bounds import Lag, least_awaited

SOON_S = 0.2
"""A deadline that a thread on a busy computer has begun its call before, and that no test waits long for."""
LAG_S = 0.02
"""So little may anything else be held up by a call that hangs."""


@pytest.fixture
def told():
    return []


@pytest.fixture
async def wire(told):
    return a_worker("i2c", told)


@pytest.fixture
def hang():
    """A call that hangs until the test ends, or until `hang.set()`."""
    event = threading.Event()
    yield event
    event.set()


def a_worker(wire, told=None, sleep=time.sleep):
    return ThreadWorker(
        wire,
        clock=SystemClock(),
        on_wedged=lambda wedged, reason: told.append((wedged, reason)) if told is not None else None,
        sleep=sleep,
    )


def read(worker, work, deadline_s=5.0):
    return worker.run(work, label="read probe", deadline_s=deadline_s)


async def wedge(worker, hang):
    return await read(worker, hang.wait, SOON_S)


async def heal(worker, hang):
    hang.set()
    await until(lambda: not worker.wedged)


async def test_f027_a_call_that_hangs_ends_at_its_deadline(wire, hang):
    done = await wedge(wire, hang)
    assert isinstance(done.error, DeadlinePassed)
    assert done.error.started is True
    assert "read probe: has not come back within 0.2 s" in str(done.error)


async def test_a_wedged_wire_is_told_once_and_its_healing_once(wire, hang, told):
    await wedge(wire, hang)
    await read(wire, lambda: 1)
    assert [wedged for wedged, _ in told] == [True]
    assert "read probe has not come back" in told[0][1]
    await heal(wire, hang)
    assert [wedged for wedged, _ in told] == [True, False]
    assert "came back late" in told[1][1]


async def test_later_callers_of_a_wedged_wire_are_refused_at_once(wire, hang):
    await wedge(wire, hang)
    answers = []
    wire.submit(lambda: 1, answers.append, label="write heater", deadline_s=60.0)
    assert isinstance(answers[0].error, WireWedged)
    assert "write heater" in str(answers[0].error)
    assert "i2c" in str(answers[0].error)


async def test_a_late_result_is_counted_thrown_away_and_clears_the_mark(wire, hang):
    answers = []
    wire.submit(lambda: hang.wait() and "late", answers.append, label="read probe", deadline_s=SOON_S)
    await until(lambda: answers)
    await heal(wire, hang)
    assert wire.late == 1
    assert [type(answer.error) for answer in answers] == [DeadlinePassed]
    assert (await read(wire, lambda: "fresh")).value == "fresh"


async def test_f027_other_wires_and_the_loop_lose_nothing_while_one_hangs(hang):
    other = a_worker("gpio")

    async def longest_s():
        """A call of the other wire or a turn of the loop, while a wire hangs."""
        hanging = asyncio.ensure_future(read(a_worker("i2c"), hang.wait, 0.2))
        slowest_s, turns = 0.0, 0
        async with Lag() as lag:
            while not hanging.done():
                before_s = time.monotonic()
                assert (await read(other, lambda: 7)).value == 7
                slowest_s = max(slowest_s, time.monotonic() - before_s)
                turns += 1
        assert turns > 20
        return max(slowest_s, lag.worst_s)

    assert await least_awaited(LAG_S, longest_s, count=10) < LAG_S
    assert other.wedged is False


async def test_a_loop_that_is_blocked_each_time_would_be_seen():
    async def longest_s():
        async with Lag() as lag:
            time.sleep(2 * LAG_S)  # noqa: ASYNC251 - the defect
        return lag.worst_s

    assert await least_awaited(LAG_S, longest_s) >= LAG_S


async def test_work_behind_a_hanging_call_is_done_when_the_call_comes_back_in_time(wire, hang):
    first = asyncio.ensure_future(read(wire, hang.wait))
    second = asyncio.ensure_future(read(wire, lambda: 2))
    await asyncio.sleep(0)
    hang.set()
    assert (await first).value is True
    assert (await second).value == 2


async def test_sleep_is_what_the_worker_was_given():
    slept = []
    worker = a_worker("i2c", sleep=slept.append)
    await read(worker, lambda: worker.sleep(0.5))
    assert slept == [0.5]


async def test_the_thread_does_not_keep_the_last_result_alive(wire):
    class Frame:
        pass

    done = await read(wire, Frame)
    frame = weakref.ref(done.value)
    await read(wire, lambda: None)  # the thread has gone on
    del done
    gc.collect()
    assert frame() is None


async def test_a_closed_worker_ends_its_thread_after_what_was_asked_before():
    worker = a_worker("closing")
    thread = next(thread for thread in threading.enumerate() if thread.name == "wire-closing")
    last = asyncio.ensure_future(read(worker, lambda: "last"))
    await asyncio.sleep(0)
    worker.close()
    assert (await last).value == "last"
    await asyncio.to_thread(thread.join, 5)
    assert not thread.is_alive()


async def test_a_driver_that_sets_up_a_thousand_results_at_once_gets_them_all_told(wire, hang):
    """One wake-up of the loop serves many results; none may be left lying."""
    answers = []
    wire.submit(hang.wait, answers.append, label="gate", deadline_s=5.0)
    for n in range(1000):
        wire.submit(lambda n=n: n, answers.append, label="read", deadline_s=5.0)
    hang.set()
    await until(lambda: len(answers) == 1001)
    assert [answer.value for answer in answers[1:]] == list(range(1000))


def test_a_result_after_the_end_of_the_loop_hurts_nobody(hang):
    answers = []

    def late():
        hang.wait()
        return "late"

    async def main():
        worker = a_worker("late")
        worker.submit(late, answers.append, label="read", deadline_s=60.0)
        worker.close()

    asyncio.run(main())
    thread = next(thread for thread in threading.enumerate() if thread.name == "wire-late")
    hang.set()
    thread.join(5.0)
    assert not thread.is_alive()
    assert answers == []


HUNG = """
import asyncio, threading
from alimante.core.clock import SystemClock
from alimante.io.worker import ThreadWorker

async def main():
    worker = ThreadWorker("i2c", clock=SystemClock(), on_wedged=lambda *told: None, sleep=lambda s: None)
    done = await worker.run(threading.Event().wait, label="read", deadline_s=0.01)
    print(done.error, flush=True)

asyncio.run(main())
"""


@pytest.mark.real
def test_a_process_with_a_hanging_wire_ends_at_once():
    process = subprocess.run([sys.executable, "-c", HUNG], capture_output=True, text=True, timeout=10, check=True)
    assert process.stdout == "read: has not come back within 0.01 s\n"
    assert process.stderr == ""
