"""In virtual time a driver's sleep occupies its wire as a real one would, and takes no time of ours."""

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.core.clock import ManualClock
from alimante.io.worker import DeadlinePassed, InlineWorker, Priority, WireWedged
from alimante.simulation.virtual_time import RESOLUTION_S, Stuck, run_virtual


@pytest.fixture
def told():
    return []


@pytest.fixture
def virtual(clock, told):
    """Runs `main(worker)` in virtual time."""

    def virtual(main):
        async def with_worker():
            return await main(InlineWorker("i2c", clock=clock, on_wedged=lambda *change: told.append(change[0])))

        return run_virtual(with_worker(), clock)

    return virtual


def read(worker, work, deadline_s=5.0, **named):
    return worker.run(work, label="read", deadline_s=deadline_s, **named)


def test_a_sleep_makes_the_result_come_so_much_later(virtual, clock):
    async def main(worker):
        begun_s = clock.mono()
        done = await read(worker, lambda: worker.sleep(0.75))
        assert clock.mono() - begun_s == pytest.approx(0.75)
        assert done.started_s == begun_s

    virtual(main)


def test_all_sleeps_of_one_call_count(virtual, clock):
    async def main(worker):
        begun_s = clock.mono()
        await read(worker, lambda: [worker.sleep(0.1) for _ in range(5)])
        assert clock.mono() - begun_s == pytest.approx(0.5)

    virtual(main)


def test_the_wire_is_occupied_meanwhile(virtual, clock):
    async def main(worker):
        begun_s = clock.mono()
        starts = await asyncio.gather(*[read(worker, lambda: worker.sleep(0.5)) for _ in range(3)])
        assert [done.started_s - begun_s for done in starts] == pytest.approx([0.0, 0.5, 1.0])

    virtual(main)


def test_an_error_after_a_sleep_comes_after_the_sleep(virtual, clock):
    def slow_failure(worker):
        worker.sleep(0.5)
        raise ValueError("late trouble")

    async def main(worker):
        begun_s = clock.mono()
        done = await read(worker, lambda: slow_failure(worker))
        assert "late trouble" in str(done.error)
        assert clock.mono() - begun_s == pytest.approx(0.5)

    virtual(main)


def test_f027_an_endless_sleep_hangs_the_wire_for_ever(virtual, clock, told):
    async def main(worker):
        begun_s = clock.mono()
        hung = await read(worker, lambda: worker.sleep(math.inf), 2.0)
        assert isinstance(hung.error, DeadlinePassed)
        assert hung.error.started
        assert clock.mono() - begun_s == pytest.approx(2.0)
        await asyncio.sleep(1e6)
        assert isinstance((await read(worker, lambda: 1)).error, WireWedged)

    virtual(main)
    assert told == [True]


def test_a_long_sleep_wedges_the_wire_until_its_late_result(virtual, told):
    async def main(worker):
        hung = await read(worker, lambda: worker.sleep(10.0), 2.0)
        assert hung.error.started
        assert worker.wedged
        await asyncio.sleep(8.5)
        assert not worker.wedged
        assert worker.late == 1
        assert (await read(worker, lambda: 1)).value == 1

    virtual(main)
    assert told == [True, False]


def test_what_waited_behind_a_late_result_and_has_expired_never_starts(virtual):
    async def main(worker):
        ran = []
        first = asyncio.ensure_future(read(worker, lambda: worker.sleep(3.0), 2.0))
        await asyncio.sleep(0)
        behind = await read(worker, lambda: ran.append(1), 1.0, priority=Priority.URGENT)
        assert behind.error.started is False
        await first
        await asyncio.sleep(5.0)
        assert ran == []

    virtual(main)


@given(st.lists(st.tuples(st.floats(0.0, 3.0), st.floats(0.001, 5.0), st.floats(0.0, 1.0)), max_size=25))
def test_every_job_that_does_not_finish_in_time_expires_at_its_moment(jobs):
    """Jobs come after a pause, have a deadline and take a while; the model is a timer for each."""
    clock, late = ManualClock(), []

    async def main():
        worker = InlineWorker("i2c", clock=clock, on_wedged=lambda *change: None)
        told = []
        for pause_s, deadline_s, takes_s in jobs:
            await asyncio.sleep(pause_s)
            due_s, refused = clock.mono() + deadline_s, worker.wedged
            answers = []
            told.append(answers)

            def tell(done, answers=answers, due_s=due_s, refused=refused):
                answers.append(done)
                if isinstance(done.error, DeadlinePassed):
                    late.append((clock.mono(), due_s))
                else:
                    assert clock.mono() <= due_s + RESOLUTION_S
                    assert isinstance(done.error, WireWedged) is refused

            worker.submit(lambda s=takes_s: worker.sleep(s), tell, label="read", deadline_s=deadline_s)
        await asyncio.sleep(30.0)
        assert [len(answers) for answers in told] == [1] * len(jobs)
        assert worker._deadlines == []
        assert worker._timer is None

    run_virtual(main(), clock)
    assert [at_s for at_s, _ in late] == pytest.approx([due_s for _, due_s in late], abs=RESOLUTION_S)


