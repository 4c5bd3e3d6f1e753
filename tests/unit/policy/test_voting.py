"""What a group of sensors says when its members agree, drift apart, lie or fall silent."""

from dataclasses import replace
from math import inf
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.core.events import Level, Quality
from alimante.policy.belief import Belief, unknown
from alimante.policy.voting import Verdict, Vote, VoteRules

RULES = VoteRules(tolerance=1.5)
CELSIUS = st.floats(-5.0, 60.0)
HONEST = st.floats(0.0, 1.5)


def good(value: float, measured_s: float = 0.0) -> Belief:
    return Belief(
        value=value, quality=Quality.GOOD, measured_s=measured_s, highest=value, lowest=value, members=(value,)
    )


def suspect(value: float, measured_s: float = 0.0) -> Belief:
    return Belief(value=value, quality=Quality.SUSPECT, measured_s=measured_s, highest=value, lowest=value)


def a_vote(count: int, rules: VoteRules = RULES) -> Vote:
    return Vote([f"p{index}.t" for index in range(count)], rules)


def ask(vote: Vote, *beliefs: Belief, now_s: float = 0.0) -> Verdict:
    return vote.judge(dict(zip(vote.members, beliefs, strict=True)), now_s)


def follow(vote: Vote, *values: float, from_s: float, samples: int, every_s: float = 5.0) -> Verdict:
    """`samples` readings of constant `values`, one each `every_s` seconds; the last verdict."""
    verdict = None
    for index in range(samples):
        now_s = from_s + index * every_s
        verdict = ask(vote, *(good(value, now_s) for value in values), now_s=now_s)
    assert verdict is not None
    return verdict


def test_a_single_member_is_believed():
    belief = ask(a_vote(1), good(25.0, 7.0), now_s=8.0).belief
    assert belief == good(25.0, 7.0)


def test_of_two_that_agree_the_mean_counts_and_the_extremes_are_told():
    belief = ask(a_vote(2), good(25.0, 3.0), good(26.0, 2.0)).belief
    assert (belief.value, belief.lowest, belief.highest) == (25.5, 25.0, 26.0)
    assert belief.measured_s == 2.0
    assert belief.quality is Quality.GOOD


@pytest.mark.parametrize(("side", "expected"), [("high", 30.0), ("low", 20.0)])
def test_of_two_that_contradict_each_other_the_one_on_the_safe_side_counts_at_once(side, expected):
    verdict = ask(a_vote(2, VoteRules(tolerance=1.5, safe_side=side)), good(20.0), good(30.0))
    assert verdict.belief.value == expected
    assert verdict.belief.quality is Quality.GOOD


@pytest.mark.parametrize(
    ("after_s", "level"),
    [(60, Level.CLEAR), (61, Level.WARNING), (300, Level.WARNING), (301, Level.CRITICAL), (9999, Level.CRITICAL)],
)
def test_two_that_contradict_each_other_warn_after_a_minute_and_are_critical_after_five(after_s, level):
    vote = a_vote(2)
    ask(vote, good(20.0), good(30.0), now_s=0.0)
    assert ask(vote, good(20.0, after_s), good(30.0, after_s), now_s=after_s).disagree is level


def test_two_that_agree_again_begin_a_new_count():
    vote = a_vote(2)
    follow(vote, 20.0, 30.0, from_s=0.0, samples=100)
    assert follow(vote, 20.0, 20.5, from_s=500.0, samples=1).disagree is Level.CLEAR
    assert follow(vote, 20.0, 30.0, from_s=505.0, samples=12).disagree is Level.CLEAR


def test_of_three_the_median_counts():
    assert ask(a_vote(3), good(25.0), good(26.0), good(25.2)).belief.value == 25.2


def test_an_outlier_is_ejected_with_its_third_sample_and_its_reading_still_counts_for_limits():
    vote = a_vote(3)
    assert follow(vote, 25.0, 25.2, 28.0, from_s=0.0, samples=2).ejected == ()
    verdict = follow(vote, 25.0, 25.2, 28.0, from_s=10.0, samples=1)
    assert verdict.ejected == ("p2.t",)
    assert verdict.belief.value == pytest.approx(25.1)
    assert verdict.belief.highest == 28.0
    assert verdict.belief.members == (25.0, 25.2, 28.0)


def test_three_samples_are_three_measurements_however_often_somebody_asks():
    vote = a_vote(3)
    for _ in range(100):
        verdict = ask(vote, good(25.0), good(25.2), good(28.0))
    assert verdict.ejected == ()


