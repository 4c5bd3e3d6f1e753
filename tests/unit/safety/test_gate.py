"""What the output gate lets pass, and what becomes of it."""

import asyncio
import math

import pytest
from benches import APPLIED, EXPIRED, FAILED, REJECTED, SUPERSEDED, UNKNOWN, GateBench, seconds
from fakes import an_actuator

from alimante.core.events import OutputChanged
from alimante.safety.answers import REMEMBERED_COMMANDS
from alimante.safety.output import DECISIONS
from hardware.api import Range, Unit

DIMMER = Range(0.0, 100.0, Unit.PERCENT, 0.0, 100.0)


@pytest.fixture
def bench():
    return GateBench(an_actuator())


class TestStart:
    def test_f071_every_output_is_put_safe_before_anything_else(self):
        bench = GateBench(an_actuator(), an_actuator("fan", safe_value=1.0))
        bench.far["fan"].level = 0.0

        async def main():
            assert {name: far.level for name, far in bench.far.items()} == {"heater": 0.0, "fan": 1.0}
            assert bench.gate.armed
            assert bench.gate.refusal() == ""

        bench.run(main)
        assert [(change.device, change.value, change.source) for change in bench.changes[:2]] == [
            ("heater", 0.0, "start"),
            ("fan", 1.0, "start"),
        ]

    def test_f070_an_output_that_is_not_seen_safe_keeps_the_gate_unarmed_and_names_itself(self, bench):
        bench.far["heater"].fault = "raise"

        async def main():
            await seconds(5)
            assert not bench.gate.armed
            assert bench.gate.refusal() == "not armed: not yet known to be safe: heater"
            bench.far["heater"].fault = ""
            await seconds(1.1)
            assert bench.gate.armed

        bench.run(main)

    def test_i7_not_armed_only_safe_values_pass(self):
        bench = GateBench(an_actuator(), an_actuator("lamp"))
        bench.far["lamp"].fault = "raise"

        async def main():
            refused, safe = bench.command(1.0), bench.command(0.0)
            await seconds(0.1)
            assert bench.outcome(refused) is REJECTED
            assert "not armed" in bench.answers(refused)[0].reason
            assert bench.outcome(safe) is APPLIED
            assert bench.level == 0.0

        bench.run(main)

    def test_before_the_first_write_nothing_passes_and_nothing_is_claimed_to_be_safe(self, bench):
        async def main():
            assert bench.gate.refusal() == "not armed: not yet known to be safe: heater"
            assert bench.output.value is None

        bench.run(main, start=False)

    def test_a_node_without_outputs_is_armed_with_its_first_tick(self):
        bench = GateBench()

        async def main():
            await seconds(1.1)
            assert bench.gate.armed

        bench.run(main)


