"""What two features do to each other at the output gate, by the true state of the plant and never by a sensor."""

import asyncio
from typing import Any

import pytest

from alimante.core.events import ConditionChanged, Outcome, SafetyActed
from alimante.policy.health import Health
from hardware import registry
from tests.scenario.harness import HEATER, PROBE, READY_S, Run, config_of, run_supervisor
from tests.unit.fakes import MemoryFiles

SWITCH = {"driver": "relay", "wire": "pins", "active_high": True, "safe_value": "off", "zone": "warm"}
CUTOFF = {**SWITCH, "pin": 5, "role": "cutoff"}
LAMP = {**SWITCH, "pin": 23, "role": "light"}
UNWATCHED = {**HEATER, "verify": {"enabled": False}}
COOL_PROBE = {**PROBE, "address": "28-0316a2795bf0", "zone": "cool"}
THIRD_PROBE = {**PROBE, "address": "28-0316a2795bf1"}


def fraction(run: Run, load: str) -> float:
    """What the actuator really does."""
    return run.truth.loads[load].fraction


async def demand(run: Run, device: str, value: float, *, for_s: float) -> None:
    """Wish for `value` once a second, as controllers do."""
    end_s = run.clock.mono() + for_s
    while run.clock.mono() < end_s:
        run.supervisor.gate.demand(device, value, source="test", reason="a test wants it")
        await asyncio.sleep(1.0)


def test_a_second_trip_does_not_give_power_back_to_a_relay_that_is_welded():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        gate = run.supervisor.gate
        gate.trip("heater", "stuck_on", "it is off and takes 40 W", is_for_person=True)
        await asyncio.sleep(2.0)
        assert fraction(run, "cutoff") == 0.0
        gate.trip("heater", "no_response", "it was on for 120 s and its sensor did not move")
        await asyncio.sleep(30.0)
        assert fraction(run, "cutoff") == 0.0, "the relay is welded still"
        gate.reset("heater", "a person")
        await asyncio.sleep(30.0)
        assert fraction(run, "cutoff") == 1.0

    run = run_supervisor(config_of(heater=UNWATCHED, cutoff=CUTOFF), story)
    assert run.seen(SafetyActed, device="heater", action="reset")


def test_the_reset_of_two_trips_leaves_no_alarm_behind():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        run.supervisor.gate.maintain(10.0)
        for cause in ("over_temperature", "no_response"):
            run.supervisor.gate.trip("heater", cause, f"because of {cause}")
        found = run.supervisor.gate.conditions
        assert {one.condition for one in found.of("heater")} >= {"over_temperature", "no_response"}
        run.supervisor.gate.reset("heater", "a person")
        assert not {one.condition for one in found.of("heater")} & {"over_temperature", "no_response"}

    run_supervisor(config_of(heater=UNWATCHED), story)


def test_a_heater_is_off_while_the_sensor_that_it_is_held_against_is_lost():
    heater = {**HEATER, "depends_on": ["warm_probe"], "verify": {"sensor": "second"}}

    async def story(run: Run) -> None:
        wanted = asyncio.ensure_future(demand(run, "heater", 1.0, for_s=300.0))
        await asyncio.sleep(READY_S + 5.0)
        assert fraction(run, "heater") == 1.0
        folder = THIRD_PROBE["address"]
        run.wire("probes").remove(f"{folder}/temperature")
        await asyncio.sleep(36.0)
        assert fraction(run, "heater") == 0.0, "nobody sees any more whether it is too hot"
        wanted.cancel()

    run_supervisor(config_of(heater=heater, second=THIRD_PROBE), story)


def test_one_reading_that_is_far_too_hot_opens_the_relay_although_the_group_is_too_small_to_be_believed():
    group = {"groups": {"air": {"members": ["warm_probe", "second", "third"], "min_sensors": 2}}}
    heater = {**UNWATCHED, "depends_on": ["air"], "limit": {"max_c": 36.0}}
    third = {**PROBE, "address": "28-0316a2795bf2"}

    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        wire = run.wire("probes")
        for probe in (PROBE, THIRD_PROBE):
            wire.remove(f"{probe['address']}/temperature")
        await asyncio.sleep(60.0)
        assert fraction(run, "cutoff") == 1.0
        wire.remove(f"{third['address']}/temperature")
        wire.add(f"{third['address']}/temperature", read="41000\n")
        await asyncio.sleep(60.0)
        assert fraction(run, "cutoff") == 0.0

    run = run_supervisor(
        config_of(heater=heater, cutoff=CUTOFF, warm_probe=PROBE, second=THIRD_PROBE, third=third, extra=group), story
    )
    assert run.seen(SafetyActed, device="heater", action="tripped")