def test_a_single_spike_ejects_nobody():
    vote = a_vote(3)
    for index in range(30):
        spike = 40.0 if index % 3 == 0 else 25.1
        now_s = 5.0 * index
        verdict = ask(vote, good(25.0, now_s), good(25.2, now_s), good(spike, now_s), now_s=now_s)
        assert verdict.ejected == ()
        assert 25.0 <= verdict.belief.value <= 25.2


def test_an_outlier_that_is_right_again_is_back_after_its_time():
    vote = a_vote(3)
    follow(vote, 25.0, 25.2, 28.0, from_s=0.0, samples=3)
    assert follow(vote, 25.0, 25.2, 25.1, from_s=15.0, samples=5).ejected == ("p2.t",)
    assert follow(vote, 25.0, 25.2, 25.1, from_s=40.0, samples=1).ejected == ()


def test_an_outlier_that_stays_one_stays_out_for_longer_each_time():
    vote = a_vote(3)
    ends_s, before_s = [], None
    for now_s in range(0, 3000, 5):
        assert (ask(vote, good(25, now_s), good(25, now_s), good(28, now_s), now_s=now_s).ejected != ()) is (now_s > 9)
        until_s = vote._records["p2.t"].until_s
        if until_s != before_s:
            ends_s.append(until_s - now_s)
            before_s = until_s
    assert ends_s[:11] == [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300]


def test_ejections_are_forgiven_after_ten_good_minutes_each():
    vote = a_vote(3)
    follow(vote, 25.0, 25.0, 28.0, from_s=0.0, samples=30)
    times = vote._records["p2.t"].times
    follow(vote, 25.0, 25.0, 25.0, from_s=150.0, samples=200)
    assert 0 < vote._records["p2.t"].times < times
    follow(vote, 25.0, 25.0, 25.0, from_s=1150.0, samples=500)
    assert vote._records["p2.t"].times == 0


def test_three_of_which_no_two_agree_are_believed_on_the_safe_side_and_nobody_is_ejected():
    vote = a_vote(3)
    verdict = follow(vote, 20.0, 25.0, 30.0, from_s=0.0, samples=20)
    assert verdict.belief.value == 30.0
    assert verdict.ejected == ()
    assert verdict.disagree is Level.WARNING


def test_suspect_members_do_not_vote_while_there_are_enough_good_ones():
    belief = ask(a_vote(3), good(25.0), good(25.4), suspect(20.0)).belief
    assert belief.value == pytest.approx(25.2)
    assert belief.quality is Quality.GOOD
    assert belief.lowest == 20.0


def test_the_age_is_that_of_the_oldest_reading_that_counts():
    belief = ask(a_vote(3), good(25.0, 9.0), good(25.4, 7.0), suspect(25.0, 1.0), now_s=10.0).belief
    assert belief.measured_s == 7.0


def test_with_suspect_members_alone_the_group_is_suspect():
    belief = ask(a_vote(2), suspect(25.0), unknown("lost")).belief
    assert (belief.value, belief.quality) == (25.0, Quality.SUSPECT)


@pytest.mark.parametrize("answering", [0, 1])
def test_fewer_than_wanted_say_nothing(answering):
    beliefs = [good(25.0)] * answering + [unknown("lost")] * (3 - answering)
    verdict = ask(a_vote(3, VoteRules(tolerance=1.5, min_sensors=2)), *beliefs)
    assert verdict.belief.value is None
    assert verdict.belief.quality is Quality.UNKNOWN
    assert f"{answering} of 3" in verdict.belief.reasons[0]
    assert len(verdict.silent) == 3 - answering


def test_what_is_left_of_three_votes_as_two():
    vote = a_vote(3)
    assert ask(vote, good(25.0), good(26.0), unknown("lost")).belief.value == 25.5
    assert ask(vote, good(25.0), good(30.0), unknown("lost")).belief.value == 30.0


def test_an_outvoted_member_that_is_left_alone_is_unknown_first_and_then_only_suspect():
    vote = a_vote(3)
    follow(vote, 25.0, 25.2, 28.0, from_s=0.0, samples=3)
    lost = unknown("lost")
    assert ask(vote, lost, lost, good(28.0, 20.0), now_s=20.0).belief.quality is Quality.UNKNOWN
    belief = ask(vote, lost, lost, good(28.0, 60.0), now_s=60.0).belief
    assert (belief.value, belief.quality) == (28.0, Quality.SUSPECT)
    assert ask(vote, lost, good(27.5, 70.0), good(28.0, 70.0), now_s=70.0).belief.quality is Quality.GOOD


