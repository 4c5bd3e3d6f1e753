"""A bouncing line gives one reading after it has settled, and the last reading is of the last level."""

import asyncio

import pytest
from fakes import FakeContact, FarSensor, a_sensor, heard

from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import EdgeSeen, ReadingTaken
from alimante.core.tasks import Tasks
from alimante.io.handle import SensorHandle
from alimante.io.worker import InlineWorker
from alimante.services.edges import MAX_SETTLES, EdgeService
from alimante.simulation.virtual_time import run_virtual
from hardware.api import Sample

SETTLE_S = FakeContact.settle_s


class Bench:
    """One contact whose level the test moves; `readings` has when it was read and what it was."""

    def __init__(self):
        self.clock = ManualClock()
        self.bus = EventBus()
        self.taken = heard(self.bus, ReadingTaken)
        self.far = FarSensor(self._answer)
        self.level = 0.0
        self.takes_s = 0.0
        self.deaths = []

    def _answer(self, sleep):
        level = self.level
        sleep(self.takes_s)
        return [Sample("temperature", level)]

    def move(self, level):
        self.level = level
        self.far.edge()

    @property
    def levels(self):
        return [event.value for event in self.taken]

    def run(self, main):
        async def with_service():
            self.bus.bind(asyncio.get_running_loop())
            worker = InlineWorker("gpio", clock=self.clock, on_wedged=lambda *told: None)
            device = a_sensor("door", driver=FakeContact)
            self.handle = SensorHandle(device, wire=self.far, worker=worker, clock=self.clock, bus=self.bus)
            tasks = Tasks(lambda *death: self.deaths.append(death))
            self.service = EdgeService({"door": self.handle}, bus=self.bus, tasks=tasks)
            await self.service.start()
            await self.handle.read()
            self.taken.clear()
            await main()
            await self.service.stop()

        run_virtual(with_service(), self.clock)
        assert self.deaths == []


@pytest.fixture
def bench():
    return Bench()


def test_a_bouncing_line_is_read_once_after_it_settled(bench):
    async def main():
        for n in range(21):
            bench.move(float(n % 2))
            await asyncio.sleep(0.004)
        last_s = bench.clock.mono() - 0.004
        bench.level = 1.0
        assert bench.levels == []
        await asyncio.sleep(1.0)
        assert bench.levels == [1.0]
        assert SETTLE_S <= bench.taken[0].measured_s - last_s <= 2 * SETTLE_S + 1e-3

    bench.run(main)


def test_a_single_edge_is_read_after_the_settling_time(bench):
    async def main():
        moved_s = bench.clock.mono()
        bench.move(1.0)
        await asyncio.sleep(1.0)
        assert bench.levels == [1.0]
        assert bench.taken[0].measured_s - moved_s == pytest.approx(SETTLE_S, abs=1e-3)

    bench.run(main)


def test_each_quiet_after_edges_has_its_own_reading(bench):
    async def main():
        for level in (1.0, 0.0, 1.0):
            bench.move(level)
            await asyncio.sleep(0.5)
        assert bench.levels == [1.0, 0.0, 1.0]

    bench.run(main)


def test_a_line_that_never_settles_is_read_all_the_same(bench):
    async def main():
        for n in range(1000):
            bench.move(float(n % 2))
            await asyncio.sleep(SETTLE_S / 4)
        rate = len(bench.levels) / (1000 * SETTLE_S / 4)
        assert len(bench.levels) > 0
        assert rate <= 1.1 / (MAX_SETTLES * SETTLE_S)

    bench.run(main)


def test_an_edge_during_the_reading_leads_to_another(bench):
    async def main():
        bench.takes_s = 0.2
        bench.move(1.0)
        await asyncio.sleep(SETTLE_S + 0.1)  # the reading is under way, and has seen the old level
        bench.move(0.0)
        await asyncio.sleep(2.0)
        assert bench.levels == [1.0, 0.0]

    bench.run(main)


def test_an_edge_after_the_reading_is_news(bench):
    async def main():
        bench.move(1.0)
        await asyncio.sleep(SETTLE_S)
        bench.move(0.0)
        await asyncio.sleep(1.0)
        assert bench.levels[-1] == 0.0

    bench.run(main)


@pytest.mark.parametrize("gap_s", [0.0, SETTLE_S / 2, SETTLE_S, SETTLE_S + 1e-6, 2 * SETTLE_S, 0.25, 0.2501])
def test_whenever_the_last_edge_comes_the_last_reading_is_of_the_last_level(bench, gap_s):
    async def main():
        bench.takes_s = 0.2
        bench.move(1.0)
        await asyncio.sleep(gap_s)
        bench.move(0.0)
        await asyncio.sleep(5.0)
        assert bench.levels[-1] == 0.0

    bench.run(main)


def test_edges_of_a_device_that_is_unknown_are_nobodys_business(bench):
    async def main():
        bench.bus.publish(EdgeSeen(device="window"))
        await asyncio.sleep(1.0)
        assert bench.levels == []

    bench.run(main)


def test_a_stopped_service_reads_no_more(bench):
    async def main():
        bench.move(1.0)
        await asyncio.sleep(0)
        await bench.service.stop()
        bench.move(0.0)
        await asyncio.sleep(1.0)
        assert bench.levels == []

    bench.run(main)


def test_a_line_that_bounced_while_the_service_stopped_is_heard_after_its_next_start(bench):
    async def main():
        bench.move(1.0)
        await asyncio.sleep(0)
        await bench.service.stop()
        await bench.service.start()
        await bench.handle.read()
        bench.taken.clear()
        bench.handle.edge_served()
        bench.move(0.0)
        await asyncio.sleep(1.0)
        assert bench.levels == [0.0]

    bench.run(main)