def test_a_lamp_goes_off_too_where_it_is_too_hot_and_comes_back():
    async def story(run: Run) -> None:
        wanted = asyncio.ensure_future(demand(run, "lamp", 1.0, for_s=1800.0))
        far = asyncio.ensure_future(demand(run, "far", 1.0, for_s=1800.0))
        await asyncio.sleep(READY_S)
        assert (fraction(run, "lamp"), fraction(run, "far")) == (1.0, 1.0)
        wire, path = run.wire("probes"), f"{PROBE['address']}/temperature"
        wire.remove(path)
        wire.add(path, read="37000\n")
        await asyncio.sleep(40.0)
        assert (fraction(run, "lamp"), fraction(run, "far")) == (0.0, 1.0)
        assert await run.command("lamp", 1.0) is Outcome.REJECTED
        wire.remove(path)
        wire.add(path, read="30000\n")
        await asyncio.sleep(90.0)
        assert fraction(run, "lamp") == 1.0
        wanted.cancel()
        far.cancel()

    probe = {**PROBE, "channels": {"temperature": {"max_jump": 0, "max_change": 0, "usual_noise": 0}}}
    devices = {"warm_probe": probe, "heater": UNWATCHED, "lamp": LAMP, "far": {**LAMP, "pin": 24, "zone": "cool"}}
    run_supervisor(config_of(**devices), story)


@pytest.mark.parametrize(
    "heater",
    [
        {**HEATER, "depends_on": ["air.temperature"]},
        {**HEATER, "verify": {"sensor": "air.temperature"}},
        {**HEATER, "depends_on": ["all"]},
    ],
)
def test_f145_a_heater_whose_sensor_has_no_driver_stays_off_and_everything_else_runs(
    heater: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    real = registry.get

    def get(name: str) -> Any:
        if name == "sht3x":
            raise registry.BrokenDriver("the driver sht3x cannot be imported")
        return real(name)

    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S + 10.0)
        assert await run.command("heater", 1.0) is Outcome.REJECTED
        assert await run.command("lamp", 1.0) is Outcome.APPLIED
        assert (fraction(run, "heater"), fraction(run, "lamp")) == (0.0, 1.0)

    monkeypatch.setattr(registry, "get", get)
    air = {"driver": "sht3x", "wire": "bus", "address": "0x44"}
    more = {
        "groups": {"all": {"members": ["air.temperature"]}},
        "controllers": {"warmth": {"kind": "thermostat", "sensor": heater["depends_on"][0], "heater": "heater"}},
    }
    more["controllers"]["warmth"]["target_c"] = 30.0
    run_supervisor(config_of(warm_probe=PROBE, air=air, heater=heater, lamp=LAMP, extra=more), story)


def test_a_node_that_a_person_holds_safe_is_not_healthy_before_it_is_started_again():
    files = MemoryFiles()

    async def held(run: Run) -> None:
        await asyncio.sleep(200.0)
        assert run.supervisor.health.node() is Health.HEALTHY
        await run.supervisor.questions.answers()["safe"]({})
        await asyncio.sleep(120.0)
        assert run.supervisor.health.node() is Health.WARNING
        assert any("held safe" in event.text for event in run.seen(ConditionChanged, component="node"))

    async def again(run: Run) -> None:
        await asyncio.sleep(400.0)
        assert run.supervisor.health.node() is Health.HEALTHY

    run_supervisor(config_of(heater=HEATER), held, files=files)
    run_supervisor(config_of(heater=HEATER), again, files=files)


def test_f145_a_thermostat_whose_cooler_has_no_driver_does_not_keep_the_rest_from_running(
    monkeypatch: pytest.MonkeyPatch,
):
    real = registry.get

    def get(name: str) -> Any:
        if name == "pwm_output":
            raise registry.BrokenDriver("the driver pwm_output cannot be imported")
        return real(name)

    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S + 10.0)
        assert await run.command("lamp", 1.0) is Outcome.APPLIED
        assert fraction(run, "heater") == 0.0
        assert run.supervisor.health.node() is not Health.HEALTHY

    monkeypatch.setattr(registry, "get", get)
    cooler = {"driver": "pwm_output", "wire": "pwm", "pin": 12, "role": "fan", "safe_value": "off"}
    keys = {"kind": "thermostat", "sensor": "warm_probe", "heater": "heater", "target_c": 30.0}
    warmth = {"warmth": {**keys, "cooler": "cooler", "cool_above_c": 33.0}}
    run_supervisor(config_of(heater=HEATER, cooler=cooler, lamp=LAMP, extra={"controllers": warmth}), story)
