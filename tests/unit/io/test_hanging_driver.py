"""A driver that hangs in a real thread is missed at its deadline while the loop and the other wires go on."""

import asyncio
import threading
from time import monotonic

from fakes import FarSensor, a_sensor, heard

from alimante.config.supervision import RecoveryKeys
from alimante.core.bus import EventBus
from alimante.core.clock import SystemClock
from alimante.core.events import ReadingMissed, ReadingTaken, WireStateChanged
from alimante.core.rng import RandomStreams
from alimante.io.guards import Guards
from alimante.io.handle import SensorHandle
from alimante.io.worker import ThreadWorker
from hardware.api import Sample

POLL_S = 0.4  # half of it is the deadline: a fast sensor keeps this test short
HANGS_S = 30.0
BUSY_S = 5.0
"""So late may anything be on a busy computer; what waited for the driver would be later."""


async def longest_lag_s(until: asyncio.Event) -> float:
    """How much later than asked the loop woke up at most; the least it can do is 5 ms."""
    worst_s = 0.0
    while not until.is_set():
        asked_s = monotonic()
        await asyncio.sleep(0.005)
        worst_s = max(worst_s, monotonic() - asked_s - 0.005)
    return worst_s


async def test_f027_a_driver_stuck_in_the_kernel_costs_one_deadline_and_no_lag():
    bus, clock = EventBus(), SystemClock()
    missed, taken, wires = heard(bus, ReadingMissed), heard(bus, ReadingTaken), heard(bus, WireStateChanged)
    released = threading.Event()
    fars = {"probe": FarSensor(lambda sleep: released.wait(HANGS_S) and None), "air": FarSensor()}
    fars["air"].answer = lambda sleep: [Sample("temperature", 20.0)]

    def worker(wire):
        def on_wedged(wedged, reason):
            bus.publish(WireStateChanged(wire=wire, wedged=wedged, reason=reason))

        return ThreadWorker(wire, clock=clock, on_wedged=on_wedged, sleep=released.wait)

    handles = {
        name: SensorHandle(
            a_sensor(name, wire=name, poll_s=POLL_S), wire=far, worker=worker(name), clock=clock, bus=bus
        )
        for name, far in fars.items()
    }
    Guards(handles, keys=RecoveryKeys(), bus=bus, clock=clock, streams=RandomStreams(1))
    done = asyncio.Event()
    lag = asyncio.create_task(longest_lag_s(done))
    begun_s = monotonic()
    hanging = asyncio.create_task(handles["probe"].read())
    async with asyncio.timeout(HANGS_S / 2):
        while not hanging.done():
            await handles["air"].read()
            await asyncio.sleep(0.005)
    assert monotonic() - begun_s < POLL_S / 2 + BUSY_S
    assert [event.error for event in missed] == ["DeadlinePassed"]
    assert [event.wedged for event in wires] == [True]
    assert len(taken) > 10
    again_s = monotonic()
    await handles["probe"].read()
    assert monotonic() - again_s < BUSY_S  # a stuck wire refuses at once
    done.set()
    assert await lag < BUSY_S
    released.set()
    for handle in handles.values():
        handle.worker.close()
