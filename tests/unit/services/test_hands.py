"""What a person at the console can do to outputs, through the gate."""

import pytest
from fakes import FarOutput, an_actuator

from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.tasks import Tasks
from alimante.io.handle import ActuatorHandle
from alimante.io.worker import InlineWorker
from alimante.safety.gate import Gate
from alimante.services.control_socket import CannotAnswer
from alimante.services.hands import Hands
from alimante.services.outputs import OutputService
from alimante.simulation.virtual_time import run_virtual


class Bench:
    """One output, its gate and its service in virtual time."""

    def __init__(self):
        self.clock = ManualClock()
        self.far = FarOutput(self.clock.mono)

    def run(self, main):
        async def with_service():
            bus = EventBus()
            worker = InlineWorker("gpio", clock=self.clock, on_wedged=lambda *told: None)
            handle = ActuatorHandle(an_actuator(), wire=self.far, worker=worker, clock=self.clock, bus=bus)
            self.gate = Gate({"heater": handle}, bus=bus, now=self.clock.mono)
            self.ask = Hands(self.gate, bus=bus, clock=self.clock).answers()
            service = OutputService(self.gate, bus=bus, tasks=Tasks(lambda *death: None), on_tick=lambda: None)
            await service.start()
            await main()
            await service.stop()

        run_virtual(with_service(), self.clock)


@pytest.fixture
def bench():
    return Bench()


def test_set_passes_through_the_gate_and_tells_what_came_of_it(bench):
    async def main():
        assert await bench.ask["set"]({"device": "heater", "value": "ON"}) == {
            "device": "heater",
            "outcome": "applied",
            "reason": "",
            "value": "ON",
        }
        assert bench.gate.outputs["heater"].source == "console"
        assert (await bench.ask["set"]({"device": "heater", "value": "auto"}))["value"] == "OFF"
        bench.gate.hold("a person said so")
        refused = await bench.ask["set"]({"device": "heater", "value": 1, "ttl_s": 60})
        assert (refused["outcome"], refused["reason"]) == ("rejected", "a person said so")

    bench.run(main)


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"device": "oven", "value": "ON"},
        {"device": [], "value": "ON"},
        {"device": "heater"},
        {"device": "heater", "value": "toggle"},
        {"device": "heater", "value": 0.5},
        {"device": "heater", "value": "ON", "ttl_s": 0},
        {"device": "heater", "value": "ON", "ttl_s": 1e9},
        {"device": "heater", "value": "ON", "ttl_s": "long"},
    ],
)
def test_what_is_no_command_is_answered_with_a_sentence(bench, request_):
    async def main():
        with pytest.raises(CannotAnswer, match=r"\w+"):
            await bench.ask["set"](request_)
        assert bench.far.level == 0.0

    bench.run(main)


def test_reset_and_maintenance_by_hand(bench):
    async def main():
        bench.gate.trip("heater", "test", "a test tripped it")
        assert (await bench.ask["reset"]({"device": "heater"}))["was_tripped"]
        assert not (await bench.ask["reset"]({"device": "heater"}))["was_tripped"]
        assert await bench.ask["maintenance"]({"for_s": 600}) == {"maintenance_s": 600.0}
        assert await bench.ask["maintenance"]({"for_s": 0}) == {"maintenance_s": None}
        with pytest.raises(CannotAnswer):
            await bench.ask["maintenance"]({"for_s": -1})

    bench.run(main)


def test_an_output_that_does_not_answer_is_told_and_not_waited_for(bench):
    async def main():
        bench.far.fault = "hang"
        answer = await bench.ask["set"]({"device": "heater", "value": "ON"})
        assert answer["outcome"] == "unknown"

    bench.run(main)