def test_an_ejected_member_that_falls_silent_is_judged_when_it_is_heard_again():
    vote = a_vote(3)
    follow(vote, 25.0, 25.2, 28.0, from_s=0.0, samples=3)
    verdict = ask(vote, good(25.0, 900.0), good(25.0, 900.0), unknown("lost"), now_s=900.0)
    assert (verdict.ejected, verdict.silent) == (("p2.t",), ("p2.t",))
    assert follow(vote, 25.0, 25.0, 25.0, from_s=905.0, samples=1).ejected == ()


@given(st.lists(HONEST, min_size=3, max_size=3), CELSIUS, CELSIUS, st.permutations(range(4)))
def test_one_liar_among_three_honest_ones_cannot_move_the_value_out_of_their_range(honest, base, liar, order):
    values = [*(base + each for each in honest), liar]
    belief = ask(a_vote(4), *(good(values[index]) for index in order)).belief
    assert min(values[:3]) <= belief.value <= max(values[:3])


@given(HONEST, CELSIUS, st.lists(CELSIUS, min_size=1, max_size=12), st.permutations(range(3)))
def test_one_liar_of_three_cannot_move_the_value_out_of_the_others_range_with_any_story(apart, base, lies, order):
    vote = a_vote(3)
    for index, lie in enumerate(lies):
        values = [base, base + apart, lie]
        now_s = 5.0 * index
        belief = ask(vote, *(good(values[each], now_s) for each in order), now_s=now_s).belief
        assert base <= belief.value <= base + apart


@given(CELSIUS, CELSIUS)
def test_of_two_the_value_is_never_below_the_mean_when_high_is_safe(one, other):
    value = ask(a_vote(2), good(one), good(other)).belief.value
    assert value == (median((one, other)) if abs(one - other) <= 1.5 else max(one, other))


STORY = st.lists(st.lists(st.one_of(st.none(), CELSIUS), min_size=4, max_size=4), min_size=1, max_size=15)


def beliefs_of(values, now_s):
    return [unknown("lost") if value is None else good(value, now_s) for value in values]


@given(STORY, st.permutations(range(4)), st.integers(1, 3))
def test_the_order_of_the_members_changes_nothing(story, order, wanted):
    rules = VoteRules(tolerance=1.5, min_sensors=wanted)
    first, second = a_vote(4, rules), a_vote(4, rules)
    for index, values in enumerate(story):
        now_s = 20.0 * index
        one = ask(first, *beliefs_of(values, now_s), now_s=now_s)
        other = ask(second, *beliefs_of([values[each] for each in order], now_s), now_s=now_s)
        assert (one.belief.value, one.belief.quality) == (other.belief.value, other.belief.quality)
        assert len(one.ejected) == len(other.ejected)


@given(STORY, st.lists(st.integers(0, 4), min_size=15, max_size=15))
def test_asking_more_often_changes_no_answer(story, extra):
    seldom, often = a_vote(4), a_vote(4)
    for index, (values, more) in enumerate(zip(story, extra, strict=False)):
        now_s = 5.0 * index
        beliefs = beliefs_of(values, now_s)
        for _ in range(more):
            ask(often, *beliefs, now_s=now_s)
        assert ask(often, *beliefs, now_s=now_s) == ask(seldom, *beliefs, now_s=now_s)


@given(STORY, st.integers(1, 4))
def test_there_is_never_a_value_of_fewer_members_than_wanted_and_it_lies_between_those_that_answer(story, wanted):
    vote = a_vote(4, VoteRules(tolerance=1.5, min_sensors=wanted))
    for index, values in enumerate(story):
        verdict = ask(vote, *beliefs_of(values, 5.0 * index), now_s=5.0 * index)
        heard = [value for value in values if value is not None]
        belief = verdict.belief
        assert (belief.value is None) is (belief.quality is Quality.UNKNOWN)
        if len(heard) < wanted:
            assert belief.value is None
        if belief.value is not None:
            assert min(heard) <= belief.value <= max(heard)
        assert belief.highest == max(heard, default=None)


