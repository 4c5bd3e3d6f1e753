"""The numbers of one output, out of its role and its configuration."""

from dataclasses import fields, replace
from math import inf

import pytest
from fakes import an_actuator

from alimante.config.keys import Role
from alimante.config.outputs import RATED_CYCLES, ROLE_LIMITS, LimitsKeys, OutputKeys, QuotaKeys
from alimante.config.verify import VerifyKeys
from alimante.safety.rules import Rules, rules_of
from hardware.api import Range, Unit

DIMMER = Range(10.0, 110.0, Unit.PERCENT, 20.0, 100.0)
LIMITS = ("max_on_s", "min_on_s", "min_off_s", "per_hour_s", "per_day_s", "per_day_count")
DEFAULTS = {each.name: each.default for each in fields(Rules)}


def rules(role=None, accepts=None, safe_value=0.0, references=None, **keys):
    device = replace(an_actuator(accepts=accepts, safe_value=safe_value), role=role, output=OutputKeys(**keys))
    return rules_of(device, references or {})


def limits(of):
    return {name: getattr(of, name) for name in LIMITS}


@pytest.mark.parametrize("role", list(Role))
def test_an_output_has_the_limits_of_its_role_and_no_others(role):
    known = ROLE_LIMITS.get(role.value, {})
    found = rules(role)
    assert limits(found) == {name: known.get(name, DEFAULTS[name]) for name in LIMITS}
    assert found.role is role
    assert found.is_dated is ("per_day_count" in known)


def test_an_output_without_a_role_is_some_output():
    assert rules().role is Role.OTHER
    assert limits(rules()) == limits(Rules(safe=0.0))


def test_what_is_configured_counts_instead_of_the_roles_limit():
    said = LimitsKeys(
        max_on_s=7.0, min_on_s=8.0, min_off_s=9.0, quota=QuotaKeys(per_hour_s=10.0, per_day_s=11.0, per_day_count=12)
    )
    assert limits(rules(Role.HEATER, limits=said)) == {
        "max_on_s": 7.0,
        "min_on_s": 8.0,
        "min_off_s": 9.0,
        "per_hour_s": 10.0,
        "per_day_s": 11.0,
        "per_day_count": 12,
    }


def test_zero_takes_a_roles_rest_away_and_what_is_not_said_stays():
    found = limits(rules(Role.HEATER, limits=LimitsKeys(min_off_s=0.0)))
    assert found["min_off_s"] == 0.0
    assert found["min_on_s"] == ROLE_LIMITS["heater"]["min_on_s"]


def test_the_scale_is_that_of_what_the_output_accepts():
    found = rules(accepts=DIMMER, safe_value=20.0, limits=LimitsKeys(max_power_pct=50.0), lease_s=5.0, read_back_s=7.0)
    assert (found.safe, found.off, found.on, found.most, found.tolerance) == (20.0, 20.0, 100.0, 60.0, 0.5)
    assert (found.lease_s, found.read_back_s) == (5.0, 7.0)
    assert [found.share(value) for value in (20.0, 60.0, 100.0)] == [0.0, 0.5, 1.0]
    assert [found.is_on(value) for value in (20.0, 20.5, 20.6, 19.4)] == [False, False, True, True]


def test_a_switch_has_all_its_power_or_none():
    found = rules(limits=LimitsKeys(max_power_pct=50.0))
    assert (found.off, found.on, found.most, found.tolerance) == (0.0, 1.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("accepts", "said", "cycles"),
    [(None, None, RATED_CYCLES), (None, 500, 500), (DIMMER, None, inf), (DIMMER, 500, 500)],
)
def test_only_a_switch_wears_out_unless_something_else_is_said(accepts, said, cycles):
    assert rules(accepts=accepts, limits=LimitsKeys(rated_cycles=said)).rated_cycles == cycles


def test_what_is_needed_is_named_in_full_and_once():
    found = rules(
        depends_on=["warm", "cool.temperature"],
        verify=VerifyKeys(sensor="warm_probe.temperature"),
        references={"warm": "warm_probe.temperature"},
    )
    assert found.needs == ("warm_probe.temperature", "cool.temperature")


@pytest.mark.parametrize(
    ("quota", "has"),
    [({}, False), ({"per_hour_s": 5.0}, True), ({"per_day_s": 5.0}, True), ({"per_day_count": 5}, False)],
)
def test_a_quota_is_of_time(quota, has):
    assert Rules(safe=0.0, **quota).has_quota is has
