"""What one tick of the output gate costs with twenty actuators; it must not write to any.

Floor: looking at the belief that each of them depends on, without deciding anything.
"""

import asyncio
import gc
from dataclasses import replace
from time import perf_counter

from alimante.config.keys import Role
from alimante.config.model import Device
from alimante.config.outputs import InterlockKeys, LimitsKeys, OutputKeys, QuotaKeys
from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import Quality
from alimante.io.handle import ActuatorHandle
from alimante.io.worker import InlineWorker
from alimante.policy.belief import Belief
from alimante.safety.gate import Gate
from hardware.registry import get
from hardware.sim.gpio import SimGpio
from parts.machine import say
from parts.report import Goal, Row, spread

ACTUATORS = 20
LIMIT_US = 1000.0


def measure(*, quick: bool) -> list[Row]:
    """Microseconds per tick, the shortest of all repetitions."""
    say("gate …")
    return asyncio.run(_measure(repetitions=300 if quick else 2000))


async def _measure(*, repetitions: int) -> list[Row]:
    clock = ManualClock()
    gate = _gate(clock)
    ticks, floors = [], []
    gc.collect()
    gc.disable()
    try:
        for _ in range(repetitions):
            clock.advance(1.0)
            for name in gate.outputs:
                gate.demand(name, 1.0, source="control", reason="a benchmark wants it")
            started_s = perf_counter()
            gate.tick()
            ticks.append((perf_counter() - started_s) * 1e6)
            started_s = perf_counter()
            for _ in range(ACTUATORS):
                _believed(clock)
            floors.append((perf_counter() - started_s) * 1e6)
    finally:
        gc.enable()
    tenths = [min(floors[start::10]) for start in range(10)]
    figure = sorted(ticks)[len(ticks) // 2]
    return [
        Row(
            part="gate",
            what=f"tick of the gate with {ACTUATORS} actuators",
            figure=figure,
            unit="µs",
            floor=min(floors),
            floor_spread=spread(tenths),
            goal=Goal(of="figure", side="<=", limit=LIMIT_US),
        )
    ]


def _gate(clock: ManualClock) -> Gate:
    bus = EventBus()
    worker = InlineWorker("gpio", clock=clock, on_wedged=lambda *told: None)
    wire = SimGpio()
    handles = {
        device.id: ActuatorHandle(device, wire=wire, worker=worker, clock=clock, bus=bus)
        for device in map(_device, range(ACTUATORS))
    }
    interlock = InterlockKeys(outputs=["a0", "a1"])
    gate = Gate(handles, bus=bus, now=clock.mono, believed=lambda name: _believed(clock), interlocks=(interlock,))
    gate.make_safe("start", "every output starts safe")
    return gate


def _believed(clock: ManualClock) -> Belief:
    return Belief(value=25.0, quality=Quality.GOOD, measured_s=clock.mono(), members=(25.0,))


def _device(number: int) -> Device:
    spec = get("relay")
    limits = LimitsKeys(max_on_s=600.0, min_off_s=5.0, quota=QuotaKeys(per_hour_s=3000.0))
    device = Device(
        id=f"a{number}",
        driver="relay",
        wire="gpio",
        name=f"a{number}",
        spec=spec,
        params=spec.params.model_validate({"pin": number, "active_high": True}),
        role=Role.HEATER,
    )
    return replace(device, output=OutputKeys(depends_on=["probe.temperature"], limits=limits))
