"""The estimate of one model, held against the equations of its filter written out once more."""

import json
from math import sqrt
from random import Random

import pytest

from alimante.safety.heat_model import DRIFT, GAIN, LOSS, Guess, HeatModel

GUESS = Guess(rate=1.2, noise_c=0.03, others=1)
LOSS_PER_MIN = 1.2 / 2.0 / 30.0
SPREAD = [1.2, 1.5 * LOSS_PER_MIN, 15.0 * LOSS_PER_MIN, 1.2]


class Filter:
    """A Kalman filter whose state walks at random (D. Simon, Optimal State Estimation, 2006, chapter 5).

    What is not in the book: noise grows with the misfit; a surprise beyond three standard deviations moves the
    estimate no farther than one of three; and after three in one direction what may have changed is doubted.
    """

    def __init__(self, *, left: bool = True) -> None:
        self.x = [0.6, LOSS_PER_MIN, -10.0 * LOSS_PER_MIN, 0.0, *([0.3] if left else [])]
        spread = [*SPREAD, *([0.6] if left else [])]
        self.p = [[spread[i] ** 2 * (i == j) for j in range(len(spread))] for i in range(len(spread))]
        self.misfit, self.row, self.doubted = 1.0, 0, 0
        self.rows: list[int] = []

    def learn(self, features: list[float], change_c: float, minutes: float) -> None:
        kept = range(len(features))
        self.x = [self.x[i] for i in kept]
        self.p = [[self.p[i][j] for j in kept] for i in kept]
        for i in range(4):
            walk, most = (LOSS_PER_MIN / sqrt(60.0), 5.0 * LOSS_PER_MIN) if i == 2 else (
                0.1 * SPREAD[i] / sqrt(1440.0), SPREAD[i],
            )  # fmt: skip
            if self.p[i][i] < most**2:
                self.p[i][i] += walk**2 * minutes
        own_c = self.x[0] * features[0] + (self.x[4] * features[4] if len(features) > 4 else 0.0)
        noise = 2.0 * 0.03**2 + (0.1 * own_c) ** 2 + (0.3 * LOSS_PER_MIN * minutes) ** 2
        surprise = change_c - self.mean(features)
        self.misfit += 0.02 * (min(surprise**2 / (self.variance(features) + noise), 50.0) - self.misfit)
        noise *= max(self.misfit, 1.0)
        sign = 1 if surprise > 0 else -1
        if abs(surprise) > 3.0 * sqrt(self.variance(features) + noise):
            self.row += sign
            self.row = sign if self.row * sign < 0 else self.row
        else:
            self.row = 0
        self.rows.append(self.row)
        if abs(self.row) >= 3:
            self.doubted += 1
            self.p[2][2] = max(self.p[2][2], min(abs(surprise) / minutes, 0.6) ** 2)
            if features[0] > 0.25 * minutes:
                self.p[0][0] = max(self.p[0][0], min(abs(surprise) / features[0], 0.6) ** 2)
        total = self.variance(features) + noise
        total *= max(abs(surprise) / (3.0 * sqrt(total)), 1.0)
        along = [sum(p * f for p, f in zip(row, features, strict=True)) for row in self.p]
        self.x = [x + k * surprise / total for x, k in zip(self.x, along, strict=True)]
        self.p = [[self.p[i][j] - along[i] * along[j] / total for j in kept] for i in kept]
        self.x[0], self.x[1] = max(self.x[0], 0.0), max(self.x[1], LOSS_PER_MIN / 20.0)

    def mean(self, features: list[float]) -> float:
        return sum(x * f for x, f in zip(self.x, features, strict=False))

    def variance(self, features: list[float]) -> float:
        return sum(f * g * self.p[i][j] for i, f in enumerate(features) for j, g in enumerate(features))


AT_ONCE = {15: 1.0, 16: 2.0, 17: -1.5, 18: -2.0, 19: -3.0, 32: 1.0, 33: -1.5, 34: -2.0, 35: -2.5, 36: -3.0, 52: 0.6}
"""Surprises by the number of the step, in °C per minute: two in one direction and then three, and one and then four."""


