"""F094: the power is cut after every call that changes the disk, and everything unsynced is lost, torn or mixed.

A cut in the middle of a call leaves what a cut before it or after it can leave: a write that was half done is among the
torn contents after it, and a sync that was half done has written any part of what was not synced before it.
"""

import asyncio
import itertools
import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from alimante.config.model import Config
from alimante.core.clock import ManualClock
from alimante.core.files import DiskFiles
from alimante.policy.boot import End, StartRules, Step
from alimante.services.boots import NOTE, STARTS, Boots, note_end
from alimante.simulation.disk import SimDisk, all_remains
from tests.scenario.faults import stage
from tests.scenario.faults.power_cuts import STATE, Moment, Recording, generations, must_remember, visible
from tests.scenario.harness import Run, run_supervisor

SWITCH = stage.SWITCH
MEAL_AFTER_S = 240.0
MIN_OFF_S = 120.0
MOST_REMAINS = 5000


def config(clock: ManualClock) -> Config:
    """A heater that must be warm again, a mister with quotas, and a meal soon."""
    due = datetime.fromtimestamp(clock.wall(), UTC) + timedelta(seconds=MEAL_AFTER_S)
    return stage.config(
        start_c=stage.TARGET_C - 1.0,
        devices={
            "feeder": {**SWITCH, "pin": 27, "role": "feeder"},
            "mister": {**SWITCH, "pin": 23, "role": "mister"},
        },
        controllers={"meals": {"kind": "feeding", "output": "feeder", "times": [due.strftime("%H:%M")], "pulse_s": 5}},
        location={"timezone": "UTC"},
    )