class TestOutcomes:
    def test_applied(self, bench):
        async def main():
            answer = bench.command(1.0)
            await seconds(0.1)
            (finished,) = bench.answers(answer)
            assert (finished.outcome, finished.reason, finished.value) == (APPLIED, "", 1.0)
            assert bench.level == 1.0
            change = bench.changes[-1]
            assert (change.value, change.commanded, change.source, change.reason) == (1.0, 1.0, "mqtt", "command c1")

        bench.run(main)

    def test_rejected_for_a_device_that_is_none(self, bench):
        async def main():
            (finished,) = bench.answers(bench.command(1.0, device="oven"))
            assert (finished.outcome, finished.reason) == (REJECTED, "there is no actuator oven")
            assert finished.value is None

        bench.run(main)

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.5, 2.0, -1.0])
    def test_rejected_for_what_a_switch_does_not_take(self, bench, value):
        """The last hop before the wire trusts nobody, whatever the sources have checked."""

        async def main():
            assert bench.outcome(bench.command(value)) is REJECTED
            assert bench.level == 0.0
            assert bench.gate.outputs["heater"].commanded == 0.0

        bench.run(main)

    @pytest.mark.parametrize("value", [math.nan, 100.1, -0.1])
    def test_rejected_for_what_is_outside_a_range(self, value):
        bench = GateBench(an_actuator(accepts=DIMMER))

        async def main():
            assert bench.outcome(bench.command(value)) is REJECTED

        bench.run(main)

    def test_f087_expired_when_it_came_too_late(self, bench):
        async def main():
            (finished,) = bench.answers(bench.command(1.0, expires_in_s=-0.1))
            assert (finished.outcome, finished.reason) == (EXPIRED, "the command came too late")
            assert bench.level == 0.0

        bench.run(main)

    def test_i12_expired_when_the_wire_was_not_free_in_time(self, bench):
        async def main():
            bench.occupy(0.5)
            answer = bench.command(1.0, expires_in_s=0.2)
            await seconds(1.0)
            assert bench.outcome(answer) is EXPIRED
            assert [value for _, value in bench.far["heater"].begun] == [0.0]
            assert bench.output.value == 0.0

        bench.run(main)

    def test_superseded_by_a_safe_state_before_it_began(self, bench):
        async def main():
            bench.occupy(0.5)
            answer = bench.command(1.0)
            await seconds(0.1)
            bench.gate.make_safe("interlock", "over-temperature")
            await seconds(1.0)
            assert bench.outcome(answer) is SUPERSEDED
            assert [value for _, value in bench.far["heater"].begun] == [0.0, 0.0]

        bench.run(main)

    def test_failed_when_the_wire_raises_and_the_output_ends_safe(self, bench):
        async def main():
            bench.far["heater"].fault = "raise after"
            answer = bench.command(1.0)
            bench.far["heater"].fault = ""
            assert (bench.changes[-1].value, bench.changes[-1].commanded) == (None, 0.0)
            await seconds(1.1)
            (finished,) = bench.answers(answer)
            assert finished.outcome is FAILED
            assert "broke off" in finished.reason
            assert finished.value is None
            assert bench.level == 0.0
            assert bench.output.value == 0.0

        bench.run(main)

    def test_f059_failed_when_something_else_is_read_back(self, bench):
        async def main():
            bench.far["heater"].fault = "ignore"
            (finished,) = bench.answers(bench.command(1.0))
            assert (finished.outcome, finished.value) == (FAILED, 0.0)
            assert finished.reason == "ON was written, but OFF was read back"

        bench.run(main)

    def test_f059_one_wrong_read_back_never_leaves_the_output_on(self, bench):
        """The output is on, and looks safe: what was read back once against what was written proves nothing."""

        async def main():
            bench.far["heater"].fault = "lie"
            answer = bench.command(1.0)
            assert bench.level == 1.0
            bench.far["heater"].fault = ""
            assert bench.outcome(answer) is FAILED
            await seconds(1.1)
            assert bench.level == 0.0

        bench.run(main)

    def test_unknown_when_its_time_is_up_in_flight(self, bench):
        async def main():
            bench.far["heater"].fault = "hang"
            answer = bench.command(1.0)
            await seconds(1.5)
            (finished,) = bench.answers(answer)
            assert finished.outcome is UNKNOWN
            assert finished.value is None
            assert bench.output.value is None

        bench.run(main)

    def test_a_range_takes_what_its_hardware_can_show(self):
        bench = GateBench(an_actuator(accepts=DIMMER))
        bench.far["heater"].fault = "lie"

        async def main():
            bench.far["heater"].lie = 50.4
            assert bench.outcome(bench.command(50.0)) is APPLIED
            bench.far["heater"].lie = 51.0
            assert bench.outcome(bench.command(50.0)) is FAILED

        bench.far["heater"].lie = 0.0
        bench.run(main)

    def test_commands_to_one_output_take_effect_in_their_order(self):
        bench = GateBench(an_actuator(accepts=DIMMER))

        async def main():
            bench.occupy(0.3)
            answers = [bench.command(value) for value in (10.0, 20.0, 0.0, 30.0)]
            await seconds(1.0)
            assert [bench.outcome(answer) for answer in answers] == [APPLIED] * 4
            assert [value for _, value in bench.far["heater"].begun][1:] == [10.0, 20.0, 0.0, 30.0]

        bench.run(main)

    def test_off_overtakes_commands_that_have_waited(self, bench):
        async def main():
            bench.occupy(0.5)
            on = bench.command(1.0)
            await seconds(0.1)
            off = bench.command(0.0)
            await seconds(1.0)
            assert (bench.outcome(on), bench.outcome(off)) == (SUPERSEDED, APPLIED)
            assert 1.0 not in [value for _, value in bench.far["heater"].begun]

        bench.run(main)

    def test_f053_off_waits_for_no_other_work_that_has_not_begun(self, bench):
        async def main():
            bench.command(1.0)
            for _ in range(5):
                bench.occupy(0.5)
            off = bench.command(0.0)
            await seconds(0.6)
            assert bench.outcome(off) is APPLIED
            assert bench.level == 0.0

        bench.run(main)


