"""What is known of one output."""

from dataclasses import replace
from math import inf

import pytest
from benches import GateBench
from fakes import an_actuator

from alimante.config.keys import Role
from alimante.config.outputs import OutputKeys
from alimante.config.verify import LimitKeys
from alimante.safety.decision import Wish

OFF_FOR_S = 5.0
NOW_S = 1000.0


def in_bench(look, **keys):
    """Let `look(output)` have an output that nothing was written to."""
    bench = GateBench(an_actuator(**keys))

    async def main():
        look(bench.output)

    bench.run(main, start=False)


def seen_off(output):
    """Make it one that was switched off `OFF_FOR_S` ago and seen off."""
    output.is_confirmed, output.value, output.commanded, output.asked = True, 0.0, 0.0, 0.0
    output.account.turned_on(NOW_S - 2 * OFF_FOR_S, None)
    output.account.turned_off(NOW_S - OFF_FOR_S)


def wish(value, until_s=inf, source="control"):
    return Wish(value=value, source=source, reason="it is cold", until_s=until_s)


def test_what_was_seen_off_for_long_enough_is_surely_off():
    def look(output):
        seen_off(output)
        assert output.is_surely_off(NOW_S, for_s=OFF_FOR_S)
        assert not output.is_surely_off(NOW_S, for_s=OFF_FOR_S + 0.1)
        assert not output.is_surely_off(NOW_S - 0.1, for_s=OFF_FOR_S)

    in_bench(look)


@pytest.mark.parametrize(
    "change",
    [
        {"is_confirmed": False},
        {"value": None},
        {"value": 1.0},
        {"commanded": 1.0},
    ],
    ids=str,
)
def test_whatever_says_that_it_may_be_on_is_enough_not_to_be_sure(change):
    def look(output):
        seen_off(output)
        for name, value in change.items():
            setattr(output, name, value)
        assert not output.is_surely_off(NOW_S, for_s=OFF_FOR_S)

    in_bench(look)


@pytest.mark.parametrize(("asked", "is_sure"), [(1.0, False), (0.0, True)])
def test_a_write_under_way_that_switches_it_on_makes_it_unsure(asked, is_sure):
    def look(output):
        seen_off(output)
        output.asked = asked
        assert output.is_surely_off(NOW_S, for_s=OFF_FOR_S)  # whatever was asked once, nothing is under way
        output.waiting.append(NOW_S)
        assert output.is_surely_off(NOW_S, for_s=OFF_FOR_S) is is_sure

    in_bench(look)


def test_what_counts_as_on_is_not_surely_off():
    def look(output):
        seen_off(output)
        output.account.turned_on(NOW_S - 9.0, None)
        assert not output.is_surely_off(NOW_S, for_s=0.0)

    in_bench(look)


@pytest.mark.parametrize("high_first", [True, False])
def test_the_highest_demand_counts_and_a_command_before_it(high_first):
    def look(output):
        demands = [("high", wish(0.9)), ("low", wish(0.2))]
        output.demands.update(demands if high_first else reversed(demands))
        assert output.wish(NOW_S, with_controllers=True).value == 0.9
        assert output.wish(NOW_S, with_controllers=False) is None
        output.override = wish(0.1, source="anna")
        for with_controllers in (True, False):
            assert output.wish(NOW_S, with_controllers=with_controllers).source == "anna"
        assert [each.value for each in output.wishes()] == [0.1, *[each.value for each in output.demands.values()]]

    in_bench(look)


def test_of_equal_demands_the_first_counts():
    def look(output):
        output.demands |= {"first": wish(0.5, source="first"), "second": wish(0.5, source="second")}
        assert output.wish(NOW_S, with_controllers=True).source == "first"

    in_bench(look)


