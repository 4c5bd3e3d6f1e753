"""The text form of faults in a simulation, and how chance draws them."""

import contextlib
from itertools import pairwise
from math import inf
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alimante.simulation.chaos import draw, everything
from alimante.simulation.faults import AROUND, OF_WIRES, parse
from hardware.sim.faults import BadFault

DEVICES = {"warm_probe": "sensor", "air": "sensor", "heater": "actuator", "onewire": "wire"}


def test_a_fault_of_a_device_is_for_its_wire():
    fault = parse("air.humidity=stuck@1h+10m", DEVICES)
    assert fault.device is not None
    assert (fault.target, fault.kind, fault.at_s, fault.ends_s) == ("air", "stuck", 3600.0, 4200.0)
    assert fault.device.quantity == "humidity"


@pytest.mark.parametrize(
    ("text", "argument", "for_s"),
    [
        ("broker=down@5m+10s", inf, 10.0),
        ("broker=down@5m", inf, inf),
        ("clock=step(-2h)@5m", -7200.0, 0.0),
        ("clock=step(30s)@5m", 30.0, 0.0),
        ("disk=slow@5m+1m", 20.0, 60.0),
        ("disk=slow(5s)@5m+1m", 5.0, 60.0),
        ("process=restart@5m", inf, 0.0),
        ("process=crash@5m", inf, 0.0),
        ("process=leak@5m+1h", 1.0, 3600.0),
        ("process=leak(2.5)@5m+1h", 2.5, 3600.0),
        ("clock=drift(-5%)@5m+1h", -0.05, 3600.0),
        ("computer=off@5m+10m", inf, 600.0),
        ("onewire=dead@5m+10m", inf, 600.0),
        ("onewire=flaky@5m+10m", 0.5, 600.0),
        ("onewire=flaky(0.2)@5m+10m", 0.2, 600.0),
    ],
)
def test_a_fault_around_the_devices_has_its_own_argument(text: str, argument: float, for_s: float):
    fault = parse(text, DEVICES)
    assert (fault.device, fault.at_s, fault.argument, fault.for_s) == (None, 300.0, argument, for_s)


@pytest.mark.parametrize(
    ("text", "target", "zone", "argument", "for_s"),
    [
        ("door=open@5m+10m", "door", "", inf, 600.0),
        ("room=step(-8)@5m+6h", "room", "", -8.0, 21_600.0),
        ("room=step(+12.5)@5m", "room", "", 12.5, inf),
        ("sun=on@5m", "sun", "", 300.0, inf),
        ("sun=on(800)@5m+2h", "sun", "", 800.0, 7200.0),
        ("sun.warm=on(800)@5m+2h", "sun", "warm", 800.0, 7200.0),
    ],
)
def test_an_event_is_read_like_a_fault_and_is_none(text: str, target: str, zone: str, argument: float, for_s: float):
    event = parse(text, DEVICES)
    assert (event.target, event.zone, event.at_s, event.argument, event.for_s) == (target, zone, 300.0, argument, for_s)
    assert event.is_event
    assert event.device is None


def test_another_power_of_a_device_is_an_event():
    assert parse("heater=power(0.5)@1h", DEVICES).is_event
    assert not parse("heater=welded@1h", DEVICES).is_event
    assert not parse("broker=down@1h", DEVICES).is_event
    assert not parse("onewire=dead@1h", DEVICES).is_event


def test_a_device_that_is_called_like_an_event_has_its_own_faults_and_the_event_all_the_same():
    devices = {**DEVICES, "door": "sensor", "sun": "sensor"}
    assert parse("door=stuck@1m", devices).device is not None
    assert parse("door.open=off@1m", devices).device is not None
    assert parse("door=open@1m", devices).is_event
    assert parse("sun.warm=on@1m", devices).is_event


def test_a_fault_between_two_devices_has_both_as_targets():
    fault = parse("warm_probe=exchanged(air)@1h", DEVICES)
    assert (fault.target, fault.targets) == ("warm_probe", {"warm_probe", "air"})
    assert parse("warm_probe=off@1h", DEVICES).targets == {"warm_probe"}


