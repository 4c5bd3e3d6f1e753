"""No sensor can ask for more heat than is safe: readings that are too low, judged by the true state of the plant."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alimante.config.build import build
from alimante.config.model import Config, Role
from alimante.safety.trips import Trips
from alimante.simulation.faults import device_kinds, parse
from alimante.simulation.rehearsal import rehearse
from alimante.simulation.report import Report
from hardware.board import GENERIC
from hardware.sim.settings import PlantSettings

CONFIG = Path(__file__).parents[2] / "config"
HOUR_S = 3600.0


@dataclass(frozen=True, kw_only=True)
class Box:
    """An enclosure and its heater, with the rate that its owner wrote down."""

    heat_w: float = 60.0
    rate_c_per_min: float | None = None
    capacity_j_per_k: float = 3000.0

    def simulation(self) -> dict[str, Any]:
        """Its part of a configuration."""
        zone = {"heat_capacity_j_per_k": self.capacity_j_per_k}
        return {"zones": {"warm": zone, "cool": zone}, "loads": {"heater": {"heat_w": self.heat_w}}}


BOXES: Mapping[str, Box] = {
    "usual": Box(),
    "weak": Box(heat_w=40.0, rate_c_per_min=0.8),
    "strong": Box(heat_w=90.0, rate_c_per_min=1.8),
    "strongest": Box(heat_w=120.0, rate_c_per_min=2.4),
    "small": Box(heat_w=40.0, rate_c_per_min=2.4, capacity_j_per_k=1000.0),
}
ALL = ("warm_probe", "air.temperature", "cool_probe", "air_cool.temperature")
"""The thermometers of the enclosure in `simulated`."""


def document(name: str, box: str) -> dict[str, Any]:
    """An example with another enclosure, as a document."""
    raw: dict[str, Any] = json.loads((CONFIG / f"{name}.json").read_text())
    raw.pop("$schema")
    raw["simulation"] = {**raw.get("simulation", {}), **BOXES[box].simulation()}
    if (rate := BOXES[box].rate_c_per_min) is not None:
        raw["devices"]["heater"].setdefault("limit", {})["max_rate_c_per_min"] = rate
    return raw


def two_zones(box: str) -> dict[str, Any]:
    """Two heated zones, each with its own thermometer and cutoff."""
    switch = {"driver": "relay", "wire": "header", "active_high": True, "safe_value": "off"}
    limit = {"max_c": 36.0, "harm_c": 40.0, "max_rate_c_per_min": BOXES[box].rate_c_per_min or 1.0}
    heater = {**switch, "role": "heater", "limit": limit}
    zone = {"heat_capacity_j_per_k": BOXES[box].capacity_j_per_k}
    heat = {"heat_w": BOXES[box].heat_w}
    return {
        "version": 1,
        "node": {"id": "two_zones"},
        "location": {"timezone": "Europe/Paris", "clock_is_trusted": True, "room_c": [18, 26]},
        "mqtt": {"embedded": True},
        "wires": {"header": {"kind": "gpio", "backend": "sim"}, "onewire": {"kind": "onewire", "backend": "sim"}},
        "devices": {
            "a_probe": {"driver": "ds18b20", "wire": "onewire", "address": "28-000000000001", "zone": "basking"},
            "b_probe": {"driver": "ds18b20", "wire": "onewire", "address": "28-000000000002", "zone": "nest"},
            "a_heater": {**heater, "pin": 17, "zone": "basking", "depends_on": ["a_probe"], "cutoff": "a_cut"},
            "b_heater": {**heater, "pin": 27, "zone": "nest", "depends_on": ["b_probe"], "cutoff": "b_cut"},
            "a_cut": {**switch, "pin": 16, "role": "cutoff", "zone": "basking"},
            "b_cut": {**switch, "pin": 26, "role": "cutoff", "zone": "nest"},
        },
        "controllers": {
            "a": {"kind": "pid", "sensor": "a_probe", "heater": "a_heater", "target_c": 32},
            "b": {"kind": "pid", "sensor": "b_probe", "heater": "b_heater", "target_c": 28},
        },
        "simulation": {"zones": {"basking": zone, "nest": zone}, "loads": {"a_heater": heat, "b_heater": heat}},
    }


def node(name: str, box: str = "usual", room_c: tuple[float, float] | None = None, **simulation: Any) -> Config:
    """A configuration that is sound, with another enclosure, room and more of the simulation's keys."""
    raw = two_zones(box) if name == "two-zones" else document(name, box)
    if room_c is not None:
        raw["location"]["room_c"] = list(room_c)
    raw["simulation"] = {**raw["simulation"], **simulation}
    found = build(raw, board=GENERIC, simulation_model=PlantSettings)
    assert found.config is not None, found.errors
    return found.config