class TestDuplicates:
    def test_f085_the_same_id_has_one_effect_and_the_same_answer(self, bench):
        async def main():
            for _ in range(3):
                bench.command(1.0, command_id="same")
                await seconds(0.1)
            assert len(bench.answers("same")) == 3
            assert len(set(bench.answers("same"))) == 1
            assert [value for _, value in bench.far["heater"].begun] == [0.0, 1.0]

        bench.run(main)

    def test_a_duplicate_never_prolongs_what_the_first_one_may(self, bench):
        async def main():
            bench.command(1.0, command_id="same", ttl_s=2.0)
            await seconds(1.5)
            bench.command(1.0, command_id="same", ttl_s=100.0)
            await seconds(1.6)
            assert bench.level == 0.0

        bench.run(main)

    def test_a_duplicate_while_the_first_is_under_way_shares_its_answer(self, bench):
        async def main():
            bench.occupy(0.5)
            for _ in range(3):
                bench.command(1.0, command_id="same")
            await seconds(1.0)
            assert bench.outcome("same") is APPLIED

        bench.run(main)

    def test_a_refusal_is_remembered_too(self, bench):
        async def main():
            bench.gate.hold("a person said so")
            for _ in range(2):
                bench.command(1.0, command_id="same")
            assert [finished.outcome for finished in bench.answers("same")] == [REJECTED] * 2

        bench.run(main)

    def test_one_id_may_serve_two_devices(self):
        bench = GateBench(an_actuator(), an_actuator("lamp"))

        async def main():
            for device in ("heater", "lamp"):
                bench.command(1.0, command_id="same", device=device)
            await seconds(0.1)
            assert [far.level for far in bench.far.values()] == [1.0, 1.0]

        bench.run(main)

    def test_i13_only_so_many_answers_are_kept(self, bench):
        async def main():
            for _ in range(2 * REMEMBERED_COMMANDS):
                bench.command(0.0)
            assert len(bench.gate._desk.answers) == REMEMBERED_COMMANDS

        bench.run(main)


class TestHold:
    def test_hold_puts_everything_safe_and_lets_nothing_else_pass(self, bench):
        async def main():
            bench.command(1.0)
            await seconds(0.1)
            bench.gate.hold("a person said so")
            assert bench.level == 0.0
            refused, safe = bench.command(1.0), bench.command(0.0)
            assert bench.answers(refused)[0].reason == "a person said so"
            assert bench.outcome(safe) is APPLIED
            await seconds(1000)
            assert bench.outcome(bench.command(1.0)) is REJECTED

        bench.run(main)

    def test_what_waits_when_the_hold_comes_is_superseded(self, bench):
        async def main():
            bench.occupy(0.5)
            answer = bench.command(1.0)
            bench.gate.hold("a person said so")
            await seconds(2.0)
            assert bench.outcome(answer) is SUPERSEDED
            assert bench.level == 0.0

        bench.run(main)

    def test_a_write_that_is_in_flight_when_the_hold_comes_is_undone(self, bench):
        async def main():
            bench.far["heater"].fault, bench.far["heater"].hang_s = "hang before", 0.5
            bench.command(1.0)
            bench.far["heater"].fault = ""
            bench.gate.hold("a person said so")
            await seconds(0.6)
            assert bench.level == 0.0
            assert bench.output.value == 0.0

        bench.run(main)

    def test_the_supervisors_stop_leaves_everything_safe(self, bench):
        async def main():
            bench.command(1.0)
            await seconds(0.1)
            assert bench.level == 1.0

        bench.run(main)
        assert bench.level == 0.0

    def test_a_stop_waits_for_a_hold_that_is_under_way(self, bench):
        async def main():
            bench.command(1.0)
            bench.occupy(0.5)
            holding = asyncio.ensure_future(bench.service.hold("a person said so"))
            await asyncio.sleep(0)
            await bench.service.hold("the supervisor is stopping")
            assert bench.level == 0.0
            await holding

        bench.run(main)

    def test_a_stop_with_a_stuck_wire_takes_less_than_two_seconds(self, bench):
        begun_s = []

        async def main():
            bench.far["heater"].fault = "hang"
            bench.command(1.0)
            begun_s.append(bench.clock.mono())

        bench.run(main)
        assert bench.clock.mono() - begun_s[0] < 2.0


