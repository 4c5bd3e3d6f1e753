import json
from math import exp
from random import Random

import pytest

from alimante.safety.heat_model import LOSS, Guess, HeatModel
from alimante.safety.learning import LAGS, Learned, Learner, Sums

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


# By the numbers.

LAGS_S = (30.0, 60.0, 120.0, 240.0)
LOSS_GUESS = 1.0 / 60.0


def felt_min(on_s: float, lag_s: float, *, off_s: float = 0.0) -> float:
    """What is felt through a lag of full power for `on_s` and then nothing for `off_s`, in minutes at full power."""
    risen = 1.0 - exp(-on_s / lag_s)
    return (on_s - lag_s * risen + lag_s * risen * (1.0 - exp(-off_s / lag_s))) / 60.0


def went_by(one: Learner, for_s: float, *, duty: float = 0.0, reading_c: float = 34.0, lamp: float = 0.0, cut: int = 1):
    for _ in range(cut):
        one.advance(for_s / cut, duty=duty, reading_c=reading_c, others={"lamp": lamp, "unknown": 1.0})
    return one


@pytest.mark.parametrize("cut", [1, 7])
def test_what_is_felt_follows_each_lag_however_the_time_is_cut(cut: int):
    one = learner()
    went_by(one, 100.0, duty=1.0, reading_c=31.0, lamp=0.5, cut=cut)
    went_by(one, 60.0, reading_c=36.0, cut=cut)
    minutes, above, *rest = one.sums()
    assert minutes == pytest.approx(160.0 / 60.0)
    assert above == pytest.approx(-3.0 * 100.0 / 60.0 + 2.0)
    assert rest[:4] == pytest.approx([felt_min(100.0, lag_s, off_s=60.0) for lag_s in LAGS_S])
    assert rest[4:] == pytest.approx([0.5 * felt_min(100.0, 60.0, off_s=60.0)])
    duty, gain, loss = one.now()
    assert duty == pytest.approx((1.0 - exp(-100.0 / 240.0)) * exp(-60.0 / 240.0))
    assert (gain, loss) == (0.5, LOSS_GUESS)


def test_what_an_output_does_that_nobody_tells_of_is_nothing():
    one = learner()
    one.advance(60.0, duty=0.0, reading_c=34.0, others={})
    assert one.sums()[2:] == (0.0,) * 5


def told(**numbers: list[float]) -> Learner:
    """A learner whose models have these numbers, one for each lag, and are sure of them but for `doubts`."""
    one = learner()
    for i, model in enumerate(one.models):
        size = 4
        model.state = [numbers["gains"][i], numbers["losses"][i], numbers["drifts"][i], numbers["lamps"][i]]
        model.cov = [[numbers["doubts"][i] ** 2 * (a == b) for b in range(size)] for a in range(size)]
        model.misfit = numbers["misfits"][i]
    return one


KNOWN = {
    "gains": [0.5, 0.6, 0.7, 0.8],
    "losses": [0.02, 0.03, 0.04, 0.05],
    "drifts": [-0.1, -0.2, -0.3, -0.4],
    "lamps": [0.01, 0.02, 0.03, 0.04],
    "doubts": [0.0] * 4,
    "misfits": [9.0, 9.0, 1.0, 9.0],
}


def some_time(one: Learner) -> tuple[Sums, Sums]:
    """Ten minutes at half power and with the lamp on, 4 °C below the reference, long after everything went on."""
    went_by(one, 86_400.0, duty=0.5, reading_c=30.0, lamp=1.0)
    start = one.sums()
    went_by(one, 600.0, duty=0.5, reading_c=30.0, lamp=1.0)
    return start, one.sums()


def mean_c(i: int, *, gain: float = 1.0) -> float:
    gains, losses, drifts, lamps = KNOWN["gains"], KNOWN["losses"], KNOWN["drifts"], KNOWN["lamps"]
    return 10.0 * (gain * 0.5 * gains[i] + 4.0 * losses[i] + drifts[i] + lamps[i])