def run(config: Config, *faults: str, hours: float, seed: int = 1) -> Report:
    """What becomes of `config` under `faults`."""
    kinds = device_kinds(config)
    return rehearse(config, for_s=hours * HOUR_S, faults=[parse(fault, kinds) for fault in faults], seed=seed)


def below_harm_c(config: Config, report: Report) -> float:
    """How far below harm the hottest heated zone stayed, by what is true."""
    return min(
        heater.output.limit.harmful_c - report.truth.zones[heater.zone or ""].highest_c
        for heater in config.devices.values()
        if heater.role is Role.HEATER and heater.output.limit is not None
    )


def said(report: Report) -> list[str]:
    """What people were told, in order."""
    return [f"{alert.component}/{alert.condition}@{alert.at_s / 60.0:.0f}min" for alert in report.alerts]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A kind of fault with one size and moment; it is `quick` in the usual enclosure, the others are for the soak."""

    kind: str
    node: str = "one-probe"
    faults: tuple[str, ...]
    hours: float
    is_quick: bool = False


def of_one(fault: str, hours: float, **keys: Any) -> Case:
    """The only probe."""
    return Case(kind=fault.partition("(")[0].partition("@")[0], faults=(f"warm_probe={fault}",), hours=hours, **keys)


def of_all(fault: str, hours: float, **keys: Any) -> Case:
    """All thermometers at once."""
    kind = f"all {fault.partition('(')[0]}"
    return Case(kind=kind, node="simulated", faults=tuple(f"{one}={fault}" for one in ALL), hours=hours, **keys)


def exchanged(at: str, hours: float, **keys: Any) -> Case:
    """Two heated zones with each other's probe, from some moment on."""
    return Case(kind="exchanged", node="two-zones", faults=(f"a_probe=exchanged(b_probe)@{at}",), hours=hours, **keys)


CASES: tuple[Case, ...] = (
    of_one("wrong(-15)@3h+2h", 6.0, is_quick=True),
    of_one("wrong(-22)@30s", 4.0, is_quick=True),
    of_one("wrong(-8.5)@2m", 2.0),
    of_one("wrong(-8)@10m", 4.0),
    of_one("wrong(-15)@40m", 4.0),
    of_one("wrong(-4)@3h", 7.0),
    of_one("wrong(-25)@3h", 7.0),
    of_one("detached@40m", 3.0, is_quick=True),
    of_one("detached@3h", 6.0),
    of_one("sentinel(0)@0s", 3.0),
    of_one("sentinel(0)@3h+2h", 5.5),
    of_one("drift(-1.7)@1h", 14.0),
    of_one("drift(-6)@1h", 8.0),
    of_one("drift(-6)@3h", 9.0),
    of_one("wrong(-8)@20h", 27.0),
    of_one("drift(-0.5)@3h", 40.0),
    of_all("wrong(-15)@3h+2h", 6.0),
    of_all("wrong(-10)@3h+2h", 6.0),
    of_one("detached@15m", 3.0),
    of_one("drift(-6)@15m", 6.0),
    exchanged("4m", 3.0),
    exchanged("40m", 3.0),
    exchanged("3h", 6.0),
)