def test_one_timer_is_enough_for_any_number_of_jobs(virtual):
    async def main(worker):
        loop = asyncio.get_running_loop()
        for _ in range(100):
            await read(worker, lambda: worker.sleep(0.1), deadline_s=50.0)
        assert len([call for _, _, call in loop._timers if not call.cancelled()]) == 1
        assert worker._deadlines == []

    virtual(main)


def test_an_answer_that_fails_holds_no_other_deadline_up(virtual, clock):
    async def main(worker):
        begun_s, expired_s = clock.mono(), []

        def fail(done):
            raise ValueError("a defect")

        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        worker.submit(lambda: worker.sleep(math.inf), fail, label="read", deadline_s=1.0)
        worker.submit(lambda: None, fail, label="read", deadline_s=1.0)
        worker.submit(lambda: None, lambda done: expired_s.append(clock.mono()), label="read", deadline_s=1.0)
        await asyncio.sleep(2.0)
        assert expired_s == pytest.approx([begun_s + 1.0])

    virtual(main)


def test_a_thousand_queued_jobs_do_not_recurse(virtual):
    async def main(worker):
        first = asyncio.ensure_future(read(worker, lambda: worker.sleep(0.1)))
        await asyncio.sleep(0)
        order = []
        waiting = [asyncio.ensure_future(read(worker, lambda n=n: order.append(n))) for n in range(1000)]
        await asyncio.gather(first, *waiting)
        assert order == list(range(1000))

    virtual(main)


def test_a_thousand_jobs_that_each_ask_for_the_next_do_not_recurse(virtual):
    async def main(worker):
        done = asyncio.Event()
        left = [1000]

        def again(result):
            left[0] -= 1
            if left[0]:
                worker.submit(lambda: None, again, label="next", deadline_s=1.0)
            else:
                done.set()

        worker.submit(lambda: None, again, label="first", deadline_s=1.0)
        await done.wait()

    virtual(main)


def test_work_that_submits_work_has_it_run_after_itself(virtual):
    async def main(worker):
        order = []
        done = asyncio.Event()

        def outer():
            worker.submit(lambda: order.append("inner"), lambda result: done.set(), label="b", deadline_s=1.0)
            order.append("outer")

        await read(worker, outer)
        await done.wait()
        assert order == ["outer", "inner"]

    virtual(main)


def test_the_same_run_twice_is_the_same_run():
    def once():
        clock, trace = ManualClock(), []

        async def main():
            worker = InlineWorker("i2c", clock=clock, on_wedged=lambda *told: None)

            async def reader(n):
                for _ in range(5):
                    done = await read(worker, lambda: worker.sleep(0.1 * n), 0.5)
                    trace.append((n, clock.mono(), str(done.error)))

            await asyncio.gather(*[reader(n) for n in range(6)])

        run_virtual(main(), clock)
        return trace

    assert once() == once()


def test_virtual_time_names_a_program_that_would_wait_for_ever(clock):
    async def main():
        await asyncio.Event().wait()

    with pytest.raises(Stuck):
        run_virtual(main(), clock)


@pytest.mark.parametrize("start_s", [0.0, 2.0**24, 3e8])
def test_short_waits_end_however_long_the_clock_has_run(start_s):
    clock = ManualClock(mono_s=start_s)

    async def main():
        for wait_s in (0.1, 1e-3, 1e-7, 5.0, 1 / 3):
            await asyncio.sleep(wait_s)

    run_virtual(main(), clock)
    assert clock.mono() == pytest.approx(start_s + 5.434, abs=1e-3)


def test_a_virtual_year_takes_no_time_and_the_loop_keeps_the_clocks_time(clock):
    async def main():
        await asyncio.sleep(365.25 * 86400)
        return asyncio.get_running_loop().time()

    begun_s = clock.mono()
    assert run_virtual(main(), clock) == pytest.approx(begun_s + 365.25 * 86400) == clock.mono()


def test_timers_fire_in_the_order_of_their_times(clock):
    async def main():
        order = []

        async def wait(seconds):
            await asyncio.sleep(seconds)
            order.append(seconds)

        await asyncio.gather(*[wait(s) for s in (3.0, 0.0, 1.5, 0.001, 86400.0, 2.0)])
        return order

    assert run_virtual(main(), clock) == [0.0, 0.001, 1.5, 2.0, 3.0, 86400.0]
