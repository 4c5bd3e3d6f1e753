"""What becomes of outputs that do not stand where they were left."""

from dataclasses import replace
from datetime import date

import pytest
from benches import APPLIED, GateBench, seconds
from fakes import FakeActuator, an_actuator, heard

from alimante.config.outputs import LimitsKeys, OutputKeys
from alimante.core.events import SafetyActed
from alimante.safety.gate import Gate
from alimante.safety.writer import UNSEEN
from hardware.api import Range, Unit
from hardware.errors import TransferError

TODAY = date(2026, 2, 28)
LEASE_S, LOOK_S = 10.0, 2.0


@pytest.fixture
def bench():
    bench = GateBench(an_actuator())
    bench.build_gate = lambda handles, **given: Gate(handles, today=lambda: TODAY, **given)
    return bench


def test_an_output_that_somebody_else_switched_on_is_put_safe_and_counts_as_on(bench):
    acted = heard(bench.bus, SafetyActed)

    async def main():
        await seconds(5.0)
        bench.far["heater"].level = 1.0
        bench.occupy(0.5)
        bench.far["heater"].begun.clear()
        await seconds(LOOK_S + 1.1)
        assert bench.level == 0.0
        output = bench.output
        reason = "it was left at OFF and reads ON"
        assert [(one.cause, one.text) for one in acted] == [("read_back", reason)]
        assert (output.source, output.reason, output.lapsed) == ("gate", reason, reason)
        assert output.account.cycles == 1
        assert output.account.count(TODAY) == 1
        assert not output.account.is_on
        assert 0.0 < output.account.used_s(output.account.hour, bench.clock.mono()) + 0.001 < 1.0
        assert bench.gate.conditions.of("heater") == []  # it was seen off again

    bench.run(main)


def test_until_it_is_seen_safe_again_nothing_passes_and_it_is_told_where_it_stands(bench):
    async def main():
        await seconds(5.0)
        bench.far["heater"].level = 1.0
        bench.far["heater"].fault = "ignore"
        await seconds(LOOK_S + 1.1)
        output = bench.output
        assert (output.is_confirmed, output.value, output.commanded, output.source) == (False, 1.0, 0.0, "gate")
        assert output.rest_until_s > bench.clock.mono() + LEASE_S - 2.0
        (change, *_) = [each for each in bench.changes if each.value == 1.0]
        assert (change.source, change.reason) == ("gate", "it was left at OFF and reads ON")
        assert {each.condition for each in bench.gate.conditions.of("heater")} >= {"read_back"}
        bench.far["heater"].fault = ""
        await seconds(1.1)
        assert output.is_confirmed
        assert bench.level == 0.0

    bench.run(main)


def test_a_look_that_finds_it_astray_while_a_write_waits_is_believed_at_once(bench):
    """Between the look and the write that puts it safe it is not known to stand safe."""

    async def main():
        await seconds(5.0)
        seen = []
        settled = bench.gate._writer.assert_safe
        bench.gate._writer.assert_safe = lambda output, *said: (
            seen.append(output.is_confirmed),
            settled(output, *said),
        )
        bench.far["heater"].level = 1.0
        await seconds(LOOK_S + 1.1)
        assert seen == [False]

    bench.run(main)


def test_an_output_that_is_on_and_was_switched_off_by_somebody_else_loses_its_command(bench):
    async def main():
        assert bench.outcome(bench.command(1.0)) is APPLIED
        bench.far["heater"].level = 0.0
        await seconds(LOOK_S + 1.1)
        assert bench.output.override is None
        assert bench.output.lapsed == "it was left at ON and reads OFF"
        await seconds(30.0)
        assert bench.level == 0.0

    bench.run(main)


class Blind(FakeActuator):
    """A driver that cannot read back while the wire is `blind`."""

    def read_back(self):
        if self._far.fault == "blind":
            raise TransferError("nothing can be read back")
        return super().read_back()


def test_so_many_looks_in_a_row_that_fail_make_it_one_that_is_not_known():
    device = an_actuator()
    bench = GateBench(replace(device, spec=replace(device.spec, open=Blind)))

    async def missed(count):
        for _ in range(50):
            if bench.output.misses == count:
                return
            await seconds(0.1)
        pytest.fail(f"it was never missed {count} times")

    async def main():
        assert bench.outcome(bench.command(1.0)) is APPLIED
        for _ in range(2):  # one now and then is none in a row
            bench.far["heater"].fault = "blind"
            await missed(UNSEEN - 1)
            assert bench.level == 1.0
            bench.far["heater"].fault = ""
            await missed(0)
        bench.far["heater"].fault = "blind"
        await missed(UNSEEN - 1)
        await seconds(LOOK_S + 1.1)
        assert bench.level == 0.0
        assert bench.output.value is None
        assert "nothing can be read back" in bench.output.reason

    bench.run(main)


@pytest.mark.parametrize(("reads", "is_astray"), [(50.5, False), (49.5, False), (50.6, True), (49.4, True)])
def test_an_output_of_a_range_may_read_what_its_hardware_can_show(reads, is_astray):
    keys = OutputKeys(limits=LimitsKeys(min_on_s=0.0))
    bench = GateBench(replace(an_actuator(accepts=Range(0.0, 100.0, Unit.PERCENT, 0.0, 100.0)), output=keys))

    async def main():
        assert bench.outcome(bench.command(50.0)) is APPLIED
        bench.far["heater"].level = reads
        await seconds(LOOK_S + 1.1)
        assert (bench.level == 0.0) is is_astray
        assert is_astray or bench.output.value == reads

    bench.run(main)