@given(st.lists(CELSIUS, min_size=1, max_size=4), CELSIUS)
def test_one_more_member_never_lowers_the_highest(values, more):
    before = ask(a_vote(len(values)), *map(good, values)).belief.highest
    after = ask(a_vote(len(values) + 1), *map(good, [*values, more])).belief.highest
    assert after >= before
    assert after >= more


@given(STORY)
def test_the_last_member_that_answers_well_is_never_ejected(story):
    vote = a_vote(4)
    for index, values in enumerate(story):
        verdict = ask(vote, *beliefs_of(values, 5.0 * index), now_s=5.0 * index)
        if not verdict.silent:
            assert len(verdict.ejected) <= 1


def test_a_vote_asks_for_its_members_by_name():
    vote = a_vote(2)
    beliefs = {"p0.t": good(25.0), "p1.t": good(26.0)}
    assert vote(beliefs.__getitem__, 0.0).value == 25.5
    far = {"p0.t": good(25.0), "p1.t": good(30.0)}
    assert vote(far.__getitem__, 5.0).is_disputed


def holding(value: float, until_s: float) -> Belief:
    return replace(suspect(value), hold_until_s=until_s)


def test_what_is_doubtful_may_hold_as_long_as_the_best_member_allows():
    assert ask(a_vote(1), holding(25.0, 40.0)).belief.hold_until_s == 40.0
    assert ask(a_vote(2), holding(25.0, 40.0), holding(25.5, 50.0)).belief.hold_until_s == 50.0
    assert ask(a_vote(2), good(25.0), good(25.5)).belief.hold_until_s == inf


def test_nobody_vouches_for_an_outvoted_member_that_is_alone():
    vote = a_vote(3)
    follow(vote, 25.0, 25.0, 40.0, from_s=0.0, samples=3)
    gone = unknown("silent")
    belief = ask(vote, gone, gone, good(40.0, 100.0), now_s=100.0).belief
    assert belief.quality is Quality.SUSPECT
    assert belief.hold_until_s == -inf
    pair = ask(vote, gone, holding(40.5, 170.0), holding(40.0, 160.0), now_s=105.0).belief
    assert pair.hold_until_s == 170.0
    assert pair.reasons == ("p1.t is suspect", "p2.t is suspect")  # they check each other


@pytest.mark.parametrize(("value", "is_back"), [(26.5, True), (26.51, False)])
def test_who_is_within_the_tolerance_of_the_others_is_let_back_in(value, is_back):
    vote = a_vote(3)
    follow(vote, 25.0, 25.0, 40.0, from_s=0.0, samples=3)
    verdict = ask(vote, good(25.0, 50.0), good(25.0, 50.0), good(value, 50.0), now_s=50.0)
    assert verdict.ejected == (() if is_back else ("p2.t",))


def test_a_verdict_tells_the_spread_the_silent_and_every_reading():
    verdict = ask(a_vote(3), good(25.0, 3.0), unknown("silent"), good(26.0, 2.0))
    assert (verdict.spread, verdict.silent, verdict.ejected) == (1.0, ("p1.t",), ())
    belief = verdict.belief
    assert (belief.members, belief.lowest, belief.highest, belief.measured_s) == ((25.0, 26.0), 25.0, 26.0, 2.0)
    assert (belief.reasons, belief.is_disputed, belief.hold_until_s) == ((), False, inf)


def test_too_few_members_are_no_belief_and_still_shown_to_limits():
    verdict = ask(a_vote(3, VoteRules(tolerance=1.5, min_sensors=2)), good(25.0), unknown("a"), unknown("b"))
    belief = verdict.belief
    assert (belief.value, belief.quality) == (None, Quality.UNKNOWN)
    assert (belief.members, belief.lowest, belief.highest) == ((25.0,), 25.0, 25.0)
    assert belief.reasons == ("1 of 3 members can be believed, at least 2 must be",)
    nobody = ask(a_vote(2), unknown("a"), unknown("b"))
    assert nobody.belief.reasons == ("0 of 2 members can be believed, at least 1 must be",)
    assert (nobody.belief.highest, nobody.belief.lowest, nobody.belief.members, nobody.spread) == (None, None, (), 0.0)
    assert nobody.disagree is Level.CLEAR


