"""What the watch over a heater finds, judged by what is true in the simulated enclosure."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alimante.config.verify import LimitKeys, VerifyKeys
from alimante.core.events import Level
from alimante.policy.belief import unknown
from alimante.safety.findings import Kind
from alimante.safety.verification import Seen, Verification
from tests.unit.safety.heating import BangBang, Bench, Proportioned, good

HARM_C = 38.0
BOUND_S = 60.0 + 120.0 + 5.0
"""Dead time, half of the 240 s to harm, and a poll."""

HOURS_6 = 6 * 3600.0
CONTROLS: dict[str, Callable[[], Callable[[float, float, float], float]]] = {
    "thermostat": BangBang,
    "duty": Proportioned,
    "dimmer": lambda: Proportioned(cycle_s=0.0),
}


def settled(**keys: object) -> Bench:
    """A heater that has held 30 °C for six hours."""
    return Bench(**keys).run(HOURS_6)


def until_on(bench: Bench) -> float:
    """Go on until the heater goes on; returns when that was."""
    while bench.plant.loads["heater"].commanded > 0.0:
        bench.step()
    while bench.plant.loads["heater"].commanded == 0.0:
        bench.step()
    return bench.now_s


def kinds(bench: Bench) -> list[Kind]:
    return [finding.kind for _, finding in bench.found]


def steady(**seen: object) -> Seen:
    return Seen(**{"duty": 0.0, "belief": good(30.0, at_s=0.0), **seen})


# (a) Gain.


def test_f016_stuck_in_band_is_caught_by_the_gain_check():
    bench = settled()
    on_s = until_on(bench)
    bench.sensor = lambda now_s, reading_c: 29.9
    bench.run(6 * 3600.0)
    assert bench.off_s is not None
    assert bench.off_s - on_s <= BOUND_S
    assert kinds(bench) == [Kind.NO_RESPONSE]
    assert bench.highest_c < 34.0


def test_f016_stuck_while_it_warms_is_caught_as_fast():
    bench = settled()
    until_on(bench)
    bench.run(120.0)
    stuck_s = bench.now_s
    bench.sensor = lambda now_s, reading_c: 30.0
    bench.run(3600.0)
    assert bench.off_s is not None
    assert bench.off_s - stuck_s <= BOUND_S
    assert bench.highest_c < 34.0


@pytest.mark.parametrize("control", CONTROLS)
def test_f017_stuck_below_target_is_caught_by_the_gain_check(control: str):
    bench = settled(control=CONTROLS[control]())
    stuck_s = until_on(bench) if control != "dimmer" else bench.now_s
    bench.sensor = lambda now_s, reading_c: 28.0
    bench.run(6 * 3600.0)
    assert bench.off_s is not None
    assert bench.off_s - stuck_s <= BOUND_S + (30.0 if control == "dimmer" else 0.0)  # it begins at a part of its power
    assert bench.highest_c < 34.0


@pytest.mark.parametrize("stuck_c", [29.9375, 29.5])
@pytest.mark.parametrize("control", ["duty", "dimmer"])
def test_a_sensor_stuck_so_near_its_target_that_the_power_only_creeps_up_is_caught(control: str, stuck_c: float):
    bench = settled(control=CONTROLS[control](), every_s=10.0)
    bench.sensor = lambda now_s, reading_c: stuck_c
    bench.run(6 * 3600.0)
    assert bench.off_s is not None
    assert bench.highest_c < 34.0


def test_without_the_check_power_that_creeps_up_does_harm():
    bench = settled(control=CONTROLS["duty"](), every_s=10.0, is_watched=False)
    bench.sensor = lambda now_s, reading_c: 29.9375
    assert bench.run(86400.0).highest_c > HARM_C + 5.0


@pytest.mark.parametrize("control", CONTROLS)
def test_without_the_check_a_stuck_sensor_does_harm(control: str):
    bench = settled(control=CONTROLS[control](), is_watched=False)
    bench.sensor = lambda now_s, reading_c: 28.0
    bench.run(6 * 3600.0)
    assert bench.highest_c > HARM_C + 10.0


@pytest.mark.parametrize("control", CONTROLS)
def test_a_probe_that_falls_out_is_caught_when_it_has_fallen(control: str):
    """While it falls it may be cold that comes in; the upper bound of the temperature stands before harm meanwhile."""
    bench = settled(control=CONTROLS[control]())
    fell_s, fell_c = bench.now_s, bench.truth_c
    bench.sensor = lambda now_s, reading_c: 21.0 + (fell_c - 21.0) * 0.5 ** ((now_s - fell_s) / 90.0)
    bench.run(3600.0)
    assert bench.off_s is not None
    assert kinds(bench)[0] in {Kind.NOT_HEATING, Kind.NO_RESPONSE}
    assert bench.highest_c < HARM_C - 1.0


def test_a_probe_that_lies_on_the_desk_from_the_first_start_is_caught():
    bench = Bench(sensor=lambda now_s, reading_c: 21.0).run(3600.0)
    assert bench.off_s is not None
    assert bench.off_s <= BOUND_S
    assert bench.highest_c < 26.0


def test_the_retry_finds_it_again_within_the_same_time():
    bench = settled()
    bench.sensor = lambda now_s, reading_c: 28.0
    bench.run(1800.0)
    assert bench.off_s is not None
    bench.run(900.0)
    bench.watch.retry(bench.now_s)
    bench.off_s, bench.found = None, []
    again_s = bench.now_s
    bench.run(1800.0)
    assert bench.off_s is not None
    assert bench.off_s - again_s <= BOUND_S + 5.0
    assert bench.highest_c < 34.0


def test_after_a_repair_the_retry_finds_nothing():
    bench = settled()
    bench.sensor = lambda now_s, reading_c: 28.0
    bench.run(1800.0)
    bench.sensor = lambda now_s, reading_c: reading_c
    bench.run(900.0)
    bench.watch.retry(bench.now_s)
    bench.off_s, bench.found = None, []
    bench.run(HOURS_6)
    assert bench.found == []


def test_a_trip_is_told_until_the_retry():
    bench = Bench(sensor=lambda now_s, reading_c: 21.0).run(1800.0)
    assert [finding.is_trip for finding in bench.step()] == [True]
    bench.watch.retry(bench.now_s)
    assert bench.step() == []


def test_what_is_said_to_be_too_weak_for_harm_only_warns():
    weak = VerifyKeys(equilibrium_c=28.0)
    bench = Bench(verify=weak, heat_w=8.0, sensor=lambda now_s, reading_c: 21.0).run(3600.0)
    assert bench.off_s is None
    assert {finding.level for _, finding in bench.found} == {Level.WARNING}
    assert not any(finding.is_trip for _, finding in bench.found)


def test_a_restart_goes_on_with_what_was_learned():
    bench = settled()
    kept = json.loads(json.dumps(bench.watch.snapshot()))
    bench.watch = Verification("heater", verify=bench.verify, limit=bench.limit)
    bench.watch.restore(kept)
    assert bench.watch.learned is not None
    on_s = until_on(bench)
    bench.sensor = lambda now_s, reading_c: 29.9
    bench.run(1800.0)
    assert bench.off_s is not None
    assert bench.off_s - on_s <= BOUND_S


def test_what_is_switched_off_finds_nothing():
    bench = Bench(verify=VerifyKeys(enabled=False), sensor=lambda now_s, reading_c: 21.0).run(3600.0)
    assert bench.found == []


@settings(max_examples=12, deadline=None)
@given(
    stuck_c=st.floats(10.0, 29.4),
    capacity_j_per_k=st.floats(1000.0, 6000.0),
    room_c=st.floats(10.0, 28.0),
    every_s=st.sampled_from([1.0, 2.0, 5.0]),
)
def test_whatever_a_sensor_shows_that_never_moves_the_heater_is_off_in_time(
    stuck_c: float, capacity_j_per_k: float, room_c: float, every_s: float
):
    rate = 60.0 * 60.0 / capacity_j_per_k
    limit = LimitKeys(max_c=34.0, max_rate_c_per_min=rate)
    bench = Bench(
        capacity_j_per_k=capacity_j_per_k,
        room_c=room_c,
        every_s=every_s,
        limit=limit,
        sensor=lambda now_s, reading_c: stuck_c,
    )
    bench.run(60.0 + bench.watch.window_s * 1.05 + 2.0 * every_s)
    assert bench.off_s is not None
    assert bench.run(900.0).highest_c < HARM_C


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("room_c", [10.0, 21.0, 28.0])
def test_a_start_in_the_middle_of_a_steady_state_finds_nothing(control: str, room_c: float):
    bench = settled(control=CONTROLS[control](), room_c=room_c, every_s=10.0)
    bench.watch = Verification("heater", verify=bench.verify, limit=bench.limit)
    assert bench.run(HOURS_6 / 2.0).found == []


# (b) Hold.


@pytest.mark.parametrize("control", CONTROLS)
def test_f058_a_burnt_out_heater_is_named_within_half_an_hour(control: str):
    bench = settled(control=CONTROLS[control]())
    bench.plant.loads["heater"].stuck = 0.0
    out_s = bench.now_s
    bench.run(3600.0)
    at_s, finding = bench.found[0]
    assert (finding.kind, finding.level) == (Kind.NOT_HEATING, Level.CRITICAL)
    assert at_s - out_s <= 1800.0


def test_a_target_that_is_never_reached_is_named():
    watch = Verification("heater", verify=VerifyKeys(), limit=LimitKeys(max_c=34.0))
    for now_s in range(0, 3600, 5):
        found = watch.look(
            float(now_s),
            steady(duty=0.2, belief=good(25.0, at_s=float(now_s)), target_c=30.0),
        )
        if Kind.NOT_HEATING in [finding.kind for finding in found]:
            break
    assert 1800.0 / 3.5 < now_s < 1800.0


# (d) Stuck on.


def test_f057_a_welded_relay_is_named_within_seven_minutes_of_off():
    bench = settled()
    until_on(bench)
    bench.plant.loads["heater"].stuck = 1.0
    while bench.control.is_on:
        bench.step()
    off_s = bench.now_s
    bench.run(600.0)
    assert [(finding.kind, at_s - off_s <= 420.0) for at_s, finding in bench.found] == [(Kind.STUCK_ON, True)]


def test_f061_a_relay_that_is_on_when_off_is_named():
    bench = Bench(target=lambda now_s: 10.0)
    bench.plant.loads["heater"].stuck = 1.0
    bench.run(420.0)
    assert kinds(bench) == [Kind.STUCK_ON]


def test_f061_a_relay_wired_the_wrong_way_round_ends_below_harm_and_is_named():
    bench = Bench()
    act = bench.plant.act
    bench.plant.act = lambda load, fraction: act(load, 1.0 - fraction)
    bench.run(BOUND_S + 420.0)
    assert kinds(bench) == [Kind.NO_RESPONSE, Kind.STUCK_ON]
    assert bench.highest_c < HARM_C


def test_a_lamp_that_warms_is_no_stuck_heater():
    bench = Bench(roles={"lamp": "light"}, others=lambda now_s: {"lamp": 1.0}, target=lambda now_s: 10.0)
    assert bench.run(3600.0).found == []
    assert bench.truth_c > 23.0


def test_a_room_that_gets_hot_is_no_stuck_heater():
    bench = Bench(room_c=27.0, swing_c=8.0, target=lambda now_s: 22.0).run(2 * 86400.0)
    assert bench.found == []
    assert bench.highest_c > 33.0


def test_a_heater_that_takes_power_when_off_is_named_within_five_seconds():
    watch = Verification("heater", verify=VerifyKeys(), limit=LimitKeys(max_c=34.0))
    watch.look(0.0, steady(duty=1.0, power_w=60.0))
    found = {at_s: watch.look(float(at_s), steady(power_w=60.0)) for at_s in range(1, 6)}
    assert next(at_s for at_s, each in found.items() if each) <= 5
    assert found[5][0].text == "heater is off, and it takes 60.0 W"


def test_what_the_power_meter_shows_of_nothing_is_nothing():
    watch = Verification("heater", verify=VerifyKeys(), limit=LimitKeys(max_c=34.0))
    assert [watch.look(float(at_s), steady(power_w=2.0)) for at_s in range(60)] == [[]] * 60


# F032.


def warmed(own_c: float, other_c: float, *, heat_elsewhere: bool = False) -> list[Kind]:
    """What is found when the heater warms its own sensor and another zone's by so much within four minutes."""
    watch = Verification("heater", verify=VerifyKeys(), limit=LimitKeys(max_c=34.0))
    found = []
    for now_s in range(0, 245, 5):
        share = now_s / 240.0
        found = watch.look(
            float(now_s),
            Seen(
                duty=1.0,
                belief=good(22.0 + own_c * share, at_s=float(now_s)),
                elsewhere={"cool.temperature": 22.0 + other_c * share},
                heat_elsewhere=heat_elsewhere,
            ),
        )
    return [finding.kind for finding in found]


