"""What the gate trusts, for how long, and what ends it: a gap in time, a place that is too hot, a trip."""

from dataclasses import replace

import pytest
from benches import APPLIED, REJECTED, GateBench, seconds
from fakes import an_actuator, heard

from alimante.config.keys import Role
from alimante.config.outputs import LimitsKeys, OutputKeys
from alimante.config.verify import LimitKeys, VerifyKeys
from alimante.core.events import ConditionChanged, Level, SafetyActed
from alimante.safety import gate as gate_module
from alimante.safety.decision import Cause, decide
from alimante.safety.gate import GAP_S, Gate
from alimante.safety.output import Decision
from alimante.safety.trips import Trips
from alimante.safety.watch import Watch
from hardware.api import Range, Unit
from tests.unit.safety.heating import good

FREE = LimitsKeys(min_on_s=0.0, min_off_s=0.0)
"""Nothing but trust keeps such an output from going on again at once."""

REST_S = 60.0


# After a gap in time.


@pytest.fixture
def pair():
    return GateBench(
        *(replace(an_actuator(name), role=Role.HEATER, output=OutputKeys(limits=FREE)) for name in ("heater", "other"))
    )


def pause(bench, for_s=GAP_S + 0.1):
    """Nothing is supervised for so long."""
    bench.clock.advance(for_s)
    bench.gate.tick()


def test_after_a_gap_nothing_goes_on_before_every_output_was_seen_safe_again(pair):
    async def main():
        assert pair.outcome(pair.command(1.0)) is APPLIED
        pair.far["other"].fault = "raise"
        pause(pair)
        assert pair.level == 0.0
        for _ in range(20):
            refused = pair.command(1.0)
            pair.gate.demand("heater", 1.0, source="control", reason="it is cold")
            await seconds(1.0)
            assert pair.answers(refused)[0].reason == "not armed: not yet known to be safe: other"
            assert pair.level == 0.0
        pair.far["other"].fault = ""
        await seconds(1.1)
        pair.gate.demand("heater", 1.0, source="control", reason="it is cold")
        await seconds(1.1)
        assert pair.level == 1.0

    pair.run(main)


def test_after_a_gap_only_what_was_not_safe_is_told_to_be_forced(pair):
    acted = heard(pair.bus, SafetyActed)

    async def main():
        pair.command(1.0)
        pair.gate.demand("other", 0.0, source="control", reason="it is warm")
        pause(pair, for_s=60.0)
        text = "nothing was supervised for 60 s"
        assert [(one.device, one.action, one.cause, one.text) for one in acted] == [
            ("heater", "forced_safe", "gap", text)
        ]
        assert all(output.reason == text and output.source == "gate" for output in pair.gate.outputs.values())
        assert Decision(at_s=pair.clock.mono(), text=text) in pair.output.decisions

    pair.run(main)


def test_a_pause_that_is_no_gap_changes_nothing(pair):
    async def main():
        pair.command(1.0)
        pause(pair, for_s=GAP_S)
        assert pair.level == 1.0

    pair.run(main)


def test_after_a_gap_readings_have_to_prove_themselves_again():
    heater = replace(
        an_actuator(), role=Role.HEATER, output=OutputKeys(limits=FREE, depends_on=["heater_probe.temperature"])
    )
    bench = Place(heater, readings={"heater_probe.temperature": 25.0})

    async def main():
        await all_wished(bench, 6.0)
        assert bench.level == 1.0
        pause(bench)
        assert bench.outcome(bench.command(1.0)) is REJECTED
        assert "has given 1 of 3 good readings in a row" in bench.answers("c1")[0].reason
        assert bench.level == 0.0
        await all_wished(bench, 4.0)
        assert bench.level == 1.0

    bench.run(main)


# Where it is too hot.


