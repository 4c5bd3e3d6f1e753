"""Trying out finds gains from one known enclosure, and ends at the first doubt."""

import pytest

from alimante.control.autotune import BAND_C, LONGEST_S, Autotune
from alimante.control.gains import Gains
from alimante.control.time_proportion import Timing
from tests.unit.control.looks import HEATER, LOST, QUANTUM, ClosedLoop, asked, good, look
from tests.unit.control.test_pid import pid

QUICK = Timing(cycle_s=10.0, min_on_s=0.0, min_off_s=0.0, longest_s=1800.0)


def attempt(*, ceiling_c=38.0, timing=QUICK):
    return Autotune(28.0, most=1.0, ceiling_c=ceiling_c, timing=timing)


def with_delay(tuning, *, rise_c_per_s, fall_c_per_s, delay_s):
    """Try out on something that answers `delay_s` late with a constant slope; the simplest of all enclosures."""
    value_c, shares = 27.0, [0.0] * delay_s
    for second in range(20_000):
        tuning.step(value_c, float(second))
        if tuning.is_over:
            break
        shares.append(tuning.share)
        value_c += rise_c_per_s if shares.pop(0) > 0.0 else -fall_c_per_s
    return tuning


def test_the_period_and_the_swing_follow_from_delay_and_slopes():
    """With slopes r and a delay L the swing is 2·band + 2·r·L, and the period 4·L + 4·band/r."""
    tuning = with_delay(attempt(), rise_c_per_s=0.01, fall_c_per_s=0.01, delay_s=60)
    period_s, amplitude_c = 4 * 60 + 4 * BAND_C / 0.01, BAND_C + 0.01 * 60
    assert tuning.found is not None
    assert tuning.found.integral_s == pytest.approx(2.2 * period_s, rel=0.05)
    assert tuning.found.gain == pytest.approx(2 / 3.14159 / amplitude_c / 3.2, rel=0.05)
    assert tuning.mean_share == pytest.approx(0.5, abs=0.03)


def test_a_heater_that_is_rarely_needed_gets_its_share_counted():
    tuning = with_delay(attempt(), rise_c_per_s=0.03, fall_c_per_s=0.01, delay_s=60)
    assert tuning.mean_share == pytest.approx(0.25, abs=0.03)


def test_a_slower_enclosure_gets_a_slower_loop():
    quick = with_delay(attempt(), rise_c_per_s=0.01, fall_c_per_s=0.01, delay_s=30)
    slow = with_delay(attempt(), rise_c_per_s=0.01, fall_c_per_s=0.01, delay_s=120)
    assert slow.found.gain < quick.found.gain
    assert slow.found.integral_s > quick.found.integral_s


def test_it_ends_one_degree_below_the_limit():
    tuning = attempt(ceiling_c=38.0)
    tuning.step(20.0, 0.0)
    assert tuning.share == 1.0
    tuning.step(37.0, 1.0)
    assert tuning.is_over
    assert tuning.share == 0.0
    assert "limit" in tuning.told


def test_it_ends_at_the_first_reading_that_is_not_good():
    tuning = attempt()
    tuning.step(20.0, 0.0)
    tuning.step(None, 1.0)
    assert (tuning.is_over, tuning.share, tuning.found) == (True, 0.0, None)
    assert tuning.told == "not tuned: the reading was not good"


def test_it_does_not_go_on_for_ever():
    tuning = attempt()
    tuning.step(20.0, 0.0)
    tuning.step(20.0, LONGEST_S + 1.0)
    assert tuning.is_over
    assert "4 hours" in tuning.told


def swings(tuning, *sizes_c):
    for index, size_c in enumerate(sizes_c):
        tuning.step(28.0 - size_c, 100.0 * index)
        tuning.step(28.0 + size_c, 100.0 * index + 50.0)


def test_cycles_that_are_not_alike_are_not_believed():
    tuning = attempt()
    swings(tuning, 0.3, 0.5, 0.8, 1.3, 2.1, 3.4, 5.5)
    assert not tuning.is_over


