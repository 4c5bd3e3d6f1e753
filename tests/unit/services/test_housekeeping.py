import asyncio
import errno
from pathlib import Path

import pytest

from alimante.core.clock import ManualClock
from alimante.core.files import RESERVE, DiskFiles
from alimante.core.tasks import Tasks
from alimante.io.worker import InlineWorker
from alimante.services.housekeeping import AGAIN_S, BATCH, PAUSE_S, RESERVE_BYTES, Housekeeping
from alimante.simulation.disk import SimDisk
from alimante.simulation.virtual_time import run_virtual

FOLDER = Path("/state/node")


class House:
    """A folder with `leftovers` of writers that are dead, and one part of the supervisor that tidies it."""

    def __init__(self, leftovers=0):
        self.clock = ManualClock()
        self.disk = SimDisk()
        self.disk.put(FOLDER / "state.0.json", b"x" * 100)
        for number in range(leftovers):
            self.disk.put(FOLDER / f".state.0.json.{number + 10}.new", b"x")

    def live(self, story):
        async def main():
            worker = InlineWorker("state", clock=self.clock, on_wedged=lambda wedged, reason: None)
            self.disk.sleep = worker.sleep
            house = Housekeeping(
                [FOLDER, FOLDER.parent], files=DiskFiles(self.disk), worker=worker, tasks=Tasks(self.died)
            )
            await house.start()
            await story()
            await house.stop()

        run_virtual(main(), self.clock)

    def died(self, name, error):
        raise AssertionError(name) from error

    @property
    def names(self):
        return set(self.disk.names(FOLDER))


def test_f101_leftovers_go_in_batches_and_soon():
    house = House(leftovers=10_000)
    gone = []

    async def story():
        for _ in range(25):
            before = len(house.disk.files())
            await asyncio.sleep(PAUSE_S)
            gone.append(before - len(house.disk.files()))

    house.live(story)
    assert max(gone) <= BATCH + 1
    assert house.names == {"state.0.json", RESERVE}


def test_room_is_kept_and_laid_by_again_when_there_is_some():
    house = House()

    async def story():
        await asyncio.sleep(1.0)
        assert len(house.disk.read(FOLDER / RESERVE)) == RESERVE_BYTES
        house.disk.fill()
        DiskFiles(house.disk).replace(FOLDER / "state.1.json", b"y" * 100)
        assert house.names == {"state.0.json", "state.1.json"}
        house.disk.fill()
        await asyncio.sleep(AGAIN_S)
        assert RESERVE not in house.names
        house.disk.room_bytes = None
        await asyncio.sleep(AGAIN_S)
        assert RESERVE in house.names

    house.live(story)


@pytest.mark.parametrize("fault", [errno.EROFS, errno.EIO])
def test_a_bad_disk_is_left_alone_until_it_is_a_good_one(fault):
    house = House(leftovers=3)
    house.disk.fault = fault

    async def story():
        await asyncio.sleep(10.0)
        assert "state.0.json" in house.names
        house.disk.fault = 0
        await asyncio.sleep(AGAIN_S)
        assert RESERVE in house.names

    house.live(story)
