"""What an output may be, as a pure function of a wish and what is known."""

from datetime import date
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.core.events import Quality
from alimante.policy.belief import Belief, unknown
from alimante.safety.account import Account
from alimante.safety.decision import Cause, Situation, Wish, decide
from alimante.safety.rules import Rules

HEATER = Rules(safe=0.0, needs=("probe",), max_on_s=600.0, min_on_s=60.0, min_off_s=120.0)
FAN = Rules(safe=30.0, off=0.0, on=100.0, most=80.0, tolerance=0.5)
FEEDER = Rules(safe=0.0, max_on_s=10.0, per_day_count=2, is_dated=True)
NOW_S = 100_000.0
TODAY = date(2026, 2, 28)
GOOD = Belief(value=25.0, quality=Quality.GOOD)
SUSPECT = Belief(value=25.0, quality=Quality.SUSPECT, reasons=("stale",))
LONG_SUSPECT = Belief(value=25.0, quality=Quality.SUSPECT, reasons=("noisy",), hold_until_s=NOW_S)


def wish(value, *, is_override=False):
    return Wish(value=value, source="somebody", reason="", until_s=inf, is_override=is_override)


def on_since(seconds):
    account = Account()
    account.turned_on(NOW_S - seconds, None)
    return account


def off_since(seconds):
    account = on_since(seconds + 1.0)
    account.turned_off(NOW_S - seconds)
    return account


def at(current=0.0, account=None, **known):
    given_ = {"now_s": NOW_S, "current": current, "account": account or Account(), "today": TODAY}
    return Situation(**{**given_, **known})


def said(belief):
    return (("probe", belief),)


def test_a_verdict_names_what_is_not_believed_and_nothing_where_that_is_not_the_cause():
    def lacks(belief):
        return decide(HEATER, wish(1.0), at(evidence=(("warm.temperature", GOOD), ("cold.temperature", belief)))).lacks

    assert lacks(unknown("silent")) == lacks(LONG_SUSPECT) == "cold.temperature"
    assert lacks(GOOD) == lacks(SUSPECT) == ""


@pytest.mark.parametrize(
    ("rules", "value", "situation", "permitted", "cause"),
    [
        (HEATER, 1.0, at(evidence=said(GOOD)), 1.0, Cause.NONE),
        (HEATER, 1.0, at(evidence=said(GOOD), bar="not armed"), 0.0, Cause.NOT_ARMED),
        (HEATER, 1.0, at(evidence=said(unknown("silent"))), 0.0, Cause.NO_EVIDENCE),
        (HEATER, 1.0, at(evidence=said(SUSPECT)), 0.0, Cause.SUSPECT),
        (HEATER, 1.0, at(1.0, on_since(100.0), evidence=said(SUSPECT)), 1.0, Cause.NONE),
        (HEATER, 1.0, at(cutoff="the relay is open"), 0.0, Cause.CUTOFF_OPEN),
        (HEATER, 1.0, at(interlock="the cooler is on"), 0.0, Cause.INTERLOCK),
        (HEATER, 1.0, at(1.0, on_since(599.9)), 1.0, Cause.NONE),
        (HEATER, 1.0, at(1.0, on_since(600.0)), 0.0, Cause.MAX_ON),
        (HEATER, 1.0, at(0.0, off_since(119.0)), 0.0, Cause.MIN_OFF),
        (HEATER, 1.0, at(0.0, off_since(120.0)), 1.0, Cause.NONE),
        (HEATER, 0.0, at(1.0, on_since(59.0)), 1.0, Cause.MIN_ON),
        (HEATER, 0.0, at(1.0, on_since(60.0)), 0.0, Cause.NONE),
        (HEATER, 0.0, at(1.0, on_since(5.0), bar="too hot"), 0.0, Cause.NOT_ARMED),
        (HEATER, 0.0, at(1.0, on_since(5.0), evidence=said(unknown())), 0.0, Cause.NO_EVIDENCE),
        (HEATER, 1.0, at(rest_s=5.0), 0.0, Cause.FAILED),
        (FAN, 100.0, at(30.0), 80.0, Cause.MAX_POWER),
        (HEATER, 1.0, at(1.0, on_since(100.0), evidence=said(LONG_SUSPECT)), 0.0, Cause.NO_EVIDENCE),
        (FAN, 60.0, at(50.0, evidence=said(SUSPECT)), 50.0, Cause.SUSPECT),
        (FAN, 40.0, at(50.0, evidence=said(SUSPECT)), 40.0, Cause.NONE),
        (FAN, 10.0, at(50.0, evidence=said(SUSPECT)), 30.0, Cause.SUSPECT),
        (FEEDER, 1.0, at(), 1.0, Cause.NONE),
        (FEEDER, 1.0, at(today=None), 0.0, Cause.NO_DATE),
    ],
)
def test_a_wish_gets_what_the_rules_leave_of_it(rules, value, situation, permitted, cause):
    verdict = decide(rules, wish(value), situation)
    assert (verdict.value, verdict.cause) == (permitted, cause)
    assert bool(verdict.text) is bool(cause)


