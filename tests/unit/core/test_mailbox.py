"""Mailboxes lose nothing but telemetry, and say so when they do."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alimante.core.events import Event
from alimante.core.mailbox import Latest, Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry(Event):
    droppable: ClassVar[bool] = True
    n: int
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety(Event):
    n: int
    key: str = ""


def next_of(mailbox):
    """What `get` gives when something is waiting: it must not suspend then."""
    getting = mailbox.get()
    with pytest.raises(StopIteration) as caught:
        getting.send(None)
    return caught.value.value


class Episodes:
    """When an overflow must be told: at the first loss, and then not until the mailbox has been empty."""

    def __init__(self):
        self.told = 0
        self.expected = 0
        self._open = False

    def tell(self, mailbox):
        self.told += 1

    def saw(self, *, lost, empty):
        if lost and not self._open:
            self.expected += 1
        self._open = (self._open or lost) and not empty


class QueueMachine(RuleBasedStateMachine):
    @initialize(capacity=st.integers(1, 6))
    def build(self, capacity):
        self.episodes = Episodes()
        self.queue = Queue("box", capacity, self.episodes.tell)
        self.sent, self.received, self.dropped = [], [], 0

    @rule(safety=st.booleans())
    def put(self, safety):
        event = (Safety if safety else Telemetry)(n=len(self.sent))
        before = self.queue.dropped
        self.sent.append(event)
        self.queue.put(event)
        self.episodes.saw(lost=self.queue.dropped > before, empty=len(self.queue) == 0)

    @precondition(lambda self: len(self.queue))
    @rule()
    def get(self):
        self.received.append(next_of(self.queue))
        self.episodes.saw(lost=False, empty=len(self.queue) == 0)

    @rule()
    def take(self):
        self.received += self.queue.take()
        assert len(self.queue) == 0
        self.episodes.saw(lost=False, empty=True)

    @invariant()
    def nothing_but_counted_telemetry_is_lost(self):
        telemetry_out = sum(isinstance(event, Telemetry) for event in self.received)
        waiting = list(self.queue._items)
        telemetry_waiting = sum(isinstance(event, Telemetry) for event in waiting)
        telemetry_in = sum(isinstance(event, Telemetry) for event in self.sent)
        assert self.queue.dropped == telemetry_in - telemetry_out - telemetry_waiting
        arrived = [event for event in self.received + waiting if isinstance(event, Safety)]
        assert arrived == [event for event in self.sent if isinstance(event, Safety)]

    @invariant()
    def order_is_kept(self):
        numbers = [event.n for event in self.received + list(self.queue._items)]
        assert numbers == sorted(numbers)

    @invariant()
    def telemetry_waits_within_the_capacity(self):
        assert sum(isinstance(event, Telemetry) for event in self.queue._items) <= self.queue.capacity

    @invariant()
    def nothing_is_lost_while_there_is_room(self):
        if len(self.sent) <= self.queue.capacity:
            assert self.queue.dropped == 0

    @invariant()
    def overflow_is_told_once_per_episode(self):
        assert self.episodes.told == self.episodes.expected


class LatestMachine(RuleBasedStateMachine):
    @initialize(capacity=st.integers(1, 4))
    def build(self, capacity):
        self.episodes = Episodes()
        self.latest = Latest("box", capacity, self.episodes.tell, lambda event: event.key)
        self.count = 0
        self.waiting, self.dropped = {}, 0

    @rule(key=st.sampled_from("abcdef"), safety=st.booleans())
    def put(self, key, safety):
        self.count += 1
        event = (Safety if safety else Telemetry)(n=self.count, key=key)
        lost = not safety and key not in self.waiting and len(self.waiting) >= self.latest.capacity
        if lost:
            self.dropped += 1
        else:
            self.waiting[key] = event  # a dict keeps the place of a key that is there
        self.latest.put(event)
        self.episodes.saw(lost=lost, empty=False)

    @precondition(lambda self: self.waiting)
    @rule()
    def get(self):
        assert next_of(self.latest) == self.waiting.pop(next(iter(self.waiting)))
        self.episodes.saw(lost=False, empty=not self.waiting)

    @rule()
    def take(self):
        assert self.latest.take() == list(self.waiting.values())
        self.waiting = {}
        self.episodes.saw(lost=False, empty=True)

    @invariant()
    def as_many_wait_and_were_dropped_as_the_model_says(self):
        assert len(self.latest) == len(self.waiting)
        assert self.latest.dropped == self.dropped
        assert self.episodes.told == self.episodes.expected


QueueMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
LatestMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestQueueModel = QueueMachine.TestCase
TestLatestModel = LatestMachine.TestCase


@pytest.fixture(params=["queue", "latest"])
def mailbox(request, bus):
    if request.param == "queue":
        return bus.queue(Event, name="box", capacity=3)
    return bus.latest(Event, key=lambda event: event.n, name="box", capacity=3)


async def turn():
    """Let everything that can run, run."""
    for _ in range(5):
        await asyncio.sleep(0)


class TestWaiting:
    async def test_get_waits_for_the_next_event(self, mailbox, bus):
        getting = asyncio.create_task(mailbox.get())
        await turn()
        assert not getting.done()
        bus.publish(Safety(n=1))
        assert await getting == Safety(n=1)
        assert len(mailbox) == 0

    async def test_many_events_between_two_turns_wake_the_waiter_once_and_none_is_lost(self, mailbox, bus):
        getting = asyncio.create_task(mailbox.get())
        await turn()
        for n in range(3):
            bus.publish(Telemetry(n=n))
        assert await getting == Telemetry(n=0)
        assert [event.n for event in mailbox.take()] == [1, 2]

    async def test_what_was_taken_before_the_waiter_ran_lets_it_wait_on(self, mailbox, bus):
        getting = asyncio.create_task(mailbox.get())
        await turn()
        bus.publish(Telemetry(n=1))
        assert mailbox.take() == [Telemetry(n=1)]
        await turn()
        assert not getting.done()
        bus.publish(Telemetry(n=2))
        assert await getting == Telemetry(n=2)

    async def test_cancelling_a_get_loses_nothing(self, mailbox, bus):
        getting = asyncio.create_task(mailbox.get())
        await turn()
        getting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await getting
        bus.publish(Safety(n=1))
        assert await mailbox.get() == Safety(n=1)

    async def test_a_get_cancelled_just_after_an_event_came_leaves_the_event(self, mailbox, bus):
        getting = asyncio.create_task(mailbox.get())
        await turn()
        bus.publish(Safety(n=1))
        getting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await getting
        assert await asyncio.wait_for(mailbox.get(), 5) == Safety(n=1)

    async def test_iterating_gives_each_event_in_turn(self, mailbox, bus):
        for n in range(3):
            bus.publish(Safety(n=n))
        seen = []
        async for event in mailbox:
            seen.append(event.n)
            if len(seen) == 3:
                break
        assert seen == [0, 1, 2]


def test_a_full_mailbox_that_was_emptied_tells_its_next_overflow(bus):
    """Emptied by `get` alone, without anybody waiting in between."""
    told = []
    queue = Queue("box", 1, told.append)
    for n in range(2):
        queue.put(Telemetry(n=n))
    assert next_of(queue) == Telemetry(n=1)
    for n in range(2):
        queue.put(Telemetry(n=n))
    assert told == [queue, queue]