class Place(GateBench):
    """Outputs in zones, with `readings` that are measured anew each second unless it `is_still`."""

    def __init__(self, *devices, readings):
        super().__init__(*devices)
        self.readings = dict(readings)
        self.is_still = False
        self._beliefs = {}
        self.build_gate = lambda handles, **given: Gate(
            handles, believed=self.believed, thermometers=dict.fromkeys(self.readings), wall=self.clock.wall, **given
        )

    def believed(self, name):
        at_s, value = self.clock.mono() // 1.0, self.readings[name]
        before = self._beliefs.get(name)
        if before is None or ((before.measured_s, before.value) != (at_s, value) and not self.is_still):
            self._beliefs[name] = good(value, at_s=at_s)
        return self._beliefs[name]


def heats(name, *, max_c, zone="warm"):
    """A heater with a limit and a sensor of its own; only its limit can trip it."""
    probe = f"{name}_probe.temperature"
    keys = OutputKeys(
        depends_on=[probe],
        limits=FREE,
        limit=LimitKeys(max_c=max_c, cooldown_s=REST_S),
        verify=VerifyKeys(enabled=False, sensor=probe),
    )
    return replace(an_actuator(name), role=Role.HEATER, zone=zone, output=keys)


LIMITS = {"heater": 34.0, "mat": 60.0, "far": 34.0}


@pytest.fixture
def place():
    """A heater, a mat beside it that may get much hotter, and a heater in another zone."""
    zones = {"heater": "warm", "mat": "warm", "far": "cool"}
    return Place(
        *(heats(name, max_c=limit_c, zone=zones[name]) for name, limit_c in LIMITS.items()),
        readings={f"{name}_probe.temperature": 25.0 for name in LIMITS},
    )


def read(bench, name, value):
    bench.readings[f"{name}_probe.temperature"] = value


async def all_wished(bench, for_s):
    """Let controllers want all heaters on for so long."""
    for _ in range(round(for_s)):
        for name in bench.gate.outputs:
            bench.gate.demand(name, 1.0, source="control", reason="it is cold")
        await seconds(1.0)


def levels(bench):
    return {name: far.level for name, far in bench.far.items()}


@pytest.mark.parametrize(
    ("hot", "reads_c", "off"),
    [("heater", 34.5, ("heater", "mat")), ("mat", 63.0, ("heater", "mat")), ("far", 37.0, ("far",))],
)
def test_a_place_that_is_too_hot_for_one_heater_is_too_hot_for_all_heaters_there(place, hot, reads_c, off):
    """Whatever the others' own limits are: the heat of any of them keeps the place hot."""

    async def main():
        await all_wished(place, 6.0)
        assert levels(place) == dict.fromkeys(LIMITS, 1.0)
        read(place, hot, reads_c)
        await all_wished(place, 4.0)
        assert levels(place) == {name: float(name not in off) for name in LIMITS}
        tripped = {name: output.latch.causes for name, output in place.gate.outputs.items() if output.latch.is_tripped}
        assert tripped == {name: ["over_temperature"] for name in off}

    place.run(main)


@pytest.mark.parametrize("still_c", [33.0, 33.9])
def test_a_trip_lasts_as_long_as_the_place_is_not_clearly_cooler_than_the_limit(place, still_c):
    """The rest being over is not enough: below the limit, but by less than a degree, it is still too hot."""

    async def main():
        await all_wished(place, 6.0)
        read(place, "heater", 35.0)
        await all_wished(place, 4.0)
        read(place, "heater", still_c)
        await all_wished(place, 3 * REST_S)
        assert levels(place) == {"heater": 0.0, "mat": 0.0, "far": 1.0}
        assert place.output.latch.is_tripped
        assert place.gate.outputs["mat"].latch.is_tripped
        read(place, "heater", 32.9)
        await all_wished(place, 4.0)
        assert levels(place) == dict.fromkeys(LIMITS, 1.0)

    place.run(main)


def test_a_trip_for_another_cause_does_not_end_where_it_is_too_hot(place):
    async def main():
        await all_wished(place, 6.0)
        place.gate.trip("mat", "no_response", "it does not warm")
        read(place, "heater", 35.0)
        await all_wished(place, 4.0)
        read(place, "heater", 33.5)
        assert place.gate.reset("heater", "anna")
        await all_wished(place, 2 * REST_S)
        assert place.gate.outputs["mat"].latch.is_tripped

    place.run(main)