def test_a_feeder_that_is_on_finishes_its_pulse_whatever_the_date():
    assert decide(FEEDER, wish(1.0), at(1.0, on_since(3.0), today=None)).value == 1.0


def test_a_feeder_goes_on_so_often_a_day_and_again_on_the_next():
    account = Account()
    for hour in range(2):
        account.turned_on(NOW_S - 7200.0 + hour * 3600.0, TODAY)
        account.turned_off(NOW_S - 7190.0 + hour * 3600.0)
    assert decide(FEEDER, wish(1.0), at(account=account)).cause is Cause.COUNT
    assert decide(FEEDER, wish(1.0), at(account=account, today=date(2026, 3, 1))).value == 1.0
    assert decide(FEEDER, wish(1.0), at(account=account, today=date(2026, 2, 27))).value == 1.0


def test_a_quota_ends_the_time_on_and_is_refilled_only_when_some_of_it_is_free():
    rules = Rules(safe=0.0, per_hour_s=100.0)
    account = Account()
    account.turned_on(NOW_S - 100.0, None)
    assert decide(rules, wish(1.0), at(1.0, account)).cause is Cause.QUOTA
    account.turned_off(NOW_S)
    assert decide(rules, wish(1.0), at(account=account, now_s=NOW_S + 3500.5)).cause is Cause.QUOTA
    assert decide(rules, wish(1.0), at(account=account, now_s=NOW_S + 3502.0)).value == 1.0


def test_a_person_who_says_off_does_not_wait_for_the_shortest_time_on():
    assert decide(HEATER, wish(0.0, is_override=True), at(1.0, on_since(5.0))).value == 0.0


def test_nobody_wishes_means_safe():
    assert decide(FAN, None, at(80.0)).value == 30.0


qualities = st.sampled_from([GOOD, SUSPECT, unknown("silent")])
situations = st.builds(
    at,
    current=st.sampled_from([0.0, 1.0]),
    account=st.builds(lambda is_on, s: on_since(s) if is_on else off_since(s), st.booleans(), st.floats(0, 1000)),
    bar=st.sampled_from(["", "not armed"]),
    evidence=qualities.map(said),
    interlock=st.sampled_from(["", "the cooler is on"]),
    cutoff=st.sampled_from(["", "open"]),
    rest_s=st.sampled_from([-1.0, 3.0]),
)


@given(situation=situations, is_override=st.booleans())
def test_the_safe_value_said_by_a_person_passes_always(situation, is_override):
    assert decide(HEATER, wish(0.0, is_override=True), situation).value == 0.0
    assert decide(HEATER, None, situation).value == 0.0


@given(situation=situations, value=st.sampled_from([0.0, 1.0]), is_override=st.booleans())
def test_i1_i7_without_evidence_or_arming_a_heater_is_off_whatever_anybody_wishes(situation, value, is_override):
    permitted = decide(HEATER, wish(value, is_override=is_override), situation).value
    if situation.bar or situation.interlock or situation.cutoff:
        assert permitted == 0.0
    if situation.evidence[0][1].quality is Quality.UNKNOWN:
        assert permitted == 0.0
    if situation.evidence[0][1].quality is Quality.SUSPECT:
        assert permitted <= situation.current


def why(rules, wanted, situation):
    verdict = decide(rules, wanted, situation)
    return (verdict.cause, verdict.text)


