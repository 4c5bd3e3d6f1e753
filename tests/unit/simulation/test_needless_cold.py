"""Who is to blame for cold: what excuses a heater that is off, what does not, and which trips are false ones."""

from types import SimpleNamespace
from typing import Any

import pytest

from alimante.config.build import build
from alimante.core.clock import ManualClock
from alimante.core.events import SafetyActed
from alimante.core.states import NodeState
from alimante.safety.decision import Wish
from alimante.simulation.cold import BLAME_S, EVERY_S, RECOVERY_S, Cold
from alimante.simulation.faults import Fault, device_kinds, parse
from alimante.simulation.stage import on_simulated_wires
from alimante.simulation.warmth import warmths_of
from alimante.wiring import open_wires
from hardware.board import GENERIC

SWITCH = {"driver": "relay", "wire": "pins", "active_high": True, "safe_value": "off"}
PROBE = {"driver": "ds18b20", "wire": "probes"}
WARMTH = {"kind": "thermostat", "sensor": "probe", "heater": "heater", "target_c": 28.0}
DOCUMENT: dict[str, Any] = {
    "version": 1,
    "node": {"id": "test"},
    "mqtt": {"host": "127.0.0.1"},
    "wires": {"pins": {"kind": "gpio", "backend": "sim"}, "probes": {"kind": "onewire", "backend": "sim"}},
    "devices": {
        "probe": {**PROBE, "zone": "warm", "address": "28-000000000001"},
        "far": {**PROBE, "zone": "cool", "address": "28-000000000002"},
        "heater": {
            **SWITCH,
            "pin": 17,
            "zone": "warm",
            "role": "heater",
            "depends_on": ["probe"],
            "limit": {"max_c": 34.0},
        },
        "cutoff": {**SWITCH, "pin": 16, "role": "cutoff"},
        "fan": {**SWITCH, "pin": 22, "zone": "warm", "role": "fan"},
    },
    "controllers": {"warmth": WARMTH},
}


class Bench:
    """One heater in a zone that is as warm as the test says, and a supervisor that says what it is told to say."""

    def __init__(self, **changed: Any) -> None:
        built = build({**DOCUMENT, **changed}, board=GENERIC)
        assert built.config is not None, built.errors
        self.config = on_simulated_wires(built.config)
        self.clock = ManualClock()
        world = open_wires(self.config, now=self.clock.mono).world
        assert world is not None
        self.plant = world.plant
        self.plant.act("cutoff", 1.0)
        self.truly_c = 28.0
        self.output = SimpleNamespace(override=None, demands={})
        self.gate = SimpleNamespace(held="", maintained_until_s=None, outputs={"heater": self.output})
        self.node = SimpleNamespace(current=NodeState.RUNNING)
        self.is_spent = False
        self._broken: set[tuple[str, str]] = set()
        self.said: list[str] = []
        self.cold = Cold(
            self.config,
            self.plant.loads,
            temperature=lambda zone: self.truly_c if zone == "warm" else 20.0,
            judge=self.judge,
            is_spent=lambda heater, now_s: self.is_spent,
            start_s=self.clock.mono(),
        )

    def judge(self, invariant: str, subject: str, is_broken: bool, now_s: float, text: str) -> None:
        if is_broken:
            self._broken.add((invariant, subject))
            self.said.append(text)
        else:
            self._broken.discard((invariant, subject))

    @property
    def broken(self) -> set[str]:
        return {invariant for invariant, _ in self._broken}

    def pass_(self, seconds: float) -> None:
        for _ in range(int(seconds / EVERY_S)):
            self.clock.advance(EVERY_S)
            self.cold.look(self.clock.mono(), self)

    def fault(self, text: str) -> Fault:
        return parse(f"{text}@1", device_kinds(self.config))

    def repair(self, fault: Fault) -> None:
        self.cold.repaired(fault, self.clock.mono())

    def asked(self, target_c: float) -> None:
        self.output.demands["warmth"] = Wish(value=1.0, source="warmth", reason="", until_s=1e9, target=target_c)

    def acted(self, action: str = "tripped", *, latched: bool = False, cause: str = "over_temperature") -> None:
        now_s = self.clock.mono()
        event = SafetyActed(device="heater", action=action, cause=cause, text="", latched=latched, at_s=now_s)
        self.cold.on_acted(event, now_s)

    def cools(self) -> None:
        """The night, in which the heater stays off."""
        self.truly_c = 25.0
        self.pass_(2000.0)


def test_a_healthy_heater_that_is_off_in_a_cold_zone_is_kept_off_for_no_reason():
    bench = Bench()
    bench.cools()
    assert bench.broken == {"I17"}
    assert "heater is healthy and was off for 1350 s: 25.0 °C in warm, target 28 °C" in bench.said[0]


def test_a_heater_that_is_off_within_the_band_is_fine():
    bench = Bench()
    bench.truly_c = 26.6
    bench.pass_(20_000.0)
    assert bench.broken == set()
    assert bench.cold.zones()["warm"][0].below_s == 0.0


