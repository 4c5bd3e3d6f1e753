"""What retry, budget and breakers add to a read that succeeds; it must not measure failures.

Floor: the same handle on the same inline worker without a guard.
"""

import asyncio
import gc
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from alimante.config.model import Device
from alimante.config.supervision import RecoveryKeys
from alimante.core.bus import EventBus
from alimante.core.clock import SystemClock
from alimante.core.rng import RandomStreams
from alimante.io.guards import Guards
from alimante.io.handle import SensorHandle
from alimante.io.worker import InlineWorker
from hardware.api import Channel, DriverSpec, OpenRequest, Params, Sample, Unit, WireKind
from parts.machine import say
from parts.report import Goal, Row, spread

BATCH = 500


@dataclass
class _Driver:
    """The cheapest sensor there is."""

    request: OpenRequest
    count: int = 0

    def read(self) -> list[Sample]:
        self.count += 1
        return [Sample("temperature", 20.0 + self.count % 2 / 16)]

    def close(self) -> None:
        pass


def measure(*, quick: bool) -> list[Row]:
    """Times are microseconds per read, the shortest of all repetitions; both variants take turns."""
    say("reads …")
    durations = asyncio.run(_durations(repetitions=40 if quick else 200))
    floor_us, guarded_us = (min(times) for times in durations)
    return [
        Row(
            part="read path",
            what="guarded read",
            figure=guarded_us,
            unit="µs",
            floor=floor_us,
            floor_spread=spread(durations[0]),
            note=f"medians {median(durations[1]):.1f} and {median(durations[0]):.1f} µs",
        ),
        Row(
            part="read path",
            what="retry, budget and breakers",
            figure=guarded_us - floor_us,
            unit="µs",
            goal=Goal(of="figure", side="<=", limit=15.0),
            note="what they add to a read that succeeds",
        ),
    ]


async def _durations(*, repetitions: int) -> tuple[list[float], list[float]]:
    handles = (_handle(guarded=False), _handle(guarded=True))
    durations: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    gc.disable()
    try:
        for _ in range(repetitions):
            for handle, times in zip(handles, durations, strict=True):
                started_s = perf_counter()
                for _ in range(BATCH):
                    await handle.read()
                times.append((perf_counter() - started_s) / BATCH * 1e6)
    finally:
        gc.enable()
    return durations


def _handle(*, guarded: bool) -> SensorHandle:
    bus, clock = EventBus(), SystemClock()
    worker = InlineWorker("i2c", clock=clock, on_wedged=lambda *told: None)
    handle = SensorHandle(_device(), wire=None, worker=worker, clock=clock, bus=bus)
    if guarded:
        Guards({"probe": handle}, keys=RecoveryKeys(), bus=bus, clock=clock, streams=RandomStreams(1))
    return handle


def _device() -> Device:
    channel = Channel("temperature", Unit.CELSIUS, -40.0, 125.0, "temperature")
    channels: Any = lambda params: (channel,)  # noqa: E731
    spec = DriverSpec(
        name="fake",
        summary="a fake",
        wire=WireKind.I2C,
        kind="sensor",
        params=Params,
        open=_Driver,
        channels=channels,
    )
    return Device(id="probe", driver="fake", wire="i2c", name="probe", spec=spec, params=Params(), poll_s=5.0)
