"""Every invariant has a bug that its oracle sees, and a sound run in which it stays silent."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from alimante.config.build import build
from alimante.config.model import Config
from alimante.core.clock import ManualClock
from alimante.core.events import (
    CommandFinished,
    CommandReceived,
    HealthChanged,
    Outcome,
    Quality,
    ReadingTaken,
    SafetyActed,
)
from alimante.core.states import NodeState
from alimante.safety.decision import Wish
from alimante.simulation.faults import device_kinds, parse
from alimante.simulation.oracles import INVARIANTS, ROUND_S, WELL_S, Oracles
from alimante.simulation.secrecy import Secrecy
from alimante.simulation.stage import on_simulated_wires
from alimante.simulation.watched import Window, warming
from alimante.wiring import open_wires
from hardware.board import GENERIC

SWITCH = {"driver": "relay", "wire": "pins", "active_high": True, "safe_value": "off", "zone": "warm"}
PROBE = {"driver": "ds18b20", "wire": "probes", "zone": "warm"}
DOCUMENT: dict[str, Any] = {
    "version": 1,
    "node": {"id": "test"},
    "mqtt": {"host": "127.0.0.1"},
    "wires": {"pins": {"kind": "gpio", "backend": "sim"}, "probes": {"kind": "onewire", "backend": "sim"}},
    "devices": {
        "one": {**PROBE, "address": "28-000000000001"},
        "other": {**PROBE, "address": "28-000000000002"},
        "heater": {
            **SWITCH,
            "pin": 17,
            "role": "heater",
            "depends_on": ["warm"],
            "limit": {"max_c": 36.0, "harm_c": 40.0},
        },
        "mister": {**SWITCH, "pin": 27, "role": "mister"},
        "lamp": {**SWITCH, "pin": 22, "role": "light"},
    },
    "groups": {"warm": {"members": ["one", "other"]}},
    "interlocks": [{"outputs": ["lamp", "mister"]}],
    "controllers": {"warmth": {"kind": "thermostat", "sensor": "warm", "heater": "heater", "target_c": 15.0}},
}


def sound() -> Config:
    built = build(DOCUMENT, board=GENERIC)
    assert built.config is not None, built.errors
    return on_simulated_wires(built.config)


class Bench:
    """Oracles over a plant in which anything may be switched, and a supervisor that says what it is told to say."""

    def __init__(self) -> None:
        config = sound()
        self.clock = ManualClock()
        world = open_wires(config, now=self.clock.mono).world
        assert world is not None
        self.plant = world.plant
        self.gate = SimpleNamespace(
            armed=True,
            held="",
            maintained_until_s=None,
            outputs={name: SimpleNamespace(override=None, demands={}) for name in self.plant.loads},
        )
        self.truly_c: float | None = None
        self.control = SimpleNamespace(completed_s=self.clock.mono())
        self.node = SimpleNamespace(current=NodeState.RUNNING)
        self.oracles = Oracles(config, self.plant.loads, temperature=self.temperature, start_s=self.clock.mono())
        self.oracles.begin_life(self, self.clock.mono())
        self.is_read = self.is_controlled = True
        self.seq = 0

    def temperature(self, zone: str) -> float:
        return self.plant.last_c(zone) if self.truly_c is None else self.truly_c

    def healthy(self, new: str) -> None:
        event = HealthChanged(component="node", old="UNKNOWN", new=new, reason="")
        self.oracles.on_health(event, self.clock.mono())

    def pass_(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            self.clock.advance(1.0)
            now_s = self.clock.mono()
            if self.is_controlled:
                self.control.completed_s = now_s
            if self.is_read and int(now_s) % 5 == 0:
                self.seq += 1
                for device in ("one", "other"):
                    self.read(device, self.seq)
            self.oracles.look(now_s, self.plant.truth() if self.oracles.wants_truth(now_s) else None)

    def read(self, device: str, seq: int) -> None:
        now_s = self.clock.mono()
        event = ReadingTaken(
            device=device,
            channel="temperature",
            value=25.0,
            unit="°C",
            quality=Quality.GOOD,
            measured_s=now_s,
            seq=seq,
        )
        self.oracles.on_reading(event, now_s)

    def acted(self, device: str, action: str = "forced_safe") -> None:
        now_s = self.clock.mono()
        event = SafetyActed(device=device, action=action, cause="test", text="", at_s=now_s)
        self.oracles.on_acted(event, now_s)

    @property
    def broken(self) -> list[str]:
        return [violation.invariant for violation in self.oracles.violations]


def lost_evidence(bench: Bench) -> None:
    bench.is_read = False
    bench.pass_(40.0)


def silent_controller(bench: Bench) -> None:
    bench.is_controlled = False
    bench.pass_(20.0)


def too_hot(bench: Bench) -> None:
    bench.pass_(3600.0)


def both_on(bench: Bench) -> None:
    bench.plant.act("lamp", 1.0)
    bench.plant.act("mister", 1.0)
    bench.pass_(2.0)


def too_long(bench: Bench) -> None:
    bench.plant.act("mister", 1.0)
    bench.pass_(45.0)


def too_often(bench: Bench) -> None:
    for _ in range(20):
        bench.plant.act("mister", 1.0)
        bench.pass_(20.0)
        bench.plant.act("mister", 0.0)
        bench.pass_(60.0)


def late_off(bench: Bench) -> None:
    bench.acted("heater")
    bench.pass_(5.0)


def not_armed(bench: Bench) -> None:
    bench.gate.armed = False
    bench.pass_(2.0)


def safe_mode(bench: Bench) -> None:
    bench.node.current = NodeState.SAFE
    bench.pass_(2.0)


def restart_loop(bench: Bench) -> None:
    for _ in range(5):
        give_up(bench)
        bench.pass_(60.0)


def give_up(bench: Bench) -> None:
    """The process ends by itself, and the next one begins at once."""
    now_s = bench.clock.mono()
    bench.plant.act("heater", 0.0)
    bench.oracles.begin_life(None, now_s)
    bench.oracles.ended(now_s, gave_up=True)
    bench.oracles.begin_life(bench, now_s)


def reboot_loop(bench: Bench) -> None:
    for _ in range(4):
        bench.oracles.rebooted(bench.clock.mono())
        bench.pass_(600.0)


def other_config(bench: Bench) -> None:
    bench.oracles.configuration(replace(sound(), groups={}), sound(), bench.clock.mono())


def gossip(bench: Bench) -> None:
    secrecy = Secrecy(("hush",), lambda where: bench.oracles.leaked(where, bench.clock.mono()))
    secrecy.text("a log", "nothing")
    secrecy.data("a message", b"the password is hush!")


def late_command(bench: Bench) -> None:
    now_s = bench.clock.mono()
    bench.oracles.on_command(
        CommandReceived(id="a", device="lamp", value=1.0, source="mqtt", expires_s=now_s + 30.0, ttl_s=60.0)
    )
    bench.pass_(60.0)
    finished = CommandFinished(id="a", device="lamp", outcome=Outcome.APPLIED, reason="", value=1.0)
    bench.oracles.on_finished(finished, bench.clock.mono())


def twice(bench: Bench) -> None:
    finished = CommandFinished(id="a", device="lamp", outcome=Outcome.APPLIED, reason="", value=1.0)
    for _ in range(3):  # an answer that is given again is no second effect
        bench.gate.outputs["lamp"].override = Wish(value=1.0, source="mqtt", reason="command a", until_s=2000.0)
        bench.oracles.on_finished(finished, bench.clock.mono())
    assert bench.broken == []
    bench.gate.outputs["lamp"].override = Wish(value=1.0, source="mqtt", reason="command a", until_s=2010.0)
    bench.oracles.on_finished(finished, bench.clock.mono())


def twice_over_a_restart(bench: Bench) -> None:
    """What a process that was killed could not save may happen again; what it had the time to save may not."""
    finished = CommandFinished(id="a", device="lamp", outcome=Outcome.APPLIED, reason="", value=1.0)
    for unsaved_s in (15.0, 5.0):
        bench.gate.outputs["lamp"].override = Wish(
            value=1.0, source="mqtt", reason="command a", until_s=2000.0 - unsaved_s
        )
        bench.oracles.on_finished(finished, bench.clock.mono())
        assert bench.broken == []
        bench.pass_(10.0)
        bench.oracles.ended(bench.clock.mono(), gave_up=False, unsaved_s=unsaved_s)
        bench.oracles.begin_life(bench, bench.clock.mono())
    bench.gate.outputs["lamp"].override = Wish(value=1.0, source="mqtt", reason="command a", until_s=2010.0)
    bench.oracles.on_finished(finished, bench.clock.mono())


def leak(bench: Bench) -> None:
    bench.oracles.tasks(30, bench.clock.mono())
    bench.oracles.tasks(90, bench.clock.mono())


def false_health(bench: Bench) -> None:
    bench.plant.act("heater", 0.0)
    bench.healthy("HEALTHY")
    bench.is_read = False
    bench.pass_(200.0)


def backwards(bench: Bench) -> None:
    bench.read("one", 7)
    bench.read("one", 7)


def needless_cold(bench: Bench) -> None:
    bench.truly_c = 12.0
    bench.pass_(1500.0)


def dangerous_cold(bench: Bench) -> None:
    bench.truly_c = 10.0
    bench.pass_(600.0)


def false_trip(bench: Bench) -> None:
    bench.acted("heater", "tripped")


BUGS = {
    "I1": lost_evidence,
    "I2": silent_controller,
    "I3": too_hot,
    "I4": both_on,
    "I5": too_long,
    "I6": late_off,
    "I7": not_armed,
    "I8": safe_mode,
    "I9": restart_loop,
    "I10": reboot_loop,
    "I11": other_config,
    "I12": late_command,
    "I13": leak,
    "I14": gossip,
    "I15": false_health,
    "I16": backwards,
    "I17": needless_cold,
    "I18": dangerous_cold,
    "I19": false_trip,
}


def test_every_invariant_has_a_bug_here():
    assert BUGS.keys() == INVARIANTS.keys()


@pytest.mark.parametrize("invariant", list(BUGS))
def test_a_planted_bug_is_seen_once_and_named(invariant: str):
    bench = Bench()
    bench.pass_(30.0)
    bench.plant.act("heater", 1.0)
    bench.pass_(10.0)
    assert bench.broken == []
    if invariant in ("I10", "I17", "I18", "I19"):
        bench.plant.act("heater", 0.0)
    BUGS[invariant](bench)
    assert bench.broken.count(invariant) == 1
    assert set(bench.broken) == {invariant}
    assert bench.oracles.violations[0].text


@pytest.mark.parametrize(("invariant", "bug"), [("I5", too_often), ("I12", twice), ("I12", twice_over_a_restart)])
def test_the_other_half_of_an_invariant_is_seen_too(invariant: str, bug: Any):
    bench = Bench()
    bug(bench)
    assert set(bench.broken) == {invariant}


def test_a_sound_hour_breaks_nothing():
    bench = Bench()
    bench.pass_(30.0)
    for _ in range(12):
        bench.plant.act("heater", 1.0)
        bench.pass_(60.0)
        bench.plant.act("heater", 0.0)
        bench.acted("heater")
        bench.pass_(240.0)
    assert bench.broken == []
    assert bench.oracles.looks == 3630


def test_one_member_that_is_read_is_enough_evidence_for_a_group():
    bench = Bench()
    bench.is_read = False
    for seq in range(30):
        bench.read("one", seq)
        bench.pass_(5.0)
        bench.plant.act("heater", 1.0)
    assert bench.broken == []


def test_a_welded_relay_is_not_blamed_on_the_gate():
    bench = Bench()
    bench.plant.loads["mister"].stuck = 1.0
    bench.pass_(120.0)
    bench.plant.loads["mister"].stuck = None
    bench.pass_(60.0)
    assert bench.broken == []


def test_an_episode_is_told_once_and_the_next_one_again():
    bench = Bench()
    bench.pass_(10.0)
    for _ in range(2):
        bench.plant.act("heater", 1.0)
        bench.gate.armed = False
        bench.pass_(5.0)
        bench.plant.act("heater", 0.0)
        bench.pass_(5.0)
    assert bench.broken == ["I7", "I7"]


def test_what_is_on_without_any_process_is_on_past_its_lease():
    bench = Bench()
    bench.pass_(10.0)
    bench.plant.act("heater", 1.0)
    bench.oracles.begin_life(None, bench.clock.mono())
    bench.pass_(8.0)
    assert bench.broken == []
    bench.pass_(10.0)
    assert bench.broken == ["I2"]


def test_nobody_is_blamed_for_what_was_while_the_computer_stood_still():
    bench = Bench()
    bench.pass_(10.0)
    bench.plant.act("heater", 1.0)
    bench.clock.advance(300.0)
    bench.oracles.resumed(bench.clock.mono())
    bench.oracles.look(bench.clock.mono(), None)
    bench.plant.act("heater", 0.0)
    bench.pass_(10.0)
    assert bench.broken == []


def test_harm_is_noticed_within_a_round_however_long_nobody_looked_at_the_heat():
    bench = Bench()
    bench.pass_(30.0)
    bench.plant.act("heater", 1.0)
    asked = []
    while not bench.broken:
        before_s = bench.clock.mono()
        wants = bench.oracles.wants_truth(before_s)
        bench.pass_(1.0)
        asked.append(wants)
        if bench.plant.truth().zones["warm"].highest_c < 40.0:
            harmless_s = bench.clock.mono()
    assert bench.broken == ["I3"]
    assert bench.clock.mono() - harmless_s <= ROUND_S + 1.0
    assert sum(asked) < len(asked) / 20


def test_a_quota_counts_what_was_within_its_window_and_no_more():
    window = Window(3600.0, 600.0)
    assert [window.used_s(at_s, on_s) for at_s, on_s in ((0.0, 0.0), (1800.0, 100.0), (3600.0, 400.0))] == [0, 100, 400]
    assert window.used_s(3660.0, 400.0) == 300.0
    assert window.used_s(9000.0, 500.0) == 0.0


@pytest.mark.parametrize(
    ("event", "warms", "room_c"),
    [
        ("sun=on(500)@1h", 2 * 500.0 * 0.08, 0.0),
        ("sun.warm=on(500)@1h", 2 * 500.0 * 0.08, 0.0),
        ("heater=power(3)@1h", 120.0, 0.0),
        ("heater=power(0.5)@1h", 0.0, 0.0),
        ("room=step(9)@1h", 0.0, 9.0),
        ("room=step(-9)@1h", 0.0, 0.0),
        ("door=open@1h", 0.0, 0.0),
    ],
)
def test_what_is_to_come_of_events_counts_in_how_fast_it_can_become_hot(event: str, warms: float, room_c: float):
    config, loads = sound(), Bench().plant.loads
    calm_k_per_s, calm_c = warming(config, loads)
    k_per_s, warmest_c = warming(config, loads, [parse(event, device_kinds(config))])
    capacity = min(zone.heat_capacity_j_per_k for zone in config.simulation.zones.values())
    assert (k_per_s - calm_k_per_s) * capacity == pytest.approx(warms)
    assert warmest_c - calm_c == room_c


def test_a_process_that_was_well_for_ten_minutes_is_no_restart_of_the_loop_that_it_falls_into():
    bench = Bench()
    bench.pass_(WELL_S + 1.0)
    for _ in range(5):
        give_up(bench)
        bench.pass_(60.0)
    assert bench.broken == []
    give_up(bench)
    assert bench.broken == ["I9"]


def test_time_without_a_process_and_time_while_it_is_critical_make_it_no_well_one():
    bench = Bench()
    bench.pass_(WELL_S - 60.0)
    for _ in range(5):
        bench.healthy("CRITICAL")
        bench.pass_(120.0)
        bench.healthy("WARNING")
        give_up(bench)
    assert bench.broken == ["I9"]
    bench = Bench()
    bench.oracles.ended(bench.clock.mono(), gave_up=False)
    bench.oracles.begin_life(None, bench.clock.mono())
    bench.clock.advance(2.0 * WELL_S)
    bench.oracles.begin_life(bench, bench.clock.mono())
    for _ in range(5):
        give_up(bench)
    assert bench.broken == ["I9"]
