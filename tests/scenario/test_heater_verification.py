"""The watch over a heater in the whole supervisor: what is broken on the wire, and what is then true in the plant."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from alimante.config.load import load
from alimante.core.events import ConditionChanged, Level, SafetyActed
from alimante.core.states import NodeState
from alimante.safety.trips import Trips
from alimante.simulation.faults import parse
from alimante.simulation.rehearsal import rehearse
from hardware.sim.settings import PlantSettings
from tests.scenario.harness import HEATER, PROBE, Run, config_of, run_supervisor
from tests.unit.fakes import MemoryFiles

HARM_C = 40.0
BOUND_S = 60.0 + 120.0 + 5.0 + 1.0
"""Dead time, half of the 240 s to harm, a poll and a tick."""

CUTOFF = {**{key: HEATER[key] for key in ("driver", "wire", "active_high", "safe_value")}, "pin": 5, "role": "cutoff"}
THERMOSTAT = {"kind": "thermostat", "sensor": "warm_probe", "heater": "heater", "target_c": 30.0}


def node(kind: str = "thermostat", heater: dict[str, Any] = HEATER, **devices: Any) -> Any:
    controllers = {"warmth": {**THERMOSTAT, "kind": kind}}
    return config_of(heater=heater, cutoff=CUTOFF, **devices, extra={"controllers": controllers})


def heater(run: Run) -> Any:
    return run.truth.loads["heater"]


def highest(run: Run) -> float:
    return run.truth.zones["warm"].highest_c


def stick(run: Run, millidegrees: int) -> None:
    """Let the probe show the same for good."""
    wire, folder = run.wire("probes"), PROBE["address"]
    wire.remove(f"{folder}/temperature")
    wire.add(f"{folder}/temperature", read=f"{millidegrees}\n")


def tripped(run: Run) -> list[tuple[str, str]]:
    return [(event.device, event.cause) for event in run.seen(SafetyActed, action="tripped")]


def path_of(name: str) -> Path:
    return Path(__file__).parents[2] / "config" / f"{name}.json"


def example(name: str) -> Any:
    return load(path_of(name), simulation_model=PlantSettings).config


async def until_on(run: Run) -> None:
    while not heater(run).fraction:
        await asyncio.sleep(1.0)


async def seconds_until_off(run: Run, within_s: float) -> float:
    """How long the heater was still on, looked at each second."""
    for second in range(int(within_s)):
        if not heater(run).fraction:
            return float(second)
        await asyncio.sleep(1.0)
    pytest.fail(f"the heater is still on after {within_s:g} s, at {highest(run):.1f} °C")


async def settle(run: Run, hours: float = 0.75) -> None:
    await asyncio.sleep(hours * 3600.0)
    while heater(run).fraction:
        await asyncio.sleep(1.0)
    await until_on(run)


@pytest.mark.parametrize("hours", [1.5, pytest.param(24.0, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["thermostat", "pid"])
def test_hours_with_a_healthy_sensor_trip_nothing(kind: str, hours: float):
    async def story(run: Run) -> None:
        await asyncio.sleep(hours * 3600.0)

    run = run_supervisor(node(kind), story)
    assert run.seen(SafetyActed, action="tripped") == []
    assert highest(run) < 32.0


@pytest.mark.parametrize("shown", [29_900, 28_000])
def test_f016_f017_stuck_in_or_below_the_band_is_caught_by_the_gain_check(shown: int):
    async def story(run: Run) -> None:
        await settle(run)
        stick(run, shown)
        assert await seconds_until_off(run, 600.0) <= BOUND_S
        await asyncio.sleep(3600.0)
        assert not heater(run).fraction
        told = run.seen(ConditionChanged, component="heater", condition="no_response")
        assert told[0].level is Level.CRITICAL

    run = run_supervisor(node(), story)
    trips = run.seen(SafetyActed, device="heater", action="tripped")
    assert [event.latched for event in trips] == [False, True]  # one retry, then a person
    assert highest(run) < HARM_C - 4.0


def test_without_the_check_the_same_fault_does_harm(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Trips, "reason_to_wait", lambda trips, output: "")  # the upper bound would hold it, too

    async def story(run: Run) -> None:
        await settle(run)
        stick(run, 29_900)
        for _ in range(180):
            await asyncio.sleep(60.0)
            if highest(run) > HARM_C:
                return

    run = run_supervisor(node(heater={**HEATER, "verify": {"enabled": False}}), story)
    assert highest(run) > HARM_C


def test_f058_a_burnt_out_heater_is_named_within_half_an_hour():
    async def story(run: Run) -> None:
        await settle(run)
        world = run.supervisor.wires.world
        assert world is not None
        world.plant.loads["heater"].stuck = 0.0
        await asyncio.sleep(1800.0)
        assert ("heater", "not_heating") in tripped(run)

    run_supervisor(node(), story)


def test_a_restart_keeps_what_was_learned_and_what_was_tripped():
    files = MemoryFiles()

    async def first(run: Run) -> None:
        await settle(run)
        stick(run, 28_000)
        await asyncio.sleep(3600.0)
        assert run.supervisor.gate.outputs["heater"].latch.needs_person

    async def second(run: Run) -> None:
        await asyncio.sleep(900.0)
        assert run.truth.loads["heater"].energy_j == 0.0
        assert run.supervisor.gate.reset("heater", "anna")
        await asyncio.sleep(120.0)
        assert heater(run).fraction == 1.0

    run_supervisor(node(), first, files=files)
    run = run_supervisor(node(), second, files=files)
    assert run.supervisor.node.current is NodeState.STOPPED


@pytest.mark.parametrize("fault", ["warm_probe=wrong(3)@10m+5m", "warm_probe=wrong(8)@10m+5m"])
def test_one_of_two_thermometers_that_jumps_is_not_taken_for_a_heater_that_is_stuck_on(fault: str):
    controllers = {"warmth": {**THERMOSTAT, "sensor": "warm", "target_c": 15.0}}
    extra = {
        "groups": {"warm": {"members": ["warm_probe", "second"], "tolerance": 1.0}},
        "controllers": controllers,
        "simulation": {},
    }
    second = {**PROBE, "address": "28-00000000000b"}
    config = config_of(heater={**HEATER, "depends_on": ["warm"]}, warm_probe=PROBE, second=second, extra=extra)
    report = rehearse(config, for_s=1200.0, faults=[parse(fault, {"warm_probe": "sensor"})])
    assert [alert for alert in report.alerts if alert.condition == "stuck_on"] == []


def test_what_thermometers_that_contradict_each_other_say_is_not_learned():
    """Else a healthy heater is blamed when they agree again."""
    report = rehearse(example("simulated"), for_s=5400.0, faults=[parse("air=wrong(4)@30m+20m", {"air": "sensor"})])
    assert {alert.condition for alert in report.alerts} == {"disagree"}


def test_noise_of_one_of_three_thermometers_is_not_taken_for_a_heater_that_is_stuck_on():
    """It is well again by itself: its own ejection lasts five minutes at most after the noise."""
    fault = parse("left_probe=garbage@15m+25m", {"left_probe": "sensor"})
    report = rehearse(example("three-probes"), for_s=46 * 60.0, faults=[fault])
    assert [alert for alert in report.alerts if alert.condition == "stuck_on"] == []
    healed_s = report.faults[0].healed_s
    assert healed_s is not None
    assert healed_s - fault.ends_s <= 300.0 + 60.0


FIRST_USE: list[tuple[str, int]] = [("thermostat", 5), ("thermostat", 8), ("thermostat", 11), ("pid", 15)]
"""Controllers, and minutes after the very first start: with each of them a healthy heater could once be blamed."""


def after_a_crash(folder: Path, kind: str, minutes: int, fault: str = "", *, hours: float) -> Any:
    """A run of the smallest example whose process is killed so early that nothing of its heater was saved."""
    raw = json.loads(path_of("one-probe").read_text())
    raw["controllers"]["warmth"]["kind"] = kind
    path = folder / "one-probe.json"
    path.write_text(json.dumps(raw))
    config = load(path, simulation_model=PlantSettings).config
    roles = {"warm_probe": "sensor", "heater": "heater"}
    faults = [parse(one, roles) for one in (f"process=crash@{minutes}m", fault) if one]
    return rehearse(config, for_s=hours * 3600.0, faults=faults)


@pytest.mark.parametrize("hours", [2.0, pytest.param(6.0, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("kind", "minutes"), FIRST_USE)
def test_a_crash_in_the_first_minutes_of_a_heater_makes_nobody_blame_it(
    tmp_path: Path, kind: str, minutes: int, hours: float
):
    """The new process knows nothing of the heat from before; to learn it as strength would ask too much later.

    Where it was learned as strength, each of these heaters was blamed within half an hour.
    """
    report = after_a_crash(tmp_path, kind, minutes, hours=hours)
    assert report.starts == 2
    assert [alert for alert in report.alerts if alert.component == "heater"] == []


@pytest.mark.parametrize(
    ("fault", "condition", "within_s"), [("burnt_out", "not_heating", 1800.0), ("welded", "stuck_on", 600.0)]
)
def test_after_such_a_crash_a_heater_that_breaks_is_still_named_in_time(
    tmp_path: Path, fault: str, condition: str, within_s: float
):
    """A weld shows when the heater is off: three minutes until that, and 420 s."""
    broken_s = 23 * 60.0
    report = after_a_crash(tmp_path, "thermostat", 8, f"heater={fault}@23m", hours=1.0)
    first = next(alert for alert in report.alerts if alert.component == "heater")
    assert first.condition == condition
    assert 0.0 < first.at_s - broken_s <= within_s
    assert report.truth.zones["warm"].highest_c < HARM_C - 4.0
