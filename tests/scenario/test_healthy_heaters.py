"""Heat and cold from elsewhere: a heater that works is not blamed for it, by the true state of the plant."""

import asyncio
from typing import Any

import pytest

from alimante.config.build import build
from alimante.core.events import ConditionChanged, SafetyActed
from alimante.simulation.rehearsal import rehearse
from hardware.board import GENERIC
from tests.scenario.harness import HEATER, PROBE, Run, config_of, run_supervisor

HOUR_S = 3600.0
CUTOFF = {"driver": "relay", "wire": "pins", "pin": 5, "active_high": True, "safe_value": "off", "role": "cutoff"}
SIM = {"backend": "sim"}


ROOM_C = [4, 32]
"""Cold rooms and hot ones are what these heaters are not to be blamed for."""


def node(
    *, cutoff: bool = True, target_c: float = 30.0, simulation: dict[str, Any] | None = None, **devices: Any
) -> Any:
    controllers = {"warmth": {"kind": "thermostat", "sensor": "warm_probe", "heater": "heater", "target_c": target_c}}
    extra = {"controllers": controllers, "simulation": simulation or {}, "location": {"room_c": ROOM_C}}
    return config_of(heater=HEATER, **({"cutoff": CUTOFF} if cutoff else {}), **devices, extra=extra)


def plant(run: Run) -> Any:
    world = run.supervisor.wires.world
    assert world is not None
    return world.plant


def set_power(run: Run, load: str, heat_w: float) -> None:
    """Another bulb is in the lamp now."""
    one = plant(run).loads[load]
    one.power = heat_w / plant(run).settings.load(load, one.role).heat_w


def shine(run: Run, heat_w: float, zone: str = "warm") -> None:
    """Sun on the glass: heat of which nobody knows."""
    if "sun" not in plant(run).loads:
        plant(run).add_load("sun", role="light", zone=zone)
    set_power(run, "sun", heat_w)
    plant(run).act("sun", 1.0 if heat_w else 0.0)


def warmth(run: Run, zone: str = "warm") -> Any:
    return run.truth.zones[zone]


def trips(run: Run) -> list[tuple[str, str, bool]]:
    return [(event.device, event.cause, event.latched) for event in run.seen(SafetyActed, action="tripped")]


def told(run: Run) -> set[str]:
    return {event.condition for event in run.seen(ConditionChanged, component="heater")}


def waits_for_person(run: Run, heater: str = "heater") -> bool:
    return run.supervisor.gate.outputs[heater].latch.needs_person


def sim(**devices: Any) -> dict[str, Any]:
    return {"header": {"kind": "gpio", **SIM}, "onewire": {"kind": "onewire", **SIM}, **devices}


def tank(*, cool_w: float, amplitude_c: float, capacity: float = 3000.0) -> Any:
    """A tank with a heater and a chiller, as in a hot room."""
    switch = {"driver": "relay", "wire": "header", "active_high": True, "zone": "tank", "safe_value": "off"}
    document = {
        "version": 1,
        "node": {"id": "tank"},
        "mqtt": {"host": "127.0.0.1"},
        "wires": sim(),
        "devices": {
            "water": {"driver": "ds18b20", "wire": "onewire", "address": "28-000000000001", "zone": "tank"},
            "heater": {**switch, "pin": 17, "role": "heater", "depends_on": ["water"], "limit": {"max_c": 30}},
            "chiller": {**switch, "pin": 27, "role": "cooler", "depends_on": ["water"]},
            "cutoff": {**switch, "pin": 16, "role": "cutoff"},
        },
        "interlocks": [{"outputs": ["heater", "chiller"]}],
        "controllers": {
            "temper": {
                "kind": "thermostat",
                "sensor": "water",
                "heater": "heater",
                "cooler": "chiller",
                "target_c": 22,
                "cool_above_c": 25,
            }
        },
        "simulation": {
            "zones": {"tank": {"heat_capacity_j_per_k": capacity}},
            "loads": {"heater": {"heat_w": 40}, "chiller": {"heat_w": -cool_w}},
            "ambient": {"mean_c": 25, "amplitude_c": amplitude_c},
        },
    }
    return built(document)