def test_suspect_members_count_only_where_good_ones_are_too_few():
    two = VoteRules(tolerance=1.5, min_sensors=2)
    belief = ask(a_vote(3, two), good(25.0), good(26.0), suspect(99.0)).belief
    assert (belief.value, belief.quality) == (25.5, Quality.GOOD)
    belief = ask(a_vote(2, two), good(25.0), suspect(26.0)).belief
    assert (belief.value, belief.quality, belief.reasons) == (25.5, Quality.SUSPECT, ("p1.t is suspect",))


@pytest.mark.parametrize(("side", "value", "word"), [("high", 30.0, "highest"), ("low", 20.0, "lowest")])
def test_a_contradiction_is_disputed_and_says_which_side_counts(side, value, word):
    vote = a_vote(2, VoteRules(tolerance=1.5, safe_side=side))
    verdict = ask(vote, good(20.0), suspect(30.0))
    assert verdict.belief.value == 20.0  # a good one alone is believed
    verdict = ask(vote, good(20.0), good(30.0))
    belief = verdict.belief
    assert (belief.value, belief.is_disputed, belief.quality) == (value, True, Quality.GOOD)
    assert belief.reasons == (f"the members contradict each other, so the {word} counts",)
    assert verdict.spread == 10.0


@pytest.mark.parametrize(
    ("after_s", "level"),
    [(0.0, Level.CLEAR), (60.0, Level.CLEAR), (60.1, Level.WARNING), (300.0, Level.WARNING), (300.1, Level.CRITICAL)],
)
def test_a_contradiction_gets_worse_with_time_and_is_over_at_once(after_s, level):
    vote = a_vote(2)
    ask(vote, good(20.0), good(30.0), now_s=1000.0)
    assert ask(vote, good(20.0), good(30.0), now_s=1000.0 + after_s).disagree is level
    assert ask(vote, good(20.0), good(20.5), now_s=1400.0).disagree is Level.CLEAR
    assert ask(vote, good(20.0), good(30.0), now_s=1500.0).disagree is Level.CLEAR


@pytest.mark.parametrize(("far", "is_disputed"), [(1.5, False), (1.51, True)])
def test_two_that_are_just_as_far_apart_as_they_may_be_agree(far, is_disputed):
    assert ask(a_vote(2), good(20.0), good(20.0 + far)).belief.is_disputed is is_disputed


@pytest.mark.parametrize(("far", "samples", "ejected"), [(1.5, 9, ()), (1.51, 2, ()), (1.51, 3, ("p2.t",))])
def test_who_lies_outside_for_so_many_samples_is_ejected(far, samples, ejected):
    assert follow(a_vote(3), 20.0, 20.0, 20.0 + far, from_s=0.0, samples=samples).ejected == ejected


def test_the_same_sample_asked_about_again_counts_once():
    vote = a_vote(3)
    for now_s in range(20):
        verdict = ask(vote, good(20.0, 1.0), good(20.0, 1.0), good(40.0, 1.0), now_s=float(now_s))
    assert verdict.ejected == ()


def test_a_sample_inside_begins_the_count_anew():
    vote = a_vote(3)
    for number in range(8):
        at_s = 5.0 * number
        last = 20.0 if number % 3 == 2 else 40.0
        verdict = ask(vote, good(20.0, at_s), good(20.0, at_s), good(last, at_s), now_s=at_s)
    assert verdict.ejected == ()


def out_for_s(vote: Vote, from_s: float) -> float:
    """How long the third member is out after the samples that eject it."""
    follow(vote, 20.0, 20.0, 40.0, from_s=from_s, samples=3)
    at_s = from_s + 10.0
    out_s = 0.0
    while ask(vote, good(20.0), good(20.0), good(20.0), now_s=at_s + out_s).ejected:
        out_s += 1.0
    return out_s


def test_each_ejection_lasts_longer_up_to_the_cap_and_good_behaviour_is_forgiven_step_by_step():
    vote = a_vote(3, VoteRules(tolerance=1.5, eject_s=30.0, eject_cap_s=100.0, forgive_s=600.0))
    assert [out_for_s(vote, 1000.0 * number) for number in range(5)] == [30.0, 60.0, 90.0, 100.0, 100.0]
    quiet_s = 10_000.0
    follow(vote, 20.0, 20.0, 20.0, from_s=quiet_s, samples=3, every_s=600.0)  # three times forgiven
    assert out_for_s(vote, quiet_s + 1300.0) == 60.0


def test_nobody_is_ejected_where_no_majority_agrees():
    vote = a_vote(3)
    assert follow(vote, 10.0, 20.0, 30.0, from_s=0.0, samples=20).ejected == ()