def test_a_wide_hysteresis_and_a_correction_of_the_sensor_widen_the_band():
    probe = {**DOCUMENT["devices"]["probe"], "channels": {"temperature": {"offset": 1.0}}}
    (corrected,) = warmths(devices={**DOCUMENT["devices"], "probe": probe})
    (wide,) = warmths(controllers={"warmth": {**WARMTH, "hysteresis_c": 3.0}})
    assert (corrected.band_c, wide.band_c) == (2.5, 3.5)


def warmths(**changed: Any) -> Any:
    bench = Bench(**changed)
    return warmths_of(bench.config, bench.plant.loads)


def test_a_heater_that_does_all_it_can_is_not_blamed_for_a_cold_room():
    bench = Bench()
    bench.truly_c = 20.0
    bench.plant.act("heater", 1.0)
    bench.pass_(20_000.0)
    assert bench.broken == set()
    assert bench.cold.zones()["warm"][0].colder_c == 8.0


def test_a_heater_that_comes_and_goes_in_a_zone_that_stays_too_cold_is_kept_short():
    bench = Bench()
    bench.truly_c = 25.0
    for _ in range(32):
        bench.plant.act("heater", 1.0)
        bench.pass_(60.0)
        bench.plant.act("heater", 0.0)
        bench.pass_(180.0)
    assert bench.broken == {"I17"}
    assert "gave 2" in bench.said[0]


def test_an_open_cutoff_keeps_a_heater_off_that_is_asked_for():
    bench = Bench()
    bench.plant.act("heater", 1.0)
    bench.plant.act("cutoff", 0.0)
    bench.cools()
    assert bench.broken == {"I17"}


def test_below_the_safe_minimum_nobody_waits_so_long():
    bench = Bench()
    bench.truly_c = 23.0
    bench.pass_(480.0)
    assert bench.broken == {"I18"}


def test_the_configured_alarm_says_the_safe_minimum():
    probe = {**DOCUMENT["devices"]["probe"], "channels": {"temperature": {"alarm_low": 26.0}}}
    (warmth,) = warmths(devices={**DOCUMENT["devices"], "probe": probe})
    assert warmth.minimum_c == 25.5


def test_the_lowest_target_of_the_year_is_what_a_controller_may_hold_without_a_clock():
    target = {"day": 30.0, "night": 24.0, "day_from": "08:00", "day_to": "20:00"}
    target["over_year"] = [{"date": "12-21", "shift": -2.0}, {"date": "06-21", "shift": 1.0}]
    (warmth,) = warmths(controllers={"warmth": {**WARMTH, "target_c": target}})
    assert warmth.target_c == 22.0


def test_a_target_that_rose_counts_when_the_zone_had_the_time_to_follow():
    bench = Bench(
        controllers={"warmth": {**WARMTH, "target_c": {"day": 30, "night": 25, "day_from": "08:00", "day_to": "20:00"}}}
    )
    bench.asked(25.0)
    bench.truly_c = 25.0
    bench.pass_(3600.0)
    bench.asked(30.0)
    bench.pass_(7200.0)
    assert bench.broken == set()
    assert bench.cold.zones()["warm"][0].colder_c == 0.0
    bench.pass_(3600.0)
    assert bench.broken == {"I17"}
    assert bench.cold.zones()["warm"][0].colder_c == 5.0


def test_a_target_below_that_of_the_configuration_is_none():
    bench = Bench()
    bench.asked(20.0)
    bench.cools()
    assert bench.broken == {"I17"}


@pytest.mark.parametrize("fault", ["probe=off", "heater=burnt_out", "cutoff=burnt_out", "probes=dead", "process=hang"])
def test_a_fault_of_the_heater_of_what_it_goes_by_or_of_the_process_excuses_it_for_a_while(fault: str):
    bench = Bench()
    broken = bench.fault(fault)
    bench.cold.broken(broken)
    bench.cools()
    assert bench.broken == set()
    excused = bench.cold.zones()["warm"][1]
    assert (excused.colder_c, bench.cold.zones()["warm"][0].colder_c) in ((3.0, 0.0), (0.0, 0.0))
    bench.repair(broken)
    bench.pass_(RECOVERY_S + 900.0 + 1200.0)
    assert bench.broken == set()
    bench.pass_(600.0)
    assert bench.broken == {"I17"}


@pytest.mark.parametrize("fault", ["far=off", "fan=burnt_out", "broker=down", "disk=full", "clock=unsynced"])
def test_a_fault_of_something_else_excuses_nothing(fault: str):
    bench = Bench()
    bench.cold.broken(bench.fault(fault))
    bench.cools()
    assert bench.broken == {"I17"}


def test_another_bulb_is_no_fault():
    bench = Bench()
    bench.cold.broken(parse("heater=power(0.5)@0+1m", device_kinds(bench.config)))
    bench.cools()
    assert bench.broken == {"I17"}


