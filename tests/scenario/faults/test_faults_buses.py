"""F037 and F040 for all that hangs on a bus, as `alimante simulate` breaks it."""

from dataclasses import replace
from pathlib import Path

import pytest

from alimante.commands.loading import load_whole
from alimante.simulation.faults import device_kinds, parse
from alimante.simulation.node import Node
from alimante.simulation.rehearsal import rehearse
from alimante.simulation.report import Report

CONFIG = load_whole(Path("config/three-probes.json")).config
ON_S, OFF_S = 904.0, 1000.0
"""Moments at which the heater of a run without faults is on, and off."""


def run(fault: str) -> tuple[Report, list[float]]:
    """The report, and when the heater was truly on."""
    heated: list[float] = []

    def look(node: Node) -> None:
        if node.plant.loads["heater"].fraction > 0.0:
            heated.append(node.clock.mono() - node.start_s)

    planned = [parse(fault, device_kinds(CONFIG))]
    return rehearse(CONFIG, for_s=2400.0, faults=planned, on_look=look), heated


@pytest.mark.parametrize("at_s", [ON_S, OFF_S])
@pytest.mark.parametrize("kind", ["dead", "wedged"])
def test_a_bus_that_is_gone_ends_the_heat_is_told_and_heals(kind: str, at_s: float):
    report, heated = run(f"onewire={kind}@{at_s:g}+10m")
    assert [each.text for each in (*report.violations, *report.late)] == []
    assert not [moment for moment in heated if at_s + 35.0 < moment < at_s + 600.0]
    assert any(moment > at_s + 600.0 for moment in heated)
    [fault] = report.faults
    assert fault.detected_s is not None
    assert fault.detected_s - at_s <= 30.0
    assert fault.healed_s is not None
    assert {alert.component for alert in report.alerts} >= {"onewire", "warm"}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_bus_that_loses_transfers_costs_readings_and_no_safety(share: float):
    report, heated = run(f"onewire=flaky({share:g})@904+10m")
    assert [each.text for each in (*report.violations, *report.late)] == []
    assert any(moment > 1504.0 for moment in heated)
    if share <= 0.1:
        assert [alert for alert in report.alerts if alert.component == "warm"] == []


def test_the_same_bus_is_disturbed_in_the_same_way_each_time():
    assert run("onewire=flaky@904+5m")[0].trace_sha256 == run("onewire=flaky@904+5m")[0].trace_sha256


def test_a_wire_may_be_called_like_something_else_that_breaks():
    called = {"disk" if name == "header" else name: wire for name, wire in CONFIG.wires.items()}
    moved = {name: replace(each, wire="disk") for name, each in CONFIG.devices.items() if each.wire == "header"}
    config = replace(CONFIG, wires=called, devices={**CONFIG.devices, **moved})
    report = rehearse(config, for_s=1200.0, faults=[parse("disk=readonly@900+3m", device_kinds(config))])
    assert report.sometimes["state_not_saved"]
    assert report.violations == []