def course(seed: int, *, steps: int = 80) -> list[tuple[list[float], float, float]]:
    """What a heater, a lamp and a room did in spans of different lengths; the room, and then the heater, changes."""
    random, found = Random(seed), []
    for at in range(steps):
        minutes = random.choice([1.0, 1.5, 4.0])
        on_min, lamp_min = minutes * random.choice([0.0, 0.2, 0.3, 1.0]), minutes * (at % 20 < 8)
        above_c = random.uniform(2.0, 12.0)
        gain, room = (0.9 if at < 60 else 0.2), (-0.2 if at < 25 else 0.8 if at < 45 else -0.9)
        change_c = gain * on_min + room * minutes + 0.02 * above_c * minutes + 0.1 * lamp_min
        features = [on_min, above_c * minutes, minutes, lamp_min]
        left_min = [0.8**at * minutes] if at < 10 else []
        noise_c = random.gauss(0.0, 0.05) + random.uniform(0.7, 1.3) * minutes * AT_ONCE.get(at, 0.0)
        found.append(([*features, *left_min], change_c + noise_c, minutes))
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_learns_as_the_equations_say(seed: int):
    model, known = HeatModel(GUESS), Filter()
    for features, change_c, minutes in course(seed):
        model.learn(features, change_c, minutes)
        known.learn(features, change_c, minutes)
        assert model.state == pytest.approx(known.x, rel=1e-9, abs=1e-12)
        assert [number for row in model.cov for number in row] == pytest.approx(
            [number for row in known.p for number in row], rel=1e-9, abs=1e-12
        )
        assert model.misfit == pytest.approx(known.misfit, rel=1e-9)
        mean_c, sigma_c = model.expect(features)
        assert mean_c == model.mean(features) == pytest.approx(known.mean(features))
        assert sigma_c == pytest.approx(sqrt(known.variance(features)))
        assert [model.doubt_of(i) for i in range(4)] == pytest.approx([sqrt(known.p[i][i]) for i in range(4)])
    assert known.doubted > 1
    assert {1, 2, 3, -1, -2, -3} <= set(known.rows)
    assert known.misfit > 1.0


@pytest.mark.parametrize("on_min", [0.0, 1.0, 1.1])
def test_after_three_surprises_so_much_is_doubted_as_they_were_and_the_strength_only_where_it_was_on(on_min: float):
    """For more than a quarter of the time."""
    model, known = HeatModel(GUESS), Filter()
    model.cov = [[0.0] * 5 for _ in range(5)]
    known.p = [[0.0] * 5 for _ in range(5)]
    features = [on_min, 0.0, 4.0, 0.0]
    for _ in range(3):
        change_c = model.mean(features) + 1.6
        model.learn(features, change_c, 4.0)
        known.learn(features, change_c, 4.0)
    assert known.doubted == 1
    assert [number for row in model.cov for number in row] == pytest.approx(
        [number for row in known.p for number in row]
    )
    assert (model.doubt_of(GAIN) > 0.1) is (on_min > 1.0)


def test_a_strength_is_never_below_nothing_and_a_loss_never_none():
    model = HeatModel(GUESS)
    for _ in range(200):
        model.learn([1.0, -5.0, 1.0, 0.0], -1.0, 1.0)
    assert model.state[GAIN] == 0.0
    for _ in range(200):
        model.learn([0.0, -5.0, 1.0, 0.0], 1.0, 1.0)
        model.learn([0.0, -1.0, 1.0, 0.0], -1.0, 1.0)
    assert model.state[LOSS] == LOSS_PER_MIN / 20.0


def test_what_is_long_known_is_never_quite_sure():
    """Rooms get warmer within hours; heaters, walls and bulbs change within weeks."""
    model = HeatModel(GUESS)
    for number in range(4):
        model.cov[number] = [0.0] * 5
    for _ in range(60):
        model.learn([0.0] * 4, 0.0, 1.0)
    assert model.doubt_of(DRIFT) == pytest.approx(LOSS_PER_MIN)
    for number in (GAIN, LOSS, 3):
        assert model.doubt_of(number) == pytest.approx(0.1 * SPREAD[number] / sqrt(24.0))
    for _ in range(60):
        model.learn([0.0] * 4, 0.0, 1440.0)
    assert model.doubt_of(DRIFT) < 5.0 * LOSS_PER_MIN * 6.0
    before = [model.doubt_of(number) for number in range(4)]
    for _ in range(500):
        model.learn([0.0] * 4, 0.0, 1440.0)
    assert model.doubt_of(DRIFT) == before[DRIFT]
    assert [model.doubt_of(number) for number in (GAIN, LOSS, 3)] == pytest.approx(
        [SPREAD[0], SPREAD[1], SPREAD[3]], rel=0.01
    )


