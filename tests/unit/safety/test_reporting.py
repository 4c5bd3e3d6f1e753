"""What is told of outputs, and of what: the sentences themselves are for people, and not looked at here."""

from dataclasses import replace

import pytest
from benches import GateBench
from fakes import an_actuator, heard

from alimante.config.outputs import LimitsKeys, OutputKeys, QuotaKeys
from alimante.core.bus import EventBus
from alimante.core.events import ConditionChanged, Level, OutputChanged, SafetyActed
from alimante.safety.conditions import Conditions
from alimante.safety.decision import Cause, Verdict, Wish
from alimante.safety.reporting import LOGGED, Reporter
from alimante.safety.rules import Rules

NOW_S, WALL_S = 100.0, 5000.0
VALUES = (("seen_c", 25.0),)


class Told:
    """A reporter about one output, and everything that it told."""

    def __init__(self, output):
        bus = EventBus()
        self.output = output
        self.conditions = Conditions(bus)
        self.acted = heard(bus, SafetyActed)
        self.raised = heard(bus, ConditionChanged)
        self.changes = heard(bus, OutputChanged)
        self.kept = []
        self.reporter = Reporter(bus, self.conditions, now=lambda: NOW_S, wall=lambda: WALL_S)
        self.reporter.on_change = self.kept.append

    def bind(self, cause, *, value=0.0, lacks=""):
        """Let `cause` keep the output, which stands on, from a wish."""
        wish = Wish(value=1.0, source="control", reason="it is cold", until_s=0.0)
        verdict = Verdict(value=value, cause=cause, text=cause and f"because of {cause}", lacks=lacks)
        self.reporter.bound(self.output, wish, verdict, VALUES)

    def sorts(self):
        """What was raised and cleared, in order."""
        return [(each.condition, each.level) for each in self.raised]


def telling(look, rules=None, *, device=None):
    bench = GateBench(device or an_actuator())

    async def main():
        output = bench.output
        if rules is not None:
            output.rules = rules
        look(Told(output))

    bench.run(main, start=False)


def acted(**said):
    return SafetyActed(**{"device": "heater", "values": (), "latched": False, "at_s": NOW_S, **said})


def test_an_action_is_told_logged_and_kept():
    def look(told):
        told.output.latch.trip(cause="test", text="a test", now_s=0.0)
        told.reporter.acted(told.output, "forced_safe", "gap", "nothing was seen", VALUES)
        said = {"action": "forced_safe", "cause": "gap", "text": "nothing was seen", "latched": True}
        assert told.acted == [acted(**said, values=VALUES)]
        assert list(told.reporter.log) == [
            {"wall_s": WALL_S, "device": "heater", **said, "values": {"seen_c": 25.0}},
        ]
        assert told.kept == [True]

    telling(look)


def test_a_refusal_is_told_and_not_logged():
    def look(told):
        told.reporter.acted(told.output, "refused", "interlock", "the other one is on")
        assert [each.action for each in told.acted] == ["refused"]
        assert (list(told.reporter.log), told.kept) == ([], [])

    telling(look)


def test_the_log_is_bounded_and_forgets_the_oldest():
    def look(told):
        for number in range(LOGGED + 5):
            told.reporter.acted(told.output, "forced_safe", str(number), "")
        assert len(told.reporter.log) == LOGGED
        assert told.reporter.log[0]["cause"] == "5"

    telling(look)


def test_what_is_known_of_an_output_is_told_in_full():
    def look(told):
        output = told.output
        output.value, output.commanded, output.source, output.reason = 0.5, 1.0, "anna", "command c1"
        output.since_s = 90.0
        output.override = Wish(value=1.0, source="anna", reason="", until_s=777.0)
        told.reporter.changed(output)
        output.override = None
        output.latch.trip(cause="test", text="a test", now_s=0.0)
        told.reporter.changed(output)
        said = {"device": "heater", "value": 0.5, "commanded": 1.0, "source": "anna", "reason": "command c1"}
        assert told.changes == [
            OutputChanged(**said, since_s=90.0, latched=False, until_s=777.0),
            OutputChanged(**said, since_s=90.0, latched=True, until_s=None),
        ]

    telling(look)


