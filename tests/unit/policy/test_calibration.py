"""What is true, by what was measured beside the sensor."""

import pytest

from alimante.policy.calibration import correction

POINTS = ((0.0, 1.0), (10.0, 21.0), (20.0, 26.0))


@pytest.mark.parametrize(
    ("said", "true"),
    [
        (0.0, 1.0),
        (5.0, 11.0),
        (10.0, 21.0),
        (12.0, 22.0),
        (20.0, 26.0),
        (-2.0, -3.0),
        (22.0, 27.0),
        (-2.1, None),
        (22.1, None),
    ],
)
def test_lines_go_through_the_points_and_a_little_beyond(said, true):
    correct = correction(points=POINTS, beyond=2.0)
    assert correct(said) == true


def test_an_offset_comes_after_the_lines():
    assert correction(points=POINTS, offset=-0.5)(5.0) == 10.5
    assert correction(offset=-0.5)(5.0) == 4.5


def test_without_anything_beyond_the_table_ends_with_its_points():
    correct = correction(points=POINTS)
    assert [correct(said) for said in (-0.1, 0.0, 20.0, 20.1)] == [None, 1.0, 26.0, None]


def test_nothing_said_changes_nothing():
    assert correction() is None
    assert correction(offset=0.0, beyond=5.0) is None
