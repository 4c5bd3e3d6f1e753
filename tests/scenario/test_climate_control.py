"""The whole supervisor keeps a simulated enclosure warm, and lets go when anything is doubtful; judged by the truth."""

import asyncio
from typing import Any

import pytest

from alimante.core.events import ConditionChanged, ErrorSeen, Level
from tests.scenario.harness import HEATER, Run, config_of, run_supervisor

RELAY = {key: HEATER[key] for key in ("driver", "wire", "active_high", "safe_value")}
HOUR_S = 3600.0
LEASE_S = 10.0


def pid(**keys: Any) -> dict[str, Any]:
    return {"kind": "pid", "sensor": "warm_probe", "heater": "heater", "target_c": 28.0, **keys}


def warmed(**controllers: Any) -> Any:
    """A heater and its controllers."""
    return config_of(heater=HEATER, extra={"controllers": controllers})


async def temperatures(run: Run, hours: float) -> list[float]:
    """The true temperature of the warm half in °C, once in ten seconds."""
    found = []
    for _ in range(int(hours * 360)):
        await asyncio.sleep(10.0)
        found.append(run.truth.zones["warm"].temperature_c)
    return found


def heater(run: Run) -> Any:
    return run.truth.loads["heater"]


async def until_heating(run: Run) -> None:
    while not heater(run).fraction:
        await asyncio.sleep(1.0)


def test_a_relay_in_pulses_holds_half_a_degree_through_the_gate():
    seen: list[float] = []

    async def story(run: Run) -> None:
        assert max(await temperatures(run, 1.5)) <= 29.0
        seen.extend(await temperatures(run, 2.0))

    run_supervisor(warmed(warmth=pid()), story)
    assert max(abs(value - 28.0) for value in seen) <= 0.5


def test_a_morning_overshoots_by_no_more_than_a_degree():
    async def story(run: Run) -> None:
        hour = run.supervisor.time.local().moment.hour
        assert hour == 15, "the story begins in the afternoon, UTC"
        assert max(await temperatures(run, 1.7)) <= 26.0 + 1.0
        assert max(await temperatures(run, 1.5)) <= 31.0 + 1.0
        assert max(abs(value - 31.0) for value in await temperatures(run, 1.0)) <= 0.5

    target = {"day": 31.0, "night": 26.0, "day_from": "17:00", "day_to": "23:59"}
    run_supervisor(warmed(warmth=pid(target_c=target)), story)


def test_the_night_counts_while_nobody_knows_the_time():
    async def story(run: Run) -> None:
        seen = await temperatures(run, 1.0)
        assert 23.5 <= max(seen) <= 25.0

    target = {"day": 31.0, "night": 24.0, "day_from": "00:00", "day_to": "23:59"}
    run_supervisor(warmed(warmth=pid(target_c=target)), story, before=lambda run: run.clock.set_synced(False))


def test_f001_a_lost_probe_ends_the_heat_and_f002_its_return_brings_it_back():
    async def story(run: Run) -> None:
        await until_heating(run)
        gone_s = run.clock.mono()
        run.wire("probes").vanish(True)
        while heater(run).fraction:
            await asyncio.sleep(1.0)
        assert run.clock.mono() - gone_s <= 35.0
        await asyncio.sleep(600.0)
        assert not heater(run).fraction
        run.wire("probes").vanish(False)
        back_s = run.clock.mono()
        await until_heating(run)
        assert run.clock.mono() - back_s <= 30.0 + 5.0

    run_supervisor(warmed(warmth=pid(target_c=32.0)), story)


def test_a_controller_that_fails_loses_its_output_within_a_lease_and_gets_it_back():
    async def story(run: Run) -> None:
        await until_heating(run)
        controller = run.supervisor.control.controllers["warmth"]
        decide, failed_s = controller.decide, run.clock.mono()

        def fail(look: Any) -> Any:
            raise ZeroDivisionError("no luck")

        controller.decide = fail
        while heater(run).fraction:
            await asyncio.sleep(0.5)
        assert run.clock.mono() - failed_s <= LEASE_S + 2.0
        controller.decide = decide
        await asyncio.sleep(300.0)
        assert run.truth.loads["heater"].cycles >= 2

    run = run_supervisor(warmed(warmth=pid(target_c=32.0)), story)
    assert [event.error for event in run.seen(ErrorSeen, component="warmth")] == ["ZeroDivisionError"]
    assert run.supervisor.errors.report()["warmth"]["by_error"] == {"ZeroDivisionError": 1}
    levels = [event.level for event in run.seen(ConditionChanged, component="warmth", condition="controller_failed")]
    assert levels == [Level.CRITICAL, Level.CLEAR]


def test_heat_and_cold_are_never_on_together():
    cooler = {**RELAY, "pin": 22, "role": "cooler", "zone": "warm", "depends_on": ["warm_probe"]}
    thermostat = {
        "kind": "thermostat",
        "sensor": "warm_probe",
        "heater": "heater",
        "target_c": 23.0,
        "cooler": "cooler",
        "cool_above_c": 25.0,
    }
    room = {"ambient": {"mean_c": 24.0, "amplitude_c": 9.0, "start_hour": 6.5}}
    interlocks = [{"outputs": ["heater", "cooler"]}]
    extra = {"controllers": {"even": thermostat}, "simulation": room, "interlocks": interlocks}
    together = []

    async def story(run: Run) -> None:
        for _ in range(int(4 * HOUR_S / 5)):
            await asyncio.sleep(5.0)
            loads = run.truth.loads
            together.append(bool(loads["heater"].fraction and loads["cooler"].fraction))
        assert run.truth.loads["heater"].cycles >= 3
        assert run.truth.loads["cooler"].cycles >= 3

    run_supervisor(config_of(heater=HEATER, cooler=cooler, extra=extra), story)
    assert not any(together)


@pytest.mark.parametrize("is_empty", [False, True])
def test_it_is_misted_with_water_and_not_without(is_empty):
    devices = {
        "air": {"driver": "sht3x", "wire": "bus", "address": "0x44", "zone": "cool"},
        "tank": {"driver": "float_switch", "wire": "pins", "pin": 23},
        "mister": {**RELAY, "pin": 27, "role": "mister", "zone": "cool", "depends_on": ["air.humidity"]},
    }
    damp = {"kind": "humidity", "sensor": "air.humidity", "mister": "mister", "low_pct": 70.0, "tank": "tank"}

    def before(run: Run) -> None:
        if is_empty:
            run.supervisor.wires.world.plant.tank_ml = 0.0

    async def story(run: Run) -> None:
        await asyncio.sleep(1 * HOUR_S)

    run = run_supervisor(config_of(extra={"controllers": {"damp": damp}}, **devices), story, before=before)
    mister = run.truth.loads["mister"]
    assert mister.longest_on_s <= 6.0
    assert (mister.cycles == 0) if is_empty else (mister.cycles >= 6)
    assert is_empty or run.truth.zones["cool"].humidity_pct >= 60.0