def lamp(name="lamp", zone="warm"):
    return replace(an_actuator(name), role=Role.LIGHT, zone=zone, output=OutputKeys(limits=FREE))


def test_no_lamp_is_on_where_it_is_too_hot():
    bench = Place(
        heats("heater", max_c=34.0),
        lamp(),
        lamp("far_lamp", zone="cool"),
        readings={"heater_probe.temperature": 25.0},
    )

    async def main():
        await all_wished(bench, 6.0)
        read(bench, "heater", 35.0)
        await all_wished(bench, 4.0)
        assert levels(bench) == {"heater": 0.0, "lamp": 0.0, "far_lamp": 1.0}

    bench.run(main)


# While nothing is new.


@pytest.mark.parametrize(
    "device", [an_actuator("plain"), lamp(), heats("heater", max_c=34.0)], ids=lambda device: device.id
)
def test_what_was_granted_holds_without_asking_all_rules_on_every_tick(device, monkeypatch):
    asked = []
    monkeypatch.setattr(gate_module, "decide", lambda *about: asked.append(about) or decide(*about))
    bench = Place(device, readings={"heater_probe.temperature": 25.0})

    async def main():
        await all_wished(bench, 6.0)
        bench.is_still = True
        asked.clear()
        await all_wished(bench, 20.0)
        assert bench.far[device.id].level == 1.0
        assert len(asked) <= 1

    bench.run(main)


@pytest.mark.parametrize("device", [an_actuator("plain"), lamp()], ids=lambda device: device.id)
def test_a_trip_ends_what_was_granted(device):
    bench = GateBench(device)

    async def main():
        await all_wished(bench, 3.0)
        acted = heard(bench.bus, SafetyActed)
        bench.gate.trip(device.id, "test", "a test tripped it", values=(("seen", 1.0),))
        await all_wished(bench, 1.1)
        assert bench.far[device.id].level == 0.0
        assert bench.gate.outputs[device.id].trip == "a test tripped it; it is tried again after 900 s"
        assert [(one.action, one.cause, one.text, one.values) for one in acted] == [
            ("tripped", "test", "a test tripped it", (("seen", 1.0),))
        ]

    bench.run(main)


def test_a_trip_for_a_person_lasts_until_a_named_person_resets_it():
    bench = GateBench(an_actuator())

    async def main():
        bench.gate.trip("heater", "test", "a test tripped it", is_for_person=True)
        assert bench.output.latch.needs_person
        acted = heard(bench.bus, SafetyActed)
        assert bench.gate.reset("heater", "anna")
        assert [one.text for one in acted] == ["heater was reset by anna"]
        bench.gate.trip("heater", "test", "a test tripped it")
        assert not bench.output.latch.needs_person

    bench.run(main)


# What is refused.


def test_a_failed_write_is_no_reason_to_refuse_a_person():
    bench = GateBench(an_actuator())

    async def main():
        bench.far["heater"].fault = "ignore"
        bench.command(1.0)
        bench.far["heater"].fault = ""
        bench.gate.tick()
        assert bench.output.rest_until_s > bench.clock.mono()
        assert bench.gate.refusal_of("heater") == ""

    bench.run(main)


def test_what_is_only_lowered_is_not_refused():
    keys = OutputKeys(limits=LimitsKeys(max_power_pct=80.0))
    bench = GateBench(replace(an_actuator(accepts=Range(0.0, 100.0, Unit.PERCENT, 0.0, 100.0)), output=keys))

    async def main():
        assert bench.gate.refusal_of("heater") == ""
        bench.gate.hold("a person said so")
        assert bench.gate.refusal_of("heater") == "a person said so"

    bench.run(main)


