"""A share of power becomes a value that the output takes."""

from hypothesis import given
from hypothesis import strategies as st

from alimante.control.drive import Drive
from hardware.api import Range, Switch, Unit

ENDS = st.floats(-1000.0, 1000.0)


def test_a_switch_is_on_from_any_share():
    drive = Drive.of("heater", Switch())
    assert [drive.value(share) for share in (0.0, 0.01, 1.0)] == [0.0, 1.0, 1.0]


def test_a_range_goes_from_off_to_on_in_proportion():
    drive = Drive.of("fan", Range(low=-10.0, high=100.0, unit=Unit.PERCENT, off=20.0, on=80.0))
    assert [drive.value(share) for share in (0.0, 0.5, 1.0)] == [20.0, 50.0, 80.0]


def test_on_may_be_the_lower_end():
    drive = Drive.of("flap", Range(low=0.0, high=90.0, unit=Unit.DEGREE, off=90.0, on=0.0))
    assert [drive.value(share) for share in (0.0, 0.5, 1.0)] == [90.0, 45.0, 0.0]


@given(off=ENDS, on=ENDS, share=st.floats(0.0, 1.0))
def test_rounding_never_leaves_the_range(off, on, share):
    drive = Drive(output="fan", off=off, on=on, is_switch=False)
    for value in (drive.value(share), drive.value(1.0)):
        assert min(off, on) <= value <= max(off, on)
