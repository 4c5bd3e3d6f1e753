"""What the watch over a heater looks at, when it looks, and what it tells: its parts are scripted."""

from dataclasses import replace
from types import SimpleNamespace
from typing import ClassVar

import pytest
from benches import GateBench
from fakes import an_actuator

from alimante.config.keys import Role
from alimante.config.outputs import OutputKeys
from alimante.config.verify import LimitKeys, VerifyKeys
from alimante.core.events import Level, Quality
from alimante.policy.belief import Belief, unknown
from alimante.safety import watch as watch_module
from alimante.safety.bound import Doubt
from alimante.safety.findings import Finding, Kind
from alimante.safety.room import RoomLimits
from alimante.safety.watch import Watch, ZoneBounds, room_of, siblings, thermometers_of, watches_of
from hardware.api import Range, Unit
from tests.unit.safety.heating import good

NOW_S = 100.0
LIVING = RoomLimits(low_c=18.0, high_c=26.0, sensor="room.temperature")


class Script:
    """A verification or a bound that finds what it is told to, and keeps what it was given."""

    all: ClassVar[list] = []

    def __init__(self, *given, **named):
        self.all.append(self)
        self.made = given, named
        self.finds, self.looked, self.said = [], [], []
        self.may_rest = True
        self.learner = SimpleNamespace()
        self.bound = SimpleNamespace(doubt=Doubt.NONE)
        self.then_doubt = None
        self.is_held = self.is_doubted = False
        self.is_proven, self.heat_lasts_s = True, 123.0

    def look(self, now_s, seen=None, **named):
        self.looked.append((now_s, seen, named))
        if self.then_doubt is not None:
            self.bound.doubt, self.is_doubted = self.then_doubt, self.then_doubt is not Doubt.NONE
        return self.finds

    def rest(self, now_s):
        self.rested_s = now_s
        return self.may_rest

    def doubt(self, is_doubted, *, has_jumped):
        self.said.append((is_doubted, has_jumped))

    def retry(self, now_s):
        self.said.append(("retry", now_s))

    def is_warmed_by(self, name):
        return name == "lamp"

    def report(self):
        return {"expected_c": 29.5, "highest_possible_c": 31.5, "of": self.made[1].get("heater", "verification")}

    def snapshot(self):
        return {"kept": 1}

    def restore(self, kept, **named):
        self.said.append(("restored", kept, named))


def heater(name="heater", *, zone="warm", max_c=34.0, rate=1.0, **verify):
    limit = LimitKeys(max_c=max_c, max_rate_c_per_min=rate, fan=["fan"])
    return replace(
        an_actuator(name), role=Role.HEATER, zone=zone, output=OutputKeys(limit=limit, verify=VerifyKeys(**verify))
    )  # fmt: skip


def other(name, role, *, zone="warm", accepts=None):
    return replace(an_actuator(name, accepts=accepts), role=role, zone=zone)


OTHERS = (
    other("lamp", Role.LIGHT),
    other("sun", Role.UVB, zone="cool"),
    other("cooler", Role.COOLER),
    other("fan", Role.FAN, accepts=Range(0.0, 100.0, Unit.PERCENT, 0.0, 100.0)),
    other("something", Role.OTHER),
    other("pump", Role.PUMP),
    other("cutoff", Role.CUTOFF),
)
THERMOMETERS = {
    "warm.temperature": "warm",
    "cool.temperature": "cool",
    "far.temperature": "far",
    "nowhere.temperature": None,
}


class Place:
    """A watch over the first of some outputs, in scripted beliefs."""

    def __init__(self, outputs, sensor="warm.temperature", *, thermometers=THERMOMETERS):
        self.outputs = outputs
        self.output = outputs["heater"]
        for output in outputs.values():
            output.is_confirmed, output.value = True, 0.0
        self.beliefs = {name: good(20.0 + at, at_s=1.0) for at, name in enumerate(thermometers)} | {
            "room.temperature": good(15.0, at_s=1.0),
            "group": good(25.0, at_s=1.0),
            "meter.power": good(40.0, at_s=1.0),
        }
        self.watch = Watch(
            self.output,
            self.output.handle.device.output.limit,
            outputs=outputs,
            sensor=sensor,
            references={"meter": "meter.power"},
            thermometers=thermometers,
            room=LIVING,
        )
        self.sensor = sensor
        self.verification, self.bounded = Script.all[-2:]

    def look(self, now_s=NOW_S, *, target_c=28.0, has_power=True, **given):
        return self.watch.look(now_s, self.beliefs.__getitem__, target_c=target_c, has_power=has_power, **given)

    @property
    def seen(self):
        return self.verification.looked[-1][1]

    def looks(self):
        return len(self.verification.looked)