def test_what_was_learned_is_told_of_heaters_with_a_limit_only():
    bench = Place(heats("heater", max_c=34.0), lamp(), readings={"heater_probe.temperature": 25.0})

    async def main():
        assert bench.gate.learned("lamp") is None
        assert bench.gate.learned("heater")

    bench.run(main)


def test_a_heater_that_has_to_wait_loses_what_was_granted(monkeypatch):
    """Also while its sensor says nothing new: that it never moves may be the very reason."""
    reason = []
    monkeypatch.setattr(Trips, "reason_to_wait", lambda trips, output: "".join(reason))
    bench = Place(heats("heater", max_c=34.0), lamp(), readings={"heater_probe.temperature": 25.0})

    async def main():
        await all_wished(bench, 6.0)
        bench.is_still = True
        await all_wished(bench, 6.0)
        assert levels(bench) == {"heater": 1.0, "lamp": 1.0}
        reason.append("it may be as hot as its limit")
        await all_wished(bench, 1.1)
        assert levels(bench) == {"heater": 0.0, "lamp": 1.0}
        assert bench.output.bound is Cause.UPPER_BOUND
        assert bench.output.bound_text == "it may be as hot as its limit"

    bench.run(main)


def test_a_heater_that_lost_its_sensor_is_told_with_what_was_believed_and_until_it_is_back():
    bench = Place(heats("heater", max_c=34.0), readings={"heater_probe.temperature": 25.0})
    acted, conditions = heard(bench.bus, SafetyActed), heard(bench.bus, ConditionChanged)

    async def main():
        await all_wished(bench, 6.0)
        acted.clear()
        conditions.clear()
        del bench.readings["heater_probe.temperature"]
        await all_wished(bench, 3.0)
        assert bench.level == 0.0
        assert [(one.action, one.cause, one.values) for one in acted] == [("forced_safe", "no_evidence", ())]
        assert [(each.condition, each.cause) for each in conditions] == [("no_evidence", "heater_probe")]
        read(bench, "heater", 26.0)
        await all_wished(bench, 6.0)
        assert bench.level == 1.0
        assert [each.level for each in conditions] == [Level.WARNING, Level.CLEAR]

    bench.run(main)


def test_a_refusal_has_the_values_that_it_went_by():
    keys = OutputKeys(depends_on=["heater_probe.temperature"])
    bench = Place(replace(an_actuator(), output=keys), readings={"heater_probe.temperature": 25.0})
    acted = heard(bench.bus, SafetyActed)

    async def main():
        await all_wished(bench, 2.0)
        assert bench.level == 0.0
        assert [(one.action, one.cause, one.values) for one in acted] == [
            ("refused", "not_armed", (("heater_probe.temperature", 25.0),))
        ]
        assert "good readings in a row" in acted[0].text

    bench.run(main)


def test_a_heater_behind_an_open_cutoff_is_watched_as_one_without_power(monkeypatch):
    seen = []
    monkeypatch.setattr(Watch, "look", lambda watch, now_s, look, *, has_power, **rest: seen.append(has_power) or [])
    relay = replace(an_actuator("cutoff"), role=Role.CUTOFF)
    bench = Place(relay, heats("heater", max_c=34.0), readings={"heater_probe.temperature": 25.0})

    async def main():
        await seconds(1.1)
        assert set(seen) == {False}
        await seconds(12.0)
        seen.clear()
        await seconds(1.1)
        assert set(seen) == {True}

    bench.run(main)


def aired():
    """A heater whose fan is to run when it is too hot, and a fan of another place."""
    heater = heats("heater", max_c=34.0)
    keys = heater.output.model_copy(update={"limit": LimitKeys(max_c=34.0, cooldown_s=REST_S, fan=["fan"])})
    fans = [replace(an_actuator(name), role=Role.FAN, output=OutputKeys(limits=FREE)) for name in ("fan", "other_fan")]
    return Place(replace(heater, output=keys), *fans, readings={"heater_probe.temperature": 25.0})


