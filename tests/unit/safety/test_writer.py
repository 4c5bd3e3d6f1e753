"""What becomes of outputs that do not stand where they were left."""

from dataclasses import replace
from datetime import date

import pytest
from benches import APPLIED, GateBench, seconds
from fakes import FakeActuator, an_actuator, heard

from alimante.config.outputs import LimitsKeys, OutputKeys
from alimante.core.events import SafetyActed
from alimante.io.handle import ActuatorHandle
from alimante.io.worker import DeadlinePassed, Done, WireWedged
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
        assert output.rest_until_s > bench.clock.mono() + LEASE_S - LOOK_S - 1.2  # controllers wait
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


# Writes.


def test_what_is_on_counts_from_when_that_was_asked_for_until_it_is_seen_off(bench):
    kept = []

    async def main():
        bench.gate.on_change(lambda is_critical: None if is_critical else kept.append(is_critical))
        asked_s = bench.clock.mono()
        bench.occupy(0.5)
        bench.command(1.0)
        await seconds(1.0)
        account = bench.output.account
        assert (account.is_on, account.since_s, account.cycles, account.count(TODAY)) == (True, asked_s, 1, 1)
        assert kept == [False]
        bench.command(1.0)
        assert (account.since_s, account.cycles) == (asked_s, 1)
        await seconds(1.0)
        bench.far["heater"].fault, bench.far["heater"].hang_s = "hang", 0.4
        bench.command(0.0)
        await seconds(0.3)
        assert account.is_on
        await seconds(0.2)
        assert not account.is_on
        assert account.since_s == asked_s + 2.4
        assert kept == [False, False]

    bench.run(main)


def test_what_could_not_be_seen_off_still_counts_as_on(bench):
    async def main():
        bench.command(1.0)
        bench.far["heater"].fault = "raise after"
        bench.command(0.0)
        await seconds(3.0)
        assert bench.level == 0.0
        assert bench.output.account.is_on
        assert bench.output.failed_safe > 0
        bench.far["heater"].fault = ""
        await seconds(1.1)
        assert not bench.output.account.is_on
        assert bench.output.failed_safe == 0

    bench.run(main)


def test_what_may_have_gone_on_counts_as_on(bench):
    async def main():
        bench.far["heater"].fault = "raise after"
        bench.command(1.0)
        assert bench.output.account.is_on
        assert bench.output.commanded == 0.0
        assert bench.output.failed_safe == 0  # it was no safe value that failed

    bench.run(main)


def test_every_write_is_a_decision_with_who_and_why(bench):
    async def main():
        bench.command(1.0)
        bench.gate.make_safe("console", "a person said so")
        assert [each.text for each in bench.output.decisions][-2:] == [
            "ON by mqtt: command c1",
            "OFF by console: a person said so",
        ]
        bench.far["heater"].fault = "ignore"
        bench.command(1.0)
        assert bench.output.decisions[-1].text == "failed: ON was written, but OFF was read back"
        assert bench.output.decisions[-1].at_s == bench.clock.mono()

    bench.run(main)


def test_an_output_that_changed_says_since_when_and_who(bench):
    async def main():
        await seconds(3.0)
        bench.command(1.0)
        output = bench.output
        assert (output.value, output.commanded, output.source, output.reason) == (1.0, 1.0, "mqtt", "command c1")
        assert output.since_s == output.seen_s == output.looked_s == bench.clock.mono()
        assert output.misses == 0
        assert (bench.changes[-1].value, bench.changes[-1].since_s) == (1.0, bench.clock.mono())

    bench.run(main)


def test_a_safe_value_that_was_never_begun_is_asked_for_no_more(bench):
    """Nothing failed: the wire was busy until the command was too old."""

    async def main():
        bench.occupy(0.5)
        late = bench.command(0.0, expires_in_s=0.2)
        assert bench.output.unsafe_since_s is not None
        await seconds(0.6)
        (finished,) = bench.answers(late)
        assert finished.reason == "the wire was not free in time"
        assert (bench.output.unsafe_since_s, bench.output.unsafe_asks) == (None, 0)
        assert bench.output.is_confirmed

    bench.run(main)


def test_who_is_overtaken_is_told_so(bench):
    async def main():
        bench.occupy(0.5)
        first = bench.command(1.0)
        await seconds(0.1)
        bench.gate.make_safe("console", "a person said so")
        await seconds(1.0)
        assert bench.answers(first)[0].reason == "a later command took its place"

    bench.run(main)


@pytest.mark.parametrize(("waits_s", "overtakes"), [(0.01, False), (0.1, True)])
def test_a_safe_value_overtakes_only_what_has_waited(waits_s, overtakes):
    """Commands keep their order; but off does not wait behind them for long."""
    bench = GateBench(an_actuator(accepts=Range(0.0, 100.0, Unit.PERCENT, 0.0, 100.0)))

    async def main():
        bench.far["heater"].begun.clear()
        bench.occupy(0.5)
        bench.command(50.0)
        await seconds(waits_s)
        bench.command(0.0)
        await seconds(0.6)
        assert [value for _, value in bench.far["heater"].begun] == ([0.0] if overtakes else [50.0, 0.0])

    bench.run(main)


