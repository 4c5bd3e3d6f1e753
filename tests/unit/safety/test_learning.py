import json
from math import exp
from random import Random

import pytest

from alimante.safety.heat_model import LOSS, Guess, HeatModel
from alimante.safety.learning import Learned, Learner

OTHERS = ("lamp",)


def learner(others: tuple[str, ...] = OTHERS) -> Learner:
    return Learner(Guess(rate=1.0, noise_c=0.03, others=len(others)), 34.0, 60.0, others)


def taught(hours: int = 24, *, gain: float = 0.8, loss: float = 0.03, lag_s: float = 60.0, noise_c: float = 0.02):
    """A learner that saw one place of first order with a heater, a lamp and a room of 20 °C, and what it saw last."""
    random, one = Random(3), learner()
    body_c, flux, lamp_flux, learnt, start = 25.0, 0.0, 0.0, 25.0, None
    for at in range(hours * 720):
        duty, lamp = float(at % 120 < (45 if at // 2880 % 2 else 10)), float(at % 2000 < 900)
        heard_c = body_c + random.gauss(0.0, noise_c)
        if at % 12 == 0:
            sums = one.sums()
            if start is not None:
                one.learn(start, sums, heard_c - learnt)
            start, learnt = sums, heard_c
        one.advance(5.0, duty=duty, reading_c=heard_c, others={"lamp": lamp})
        flux += (duty - flux) * 5.0 / lag_s
        lamp_flux += (lamp - lamp_flux) * 5.0 / 60.0
        body_c += (gain * flux + 0.1 * lamp_flux - loss * (body_c - 20.0)) * 5.0 / 60.0
    return one


def test_it_learns_the_strength_the_delay_and_the_end_of_a_heater():
    learned = taught().learned
    assert learned is not None
    assert learned.gain_c_per_s == pytest.approx(0.8 / 60.0, rel=0.1)
    assert learned.dead_time_s == 60.0
    assert learned.room_c == pytest.approx(20.0, abs=2.0)
    assert learned.time_constant_s == pytest.approx(2000.0, rel=0.2)


def test_it_tells_a_slow_sensor_from_a_fast_one():
    assert taught(lag_s=120.0).best == 2
    assert taught(lag_s=30.0).best == 0


def test_noise_does_not_lead_it_astray():
    learned = taught(noise_c=0.1).learned
    assert learned is not None
    assert learned.gain_c_per_s == pytest.approx(0.8 / 60.0, rel=0.3)


def test_where_heat_is_lost_to_is_not_claimed_to_be_known_from_a_heater_that_always_does_the_same():
    learner = taught(hours=3, noise_c=0.5)
    for model in learner.models:
        model.doubt_anew(LOSS)
    learned = learner.learned
    assert learned is not None
    assert (learned.room_c, learned.equilibrium_c, learned.time_constant_s) == (None, None, None)
    assert learner.report()["room_c"] is None


def test_nothing_is_claimed_to_be_known_in_the_first_two_hours():
    assert taught(hours=1).learned is None
    assert taught(hours=3).learned is not None


def test_it_expects_what_then_comes_and_less_in_doubt():
    one = taught()
    start = one.sums()
    for _ in range(36):
        one.advance(5.0, duty=1.0, reading_c=25.0, others={"lamp": 0.0})
    expected = one.expect(start, one.sums(), least_c=0.1)
    assert expected is not None
    assert expected[0] == pytest.approx((0.8 - 0.03 * 5.0) * 2.0, rel=0.25)
    assert 0.0 < expected[1] < expected[0]
    assert one.expect(start, one.sums(), least_c=10.0) is None


def test_a_loss_that_was_learned_as_next_to_nothing_is_doubted():
    """Where the duty comes and goes at the same temperature, loss and room cannot be told apart."""
    doubts, usual = [], learner().guess.loss
    for loss in (usual / 20.0, usual):
        known = taught()
        start = known.sums()
        for _ in range(20 * 60):
            known.advance(1.0, duty=0.2, reading_c=30.0, others={})
        for model in known.models:
            model.state[LOSS] = loss
        expected = known.expect(start, known.sums(), least_c=-100.0)
        assert expected is not None
        doubts.append(expected[1])
    assert doubts[0] == pytest.approx(doubts[1], rel=0.2)


def test_a_snapshot_restores_everything_that_was_learned():
    one, other = taught(), learner()
    assert other.restore(json.loads(json.dumps(one.snapshot())))
    assert other.snapshot() == one.snapshot()


@pytest.mark.parametrize("key", ["reference_c", "dead_time_s", "others", "models", "learned_min"])
def test_a_snapshot_of_another_heater_is_left_alone(key):
    kept = taught(hours=3).snapshot()
    kept[key] = "other"
    other = learner()
    assert not other.restore(kept)
    assert other.learned_min == 0.0
    assert other.models[0].snapshot() == HeatModel(other.guess).snapshot()


def test_the_report_tells_how_far_it_is_and_then_the_delay_with_all_the_rest():
    early, late = taught(hours=1).report(), taught(lag_s=120.0).report()
    assert (early["gain_c_per_s"], early["dead_time_s"]) == (None, None)
    assert 0 < early["learned_min"] < early["needed_min"]
    assert late["dead_time_s"] == 120.0
    assert set(late) == {"learned_min", "needed_min", *Learned.__dataclass_fields__}
    assert None not in late.values()


def after_a_start(left: float, *, minutes: int = 12) -> Learner:
    """A learner that begins while a heater is on that was at `left` of its power for long, and is told its lag."""
    one, flux, body_c = learner(()), left, 28.0
    start, learnt = one.sums(), body_c
    for at in range(1, minutes * 12 + 1):
        duty = float(at < 72)
        one.advance(5.0, duty=duty, reading_c=body_c, others={})
        flux += (duty - flux) * (1.0 - exp(-5.0 / 60.0))
        body_c += (0.8 * flux - 0.03 * (body_c - 20.0)) * 5.0 / 60.0
        if at % 12 == 0:
            one.learn(start, one.sums(), body_c - learnt)
            start, learnt = one.sums(), body_c
    return one


@pytest.mark.parametrize("left", [0.0, 0.5, 1.0])
def test_heat_from_before_the_start_is_not_taken_for_strength_or_delay(left: float):
    one = after_a_start(left)
    assert one.best == 1
    assert one.models[1].state[0] == pytest.approx(0.8, rel=0.2)


def test_what_is_left_from_before_is_thrown_away_when_nothing_is_felt_of_it():
    one = after_a_start(0.5, minutes=30)
    assert [len(model.state) for model in one.models] == [3] * 4
    assert [len(model.cov[0]) for model in one.models] == [3] * 4


def test_what_is_left_from_before_is_not_kept_for_the_next_start():
    early, late = learner(()), learner(())
    assert late.restore(json.loads(json.dumps(early.snapshot())))
    assert [len(model["state"]) for model in late.snapshot()["models"]] == [3] * 4
    assert [len(model.state) for model in late.models] == [4] * 4
