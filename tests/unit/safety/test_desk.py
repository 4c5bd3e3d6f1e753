"""How commands are taken: one answer each, in their order, with what became of them."""

from dataclasses import replace

import pytest
from benches import APPLIED, EXPIRED, REJECTED, SUPERSEDED, GateBench, seconds
from fakes import an_actuator

from alimante.config.outputs import LimitsKeys, OutputKeys
from alimante.core.events import CommandFinished, CommandReceived
from hardware.api import Range, Unit

DIMMER = Range(0.0, 100.0, Unit.PERCENT, 0.0, 100.0)


@pytest.fixture
def bench():
    return GateBench(an_actuator(accepts=DIMMER))


def numbered(bench, value, seq, *, source="mqtt", device="heater"):
    bench._count += 1
    command = CommandReceived(
        id=f"n{bench._count}",
        device=device,
        value=value,
        source=source,
        expires_s=bench.clock.mono() + 30.0,
        ttl_s=1800.0,
        seq=seq,
    )
    bench.bus.publish(command)
    (finished,) = bench.answers(command.id)
    return finished


def test_an_answer_says_which_command_what_became_of_it_and_where_the_output_stands(bench):
    async def main():
        one = bench.command(50.0)
        assert bench.answers(one) == [CommandFinished(id=one, device="heater", outcome=APPLIED, reason="", value=50.0)]
        two = bench.command(150.0)
        assert bench.answers(two) == [
            CommandFinished(id=two, device="heater", outcome=REJECTED, reason="150 is outside 0 to 100 %", value=50.0)
        ]
        nowhere = bench.command(1.0, device="oven")
        assert bench.answers(nowhere) == [
            CommandFinished(id=nowhere, device="oven", outcome=REJECTED, reason="there is no actuator oven", value=None)
        ]

    bench.run(main)


@pytest.mark.parametrize(("late_s", "outcome"), [(0.0, APPLIED), (0.001, EXPIRED)])
def test_a_command_may_come_until_it_expires(bench, late_s, outcome):
    async def main():
        answer = bench.command(50.0, expires_in_s=-late_s)
        assert bench.outcome(answer) is outcome

    bench.run(main)


def test_a_command_that_another_of_its_source_overtook_is_refused(bench):
    async def main():
        assert numbered(bench, 50.0, 2).outcome is APPLIED
        late = numbered(bench, 80.0, 1)
        assert (late.outcome, late.reason) == (REJECTED, "out of order: a later command came first")
        assert bench.level == 50.0
        assert numbered(bench, 60.0, 1, source="console").outcome is APPLIED
        assert numbered(bench, 70.0, 3).outcome is APPLIED

    bench.run(main)


def test_what_is_refused_is_kept_for_the_question_why(bench):
    async def main():
        bench.gate.hold("a person said so")
        bench.command(50.0)
        assert bench.output.decisions[-1].text == "50 % by mqtt refused: a person said so"
        assert bench.output.decisions[-1].at_s == bench.clock.mono()
        numbered(bench, 0.0, 5)
        numbered(bench, None, 4)
        assert bench.output.decisions[-1].text == "AUTO by mqtt refused: out of order: a later command came first"
        decided = len(bench.output.decisions)
        bench.command(50.0, expires_in_s=-1.0)  # too late is nobody's fault
        assert len(bench.output.decisions) == decided

    bench.run(main)


def test_a_command_holds_for_its_time_in_the_name_of_its_source(bench):
    async def main():
        bench.command(50.0, ttl_s=77.0, source="anna")
        wish = bench.output.override
        assert wish is bench.output.standing
        assert (wish.value, wish.source, wish.reason, wish.is_override) == (50.0, "anna", "command c1", True)
        assert wish.until_s == bench.clock.mono() + 77.0
        assert bench.changes[-1].until_s == wish.until_s

    bench.run(main)


def test_what_is_only_lowered_is_applied_and_says_so():
    keys = OutputKeys(limits=LimitsKeys(max_power_pct=80.0))
    bench = GateBench(replace(an_actuator(accepts=DIMMER), output=keys))

    async def main():
        (finished,) = bench.answers(bench.command(100.0))
        assert (finished.outcome, finished.value) == (APPLIED, 80.0)
        assert finished.reason == "at most 80 % of its power are allowed"

    bench.run(main)


def test_auto_is_answered_at_once_and_kept_for_the_question_why(bench):
    async def main():
        bench.command(50.0)
        answer = bench.command(None, source="anna")
        assert [(each.outcome, each.reason) for each in bench.answers(answer)] == [(APPLIED, "")]
        assert bench.level == 0.0
        sentence = "anna has given it back to its controllers"
        assert bench.output.lapsed == sentence
        assert (bench.clock.mono(), sentence) in [(each.at_s, each.text) for each in bench.output.decisions]
        assert (bench.output.override, bench.output.standing) == (None, None)

    bench.run(main)


def test_a_command_that_failed_holds_nothing(bench):
    async def main():
        bench.command(50.0)
        bench.far["heater"].fault = "ignore"
        bench.command(80.0)
        bench.far["heater"].fault = ""
        await seconds(30.0)
        assert bench.output.override is None
        assert bench.level == 0.0

    bench.run(main)


def test_a_command_that_expired_while_another_one_took_its_place_leaves_that_one(bench):
    async def main():
        bench.command(50.0)
        bench.occupy(0.5)
        late = bench.command(60.0, expires_in_s=0.2)
        last = bench.command(70.0, expires_in_s=5.0)
        await seconds(1.0)
        assert (bench.outcome(late), bench.outcome(last)) == (EXPIRED, APPLIED)
        assert bench.output.override.value == 70.0
        assert bench.level == 70.0

    bench.run(main)


def test_a_command_that_was_superseded_does_not_bring_back_the_one_before(bench):
    async def main():
        bench.command(50.0)
        bench.occupy(0.5)
        late = bench.command(80.0)
        bench.gate._writer.assert_safe(bench.output, "gate", "a test")
        await seconds(3.0)
        assert bench.outcome(late) is SUPERSEDED
        assert bench.output.override is None
        assert bench.level == 0.0

    bench.run(main)
