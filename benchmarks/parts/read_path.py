"""What retry, budget, breakers and metrics add to a read that succeeds; it must not measure failures.

Floor: the same handle on the same inline worker, without a guard and with nobody who counts.
"""

import asyncio
import gc
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from alimante.config.model import Device
from alimante.config.monitoring import MonitoringKeys
from alimante.config.supervision import RecoveryKeys
from alimante.core.bus import EventBus
from alimante.core.clock import SystemClock
from alimante.core.rng import RandomStreams
from alimante.core.tasks import Tasks
from alimante.io.guards import Guards
from alimante.io.handle import SensorHandle
from alimante.io.worker import InlineWorker
from alimante.policy.classify import Part
from alimante.policy.error_book import ErrorRules
from alimante.services.errors import ErrorRegistry
from alimante.services.monitoring import Monitoring
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
    floor_us, guarded_us, counted_us = (min(times) for times in durations)
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
            note="what they add to a read that succeeds",
        ),
        Row(
            part="read path",
            what="metrics and the errors' book",
            figure=counted_us - guarded_us,
            unit="µs",
            note="what those who count add to a guarded read that succeeds",
        ),
        Row(
            part="read path",
            what="retry, breakers and metrics together",
            figure=counted_us - floor_us,
            unit="µs",
            goal=Goal(of="figure", side="<=", limit=15.0),
            note=f"median of the whole read {median(durations[2]):.1f} µs",
        ),
    ]


async def _durations(*, repetitions: int) -> tuple[list[float], list[float], list[float]]:
    """Of the bare, the guarded, and the guarded and counted read."""
    handles = (await _handle(guarded=False), await _handle(guarded=True), await _handle(guarded=True, counted=True))
    durations: tuple[list[float], list[float], list[float]] = ([], [], [])
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


async def _handle(*, guarded: bool, counted: bool = False) -> SensorHandle:
    bus, clock = EventBus(), SystemClock()
    worker = InlineWorker("i2c", clock=clock, on_wedged=lambda *told: None)
    handle = SensorHandle(_device(), wire=None, worker=worker, clock=clock, bus=bus)
    if guarded:
        Guards({"probe": handle}, keys=RecoveryKeys(), bus=bus, clock=clock, streams=RandomStreams(1))
    if counted:
        await _count(bus, clock)
    return handle


async def _count(bus: EventBus, clock: SystemClock) -> None:
    """Have monitoring and the errors' book listen, with a computer that tells nothing."""
    tasks = Tasks(lambda name, error: None)
    monitoring = Monitoring(
        MonitoringKeys(period_s=3600.0),
        facts=_Silent(),
        gauges={},
        worker=InlineWorker("disk", clock=clock, on_wedged=lambda *told: None),
        bus=bus,
        clock=clock,
        tasks=tasks,
    )
    await ErrorRegistry({"probe": Part.SENSOR}, rules=ErrorRules(), bus=bus, clock=clock).start()
    await monitoring.start()


class _Silent:
    def gather(self) -> dict[str, float]:
        return {}


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