class TestTick:
    def test_the_end_of_a_commands_time_ends_in_the_safe_value_on_the_tick(self, bench):
        async def main():
            bench.command(1.0, ttl_s=10.0)
            await seconds(10.0)
            assert bench.level == 1.0
            await seconds(1.0)
            assert bench.level == 0.0
            assert bench.output.reason == "the time of the last command is over"
            assert bench.changes[-1].source == "gate"

        bench.run(main)

    def test_a_new_command_begins_its_own_time(self, bench):
        async def main():
            bench.command(1.0, ttl_s=10.0)
            await seconds(8.0)
            bench.command(1.0, ttl_s=10.0)
            await seconds(8.0)
            assert bench.level == 1.0
            await seconds(3.0)
            assert bench.level == 0.0

        bench.run(main)

    def test_a_safe_value_has_no_end(self, bench):
        async def main():
            bench.command(0.0, ttl_s=1.0)
            begun = len(bench.far["heater"].begun)
            await seconds(10.0)
            assert len(bench.far["heater"].begun) == begun

        bench.run(main)

    @pytest.mark.parametrize("ttl_s", [math.nan, -5.0, 0.0])
    def test_a_time_that_is_none_ends_at_once(self, bench, ttl_s):
        async def main():
            bench.command(1.0, ttl_s=ttl_s)
            await seconds(1.1)
            assert bench.level == 0.0

        bench.run(main)

    def test_f056_a_failing_off_is_asserted_on_every_tick_and_told_once(self, bench):
        async def main():
            bench.command(1.0, ttl_s=1.0)
            bench.far["heater"].fault = "raise"
            await seconds(3.0)
            writes, told = len(bench.far["heater"].begun), len(bench.changes)
            assert bench.changes[-1] == OutputChanged(
                device="heater",
                value=None,
                commanded=0.0,
                source="gate",
                reason="the output does not answer",
                since_s=bench.changes[-1].since_s,
            )
            await seconds(60.0)
            assert len(bench.far["heater"].begun) - writes == 60
            assert len(bench.changes) == told
            bench.far["heater"].fault = ""
            await seconds(1.0)
            assert bench.level == 0.0
            assert bench.changes[-1].value == 0.0

        bench.run(main)

    def test_a_failing_off_does_not_push_its_cause_out_of_the_answer_to_why(self, bench):
        async def main():
            bench.command(1.0, command_id="from-the-phone", ttl_s=1.0)
            bench.far["heater"].fault = "raise"
            await seconds(3600.0)
            texts = [decision.text for decision in bench.output.decisions]
            assert texts[-1] != texts[-2]
            assert any("from-the-phone" in text for text in texts)
            assert any("the time of the last command is over" in text for text in texts)

        bench.run(main)

    def test_decisions_are_bounded(self, bench):
        async def main():
            for _ in range(3 * DECISIONS):
                bench.command(1.0)
            assert len(bench.output.decisions) == DECISIONS

        bench.run(main)

    def test_on_a_hanging_wire_the_value_is_unknown_until_it_comes_back_safe(self, bench):
        async def main():
            bench.far["heater"].fault, bench.far["heater"].hang_s = "hang", 30.0
            bench.command(1.0)
            await seconds(2.0)
            assert bench.output.value is None
            bench.far["heater"].fault = ""
            await seconds(10.0)
            assert bench.output.value is None
            told = len(bench.changes)
            await seconds(10.0)
            assert len(bench.changes) == told
            await seconds(10.0)
            assert bench.level == 0.0
            assert bench.output.value == 0.0

        bench.run(main)

    def test_a_storm_of_commands_on_a_slow_wire_never_keeps_the_end_of_time_away(self, bench):
        """There is always a write waiting, and none ever succeeds."""

        async def main():
            bench.command(1.0, ttl_s=3.0)
            for _ in range(100):
                bench.occupy(0.9)
            for _ in range(30):
                bench.command(1.0)
                await seconds(0.25)
            assert bench.level == 0.0

        bench.run(main)

    def test_one_output_that_fails_leaves_the_others_alone(self):
        bench = GateBench(an_actuator(), an_actuator("lamp"))

        async def main():
            bench.command(1.0, device="lamp")
            bench.far["heater"].fault = "raise"
            bench.command(1.0)
            begun = len(bench.far["lamp"].begun)
            await seconds(10.0)
            assert bench.far["lamp"].level == 1.0
            assert len(bench.far["lamp"].begun) == begun

        bench.run(main)


class TestIdle:
    def test_who_asks_when_idle_is_told_when_the_last_write_ended(self, bench):
        async def main():
            told = []
            bench.occupy(0.5)
            bench.command(1.0)
            bench.gate.when_idle(lambda: told.append(bench.clock.mono()))
            assert told == []
            await seconds(1.0)
            assert len(told) == 1
            bench.gate.when_idle(lambda: told.append("at once"))
            assert told[1:] == ["at once"]

        bench.run(main)
