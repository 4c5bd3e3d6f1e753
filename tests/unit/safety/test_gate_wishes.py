"""Who gets an output, what else holds it back, and what the gate remembers."""

import json
import math
from dataclasses import replace
from datetime import date

import pytest
from benches import APPLIED, REJECTED, GateBench, seconds
from fakes import an_actuator, heard

from alimante.config.keys import Role
from alimante.config.outputs import LimitsKeys, OutputKeys
from alimante.core.events import ConditionChanged, Level, Outcome, SafetyActed
from alimante.io.handle import WRITE_DEADLINE_S
from alimante.policy.asking import MAX_MAINTENANCE_S
from alimante.safety.gate import Gate
from hardware.api import Range, Unit

DIMMER = Range(0.0, 100.0, Unit.PERCENT, 0.0, 100.0)
FEEDER = replace(an_actuator("feeder"), role=Role.FEEDER)
CUTOFF = replace(an_actuator("cutoff"), role=Role.CUTOFF)
HEATER = replace(
    an_actuator("heater"), role=Role.HEATER, output=OutputKeys(limits=LimitsKeys(min_on_s=0.0, min_off_s=0.0))
)


@pytest.fixture
def bench():
    return GateBench(an_actuator(accepts=DIMMER))


def demand(bench, value, source="control", device="heater"):
    bench.gate.demand(device, value, source=source, reason="it is cold")


def test_of_several_controllers_the_highest_demand_wins(bench):
    async def main():
        demand(bench, 20.0, "one")
        demand(bench, 60.0, "two")
        demand(bench, 40.0, "three")
        assert bench.level == 60.0
        bench.gate.release("heater", "two")
        assert bench.level == 40.0
        assert bench.output.source == "three"

    bench.run(main)


def test_a_demand_that_is_renewed_lives_and_one_that_is_not_ends_within_its_lease(bench):
    async def main():
        for _ in range(30):
            demand(bench, 20.0)
            await seconds(1.0)
        assert bench.level == 20.0
        await seconds(9.5)
        assert bench.level == 0.0

    bench.run(main)


def test_a_demand_that_is_renewed_unchanged_stays_the_same_wish(bench):
    """What was granted for it holds on: a grant is of one wish."""

    async def main():
        demand(bench, 20.0)
        wish = bench.output.demands["control"]
        end_s = wish.until_s
        await seconds(1.0)
        demand(bench, 20.0)
        assert bench.output.demands["control"] is wish
        assert wish.until_s == end_s + 1.0

    bench.run(main)


@pytest.mark.parametrize("new", [{"reason": "it is night"}, {"target": 31.0}], ids=str)
def test_a_demand_that_is_renewed_with_another_reason_or_target_has_it(bench, new):
    async def main():
        said = {"source": "control", "reason": "it is cold", "target": 30.0}
        bench.gate.demand("heater", 20.0, **said)
        bench.gate.demand("heater", 20.0, **said | new)
        wish = bench.output.demands["control"]
        assert {"source": wish.source, "reason": wish.reason, "target": wish.target} == said | new
        assert not wish.is_override

    bench.run(main)


def test_what_a_controller_wishes_is_told_with_its_reason(bench):
    async def main():
        demand(bench, 20.0)
        assert (bench.output.source, bench.output.reason) == ("control", "it is cold")
        bench.gate.release("heater", "control")
        assert bench.level == 0.0
        assert bench.output.reason == "control has given it back"
        assert not bench.output.is_lapsed

    bench.run(main)


def test_who_wishes_nothing_has_nothing_to_give_back(bench):
    async def main():
        demand(bench, 20.0)
        lapsed = bench.output.lapsed
        bench.gate.release("heater", "nobody")
        assert bench.level == 20.0
        assert bench.output.lapsed == lapsed

    bench.run(main)


@pytest.mark.parametrize(("source", "level"), [("anna", 20.0), ("bert", 50.0)])
def test_only_who_commanded_gives_a_command_back(bench, source, level):
    async def main():
        demand(bench, 20.0)
        bench.command(50.0, source="anna")
        bench.gate.release("heater", source)
        assert bench.level == level

    bench.run(main)


@pytest.mark.parametrize("value", [math.nan, math.inf, 101.0, -1.0, True, None])
def test_a_controller_that_asks_for_what_is_no_value_is_told(bench, value):
    async def main():
        with pytest.raises(ValueError, match=r"value|outside"):
            demand(bench, value)
        with pytest.raises(KeyError):
            demand(bench, 1.0, device="oven")

    bench.run(main)