def test_a_detached_probe_needs_some_time_when_it_is_put_back():
    assert parse("warm_probe=detached(100)@1h", DEVICES).lingers_s == 500.0
    assert parse("warm_probe=wrong(100)@1h", DEVICES).lingers_s == 0.0


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("heeter=welded@1m", 'did you mean "heater"'),
        ("brocker=down@1m", 'did you mean "broker"'),
        ("xyz=down@1m", "warm_probe"),
        ("heater=weld@1m", 'did you mean "welded"'),
        ("broker=dwn@1m", 'did you mean "down"'),
        ("clock=step@1m", "step(2h)"),
        ("clock=drift(x)@1m", '"x" is no share; say 5% or -5%'),
        ("process=leak(much)@1m", '"much" is no number'),
        ("clock=step(abc)@1m", '"abc" is no duration'),
        ("clock=step(1h)@1m+5m", "leave out +5m"),
        ("broker=down(3)@1m", "nothing in brackets"),
        ("onewire=ded@1m", 'did you mean "dead"'),
        ("onewire=flaky(2)@1m", '"2" is no share from 0 to 1'),
        ("onewire=dead(2)@1m", "nothing in brackets"),
        ("broker=down@soon", '"soon" is no duration'),
        ("door=opn@1m", 'there is no fault "opn" of door; did you mean "open"?'),
        ("dor=open@1m", 'did you mean "door"?'),
        ("door.warm=open@1m", 'there is no device "door.warm"'),
        ("room=step@1m", "such as step(-8)"),
        ("room=step(cold)@1m", '"cold" is no difference in °C from -60 to 60, such as -8'),
        ("room=step(-80)@1m", "from -60 to 60"),
        ("sun=on(-3)@1m", '"-3" is no sunshine in W/m² from 0 to 1400, such as 300'),
        ("sun=on(5000)@1m", "from 0 to 1400"),
        ("warm_probe=exchanged(ayr)@1m", 'there is no device "ayr"; did you mean "air"?'),
        ("warm_probe=exchanged(heater)@1m", 'there is no device "heater"; there are air'),
        ("warm_probe=exchanged@1m", "exchanged needs another sensor"),
        ("heater", "a fault is written"),
    ],
)
def test_a_mistake_is_told_with_a_hint(text: str, hint: str):
    with pytest.raises(BadFault) as caught:
        parse(text, DEVICES)
    assert hint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_device_that_is_called_like_a_target_is_the_device():
    assert parse("clock=off@1m", {"clock": "sensor"}).device is not None


@given(st.text(max_size=60))
def test_any_text_is_a_fault_or_a_sentence(text: str):
    with contextlib.suppress(BadFault):
        assert parse(text, DEVICES).target in {*DEVICES, *AROUND}


def test_chance_may_draw_every_kind_of_fault_around_the_devices():
    kinds = {(fault.target, fault.kind) for fault in (parse(f"{what}@1", DEVICES) for what in everything(DEVICES))}
    assert {(target, kind) for target, names in AROUND.items() for kind in names} <= kinds
    assert {("onewire", kind) for kind in OF_WIRES} <= kinds
    assert {("warm_probe", "detached"), ("warm_probe", "exchanged")} <= kinds


def test_a_sensor_without_another_one_is_never_exchanged():
    alone = {"warm_probe": "sensor", "heater": "actuator"}
    assert not [what for what in everything(alone) if "exchanged" in what]
    kinds = {fault.kind for seed in range(200) for fault in draw(Random(seed), alone, for_s=86_400.0)}
    assert "exchanged" not in kinds
    assert "detached" in kinds


def test_chance_exchanges_a_sensor_with_another_sensor():
    drawn = [fault for seed in range(100) for fault in draw(Random(seed), DEVICES, for_s=86_400.0)]
    exchanges = [fault.targets for fault in drawn if fault.kind == "exchanged"]
    assert exchanges
    assert all(targets == {"warm_probe", "air"} for targets in exchanges)


@settings(max_examples=50)
@given(seed=st.integers(0, 10**6))
def test_chance_draws_faults_one_after_the_other(seed: int):
    drawn = draw(Random(seed), DEVICES, for_s=7 * 86_400.0)
    assert drawn
    assert drawn == draw(Random(seed), DEVICES, for_s=7 * 86_400.0)
    assert {fault.target for fault in drawn} <= {*DEVICES, *AROUND}
    for before, after in pairwise(drawn):
        assert before.ends_s + 1700.0 < after.at_s
    assert drawn[-1].at_s < 7 * 86_400.0