def test_an_outvoted_member_that_contradicts_another_one_is_no_longer_alone():
    vote = a_vote(3)
    follow(vote, 25.0, 25.0, 40.0, from_s=0.0, samples=3)
    gone = unknown("silent")
    alone = ask(vote, gone, gone, good(40.0, 100.0), now_s=100.0).belief
    assert alone.reasons == ("p2.t was outvoted, and nobody is left to check it",)
    pair = ask(vote, gone, good(25.0, 105.0), good(40.0, 105.0), now_s=105.0).belief
    assert pair.reasons == ("the members contradict each other, so the highest counts",)


# By the numbers.

STRICT = VoteRules(tolerance=1.5, min_sensors=1, outlier_samples=3, eject_s=100.0, eject_cap_s=1000.0)


def ejected_third() -> Vote:
    """Of three, the third was outvoted in the first fifteen seconds."""
    vote = a_vote(3, STRICT)
    assert follow(vote, 20.0, 20.0, 30.0, from_s=0.0, samples=3).ejected == ("p2.t",)
    return vote


def test_who_comes_back_alone_is_suspect_until_another_agrees():
    vote = ejected_third()
    alone = ask(vote, unknown("lost"), unknown("lost"), good(25.0, 200.0), now_s=200.0)
    assert (alone.belief.quality, alone.belief.hold_until_s) == (Quality.SUSPECT, -inf)
    ask(vote, good(25.5, 205.0), unknown("lost"), good(25.0, 205.0), now_s=205.0)
    alone = ask(vote, unknown("lost"), unknown("lost"), good(25.0, 210.0), now_s=210.0)
    assert alone.belief.quality is Quality.GOOD


def test_a_member_that_says_nothing_new_hides_no_other():
    vote = a_vote(3, STRICT)
    for at in range(3):
        verdict = ask(vote, good(20.0, 0.0), good(20.0, 0.0), good(30.0, 5.0 * at), now_s=5.0 * at)
    assert verdict.ejected == ("p2.t",)


def test_what_lies_at_the_tolerance_is_inside():
    vote = a_vote(3, STRICT)
    assert follow(vote, 20.0, 20.0, 21.5, from_s=0.0, samples=20).ejected == ()
    assert ask(a_vote(3, STRICT), good(18.5), good(20.0), good(21.5)).belief.is_disputed is False


def test_who_was_let_back_in_errs_as_often_as_before_until_it_is_ejected_again():
    vote = ejected_third()
    assert follow(vote, 20.0, 20.0, 20.0, from_s=200.0, samples=1).ejected == ()
    assert follow(vote, 20.0, 20.0, 30.0, from_s=205.0, samples=1).ejected == ()
    assert follow(vote, 20.0, 20.0, 20.0, from_s=210.0, samples=1).ejected == ()
    assert follow(vote, 20.0, 20.0, 30.0, from_s=215.0, samples=2).ejected == ()
    assert follow(vote, 20.0, 20.0, 30.0, from_s=225.0, samples=1).ejected == ("p2.t",)


def test_what_is_good_may_be_held_on_by_without_end():
    vote = a_vote(2)
    beliefs = [replace(good(25.0), hold_until_s=50.0)] * 2
    assert ask(vote, *beliefs).belief.hold_until_s == inf


@pytest.mark.parametrize(
    ("values", "is_disputed"),
    [((10.0, 15.0, 20.0, 21.0, 30.0), True), ((10.0, 19.0, 20.0, 21.0, 30.0), False), ((10.0, 20.0, 21.0, 30.0), True)],
)
def test_more_than_half_must_agree(values, is_disputed):
    assert ask(a_vote(len(values), STRICT), *map(good, values)).belief.is_disputed is is_disputed


def test_of_what_was_measured_nobody_knows_when_neither_is_the_group():
    belief = replace(good(25.0), measured_s=None)
    assert ask(a_vote(2), belief, belief).belief.measured_s is None


def test_who_came_back_alone_errs_as_often_as_before_until_it_is_ejected_again():
    vote = ejected_third()
    ask(vote, unknown("lost"), unknown("lost"), good(30.0, 200.0), now_s=200.0)
    assert follow(vote, 20.0, 20.0, 30.0, from_s=205.0, samples=2).ejected == ()
    assert follow(vote, 20.0, 20.0, 30.0, from_s=215.0, samples=1).ejected == ("p2.t",)
