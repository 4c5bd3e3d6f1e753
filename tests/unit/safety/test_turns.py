"""A heater is seen by how the reading turns with it, whatever becomes of its place; one that does not turn is found."""

from collections.abc import Callable
from math import exp
from random import Random

import pytest

from alimante.safety.findings import Kind
from alimante.safety.learning import FASTEST
from alimante.safety.trace import Entry
from alimante.safety.turns import shown
from tests.unit.safety.test_verification import CONTROLS, HARM_C, settled

STRENGTH = 0.8
PULSES = (0.0, 1.0, 0.0, 1.0)
"""Shares of full power in the four quarters of what is looked at."""


def entries(
    reading_c: Callable[[float], float],
    *,
    duties: tuple[float, ...] = PULSES,
    span_s: float = 300.0,
    every_s: float = 5.0,
) -> list[Entry]:
    """Readings of a place by `reading_c` and a heater of `STRENGTH` whose heat comes with a lag of one minute."""
    random, found, felt, full_min, own_c = Random(1), [], 0.0, 0.0, 0.0
    count = int(span_s / every_s)
    for number in range(count):
        at_s = number * every_s
        felt += (duties[len(duties) * number // count] - felt) * (1.0 - exp(-every_s / 60.0))
        full_min += felt * every_s / 60.0
        own_c = STRENGTH * full_min
        read_c = round((reading_c(at_s) + own_c + random.gauss(0.0, 0.02)) / 0.0625) * 0.0625
        found.append(Entry(at_s, read_c, read_c, 0.0, (at_s / 60.0, 0.0, full_min, full_min, full_min, full_min), {}))
    return found


@pytest.mark.parametrize("fall_c_per_min", [0.0, -0.2, -0.5, 0.3])
@pytest.mark.parametrize("every_s", [5.0, 15.0])
def test_the_heater_shows_in_a_place_that_gets_warmer_or_colder(fall_c_per_min: float, every_s: float):
    found = shown(entries(lambda at_s: 30.0 + fall_c_per_min * at_s / 60.0, every_s=every_s), heat=FASTEST)
    assert found == pytest.approx(STRENGTH, rel=0.3)


@pytest.mark.parametrize("lag_s", [120.0, 600.0, 1800.0])
def test_nothing_shows_in_a_reading_that_slows_down_as_it_falls(lag_s: float):
    fallen = [
        Entry(one.at_s, read_c, read_c, 0.0, one.sums, {})
        for one in entries(lambda at_s: 0.0)
        for read_c in [21.0 + 9.0 * exp(-(one.at_s + 300.0) / lag_s)]
    ]
    assert shown(fallen, heat=FASTEST) < 0.6 * STRENGTH


def test_nothing_shows_where_the_heat_did_not_turn_or_was_not_looked_at_often_enough():
    assert shown(entries(lambda at_s: 30.0, duties=(1.0,)), heat=FASTEST) == 0.0
    assert shown(entries(lambda at_s: 30.0, duties=(0.0, 1.0)), heat=FASTEST) == 0.0
    assert shown(entries(lambda at_s: 30.0, every_s=40.0), heat=FASTEST) == 0.0
    assert shown([], heat=FASTEST) == 0.0


def test_nothing_shows_in_a_reading_that_stands_still():
    still = [Entry(one.at_s, 30.0, 30.0, 0.0, one.sums, {}) for one in entries(lambda at_s: 30.0)]
    assert shown(still, heat=FASTEST) == 0.0


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize(
    ("w_per_m2", "minutes", "keys"),
    [
        (150.0, 70, {}),
        (250.0, 60, {}),
        (310.0, 40, {}),
        (310.0, 40, {"room_c": 15.0}),
        (450.0, 30, {}),
        (450.0, 30, {"heat_w": 35.0}),
    ],
)
def test_sun_that_has_gone_is_no_heater_that_does_not_respond(
    control: str, w_per_m2: float, minutes: int, keys: dict[str, float]
):
    bench = settled(control=CONTROLS[control](), **keys)
    for _ in range(2):
        end = bench.plant.shine(w_per_m2, "warm")
        bench.run(minutes * 60.0)
        end()
        bench.run(5400.0)
    assert {finding.kind for _, finding in bench.found} <= {Kind.STUCK_ON}, "only a safety relay can tell it from sun"
    assert not any(finding.is_trip for _, finding in bench.found)


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("after_s", [300.0, 1500.0])
def test_a_sensor_that_gets_stuck_when_the_sun_has_gone_is_found(control: str, after_s: float):
    bench = settled(control=CONTROLS[control]())
    end = bench.plant.shine(310.0, "warm")
    bench.run(2400.0)
    end()
    bench.run(after_s)
    stuck_c = 29.5
    bench.sensor = lambda now_s, reading_c: stuck_c
    bench.run(3 * 3600.0)
    assert bench.off_s is not None
    assert Kind.NO_RESPONSE in [finding.kind for _, finding in bench.found]
    assert bench.highest_c < HARM_C - 1.0