@pytest.mark.parametrize("reason", ["maintenance", "override", "quota"])
def test_what_a_person_or_the_quota_keeps_off_is_not_kept_off_for_no_reason(reason: str):
    bench = Bench()
    bench.pass_(60.0)
    if reason == "maintenance":
        bench.gate.maintained_until_s = 1e9
    elif reason == "override":
        bench.output.override = Wish(value=0.0, source="person", reason="", until_s=1e9, is_override=True)
    else:
        bench.is_spent = True
    bench.cools()
    assert bench.broken == set()
    counted, excused = bench.cold.zones()["warm"]
    assert (counted if reason == "quota" else excused).colder_c == 3.0
    assert (excused if reason == "quota" else counted).below_s == 0.0


def test_safe_mode_is_a_reason_after_bad_starts_only():
    for fault, broken in (("process=crash", set()), ("broker=down", {"I17"})):
        bench = Bench()
        bench.cold.broken(bench.fault(fault))
        bench.repair(bench.fault(fault))
        bench.node.current = NodeState.SAFE
        bench.pass_(3600.0)
        bench.cools()
        assert bench.broken == broken


def test_a_zone_that_was_never_warm_yet_is_not_colder_than_its_target():
    bench = Bench()
    bench.truly_c = 20.0
    bench.plant.act("heater", 1.0)
    bench.pass_(3600.0)
    assert bench.cold.zones()["warm"][0].colder_c == 0.0


def test_how_cold_it_was_counts_as_hours_and_degree_hours_below_the_band():
    bench = Bench()
    bench.pass_(60.0)
    bench.truly_c = 24.5
    bench.pass_(1800.0)
    chill = bench.cold.zones()["warm"][0]
    assert (chill.colder_c, chill.below_s) == (3.5, 1800.0)
    assert chill.below_k_h == pytest.approx(1.0)


# Trips.


def test_a_trip_of_a_healthy_heater_in_a_zone_that_is_not_too_hot_is_a_false_one():
    bench = Bench()
    bench.acted(cause="no_response")
    bench.acted(cause="not_heating", latched=True)
    assert bench.broken == {"I19"}
    assert bench.cold.false_trips == 1
    assert "waits for a person" in bench.said[-1]
    bench.acted("reset")
    assert bench.broken == set()
    bench.acted(cause="no_response")
    assert bench.cold.false_trips == 2


def test_a_heater_that_is_held_off_while_it_is_truly_too_hot_did_not_trip_falsely():
    bench = Bench()
    bench.truly_c = 34.0
    bench.acted()
    assert (bench.broken, bench.cold.false_trips) == (set(), 0)


def test_the_rest_after_a_trip_that_was_right_is_not_needless():
    heater = {**DOCUMENT["devices"]["heater"], "limit": {"max_c": 34.0, "cooldown_s": 7200.0}}
    bench = Bench(devices={**DOCUMENT["devices"], "heater": heater})
    bench.truly_c = 34.0
    bench.acted()
    bench.pass_(3600.0)
    bench.truly_c = 25.0
    bench.pass_(7200.0)
    assert bench.broken == set()
    bench.pass_(3600.0)
    assert bench.broken == {"I17"}


def test_a_thermometer_that_is_said_to_show_more_trips_rightly_where_that_is_too_hot():
    probe = {**DOCUMENT["devices"]["probe"], "channels": {"temperature": {"offset": 2.0}}}
    bench = Bench(devices={**DOCUMENT["devices"], "probe": probe})
    bench.truly_c = 32.0
    bench.acted()
    assert (bench.broken, bench.cold.false_trips) == (set(), 0)


def test_heat_of_others_is_none_for_a_person():
    bench = Bench()
    bench.truly_c = 34.0
    bench.acted(latched=True)
    assert (bench.broken, bench.cold.false_trips) == ({"I19"}, 1)


def test_heat_that_the_heater_made_itself_may_be_one_for_a_person():
    bench = Bench()
    bench.plant.act("heater", 1.0)
    bench.pass_(60.0)
    bench.plant.act("heater", 0.0)
    bench.truly_c = 34.0
    bench.pass_(60.0)
    bench.acted(latched=True)
    assert (bench.broken, bench.cold.false_trips) == (set(), 0)
    bench.cools()
    assert bench.broken == set(), "it waits rightly"


def test_a_trip_because_of_a_fault_is_no_false_one_for_a_while():
    bench = Bench()
    broken = bench.fault("probe=wrong(8)")
    bench.cold.broken(broken)
    bench.acted()
    bench.acted("reset")
    bench.repair(broken)
    bench.pass_(BLAME_S)
    bench.acted()
    assert bench.cold.false_trips == 0
    bench.acted("reset")
    bench.pass_(1200.0)
    bench.acted()
    assert (bench.broken, bench.cold.false_trips) == ({"I19"}, 1)


def test_a_process_that_crashes_is_no_reason_to_trip():
    bench = Bench()
    bench.cold.broken(bench.fault("process=crash"))
    bench.acted(cause="no_response")
    assert bench.cold.false_trips == 1


def test_a_heater_that_cannot_warm_anything_may_be_called_so():
    bench = Bench(simulation={"loads": {"heater": {"heat_w": 2.0}}})
    bench.acted(cause="not_heating", latched=True)
    bench.cools()
    assert (bench.broken, bench.cold.false_trips) == (set(), 0)
