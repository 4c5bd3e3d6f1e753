"""What becomes of findings: whose trip each is, whether it counts, and what ends it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from benches import GateBench
from fakes import an_actuator, heard

from alimante.config.keys import Role
from alimante.core.bus import EventBus
from alimante.core.events import ConditionChanged, Level, SafetyActed
from alimante.safety.conditions import Conditions
from alimante.safety.decision import Wish
from alimante.safety.findings import Finding, Kind
from alimante.safety.reporting import Reporter
from alimante.safety.trips import ADVICE, ELSEWHERE_S, UNKNOWN_LASTS_S, Trips

NOW_S, WALL_S = 10_000.0, 5000.0
LASTS_S = 300.0


class Watching:
    """A watch that finds what it is told to, and keeps what it was asked."""

    def __init__(self, output):
        self.output = output
        self.fans = frozenset()
        self.over = SimpleNamespace(is_hot=False)
        self.bounded = SimpleNamespace(is_held=False, is_full=False, reason="", settle=self._settle)
        self.is_proven, self.warms_too_little = True, False
        self.heat_lasts_s = LASTS_S
        self.warmed_by, self.against = set(), set()
        self.finds, self.ends = [], []
        self.looked, self.asked_gone, self.retried, self.settled = [], [], [], 0

    def _settle(self):
        self.settled += 1

    def look(self, now_s, believed, **seen):
        self.looked.append((now_s, believed, seen))
        return self.finds

    def gone(self, found):
        self.asked_gone.append(found)
        return self.ends

    def retry(self, now_s):
        self.retried.append(now_s)

    def learned(self):
        return {"of": self.output.id}

    def bounds(self):
        return f"bounds of {self.output.id}"

    def is_warmed_by(self, other):
        return other.id in self.warmed_by

    def is_held_against(self, sensor):
        return sensor in self.against


class Place:
    """A heater and a mat in one zone, a heater far away, and a lamp, a fan and a pump; `trips` over all of them."""

    def __init__(self, outputs):
        self.outputs = outputs
        bus = EventBus()
        self.acted, self.raised = heard(bus, SafetyActed), heard(bus, ConditionChanged)
        self.reporter = Reporter(bus, Conditions(bus), now=lambda: NOW_S, wall=lambda: WALL_S)
        self.watches = {name: Watching(outputs[name]) for name in ("heater", "mat", "far")}
        self.watches["heater"].fans = frozenset({"fan"})
        self.wall_s = WALL_S
        self.trips = Trips(outputs, self.watches, self.reporter, now=lambda: NOW_S, wall=lambda: self.wall_s)
        for output in outputs.values():
            was_on(output, off_for_s=0.0)

    def look(self, served=None):
        self.trips.look(NOW_S, "believed", served or {})

    def causes(self):
        """What each output is tripped for."""
        return {name: output.latch.causes for name, output in self.outputs.items() if output.latch.is_tripped}

    def counts(self):
        return {name: output.latch.trips[-1].counts for name, output in self.outputs.items() if output.latch.is_tripped}


def was_on(output, *, off_for_s):
    """It was on, and was seen off since `off_for_s` ago."""
    output.is_confirmed, output.value, output.commanded, output.asked = True, 0.0, 0.0, 0.0
    output.account.turned_on(NOW_S - off_for_s - 5000.0, None)
    output.account.turned_off(NOW_S - off_for_s)


def in_place(test):
    """Let `test(place)` have a place."""
    roles = {"heater": Role.HEATER, "mat": Role.HEATER, "far": Role.HEATER, "lamp": Role.LIGHT}
    devices = [
        replace(an_actuator(name), role=roles.get(name, Role.OTHER), zone="cool" if name == "far" else "warm")
        for name in ("heater", "mat", "far", "lamp", "fan", "pump", "cutoff")
    ]
    bench = GateBench(*devices)

    async def main():
        test(Place(bench.gate.outputs))

    bench.run(main, start=False)


def finding(kind=Kind.NO_RESPONSE, *, is_trip=True, **more):
    said = {"level": Level.CRITICAL, "text": "it was so", "advice": "do this", "values": (("seen", 1.0),)}
    return Finding(kind=kind, is_trip=is_trip, **(said | more))


# Trips.


def test_a_trip_is_a_critical_condition_and_an_action_and_ends_what_a_person_wished():
    def test(place):
        output = place.outputs["heater"]
        output.override = Wish(value=1.0, source="mqtt", reason="", until_s=2 * NOW_S)
        place.trips.trip(output, "no_response", "it does not warm", values=(("seen", 1.0),))
        (raised,), (acted,) = place.raised, place.acted
        assert (raised.component, raised.condition, raised.level) == ("heater", "no_response", Level.CRITICAL)
        assert (raised.text, raised.advice) == ("it does not warm", ADVICE)
        assert (acted.action, acted.cause, acted.values, acted.at_s) == (
            "tripped", "no_response", (("seen", 1.0),), NOW_S,
        )  # fmt: skip
        assert not output.latch.needs_person
        (trip,) = output.latch.trips
        assert (trip.at_s, trip.wall_s, trip.counts) == (NOW_S, WALL_S, True)
        assert (output.override, output.lapsed) == (None, "it does not warm")

    in_place(test)


def test_a_trip_that_is_known_already_is_told_once_and_takes_no_later_wish_away():
    def test(place):
        output = place.outputs["heater"]
        place.trips.trip(output, "no_response", "it does not warm")
        output.override = Wish(value=0.0, source="mqtt", reason="", until_s=2 * NOW_S)
        place.trips.trip(output, "no_response", "it does not warm")
        assert len(place.acted) == 1
        assert output.override is not None

    in_place(test)


def test_a_trip_may_be_for_a_person_and_may_not_count():
    def test(place):
        place.trips.trip(place.outputs["heater"], "stuck_on", "it heats", is_for_person=True, advice="unplug it")
        place.trips.trip(place.outputs["mat"], "no_response", "it may be the cold", counts=False)
        assert place.outputs["heater"].latch.needs_person
        assert place.raised[0].advice == "unplug it"
        assert place.counts() == {"heater": True, "mat": False}

    in_place(test)


def test_what_trips_carries_all_that_was_found():
    def test(place):
        place.watches["heater"].finds = [finding(Kind.STUCK_ON, is_for_person=True, counts=False)]
        place.look()
        output = place.outputs["heater"]
        assert place.causes() == {"heater": ["stuck_on"]}
        assert (output.latch.needs_person, place.counts()) == (True, {"heater": False})
        assert (place.raised[0].text, place.raised[0].advice) == ("it was so", "do this")
        assert (place.acted[0].values, place.acted[0].text) == ((("seen", 1.0),), output.latch.trips[-1].text)

    in_place(test)


def test_what_only_warns_is_a_condition_and_its_end_is_told():
    def test(place):
        watch = place.watches["mat"]
        watch.finds = [finding(Kind.WEAK, is_trip=False, level=Level.WARNING)]
        place.look()
        (raised,) = place.raised
        assert (raised.component, raised.condition, raised.level) == ("mat", "weak", Level.WARNING)
        assert (raised.text, raised.advice) == ("it was so", "do this")
        assert (place.causes(), place.acted) == ({}, [])
        assert watch.asked_gone == [watch.finds]
        watch.finds, watch.ends = [], [Kind.WEAK]
        place.look()
        assert [(each.component, each.condition, each.level) for each in place.raised[1:]] == [
            ("mat", "weak", Level.CLEAR)
        ]

    in_place(test)


# Whose trip it is.


def hot(place, name="heater"):
    place.watches[name].finds = [finding(Kind.OVER_TEMPERATURE)]
    place.watches[name].over.is_hot = True


def test_too_much_heat_trips_every_heater_of_the_place_and_only_those_that_can_have_made_it_count():
    def test(place):
        was_on(place.outputs["mat"], off_for_s=LASTS_S)
        was_on(place.outputs["heater"], off_for_s=LASTS_S - 0.1)
        hot(place)
        place.look()
        assert place.causes() == {"heater": ["over_temperature"], "mat": ["over_temperature"]}
        assert place.counts() == {"heater": True, "mat": False}

    in_place(test)


@pytest.mark.parametrize(
    ("own_off_s", "far_off_s", "is_known", "is_proven", "is_weak", "counts"),
    [
        (ELSEWHERE_S, 0.0, True, True, False, True),
        (ELSEWHERE_S, 0.0, True, False, False, True),
        (ELSEWHERE_S, 0.0, False, False, False, False),  # it was never seen to warm its own sensor: it may be this one
        (ELSEWHERE_S, 0.0, False, True, True, False),  # it does not warm its own sensor now
        (ELSEWHERE_S, 0.0, False, True, False, None),
        (ELSEWHERE_S, LASTS_S, True, False, True, None),  # nothing is left of its heat
        (ELSEWHERE_S - 0.1, 0.0, True, False, True, None),  # a heater in the place explains it
    ],
)
def test_where_none_of_the_place_is_on_a_heater_elsewhere_may_have_made_the_heat(
    own_off_s, far_off_s, is_known, is_proven, is_weak, counts
):
    def test(place):
        was_on(place.outputs["heater"], off_for_s=own_off_s)
        was_on(place.outputs["mat"], off_for_s=LASTS_S)
        was_on(place.outputs["far"], off_for_s=far_off_s)
        place.watches["heater"].warmed_by = {"far"} if is_known else set()
        place.watches["far"].is_proven, place.watches["far"].warms_too_little = is_proven, is_weak
        hot(place)
        place.look()
        assert place.counts().get("far") is counts
        assert set(place.causes()) >= {"heater", "mat"}
        assert "lamp" not in place.causes()

    in_place(test)


def test_of_a_heater_that_nothing_is_known_of_the_heat_lasts_long():
    def test(place):
        del place.watches["mat"]
        for off_for_s, counts in ((UNKNOWN_LASTS_S - 0.1, True), (UNKNOWN_LASTS_S, False)):
            was_on(place.outputs["mat"], off_for_s=off_for_s)
            hot(place)
            place.look()
            assert place.counts()["mat"] is counts
            place.trips.reset(place.outputs["mat"], "anna")

    in_place(test)


def test_a_finding_about_another_sensor_trips_what_is_held_against_that_one_too():
    def test(place):
        place.watches["far"].against = {"cool.temperature"}
        place.watches["mat"].against = {"warm.temperature"}
        place.watches["heater"].against = {"cool.temperature"}
        place.watches["heater"].finds = [finding(Kind.SWAPPED, other="cool.temperature", counts=False)]
        place.look()
        assert place.causes() == {"heater": ["swapped_probes"], "far": ["swapped_probes"]}
        assert place.counts() == {"heater": False, "far": False}
        assert [acted.device for acted in place.acted] == ["heater", "far"]

    in_place(test)


def test_a_finding_about_no_other_sensor_is_the_heaters_own():
    def test(place):
        place.watches["far"].against = {""}
        place.watches["heater"].finds = [finding()]
        place.look()
        assert set(place.causes()) == {"heater"}

    in_place(test)


# What is looked at.


def test_each_watch_is_told_what_its_heater_is_to_reach_whoever_wishes_it():
    def test(place):
        place.outputs["heater"].demands["control"] = Wish(
            value=1.0, source="control", reason="", until_s=2 * NOW_S, target=30.0
        )
        place.look()
        (seen,) = place.watches["heater"].looked
        assert seen == (NOW_S, "believed", {"target_c": 30.0, "has_power": True, "has_cutoff": False})
        assert place.watches["mat"].looked[0][2]["target_c"] is None

    in_place(test)


def test_each_watch_is_told_whether_something_can_cut_the_power_and_has():
    def test(place):
        cutoff, served = place.outputs["cutoff"], {"cutoff": [place.outputs["heater"]]}
        cutoff.commanded = 1.0
        place.look(served)
        cutoff.commanded = 0.0
        place.look(served)
        told = {
            name: [(seen["has_power"], seen["has_cutoff"]) for *_, seen in watch.looked]
            for name, watch in place.watches.items()
        }
        assert told == {"heater": [(True, True), (False, True)], "mat": [(True, False)] * 2, "far": [(True, False)] * 2}

    in_place(test)


# What ends a trip.


def tripped(place, *names, at_s):
    for name in names:
        place.outputs[name].latch.trip(cause="no_response", text="it does not warm", now_s=at_s)


def test_trips_end_with_their_rest_each_by_itself_and_the_watch_begins_anew():
    def test(place):
        rest_s = place.outputs["heater"].latch.cooldown_s
        place.reporter.found(place.outputs["far"], "no_response", level=Level.CRITICAL, text="", advice="")
        tripped(place, "heater", "pump", at_s=NOW_S - rest_s + 0.1)
        tripped(place, "far", at_s=NOW_S - rest_s)
        place.look()
        assert set(place.causes()) == {"heater", "pump"}
        assert [(acted.device, acted.action) for acted in place.acted] == [("far", "reset")]
        assert place.raised[-1].level is Level.CLEAR
        assert {name: watch.retried for name, watch in place.watches.items()} == {
            "heater": [], "mat": [], "far": [NOW_S],
        }  # fmt: skip

    in_place(test)


def test_no_trip_ends_where_it_is_too_hot():
    def test(place):
        tripped(place, "heater", "mat", "lamp", "far", at_s=0.0)
        place.watches["mat"].over.is_hot = True
        place.look()
        assert set(place.causes()) == {"heater", "mat", "lamp"}
        place.watches["mat"].over.is_hot = False
        place.look()
        assert place.causes() == {}

    in_place(test)


def test_a_person_resets_a_trip_and_all_that_was_held_for_it():
    def test(place):
        watch = place.watches["heater"]
        place.trips.trip(place.outputs["heater"], "no_response", "it does not warm")
        assert place.trips.reset(place.outputs["heater"], "anna")
        assert (place.causes(), watch.settled, watch.retried) == ({}, 1, [NOW_S])
        assert (place.acted[-1].text, place.acted[-1].at_s) == ("heater was reset by anna", NOW_S)
        assert place.raised[-1].level is Level.CLEAR
        assert not place.trips.reset(place.outputs["heater"], "anna")
        watch.bounded.is_held = True
        assert place.trips.reset(place.outputs["heater"], "anna")
        assert (watch.settled, watch.retried, len(place.acted)) == (3, [NOW_S], 2)

    in_place(test)


def test_an_output_without_a_watch_is_reset_too():
    def test(place):
        place.trips.trip(place.outputs["pump"], "test", "it was so")
        assert place.trips.reset(place.outputs["pump"], "anna")
        assert not place.trips.reset(place.outputs["pump"], "anna")

    in_place(test)


# What holds outputs.


def test_where_it_is_too_hot_the_zone_is_not_heated_and_its_fan_runs():
    def test(place):
        place.watches["heater"].over.is_hot = True
        why = "it is too hot at heater"
        assert {name for name, output in place.outputs.items() if place.trips.reason_to_cool(output) == why} == {
            "heater", "mat", "lamp", "fan", "pump", "cutoff",
        }  # fmt: skip
        assert place.trips.reason_to_cool(place.outputs["far"]) == ""
        assert {name: place.trips.reason_to_air(place.outputs[name]) for name in ("fan", "pump")} == {
            "fan": why, "pump": "",
        }  # fmt: skip
        place.watches["heater"].over.is_hot = False
        assert place.trips.reason_to_air(place.outputs["fan"]) == ""

    in_place(test)


def test_where_a_zone_may_be_at_its_limit_all_its_heaters_wait():
    def test(place):
        bounded = place.watches["mat"].bounded
        bounded.reason = "it may be 36 °C"
        assert place.trips.reason_to_wait(place.outputs["heater"]) == ""
        bounded.is_full = True
        assert place.trips.reason_to_wait(place.outputs["heater"]) == "it may be 36 °C"
        assert place.trips.reason_to_wait(place.outputs["far"]) == ""

    in_place(test)


def test_what_is_known_is_that_of_the_watch():
    def test(place):
        assert place.trips.learned("mat") == {"of": "mat"}
        assert place.trips.learned("lamp") is None
        assert place.trips.bounds() == {name: f"bounds of {name}" for name in place.watches}

    in_place(test)
