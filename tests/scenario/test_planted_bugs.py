"""For every invariant a bug is planted in the supervisor, and a simulated run of it must be found out.

An oracle that no bug can wake proves nothing. So each row breaks a part of the product, not of the simulation.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alimante import assembly
from alimante.app import Supervisor
from alimante.control.controller import Demand
from alimante.control.setpoints import Setpoint
from alimante.control.thermostat import Thermostat
from alimante.io.handle import ActuatorHandle, SensorHandle
from alimante.mqtt.bridge import Bridge
from alimante.mqtt.client import MqttClient
from alimante.mqtt.link import LinkFailed
from alimante.policy.boot import Step
from alimante.policy.breaker import Breaker
from alimante.safety import decision
from alimante.safety.answers import Answers
from alimante.safety.decision import Wish
from alimante.safety.evidence import Evidence
from alimante.safety.gate import Gate
from alimante.safety.latch import Latch
from alimante.safety.trips import Trips
from alimante.safety.verification import Verification
from alimante.services import boots
from alimante.services.control import ControlService
from alimante.services.health import HealthService
from alimante.simulation.broker import MemoryLink
from alimante.simulation.liveness import LIVENESS
from alimante.simulation.oracles import INVARIANTS
from tests.scenario.test_simulate import SWITCH, TERRARIUM, run, terrarium

Patch = pytest.MonkeyPatch

MORE: dict[str, Any] = {
    "devices": {
        **TERRARIUM["devices"],
        "mister": {**SWITCH, "pin": 27, "role": "mister"},
        "fogger": {**SWITCH, "pin": 24, "role": "other"},
    },
    "interlocks": [{"outputs": ["lamp", "fogger"]}],
}
WARM = {"simulation": {"zones": {"warm": {"heat_capacity_j_per_k": 1200.0, "start_c": 30.0}, "cool": {}}}}


def without_rule(patch: Patch, *names: str) -> None:
    for name in names:
        patch.setitem(decision.RULES, name, lambda *given: None)  # taken out, it would come back at the end


def always_heating(patch: Patch) -> None:
    def decide(self: Thermostat, look: object) -> list[Demand]:
        return [Demand(output=self.outputs[0], value=1.0, reason="a planted bug")]

    patch.setattr(Thermostat, "decide", decide)


def no_trips(patch: Patch) -> None:
    patch.setattr(Trips, "look", lambda *given: None)


def failing_soon(patch: Patch) -> None:
    """A run that is no safe mode gives up after half a minute."""
    whole = Supervisor._start

    async def start(self: Supervisor) -> None:
        await whole(self)
        if not self.ports.safe_mode:
            asyncio.get_running_loop().call_later(30.0, self.ending.request_exit, "a planted bug")

    patch.setattr(Supervisor, "_start", start)


def evidence_is_not_asked_for(patch: Patch) -> None:
    without_rule(patch, "lease")
    no_trips(patch)
    always_heating(patch)


def leases_never_end(patch: Patch) -> None:
    whole, tick = Gate.demand, ControlService.tick

    def demand(self: Gate, device: str, value: float, **rest: Any) -> None:
        whole(self, device, value, **rest)
        wishes = self.outputs[device].demands
        for source, wish in wishes.items():
            wishes[source] = Wish(value=1.0, source=source, reason=wish.reason, until_s=1e9)

    def silent(self: ControlService) -> None:
        if self._clock.mono() < 1120.0:
            tick(self)

    patch.setattr(Gate, "demand", demand)
    patch.setattr(ControlService, "tick", silent)


def offs_are_lost(patch: Patch) -> None:
    whole = ActuatorHandle.write

    def write(self: ActuatorHandle, value: float, on_done: Any, **rest: Any) -> None:
        is_lost = self.device.id == "heater" and value == 0.0 and self._clock.mono() > 1200.0
        whole(self, 1.0 if is_lost else value, on_done, **rest)

    patch.setattr(ActuatorHandle, "write", write)


def nothing_is_barred(patch: Patch) -> None:
    without_rule(patch, "armed")
    always_heating(patch)


def safe_mode_is_none(patch: Patch) -> None:
    failing_soon(patch)
    nothing_is_barred(patch)


def starts_are_not_counted(patch: Patch) -> None:
    failing_soon(patch)
    patch.setattr(boots, "next_step", lambda record, **rest: Step.RUN)


def reboots_are_not_counted(patch: Patch) -> None:
    failing_soon(patch)
    whole = boots.next_step

    def next_step(record: Any, **rest: Any) -> Step:
        return Step.RUN if whole(record, **rest) is Step.RUN else Step.REBOOT

    patch.setattr(boots, "next_step", next_step)


def configuration_changes(patch: Patch) -> None:
    whole = Supervisor._start

    async def start(self: Supervisor) -> None:
        self.config = replace(self.config, controllers={})
        await whole(self)

    patch.setattr(Supervisor, "_start", start)


def commands_are_forgotten(patch: Patch) -> None:
    patch.setattr(Answers, "is_known", lambda self, command: False)


def reads_leave_tasks(patch: Patch) -> None:
    whole, left = SensorHandle.read, []

    async def read(self: SensorHandle) -> Any:
        if self._clock.mono() > 1400.0:
            left.append(asyncio.get_running_loop().create_task(asyncio.sleep(1e6)))
        return await whole(self)

    patch.setattr(SensorHandle, "read", read)


def password_is_told(patch: Patch) -> None:
    async def open_link(self: Any, *given: object) -> object:
        raise LinkFailed(f"the broker does not know {self._password}")

    patch.setattr(MemoryLink, "open", open_link)


def health_is_a_lie(patch: Patch) -> None:
    patch.setattr(assembly, "device_checks", lambda *given, **rest: [])
    patch.setattr(HealthService, "_on_condition", lambda self, event: None, raising=False)


def numbers_go_back(patch: Patch) -> None:
    whole = SensorHandle.read

    async def read(self: SensorHandle) -> Any:
        self._seq = min(self._seq, 20)
        return await whole(self)

    patch.setattr(SensorHandle, "read", read)


def breakers_stay_open(patch: Patch) -> None:
    whole = Breaker.admits
    patch.setattr(Breaker, "admits", lambda self, now_s: self.state.value == "closed" and whole(self, now_s))


def outputs_are_not_told(patch: Patch) -> None:
    patch.setattr(Bridge, "_on_output", lambda self, event: None)


def heat_never_comes_back(patch: Patch) -> None:
    whole, lost = Thermostat.decide, []

    def decide(self: Thermostat, look: Any) -> Any:
        lost.extend([] if look.believed("warm_probe.temperature").quality.value == "good" else [1])
        return [] if lost else whole(self, look)

    patch.setattr(Thermostat, "decide", decide)


def outbox_is_kept(patch: Patch) -> None:
    whole = MqttClient._pump
    patch.setattr(MqttClient, "_pump", lambda self: whole(self) if self._clock.mono() < 1300.0 else None)


def trips_never_end(patch: Patch) -> None:
    patch.setattr(Latch, "tick", lambda *given, **rest: None)


def evidence_is_never_enough(patch: Patch) -> None:
    patch.setattr(Evidence, "lack", lambda self, looked: "it has not proved itself")


def heat_is_never_asked_for(patch: Patch) -> None:
    patch.setattr(Thermostat, "decide", lambda self, look: [])


def targets_are_lowered(patch: Patch) -> None:
    whole = Setpoint.at
    patch.setattr(Setpoint, "at", lambda self, local: whole(self, local) - 5.0)


def too_much_is_expected_of_a_heater(patch: Patch) -> None:
    patch.setattr(Verification, "_needed", lambda self, expected_c: 10.0 * expected_c)


def every_trip_is_for_a_person(patch: Patch) -> None:
    whole = Latch.trip
    patch.setattr(Latch, "trip", lambda self, **rest: whole(self, **{**rest, "is_for_person": True}))
    too_much_is_expected_of_a_heater(patch)


BUGS: dict[str, tuple[Callable[[Patch], None], tuple[str, ...], float]] = {
    "I1": (evidence_is_not_asked_for, ("warm_probe=off@5m",), 420.0),
    "I2": (leases_never_end, (), 300.0),
    "I3": (evidence_is_not_asked_for, ("warm_probe=off@5m",), 3000.0),
    "I4": (lambda patch: without_rule(patch, "interlocks"), ("people=command@1m",), 900.0),
    "I5": (lambda patch: without_rule(patch, "max on"), ("people=command@1m",), 900.0),
    "I6": (offs_are_lost, ("warm_probe=off@5m",), 420.0),
    "I7": (nothing_is_barred, ("lamp=write_fails@0",), 120.0),
    "I8": (safe_mode_is_none, (), 420.0),
    "I9": (starts_are_not_counted, (), 300.0),
    "I10": (reboots_are_not_counted, (), 900.0),
    "I11": (configuration_changes, (), 660.0),
    "I12": (commands_are_forgotten, ("people=command@1m",), 900.0),
    "I13": (reads_leave_tasks, (), 2400.0),
    "I14": (password_is_told, (), 60.0),
    "I15": (health_is_a_lie, ("warm_probe=off@5m",), 600.0),
    "I16": (numbers_go_back, (), 200.0),
    "I17": (evidence_is_never_enough, (), 1800.0),
    "I18": (evidence_is_never_enough, (), 900.0),
    "I19": (too_much_is_expected_of_a_heater, (), 1200.0),
    "L1": (breakers_stay_open, ("warm_probe=off@5m+3m",), 1200.0),
    "L2": (breakers_stay_open, ("warm_probe=off@5m+3m",), 1200.0),
    "L3": (outputs_are_not_told, ("broker=down@5m+2m",), 900.0),
    "L4": (heat_never_comes_back, ("warm_probe=off@10m+2m",), 4000.0),
    "L5": (outbox_is_kept, ("broker=down@4m+2m",), 900.0),
}


COLD: dict[str, tuple[Callable[[Patch], None], tuple[str, ...], float, str]] = {
    "a latch that never resets itself": (trips_never_end, ("warm_probe=wrong(8)@20m+5m",), 4800.0, "was off for"),
    "a controller that never asks": (heat_is_never_asked_for, (), 1800.0, "was off for"),
    "a target that is lowered": (targets_are_lowered, (), 9000.0, "of its power in 2.0 h"),
    "a trip of a healthy heater that waits": (every_trip_is_for_a_person, (), 1200.0, "waits for a person"),
}
"""More ways to be cold: the bug, the faults, how long the run is, and what it is called."""


def test_every_rule_has_a_bug_here():
    assert BUGS.keys() == INVARIANTS.keys() | LIVENESS.keys()


@pytest.mark.parametrize("rule", list(BUGS))
def test_a_planted_bug_is_found_out(rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    plant, faults, for_s = BUGS[rule]
    more = {**MORE, "recovery": {"reboot": rule == "I10"}, **(WARM if rule == "L4" else {})}
    plant(monkeypatch)
    report = run(terrarium(tmp_path, more), *faults, for_s=for_s)
    assert rule in {each.invariant for each in (*report.violations, *report.late)}


@pytest.mark.parametrize("bug", list(COLD))
def test_a_bug_that_lets_the_animal_be_cold_is_found_out(bug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    plant, faults, for_s, told = COLD[bug]
    path = terrarium(tmp_path, MORE)
    assert run(path, *faults, for_s=for_s).verdict == "safe"
    plant(monkeypatch)
    report = run(path, *faults, for_s=for_s)
    assert report.verdict == "too cold"
    assert any(told in violation.text for violation in report.violations)
    assert report.false_trips == report.sometimes.get("false trip", 0) == (told == "waits for a person")