def test_a_command_beats_controllers_for_its_time(bench):
    async def main():
        demand(bench, 20.0)
        assert bench.outcome(bench.command(0.0, ttl_s=5.0)) is APPLIED
        demand(bench, 70.0)
        assert bench.level == 0.0
        assert [wish.source for wish in bench.output.wishes()] == ["mqtt", "control"]
        await seconds(5.1)
        assert bench.level == 70.0

    bench.run(main)


def test_auto_is_applied_and_gives_the_output_back(bench):
    async def main():
        demand(bench, 20.0)
        bench.command(90.0)
        assert bench.outcome(bench.command(None)) is APPLIED
        assert bench.level == 20.0

    bench.run(main)


def test_a_command_that_was_interrupted_does_not_come_back(bench):
    async def main():
        bench.command(90.0)
        bench.gate.trip("heater", "test", "a test tripped it")
        await seconds(1.1)
        assert bench.level == 0.0
        assert bench.gate.reset("heater", "a person")
        assert not bench.gate.reset("heater", "a person")
        await seconds(5.0)
        assert bench.level == 0.0
        assert bench.outcome(bench.command(90.0)) is APPLIED

    bench.run(main)


def test_a_trip_is_told_resets_itself_once_and_then_waits_for_a_person(bench):
    acted, conditions = heard(bench.bus, SafetyActed), heard(bench.bus, ConditionChanged)

    async def main():
        for _ in range(2):
            bench.gate.trip("heater", "test", "a test tripped it")
            refused = bench.command(90.0)
            assert bench.outcome(refused) is REJECTED
            await seconds(1000.0)
        assert "a person must reset it" in bench.gate.refusal_of("heater")
        bench.gate.reset("heater", "anna")
        assert bench.gate.refusal_of("heater") == ""

    bench.run(main)
    assert [event.action for event in acted] == ["tripped", "reset", "tripped", "reset"]
    assert [event.level for event in conditions] == [Level.CRITICAL, Level.CLEAR] * 2
    assert [entry["action"] for entry in bench.gate.safety_log] == ["tripped", "reset", "tripped", "reset"]


def test_a_failing_output_is_asked_again_by_controllers_only_after_a_rest(bench):
    async def main():
        bench.far["heater"].fault = "raise"
        demand(bench, 20.0)
        bench.far["heater"].fault = ""
        for _ in range(9):
            await seconds(1.0)
            demand(bench, 20.0)
        assert [value for _, value in bench.far["heater"].begun if value] == [20.0]
        await seconds(2.0)
        demand(bench, 20.0)
        assert bench.level == 20.0

    bench.run(main)


def test_an_output_at_rest_is_read_back_and_put_safe_when_it_cannot_be_read(bench):
    async def main():
        demand(bench, 20.0)
        bench.far["heater"].fault, bench.far["heater"].lie = "lie", math.nan
        for _ in range(6):
            await seconds(1.0)
            demand(bench, 20.0)
        assert bench.level == 0.0
        assert bench.gate.conditions.of("heater")

    bench.run(main)


def test_maintenance_has_an_end_whatever_is_asked(bench):
    async def main():
        bench.gate.maintain(1e9)
        assert bench.gate.maintenance_left_s() == MAX_MAINTENANCE_S
        demand(bench, 20.0)
        assert bench.level == 0.0
        bench.gate.end_maintenance()
        demand(bench, 30.0)
        assert bench.level == 30.0

    bench.run(main)


def test_maintenance_is_told_as_long_as_it_lasts(bench):
    async def main():
        demand(bench, 20.0)
        assert bench.gate.maintenance_left_s() is None
        bench.gate.maintain(60.0)
        assert (bench.output.source, bench.output.reason) == ("maintenance", "a person works in the enclosure")
        assert [(each.condition, each.level) for each in bench.gate.conditions.of("node")] == [
            ("maintenance", Level.WARNING)
        ]
        assert bench.gate.maintenance_left_s() == 60.0
        await seconds(59.5)
        assert bench.gate.maintenance_left_s() == 0.5
        await seconds(1.0)
        assert bench.gate.maintenance_left_s() is None
        assert bench.gate.conditions.of("node") == []

    bench.run(main)


@pytest.mark.parametrize("for_s", [0.0, -5.0])
def test_maintenance_for_no_time_is_over_at_once(bench, for_s):
    async def main():
        bench.gate.maintain(for_s)
        assert bench.gate.maintenance_left_s() == 0.0
        bench.gate.tick()
        assert bench.gate.maintenance_left_s() is None

    bench.run(main)