def test_a_wish_is_over_at_its_end_and_not_before():
    def look(output):
        output.demands["control"] = wish(0.5, until_s=NOW_S)
        output.override = output.standing = wish(0.7, until_s=NOW_S)
        assert output.until_s == NOW_S
        assert output.wish(NOW_S - 0.001, with_controllers=True).value == 0.7
        assert (output.is_lapsed, output.lapsed, output.overrides_ended) == (False, "", 0)
        assert output.wish(NOW_S, with_controllers=True) is None
        assert output.wishes() == []
        assert (output.override, output.standing, output.until_s) == (None, None, None)
        assert (output.is_lapsed, output.lapsed) == (True, "control has not renewed its demand for 10 s")
        assert output.overrides_ended == 1

    in_bench(look)


def test_a_command_that_ends_is_no_demand_that_lapsed():
    def look(output):
        output.is_lapsed = True
        output.override = wish(1.0, until_s=NOW_S)
        output.wish(NOW_S, with_controllers=True)
        assert (output.is_lapsed, output.lapsed) == (False, "the time of the last command is over")

    in_bench(look)


def test_wishes_that_are_forgotten_are_gone():
    def look(output):
        output.override, output.demands["control"] = wish(1.0), wish(1.0)
        output.forget_wishes("it was held")
        assert (output.override, output.demands, output.lapsed) == (None, {}, "it was held")
        assert output.overrides_ended == 1

    in_bench(look)


def test_how_long_a_safe_value_is_asked_for_counts_from_the_first_time():
    def look(output):
        for at_s in (1.0, 2.0, 3.0):
            output.ask_safe(at_s)
        assert (output.unsafe_since_s, output.unsafe_asks) == (1.0, 3)
        output.answered()
        assert (output.unsafe_since_s, output.unsafe_asks) == (None, 0)
        output.ask_safe(4.0)
        assert (output.unsafe_since_s, output.unsafe_asks) == (4.0, 1)

    in_bench(look)


def test_a_decision_is_kept_with_its_time_and_once_in_a_row():
    def look(output):
        for at_s, text in ((1.0, "one"), (2.0, "one"), (3.0, "two"), (4.0, "one")):
            output.decide(at_s, text)
        assert [(each.at_s, each.text) for each in output.decisions] == [(1.0, "one"), (3.0, "two"), (4.0, "one")]

    in_bench(look)


@pytest.mark.parametrize(("safe", "farthest"), [(0.0, 1.0), (1.0, 0.0)])
def test_the_farthest_value_is_the_one_that_is_not_safe(safe, farthest):
    def look(output):
        assert (output.safe, output.farthest) == (safe, farthest)

    in_bench(look, safe_value=safe)


# How an output begins.


def begun(device):
    bench, found = GateBench(device), []

    async def main():
        found.append(bench.output)

    bench.run(main, start=False)
    return found[0], bench.clock.mono()


def test_a_new_output_is_taken_to_be_safe_and_nothing_is_known_of_it():
    def look(output):
        assert (output.commanded, output.asked, output.value, output.is_confirmed) == (1.0, 1.0, None, False)
        assert output.latch.device == output.id == "heater"
        assert output.rules.safe == 1.0

    in_bench(look, safe_value=1.0)


def test_without_a_limit_a_trip_rests_a_quarter_of_an_hour_and_a_second_one_within_a_day_waits_for_a_person():
    output, _ = begun(an_actuator())
    assert (output.latch.cooldown_s, output.latch.person_within_s) == (900.0, 86400.0)


def test_a_limit_says_how_long_a_trip_rests():
    limit = LimitKeys(max_c=34.0, cooldown_s=61.0, person_within_s=3601.0)
    output, _ = begun(replace(an_actuator(), role=Role.HEATER, output=OutputKeys(limit=limit)))
    assert (output.latch.cooldown_s, output.latch.person_within_s) == (61.0, 3601.0)


@pytest.mark.parametrize("role", list(Role))
def test_only_a_compressor_has_to_rest_after_a_start(role):
    """It may have run until the last process ended; all others may go on at once."""
    output, now_s = begun(replace(an_actuator(), role=role))
    assert output.account.lasted_s(now_s) == (0.0 if role is Role.COOLER else inf)
    assert not output.account.is_on