def test_the_model_that_is_surprised_least_is_believed_and_of_equal_ones_the_usual():
    assert told(**KNOWN).best == 2
    assert told(**KNOWN | {"misfits": [1.0] * 4}).best == 1
    assert told(**KNOWN | {"misfits": [1.0, 2.0, 2.0, 1.0]}).best == 0


def test_what_is_expected_is_what_the_model_says_and_its_doubt_twice_its_spread_and_what_no_model_knows():
    one = told(**KNOWN | {"doubts": [0.0, 0.0, 0.01, 0.0]})
    start, end = some_time(one)
    found = one.expect(start, end, least_c=-100.0)
    assert found is not None
    spread_c = 0.01 * (5.0**2 + 40.0**2 + 10.0**2 + 10.0**2) ** 0.5
    crude_c = 0.15 * 0.7 * 5.0 + 1.5 * 0.04 * 10.0
    assert found == (pytest.approx(mean_c(2)), pytest.approx(2.0 * spread_c + crude_c))


def test_of_the_models_that_explain_it_the_one_counts_that_expects_least():
    misfits = [1.0, 2.0, 2.01, 1.9]
    one = told(**KNOWN | {"misfits": misfits})
    start, end = some_time(one)
    found = one.expect(start, end, least_c=-100.0)
    least = [mean_c(i) - 0.15 * KNOWN["gains"][i] * 5.0 - 15.0 * KNOWN["losses"][i] for i in range(4)]
    assert found is not None
    assert found[0] - found[1] == pytest.approx(min(least[i] for i in (0, 1, 3)))
    assert one.expect(start, end, least_c=min(mean_c(i) for i in (0, 1, 3)) + 0.001) is None
    assert one.expect(start, end, least_c=min(mean_c(i) for i in (0, 1, 3)) - 0.001) is not None


def test_a_misfit_of_next_to_nothing_excludes_no_other_model():
    one = told(**KNOWN | {"misfits": [0.01, 0.19, 0.21, 0.21]})
    start, end = some_time(one)
    found = one.expect(start, end, least_c=-100.0)
    assert found is not None
    assert found[0] in (pytest.approx(mean_c(0)), pytest.approx(mean_c(1)))
    lone = told(**KNOWN | {"misfits": [0.01, 0.19, 0.21, 0.21], "gains": [0.5, 0.1, 0.0, 0.0]})
    assert lone.gain == (0.1, 0.5)


def test_the_strength_lies_within_twice_its_doubt_of_what_any_model_that_fits_says():
    one = told(**KNOWN | {"misfits": [2.0, 1.0, 2.1, 1.5], "doubts": [0.05, 0.1, 0.2, 0.03]})
    assert one.gain == (pytest.approx(0.4), pytest.approx(0.86))
    assert one.strength == 0.6


def test_what_comes_without_the_heater_and_what_it_brings():
    one = told(**KNOWN | {"doubts": [0.0, 0.0, 0.01, 0.0]})
    off_c, doubt_c, own_c = one.expect_off(*some_time(one))
    assert off_c == pytest.approx(mean_c(2, gain=0.0))
    assert doubt_c == pytest.approx(2.0 * 0.01 * (40.0**2 + 2 * 10.0**2) ** 0.5 + 1.5 * 0.04 * 10.0)
    assert own_c == pytest.approx(0.7 * 5.0)
    slow = told(**KNOWN | {"losses": [0.001] * 4})
    assert slow.expect_off(*some_time(slow))[1] == pytest.approx(1.5 * LOSS_GUESS * 10.0)


@pytest.mark.parametrize(("loss", "usual_c", "unsure_c"), [
    (0.01, 31.0, (1.5 * LOSS_GUESS - 0.01) * 10.0), (0.025, 31.0, 0.0), (0.03, 31.0, 0.0), (0.01, 29.0, 0.0),
])  # fmt: skip
def test_a_loss_that_was_learned_as_small_may_be_half_more_than_the_guess(loss: float, usual_c: float, unsure_c: float):
    one = told(**KNOWN | {"losses": [loss] * 4})
    assert one.unsure_of_loss(usual_c, *some_time(one)) == pytest.approx(unsure_c)