def restored(saved, *, wall=None):
    """A gate that has taken up `saved`; `wall` is the wall time, None while it is not believed."""
    bench = GateBench(an_actuator())

    def gate(handles, **given):
        built = Gate(handles, wall=lambda: wall and wall[0], **given)
        built.restore(saved)
        return built

    bench.build_gate = gate
    return bench


@pytest.mark.parametrize(("away_s", "left_s"), [(0.0, 100.0), (99.5, 0.5), (100.0, None), (1000.0, None)])
def test_maintenance_goes_on_over_a_restart_for_what_is_left_of_it(bench, away_s, left_s):
    kept = []

    async def begin():
        bench.build_gate = Gate
        bench.gate.maintain(100.0)
        kept.append(json.loads(json.dumps(bench.gate.snapshot())))

    bench.run(begin)
    again = restored(kept[0] | {"wall_s": 5000.0}, wall=[5000.0 + away_s])

    async def main():
        assert again.gate.maintenance_left_s() == left_s

    again.run(main, start=False)


@pytest.mark.parametrize(("is_asked_again", "left_s"), [(False, 39.0), (True, 500.0)])
def test_only_an_earlier_runs_maintenance_is_shortened_by_the_time_without_power(is_asked_again, left_s):
    """While the clock is not believed it stands still; what a person asks for in this run is of this run."""
    wall = [None]
    bench = restored({"maintenance_left_s": 100.0, "wall_s": 5000.0}, wall=wall)

    async def main():
        assert bench.gate.maintenance_left_s() == 100.0
        bench.clock.advance(1.0)
        if is_asked_again:
            bench.gate.maintain(500.0)
        wall[0] = 5061.0
        bench.gate.tick()
        bench.gate.tick()
        assert bench.gate.maintenance_left_s() == left_s

    bench.run(main, start=False)


def test_a_cutoff_closes_when_the_gate_is_armed_and_only_then_its_heater_has_power():
    bench = GateBench(CUTOFF, HEATER)

    async def main():
        assert bench.far["cutoff"].level == 0.0
        assert bench.answers(bench.command(1.0))[0].reason == "cutoff is open"
        await seconds(2.0)
        assert bench.far["cutoff"].level == 1.0
        assert bench.outcome(bench.command(1.0)) is APPLIED
        bench.gate.hold("a person said so")
        assert bench.far["cutoff"].level == 0.0

    bench.run(main)


def feeder(today, saved=None):
    bench = GateBench(FEEDER)

    def gate(handles, **given):
        built = Gate(handles, today=lambda: today, wall=bench.clock.wall, **given)
        if saved is not None:
            built.restore(saved)
        return built

    bench.build_gate = gate
    return bench


def test_a_feeder_waits_for_the_date_and_gives_one_short_portion():
    bench = feeder(None)

    async def unknown_date():
        assert "date is not known" in bench.answers(bench.command(1.0, device="feeder"))[0].reason

    bench.run(unknown_date)
    bench = feeder(date(2026, 2, 28))

    async def main():
        assert bench.outcome(bench.command(1.0, device="feeder")) is APPLIED
        await seconds(9.9)
        assert bench.far["feeder"].level == 1.0
        await seconds(0.2)
        assert bench.far["feeder"].level == 0.0
        assert bench.outcome(bench.command(1.0, device="feeder")) is REJECTED
        await seconds(21600.0)
        assert bench.outcome(bench.command(1.0, device="feeder")) is APPLIED

    bench.run(main)


def test_a_restart_never_feeds_twice_and_keeps_trips_and_log():
    first, saves, kept = feeder(date(2026, 2, 28)), [], []

    async def feed():
        first.gate.on_change(saves.append)
        first.command(1.0, device="feeder")
        assert saves[-1] is True
        await seconds(11.0)
        first.gate.trip("feeder", "test", "a test tripped it")
        kept.append(json.loads(json.dumps(first.gate.snapshot(), allow_nan=False)))

    first.run(feed)
    second = feeder(date(2026, 2, 28), kept[0])

    async def again():
        assert second.gate.outputs["feeder"].trip
        second.gate.reset("feeder", "a person")
        again = second.command(1.0, device="feeder", command_id="c1")
        assert second.outcome(again) is Outcome.APPLIED  # that is the answer from before
        refused = second.command(1.0, device="feeder", command_id="c2")
        assert "has to be off for 21600 s" in second.answers(refused)[0].reason
        assert second.gate.outputs["feeder"].account.count(date(2026, 2, 28)) == 1
        assert len(second.gate.safety_log) >= 2

    second.run(again)


