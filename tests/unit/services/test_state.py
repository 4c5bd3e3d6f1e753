import asyncio
import errno
from pathlib import Path

import pytest

from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import ConditionChanged, Level
from alimante.core.generations import Generation, encode
from alimante.core.tasks import Tasks
from alimante.io.worker import InlineWorker
from alimante.services.state import CRITICAL_S, ROUTINE_S, StateStore
from alimante.simulation.virtual_time import run_virtual
from tests.unit.fakes import MemoryFiles, heard

FOLDER = Path("/state")


class Node:
    """One run of the store on a disk that outlives it."""

    def __init__(self, files, clock):
        self.bus = EventBus()
        self.told = heard(self.bus, ConditionChanged)
        self.worker = InlineWorker("disk", clock=clock, on_wedged=lambda wedged, reason: None)
        self.store = StateStore(
            FOLDER, files=files, worker=self.worker, clock=clock, bus=self.bus, tasks=Tasks(self.died)
        )

    def died(self, name, error):
        raise AssertionError(name) from error


@pytest.fixture
def files():
    return MemoryFiles()


@pytest.fixture
def clock():
    return ManualClock()


def keep(node, name, value):
    """Add a part that saves `value`, and return what it gets back."""
    back = []
    node.store.add(name, lambda: {"value": value}, lambda saved: back.append(saved["value"]))
    return back


def test_what_was_saved_comes_back(files, clock):
    async def first():
        node = Node(files, clock)
        assert keep(node, "quota", 7) == []
        await node.store.start()
        node.store.changed(critical=True)
        await asyncio.sleep(CRITICAL_S + 0.1)
        assert files.writes == 1
        await node.store.stop()

    async def second():
        assert keep(Node(files, clock), "quota", 0) == [7]

    run_virtual(first(), clock)
    run_virtual(second(), clock)


def test_changes_are_gathered(files, clock):
    async def story():
        node = Node(files, clock)
        keep(node, "a", 1)
        await node.store.start()
        for _ in range(50):
            node.store.changed(critical=False)
            await asyncio.sleep(ROUTINE_S / 100)
        assert files.writes == 0
        node.store.changed(critical=True)
        await asyncio.sleep(CRITICAL_S - 0.1)
        assert files.writes == 0
        await asyncio.sleep(0.2)
        assert files.writes == 1
        await asyncio.sleep(2 * ROUTINE_S)
        assert files.writes == 1  # the routine change went with the critical one
        await node.store.stop()

    run_virtual(story(), clock)


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff" * 100, None])
def test_the_older_state_counts_when_the_newer_one_is_damaged(files, clock, damage):
    async def save(value):
        node = Node(files, clock)
        keep(node, "a", value)
        await node.store.start()
        await node.store.stop()

    for value in (1, 2):
        run_virtual(save(value), clock)
    newer = max(files.contents, key=lambda path: files.contents[path].count(b'"sequence":2'))
    files.contents[newer] = files.contents[newer][:-20] if damage is None else damage

    async def again():
        node = Node(files, clock)
        assert keep(node, "a", 0) == [1]
        await node.store.start()
        assert [event.condition for event in node.told] == ["state_unreadable"]
        assert "state number 1 is used" in node.told[0].text
        await node.store.stop()

    run_virtual(again(), clock)


def test_nothing_valid_begins_anew_and_says_so(files, clock):
    for index in (0, 1):
        files.contents[FOLDER / f"state.{index}.json"] = b"rubbish"

    async def story():
        node = Node(files, clock)
        assert keep(node, "a", 1) == []
        await node.store.start()
        assert "everything begins anew" in node.told[0].text
        await node.store.stop()

    run_virtual(story(), clock)


def test_a_full_disk_is_told_once_and_healing_once(files, clock):
    async def story():
        node = Node(files, clock)
        keep(node, "a", 1)
        await node.store.start()
        files.fault = OSError(errno.ENOSPC, "No space left on device")
        node.store.changed(critical=True)
        await asyncio.sleep(3600)
        files.fault = None
        await asyncio.sleep(120)
        assert [(event.condition, event.level) for event in node.told] == [
            ("state_not_saved", Level.CRITICAL),
            ("state_not_saved", Level.CLEAR),
        ]
        assert files.writes == 1
        await node.store.stop()

    run_virtual(story(), clock)


def test_a_part_that_cannot_say_its_state_is_a_condition_until_it_can(files, clock, caplog):
    answers = {}

    async def story():
        node = Node(files, clock)
        node.store.add("gate", lambda: answers["gate"], lambda saved: None)
        await node.store.start()
        for answer in (None, None, {"value": 1}):
            answers.update({} if answer is None else {"gate": answer})
            node.store.changed(critical=True)
            await asyncio.sleep(CRITICAL_S + 0.1)
        assert [(event.condition, event.level) for event in node.told] == [
            ("state_incomplete", Level.WARNING),
            ("state_incomplete", Level.CLEAR),
        ]
        assert "gate" in node.told[0].text
        await node.store.stop()

    run_virtual(story(), clock)
    assert len(caplog.records) == 1


def test_one_parts_defect_does_not_touch_the_others(files, clock):
    def broken(*given):
        raise RuntimeError("defect")

    async def first():
        node = Node(files, clock)
        node.store.add("bad", lambda: {"value": 5}, lambda saved: None)
        keep(node, "good", 1)
        await node.store.start()
        await node.store.stop()

    async def second():
        node = Node(files, clock)
        node.store.add("bad", broken, broken)
        assert keep(node, "good", 2) == [1]
        await node.store.start()
        await node.store.stop()

    async def third():
        node = Node(files, clock)
        assert keep(node, "bad", 0) == [5]  # what it last could say
        assert keep(node, "good", 0) == [2]

    for run in (first, second, third):
        run_virtual(run(), clock)


def test_parts_that_cannot_use_what_they_saved_are_told_together_when_somebody_listens(files, clock):
    def broken(*given):
        raise RuntimeError("defect")

    async def story():
        node = Node(files, clock)
        for name in ("a", "b"):
            node.store.add(name, dict, broken)
        assert node.told == []
        await node.store.start()
        assert [(event.condition, event.text) for event in node.told] == [
            ("state_unreadable", "the saved state of a, b could not be used")
        ]
        await node.store.stop()

    files.contents[FOLDER / "state.0.json"] = encode(Generation(8, {"a": {}, "b": {}}))
    run_virtual(story(), clock)


def test_the_sections_of_other_versions_are_kept(files, clock):
    files.contents[FOLDER / "state.0.json"] = encode(Generation(8, {"of_tomorrow": {"x": 1}}))

    async def story():
        node = Node(files, clock)
        keep(node, "a", 1)
        await node.store.start()
        await node.store.stop()

    run_virtual(story(), clock)

    async def look():
        back = []
        Node(files, clock).store.add("of_tomorrow", dict, back.append)
        assert back == [{"x": 1}]

    run_virtual(look(), clock)


def test_a_disk_that_hangs_does_not_hold_the_stop(files, clock):
    async def story():
        node = Node(files, clock)
        keep(node, "a", 1)
        await node.store.start()

        def hang(path, data):
            node.worker.sleep(float("inf"))

        files.replace = hang
        began_s = clock.mono()
        await node.store.stop()
        assert clock.mono() - began_s < 2.0

    run_virtual(story(), clock)
