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