@pytest.fixture
def watching(monkeypatch):
    """Runs a test with a place of these outputs."""
    monkeypatch.setattr(watch_module, "Verification", Script)
    monkeypatch.setattr(watch_module, "Bounded", Script)

    def run(test, *devices, **given):
        bench = GateBench(*(devices or (heater(), *OTHERS)))

        async def main():
            test(Place(bench.gate.outputs, **given))

        bench.run(main, start=False)

    return run


def finding(kind=Kind.NO_RESPONSE, *, is_trip=True, **more):
    return Finding(kind=kind, level=Level.CRITICAL, is_trip=is_trip, text="", advice="", **more)


# What it looks at.


def test_the_parts_know_the_heater_its_limit_and_everything_that_warms_cools_or_moves_air(watching):
    def test(place):
        keys = place.output.handle.device.output
        ((name,), made) = place.verification.made
        assert name == "heater"
        assert made == {
            "verify": keys.verify, "limit": keys.limit, "others": ("lamp", "sun", "cooler", "fan", "something"),
        }  # fmt: skip
        _, made = place.bounded.made
        assert (made["heater"], made["limit"], made["limits"]) == ("heater", keys.limit, LIVING)
        assert made["learner"] is place.verification.learner
        assert made["rates"] == [0.3, 0.0, 0.0, 0.0, 0.0]  # a lamp of its zone warms it, and nothing else does
        assert place.watch.fans == {"fan"}
        assert (place.watch.over.heater, place.watch.over.limit) == ("heater", keys.limit)

    watching(test)


def test_another_heater_of_the_zone_may_warm_it_as_fast_as_it_is_configured_to(watching):
    def test(place):
        assert place.bounded.made[1]["rates"] == [3.0, 0.0, 0.3, 0.3]

    lamp = replace(other("lamp", Role.LIGHT), output=OutputKeys(limit=LimitKeys(max_c=30.0)))
    plain = replace(an_actuator("plain"), role=Role.HEATER, zone="warm")
    watching(test, heater(rate=1.0), heater("mat", rate=2.0), heater("far", zone="cool", rate=2.0), plain, lamp)


def test_it_sees_what_is_so(watching):
    def test(place):
        place.output.value = 1.0
        place.outputs["fan"].value = 25.0
        place.outputs["lamp"].value, place.outputs["lamp"].commanded = None, 1.0
        place.look(has_cutoff=True)
        seen = place.seen
        assert (seen.duty, seen.belief, seen.target_c) == (1.0, place.beliefs["warm.temperature"], 28.0)
        assert seen.others == {"lamp": 1.0, "sun": 0.0, "cooler": 0.0, "fan": 0.25, "something": 0.0}
        assert seen.elsewhere == {"cool.temperature": 21.0, "far.temperature": 22.0}
        assert (seen.has_power, seen.has_cutoff, seen.power_w, seen.is_held) == (True, True, None, False)
        assert (seen.heat_elsewhere, seen.is_cooled) == (False, False)
        place.bounded.is_held = True
        place.look(has_power=False)
        assert (place.seen.duty, place.seen.has_power, place.seen.has_cutoff) == (0.0, False, False)
        assert place.seen.is_held

    watching(test)


def test_what_reads_nothing_elsewhere_is_left_out(watching):
    def test(place):
        place.beliefs["far.temperature"] = unknown("lost")
        place.look()
        assert place.seen.elsewhere == {"cool.temperature": 21.0}

    watching(test)


def test_a_group_and_a_sensor_without_a_zone_are_where_the_heater_is(watching):
    def test(place):
        place.look()
        assert set(place.seen.elsewhere) == {"cool.temperature", "far.temperature"}
        assert place.watch.is_held_against(place.sensor)
        assert place.watch.is_held_against("warm.temperature") is (place.sensor == "group")
        assert not place.watch.is_held_against("cool.temperature")

    watching(test, sensor="group")
    watching(test, sensor="nowhere.temperature")


def test_a_sensor_in_another_zone_is_elsewhere_for_nobody_but_that_zone(watching):
    def test(place):
        place.look()
        assert set(place.seen.elsewhere) == {"warm.temperature", "far.temperature"}
        assert place.watch.is_held_against("cool.temperature")
        assert not place.watch.is_held_against("warm.temperature")

    watching(test, sensor="cool.temperature")


