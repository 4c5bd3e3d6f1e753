"""What becomes of a command whose write is under way when something else ends it."""

import pytest
from benches import EXPIRED, GateBench, seconds
from fakes import an_actuator

from hardware.api import Range, Unit

DIMMER = Range(0.0, 100.0, Unit.PERCENT, 0.0, 100.0)


def trip(bench):
    bench.gate.trip("heater", "over_temperature", "40.0 °C at heater")


def give_back(bench):
    bench.command(None)


def make_safe(bench):
    bench.gate.make_safe("console", "a person put everything safe")


@pytest.mark.parametrize("end", [trip, give_back, make_safe])
def test_a_command_that_was_ended_while_it_was_written_never_comes_back(end):
    bench = GateBench(an_actuator(accepts=DIMMER))

    async def main():
        far = bench.far["heater"]
        far.fault, far.hang_s = "hang", 0.5
        bench.command(60.0)
        await seconds(0.1)
        end(bench)
        await seconds(3.0)
        far.fault = ""
        await seconds(3.0)
        bench.gate.reset("heater", "a person")
        assert bench.level == 0.0
        bench.occupy(0.9)
        late = bench.command(80.0, expires_in_s=0.2)
        await seconds(10.0)
        assert bench.outcome(late) is EXPIRED
        assert bench.level == 0.0
        assert bench.output.override is None

    bench.run(main)


def test_a_command_that_expired_leaves_the_one_that_was_carried_out_before():
    bench = GateBench(an_actuator(accepts=DIMMER))

    async def main():
        bench.command(60.0)
        await seconds(3.0)
        bench.occupy(0.9)
        late = bench.command(80.0, expires_in_s=0.2)
        await seconds(10.0)
        assert bench.outcome(late) is EXPIRED
        assert bench.level == 60.0

    bench.run(main)
