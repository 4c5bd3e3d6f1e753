"""For how long all rules are sure to say again what they said."""

from dataclasses import replace
from math import inf

import pytest
from benches import GateBench
from fakes import an_actuator
from hypothesis import given
from hypothesis import strategies as st

from alimante.config.keys import Role
from alimante.config.outputs import InterlockKeys
from alimante.core.events import Quality
from alimante.policy.belief import Belief, unknown
from alimante.safety import cutoffs
from alimante.safety.account import Account
from alimante.safety.decision import Cause, Situation, Wish, decide
from alimante.safety.grants import dues_s, ends_s, grant, lone
from alimante.safety.rules import Rules

NOW_S = 100_000.0
GOOD = Belief(value=25.0, quality=Quality.GOOD, measured_s=NOW_S)
SUSPECT = Belief(value=25.0, quality=Quality.SUSPECT, measured_s=NOW_S)


def with_output(look, rules=None, *, on_for_s=10.0, earlier_s=0.0):
    """Let `look(output)` have one that has been on as wished for `on_for_s`, and for `earlier_s` before."""
    bench = GateBench(an_actuator())

    async def main():
        output = bench.output
        output.rules = rules or Rules(safe=0.0)
        output.account = Account()
        if earlier_s:
            output.account.turned_on(NOW_S - on_for_s - 60.0 - earlier_s, None)
            output.account.turned_off(NOW_S - on_for_s - 60.0)
        output.account.turned_on(NOW_S - on_for_s, None)
        output.is_confirmed, output.value, output.commanded, output.asked = True, 1.0, 1.0, 1.0
        look(output)

    bench.run(main, start=False)


def wish(value=1.0, until_s=inf):
    return Wish(value=value, source="control", reason="it is cold", until_s=until_s)


def at(output, now_s=NOW_S, **known):
    return Situation(**{"now_s": now_s, "current": output.commanded, "account": output.account, **known})


def granted(output, wanted=None, **known):
    wanted = wanted or wish()
    situation = at(output, **known)
    return grant(output, wanted, decide(output.rules, wanted, situation), situation)


SECONDS = st.one_of(st.just(inf), st.floats(100.0, 3600.0))


@given(
    max_on_s=SECONDS,
    per_hour_s=SECONDS,
    per_day_s=SECONDS,
    on_for_s=st.floats(0.0, 90.0),
    earlier_s=st.sampled_from([0.0, 5.0, 60.0]),
)
def test_the_rules_say_the_same_as_long_as_a_grant_holds_and_something_else_just_after(
    max_on_s, per_hour_s, per_day_s, on_for_s, earlier_s
):
    rules = Rules(safe=0.0, max_on_s=max_on_s, per_hour_s=per_hour_s, per_day_s=per_day_s)

    def look(output):
        found = granted(output, evidence=(("probe", GOOD),))
        if found is None:
            assert decide(rules, wish(), at(output)).cause is not Cause.NONE
            return
        assert (found.value, found.since_s, found.beliefs) == (1.0, NOW_S - on_for_s, (("probe", GOOD),))
        if found.until_s == inf:
            assert (max_on_s, per_hour_s, per_day_s) == (inf, inf, inf)
            return
        for share in (0.0, 0.5, 1.0):
            then_s = NOW_S + share * (found.until_s - NOW_S)
            assert decide(rules, wish(), at(output, then_s)).cause is Cause.NONE
        if not earlier_s:  # what was on earlier leaves the window meanwhile, and then more is allowed
            assert decide(rules, wish(), at(output, found.until_s + 1e-3)).cause is not Cause.NONE
            dues = [due_s for due_s in dues_s(output, NOW_S) if due_s < inf]
            assert min(dues) == pytest.approx(found.until_s, abs=1e-3)

    with_output(look, rules, on_for_s=on_for_s, earlier_s=earlier_s)