def built(document: dict[str, Any]) -> Any:
    found = build(document, board=GENERIC)
    assert found.config is not None, found.errors
    return found.config


def of_heaters(report: Any) -> list[str]:
    return [f"{one.component}/{one.condition}" for one in report.alerts if "heat" in one.component]


@pytest.mark.parametrize(("cool_w", "amplitude_c", "capacity"), [(60, 8, 3000.0), (90, 10, 2000.0), (40, 12, 6000.0)])
def test_a_cooler_that_pauses_is_no_heater_that_is_stuck_on(cool_w: float, amplitude_c: float, capacity: float):
    config = tank(cool_w=cool_w, amplitude_c=amplitude_c, capacity=capacity)
    assert of_heaters(rehearse(config, for_s=9 * HOUR_S)) == []


@pytest.mark.parametrize("cutoff", [True, False])
@pytest.mark.parametrize(("heat_w", "minutes"), [(25.0, 40), (50.0, 25), (80.0, 15)])
def test_sun_on_the_glass_keeps_no_heater_off_for_good(cutoff: bool, heat_w: float, minutes: int):
    async def story(run: Run) -> None:
        await asyncio.sleep(2.5 * HOUR_S)
        for _ in range(2):
            shine(run, heat_w)
            await asyncio.sleep(minutes * 60.0)
            shine(run, 0.0)
            await asyncio.sleep(HOUR_S)
        assert not waits_for_person(run)
        assert warmth(run).temperature_c > 28.5, "it warms again when the sun has gone"

    run = run_supervisor(node(cutoff=cutoff), story)
    if heat_w < 30.0:
        assert "stuck_on" not in told(run)
    assert not any(latched for _, _, latched in trips(run))


@pytest.mark.parametrize("lamp", [False, True])
def test_hot_afternoons_leave_the_heater_for_the_nights(lamp: bool):
    """The heater was off for hours each time: what made it too hot is no matter of it."""
    devices: dict[str, Any] = {}
    if lamp:
        devices["lamp"] = {**CUTOFF, "pin": 23, "role": "light", "zone": "warm"}
    loads = {"lamp": {"heat_w": 15}} if lamp else {}
    simulation = {"ambient": {"mean_c": 20 if lamp else 26, "amplitude_c": 12}, "loads": loads}

    async def story(run: Run) -> None:
        for _ in range(32 * 720):
            if lamp and run.clock.mono() % (24 * HOUR_S) < 10 * HOUR_S:
                run.supervisor.gate.demand("lamp", 1.0, source="test", reason="day")
            await asyncio.sleep(5.0)
        assert not waits_for_person(run)

    run = run_supervisor(node(target_c=28.0, simulation=simulation, **devices), story)
    assert len([cause for _, cause, _ in trips(run) if cause == "over_temperature"]) >= 1
    assert not any(latched for _, _, latched in trips(run))
    assert run.truth.loads["heater"].on_s > 600.0, "the night after it was warmed"


def test_heat_that_the_heater_made_itself_still_counts():
    async def story(run: Run) -> None:
        await asyncio.sleep(HOUR_S)
        run.wire("probes")
        for _ in range(2):
            while not run.truth.loads["heater"].fraction:
                await asyncio.sleep(1.0)
            shine(run, 300.0)
            await asyncio.sleep(120.0)
            shine(run, 0.0)
            await asyncio.sleep(2 * HOUR_S)
        assert waits_for_person(run)

    run = run_supervisor(node(), story)
    assert [cause for _, cause, _ in trips(run)] == ["over_temperature"] * 2