def test_after_a_failure_controllers_wait_for_a_lease(bench):
    async def main():
        bench.far["heater"].fault = "ignore"
        bench.command(1.0)
        assert bench.output.rest_until_s == bench.clock.mono() + LEASE_S

    bench.run(main)


def test_a_look_that_a_write_overtook_says_nothing(bench):
    async def main():
        await seconds(5.0)
        bench.far["heater"].fault, bench.far["heater"].lie = "lie", 1.0
        bench.occupy(0.3)
        bench.gate._look_at(bench.output, bench.clock.mono())
        bench.command(0.0)
        bench.far["heater"].fault = ""
        await seconds(1.0)
        assert bench.gate.conditions.of("heater") == []
        assert bench.output.is_confirmed

    bench.run(main)


def test_there_is_one_look_at_a_time(bench, monkeypatch):
    looks = []
    check = ActuatorHandle.check
    monkeypatch.setattr(ActuatorHandle, "check", lambda handle, on_done: looks.append(handle) or check(handle, on_done))

    async def main():
        await seconds(5.0)
        bench.occupy(0.9)
        looks.clear()
        for _ in range(10):
            bench.clock.advance(0.05)
            bench.gate._look_at(bench.output, bench.clock.mono() + 10.0)
        assert len(looks) == 1
        await seconds(3.1)
        assert len(looks) >= 2

    bench.run(main)


@pytest.mark.parametrize(
    ("error", "is_missed"),
    [
        (WireWedged("the wire does not answer"), False),
        (DeadlinePassed("there was no time", started=False), False),
        (DeadlinePassed("it took too long", started=True), True),
        (TransferError("nothing can be read back"), True),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_look_that_was_never_tried_is_no_miss(bench, error, is_missed):
    async def main():
        await seconds(1.0)
        failed = Done(value=None, error=error, started_s=bench.clock.mono())
        bench.gate._writer._compare(bench.output, failed, bench.clock.mono())
        assert bench.output.misses == int(is_missed)

    bench.run(main)


@pytest.mark.parametrize(("unseen_s", "is_lost"), [(LEASE_S, False), (LEASE_S + 0.01, True)])
def test_an_output_that_nobody_could_look_at_for_longer_than_a_lease_is_not_known(bench, unseen_s, is_lost):
    acted = heard(bench.bus, SafetyActed)

    async def main():
        bench.output.seen_s = bench.clock.mono() - unseen_s
        failed = Done(value=None, error=WireWedged("the wire does not answer"), started_s=bench.clock.mono())
        bench.gate._writer._compare(bench.output, failed, bench.clock.mono())
        assert [(one.cause, one.text) for one in acted] == [("read_back", "the wire does not answer")] * is_lost

    bench.run(main)


def test_an_output_at_rest_is_looked_at_as_often_as_is_configured(monkeypatch):
    looks = []
    check = ActuatorHandle.check
    monkeypatch.setattr(ActuatorHandle, "check", lambda handle, on_done: looks.append(handle) or check(handle, on_done))
    bench = GateBench(replace(an_actuator(), output=OutputKeys(read_back_s=5.0)))

    async def main():
        await seconds(100.5)
        assert len(looks) == 20

    bench.run(main)


def test_a_safe_value_goes_ahead_of_everything_else_that_waits_for_the_wire(bench):
    async def main():
        await seconds(5.0)
        bench.occupy(0.2)
        bench.command(1.0)
        bench.occupy(5.0)
        bench.far["heater"].begun.clear()
        bench.gate.make_safe("test", "a test")
        await seconds(1.0)
        assert [value for _, value in bench.far["heater"].begun] == [0.0]
        await seconds(10.0)

    bench.run(main)


def test_a_safe_value_that_another_one_overtook_is_still_asked_for(bench):
    async def main():
        await seconds(5.0)
        bench.occupy(0.2)
        asked_s = bench.clock.mono()
        bench.gate.make_safe("test", "a test")
        bench.far["heater"].fault, bench.far["heater"].hang_s = "hang", 3.0
        bench.gate.make_safe("test", "a test")
        await seconds(1.0)
        assert bench.output.unsafe_since_s == asked_s
        bench.far["heater"].fault = ""
        await seconds(10.0)
        assert bench.output.unsafe_since_s is None

    bench.run(main)


def test_what_was_read_back_of_a_range_is_what_it_stands_at():
    bench = GateBench(an_actuator(accepts=Range(0.0, 100.0, Unit.PERCENT, 0.0, 100.0)))

    async def main():
        bench.far["heater"].fault, bench.far["heater"].lie = "lie", 49.75
        bench.command(50.0)
        await seconds(0.1)
        assert (bench.output.value, bench.output.commanded) == (49.75, 50.0)
        bench.far["heater"].fault = ""

    bench.run(main)


def test_it_is_counted_how_often_in_a_row_it_could_not_be_made_safe(bench):
    async def main():
        await seconds(5.0)
        bench.far["heater"].fault = "raise"
        for _ in range(3):
            before = bench.output.failed_safe
            bench.gate.make_safe("test", "a test")
            await seconds(0.01)
            assert bench.output.failed_safe > before
        bench.far["heater"].fault = ""
        await seconds(5.0)
        assert bench.output.failed_safe == 0

    bench.run(main)
