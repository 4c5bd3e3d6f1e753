"""The heartbeat of the gate: safe first, then a tick each second, safe at the end."""

import asyncio

import pytest
from fakes import FarOutput, an_actuator, heard, raising

from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import CommandFinished, CommandReceived
from alimante.core.tasks import Tasks
from alimante.io.handle import ActuatorHandle
from alimante.io.worker import InlineWorker
from alimante.safety.gate import Gate
from alimante.services.outputs import SETTLE_S, TICK_S, OutputService
from alimante.simulation.virtual_time import run_virtual


class Bench:
    """One heater that was left on, and the service over its gate."""

    def __init__(self):
        self.clock = ManualClock()
        self.bus = EventBus()
        self.far = FarOutput(self.clock.mono, level=1.0)
        self.finished = heard(self.bus, CommandFinished)
        self.ticks_s = []
        self.deaths = []

    def run(self, main):
        async def with_service():
            worker = InlineWorker("gpio", clock=self.clock, on_wedged=lambda *told: None)
            handle = ActuatorHandle(an_actuator(), wire=self.far, worker=worker, clock=self.clock, bus=self.bus)
            self.gate = Gate({"heater": handle}, bus=self.bus, now=self.clock.mono)
            self.service = OutputService(
                self.gate,
                bus=self.bus,
                tasks=Tasks(lambda *death: self.deaths.append(death)),
                on_tick=lambda: self.ticks_s.append(self.clock.mono()),
            )
            await main()

        run_virtual(with_service(), self.clock)

    def command(self):
        now_s = self.clock.mono()
        self.bus.publish(
            CommandReceived(id="c", device="heater", value=1.0, source="mqtt", expires_s=now_s + 30.0, ttl_s=60.0)
        )


@pytest.fixture
def bench():
    return Bench()


def test_outputs_are_safe_when_the_start_is_over(bench):
    async def main():
        await bench.service.start()
        assert bench.far.level == 0.0
        assert bench.gate.armed
        await bench.service.stop()

    bench.run(main)


def test_a_start_with_a_stuck_wire_goes_on_unarmed(bench):
    async def main():
        bench.far.fault = "hang"
        begun_s = bench.clock.mono()
        await bench.service.start()
        assert bench.clock.mono() - begun_s <= SETTLE_S
        assert not bench.gate.armed
        await bench.service.stop()

    bench.run(main)


def test_before_the_start_and_after_the_stop_commands_are_not_heard(bench):
    async def main():
        bench.command()
        await bench.service.start()
        await bench.service.stop()
        bench.command()
        await asyncio.sleep(5.0)
        assert bench.finished == []
        assert bench.far.level == 0.0

    bench.run(main)


def test_each_completed_tick_is_evidence_that_control_lives(bench):
    async def main():
        await bench.service.start()
        begun_s = bench.clock.mono()
        await asyncio.sleep(10.5 * TICK_S)
        assert [tick_s - begun_s for tick_s in bench.ticks_s] == pytest.approx([n * TICK_S for n in range(1, 11)])
        await bench.service.stop()
        await asyncio.sleep(10.0)
        assert len(bench.ticks_s) == 10

    bench.run(main)


def test_f132_a_tick_that_fails_is_no_evidence_and_is_told(bench):
    async def main():
        await bench.service.start()
        bench.gate.tick = lambda: 1 / 0
        await asyncio.sleep(10.0)
        await bench.service.stop()

    bench.run(main)
    assert bench.ticks_s == []
    assert [name for name, _ in bench.deaths] == ["outputs"]


def test_a_stop_leaves_the_heater_off(bench):
    async def main():
        await bench.service.start()
        bench.command()
        assert bench.far.level == 1.0
        await bench.service.stop()
        assert bench.far.level == 0.0

    bench.run(main)


def test_f139_stopping_twice_is_stopping_once(bench):
    async def main():
        await bench.service.start()
        await bench.service.stop()
        begun = len(bench.far.begun)
        await bench.service.stop()
        assert len(bench.far.begun) == begun

    bench.run(main)


def test_the_first_reason_to_hold_is_the_one_that_is_told(bench):
    async def main():
        await bench.service.start()
        await bench.service.hold("a person said so")
        await bench.service.hold("the supervisor is stopping")
        assert bench.gate.refusal() == "a person said so"
        await bench.service.stop()

    bench.run(main)


def test_f166_without_memory_everything_is_put_safe_with_what_was_kept_and_the_service_ends(bench, monkeypatch):
    async def main():
        await bench.service.start()
        bench.command()
        await asyncio.sleep(0.1)
        assert bench.far.level == 1.0
        make_safe = bench.gate.make_safe

        def needing_memory(source, reason):
            assert not bench.service.reserve.is_kept
            make_safe(source, reason)

        monkeypatch.setattr(bench.gate, "make_safe", needing_memory)
        monkeypatch.setattr(bench.gate, "tick", raising(MemoryError()))
        assert bench.service.reserve.is_kept
        await asyncio.sleep(TICK_S)
        assert bench.far.level == 0.0
        assert [type(error) for _, error in bench.deaths] == [MemoryError]
        await bench.service.stop()

    bench.run(main)