@pytest.mark.parametrize(("minutes", "room_c"), [(10, 10.0), (20, 14.0), (4, 6.0)])
def test_a_door_that_stands_open_in_a_cold_room_is_not_the_heaters(minutes: int, room_c: float):
    simulation = {"ambient": {"mean_c": room_c, "amplitude_c": 1.0}, "loads": {"heater": {"heat_w": 70}}}

    async def story(run: Run) -> None:
        await asyncio.sleep(3 * HOUR_S)
        for _ in range(3):
            plant(run).door_open = True
            await asyncio.sleep(minutes * 60.0)
            plant(run).door_open = False
            await asyncio.sleep(HOUR_S)
        assert warmth(run).temperature_c > 28.5

    run = run_supervisor(node(simulation=simulation), story)
    assert trips(run) == []


def test_a_door_open_for_hours_in_a_cold_room_is_a_warning():
    simulation = {"ambient": {"mean_c": 10.0, "amplitude_c": 1.0}, "loads": {"heater": {"heat_w": 70}}}

    async def story(run: Run) -> None:
        await asyncio.sleep(3 * HOUR_S)
        plant(run).door_open = True
        await asyncio.sleep(3 * HOUR_S)
        plant(run).door_open = False
        await asyncio.sleep(2 * HOUR_S)
        assert not waits_for_person(run)
        assert warmth(run).temperature_c > 28.5

    run = run_supervisor(node(simulation=simulation), story)
    assert not any(latched for _, _, latched in trips(run))


@pytest.mark.parametrize("heat_w", [30.0, 120.0])
@pytest.mark.parametrize("room_c", [21.0, 15.0])
def test_a_bulb_of_another_strength_goes_on(heat_w: float, room_c: float):
    simulation = {"ambient": {"mean_c": room_c, "amplitude_c": 1.0}}

    async def story(run: Run) -> None:
        await asyncio.sleep(3 * HOUR_S)
        set_power(run, "heater", heat_w)
        await asyncio.sleep(6 * HOUR_S)

    run = run_supervisor(node(simulation=simulation), story)
    assert trips(run) == []
    assert warmth(run).highest_c < 34.0


def test_a_heater_that_gives_no_heat_is_none_and_not_weak():
    async def story(run: Run) -> None:
        await asyncio.sleep(3 * HOUR_S)
        plant(run).loads["heater"].stuck = 0.0
        await asyncio.sleep(1800.0)

    run = run_supervisor(node(), story)
    assert trips(run)


def rack(tubs: int, *, coupling: float = 1.5, capacity: float = 3000.0, kind: str = "thermostat") -> Any:
    pins = (5, 6, 12, 13, 16, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 18)
    document: dict[str, Any] = {
        "version": 1,
        "node": {"id": "rack"},
        "mqtt": {"host": "127.0.0.1"},
        "wires": sim(),
        "devices": {},
        "controllers": {},
        "simulation": {"zones": {}, "coupling_w_per_k": coupling},
    }
    for i, pin in zip(range(tubs), pins, strict=False):
        document["devices"][f"probe{i}"] = {**PROBE, "wire": "onewire", "address": f"28-{i + 1:012x}", "zone": f"t{i}"}
        document["devices"][f"heat{i}"] = {
            **HEATER, "wire": "header", "pin": pin, "zone": f"t{i}", "depends_on": [f"probe{i}"],
        }  # fmt: skip
        document["controllers"][f"c{i}"] = {
            "kind": kind, "sensor": f"probe{i}", "heater": f"heat{i}", "target_c": 31,
        }  # fmt: skip
        document["simulation"]["zones"][f"t{i}"] = {"heat_capacity_j_per_k": capacity}
    return built(document)