def test_where_it_is_too_hot_its_fan_runs_whatever_controllers_wish_until_it_is_over():
    bench = aired()

    async def main():
        await seconds(6.0)
        assert levels(bench) == {"heater": 0.0, "fan": 0.0, "other_fan": 0.0}
        read(bench, "heater", 35.0)
        for _ in range(20):
            bench.gate.demand("fan", 0.0, source="control", reason="it is not moist")
            await seconds(1.0)
        fan = bench.gate.outputs["fan"]
        assert levels(bench) == {"heater": 0.0, "fan": 1.0, "other_fan": 0.0}
        assert (fan.source, fan.reason) == ("gate", "it is too hot at heater")
        read(bench, "heater", 32.0)
        await seconds(3.0)
        assert levels(bench) == {"heater": 0.0, "fan": 0.0, "other_fan": 0.0}

    bench.run(main)


def test_a_fan_that_nobody_wishes_on_runs_too_and_a_person_may_stop_it():
    bench = aired()

    async def main():
        await seconds(6.0)
        read(bench, "heater", 35.0)
        await seconds(60.0)
        assert bench.far["fan"].level == 1.0
        bench.command(0.0, device="fan", ttl_s=20.0)
        await seconds(10.0)
        assert bench.far["fan"].level == 0.0
        await seconds(15.0)
        assert bench.far["fan"].level == 1.0

    bench.run(main)


def test_what_a_hold_keeps_off_is_bound_by_it():
    bench = GateBench(an_actuator())

    async def main():
        bench.gate.hold("a person said so")
        await all_wished(bench, 2.0)
        assert (bench.output.bound, bench.output.bound_text) == (Cause.HELD, "a person said so")

    bench.run(main)


def test_good_readings_count_while_an_output_is_off_too():
    keys = OutputKeys(depends_on=["heater_probe.temperature"])
    bench = Place(replace(an_actuator(), output=keys), readings={"heater_probe.temperature": 25.0})

    async def main():
        for _ in range(6):
            bench.gate.demand("heater", 0.0, source="control", reason="it is warm")
            await seconds(1.0)
        bench.gate.demand("heater", 1.0, source="control", reason="it is cold")
        assert bench.level == 1.0

    bench.run(main)


def test_a_controllers_off_waits_for_the_shortest_time_on():
    keys = OutputKeys(limits=LimitsKeys(min_on_s=20.0, min_off_s=0.0))
    bench = GateBench(replace(an_actuator(), output=keys))

    async def main():
        bench.gate.demand("heater", 1.0, source="control", reason="it is cold")
        for _ in range(21):
            assert bench.level == 1.0
            bench.gate.demand("heater", 0.0, source="control", reason="it is warm")
            await seconds(1.0)
        assert bench.level == 0.0

    bench.run(main)


def test_the_cutoff_follows_what_became_of_its_heater():
    relay = replace(an_actuator("cutoff"), role=Role.CUTOFF)
    bench = Place(relay, heats("heater", max_c=34.0), readings={"heater_probe.temperature": 25.0})

    async def main():
        await all_wished(bench, 20.0)
        assert levels(bench) == {"cutoff": 1.0, "heater": 1.0}
        bench.changes.clear()
        read(bench, "heater", 40.0)
        await all_wished(bench, 3.0)
        assert levels(bench) == {"cutoff": 0.0, "heater": 0.0}
        went_off = [change.device for change in bench.changes if change.value == 0.0]
        assert went_off.index("heater") < went_off.index("cutoff")

    bench.run(main)


def test_a_gate_begins_unheld_and_its_watches_know_the_thermometers(monkeypatch):
    told = []
    watches_of = gate_module.watches_of
    monkeypatch.setattr(gate_module, "watches_of", lambda *about: told.append(about) or watches_of(*about))
    bench = Place(heats("heater", max_c=34.0), readings={"heater_probe.temperature": 25.0})

    async def main():
        assert bench.gate.held == ""
        assert told[0][2] == {"heater_probe.temperature": None}

    bench.run(main, start=False)
