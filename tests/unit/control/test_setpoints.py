"""A set-point follows the day, and is the cautious one while nobody knows the time."""

from hypothesis import given
from hypothesis import strategies as st

from alimante.control.season import Curve
from alimante.control.setpoints import Setpoint, always, between, steady
from tests.unit.control.looks import at

BY_DAY = between("08:00", "20:00")
VALUES = st.floats(-50, 150)


def test_one_value_counts_at_any_time():
    assert [steady(28.0).at(local) for local in (None, at(3), at(12))] == [28.0, 28.0, 28.0]


def test_day_and_night_have_their_own_values():
    warm = Setpoint(day=30.0, night=24.0, cautious=min, is_day=BY_DAY)
    assert [warm.at(at(7, 59)), warm.at(at(8)), warm.at(at(19, 59)), warm.at(at(20))] == [24.0, 30.0, 30.0, 24.0]


def test_a_day_may_go_on_past_midnight():
    is_day = between("18:00", "02:00")
    assert [is_day(at(17, 59)), is_day(at(18)), is_day(at(1, 59)), is_day(at(2))] == [False, True, True, False]


@given(day=VALUES, night=VALUES, hour=st.integers(0, 23))
def test_without_the_time_a_heater_is_never_asked_for_more_and_a_cooler_never_for_less(day, night, hour):
    heating = Setpoint(day=day, night=night, cautious=min, is_day=BY_DAY)
    cooling = Setpoint(day=day, night=night, cautious=max, is_day=BY_DAY)
    assert heating.at(None) <= heating.at(at(hour))
    assert cooling.at(None) >= cooling.at(at(hour))


def test_the_year_moves_both_values():
    curve = Curve([("01-15", -4.0), ("06-15", 0.0)])
    warm = Setpoint(day=30.0, night=24.0, cautious=min, is_day=BY_DAY, shift=curve, reach=(-4.0, 0.0))
    assert warm.at(at(12, month=6)) == 30.0
    assert warm.at(at(12, month=1)) == 26.0
    assert warm.at(None) == 20.0, "winter's night: the least of the whole year"


def test_always_is_always():
    assert always(at(0))
