"""How long it takes from the start of the process to its states at an observer; it must not count retained leftovers.

Ours: `alimante run` in a new process. Floor: a process that imports the same libraries, connects bare paho and
publishes as many messages.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from parts.configs import Setup, sixty, thousand
from parts.machine import say
from parts.mqtt import Client
from parts.processes import Failed, broker, child, supervisor
from parts.report import Goal, Row, number, percentile, spread

SILENCE_S = 20.0

Times = tuple[float, float]
"""Seconds from the start of the process to the first sensor's state, and to the last entity's first state."""


def measure(*, quick: bool) -> list[Row]:
    """Ours and the floor take turns; each figure is the median."""
    rows: list[Row] = []
    for make, repetitions, goals in (
        (sixty, 3 if quick else 15, (0.45, None)),
        (thousand, 2 if quick else 9, (None, 1.5)),
    ):
        ours, floor, setup = _runs(make, repetitions)
        rows += _rows(ours, floor, setup, goals)
    return rows


def _runs(make: Callable[[int, str], Setup], repetitions: int) -> tuple[list[Times], list[Times], Setup]:
    """The first turn is warm-up: it compiles what has changed since the last start."""
    ours: list[Times] = []
    floor: list[Times] = []
    setup = make(0, "none")
    with broker() as port:
        for turn in range(repetitions + 1):
            say(f"starting with {setup.entities} entities, turn {turn} of {repetitions} …")
            ours.append(_ours(port, make(port, f"ours_{turn}")))
            floor.append(_floor(port, f"bare_{turn}", setup.entities))
    return ours[1:], floor[1:], setup


def _ours(port: int, setup: Setup) -> Times:
    with tempfile.TemporaryDirectory(prefix="alimante-bench-") as name:
        folder = Path(name)
        config = setup.write(folder / "config.json")
        with _observer(port, setup.node) as observer:
            started_s = perf_counter()
            with supervisor(config, folder):
                return _watch(observer, setup.entities, started_s)


def _floor(port: int, node: str, messages: int) -> Times:
    with _observer(port, node) as observer:
        started_s = perf_counter()
        with child("bare_start", port, node, messages):
            return _watch(observer, messages, started_s)


def _observer(port: int, node: str) -> Client:
    root = f"alimante/{node}"
    return Client(port, f"observer-{node}", subscribe=[f"{root}/sensor/+/+/state", f"{root}/actuator/+/state"])


def _watch(observer: Client, entities: int, started_s: float) -> Times:
    seen: set[bytes] = set()
    first_s = 0.0
    while len(seen) < entities:
        received = observer.receive(SILENCE_S)
        if not received:
            raise Failed(f"only {len(seen)} of {entities} entities were published")
        for message in received:
            if b'"value":null' in message.payload:
                raise Failed(f"{message.topic.decode()} has no value: {message.payload.decode()}")
            seen.add(message.topic)
            if not first_s and b"/sensor/" in message.topic:
                first_s = message.at_s
    return first_s - started_s, received[-1].at_s - started_s


def _rows(ours: list[Times], floor: list[Times], setup: Setup, goals: tuple[float | None, float | None]) -> list[Row]:
    rows = []
    for index, what in enumerate(("first sensor state", f"all {setup.entities} entities published")):
        mine, bare = [times[index] for times in ours], [times[index] for times in floor]
        limit = goals[index]
        rows.append(
            Row(
                part="start",
                what=f"{setup.sensors + setup.actuators} devices: start → {what}",
                figure=median(mine),
                unit="s",
                floor=median(bare),
                floor_spread=spread(bare),
                goal=Goal(of="figure", side="<=", limit=limit) if limit else None,
                note=f"{len(mine)} starts, from {number(min(mine))} to {number(max(mine))} s, "
                f"90 % within {number(percentile(mine, 0.9))} s",
            )
        )
    return rows