@pytest.mark.parametrize(
    "saved",
    [
        {},
        {"outputs": 1, "latches": [], "log": {}, "wall_s": "x", "maintenance_left_s": "y"},
        {"outputs": {"feeder": {"day": 7}}, "latches": {"feeder": {}}, "heaters": {"feeder": {}}, "log": [1]},
    ],
)
def test_a_snapshot_that_makes_no_sense_never_keeps_the_gate_from_starting(saved):
    bench = feeder(date(2026, 2, 28), saved)

    async def main():
        assert bench.gate.armed
        assert bench.far["feeder"].level == 0.0

    bench.run(main)


def test_a_worn_relay_is_told_once():
    bench = GateBench(replace(an_actuator(), output=OutputKeys(limits=LimitsKeys(rated_cycles=100))))
    conditions = heard(bench.bus, ConditionChanged)

    async def main():
        for _ in range(90):
            bench.command(1.0)
            bench.command(0.0)

    bench.run(main)
    (worn,) = conditions
    assert (worn.condition, worn.level) == ("worn", Level.WARNING)
    assert worn.text == "it has switched 80 times of the 100 that it is built for"


def test_a_tick_comes_when_a_time_is_over():
    bench = GateBench(replace(an_actuator(), output=OutputKeys(limits=LimitsKeys(max_on_s=2.5))))

    async def main():
        bench.command(1.0)
        on_s = bench.clock.mono()
        while bench.level:
            await seconds(0.05)
        assert bench.clock.mono() - on_s == pytest.approx(2.5, abs=0.06)
        assert bench.gate.due_in_s() == math.inf

    bench.run(main)


def test_a_hold_by_a_person_is_a_condition_and_one_by_the_program_is_none(bench):
    async def main():
        bench.gate.hold("the supervisor is stopping")
        assert bench.gate.conditions.of("node") == []
        assert bench.gate.refusal() == "the supervisor is stopping"

    bench.run(main)


def test_a_hold_is_told_once_and_forgets_what_was_wished(bench):
    async def main():
        demand(bench, 20.0)
        bench.gate.hold("a person said so", is_by_person=True)
        assert [each.condition for each in bench.gate.conditions.of("node")] == ["held"]
        assert (bench.output.source, bench.output.reason) == ("hold", "a person said so")
        assert bench.output.demands == {}
        assert bench.output.lapsed == "a person said so"
        bench.gate.hold("another one said so", is_by_person=True)
        assert bench.gate.conditions.of("node")[0].text.endswith("a person said so")
        assert bench.gate.refusal() == "another one said so"

    bench.run(main)


def test_the_next_time_is_the_soonest_of_all_outputs_that_are_on():
    bench = GateBench(*(an_actuator(name) for name in ("heater", "lamp", "pump")))

    async def main():
        assert bench.gate.due_in_s() == math.inf
        bench.command(1.0, ttl_s=50.0)
        bench.command(1.0, device="lamp", ttl_s=20.0)
        assert bench.gate.due_in_s() == pytest.approx(20.0)
        bench.clock.advance(5.0)
        assert bench.gate.due_in_s() == pytest.approx(15.0)
        bench.command(0.0, device="lamp")
        assert bench.gate.due_in_s() == pytest.approx(45.0)
        bench.clock.advance(45.0)
        assert bench.gate.due_in_s() == math.inf  # what is over already is the next tick's matter

    bench.run(main)


@pytest.mark.parametrize(("within_s", "due_s"), [(1.0, math.inf), (1000.0, 93.0), (math.inf, 93.0)])
def test_a_far_end_of_the_longest_time_on_need_not_be_told(within_s, due_s):
    bench = GateBench(replace(an_actuator(), output=OutputKeys(limits=LimitsKeys(max_on_s=100.0))))

    async def main():
        demand(bench, 1.0)
        for _ in range(7):
            await seconds(1.0)
            demand(bench, 1.0)
        bench.gate.release("heater", "nobody")
        bench.output.demands["control"].until_s = math.inf
        bench.gate.tick()
        assert bench.gate.due_in_s(within_s) == pytest.approx(due_s, abs=0.1)

    bench.run(main)


def test_everybody_who_waits_for_a_quiet_gate_is_told_once(bench):
    told = []

    async def main():
        bench.gate.when_idle(lambda: told.append("at once"))
        assert told == ["at once"]
        bench.occupy(0.5)
        bench.command(20.0)
        for name in ("one", "two"):
            bench.gate.when_idle(lambda name=name: told.append(name))
        assert told == ["at once"]
        await seconds(1.0)
        assert told == ["at once", "one", "two"]
        bench.command(30.0)
        await seconds(1.0)
        assert told == ["at once", "one", "two"]

    bench.run(main)