@pytest.mark.parametrize(
    ("cause", "condition", "level", "is_safety"),
    [
        (Cause.NO_EVIDENCE, "no_evidence", Level.WARNING, False),
        (Cause.QUOTA, "quota_spent", Level.WARNING, False),
        (Cause.COUNT, "quota_spent", Level.WARNING, False),
        (Cause.HEATER_FAULT, "cutoff_open", Level.CRITICAL, True),
    ],
)
def test_what_a_person_should_look_after_is_a_condition_as_long_as_it_binds(cause, condition, level, is_safety):
    def look(told):
        told.bind(cause, lacks="probe.temperature")
        (raised,) = told.raised
        assert raised.advice
        assert raised == ConditionChanged(
            component="heater",
            condition=condition,
            level=level,
            text=f"because of {cause}",
            advice=raised.advice,
            is_safety=is_safety,
            cause="probe",
        )
        assert told.output.bound is cause
        told.bind(Cause.NONE)
        assert told.sorts() == [(condition, level), (condition, Level.CLEAR)]
        assert told.raised[-1].component == "heater"
        assert told.output.bound is Cause.NONE

    telling(look)


@pytest.mark.parametrize(("lacks", "cause"), [("probe.temperature", "probe"), ("warm", "warm"), ("", "")])
def test_what_is_not_believed_is_named_as_the_component_that_explains_it(lacks, cause):
    def look(told):
        told.bind(Cause.NO_EVIDENCE, lacks=lacks)
        assert told.raised[0].cause == cause

    telling(look)


def test_a_wish_that_is_gone_ends_the_condition():
    def look(told):
        told.bind(Cause.QUOTA)
        verdict = Verdict(value=0.0, cause=Cause.QUOTA, text="it is used up")
        told.reporter.bound(told.output, None, verdict, ())
        assert told.sorts()[-1] == ("quota_spent", Level.CLEAR)
        assert len(told.acted) == 1

    telling(look)


@pytest.mark.parametrize(
    ("stands", "granted", "action"), [(1.0, 0.0, "forced_safe"), (0.0, 0.0, "refused"), (1.0, 0.5, "refused")]
)
def test_what_was_on_is_forced_safe_and_what_was_not_is_refused(stands, granted, action):
    def look(told):
        told.output.commanded = stands
        told.bind(Cause.INTERLOCK, value=granted)
        assert told.acted == [acted(action=action, cause=Cause.INTERLOCK, text="because of interlock", values=VALUES)]
        assert told.output.decisions[-1].text == "ON by control is not granted: because of interlock"
        assert told.raised == []

    telling(look)


@pytest.mark.parametrize(
    "cause", [Cause.MIN_ON, Cause.MIN_OFF, Cause.MAX_POWER, Cause.FAILED, Cause.TRIPPED, Cause.UPPER_BOUND]
)
def test_ordinary_control_is_only_kept_for_the_question_why(cause):
    def look(told):
        told.bind(cause)
        assert (told.acted, told.raised) == ([], [])
        assert told.output.decisions[-1].at_s == NOW_S

    telling(look)


def test_a_demand_that_lapsed_forces_its_output_safe():
    def look(told):
        told.output.lapsed = "control has not renewed its demand"
        told.reporter.lapsed(told.output)
        assert told.acted == [acted(action="forced_safe", cause="lease", text="control has not renewed its demand")]

    telling(look)


def test_an_output_that_is_astray_is_told_until_it_is_seen_where_it_belongs():
    def look(told):
        told.output.reason = "it reads ON"
        told.reporter.astray(told.output)
        assert told.raised[0] == ConditionChanged(
            component="heater",
            condition="read_back",
            level=Level.CRITICAL,
            text="it reads ON",
            advice=told.raised[0].advice,
            is_safety=True,
        )
        assert told.raised[0].advice
        assert told.acted == [acted(action="forced_safe", cause="read_back", text="it reads ON")]
        assert len(told.changes) == 1
        told.reporter.seen(told.output)
        told.reporter.seen(told.output)
        assert told.sorts() == [("read_back", Level.CRITICAL), ("read_back", Level.CLEAR)]

    telling(look)


def test_an_output_that_is_not_confirmed_is_told_until_it_is_seen():
    def look(told):
        told.output.reason = "the wire is broken"
        told.reporter.unconfirmed(told.output)
        (raised,) = told.raised
        assert (raised.condition, raised.level, raised.is_safety) == ("not_confirmed", Level.CRITICAL, True)
        assert raised.text == "it cannot be seen to be safe: the wire is broken"
        assert raised.advice
        told.reporter.seen(told.output)
        assert told.sorts()[-1] == ("not_confirmed", Level.CLEAR)

    telling(look)


def test_what_a_watch_found_is_a_condition_until_it_is_found_no_more():
    def look(told):
        told.reporter.found(told.output, "slow", level=Level.WARNING, text="it warms slowly", advice="Look after it.")
        assert told.raised == [
            ConditionChanged(
                component="heater",
                condition="slow",
                level=Level.WARNING,
                text="it warms slowly",
                advice="Look after it.",
            )
        ]
        told.reporter.not_found(told.output, "other")
        assert len(told.raised) == 1
        told.reporter.not_found(told.output, "slow")
        assert told.sorts()[-1] == ("slow", Level.CLEAR)

    telling(look)


