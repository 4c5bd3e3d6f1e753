"""A run that was healthy for long enough says so once, and the safe mode ends by itself after a day."""

import asyncio
from pathlib import Path

from fakes import MemoryFiles, heard

from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import ConditionChanged, PostMortem
from alimante.core.tasks import Tasks
from alimante.io.worker import InlineWorker
from alimante.policy.boot import StartRules
from alimante.services.boot_watch import BootWatch
from alimante.services.boots import Boots
from alimante.simulation.virtual_time import run_virtual

RULES = StartRules()


class Bench:
    def __init__(self, files, clock):
        self.well, self.gave_up, self.bus = True, [], EventBus()
        self.deaths = heard(self.bus, PostMortem)
        self.told = heard(self.bus, ConditionChanged)
        self.boots = Boots(Path("/state"), files=files, kernel="a", now=clock.mono)
        self.boots.begin()
        self.boots.decide(RULES, may_reboot=False)
        self.clock = clock

    def watch(self):
        return BootWatch(
            self.boots,
            rules=RULES,
            is_well=lambda: self.well,
            give_up=self.gave_up.append,
            worker=InlineWorker("state", clock=self.clock, on_wedged=lambda wedged, reason: None),
            bus=self.bus,
            clock=self.clock,
            tasks=Tasks(lambda name, error: self.gave_up.append(repr(error))),
        )


def play(story, *, bad_starts=0):
    clock, files = ManualClock(), MemoryFiles()
    for _ in range(bad_starts):
        Boots(Path("/state"), files=files, kernel="a", now=clock.mono).begin()
    bench = Bench(files, clock)

    async def main():
        watch = bench.watch()
        await watch.start()
        await story(bench)
        await watch.stop()

    run_virtual(main(), clock)
    bench.writes = files.writes
    return bench


def is_good(bench):
    return bench.boots.record.starts[-1].was_healthy


def test_ten_minutes_of_health_make_a_good_start_and_illness_begins_them_anew():
    async def story(bench):
        await asyncio.sleep(500)
        bench.well = False
        await asyncio.sleep(60)
        bench.well = True
        await asyncio.sleep(570)
        assert not is_good(bench)
        await asyncio.sleep(60)
        assert is_good(bench)

    assert play(story).gave_up == []


def test_a_run_of_a_month_writes_a_handful_of_times():
    async def story(bench):
        await asyncio.sleep(30 * 86_400)

    assert play(story).writes <= 3


def test_the_death_before_is_told_once_and_not_again_after_a_reload():
    async def story(bench):
        again = bench.watch()
        await again.start()
        await again.stop()

    (death,) = play(story, bad_starts=2).deaths
    assert (death.kind, death.bad_starts) == ("killed", 2)


def test_the_safe_mode_is_told_lasts_a_day_and_then_a_normal_start_is_tried():
    async def story(bench):
        assert bench.told[0].condition == "safe_mode"
        assert "safe-mode off" in bench.told[0].advice
        await asyncio.sleep(RULES.day_s - 60)
        assert bench.boots.record.safe_mode
        assert bench.gave_up == []
        await asyncio.sleep(120)
        assert bench.boots.record.safe_mode == ""

    bench = play(story, bad_starts=4)
    assert len(bench.gave_up) == 1