@pytest.mark.parametrize(
    ("name", "changes", "is_heat"),
    [
        ("lamp", {"is_on": True}, True),
        ("sun", {"is_on": True}, True),
        ("lamp", {"is_confirmed": False}, True),
        ("cooler", {"is_on": True}, False),
        ("something", {"is_on": True}, False),
        ("pump", {"is_confirmed": False}, False),
    ],
)
def test_other_heat_is_a_lamp_or_a_heater_that_is_or_may_be_on(watching, name, changes, is_heat):
    def test(place):
        output = place.outputs[name]
        output.is_confirmed = changes.get("is_confirmed", True)
        if "is_on" in changes:
            output.account.turned_on(0.0, None)
        place.look()
        assert place.seen.heat_elsewhere is is_heat
        assert place.seen.is_cooled is (name == "cooler")

    watching(test)


def test_a_cooler_that_is_not_known_to_be_off_cools(watching):
    def test(place):
        place.outputs["cooler"].is_confirmed = False
        place.look()
        assert place.seen.is_cooled

    watching(test)


@pytest.mark.parametrize(("value", "share"), [(-5.0, 0.0), (50.0, 0.5), (105.0, 1.0)])
def test_what_an_output_does_is_a_share_from_nothing_to_all(watching, value, share):
    def test(place):
        place.outputs["fan"].value = value
        place.look()
        assert place.seen.others["fan"] == share

    watching(test)


@pytest.mark.parametrize("named", ["meter", "meter.power"])
def test_its_own_power_is_looked_at_where_it_is_measured(watching, named):
    def test(place):
        place.look()
        assert place.seen.power_w == 40.0
        place.look()
        assert place.looks() == 2  # the power may change although nothing else does

    watching(test, heater(power=named), *OTHERS)


def test_the_bound_is_told_the_same_and_whether_the_reading_is_sound(watching):
    def test(place):
        place.output.value = 1.0
        place.outputs["lamp"].value = 1.0
        place.outputs["cooler"].account.turned_on(0.0, None)
        place.look()
        said = {
            "duty": 1.0, "shares": (1.0, 0.0, 0.0, 0.0, 0.0), "reading_c": 20.0, "measured_s": 1.0, "is_cooled": True,
            "is_sound": True, "target_c": 28.0, "ambient_c": 15.0,
        }  # fmt: skip
        assert place.bounded.looked == [(NOW_S, None, said)]
        belief = good(20.0, at_s=1.0)
        for unsound in (replace(belief, quality=Quality.SUSPECT), replace(belief, is_disputed=True)):
            place.beliefs["warm.temperature"] = unsound
            place.look()
            assert place.bounded.looked[-1][2]["is_sound"] is False

    watching(test)


def test_without_a_thermometer_in_the_room_the_bound_is_told_of_none(watching, monkeypatch):
    def test(place):
        place.look()
        assert place.bounded.looked[0][2]["ambient_c"] is None

    monkeypatch.setitem(globals(), "LIVING", RoomLimits(low_c=18.0, high_c=26.0))
    watching(test)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (Doubt.NONE, Doubt.NONE, []),
        (Doubt.NONE, Doubt.JUMP, [(True, True)]),
        (Doubt.JUMP, Doubt.NONE, [(False, True)]),
        (Doubt.NONE, Doubt.FALL, [(True, False)]),
        (Doubt.FALL, Doubt.NONE, [(False, False)]),
    ],
)
def test_a_reading_that_begins_or_ceases_to_be_doubted_is_told_to_the_check(watching, before, after, said):
    def test(place):
        place.bounded.bound.doubt, place.bounded.then_doubt = before, after
        place.look()
        assert place.verification.said == said

    watching(test)


# When it looks.


def test_it_does_not_look_again_while_all_is_the_same(watching):
    def test(place):
        place.look()
        assert place.look(NOW_S + 1.0) == []
        assert (place.verification.rested_s, place.verification.looked[0][0]) == (NOW_S + 1.0, NOW_S)
        assert (place.looks(), len(place.bounded.looked)) == (1, 1)

    watching(test)


