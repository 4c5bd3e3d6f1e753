"""Budgets of repairs and the ladder over them: how often, and when something bigger is tried."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from alimante.policy.budget import LOOK_GAP_S, Budget, BudgetRules
from alimante.policy.ladder import Ladder, Rung, Tier

DEVICE = BudgetRules(attempts=5, within_s=300.0)
WIRE = BudgetRules(attempts=3, within_s=600.0)
PROCESS = BudgetRules(attempts=4, within_s=900.0)
ALL = frozenset(Tier)


def ladder(cool_down_s=0.0):
    return Ladder(
        [
            Rung(tier=Tier.DEVICE, budget=Budget(DEVICE), cool_down_s=cool_down_s),
            Rung(tier=Tier.WIRE, budget=Budget(WIRE), cool_down_s=cool_down_s),
            Rung(tier=Tier.PROCESS, budget=Budget(PROCESS), cool_down_s=cool_down_s),
        ]
    )


def be_healthy(budget, *, from_s, for_s, every_s=1.0):
    now_s = from_s
    while now_s <= from_s + for_s:
        budget.look(now_s, is_healthy=True)
        now_s += every_s


def test_f045_what_fails_at_once_gets_five_then_three_then_four_attempts_and_no_more():
    steps = ladder()
    taken = [steps.climb(float(second), ALL) for second in range(3600)]
    counts = {level: sum(one is not None and one.tier is level for one in taken) for level in Tier}
    assert counts == {Tier.DEVICE: 5, Tier.WIRE: 3, Tier.PROCESS: 4}
    assert steps.is_at_end
    assert [(one.number, one.allowed) for one in taken[:8]] == [(n, 5) for n in range(1, 6)] + [
        (n, 3) for n in range(1, 4)
    ]


def test_f046_one_attempt_in_61_s_for_a_day_never_uses_the_budget_up():
    budget = Budget(DEVICE)
    assert all(budget.take(61.0 * n) for n in range(1416))
    assert not budget.is_spent


def test_one_attempt_in_59_s_uses_the_budget_up_at_the_sixth():
    budget = Budget(DEVICE)
    assert [budget.take(59.0 * n) for n in range(7)] == [1, 2, 3, 4, 5, None, None]


def test_a_used_up_budget_does_not_come_back_with_its_window():
    budget = Budget(DEVICE)
    assert [budget.take(1.0) for _ in range(6)][-1] is None
    assert budget.take(100_000.0) is None


def test_ten_minutes_of_health_refund_a_used_up_budget():
    budget = Budget(DEVICE)
    for _ in range(6):
        budget.take(1.0)
    be_healthy(budget, from_s=10.0, for_s=599.0)
    assert budget.is_spent
    be_healthy(budget, from_s=610.0, for_s=1.0)
    assert not budget.is_spent
    assert budget.take(612.0) == 1


def test_one_bad_moment_begins_the_ten_minutes_anew():
    budget = Budget(DEVICE)
    for _ in range(6):
        budget.take(1.0)
    be_healthy(budget, from_s=10.0, for_s=500.0)
    budget.look(511.0, is_healthy=False)
    be_healthy(budget, from_s=512.0, for_s=590.0)
    assert budget.is_spent


def test_time_that_nobody_looked_at_is_no_health():
    budget = Budget(DEVICE)
    for _ in range(6):
        budget.take(1.0)
    budget.look(10.0, is_healthy=True)
    budget.look(11.0 + LOOK_GAP_S + 600.0, is_healthy=True)
    assert budget.is_spent


def test_a_restart_of_the_process_refunds_nothing():
    budget = Budget(DEVICE)
    for _ in range(6):
        budget.take(100.0)
    fresh = Budget(DEVICE)
    fresh.restore(json.loads(json.dumps(budget.snapshot(150.0))), now_s=5.0, away_s=10.0)
    assert fresh.is_spent
    assert fresh.used(5.0) == 5
    assert fresh.used(5.0 + 300.0 - 60.0) == 0


def test_a_snapshot_that_makes_no_sense_is_an_empty_budget():
    budget = Budget(DEVICE)
    budget.restore({"ages_s": ["x", -1, float("nan"), True], "is_spent": "yes"}, now_s=0.0)
    assert (budget.used(0.0), budget.is_spent) == (0, False)


def test_a_rung_that_cannot_help_is_passed_by():
    steps = ladder()
    attempt = steps.climb(0.0, {Tier.WIRE})
    assert attempt is not None
    assert attempt.tier is Tier.WIRE


def test_an_absent_device_never_reaches_the_process():
    steps = ladder()
    taken = [steps.climb(float(second), {Tier.DEVICE, Tier.WIRE}) for second in range(86_400)]
    assert sum(one is not None for one in taken) == 8
    assert all(one.tier is not Tier.PROCESS for one in taken if one)
    assert steps.is_at_end


def test_nothing_is_tried_during_the_cool_down():
    steps = ladder(cool_down_s=10.0)
    assert steps.climb(0.0, ALL) is not None
    assert steps.climb(9.9, ALL) is None
    assert not steps.is_at_end
    assert steps.climb(10.0, ALL) is not None


def test_two_devices_share_the_budget_of_their_wire():
    wire = Budget(WIRE)
    one, two = (Ladder([Rung(tier=Tier.WIRE, budget=wire, cool_down_s=0.0)]) for _ in range(2))
    taken = [steps.climb(now_s, ALL) for now_s in (0.0, 1.0, 2.0) for steps in (one, two)]
    assert [attempt.number for attempt in taken if attempt] == [1, 2, 3]


_STEPS = st.lists(
    st.tuples(
        st.floats(0.0, 400.0),
        st.sampled_from(["fail", "good", "restart"]),
        st.sets(st.sampled_from(list(Tier)), min_size=1),
    ),
    max_size=80,
)


@settings(max_examples=150, deadline=None)
@given(_STEPS)
def test_no_window_ever_has_more_attempts_than_its_budget(steps):
    """Whatever fails, heals and restarts in any order; and nothing is escalated that is not used up."""
    rungs, now_s = ladder(), 0.0
    taken: dict[Tier, list[float]] = {level: [] for level in Tier}
    for wait_s, what, helpful in steps:
        now_s += wait_s
        if what == "good":
            for rung in rungs.rungs:
                rung.budget.look(now_s, is_healthy=True)
        elif what == "restart":  # of the process, or removing the component and adding it again
            saved = [rung.budget.snapshot(now_s) for rung in rungs.rungs]
            rungs = ladder()
            for rung, section in zip(rungs.rungs, saved, strict=True):
                rung.budget.restore(section, now_s=now_s)
        elif (attempt := rungs.climb(now_s, helpful)) is not None:
            taken[attempt.tier].append(now_s)
            lower = [rung for rung in rungs.rungs if rung.tier in helpful]
            lower = lower[: [rung.tier for rung in lower].index(attempt.tier)]
            assert all(rung.budget.is_spent for rung in lower)
    for level, rules in zip(Tier, (DEVICE, WIRE, PROCESS), strict=True):
        for begun_s in taken[level]:
            # The ages in a snapshot are rounded to a tenth of a second.
            window = [at_s for at_s in taken[level] if begun_s <= at_s < begun_s + rules.within_s - 0.1]
            assert len(window) <= rules.attempts
