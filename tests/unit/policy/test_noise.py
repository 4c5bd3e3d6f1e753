"""When a channel is noisier than it was."""

from random import Random

import pytest

from alimante.policy.noise import Noise

FLOOR, FACTOR = 0.1, 10.0


def noise():
    return Noise(floor=FLOOR, factor=FACTOR)


def swing(one, height, count):
    """Values that alternate by `height`: their second differences are all twice that."""
    return [one.add(height * (at % 2)) for at in range(count)]


def sigma(height):
    """The standard deviation that such a swing is taken for."""
    return 2.0 * height / (0.6745 * 6.0**0.5)


QUIET = FLOOR * FACTOR**0.5 / sigma(1.0)
"""A swing of this height has just the variance that is allowed."""


def test_it_is_noisy_when_the_variance_is_more_than_so_many_times_the_usual_one():
    assert swing(noise(), QUIET * 1.001, 30)[-1]
    assert not any(swing(noise(), QUIET * 0.999, 30))


def test_it_takes_seven_values_to_say_so():
    """Five second differences, of which each needs three values."""
    assert swing(noise(), 10.0, 9) == [False] * 6 + [True] * 3


def test_it_is_over_below_half_of_the_limit():
    for share, is_noisy in ((0.72, True), (0.69, False)):  # of the height; the variance goes with its square
        one = noise()
        swing(one, QUIET * 2.0, 30)
        assert swing(one, QUIET * share, 30)[-1] is is_noisy


@pytest.mark.parametrize("shape", [lambda at: 5.0, lambda at: 0.7 * at, lambda at: 20.0 * (at >= 15)])
def test_a_steady_value_a_steady_rise_and_a_step_are_no_noise(shape):
    one = noise()
    assert not any(one.add(shape(at)) for at in range(40))


def test_a_reset_forgets_the_values_and_that_it_was_noisy():
    one = noise()
    swing(one, 10.0, 20)
    one.reset()
    assert not one.is_noisy
    assert swing(one, 10.0, 7) == [False] * 6 + [True]


def test_what_is_usual_is_learned_while_it_is_quiet_up_to_four_times_the_floor():
    one = noise()
    swing(one, QUIET * 0.9, 5000)
    assert not any(swing(one, QUIET * 1.9, 30))  # 3.6 times the variance that the floor allows
    other = noise()
    swing(other, QUIET * 0.9, 5000)
    assert swing(other, QUIET * 2.05, 30)[-1]


def test_what_is_quieter_than_the_floor_makes_nothing_stricter():
    one = noise()
    swing(one, 0.0, 5000)
    assert not any(swing(one, QUIET * 0.999, 30))


def test_what_is_noisy_is_not_learned():
    one = noise()
    swing(one, QUIET * 1.1, 5000)
    assert one.is_noisy


def test_white_noise_is_measured_by_its_standard_deviation():
    random = Random(1)
    one = noise()
    loud = sum([one.add(random.gauss(0.0, FLOOR)) for _ in range(5000)])
    assert loud == 0
    other = noise()
    assert sum([other.add(random.gauss(0.0, 6.0 * FLOOR)) for _ in range(5000)]) > 2500