CHANGES = {
    "reading": lambda place: place.beliefs.update({"warm.temperature": good(20.1, at_s=2.0)}),
    "elsewhere": lambda place: place.beliefs.update({"cool.temperature": good(21.1, at_s=2.0)}),
    "value": lambda place: setattr(place.output, "value", 1.0),
    "commanded": lambda place: setattr(place.output, "commanded", 1.0),
    "value of another": lambda place: setattr(place.outputs["something"], "value", 1.0),
    "command of another": lambda place: setattr(place.outputs["something"], "commanded", 1.0),
    "confirmation of another": lambda place: setattr(place.outputs["something"], "is_confirmed", False),
    "account of another": lambda place: place.outputs["something"].account.turned_on(0.0, None),
    "no rest": lambda place: setattr(place.verification, "may_rest", False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_looks_again_when_anything_changed(watching, change):
    def test(place):
        place.look()
        CHANGES[change](place)
        place.look(NOW_S + 1.0)
        assert place.looks() == 2

    watching(test)


def test_it_looks_again_when_the_target_or_the_power_changed(watching):
    def test(place):
        place.look()
        place.look(target_c=29.0)
        place.look(target_c=29.0, has_power=False)
        place.look(target_c=29.0, has_power=False)
        assert place.looks() == 3

    watching(test)


@pytest.mark.parametrize("what", ["found", "bound found", "hot", "held"])
def test_it_goes_on_looking_while_something_is_found(watching, what):
    def test(place):
        if what == "found":
            place.verification.finds = [finding(Kind.WEAK, is_trip=False)]
        elif what == "bound found":
            place.bounded.finds = [finding(Kind.LOWER, is_trip=False)]
        elif what == "hot":
            place.beliefs["warm.temperature"] = good(40.0, at_s=1.0)
        else:
            place.bounded.is_held = True
        place.look()
        place.look()
        assert place.looks() == 2

    watching(test)


# What it tells.


def test_over_temperature_is_told_first_and_as_long_as_it_is_too_hot(watching):
    def test(place):
        place.beliefs["warm.temperature"] = good(40.0, at_s=1.0)
        place.verification.finds = [finding()]
        assert [each.kind for each in place.look()] == [Kind.OVER_TEMPERATURE, Kind.NO_RESPONSE]
        assert [each.kind for each in place.look()] == [Kind.OVER_TEMPERATURE]

    watching(test)


def test_a_trip_is_told_once_and_a_warning_again_and_again(watching):
    def test(place):
        place.verification.finds = [finding(), finding(Kind.WEAK, is_trip=False)]
        place.bounded.finds = [finding(Kind.LOWER, is_trip=False)]
        assert [each.kind for each in place.look()] == [Kind.NO_RESPONSE, Kind.WEAK, Kind.LOWER]
        assert [each.kind for each in place.look()] == [Kind.WEAK, Kind.LOWER]
        place.verification.finds = []
        assert [each.kind for each in place.look()] == [Kind.LOWER]
        place.verification.finds = [finding()]
        assert [each.kind for each in place.look()] == [Kind.NO_RESPONSE, Kind.LOWER]

    watching(test)


@pytest.mark.parametrize("change", [{"counts": True}, {"is_for_person": True}])
def test_a_trip_that_counts_now_or_is_for_a_person_now_is_news(watching, change):
    def test(place):
        place.verification.finds = [finding(Kind.STUCK_ON, counts=False)]
        assert len(place.look()) == 1
        place.verification.finds = [finding(Kind.STUCK_ON, **({"counts": False} | change))]
        assert len(place.look()) == 1
        assert place.look() == []

    watching(test)


def test_after_a_reset_a_trip_that_is_found_again_is_told_again(watching):
    def test(place):
        place.verification.finds = [finding()]
        place.look()
        place.watch.retry(NOW_S)
        assert place.verification.said == [("retry", NOW_S)]
        assert len(place.look()) == 1

    watching(test)


def test_a_warning_that_is_found_no_more_is_gone_once(watching):
    def test(place):
        warns = [finding(Kind.WEAK, is_trip=False), finding(Kind.LOWER, is_trip=False)]
        assert not place.watch.gone([])
        assert not place.watch.gone(warns)
        assert place.watch.warms_too_little
        assert set(place.watch.gone(warns[:1])) == {Kind.LOWER}
        assert place.watch.warms_too_little
        assert set(place.watch.gone([])) == {Kind.WEAK}
        assert not place.watch.warms_too_little
        assert not place.watch.gone([])

    watching(test)


def test_a_warning_that_became_a_trip_is_not_gone(watching):
    def test(place):
        warned = [finding(Kind.NO_RESPONSE, is_trip=False)]
        place.watch.gone(warned)
        place.verification.finds = [finding()]
        assert not place.watch.gone(place.look())

    watching(test)


# What is known.


def test_what_is_known_is_that_of_its_parts(watching):
    def test(place):
        watch, lamp = place.watch, place.outputs["lamp"]
        assert watch.bounds() == ZoneBounds(reading_c=None, expected_c=29.5, highest_c=31.5)
        place.look()
        assert watch.bounds() == ZoneBounds(reading_c=20.0, expected_c=29.5, highest_c=31.5)
        assert (watch.is_proven, watch.heat_lasts_s) == (True, 123.0)
        assert (watch.is_warmed_by(lamp), watch.is_warmed_by(place.outputs["fan"])) == (True, False)
        assert watch.learned() == {"expected_c": 29.5, "highest_possible_c": 31.5, "of": "heater"}
        assert watch.snapshot() == {"kept": 1, "bounded": {"kept": 1}}

    watching(test)


def test_what_was_kept_goes_to_its_parts_and_what_makes_no_sense_to_none(watching):
    def test(place):
        place.watch.restore({"kept": 1, "bounded": {"kept": 2}}, away_s=5.0)
        assert place.verification.said == [("restored", {"kept": 1, "bounded": {"kept": 2}}, {})]
        assert place.bounded.said == [("restored", {"kept": 2}, {"away_s": 5.0})]
        place.watch.restore({"bounded": 7}, away_s=None)
        assert len(place.bounded.said) == 1

    watching(test)


def device(name, *quantities, zone=None, is_ambient=False):
    channels = [SimpleNamespace(name=f"{quantity}_1", quantity=quantity) for quantity in quantities]
    return SimpleNamespace(id=name, zone=zone, is_ambient=is_ambient, channels=channels)


def configured(*devices):
    return SimpleNamespace(
        devices={each.id: each for each in devices}, location=SimpleNamespace(room_c=(14.0, 24.0))
    )  # fmt: skip


def test_the_thermometers_are_the_channels_that_measure_a_temperature_by_their_zone():
    config = configured(device("probe", "temperature", "humidity", zone="warm"), device("cpu", "temperature"))
    assert thermometers_of(config) == {"probe.temperature_1": "warm", "cpu.temperature_1": None}


def test_the_room_is_what_was_said_of_it_and_a_thermometer_that_hangs_in_it():
    probe, outside = device("probe", "temperature"), device("out", "humidity", "temperature", is_ambient=True)
    assert room_of(configured(probe)) == RoomLimits(low_c=14.0, high_c=24.0, sensor="")
    assert room_of(configured(probe, outside)) == RoomLimits(low_c=14.0, high_c=24.0, sensor="out.temperature_1")


# Who is watched.


def test_a_heater_with_a_limit_and_a_temperature_is_watched(watching):
    def test(place):
        said = {"room": LIVING}
        said["references"] = {"probe": "warm.temperature", "cool": "cool.temperature", "meter": "meter.power"}
        found = watches_of(place.outputs, thermometers=THERMOMETERS, **said)
        assert set(found) == {"heater", "needs"}
        assert {name: watch.output for name, watch in found.items()} == {
            name: place.outputs[name] for name in ("heater", "needs")
        }
        assert found["heater"].is_held_against("warm.temperature")
        assert found["needs"].is_held_against("cool.temperature")
        found["heater"].look(0.0, place.beliefs.__getitem__, target_c=None, has_power=True)
        (bound,) = found["heater"].bounded.looked
        assert Script.all[-4].looked[0][1].power_w == 40.0
        assert bound[2]["ambient_c"] == 15.0

    limit = LimitKeys(max_c=34.0)
    needing = OutputKeys(limit=limit, depends_on=["cool.temperature"])
    needs = replace(an_actuator("needs"), role=Role.HEATER, zone="far", output=needing)
    blind = replace(an_actuator("blind"), role=Role.HEATER, output=OutputKeys(limit=limit))
    free = replace(an_actuator("free"), role=Role.HEATER, output=OutputKeys(depends_on=["cool.temperature"]))
    lamp = replace(an_actuator("lamp"), role=Role.LIGHT, output=needs.output)
    watching(test, heater(sensor="probe", power="meter"), needs, blind, free, lamp)


def test_all_heaters_of_a_zone_are_siblings(watching):
    def test(place):
        found = [output.id for output in siblings(place.output, place.outputs)]
        assert found == ["heater", "mat"]

    watching(test, heater(), heater("mat"), heater("far", zone="cool"), *OTHERS)


def test_the_reading_of_a_lost_sensor_is_none(watching):
    def test(place):
        place.beliefs["warm.temperature"] = Belief(value=None, quality=Quality.UNKNOWN)
        place.look()
        assert place.watch.bounds().reading_c is None
        assert place.bounded.looked[0][2]["reading_c"] is None

    watching(test)