def faults_in_boxes() -> Iterator[Any]:
    """Every case in every enclosure."""
    for case in CASES:
        for box in BOXES:
            marks = [] if case.is_quick and box == "usual" else [pytest.mark.slow]
            yield pytest.param(case, box, marks=marks, id=f"{'+'.join(case.faults)}-{box}")


@pytest.mark.parametrize(("case", "box"), list(faults_in_boxes()))
def test_no_reading_that_is_too_low_heats_a_zone_to_where_harm_begins_and_people_are_told(case: Case, box: str):
    config = node(case.node, box)
    report = run(config, *case.faults, hours=case.hours)
    assert below_harm_c(config, report) > 0.0, said(report)
    assert report.alerts, "people are told"
    assert report.false_trips == 0


def test_without_the_rule_of_the_gate_the_same_reading_does_harm(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Trips, "reason_to_wait", lambda trips, output: "")
    config = node("one-probe")
    assert below_harm_c(config, run(config, "warm_probe=wrong(-15)@3h+2h", hours=5.0)) < 0.0


def test_after_the_reading_is_right_again_the_zone_is_held_again_and_the_alert_ends():
    config = node("one-probe")
    report = run(config, "warm_probe=wrong(-15)@1h+30m", hours=3.0)
    assert [alert.condition for alert in report.alerts] == ["lower_than_possible"]
    assert report.alerts[0].resolved_s is not None
    assert report.alerts[0].resolved_s < 1.5 * HOUR_S + 600.0
    assert 28.0 < report.truth.zones["warm"].temperature_c < 34.0


@pytest.mark.slow
def test_a_zone_that_gets_no_more_than_pulses_of_heat_is_held_again_without_a_person():
    """The relay was on while the computer stood still, so the zone may be hot, and the bound falls slowly."""
    report = run(node("one-probe"), "warm_probe=detached@1800+2100", "process=pause(10m)@2100", hours=4.0)
    assert report.truth.zones["warm"].temperature_c > 28.5
    assert [alert.condition for alert in report.alerts if alert.resolved_s is None] == []


COLD_ROOM = {"ambient": {"mean_c": 10.0, "amplitude_c": 1.0}, "loads": {"heater": {"heat_w": 90.0}}, "room_c": (6, 26)}


@pytest.mark.parametrize(
    ("name", "events", "hours", "simulation"),
    [
        pytest.param("one-probe", (), 24.0, {}, id="a calm day", marks=pytest.mark.slow),
        pytest.param("simulated", (), 24.0, {}, id="a calm day with everything", marks=pytest.mark.slow),
        pytest.param("two-zones", (), 24.0, {}, id="a calm day of two zones", marks=pytest.mark.slow),
        pytest.param(
            "one-probe",
            ("door=open@2h+10m",),
            4.0,
            COLD_ROOM,
            id="a door in a cold room",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "one-probe", ("heater=power(2)@4h",), 8.0, {}, id="a bulb twice as strong", marks=pytest.mark.slow
        ),
    ],
)
def test_nobody_is_told_of_a_sensor_that_is_right(
    name: str, events: tuple[str, ...], hours: float, simulation: dict[str, Any]
):
    """What is not about sensors, such as a bulb that is stronger than was said, may be told."""
    report = run(node(name, **simulation), *events, hours=hours)
    assert [one for one in said(report) if "lower_than" in one or "more_than" in one] == []
    assert report.false_trips == 0
    assert report.verdict != "unsafe"


@pytest.mark.slow
@pytest.mark.parametrize("box", BOXES)
def test_a_cold_night_in_a_room_of_which_that_was_said_is_no_word(box: str):
    report = run(node("one-probe", box, room_c=(10, 28)), "room=step(-8)@14h+9h", hours=26.0)
    assert [one for one in said(report) if "lower_than" in one or "more_than" in one] == []
