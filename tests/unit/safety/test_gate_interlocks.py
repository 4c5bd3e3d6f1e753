"""Outputs that exclude one another, and heaters behind a relay."""

from dataclasses import replace

import pytest
from benches import APPLIED, REJECTED, GateBench, seconds
from fakes import an_actuator

from alimante.config.keys import Role
from alimante.config.outputs import InterlockKeys, LimitsKeys, OutputKeys
from alimante.safety import cutoffs
from alimante.safety.gate import Gate

GAP_S = 3.0
FREE = LimitsKeys(min_on_s=0.0, min_off_s=0.0)


def excluding(*pairs, devices=("left", "right", "third")):
    bench = GateBench(*(an_actuator(name) for name in devices))
    interlocks = [InterlockKeys(outputs=list(pair), gap_s=GAP_S) for pair in pairs]
    bench.build_gate = lambda handles, **given: Gate(handles, interlocks=interlocks, **given)
    return bench


def refusal(bench, device):
    (answer,) = bench.answers(bench.command(1.0, device=device))
    return "" if answer.outcome is APPLIED else answer.reason


@pytest.mark.parametrize(("first", "second"), [("left", "right"), ("right", "left")])
def test_of_two_that_exclude_each_other_the_second_waits_until_the_first_was_off_for_the_gap(first, second):
    bench = excluding(("left", "right"))
    sentence = f"{first} excludes it and has not been off for 3 s"

    async def main():
        await seconds(GAP_S)
        assert refusal(bench, first) == ""
        assert refusal(bench, first) == ""  # nothing excludes itself
        assert refusal(bench, second) == sentence
        assert refusal(bench, "third") == ""
        bench.command(0.0, device=first)
        bench.clock.advance(GAP_S - 0.1)
        assert refusal(bench, second) == sentence
        bench.clock.advance(0.2)
        assert refusal(bench, second) == ""

    bench.run(main)


def test_an_output_may_be_in_several_interlocks():
    bench = excluding(("left", "right"), ("left", "third"), ("left", "gone"))

    async def main():
        await seconds(GAP_S)
        assert refusal(bench, "third") == ""
        assert refusal(bench, "right") == ""
        assert refusal(bench, "left").startswith("right excludes it")
        bench.command(0.0, device="right")
        await seconds(GAP_S + 0.1)
        assert refusal(bench, "left").startswith("third excludes it")

    bench.run(main)


def test_what_may_still_be_on_keeps_the_other_one_off():
    bench = excluding(("left", "right"))

    async def main():
        await seconds(GAP_S)
        bench.command(1.0, device="left")
        bench.far["left"].fault = "raise"
        bench.command(0.0, device="left")
        await seconds(20.0)
        assert refusal(bench, "right") != ""
        assert bench.far["right"].level == 0.0

    bench.run(main)


def test_a_controller_gets_the_output_as_soon_as_the_other_one_is_off():
    bench = excluding(("left", "right"))

    async def main():
        await seconds(GAP_S)
        bench.command(1.0, device="left", ttl_s=5.0)
        for _ in range(20):
            bench.gate.demand("right", 1.0, source="control", reason="it is cold")
            await seconds(1.0)
            assert not (bench.far["left"].level and bench.far["right"].level)
        assert bench.far["right"].level == 1.0

    bench.run(main)


# Cutoffs.


def relay(name="cutoff"):
    return replace(an_actuator(name), role=Role.CUTOFF)


def heater(name="heater", cutoff=None):
    return replace(an_actuator(name), role=Role.HEATER, output=OutputKeys(limits=FREE, cutoff=cutoff))


def served(*devices):
    """The heaters behind each cutoff, by their names."""
    bench, found = GateBench(*devices), {}

    async def main():
        for name, heaters in cutoffs.served(bench.gate.outputs).items():
            found[name] = [output.id for output in heaters]

    bench.run(main, start=False)
    return found


def test_a_heater_stands_behind_the_cutoff_that_it_names_or_the_only_one():
    assert served(relay(), heater("one"), heater("two"), an_actuator("pump")) == {"cutoff": ["one", "two"]}
    assert served(relay("a"), relay("b"), heater("one", "b"), heater("two")) == {"b": ["one"]}
    assert served(relay("a"), heater("one", "gone")) == {}
    assert served(relay("a"), an_actuator("pump")) == {}
    assert served(heater("one")) == {}


def test_a_cutoff_opens_for_a_dangerous_trip_of_any_heater_behind_it_and_for_no_other():
    bench = GateBench(relay("a"), relay("b"), heater("one", "a"), heater("two", "a"), heater("three", "b"))

    async def main():
        await seconds(12.0)
        assert [bench.far[name].level for name in "ab"] == [1.0, 1.0]
        bench.gate.trip("one", "no_response", "it does not warm")
        await seconds(2.0)
        assert [bench.far[name].level for name in "ab"] == [1.0, 1.0]
        bench.gate.trip("two", "stuck_on", "it is on")
        await seconds(2.0)
        assert [bench.far[name].level for name in "ab"] == [0.0, 1.0]
        assert bench.gate.refusal_of("a").startswith("two: it is on")
        assert bench.gate.refusal_of("three") == ""
        assert bench.gate.refusal_of("two") != ""
        bench.gate.reset("one", "anna")
        assert bench.gate.refusal_of("one") == "a is open"
        bench.gate.reset("two", "anna")
        await seconds(12.0)
        assert [bench.far[name].level for name in "ab"] == [1.0, 1.0]

    bench.run(main)


def test_a_cutoff_opens_when_a_heater_behind_it_cannot_be_seen_off():
    bench = GateBench(relay(), heater())

    async def main():
        await seconds(12.0)
        assert bench.outcome(bench.command(1.0)) is APPLIED
        bench.far["heater"].fault = "raise"
        bench.command(0.0)
        await seconds(2.0)
        assert bench.far["cutoff"].level == 0.0
        assert bench.gate.refusal_of("cutoff").startswith("heater could not be seen to be off: ")

    bench.run(main)


def test_a_cutoff_that_was_not_seen_closed_gives_no_power():
    bench = GateBench(relay(), heater())

    async def main():
        await seconds(12.0)
        bench.far["cutoff"].level = 0.0  # it fell open, and is seen so within two seconds
        await seconds(3.1)
        assert bench.outcome(bench.command(1.0)) is REJECTED
        assert bench.level == 0.0

    bench.run(main)


def test_a_cutoff_that_is_being_written_gives_no_power_yet():
    bench = GateBench(relay(), heater())

    async def main():
        await seconds(12.0)
        bench.occupy(0.5)
        bench.command(1.0, device="cutoff")
        assert bench.gate.refusal_of("heater") == "cutoff is open"
        await seconds(1.0)
        assert bench.gate.refusal_of("heater") == ""

    bench.run(main)


def test_a_person_may_open_a_cutoff_and_its_heaters_go_off():
    bench = GateBench(relay(), heater())

    async def main():
        await seconds(12.0)
        closed = bench.gate.outputs["cutoff"]
        assert (closed.source, closed.reason) == ("gate", "no heater that it protects gives a reason to open")
        bench.command(1.0)
        assert bench.outcome(bench.command(0.0, device="cutoff")) is APPLIED
        await seconds(30.0)  # longer than it has to stay open anyway
        assert (bench.far["cutoff"].level, bench.level) == (0.0, 0.0)

    bench.run(main)