def test_nothing_is_granted_of_what_may_change_any_moment():
    def look(output):
        assert granted(output) is not None
        assert granted(output, evidence=(("probe", SUSPECT),)) is None
        assert granted(output, evidence=(("one", GOOD), ("probe", unknown("silent")))) is None
        assert granted(output, wish(0.0)) is None
        assert granted(output, wish(0.5)) is None
        verdict = decide(output.rules, None, at(output))
        assert grant(output, None, verdict, at(output)) is None
        lowered = decide(Rules(safe=0.0, most=0.5), wish(), at(output))
        assert grant(output, wish(), lowered, at(output)) is None
        output.waiting.append(NOW_S)
        assert granted(output) is None
        output.waiting.clear()
        output.account.turned_off(NOW_S)
        assert granted(output) is None

    with_output(look)


def test_the_safe_value_needs_no_grant():
    def look(output):
        output.safe = 1.0
        assert granted(output) is None

    with_output(look, Rules(safe=1.0))


CHANGES = {
    "another wish": lambda output: wish(),
    "no wish": lambda output: None,
    "a write under way": lambda output: output.waiting.append(NOW_S),
    "not seen": lambda output: setattr(output, "is_confirmed", False),
    "another value": lambda output: setattr(output, "commanded", 0.5),
    "it is off": lambda output: output.account.turned_off(NOW_S),
    "it was switched meanwhile": lambda output: (
        output.account.turned_off(NOW_S),
        output.account.turned_on(NOW_S, None),
    ),
}


@pytest.mark.parametrize("change", [None, *CHANGES])
def test_a_grant_ends_with_whatever_it_was_given_for(change):
    def look(output):
        wanted = wish()
        found = granted(output, wanted)
        if change is not None:
            changed = CHANGES[change](output)
            if change.endswith("wish"):
                wanted = changed
        assert found.holds(output, wanted, NOW_S, lambda name: GOOD) is (change is None)

    with_output(look)


def test_a_grant_holds_until_its_time_and_while_the_beliefs_are_the_very_same():
    def look(output):
        wanted = wish()
        beliefs = {"probe": GOOD, "other": replace(GOOD)}
        found = granted(output, wanted, evidence=tuple(beliefs.items()))
        assert found.holds(output, wanted, found.until_s - 1e-3, beliefs.__getitem__)
        assert not found.holds(output, wanted, found.until_s, beliefs.__getitem__)
        beliefs["other"] = replace(GOOD)
        assert not found.holds(output, wanted, NOW_S, beliefs.__getitem__)

    with_output(look, Rules(safe=0.0, max_on_s=600.0))


def test_a_time_is_over_with_each_wish_each_quota_and_the_longest_time_on():
    rules = Rules(safe=0.0, max_on_s=600.0, per_hour_s=100.0, per_day_s=300.0)

    def look(output):
        output.demands["control"] = wish(until_s=NOW_S + 7.0)
        assert ends_s(output) == [NOW_S + 7.0]
        output.override = wish(until_s=NOW_S + 20.0)
        assert ends_s(output) == [NOW_S + 7.0, NOW_S + 20.0]
        assert sorted(dues_s(output, NOW_S)) == [
            NOW_S + 7.0,
            NOW_S + 20.0,
            NOW_S + 90.0,
            NOW_S + 290.0,
            NOW_S + 590.0,
        ]
        output.rules = Rules(safe=0.0)
        assert sorted(dues_s(output, NOW_S)) == [NOW_S + 7.0, NOW_S + 20.0, inf]

    with_output(look, rules)


def test_an_output_is_alone_that_nothing_else_is_looked_at_for():
    relay = replace(an_actuator("cutoff"), role=Role.CUTOFF)
    heater = replace(an_actuator("heater"), role=Role.HEATER)
    bench = GateBench(relay, heater, *(an_actuator(name) for name in ("left", "right", "pump")))

    async def main():
        outputs = bench.gate.outputs
        pair = [InterlockKeys(outputs=["left", "right"])]
        assert lone(outputs, pair, cutoffs.served(outputs)) == {"pump"}
        assert lone(outputs, [], {}) == set(outputs)

    bench.run(main, start=False)