def test_a_number_that_is_doubted_anew_is_learned_from_where_it_is():
    model = HeatModel(GUESS)
    for features, change_c, minutes in course(1)[:50]:
        model.learn(features, change_c, minutes)
    state, rest = list(model.state), model.doubt_of(LOSS)
    model.doubt_anew(GAIN)
    assert model.state == state
    assert model.doubt_of(GAIN) == pytest.approx(0.6)
    assert model.doubt_of(LOSS) == rest
    model.doubt_anew(GAIN)
    assert model.doubt_of(GAIN) == pytest.approx(0.6)
    fresh = HeatModel(GUESS)
    fresh.doubt_anew(GAIN)
    assert fresh.doubt_of(GAIN) == pytest.approx(1.2)


def test_what_is_expected_without_what_is_left_leaves_it_out():
    model = HeatModel(GUESS)
    assert model.mean([1.0, 0.0, 0.0, 0.0]) == pytest.approx(0.6)
    assert model.mean([1.0, 0.0, 0.0, 0.0, 1.0]) == pytest.approx(0.9)


def test_doubt_is_none_where_rounding_made_a_spread_negative():
    model = HeatModel(GUESS)
    model.cov[GAIN][GAIN] = -1e-18
    assert model.doubt_of(GAIN) == 0.0
    assert model.expect([1.0, 0.0, 0.0, 0.0]) == (pytest.approx(0.6), 0.0)


def kept() -> dict:
    model = HeatModel(GUESS)
    for features, change_c, minutes in course(2):
        model.learn(features, change_c, minutes)
    return json.loads(json.dumps(model.snapshot()))


def test_a_snapshot_holds_all_but_what_is_left_of_the_heat_of_now():
    model, saved = HeatModel(GUESS), kept()
    model.restore(saved)
    assert json.loads(json.dumps(model.snapshot())) == saved
    assert (len(saved["state"]), [len(row) for row in saved["cov"]]) == (4, [4] * 4)
    assert model.state[4] == pytest.approx(0.3)
    assert model.cov[4] == [0.0] * 4 + [pytest.approx(0.36)]
    assert [row[4] for row in model.cov] == model.cov[4]
    fresh = HeatModel(GUESS)
    assert fresh.snapshot() == {"state": fresh.state[:4], "cov": [row[:4] for row in fresh.cov[:4]], "misfit": 1.0}


@pytest.mark.parametrize(
    "change",
    [
        {"state": [1.0] * 3},
        {"state": [1.0, 2.0, 3.0, float("nan")]},
        {"state": "none"},
        {"state": None},
        {"cov": [[1.0] * 4] * 3},
        {"cov": [[1.0] * 3] * 4},
        {"cov": [[1.0] * 4, [1.0] * 4, [1.0] * 4, [1.0, 1.0, 1.0, -1e-9]]},
        {"misfit": float("inf")},
        {"misfit": None},
    ],
    ids=str,
)
def test_a_snapshot_of_another_shape_or_without_numbers_is_refused_and_changes_nothing(change):
    model = HeatModel(GUESS)
    before = model.snapshot()
    with pytest.raises(ValueError, match=r".+"):
        model.restore(kept() | change)
    assert model.snapshot() == before


@pytest.mark.parametrize("key", ["state", "cov", "misfit"])
def test_a_snapshot_that_lacks_something_is_refused(key: str):
    saved = kept()
    del saved[key]
    with pytest.raises(ValueError, match="no model of 4 numbers"):
        HeatModel(GUESS).restore(saved)


def test_a_spread_of_nothing_is_a_spread():
    model = HeatModel(GUESS)
    model.restore(kept() | {"cov": [[0.0] * 4] * 4})
    assert model.doubt_of(GAIN) == 0.0