def test_every_refusal_says_the_rule_and_its_numbers():
    day = Rules(safe=0.0, per_day_s=50.0)
    spent = on_since(50.0)
    assert why(HEATER, wish(0.0), at(1.0, on_since(20.0))) == (
        Cause.MIN_ON,
        "it goes off in 40 s, for it has to be on for 60 s",
    )
    assert why(HEATER, wish(1.0), at(1.0, on_since(600.0))) == (
        Cause.MAX_ON,
        "it was on for 600 s, the longest time allowed",
    )
    assert why(HEATER, wish(1.0), at(0.0, off_since(20.0))) == (
        Cause.MIN_OFF,
        "it has to be off for 120 s, which takes another 100 s",
    )
    assert why(day, wish(1.0), at(1.0, spent)) == (Cause.QUOTA, "the 50 s that it may be on in 24 hours are used up")
    assert why(Rules(safe=0.0, per_hour_s=50.0), wish(1.0), at(1.0, spent)) == (
        Cause.QUOTA,
        "the 50 s that it may be on in any hour are used up",
    )
    assert why(FAN, wish(100.0), at(30.0)) == (Cause.MAX_POWER, "at most 80 % of its power are allowed")
    assert why(HEATER, wish(1.0), at(rest_s=5.0)) == (
        Cause.FAILED,
        "the last write to it failed; it is tried again in 5 s",
    )
    assert why(HEATER, wish(1.0), at(bar="not armed", bar_cause=Cause.HELD)) == (Cause.HELD, "not armed")
    assert why(HEATER, wish(1.0), at(cutoff="the relay is open")) == (Cause.CUTOFF_OPEN, "the relay is open")
    assert why(HEATER, wish(1.0), at(interlock="the cooler is on")) == (Cause.INTERLOCK, "the cooler is on")
    assert why(FEEDER, wish(1.0), at(today=None))[1] == "it goes on so many times a day, and the date is not known yet"


@pytest.mark.parametrize(
    ("belief", "text"),
    [
        (unknown("silent", "lost"), "probe is not known (silent, lost)"),
        (unknown(), "probe is not known"),
        (LONG_SUSPECT, "probe has been doubtful for too long (noisy)"),
        (SUSPECT, "probe is doubtful (stale): it may hold or go down, not up"),
    ],
)
def test_missing_evidence_is_named_with_its_reasons(belief, text):
    assert why(HEATER, wish(1.0), at(evidence=said(belief)))[1] == text


def test_of_several_doubtful_ones_the_first_is_named_and_one_that_is_unknown_counts_more():
    other = Belief(value=20.0, quality=Quality.SUSPECT, reasons=("noisy",))
    evidence = (("one", SUSPECT), ("two", other))
    assert why(HEATER, wish(1.0), at(evidence=evidence))[1].startswith("one is doubtful (stale)")
    verdict = decide(HEATER, wish(1.0), at(1.0, on_since(100.0), evidence=(*evidence, ("three", unknown()))))
    assert (verdict.value, verdict.lacks) == (0.0, "three")


COOLS = Rules(safe=50.0, off=0.0, on=100.0, most=100.0)
"""An output whose safe value lies between its extremes, as a fan's that always moves some air."""


@pytest.mark.parametrize(
    ("current", "wanted", "permitted"),
    [
        (80.0, 80.0, 80.0),
        (80.0, 70.0, 70.0),
        (80.0, 90.0, 80.0),
        (80.0, 20.0, 50.0),
        (20.0, 20.0, 20.0),
        (20.0, 30.0, 30.0),
        (20.0, 10.0, 20.0),
        (20.0, 90.0, 50.0),
        (50.0, 60.0, 50.0),
        (50.0, 40.0, 50.0),
    ],
)
def test_with_doubtful_evidence_an_output_may_only_stay_or_go_towards_its_safe_value(current, wanted, permitted):
    assert decide(COOLS, wish(wanted), at(current, evidence=said(SUSPECT))).value == permitted


@pytest.mark.parametrize(("hold_s", "permitted"), [(0.1, 1.0), (0.0, 0.0), (-0.1, 0.0)])
def test_what_is_doubtful_holds_until_its_time_and_not_longer(hold_s, permitted):
    doubtful = Belief(value=25.0, quality=Quality.SUSPECT, hold_until_s=NOW_S + hold_s)
    assert decide(HEATER, wish(1.0), at(1.0, on_since(100.0), evidence=said(doubtful))).value == permitted


def test_the_first_rule_that_ends_in_the_safe_value_is_told():
    everything = at(bar="not armed", evidence=said(unknown("silent")), cutoff="open", interlock="the cooler is on")
    assert decide(HEATER, wish(1.0), everything).cause is Cause.NOT_ARMED