@pytest.mark.parametrize(
    ("tubs", "seed", "keys"),
    [
        (8, 5, {}),
        (6, 2, {"coupling": 4.0}),
        (5, 3, {"kind": "pid", "capacity": 1500.0}),
        pytest.param(8, 1, {}, marks=pytest.mark.slow),
        pytest.param(16, 3, {}, marks=pytest.mark.slow),
    ],
)
def test_many_tubs_that_switch_together_blame_none_of_their_heaters(tubs: int, seed: int, keys: dict[str, Any]):
    report = rehearse(rack(tubs, **keys), for_s=80 * 60.0, seed=seed)
    assert of_heaters(report) == []


def two_zones(*, swapped: bool, coupling: float = 0.5, kinds: tuple[str, str] = ("pid", "thermostat"), w: float = 60.0):
    """Two heated zones with a probe in each; `swapped` exchanges what the configuration says of them."""
    switch = {"driver": "relay", "wire": "header", "active_high": True, "safe_value": "off"}
    addresses = ["28-000000000001", "28-000000000002"]
    if swapped:
        addresses.reverse()
    devices: dict[str, Any] = {}
    controllers = {}
    for name, pin, max_c, target_c, address, kind in (
        ("hot", 17, 38, 34, addresses[0], kinds[0]),
        ("nest", 27, 32, 28, addresses[1], kinds[1]),
    ):
        # The probe's own zone in the plant is where it hangs; the configuration believes what its heater says.
        devices[f"{name}_probe"] = {**PROBE, "wire": "onewire", "address": address, "zone": name}
        limit = {"max_c": max_c, "harm_c": max_c + 4}
        heater = {**switch, "pin": pin, "role": "heater", "zone": name, "depends_on": [f"{name}_probe"]}
        devices[f"{name}_heater"] = {**heater, "limit": limit, "cutoff": f"{name}_cut"}
        devices[f"{name}_cut"] = {**switch, "pin": pin - 1, "role": "cutoff", "zone": name}
        controllers[name] = {
            "kind": kind, "sensor": f"{name}_probe", "heater": f"{name}_heater", "target_c": target_c,
        }  # fmt: skip
    return built(
        {
            "version": 1,
            "node": {"id": "two"},
            "mqtt": {"host": "127.0.0.1"},
            "wires": sim(),
            "devices": devices,
            "controllers": controllers,
            "simulation": {
                "zones": {"hot": {}, "nest": {}},
                "coupling_w_per_k": coupling,
                "loads": {"hot_heater": {"heat_w": w}, "nest_heater": {"heat_w": w}},
            },
        }
    )


@pytest.mark.parametrize(
    ("coupling", "kinds", "w", "at_s"),
    [
        (0.5, ("pid", "thermostat"), 60.0, 0.0),
        (1.5, ("thermostat", "thermostat"), 60.0, 0.0),
        (0.2, ("thermostat", "pid"), 40.0, 0.0),
        (0.5, ("pid", "thermostat"), 60.0, 240.0),
        (0.5, ("thermostat", "thermostat"), 80.0, 420.0),
    ],
)
def test_probes_that_are_exchanged_harm_no_zone(coupling: float, kinds: tuple[str, str], w: float, at_s: float):
    """From the first start, or at run time within the first minutes: the wires are exchanged, not the configuration."""

    def swap(run: Run) -> None:
        files = run.wire("onewire")._files
        one, other = (f"28-00000000000{number}/temperature" for number in (1, 2))
        files[one], files[other] = files[other], files[one]

    async def story(run: Run) -> None:
        if at_s:
            await asyncio.sleep(at_s)
            swap(run)
        await asyncio.sleep(2 * HOUR_S - at_s)

    config = two_zones(swapped=False, coupling=coupling, kinds=kinds, w=w)
    run = run_supervisor(config, story, before=(lambda run: None) if at_s else swap)
    assert warmth(run, "hot").highest_c < 42.0
    assert warmth(run, "nest").highest_c < 36.0
    assert trips(run)


def test_probes_in_their_places_trip_nothing():
    async def story(run: Run) -> None:
        await asyncio.sleep(2 * HOUR_S)

    run = run_supervisor(two_zones(swapped=False), story)
    assert trips(run) == []
