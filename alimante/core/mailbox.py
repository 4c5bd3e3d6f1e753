"""Mailboxes between the event bus and a task of its own; they must not lose what is not telemetry."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from alimante.core.events import Event


class Mailbox(ABC):
    """What both kinds share: waiting for the next event, counting what was lost.

    `dropped` counts telemetry that did not fit. `overflowed(self)` is called once per episode: from the first loss
    until the mailbox has been emptied.
    """

    def __init__(self, name: str, capacity: int, overflowed: "Callable[[Any], None]") -> None:
        self.name = name
        self.capacity = capacity
        self.dropped = 0
        self.undo: Callable[[], None] = lambda: None
        self._tell_overflowed = overflowed
        self._overflowing = False
        self._waiter: asyncio.Future[None] | None = None

    @abstractmethod
    def __len__(self) -> int:
        """How many events wait."""

    @abstractmethod
    def _pop(self) -> Event:
        """Take out the oldest."""

    async def get(self) -> Event:
        """The next event, as soon as there is one. One task only may wait at a time."""
        while not len(self):
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        event = self._pop()
        if not len(self):
            self._overflowing = False
        return event

    def take(self) -> list[Event]:
        """All that is waiting now, oldest first."""
        self._overflowing = False
        return [self._pop() for _ in range(len(self))]

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            yield await self.get()

    def close(self) -> None:
        """Stop receiving."""
        self.undo()

    def _drop(self) -> None:
        self.dropped += 1
        if not self._overflowing:
            self._overflowing = True
            self._tell_overflowed(self)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Queue(Mailbox):
    """Every event, in order. When full, the oldest telemetry at the head makes room, else new telemetry is dropped."""

    def __init__(self, name: str, capacity: int, overflowed: "Callable[[Any], None]") -> None:
        super().__init__(name, capacity, overflowed)
        self._items: deque[Event] = deque()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, event: Event) -> None:
        """Keep `event`; called by the bus."""
        items = self._items
        if len(items) >= self.capacity and not self._make_room(event):
            return
        items.append(event)
        if self._waiter is not None:
            self._wake()

    def _make_room(self, event: Event) -> bool:
        """Whether `event` may come in although the mailbox is full: commands and safety events always may."""
        if self._items[0].droppable:
            self._items.popleft()
            self._drop()
            return True
        if event.droppable:
            self._drop()
        return not event.droppable

    def _pop(self) -> Event:
        return self._items.popleft()


class Latest(Mailbox):
    """The newest event per key, in the order in which the keys began to wait."""

    def __init__(
        self, name: str, capacity: int, overflowed: "Callable[[Any], None]", key: Callable[[Any], object]
    ) -> None:
        super().__init__(name, capacity, overflowed)
        self._key = key
        self._items: dict[object, Event] = {}

    def __len__(self) -> int:
        return len(self._items)

    def put(self, event: Event) -> None:
        """Keep `event` in place of an older one with its key; called by the bus."""
        items = self._items
        key = self._key(event)
        if len(items) >= self.capacity and key not in items and event.droppable:
            self._drop()
            return
        items[key] = event
        if self._waiter is not None:
            self._wake()

    def _pop(self) -> Event:
        return self._items.pop(next(iter(self._items)))
