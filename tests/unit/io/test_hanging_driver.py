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
from tests.bounds import Lag, least_awaited

POLL_S = 0.4  # half of it is the deadline: a fast sensor keeps this test short
HANGS_S = 30.0
LAG_S = 0.02
"""So little may the loop and the other wires be held up."""


async def test_f027_a_driver_stuck_in_the_kernel_costs_one_deadline_and_no_lag():
    assert await least_awaited(LAG_S, longest_delay_s, count=10) < LAG_S


async def longest_delay_s() -> float:
    """How much later than right anything was, the loop included, while one of two drivers hangs."""
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
    others_s = 0.0
    async with Lag() as lag:
        begun_s = monotonic()
        hanging = asyncio.create_task(handles["probe"].read())
        async with asyncio.timeout(HANGS_S / 2):
            while not hanging.done():
                read_s = monotonic()
                await handles["air"].read()
                others_s = max(others_s, monotonic() - read_s)
                await asyncio.sleep(0.005)
        missed_s = monotonic() - begun_s - POLL_S / 2 - 0.005
        assert [event.error for event in missed] == ["DeadlinePassed"]
        again_s = monotonic()
        await handles["probe"].read()  # a stuck wire refuses at once
        again_s = monotonic() - again_s
    assert [event.error for event in missed] == ["DeadlinePassed", "WireWedged"]
    assert [event.wedged for event in wires] == [True]
    assert len(taken) > 10
    released.set()
    for handle in handles.values():
        handle.worker.close()
    return max(lag.worst_s, others_s, missed_s, again_s)
