"""What the output gate does while a zone may be at its limit whatever its sensor says."""

from dataclasses import replace

import pytest
from benches import APPLIED, REJECTED, GateBench, seconds
from fakes import an_actuator

from alimante.config.model import Role

FULL = "by what heater did it may be 36.0 °C although the sensor says 20.0 °C; the limit is 36 °C"


@pytest.fixture
def bench():
    heater = replace(an_actuator(), role=Role.HEATER)
    return GateBench(heater, an_actuator("fan"))


def let_it_be_full(bench: GateBench, reason: str = FULL) -> None:
    """Let the bound of the zone say `reason`."""
    bench.gate._trips.reason_to_wait = lambda output: reason if output.id == "heater" else ""


def test_a_heater_whose_zone_may_be_at_its_limit_is_refused_with_the_reason(bench: GateBench):
    async def main():
        let_it_be_full(bench)
        refused, fan = bench.command(1.0), bench.command(1.0, device="fan")
        await seconds(0.1)
        assert bench.outcome(refused) is REJECTED
        assert FULL in bench.answers(refused)[0].reason
        assert bench.outcome(fan) is APPLIED
        assert bench.far["heater"].level == 0.0

    bench.run(main)


def test_a_heater_that_is_on_goes_off_with_the_next_tick_and_may_be_on_again_when_the_bound_has_fallen(
    bench: GateBench,
):
    async def main():
        bench.command(1.0)
        await seconds(0.1)
        assert bench.far["heater"].level == 1.0
        let_it_be_full(bench)
        await seconds(1.1)
        assert bench.far["heater"].level == 0.0
        let_it_be_full(bench, "")
        answer = bench.command(1.0)
        await seconds(0.1)
        assert bench.outcome(answer) is APPLIED
        assert bench.far["heater"].level == 1.0

    bench.run(main)


def test_the_safe_value_passes_whatever_the_bound_says(bench: GateBench):
    async def main():
        let_it_be_full(bench)
        answer = bench.command(0.0)
        await seconds(0.1)
        assert bench.outcome(answer) is APPLIED

    bench.run(main)
