"""The loop gives what it takes, winds nothing up, and never heats on a doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.control.gains import Gains
from alimante.control.pid import FORGET_S, Loop, Pid, PidSettings
from alimante.control.setpoints import steady
from alimante.control.time_proportion import Timing
from tests.unit.control.looks import DIMMER, HEATER, LOST, asked, good, look, suspect

GAINS = Gains(gain=0.2, integral_s=1000.0, derivative_s=0.0)
TIMING = Timing(cycle_s=240.0, min_on_s=60.0, min_off_s=120.0, longest_s=1800.0)


def pid(drive=DIMMER, *, gains=GAINS, most=1.0, ceiling_c=38.0, tune_once=False):
    settings = PidSettings(
        sensor="warm",
        target=steady(28.0),
        gains=gains,
        most=most,
        band_c=0.5,
        timing=TIMING,
        ceiling_c=ceiling_c,
        tune_once=tune_once,
    )
    return Pid("warmth", drive, settings)


def wish(controller, now_s, value_c, *, belief=good):
    seen = belief(value_c, measured_s=now_s) if belief is good else belief(value_c)
    return asked(controller, look(now_s, warm=seen))["heater"]


def test_power_is_proportional_to_what_is_missing():
    assert wish(pid(), 0.0, 26.0) == pytest.approx(40.0, abs=0.1)


def test_a_lasting_error_moves_the_power_as_much_again_in_the_integral_time():
    loop = Loop(GAINS, most=1.0)
    shares = [loop.update(27.0, 28.0, at_s=float(second)) for second in range(0, 1001, 5)]
    assert shares[0] == pytest.approx(0.2, abs=1e-3)
    assert shares[-1] == pytest.approx(0.4, abs=1e-3)


def test_the_same_reading_again_is_no_new_evidence():
    loop = Loop(GAINS, most=1.0)
    loop.update(27.0, 28.0, at_s=0.0)
    share = loop.update(27.0, 28.0, at_s=5.0)
    assert [loop.update(27.0, 28.0, at_s=5.0) for _ in range(100)] == [share] * 100


def test_nothing_is_wound_up_while_full_power_is_not_enough():
    loop = Loop(GAINS, most=1.0)
    for second in range(0, 4 * 3600, 5):
        loop.update(15.0, 28.0, at_s=float(second))
    assert loop.share == 1.0
    assert loop.integral < 0.02


def test_nothing_is_wound_down_while_it_is_too_warm():
    loop = Loop(GAINS, most=1.0)
    loop.preset(0.3)
    for second in range(0, 4 * 3600, 5):
        loop.update(32.0, 28.0, at_s=float(second))
    assert loop.share == 0.0
    assert loop.integral == pytest.approx(0.3, abs=0.01)


def test_another_target_gives_no_kick_of_the_derivative():
    loop = Loop(Gains(gain=0.1, integral_s=1e6, derivative_s=100.0), most=1.0)
    loop.update(27.0, 28.0, at_s=0.0)
    assert loop.update(27.0, 30.0, at_s=1.0) == pytest.approx(0.3, abs=1e-3)


def test_the_derivative_brakes_a_rise():
    loop = Loop(Gains(gain=0.1, integral_s=1e6, derivative_s=100.0), most=1.0)
    loop.update(26.0, 28.0, at_s=0.0)
    assert loop.update(26.1, 28.0, at_s=10.0) == pytest.approx(0.19 - 0.1, abs=1e-3)


def test_a_long_silence_is_no_trend():
    loop = Loop(Gains(gain=0.1, integral_s=1e6, derivative_s=1000.0), most=1.0)
    loop.update(20.0, 28.0, at_s=0.0)
    assert loop.update(26.0, 28.0, at_s=FORGET_S + 1.0) == pytest.approx(0.2, abs=1e-3)


def test_the_power_never_exceeds_its_share():
    assert wish(pid(most=0.6), 0.0, 10.0) == pytest.approx(60.0)


def test_there_is_no_heat_at_all_above_the_band():
    controller = pid()
    controller.restore({"integral": 1.0})
    assert wish(controller, 0.0, 28.49) > 0.0
    assert wish(controller, 5.0, 28.5) == 0.0


def test_an_unknown_reading_is_no_demand_at_all():
    controller = pid()
    wish(controller, 0.0, 20.0)
    assert controller.decide(look(1.0, warm=LOST)) == ()


def test_a_suspect_reading_turns_down_but_never_up():
    controller = pid()
    assert wish(controller, 0.0, 20.0, belief=suspect) == 0.0
    before = wish(controller, 5.0, 26.0)
    assert wish(controller, 10.0, 20.0, belief=suspect) == before
    assert wish(controller, 15.0, 28.5, belief=suspect) == 0.0
    assert wish(controller, 20.0, 20.0, belief=suspect) == 0.0


def test_a_relay_does_not_go_on_by_a_suspect_reading():
    controller = pid(HEATER)
    assert wish(controller, 0.0, 20.0, belief=suspect) == 0.0
    assert wish(controller, 1.0, 20.0) == 1.0
    assert wish(controller, 2.0, 20.0, belief=suspect) == 1.0


def test_a_pulse_that_is_due_waits_for_a_good_reading():
    controller = pid(HEATER)
    assert wish(controller, 0.0, 26.0) == 1.0
    assert wish(controller, 100.0, 26.0) == 0.0
    assert wish(controller, 400.0, 26.0, belief=suspect) == 0.0
    assert wish(controller, 401.0, 26.0) == 1.0


def test_what_was_learnt_outlives_a_restart_without_a_bump():
    before, after = pid(), pid()
    for second in range(0, 2000, 5):
        wish(before, float(second), 27.5)
    after.restore(before.snapshot())
    assert wish(after, 5000.0, 27.5) == pytest.approx(wish(before, 2000.0, 27.5), abs=0.1)


@pytest.mark.parametrize("saved", [{}, {"integral": "much"}, {"integral": float("nan")}, {"gains": 3, "tuned": "x"}])
def test_a_useless_memory_is_left_out(saved):
    controller = pid()
    controller.restore(saved)
    assert wish(controller, 0.0, 26.0) == pytest.approx(40.0, abs=0.1)


def test_it_says_what_it_does():
    controller = pid()
    wish(controller, 0.0, 26.0)
    report = controller.report()
    assert report["target"] == 28.0
    assert report["measured"] == 26.0
    assert report["share"] == pytest.approx(0.4, abs=1e-3)
    assert report["terms"]["p"] == pytest.approx(0.4)
    assert report["reason"] == "26.00 °C, target 28.00 °C: 40% of full power"


def test_without_a_limit_nothing_is_tried_out():
    controller = pid(ceiling_c=None)
    assert "no limit" in controller.tune()
    wish(controller, 0.0, 26.0)
    assert controller.report()["tuning"] == ""


READINGS = st.lists(
    st.tuples(st.sampled_from(["good", "suspect", "lost"]), st.floats(-20.0, 80.0), st.integers(1, 300)), max_size=60
)


@given(READINGS, st.sampled_from([DIMMER, HEATER]))
def test_heat_is_within_bounds_and_never_above_the_band_or_unproven(readings, drive):
    controller, now_s, before = pid(drive, gains=Gains(gain=2.0, integral_s=50.0, derivative_s=20.0)), 0.0, 0.0
    for kind, value_c, passed_s in readings:
        now_s += passed_s
        belief = {"good": good(value_c, measured_s=now_s), "suspect": suspect(value_c), "lost": LOST}[kind]
        wishes = asked(controller, look(now_s, warm=belief))
        if kind == "lost":
            assert wishes == {}
            before = 0.0
            continue
        heat = wishes["heater"]
        assert 0.0 <= heat <= drive.on
        assert heat == 0.0 or value_c < 28.5
        assert kind == "good" or heat <= before
        before = heat
