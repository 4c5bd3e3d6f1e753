"""What every worker promises, whether it runs in a thread or in virtual time."""

import asyncio
import threading

import pytest
from fakes import raising

from alimante.core.clock import ManualClock, SystemClock
from alimante.io.worker import DeadlinePassed, DriverCrashed, InlineWorker, Priority, ThreadWorker
from alimante.simulation.virtual_time import run_virtual
from hardware.errors import BadData


class ThreadRig:
    """A real thread in real time; a piece of work that occupies the wire waits until it is let go."""

    def __init__(self):
        self.clock = SystemClock()
        self._free = threading.Event()

    def run(self, main):
        asyncio.run(main())

    def worker(self):
        return ThreadWorker("gpio", clock=self.clock, on_wedged=lambda *told: None, sleep=lambda seconds: None)

    def occupy(self, worker):
        assert self._free.wait(5)

    def let_go(self):
        self._free.set()


class InlineRig:
    """Virtual time; what occupies the wire ends by itself when everybody waits for it."""

    def __init__(self):
        self.clock = ManualClock()

    def run(self, main):
        run_virtual(main(), self.clock)

    def worker(self):
        return InlineWorker("gpio", clock=self.clock, on_wedged=lambda *told: None)

    def occupy(self, worker):
        worker.sleep(1.0)

    def let_go(self):
        pass


@pytest.fixture(params=[ThreadRig, InlineRig])
def rig(request):
    return request.param()


def run(worker, work, **named):
    return worker.run(work, **{"label": "read probe", "deadline_s": 5.0, **named})


def test_the_result_comes_back(rig):
    async def main():
        before_s = rig.clock.mono()
        done = await run(rig.worker(), lambda: [21.5])
        assert (done.value, done.error) == ([21.5], None)
        assert before_s <= done.started_s <= rig.clock.mono()

    rig.run(main)


def test_a_device_error_comes_back_as_it_is(rig):
    error = BadData("checksum")

    async def main():
        done = await run(rig.worker(), raising(error))
        assert (done.value, done.error) == (None, error)

    rig.run(main)


@pytest.mark.parametrize("error", [ValueError("oops"), SystemExit(1), KeyboardInterrupt(), GeneratorExit()], ids=repr)
def test_f041_anything_else_that_is_raised_is_a_crash_of_the_driver_and_the_wire_lives(rig, error):
    async def main():
        worker = rig.worker()
        done = await run(worker, raising(error))
        assert isinstance(done.error, DriverCrashed)
        assert "read probe" in str(done.error)
        assert type(error).__name__ in str(done.error)
        assert done.error.__cause__ is error
        assert (await run(worker, lambda: 1)).value == 1

    rig.run(main)


def test_work_of_one_priority_runs_in_the_order_of_submission(rig):
    async def main():
        worker, order, dones = rig.worker(), [], []
        all_done = asyncio.Event()

        def on_done(done):
            dones.append(done.value)
            if len(dones) == 20:
                all_done.set()

        for n in range(20):
            worker.submit(lambda n=n: order.append(n) or n, on_done, label="write", deadline_s=5.0)
        await all_done.wait()
        assert order == dones == list(range(20))

    rig.run(main)


def test_urgent_work_overtakes_what_has_not_begun(rig):
    async def main():
        worker, order = rig.worker(), []
        first = asyncio.ensure_future(run(worker, lambda: rig.occupy(worker)))
        await asyncio.sleep(0)
        waiting = [
            asyncio.ensure_future(run(worker, lambda p=priority: order.append(p), priority=priority))
            for priority in (Priority.BACKGROUND, Priority.NORMAL, Priority.URGENT, Priority.NORMAL)
        ]
        await asyncio.sleep(0)
        rig.let_go()
        await asyncio.gather(first, *waiting)
        assert order == [Priority.URGENT, Priority.NORMAL, Priority.NORMAL, Priority.BACKGROUND]

    rig.run(main)


def test_work_that_expires_in_the_queue_never_starts(rig):
    async def main():
        worker, ran = rig.worker(), []
        first = asyncio.ensure_future(run(worker, lambda: rig.occupy(worker)))
        await asyncio.sleep(0)
        expired = await run(worker, lambda: ran.append("expired"), label="write heater", deadline_s=0.01)
        assert isinstance(expired.error, DeadlinePassed)
        assert expired.error.started is False
        assert "write heater: could not begin within 0.01 s" in str(expired.error)
        assert worker.wedged is False  # a busy wire is not a stuck one
        rig.let_go()
        await first
        await run(worker, lambda: ran.append("next"))
        assert ran == ["next"]
        assert worker.late == 0

    rig.run(main)


def test_the_end_of_each_piece_of_work_is_told_exactly_once(rig):
    async def main():
        worker, told = rig.worker(), []
        expired = asyncio.Event()

        def tell(n):
            told.append(n)
            if n == 4:
                expired.set()

        works = [lambda: 1, raising(BadData("x")), raising(ValueError("x")), lambda: rig.occupy(worker), lambda: 2]
        for n, work in enumerate(works):
            deadline_s = 0.01 if n == 4 else 5.0
            worker.submit(work, lambda done, n=n: tell(n), label=str(n), deadline_s=deadline_s)
        await expired.wait()
        rig.let_go()
        await run(worker, lambda: None)
        assert sorted(told) == [0, 1, 2, 3, 4]

    rig.run(main)


def test_a_cancelled_caller_leaves_the_wire_usable(rig):
    async def main():
        worker = rig.worker()
        reading = asyncio.ensure_future(run(worker, lambda: rig.occupy(worker)))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        rig.let_go()
        assert (await run(worker, lambda: 3)).value == 3

    rig.run(main)


def test_work_may_ask_for_more_work_when_it_ends(rig):
    async def main():
        worker, order = rig.worker(), []
        both = asyncio.Event()

        def second(done):
            order.append("first ended")
            worker.submit(lambda: order.append("second ran"), lambda done: both.set(), label="b", deadline_s=5.0)

        worker.submit(lambda: order.append("first ran"), second, label="a", deadline_s=5.0)
        await both.wait()
        assert order == ["first ran", "first ended", "second ran"]

    rig.run(main)
