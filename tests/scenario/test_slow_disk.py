"""F098 in real time: a call to the disk that does not come back keeps its thread, and nothing else."""

import asyncio
import threading
from pathlib import Path

from alimante.core.bus import EventBus
from alimante.core.clock import SystemClock
from alimante.core.files import DiskFiles, LinuxCalls
from alimante.core.tasks import Tasks
from alimante.io.worker import ThreadWorker
from alimante.services import state
from alimante.services.state import StateStore
from tests.bounds import Lag, least_awaited
from tests.unit.fakes import until

LAG_S = 0.1


class HeldCalls(LinuxCalls):
    """A disk whose syncs wait until they are let go."""

    def __init__(self) -> None:
        self.waiting, self.let_go = threading.Event(), threading.Event()

    def sync(self, descriptor: int) -> None:
        self.waiting.set()
        assert self.let_go.wait(60)
        super().sync(descriptor)


async def test_f098_the_loop_goes_on_while_a_sync_does_not_come_back(tmp_path: Path, monkeypatch):
    async def lag_s() -> float:
        calls, clock = HeldCalls(), SystemClock()
        worker = ThreadWorker("state", clock=clock, on_wedged=lambda wedged, reason: None, sleep=lambda s: None)
        tasks = Tasks(lambda name, error: None)
        store = StateStore(tmp_path, files=DiskFiles(calls), worker=worker, clock=clock, bus=EventBus(), tasks=tasks)
        store.add("part", lambda: {"number": 1}, lambda saved: None)
        await store.start()
        async with Lag() as lag:
            store.changed(critical=True)
            await until(calls.waiting.is_set)
            for _ in range(100):
                await asyncio.sleep(0.001)  # real time: what is measured is how late the loop wakes up
        calls.let_go.set()
        await until(lambda: store.written_bytes > 0)
        await store.stop()
        worker.close()
        return lag.worst_s

    monkeypatch.setattr(state, "CRITICAL_S", 0.0)
    assert await least_awaited(LAG_S, lag_s) < LAG_S