class Story:
    """Three lives of a supervisor: a meal, a quota, alerts and a stop; then a trip and a death; then maintenance."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.config = config(self.clock)
        self.files = Recording(self.clock)
        self.moments = self.files.moments
        boots = self._boot("a")
        self._live(self._first)
        boots.end(End.CLEAN)
        boots = self._boot("a")
        self.died: SimDisk | None = None
        self._live(self._second)
        assert self.died is not None
        self.files = Recording(self.clock, disk=self.died)  # as it was when the process died
        self.files.kept.update(self._kept)
        note_end(STATE, {"SERVICE_RESULT": "signal"}, files=self.files, guard="no sign of life")
        boots = self._boot("b")
        self._live(self._third)
        boots.end(End.GAVE_UP, "it was enough")
        self.moments = [*self.moments, *self.files.moments]

    def _boot(self, kernel: str) -> Boots:
        boots = Boots(STATE, files=self.files, kernel=kernel, now=self.clock.mono)
        boots.begin()
        boots.decide(StartRules(), may_reboot=False)
        return boots

    def _live(self, story: Any) -> None:
        run_supervisor(self.config, story, files=self.files, clock=self.clock)

    async def _first(self, run: Run) -> None:
        await asyncio.sleep(30.0)
        await run.command("mister", 1.0, ttl_s=10.0)
        await asyncio.sleep(MEAL_AFTER_S)
        assert run.truth.loads["feeder"].cycles == 1

    async def _second(self, run: Run) -> None:
        on_stage = stage.Stage(run, duties=stage.Duties(), seed=1)
        await asyncio.sleep(30.0)
        repair = on_stage.break_("p1=wrong(8)")
        await asyncio.sleep(60.0)
        assert on_stage.trips()
        repair()
        await asyncio.sleep(30.0)
        self.died = self.files.disk.copy()
        self._kept = dict(self.files.kept)
        self.moments = list(self.files.moments)

    async def _third(self, run: Run) -> None:
        await asyncio.sleep(20.0)
        run.supervisor.gate.maintain(600.0)
        await asyncio.sleep(30.0)
        run.supervisor.gate.end_maintenance()
        await asyncio.sleep(20.0)


@pytest.fixture(scope="module")
def story() -> Story:
    return Story()


def test_f094_the_story_writes_every_state_file_and_what_must_not_be_forgotten(story: Story):
    names = {path.name for moment in story.moments for path in moment.kept}
    assert {"state.0.json", "state.1.json", STARTS, NOTE} <= names
    last = must_remember(story.moments[-1]).sections
    assert list(last["control"]["meals"]["fed"].values()) == ["done"]
    assert last["gate"]["latches"]["heater"]["is_tripped"]
    assert last["gate"]["outputs"]["mister"]["day"]
    assert last["alerts"]["alerts"]
    assert len(story.moments) > 80


def test_f094_whatever_a_cut_leaves_each_file_is_old_or_new(story: Story):
    for moment in story.moments:
        for left in all_remains(moment.disk, most=MOST_REMAINS):
            assert moment.wrong(left) == []


def test_f094_whatever_a_cut_leaves_is_taken_up_without_a_complaint(story: Story, caplog: pytest.LogCaptureFixture):
    """No store that says it was damaged, no record of starts that begins anew, and the newest of what is whole."""
    for moment, left in distinct(story.moments):
        files = DiskFiles(left)
        found = generations({path: left.read(path) for path in left.files()})
        assert max((each.sequence for each in found), default=0) >= must_remember(moment).sequence
        boots = Boots(STATE, files=files, kernel="c", now=lambda: 5.0)
        boots.begin()
        known = [json.loads(moment.kept[STATE / STARTS])["starts"]] if STATE / STARTS in moment.kept else [[]]
        assert boots.record.starts[-1].number >= len(known[0]) + 1
    assert caplog.records == []


def test_f094_a_second_cut_at_the_next_start_is_no_worse_whatever_the_first_one_left_behind(story: Story):
    """Leftovers of the first one included, which the next writes meet."""
    for moment in story.moments:
        for left in all_remains(moment.disk, most=MOST_REMAINS):
            files = Recording(ManualClock(), disk=left)
            files.kept.update({path: left.read(path) for path in left.files() if not path.name.startswith(".")})
            files.replace(STATE / STARTS, b"[]")
            files.replace(STATE / "test" / "state.0.json", b"{}")
            for second in files.moments:
                assert [
                    second.wrong(one) for one in all_remains(second.disk, most=MOST_REMAINS) if second.wrong(one)
                ] == []


def distinct(moments: list[Moment]) -> list[tuple[Moment, SimDisk]]:
    """One of each kind of remains that the next run can tell apart, with the latest moment that leaves it."""
    found: dict[str, tuple[Moment, SimDisk]] = {}
    for moment in moments:
        for left in all_remains(moment.disk, most=MOST_REMAINS):
            found[visible(left)] = (moment, left)
    return list(found.values())


def boot(moment: Moment, left: SimDisk, caplog: pytest.LogCaptureFixture) -> None:
    """Start the whole supervisor on what was left, and look at what it does in its first minutes."""
    clock = ManualClock(wall_s=moment.wall_s + 20.0)
    known = must_remember(moment).sections
    latched = known.get("gate", {}).get("latches", {}).get("heater", {}).get("is_tripped", False)
    fed = known.get("control", {}).get("meals", {}).get("fed", {})
    caplog.clear()

    async def look(run: Run) -> None:
        assert run.supervisor.store._sequence >= must_remember(moment).sequence
        for _ in range(int(2 * stage.POLL_S)):
            assert run.truth.loads["heater"].fraction == 0.0, "the heater is on before its sensor has given 3 readings"
            await asyncio.sleep(1.0)
        await asyncio.sleep(MIN_OFF_S + 10.0)
        has_been_on = run.truth.loads["heater"].cycles > 0
        assert has_been_on is not run.supervisor.gate.outputs["heater"].latch.is_tripped
        assert not (latched and has_been_on), "a trip that was on the disk is forgotten"
        await asyncio.sleep(MEAL_AFTER_S if fed else 0.0)
        assert run.truth.loads["feeder"].cycles == 0 or not fed, "a meal that was on the disk was given again"
        assert run.supervisor.store.told == ""

    run_supervisor(config(ManualClock()), look, files=DiskFiles(left), clock=clock)
    assert [
        record.getMessage() for record in caplog.records if record.exc_info or record.levelno >= logging.CRITICAL
    ] == []


def test_f094_the_whole_supervisor_starts_safely_on_some_of_it(story: Story, caplog: pytest.LogCaptureFixture):
    for moment, left in Random(94).sample(distinct(story.moments), 6):
        boot(moment, left, caplog)


@pytest.mark.slow
def test_f094_the_whole_supervisor_starts_safely_on_all_of_it(story: Story, caplog: pytest.LogCaptureFixture):
    for moment, left in distinct(story.moments):
        boot(moment, left, caplog)


class WithoutFolderSync(DiskFiles):
    def _sync_folder(self, path: Path) -> None:
        """Planted: names are left to chance."""


class WithoutFileSync(DiskFiles):
    def _write(self, path: Path, data: bytes) -> None:
        descriptor = self._calls.create(path)
        self._calls.write(descriptor, data)
        self._calls.close(descriptor)


class InPlace(DiskFiles):
    def replace(self, path: Path, data: bytes) -> None:
        self.make_folder(path.parent)
        self._write(path, data)
        self._sync_folder(path.parent)


class WithoutParents(DiskFiles):
    def make_folder(self, path: Path) -> None:
        for folder in (*reversed(path.parents), path):
            if not self._calls.is_folder(folder):
                self._calls.make_folder(folder)


@pytest.mark.parametrize("planted", [WithoutFolderSync, WithoutFileSync, InPlace, WithoutParents])
def test_f094_a_way_of_writing_that_forgets_something_is_seen(planted: type[DiskFiles]):
    disk = SimDisk()
    files = Recording(ManualClock(), planted(disk), disk)
    for data in (b"one" * 100, b"two" * 100):
        files.replace(STATE / "node" / STARTS, data)
    cuts = ((moment, left) for moment in files.moments for left in all_remains(moment.disk, most=MOST_REMAINS))
    assert any(moment.wrong(left) for moment, left in cuts)


def test_f094_a_disk_that_dies_at_any_call_never_loses_what_was_kept():
    """The same for calls that fail: what a program was told is kept, whatever error follows."""
    for after in itertools.count(1):
        disk = SimDisk()
        files = Recording(ManualClock(), disk=disk)
        files.replace(STATE / STARTS, b"old")
        left_calls = itertools.count(after, -1)
        noted = disk.on_call

        def die(name: str, left_calls: "itertools.count[int]" = left_calls, noted: Any = noted) -> None:
            noted(name)
            if next(left_calls) == 1:
                raise OSError(5, "planted")

        disk.on_call = die
        try:
            files.replace(STATE / STARTS, b"new")
        except OSError:
            last = files.moments[-1]
            assert all(last.wrong(left) == [] for left in all_remains(disk, most=MOST_REMAINS))
        else:
            break
    assert after > 4
    assert Boots(STATE, files=files, kernel="", now=lambda: 0.0).decide(StartRules(), may_reboot=False) is Step.RUN
