"""What handing an event to ten subscribers costs; it must not know what subscribers do with events.

Floor: a plain loop that makes the ten calls. Peers: blinker and pyee with the same handlers.
"""

import gc
from collections.abc import Callable
from operator import attrgetter
from time import perf_counter

from alimante.core.bus import EventBus
from alimante.core.events import Quality, ReadingTaken
from alimante.core.mailbox import Mailbox
from parts.machine import say
from parts.report import Goal, Row, spread

SUBSCRIBERS = 10
BATCH = 500
"""Events per timed batch: less than a mailbox holds, so that nothing is dropped. Emptying is timed separately."""
DEVICES = 50

Batch = Callable[[], None]


class Counter:
    """The cheapest subscriber there is."""

    def __init__(self) -> None:
        self.count = 0

    def on_reading(self, event: ReadingTaken) -> None:
        self.count += 1


def measure(*, quick: bool) -> list[Row]:
    """Times are nanoseconds per event, the shortest of all repetitions; all variants take turns."""
    say("event bus …")
    gc.collect()
    gc.disable()
    try:
        return _rows(_shortest_ns(_batches(), repetitions=60 if quick else 400))
    finally:
        gc.enable()


def _batches() -> dict[str, tuple[Batch, Batch]]:
    """Each variant with what is done after its batch, untimed unless the name says `emptied`."""
    variants: dict[str, tuple[Batch, Batch]] = {
        "floor": (_floor(), _nothing),
        "inline": (_inline(), _nothing),
    }
    for kind in ("queue", "latest"):
        publish, empty = _mailboxes(kind)
        variants[kind] = (publish, empty)
        variants[f"{kind} emptied"] = (_both(publish, empty), _nothing)
    for name, make in (("blinker", _blinker), ("pyee", _pyee)):
        try:
            variants[name] = (make(), _nothing)
        except ImportError:
            say(f"  {name} is not installed: left out")
    return variants


def _shortest_ns(variants: dict[str, tuple[Batch, Batch]], *, repetitions: int) -> dict[str, list[float]]:
    durations: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(repetitions):
        for name, (batch, after) in variants.items():
            started_s = perf_counter()
            batch()
            durations[name].append((perf_counter() - started_s) / BATCH * 1e9)
            after()
    return durations


def _rows(durations: dict[str, list[float]]) -> list[Row]:
    best = {name: min(values) for name, values in durations.items()}
    tenths = [min(durations["floor"][start::10]) for start in range(10)]
    rows = []
    for name, limit in (("inline", 1.3), ("queue", 3.0), ("latest", 3.0), ("queue emptied", 0), ("latest emptied", 0)):
        rows.append(
            Row(
                part="event_bus",
                what=f"publish to {SUBSCRIBERS} {_TITLES[name]}",
                figure=best[name],
                unit="ns",
                floor=best["floor"],
                floor_spread=spread(tenths),
                peers={peer: best[peer] for peer in ("blinker", "pyee") if peer in best and name == "inline"},
                goal=Goal(of="ratio", side="<=", limit=limit) if limit else None,
            )
        )
    return rows


_TITLES = {
    "inline": "inline subscribers",
    "queue": "queue mailboxes",
    "latest": "latest mailboxes",
    "queue emptied": "queue mailboxes, and take it out again",
    "latest emptied": "latest mailboxes, and take it out again",
}


def _events() -> list[ReadingTaken]:
    return [
        ReadingTaken(
            device=f"device_{number % DEVICES}",
            channel="temperature",
            value=25.0,
            unit="°C",
            quality=Quality.GOOD,
            measured_s=float(number),
            seq=number,
        )
        for number in range(BATCH)
    ]


def _handlers() -> list[Callable[[ReadingTaken], None]]:
    return [Counter().on_reading for _ in range(SUBSCRIBERS)]


def _floor() -> Batch:
    events, handlers = _events(), _handlers()

    def batch() -> None:
        for event in events:
            for handler in handlers:
                handler(event)

    return batch


def _inline() -> Batch:
    bus = EventBus()
    for handler in _handlers():
        bus.subscribe(ReadingTaken, handler)
    return _published(bus)


def _mailboxes(kind: str) -> tuple[Batch, Batch]:
    bus = EventBus()
    boxes: list[Mailbox] = [
        bus.queue(ReadingTaken, name=str(number), capacity=2 * BATCH)
        if kind == "queue"
        else bus.latest(ReadingTaken, key=attrgetter("device"), name=str(number))
        for number in range(SUBSCRIBERS)
    ]
    expected = BATCH if kind == "queue" else DEVICES

    def empty() -> None:
        for box in boxes:
            if len(box.take()) != expected:
                raise AssertionError(f"a {kind} mailbox did not hold {expected} events")

    return _published(bus), empty


def _published(bus: EventBus) -> Batch:
    events = _events()

    def batch() -> None:
        publish = bus.publish
        for event in events:
            publish(event)

    return batch


def _blinker() -> Batch:
    from blinker import Signal

    signal, events, handlers = Signal(), _events(), _handlers()
    for handler in handlers:
        signal.connect(handler, weak=False)

    def batch() -> None:
        send = signal.send
        for event in events:
            send(event)

    return batch


def _pyee() -> Batch:
    from pyee import EventEmitter

    emitter, events = EventEmitter(), _events()
    for handler in _handlers():
        emitter.on("reading", handler)

    def batch() -> None:
        emit = emitter.emit
        for event in events:
            emit("reading", event)

    return batch


def _both(first: Batch, second: Batch) -> Batch:
    def batch() -> None:
        first()
        second()

    return batch


def _nothing() -> None:
    """Nothing has to be done after the batch."""
