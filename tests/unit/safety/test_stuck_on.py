"""Heat while the heater is off: whose it is, judged by what is true in the simulated enclosure."""

import pytest

from alimante.safety.findings import Finding, Kind
from alimante.safety.seen import Seen
from tests.unit.safety.heating import Bench, good

DAYLIGHT_S = 1500.0


def experiment(*, is_welded: bool, sun_w: float = 0.0, fan_at_s: float | None = None) -> list[Finding]:
    """A heater with a safety relay that is off for good after six hours; what is found of it from then on."""
    bench = Bench(every_s=5.0).run(6 * 3600.0)
    while not bench.control.is_on:
        bench.step()
    if is_welded:
        bench.plant.loads["heater"].stuck = 1.0
    bench.plant.add_load("sun", role="heater", zone="warm")
    sun = bench.plant.loads["sun"]
    sun.power = sun_w / sun.settings.heat_w
    while bench.control.is_on:
        bench.step()
    bench.plant.act("sun", 1.0 if sun_w else 0.0)
    found: list[Finding] = []
    has_power, begun_s = True, bench.now_s
    while bench.now_s < begun_s + DAYLIGHT_S:
        bench.now_s += bench.every_s
        reading_c = bench.read()
        assert reading_c is not None
        others = {} if fan_at_s is None else {"fan": float(bench.now_s - begun_s > fan_at_s)}
        seen = Seen(
            duty=0.0, belief=good(reading_c, at_s=bench.now_s), others=others, has_power=has_power, has_cutoff=True
        )
        for finding in bench.watch.look(bench.now_s, seen):
            if finding not in found:
                found.append(finding)
            if finding.is_trip and has_power:
                has_power = False
                if is_welded:
                    bench.plant.loads["heater"].stuck = 0.0
    return found


def test_a_rise_that_ends_with_the_power_is_a_welded_relay_for_a_person():
    first, last = experiment(is_welded=True)
    assert (first.kind, first.is_trip, first.is_for_person, first.counts) == (Kind.STUCK_ON, True, False, False)
    assert (last.kind, last.is_trip, last.is_for_person) == (Kind.STUCK_ON, True, True)


@pytest.mark.parametrize("sun_w", [55.0, 80.0])
def test_a_rise_that_goes_on_without_the_power_was_none_of_the_heater(sun_w: float):
    (only,) = experiment(is_welded=False, sun_w=sun_w)
    assert (only.kind, only.is_for_person, only.counts) == (Kind.STUCK_ON, False, False)


def test_a_rise_that_is_too_small_for_this_heater_is_not_even_suspected():
    assert experiment(is_welded=False, sun_w=22.0) == []


def test_without_a_safety_relay_it_is_told_and_trips_nothing_until_it_is_seen_to_cool():
    bench = Bench(target=lambda now_s: 10.0)
    bench.plant.loads["heater"].stuck = 1.0
    bench.run(430.0)
    (found,) = [finding for _, finding in bench.found]
    assert (found.kind, found.is_trip) == (Kind.STUCK_ON, False)
    bench.plant.loads["heater"].stuck = None
    bench.run(900.0)
    assert bench.step() == []


def test_a_cooler_that_ran_just_now_leaves_nothing_to_suspect():
    bench = Bench(target=lambda now_s: 10.0)
    bench.plant.loads["heater"].stuck = 1.0
    look = bench.watch.look

    def cooled(now_s: float, seen: Seen) -> list[Finding]:
        seen.is_cooled = now_s < 60.0
        return look(now_s, seen)

    bench.watch.look = cooled  # type: ignore[method-assign]
    assert bench.run(900.0).found == []