def test_a_lapsed_demand_is_told_as_forced_and_one_that_was_given_back_is_not(bench):
    acted = heard(bench.bus, SafetyActed)

    async def main():
        demand(bench, 20.0)
        bench.gate.release("heater", "control")
        assert acted == []
        demand(bench, 20.0)
        await seconds(12.0)
        assert [(one.action, one.cause) for one in acted] == [("forced_safe", "lease")]
        assert bench.output.source == "gate"
        assert bench.output.reason == "control has not renewed its demand for 10 s"

    bench.run(main)


def test_a_controller_that_wants_the_safe_value_is_its_source(bench):
    async def main():
        demand(bench, 20.0)
        bench.gate.demand("heater", 0.0, source="control", reason="it is warm")
        assert (bench.level, bench.output.source, bench.output.reason) == (0.0, "control", "it is warm")

    bench.run(main)


def test_what_binds_an_output_is_said_until_it_binds_no_more():
    keys = OutputKeys(limits=LimitsKeys(min_off_s=30.0))
    bench = GateBench(replace(an_actuator(), output=keys))

    async def main():
        await seconds(40.0)
        bench.command(1.0)
        bench.command(0.0)
        await seconds(1.0)
        bench.command(None)
        demand(bench, 1.0)
        assert bench.output.bound_text == "it has to be off for 30 s, which takes another 29 s"
        assert bench.level == 0.0
        for _ in range(32):
            demand(bench, 1.0)
            await seconds(1.0)
        assert (bench.output.bound_text, bench.level) == ("", 1.0)

    bench.run(main)


def test_what_waits_to_be_written_is_not_written_once_it_may_not_be(bench):
    async def main():
        await seconds(1.0)
        bench.far["heater"].begun.clear()
        bench.occupy(0.9)
        demand(bench, 20.0)
        bench.gate.trip("heater", "test", "a test tripped it")
        bench.gate.tick()
        assert bench.output.decisions[-1].text.startswith("0 % by gate: a test tripped it")
        await seconds(3.0)
        assert [value for _, value in bench.far["heater"].begun] == [0.0]

    bench.run(main)


def test_a_safe_value_that_waits_is_not_asked_for_again_on_every_look(bench):
    async def main():
        demand(bench, 20.0)
        bench.occupy(0.9)
        bench.gate.make_safe("console", "a person said so")
        for _ in range(5):
            bench.gate.tick()
        assert len(bench.output.waiting) == 1

    bench.run(main)


def test_a_safe_value_that_nobody_answers_is_asked_for_again(bench):
    async def main():
        demand(bench, 20.0)
        bench.occupy(5.0)
        bench.gate.make_safe("console", "a person said so")
        asks = bench.output.asks
        bench.clock.advance(WRITE_DEADLINE_S + 0.01)
        bench.gate.tick()
        assert bench.output.asks == asks + 1

    bench.run(main)


def test_a_value_that_waits_is_left_to_be_written_while_it_is_wished(bench):
    async def main():
        await seconds(1.0)
        bench.occupy(0.9)
        demand(bench, 20.0)
        for _ in range(5):
            bench.gate.tick()
        assert len(bench.output.waiting) == 1
        await seconds(1.0)
        assert bench.level == 20.0

    bench.run(main)


def test_a_command_that_a_rule_ended_says_which():
    bench = GateBench(replace(an_actuator(), output=OutputKeys(limits=LimitsKeys(max_on_s=10.0))))
    acted = heard(bench.bus, SafetyActed)

    async def main():
        bench.command(1.0)
        await seconds(11.1)
        assert bench.level == 0.0
        assert bench.output.lapsed == "it was on for 10 s, the longest time allowed"
        assert bench.output.overrides_ended > 0
        assert [(one.action, one.cause) for one in acted] == [("forced_safe", "max_on")]

    bench.run(main)


def test_a_command_whose_time_is_over_is_no_lapsed_demand(bench):
    acted = heard(bench.bus, SafetyActed)

    async def main():
        bench.command(20.0, ttl_s=3.0)
        await seconds(5.0)
        assert bench.level == 0.0
        assert acted == []

    bench.run(main)


def test_a_safe_value_that_fails_is_asked_for_again_for_the_same_reason(bench):
    async def main():
        demand(bench, 20.0)
        bench.far["heater"].fault = "raise"
        bench.gate.make_safe("console", "a person said so")
        failed = bench.output.reason
        assert "does not answer" in failed
        await seconds(1.1)
        assert f"0 % by gate: {failed}" in [each.text for each in bench.output.decisions]

    bench.run(main)
