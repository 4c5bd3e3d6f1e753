from hypothesis import given
from hypothesis import strategies as st

from alimante.core.events import Level
from alimante.policy.thresholds import Limit, Threshold


def hot():
    return Threshold(warning=Limit(enter=85, leave=80), critical=Limit(enter=90, leave=85))


def test_a_level_is_left_later_than_it_is_entered():
    threshold = hot()
    seen = [threshold.look(value, at) for at, value in enumerate([84, 85, 81, 80, 84, 91, 86, 85, 80])]
    assert [level.value for level in seen] == [
        "clear", "warning", "warning", "clear", "clear", "critical", "critical", "warning", "clear",
    ]  # fmt: skip


def test_a_number_that_is_bad_when_low():
    threshold = Threshold(warning=Limit(enter=10, leave=12))
    assert [threshold.look(value, 0) for value in (11, 10, 11, 12)] == [
        Level.CLEAR,
        Level.WARNING,
        Level.WARNING,
        Level.CLEAR,
    ]


def test_it_must_be_bad_for_long_enough_without_a_break():
    threshold = Threshold(warning=Limit(enter=90, leave=75, hold_s=300))
    assert threshold.look(95, 0) is Level.CLEAR
    assert threshold.look(95, 299) is Level.CLEAR
    assert threshold.look(89, 299.5) is Level.CLEAR
    assert threshold.look(95, 300) is Level.CLEAR
    assert threshold.look(95, 600) is Level.WARNING


@given(st.lists(st.floats(80.001, 84.999)))
def test_between_the_two_values_nothing_changes(values):
    for first, level in ((70.0, Level.CLEAR), (86.0, Level.WARNING)):
        threshold = hot()
        threshold.look(first, 0)
        assert all(threshold.look(value, at) is level for at, value in enumerate(values))


@given(st.lists(st.floats(0, 120), min_size=1))
def test_critical_is_never_told_as_less_while_it_lasts(values):
    threshold, is_critical = hot(), False
    for at, value in enumerate(values):
        is_critical = value >= 90 or (is_critical and value > 85)
        assert (threshold.look(value, at) is Level.CRITICAL) == is_critical


def test_a_number_that_is_bad_when_low_is_bad_at_anything_lower():
    threshold = Threshold(warning=Limit(enter=10, leave=12), critical=Limit(enter=5, leave=8))
    assert [threshold.look(value, 0).value for value in (11, 4, 7, 8, 13, -40)] == [
        "clear", "critical", "critical", "warning", "clear", "critical",
    ]  # fmt: skip


def test_a_time_that_began_is_not_forgotten_while_the_number_is_bad():
    """Whatever lies between two looks: a level is reached at the first look after its time."""
    threshold = Threshold(warning=Limit(enter=85, leave=80, hold_s=10), critical=Limit(enter=90, leave=85, hold_s=20))
    looks = [(95, 0), (95, 9.9), (95, 10), (95, 19.9), (95, 20), (86, 21), (85, 22), (80, 23), (95, 24), (95, 34)]
    assert [threshold.look(value, at).value for value, at in looks] == [
        "clear", "clear", "warning", "warning", "critical", "critical", "warning", "clear", "clear", "warning",
    ]  # fmt: skip


def test_without_limits_nothing_is_bad():
    assert Threshold().look(1e9, 0) is Level.CLEAR