def test_only_what_surely_warms_counts_as_warming():
    one = told(**KNOWN | {"doubts": [0.0, 0.0, 0.01, 0.0]})
    assert one.warms("lamp") == pytest.approx(0.01)
    assert one.warms("fan") == 0.0
    assert told(**KNOWN | {"doubts": [0.1] * 4}).warms("lamp") == 0.0


def test_the_heat_lasts_for_three_lags_of_the_model_that_is_believed_once_it_is_known():
    one = told(**KNOWN)
    assert one.heat_lasts_s == pytest.approx(720.0)  # the slowest may be the right one
    one.learned_min = 120.0
    assert one.heat_lasts_s == pytest.approx(360.0)


def test_a_strength_that_is_doubted_is_learned_anew_and_one_of_another_place_is_forgotten():
    one = told(**KNOWN)
    one.doubt_strength()
    assert [model.doubt_of(0) for model in one.models] == [0.5] * 4
    assert one.strength == 0.7
    one.learned_min = one.full_min = 500.0
    one.begin_anew()
    assert (one.learned_min, one.full_min) == (0.0, 0.0)
    assert [model.snapshot() for model in one.models] == [model.snapshot() for model in learner().models]


def test_it_counts_how_long_it_learned_and_how_much_of_that_at_full_power():
    one = learner()
    start, end = some_time(one)
    one.learn(start, end, 0.5)
    one.learn(start, end, 0.5)
    assert (one.learned_min, one.full_min) == (pytest.approx(20.0), pytest.approx(10.0))


def test_what_is_known_is_told_in_peoples_terms_and_as_things_are_now():
    one = told(**KNOWN)
    went_by(one, 86_400.0, lamp=1.0)
    one.learned_min = 119.9
    assert one.learned is None
    one.learned_min = 120.0
    assert one.learned == Learned(
        gain_c_per_s=pytest.approx(0.7 / 60.0),
        dead_time_s=120.0,
        equilibrium_c=pytest.approx(34.0 + (0.7 - 0.3 + 0.03) / 0.04),
        room_c=pytest.approx(34.0 - 0.3 / 0.04),
        time_constant_s=pytest.approx(1500.0),
    )
    assert one.report() == {
        "learned_min": 120.0,
        "needed_min": 120.0,
        "gain_c_per_s": 0.011667,
        "dead_time_s": 120.0,
        "equilibrium_c": 44.8,
        "room_c": 26.5,
        "time_constant_s": 1500.0,
    }
    one.learned_min = 33.333
    assert one.report() == {"learned_min": 33.3, "needed_min": 120.0, **dict.fromkeys(Learned.__dataclass_fields__)}


def test_what_was_on_before_the_start_is_felt_through_each_lag_until_less_than_a_hundredth_is_left():
    """A model that is told of it keeps one number more."""
    one = learner(())
    for minutes in range(1, 20):
        start = one.sums()
        went_by(one, 60.0)
        one.learn(start, one.sums(), 0.0)
        sizes = [4 if lag_min * exp(-minutes / lag_min) * (exp(1.0 / lag_min) - 1.0) > 0.01 else 3
                 for lag_min in (0.5, 1.0, 2.0, 4.0)]  # fmt: skip
        assert [len(model.state) for model in one.models] == sizes


def test_a_snapshot_says_what_it_is_of():
    one = told(**KNOWN)
    assert one.snapshot() == {
        "reference_c": 34.0,
        "dead_time_s": 60.0,
        "others": ["lamp"],
        "learned_min": 0.0,
        "models": [model.snapshot() for model in one.models],
        "coldest": [[]] * len(LAGS),
    }
    few = one.snapshot() | {"models": one.snapshot()["models"][:3]}
    assert not learner().restore(few)
    without = one.snapshot()
    del without["learned_min"]
    assert not learner().restore(without)