def test_f032_swapped_probes_are_named():
    assert Kind.SWAPPED in warmed(0.0, 4.0)
    assert Kind.SWAPPED in warmed(1.5, 4.0)


def test_probes_in_their_places_are_not_called_swapped():
    assert warmed(4.0, 1.0) == []
    assert warmed(4.0, 4.5) == []
    assert Kind.SWAPPED not in warmed(1.5, 4.0, heat_elsewhere=True)


# Evidence.


def test_a_reading_that_is_lost_is_no_evidence():
    watch = Verification("heater", verify=VerifyKeys(), limit=LimitKeys(max_c=34.0))
    for now_s in range(0, 3600, 5):
        lost = now_s % 100 == 0
        belief = unknown("lost") if lost else good(22.0, at_s=float(now_s))
        assert watch.look(float(now_s), steady(duty=1.0, belief=belief)) == []


def test_a_pause_of_the_supervisor_is_no_evidence():
    watch = Verification("heater", verify=VerifyKeys(), limit=LimitKeys(max_c=34.0))
    for at in range(100):
        now_s = at * 5.0 + at // 20 * 600.0
        assert watch.look(now_s, steady(duty=1.0, belief=good(22.0, at_s=now_s))) == []


@pytest.mark.parametrize("kept", [{}, {"learner": None}, {"learner": {}}, {"learner": {"models": [1]}}])
def test_a_snapshot_that_makes_no_sense_is_left_alone(kept):
    watch = Verification("heater", verify=VerifyKeys(), limit=LimitKeys(max_c=34.0))
    watch.restore(kept)
    assert watch.learned is None
    assert watch.look(0.0, steady()) == []