def test_cycles_of_unlike_length_are_not_believed():
    tuning = attempt()
    for index in range(8):
        begun_s = 100.0 * 2**index
        tuning.step(27.5, begun_s)
        tuning.step(28.5, begun_s + 50.0)
    assert tuning.found is None


def test_three_cycles_that_are_alike_are_enough():
    tuning = attempt()
    swings(tuning, 3.0, 0.5, 0.5, 0.5, 0.5, 0.5)
    assert tuning.found is not None


def test_its_pulses_are_as_long_as_the_relay_wants_them():
    tuning = attempt(timing=Timing(cycle_s=240.0, min_on_s=60.0, min_off_s=120.0, longest_s=1800.0))
    tuning.step(20.0, 0.0)
    tuning.step(30.0, 59.0)
    assert tuning.share == 1.0
    tuning.step(30.0, 60.0)
    assert tuning.share == 0.0
    tuning.step(20.0, 179.0)
    assert tuning.share == 0.0
    tuning.step(20.0, 180.0)
    assert tuning.share == 1.0


def tuned_on_the_plant(*, tune_once=True):
    controller = pid(HEATER, tune_once=tune_once)
    loop = ClosedLoop(
        [controller], loads={"heater": ("heater", "warm")}, senses={"warm": ("warm", "temperature", QUANTUM)}
    )
    return controller, loop


def test_the_simulated_enclosure_is_tuned_in_less_than_an_hour_and_held_afterwards():
    controller, loop = tuned_on_the_plant()
    trying = loop.temperatures(1.0)
    assert "found a gain" in controller.report()["tuning"]
    assert max(trying) < 29.0, "trying out stays within a degree of the target"
    held = loop.temperatures(2.0)[720:]
    assert max(abs(value - 28.0) for value in held) < 0.5


def test_the_result_is_remembered_and_not_looked_for_again():
    controller, loop = tuned_on_the_plant()
    loop.run(1.0)
    assert controller.milestones == 1
    again = pid(HEATER, tune_once=True)
    again.restore(controller.snapshot())
    asked(again, look(0.0, warm=good(27.0, measured_s=0.0)))
    assert again.report()["gains"] == controller.report()["gains"]
    assert again.report()["tuning"] == controller.report()["tuning"]


def test_a_result_that_a_person_asked_for_is_remembered_too():
    controller, loop = tuned_on_the_plant(tune_once=False)
    assert controller.tune() == ""
    loop.run(1.0)
    again = pid(HEATER)
    again.restore(controller.snapshot())
    assert again.report()["gains"] == controller.report()["gains"]
    assert again.report()["gains"]["gain"] != 0.2


def test_gains_that_the_configuration_says_anew_win_over_found_ones():
    controller, loop = tuned_on_the_plant()
    loop.run(1.0)
    written = Gains(gain=0.11, integral_s=1000.0, derivative_s=0.0)
    again = pid(HEATER, gains=written)
    again.restore(controller.snapshot())
    assert again.report()["gains"]["gain"] == 0.11


def test_an_attempt_that_a_restart_cut_off_is_made_again():
    controller, loop = tuned_on_the_plant()
    loop.run(0.1)
    again = pid(HEATER, tune_once=True)
    again.restore(controller.snapshot())
    asked(again, look(0.0, warm=good(20.0, measured_s=0.0)))
    assert "waiting" in again.report()["tuning"]


def test_an_attempt_that_failed_leaves_the_gains_and_no_heat():
    controller, loop = tuned_on_the_plant()
    loop.run(0.05)
    assert controller.decide(look(1e6, warm=LOST)) == ()
    assert controller.report()["tuning"] == "not tuned: the reading was not good"
    assert controller.report()["gains"]["gain"] == 0.2


def test_a_person_may_ask_for_it():
    controller = pid(HEATER)
    assert controller.tune() == ""
    asked(controller, look(0.0, warm=good(20.0, measured_s=0.0)))
    assert "waiting" in controller.report()["tuning"]


@pytest.mark.parametrize(
    "saved", [None, {}, {"gain": 0.0, "integral_s": 1.0, "derivative_s": 0.0}, {"gain": True, "integral_s": 1.0}]
)
def test_gains_that_cannot_be_used_are_none(saved):
    assert Gains.parsed(saved) is None