def test_a_trip_and_its_reset_are_told_and_its_conditions_end():
    def look(told):
        for name in ("stuck_on", "over_temperature", "other"):
            told.reporter.found(told.output, name, level=Level.CRITICAL, text=name, advice="")
        trip, reset = (
            acted(action="tripped", cause="stuck_on", text="it is on"),
            acted(action="reset", cause="stuck_on", text="heater was reset by anna"),
        )
        told.reporter.tripped(told.output, trip)
        told.reporter.reset(told.output, reset, ("stuck_on", "over_temperature"))
        assert told.acted == [trip, reset]
        assert [(each.at_s, each.text) for each in told.output.decisions] == [
            (NOW_S, "tripped: it is on"),
            (NOW_S, "heater was reset by anna"),
        ]
        assert [each.condition for each in told.conditions.of("heater")] == ["other"]

    telling(look)


def test_maintenance_and_a_hold_are_conditions_of_the_node():
    def look(told):
        told.reporter.maintenance(True)
        told.reporter.held("a person said so")
        assert [(each.component, each.condition, each.level) for each in told.raised] == [
            ("node", "maintenance", Level.WARNING),
            ("node", "held", Level.WARNING),
        ]
        assert all(each.advice and each.text for each in told.raised)
        assert told.raised[1].text == "every output is held safe: a person said so"
        assert told.kept == [True]
        told.reporter.maintenance(False)
        assert told.sorts()[-1] == ("maintenance", Level.CLEAR)
        assert told.kept == [True, True]

    telling(look)


@pytest.mark.parametrize(("cycles", "is_worn"), [(79, False), (80, True), (81, True)])
def test_a_relay_is_worn_at_four_fifths_of_its_rated_cycles(cycles, is_worn):
    def look(told):
        told.output.account.cycles = cycles
        told.reporter.turned_on(told.output)
        assert [(each.condition, each.level, bool(each.advice)) for each in told.raised] == (
            [("worn", Level.WARNING, True)] if is_worn else []
        )

    telling(look, Rules(safe=0.0, rated_cycles=100))


@pytest.mark.parametrize(
    ("limits", "is_critical"),
    [({}, False), ({"per_hour_s": 60.0}, True), ({"per_day_s": 60.0}, True), ({"is_dated": True}, True)],
    ids=str,
)
def test_what_counts_against_a_quota_is_saved_at_once_when_it_goes_on(limits, is_critical):
    """Else a crash would refill the quota."""

    def look(told):
        told.reporter.turned_on(told.output)
        assert told.kept == [is_critical]
        told.reporter.turned_off(told.output)
        assert told.kept == [is_critical, False]

    telling(look, Rules(safe=0.0, **limits))


def test_a_gap_forces_only_what_was_not_safe():
    def look(told):
        told.reporter.gap([told.output], "nothing was supervised")
        assert told.acted == []
        told.output.commanded = 1.0
        told.reporter.gap([told.output], "nothing was supervised again")
        assert told.acted == [acted(action="forced_safe", cause="gap", text="nothing was supervised again")]
        assert [each.text for each in told.output.decisions] == [
            "nothing was supervised",
            "nothing was supervised again",
        ]

    telling(look)


def test_a_condition_is_told_once_for_each_level_and_its_text_may_change():
    bus = EventBus()
    conditions, told = Conditions(bus), heard(bus, ConditionChanged)
    first = ConditionChanged(component="heater", condition="slow", level=Level.WARNING, text="one", is_safety=True)
    conditions.raise_(first)
    conditions.raise_(replace(first, text="two"))
    assert told == [first]
    assert conditions.of("heater") == [replace(first, text="two")]
    assert conditions.of("lamp") == []
    worse = replace(first, level=Level.CRITICAL)
    conditions.raise_(worse)
    conditions.raise_(replace(first, component="lamp", is_safety=False))
    conditions.tell_all()
    assert told[1:] == [worse, told[2], worse, told[2]]
    conditions.clear("heater", "slow")
    conditions.clear("heater", "slow")
    conditions.clear("nobody", "slow")
    assert told[5:] == [replace(worse, level=Level.CLEAR, text="over: one", advice="")]
    assert conditions.active.keys() == {("lamp", "slow")}


def test_the_quota_of_a_role_is_saved_too():
    keys = OutputKeys(limits=LimitsKeys(quota=QuotaKeys(per_hour_s=60.0)))

    def look(told):
        told.reporter.turned_on(told.output)
        assert told.kept == [True]

    telling(look, device=replace(an_actuator(), output=keys))