def test_a_value_that_is_lowered_goes_on_through_the_rules():
    verdict = decide(FAN, wish(100.0), at(50.0, evidence=said(SUSPECT)))
    assert (verdict.value, verdict.cause) == (50.0, Cause.SUSPECT)
    spent = Rules(safe=0.0, on=100.0, most=80.0, per_hour_s=10.0)
    assert decide(spent, wish(100.0), at(80.0, on_since(20.0))).cause is Cause.QUOTA


SAFE_ON = Rules(safe=1.0, max_on_s=60.0, min_off_s=60.0, per_hour_s=60.0, per_day_count=1, is_dated=True)
"""What is safe while it is on, as a ventilator."""


def test_rules_about_being_on_do_not_bind_what_is_off():
    off = at(1.0, on_since(100.0), interlock="the cooler is on", today=None)
    assert decide(SAFE_ON, wish(0.0), off).value == 0.0


def test_the_shortest_time_on_holds_only_what_is_on_and_is_to_go_off():
    dimmed = Rules(safe=0.0, on=100.0, most=100.0, min_on_s=60.0)
    assert decide(dimmed, wish(20.0), at(80.0, on_since(5.0))).value == 20.0
    assert decide(dimmed, wish(0.0), at(80.0, on_since(5.0))).value == 80.0
    assert decide(dimmed, wish(0.0), at(0.0, on_since(5.0))).value == 0.0
    assert decide(SAFE_ON, wish(0.0), at(0.0, off_since(5.0))).value == 0.0
    assert decide(dimmed, None, at(80.0, on_since(5.0))).value == 0.0


def test_the_quotas_of_a_day_and_of_an_hour_are_of_their_own_times():
    both = Rules(safe=0.0, per_hour_s=100.0, per_day_s=150.0)
    account = Account()
    account.turned_on(NOW_S - 7000.0, None)
    account.turned_off(NOW_S - 6900.0)
    assert decide(both, wish(1.0), at(account=account)).value == 1.0
    account.turned_on(NOW_S - 49.0, None)
    assert decide(both, wish(1.0), at(1.0, account)).value == 1.0
    assert decide(both, wish(1.0), at(1.0, account, now_s=NOW_S + 1.0)).cause is Cause.QUOTA


def test_one_percent_of_a_quota_must_be_free_before_it_goes_on_again():
    rules = Rules(safe=0.0, per_hour_s=100.0)
    account = Account()
    account.turned_on(NOW_S - 200.0, None)
    account.turned_off(NOW_S - 101.0)  # 99 s are used
    assert decide(rules, wish(1.0), at(account=account)).cause is Cause.QUOTA
    account = Account()
    account.turned_on(NOW_S - 200.0, None)
    account.turned_off(NOW_S - 101.5)
    assert decide(rules, wish(1.0), at(account=account)).value == 1.0


def test_a_rest_after_a_failure_binds_only_what_would_be_changed():
    assert decide(HEATER, wish(1.0), at(1.0, on_since(100.0), rest_s=5.0)).value == 1.0
    assert decide(HEATER, wish(1.0), at(rest_s=0.0)).value == 1.0


def test_what_is_used_up_ends_in_the_safe_value():
    spent = decide(Rules(safe=0.0, per_hour_s=50.0), wish(1.0), at(1.0, on_since(50.0)))
    assert (spent.value, spent.cause) == (0.0, Cause.QUOTA)
    account = Account()
    for _ in range(2):
        account.turned_on(NOW_S - 7200.0, TODAY)
        account.turned_off(NOW_S - 7190.0)
    fed = decide(FEEDER, wish(1.0), at(account=account))
    assert (fed.value, fed.cause) == (0.0, Cause.COUNT)
    assert fed.text == "it went on 2 times today, which is all that is allowed"


@pytest.mark.parametrize(
    ("current", "wanted", "permitted", "cause"),
    [(20.0, 20.0, 20.0, Cause.NONE), (30.5, 31.0, 30.5, Cause.SUSPECT), (50.0, 50.0, 50.0, Cause.NONE)],
)
def test_with_doubtful_evidence_what_stays_is_not_refused_and_the_least_step_up_is(current, wanted, permitted, cause):
    verdict = decide(FAN, wish(wanted), at(current, on_since(100.0), evidence=said(SUSPECT)))
    assert (verdict.value, verdict.cause) == (permitted, cause)
