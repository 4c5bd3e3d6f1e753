import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.config.verify import LimitKeys
from alimante.core.events import Level, Quality
from alimante.policy.belief import Belief, unknown
from alimante.safety.findings import Kind
from alimante.safety.overtemperature import OverTemperature
from tests.unit.safety.heating import good

LIMIT_C = 34.0


def watch() -> OverTemperature:
    return OverTemperature("heater", LimitKeys(max_c=LIMIT_C))


def looks(*readings: tuple[float, ...]) -> list[bool]:
    """Whether each of `readings`, which are of all members at one time, is too hot."""
    one = watch()
    return [one.look(good(*values, at_s=5.0 * at)) is not None for at, values in enumerate(readings)]


def test_the_limit_counts_at_the_second_reading_in_a_row():
    assert looks((34.0,), (34.1,)) == [False, True]
    assert looks((34.5,), (33.9,), (34.5,), (33.9,)) == [False] * 4


def test_the_same_reading_looked_at_again_is_one_reading():
    one = watch()
    assert [one.look(good(34.5, at_s=1.0)) for _ in range(9)] == [None] * 9


def test_three_degrees_above_the_limit_count_at_once():
    assert looks((36.9,)) == [False]
    assert looks((37.0,)) == [True]


def test_of_two_sensors_the_hotter_one_counts():
    assert looks((30.0, 34.0), (30.0, 34.2)) == [False, True]


def test_of_three_sensors_two_must_be_at_the_limit():
    assert looks((30.0, 30.0, 36.9), (30.0, 30.0, 36.9)) == [False, False]
    assert looks((30.0, 34.0, 34.0), (30.0, 34.1, 34.1)) == [False, True]


def test_f022_one_of_three_three_degrees_above_the_limit_is_enough():
    assert looks((25.0, 25.0, 37.0)) == [True]


def test_the_finding_trips_and_says_the_numbers():
    one = watch()
    finding = one.look(good(38.25, at_s=0.0))
    assert (finding.kind, finding.level, finding.is_trip) == (Kind.OVER_TEMPERATURE, Level.CRITICAL, True)
    assert finding.text == "38.2 °C at heater; its limit is 34 °C"
    assert finding.values == (("highest_c", 38.25), ("max_c", 34.0))
    assert finding.advice


def test_it_is_over_a_degree_below_the_limit_and_not_when_nothing_is_read():
    one = watch()
    one.look(good(38.0, at_s=0.0))
    one.look(unknown("lost"))
    assert one.is_hot
    one.look(good(33.0, at_s=5.0))
    assert one.is_hot
    one.look(good(32.9, at_s=10.0))
    assert not one.is_hot


@given(st.lists(st.lists(st.floats(-40, 125), min_size=1, max_size=5), min_size=1, max_size=12))
def test_it_is_found_exactly_when_the_rules_say(readings):
    row = 0
    for values, found in zip(readings, looks(*map(tuple, readings)), strict=True):
        ordered = sorted(values)
        agreed = ordered[-2] if len(values) > 2 else ordered[-1]
        row = row + 1 if agreed >= LIMIT_C else 0
        assert found == (row >= 2 or ordered[-1] >= LIMIT_C + 3.0)


@pytest.mark.parametrize("value", [33.99, -20.0])
def test_what_is_below_the_limit_is_never_found(value):
    assert not any(looks(*[(value,)] * 20))


@pytest.mark.parametrize(("highest_c", "is_hot"), [(37.0, True), (None, False)])
def test_without_members_the_highest_reading_counts_or_else_the_value(highest_c, is_hot):
    belief = Belief(value=30.0, quality=Quality.GOOD, measured_s=0.0, highest=highest_c)
    assert (watch().look(belief) is not None) is is_hot
    belief = Belief(value=37.0, quality=Quality.GOOD, measured_s=0.0, highest=None)
    assert watch().look(belief) is not None


def test_readings_that_are_outvoted_or_too_few_to_be_believed_count():
    belief = Belief(value=None, quality=Quality.UNKNOWN, members=(25.0, 37.0))
    assert watch().look(belief) is not None
