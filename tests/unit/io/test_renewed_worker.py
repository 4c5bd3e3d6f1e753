"""A wire whose worker hangs is served beside the call that was given up."""

import asyncio
import threading

import pytest

from alimante.core.clock import ManualClock, SystemClock
from alimante.io.worker import InlineWorker, ThreadWorker, WireWedged
from alimante.simulation.virtual_time import run_virtual
from tests.unit.fakes import until


def test_a_wire_that_hangs_for_ever_serves_others_after_its_call_was_given_up():
    clock, told = ManualClock(), []

    async def story() -> None:
        worker = InlineWorker("bus", clock=clock, on_wedged=lambda wedged, reason: told.append((wedged, reason)))
        await worker.run(lambda: worker.sleep(float("inf")), label="read probe", deadline_s=2.0)
        refused = await worker.run(lambda: 1, label="read air", deadline_s=2.0)
        assert isinstance(refused.error, WireWedged)
        worker.renew()
        assert (worker.wedged, worker.given_up) == (False, 1)
        served = await worker.run(lambda: 1, label="read air", deadline_s=2.0)
        assert served.value == 1

    run_virtual(story(), clock)
    assert told[-1] == (False, "read probe was given up")


def test_a_call_that_was_given_up_and_comes_back_changes_nothing():
    clock = ManualClock()

    async def story() -> None:
        worker = InlineWorker("bus", clock=clock, on_wedged=lambda wedged, reason: None)
        await worker.run(lambda: worker.sleep(10.0), label="read probe", deadline_s=2.0)
        worker.renew()
        await worker.run(lambda: worker.sleep(float("inf")), label="read air", deadline_s=2.0)
        assert worker.wedged
        await asyncio.sleep(20.0)
        assert (worker.wedged, worker.given_up, worker.late) == (True, 0, 1)

    run_virtual(story(), clock)


def test_a_wire_that_works_is_not_renewed():
    clock = ManualClock()

    async def story() -> None:
        worker = InlineWorker("bus", clock=clock, on_wedged=lambda wedged, reason: None)
        worker.renew()
        assert worker.given_up == 0

    run_virtual(story(), clock)


@pytest.mark.parametrize("rounds", [1, 4])
def test_a_thread_that_hangs_is_left_and_another_one_serves(rounds):
    async def story() -> None:
        gate = threading.Event()
        worker = ThreadWorker("bus", clock=SystemClock(), on_wedged=lambda wedged, reason: None, sleep=lambda s: None)
        for number in range(rounds):
            await worker.run(gate.wait, label="read probe", deadline_s=0.2)
            assert worker.wedged
            worker.renew()
            assert worker.given_up == number + 1
            done = await worker.run(threading.current_thread, label="read air", deadline_s=5.0)
            assert done.error is None
        gate.set()
        await until(lambda: worker.given_up == 0)
        again = await worker.run(threading.current_thread, label="read air", deadline_s=5.0)
        assert again.value is done.value
        worker.close()

    asyncio.run(story())


def test_f166_a_wire_that_hangs_while_no_thread_is_to_be_had_stays_as_it_is(monkeypatch):
    async def story() -> None:
        gate = threading.Event()
        worker = ThreadWorker("bus", clock=SystemClock(), on_wedged=lambda wedged, reason: None, sleep=gate.wait)
        await worker.run(gate.wait, label="read probe", deadline_s=0.01)
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", _refuse)
            with pytest.raises(RuntimeError, match="new thread"):
                worker.renew()
        assert (worker.wedged, worker.given_up) == (True, 0)
        gate.set()  # it comes back late, and the wire is served as before
        await until(lambda: not worker.wedged)
        served = await worker.run(lambda: 1, label="read air", deadline_s=60.0)
        assert served.value == 1
        worker.close()

    asyncio.run(story())


def _refuse(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")
