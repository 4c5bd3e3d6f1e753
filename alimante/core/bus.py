"""The event bus: hands each fact to those who asked for its type. It must not raise, block or reorder."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import Any, TypeVar

from alimante.core.events import Event, HandlerFailed, HandlerSlow, MailboxOverflowed
from alimante.core.mailbox import Latest, Mailbox, Queue

E = TypeVar("E", bound=Event)
Handler = Callable[[Any], None]
Undo = Callable[[], None]

SLOW_S = 0.05
"""An inline subscriber that takes longer is named: a tenth of the poll jitter that other devices may suffer."""

TIMED = 16
"""How many events of a type make one sample of its handlers' durations."""

CHAIN_LIMIT = 1000
"""How many events one publication may cause through its handlers before the rest are dropped as a cycle."""

_log = logging.getLogger(__name__)


class EventBus:
    """Typed publish and subscribe on one asyncio loop.

    A subscriber gets every event of the type it named, and of its subtypes, in the order of publication. An event
    that a handler publishes is delivered after the present one has reached everybody. Subscribing returns the undo.
    """

    def __init__(self, *, slow_s: float = SLOW_S) -> None:
        self._slow_s = slow_s
        self._subscriptions: list[tuple[type[Event], Handler]] = []
        self._routes: dict[type[Event], tuple[Handler, ...]] = {}
        self._publishing = False
        self._caused: deque[Event] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.failures: Counter[str] = Counter()
        self.mailboxes: list[Mailbox] = []
        """Those that are open."""
        self.lost = 0
        """Events that arrived from other threads without a loop to take them, or beyond `CHAIN_LIMIT`."""

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Say which loop `publish_threadsafe` hands its events to."""
        self._loop = loop

    def subscribe(self, kind: type[E], handler: Callable[[E], None]) -> Undo:
        """Call `handler` inline at each event of `kind`; it must be short and must not wait for anything."""
        return self._add([kind], handler)

    def queue(self, *kinds: type[Event], name: str, capacity: int = 1000) -> Queue:
        """A mailbox that keeps every event in order, telemetry up to `capacity`."""
        mailbox = Queue(name, capacity, self._overflowed)
        self._open(mailbox, self._add(kinds, mailbox.put))
        return mailbox

    def latest(self, *kinds: type[Event], key: Callable[[Any], object], name: str, capacity: int = 4096) -> Latest:
        """A mailbox that keeps only the newest event per `key(event)`, for up to `capacity` keys."""
        mailbox = Latest(name, capacity, self._overflowed, key)
        self._open(mailbox, self._add(kinds, mailbox.put))
        return mailbox

    def publish(self, event: Event) -> None:
        """Deliver `event` to all subscribers now; only in the loop's thread. Never raises."""
        if self._publishing:
            self._cause(event)
            return
        self._publishing = True
        route = self._routes.get(event.__class__)
        if route is None:
            route = self._route(event.__class__)
        for handler in route:
            try:
                handler(event)
            except BaseException as error:  # noqa: BLE001 - one subscriber's SystemExit is not the others' business
                self._failed(handler, event, error)
        if self._caused:
            self._deliver_caused()
        self._publishing = False

    def publish_threadsafe(self, event: Event) -> None:
        """Hand `event` to the loop from any other thread. After the loop has ended it is counted as lost."""
        loop = self._loop
        try:
            if loop is None:
                raise RuntimeError("no loop")
            loop.call_soon_threadsafe(self.publish, event)
        except RuntimeError:  # the loop is closed: the process is on its way out
            self.lost += 1

    def _open(self, mailbox: Mailbox, undo: Undo) -> None:
        def close() -> None:
            undo()
            if mailbox in self.mailboxes:
                self.mailboxes.remove(mailbox)

        mailbox.undo = close
        self.mailboxes.append(mailbox)

    def _add(self, kinds: "list[type[E]] | tuple[type[Event], ...]", handler: Handler) -> Undo:
        added = [(kind, handler) for kind in kinds]
        self._subscriptions += added
        self._routes = {}

        def undo() -> None:
            while added:  # a second undo must not take another's equal subscription
                self._subscriptions.remove(added.pop())
            self._routes = {}

        return undo

    def time_handlers(self) -> None:
        """Time every handler during the next `TIMED` events of each type, and name the slow ones.

        Timing each call always would cost as much as the calls, so it is done on samples: after every new
        subscription, and when somebody who sees the loop lag asks for it.
        """
        self._routes = {}

    def _route(self, kind: type[Event]) -> tuple[Handler, ...]:
        """The handlers for `kind`, each once, in the order in which they subscribed; timed for a while."""
        wanted = [handler for base, handler in self._subscriptions if issubclass(kind, base)]
        plain = tuple(dict.fromkeys(wanted))
        left = TIMED

        def end_of_sample(event: Event) -> None:
            nonlocal left
            left -= 1
            if left == 0 and self._routes.get(kind) is route:  # else a handler of this very event changed who listens
                self._routes[kind] = plain

        timed = tuple(self._timed(handler) for handler in plain)
        self._routes[kind] = route = (*timed, end_of_sample)
        return route

    def _cause(self, event: Event) -> None:
        if len(self._caused) < CHAIN_LIMIT:
            self._caused.append(event)
        else:
            self.lost += 1

    def _deliver_caused(self) -> None:
        """Deliver what handlers published; a cycle ends at `CHAIN_LIMIT` and is reported once."""
        if self._drain():
            return
        kind = type(self._caused[0]).__name__
        self._drop_caused()
        _log.error("handlers of %s publish in a circle; the chain was cut", kind)
        error = "handlers publish in a circle; the chain was cut"
        self._cause(HandlerFailed(handler="event bus", event=kind, error=error))
        if not self._drain():
            self._drop_caused()

    def _drain(self) -> bool:
        """Deliver up to `CHAIN_LIMIT` caused events, breadth first; whether these were all."""
        for _ in range(CHAIN_LIMIT):
            if not self._caused:
                return True
            event = self._caused.popleft()
            route = self._routes.get(event.__class__)
            if route is None:
                route = self._route(event.__class__)
            for handler in route:
                try:
                    handler(event)
                except BaseException as error:  # noqa: BLE001 - as in publish
                    self._failed(handler, event, error)
        return not self._caused

    def _drop_caused(self) -> None:
        self.lost += len(self._caused)
        self._caused.clear()

    def _failed(self, handler: Handler, event: Event, error: BaseException) -> None:
        with suppress(BaseException):  # without memory not even this can be told; the others have their turn
            self._tell_failed(handler, event, error)

    def _tell_failed(self, handler: Handler, event: Event, error: BaseException) -> None:
        name = name_of(handler)
        self.failures[name] += 1
        if self.failures[name] == 1:
            _log.error("handler %s failed on %s", name, type(event).__name__, exc_info=error)
        if not isinstance(event, HandlerFailed):  # a failing failure handler must not feed itself
            described = f"{type(error).__name__}: {error}"[:200]
            self._cause(HandlerFailed(handler=name, event=type(event).__name__, error=described))

    def _overflowed(self, mailbox: Mailbox) -> None:
        self._cause(MailboxOverflowed(mailbox=mailbox.name, capacity=mailbox.capacity))

    def _timed(self, handler: Handler) -> Handler:
        name = name_of(handler)

        def timed(event: Event) -> None:
            started = perf_counter()
            handler(event)
            took_s = perf_counter() - started
            if took_s > self._slow_s and not isinstance(event, HandlerSlow):
                self._cause(HandlerSlow(handler=name, event=type(event).__name__, took_s=took_s))

        timed.__qualname__ = name
        return timed


def name_of(handler: Handler) -> str:
    """A handler's name for people: of a bound method with its class."""
    return getattr(handler, "__qualname__", None) or type(handler).__name__
