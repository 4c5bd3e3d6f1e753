"""What the next run remembers of the commands of this one."""

import json

import pytest
from benches import APPLIED, EXPIRED, REJECTED, UNKNOWN, GateBench
from fakes import an_actuator

from alimante.core.events import CommandFinished, CommandReceived
from alimante.safety.answers import CUT_OFF, ORDERED_FOR_S, SAVED_COMMANDS, Answers

EXPIRES_S = 30.0


def command(name="one", *, seq=None):
    return CommandReceived(id=name, device="heater", value=1.0, source="mqtt", expires_s=EXPIRES_S, ttl_s=60.0, seq=seq)


def finished(name="one", *, outcome=APPLIED, value=1.0):
    return CommandFinished(id=name, device="heater", outcome=outcome, reason="why", value=value)


def again(before, *, at_s=0.0, now_s=0.0):
    """What the next run knows of what `before` knew at `at_s`."""
    after = Answers()
    after.restore(json.loads(json.dumps(before.snapshot(at_s))), now_s)
    return after


@pytest.mark.parametrize("answer", [finished(), finished(outcome=REJECTED, value=None)])
def test_the_next_run_gives_the_same_answer_to_the_same_id(answer):
    before = Answers()
    before.is_known(command())
    before.keep(answer)
    after = again(before)
    assert after.is_known(command())
    assert after.of(command()) == answer
    assert not after.is_known(command("other"))


def test_of_a_command_that_was_under_way_the_next_run_does_not_know_what_became_of_it():
    before = Answers()
    before.is_known(command())
    answer = again(before).of(command())
    assert (answer.outcome, answer.reason, answer.value) == (UNKNOWN, CUT_OFF, None)


def test_a_later_command_overtakes_over_a_restart_too():
    before = Answers()
    assert not before.is_overtaken(command(seq=5), 0.0)
    after = again(before, now_s=100.0)
    assert after.is_overtaken(command("late", seq=4), 101.0)
    assert not after.is_overtaken(command("next", seq=6), 101.0)


def test_what_can_come_no_more_is_not_saved():
    before = Answers()
    before.is_known(command(seq=5))
    before.is_overtaken(command(seq=5), 0.0)
    assert again(before, at_s=EXPIRES_S + ORDERED_FOR_S - 1.0).is_known(command())
    late = again(before, at_s=EXPIRES_S + ORDERED_FOR_S)
    assert not late.is_known(command())
    assert not late.is_overtaken(command(seq=4), 0.0)


def test_the_latest_commands_are_saved_and_no_more_than_a_disk_can_bear():
    before = Answers()
    for number in range(SAVED_COMMANDS + 20):
        before.is_known(command(f"c{number}"))
    after = again(before)
    assert len(after) == SAVED_COMMANDS
    assert after.is_known(command(f"c{SAVED_COMMANDS + 19}"))


@pytest.mark.parametrize(
    "saved",
    [
        None,
        "text",
        {"answers": {}, "numbers": 5},
        {"answers": [None, {"id": "one"}], "numbers": [{"device": "heater"}, 7]},
        {"answers": [{"id": "one", "device": "heater", "outcome": "glorious", "reason": "", "value": 1.0}]},
        {"answers": [{"id": "one", "device": "heater", "outcome": "applied", "reason": "", "value": []}]},
        {"numbers": [{"device": "heater", "source": "mqtt", "seq": float("inf")}]},
    ],
)
def test_what_makes_no_sense_is_left_out(saved):
    answers = Answers()
    answers.restore(saved, 0.0)
    assert len(answers) == 0
    assert not answers.is_overtaken(command(seq=1), 0.0)


def test_a_number_that_is_none_is_not_told():
    answers = Answers()
    entry = {"id": "one", "device": "heater", "outcome": "applied", "reason": "", "value": float("nan")}
    answers.restore({"answers": [entry]}, 0.0)
    assert answers.of(command()).value is None


def test_a_command_that_comes_once_more_after_a_restart_has_no_second_effect():
    first, second = GateBench(an_actuator()), GateBench(an_actuator())
    saved, told = {}, []

    async def begin():
        first.gate.on_change(told.append)
        assert first.outcome(first.command("ON", command_id="one")) is APPLIED
        saved.update(json.loads(json.dumps(first.gate.snapshot())))

    async def later():
        second.gate.restore(saved)
        assert second.outcome(second.command("ON", command_id="one")) is APPLIED
        assert second.level == 0.0
        assert second.output.override is None
        assert second.outcome(second.command("ON", command_id="two")) is APPLIED
        assert second.level == 1.0

    first.run(begin)
    second.run(later)
    assert True in told


def test_a_command_without_an_effect_is_no_reason_to_write_to_the_disk():
    bench, told = GateBench(an_actuator()), []

    async def main():
        bench.gate.on_change(told.append)
        assert bench.outcome(bench.command("toggle")) is REJECTED
        assert bench.outcome(bench.command("OFF", expires_in_s=-1.0)) is EXPIRED

    bench.run(main)
    assert True not in told
