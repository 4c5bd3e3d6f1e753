"""The health service: what it runs, what it tells, and what it answers when nobody looks any more."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alimante.config.supervision import HealthKeys
from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import ConditionChanged, HealthChanged, Level
from alimante.core.tasks import Tasks
from alimante.policy.checkup import SOUND, Check, Finding
from alimante.policy.health import Health
from alimante.services.health import HealthService
from tests.unit.fakes import heard

BAD = Finding(level=Level.CRITICAL, code="no_answer", text="it does not answer", advice="check its plug")
WARN = Finding(level=Level.WARNING, code="odd", text="it is odd")
NOTHING = Finding(level=None)


class Bench:
    """A health service whose looks are made by hand, every five seconds."""

    def __init__(self, **keys: Any) -> None:
        self.clock = ManualClock()
        self.bus = EventBus()
        self.refusal = ""
        tasks = Tasks(lambda name, error: None)
        self.service = HealthService(
            HealthKeys(**keys), bus=self.bus, clock=self.clock, tasks=tasks, refusal=lambda: self.refusal
        )
        self.service._undo = self.bus.subscribe(ConditionChanged, self.service._on_condition)
        self.findings: dict[str, Finding] = {}
        self.changes = heard(self.bus, HealthChanged)
        self.conditions = heard(self.bus, ConditionChanged)

    def add(self, component: str, finding: Finding = SOUND, **keys: Any) -> Any:
        self.findings[component] = finding
        check = Check(component=component, name="answers", run=lambda: self.findings[component], **keys)
        return self.service.add_check(check)

    def look(self, times: int = 1, *, every_s: float = 5.0) -> None:
        for _ in range(times):
            self.service.look()
            self.clock.advance(every_s)

    def condition(self, component: str, level: Level, *, condition: str = "lost", **more: Any) -> None:
        text = f"{component} is lost" if level is not Level.CLEAR else ""
        self.bus.publish(ConditionChanged(component=component, condition=condition, level=level, text=text, **more))

    def healths(self, component: str) -> list[str]:
        return [event.new for event in self.changes if event.component == component]


@pytest.fixture
def bench():
    return Bench()


def test_nothing_at_all_is_unknown(bench):
    assert bench.service.node() is Health.UNKNOWN


def test_one_good_look_is_enough_to_be_healthy_and_is_told_once(bench):
    bench.add("probe")
    bench.look(20)
    assert bench.healths("probe") == ["HEALTHY"]
    assert bench.healths("node") == ["HEALTHY"]


def test_what_stops_answering_is_a_warning_then_critical_and_recovers_in_two_steps(bench):
    bench.add("probe")
    bench.look(3)
    bench.findings["probe"] = BAD
    bench.look(3)
    assert bench.healths("probe") == ["HEALTHY", "WARNING", "CRITICAL"]
    assert bench.changes[-1].advice == "check its plug"
    bench.findings["probe"] = SOUND
    bench.look(24)
    assert bench.healths("probe")[3:] == ["WARNING", "HEALTHY"]
    assert bench.healths("node") == ["HEALTHY", "WARNING", "CRITICAL", "WARNING", "HEALTHY"]


def test_what_a_check_finds_is_announced_as_a_condition_and_cleared_once(bench):
    bench.add("probe")
    bench.look()
    bench.findings["probe"] = BAD
    bench.look(10)
    bench.findings["probe"] = SOUND
    bench.look(24)
    told = [(event.component, event.condition, event.level) for event in bench.conditions]
    assert told == [
        ("probe", "answers", Level.WARNING),
        ("probe", "answers", Level.CRITICAL),
        ("probe", "answers", Level.WARNING),
        ("probe", "answers", Level.CLEAR),
    ]
    assert bench.conditions[0].text == "it does not answer"


def test_what_others_tell_already_is_not_announced_again(bench):
    bench.add("probe")
    bench.look()
    bench.condition("probe", Level.CRITICAL)
    bench.findings["probe"] = BAD
    bench.look(10)
    assert [event.condition for event in bench.conditions] == ["lost"]


def test_nothing_is_announced_only_when_it_is_over(bench):
    bench.add("probe")
    bench.look()
    bench.condition("probe", Level.CRITICAL)
    bench.findings["probe"] = BAD
    bench.look(10)
    bench.findings["probe"] = SOUND
    bench.condition("probe", Level.CLEAR)
    bench.look()
    assert bench.service.report()["components"]["probe"]["reason"] == "recovering from: it does not answer"
    bench.look(30)
    assert [event.condition for event in bench.conditions] == ["lost", "lost"]


def test_what_others_tell_as_worse_is_not_raised_here_as_well(bench):
    bench.add("probe")
    bench.look()
    bench.findings["probe"] = BAD
    bench.look(2)
    bench.condition("probe", Level.CRITICAL)
    bench.look(5)
    levels = [event.level for event in bench.conditions if event.condition == "answers"]
    assert levels == [Level.WARNING]


def test_a_condition_sets_its_level_at_once_and_is_left_slowly(bench):
    bench.add("probe")
    bench.look(2)
    bench.condition("probe", Level.CRITICAL, advice="replace it")
    assert bench.service.health_of("probe") is Health.CRITICAL
    assert bench.service.node() is Health.CRITICAL
    assert bench.healths("node")[-1] == "CRITICAL"
    assert bench.changes[-1].reason == "probe: probe is lost"
    bench.look(2)
    bench.condition("probe", Level.CLEAR)
    bench.look(11)
    assert bench.service.health_of("probe") is Health.CRITICAL
    bench.look(6)
    assert bench.service.health_of("probe") is Health.HEALTHY


def test_a_warning_of_others_that_is_over_needs_three_good_looks_only(bench):
    bench.add("probe")
    bench.look(2)
    bench.condition("probe", Level.WARNING)
    bench.look(20)
    bench.condition("probe", Level.CLEAR)
    bench.look(1)
    assert bench.service.health_of("probe") is Health.WARNING
    bench.look(1)
    assert bench.service.health_of("probe") is Health.HEALTHY


def test_a_condition_of_something_without_checks_is_forgotten_after_its_recovery(bench):
    bench.add("probe")
    bench.condition("disk", Level.CRITICAL)
    bench.look()
    assert bench.service.node() is Health.CRITICAL
    bench.condition("disk", Level.CLEAR)
    bench.look(24)
    assert bench.healths("disk") == ["CRITICAL", "WARNING", "HEALTHY"]
    with pytest.raises(KeyError):
        bench.service.health_of("disk")


def test_a_clear_of_what_was_never_told_means_nothing(bench):
    bench.condition("disk", Level.CLEAR)
    assert bench.service.report()["components"] == {}


def test_without_evidence_health_is_unknown_and_critical_after_a_minute(bench):
    bench.add("probe")
    bench.look()
    bench.findings["probe"] = NOTHING
    bench.look(5)
    assert bench.healths("probe") == ["HEALTHY", "UNKNOWN"]
    assert bench.healths("node") == ["HEALTHY", "UNKNOWN"]
    bench.look(15)
    assert bench.healths("node") == ["HEALTHY", "UNKNOWN", "CRITICAL"]
    assert [(event.condition, event.level) for event in bench.conditions] == [("answers", Level.CRITICAL)]


def test_a_dead_service_never_goes_on_saying_healthy(bench):
    bench.add("probe")
    bench.look(3)
    assert bench.service.node() is Health.HEALTHY
    bench.clock.advance(20.0)
    assert bench.service.node() is Health.UNKNOWN
    assert bench.service.health_of("probe") is Health.UNKNOWN
    assert "health was looked at" in bench.service.answers()["live"]["reasons"][0]
    bench.clock.advance(60.0)
    assert bench.service.node() is Health.CRITICAL


def test_what_is_optional_is_a_warning_at_worst():
    bench = Bench(optional=["lamp"])
    bench.add("probe")
    bench.add("lamp", BAD)
    bench.add("mqtt", BAD, is_critical=False)
    bench.look(30)
    assert bench.service.health_of("lamp") is Health.CRITICAL
    assert bench.service.node() is Health.WARNING


def test_what_hangs_on_something_that_failed_is_unknown_because_of_it(bench):
    bench.add("bus", BAD)
    bench.add("probe", BAD, parent="bus")
    bench.add("other", parent="bus")
    bench.look(4)
    report = bench.service.report()["components"]
    assert (report["probe"]["health"], report["probe"]["cause"]) == ("UNKNOWN", "bus")
    assert report["bus"]["health"] == "CRITICAL"
    assert report["other"]["health"] == "HEALTHY"
    causes = {event.component: event.cause for event in bench.conditions if event.level is Level.CRITICAL}
    assert causes == {"bus": "", "probe": "bus"}


def test_a_condition_names_its_cause_as_well(bench):
    bench.add("bus", BAD)
    bench.look(4)
    bench.condition("probe", Level.CRITICAL, cause="bus")
    assert bench.service.report()["components"]["probe"]["cause"] == "bus"


def test_one_bad_finding_of_what_is_safety_counts(bench):
    bench.add("gate", is_safety=True)
    bench.look()
    bench.findings["gate"] = BAD
    bench.look()
    assert bench.healths("gate") == ["HEALTHY", "CRITICAL"]
    assert bench.conditions[0].is_safety


def test_the_same_bad_evidence_is_one_bad_finding(bench):
    bench.add("probe")
    bench.look()
    bench.findings["probe"] = Finding(level=Level.CRITICAL, evidence=7.0)
    bench.look(30)
    assert bench.healths("probe") == ["HEALTHY"]


@pytest.mark.parametrize("run", [lambda: 1 / 0, lambda: "fine"])
def test_a_check_that_fails_gives_no_evidence_and_costs_no_other(bench, caplog, run):
    bench.add("probe")
    bench.service.add_check(Check(component="mine", name="custom", run=run))
    bench.look(5)
    assert bench.service.health_of("probe") is Health.HEALTHY
    assert bench.service.health_of("mine") is Health.UNKNOWN
    assert len(caplog.records) == 1
    assert "custom failed" in bench.service.report()["components"]["mine"]["reason"]


def test_a_check_runs_at_its_own_period(bench):
    calls: list[float] = []

    def run() -> Finding:
        calls.append(bench.clock.mono())
        return SOUND

    bench.service.add_check(Check(component="mine", name="custom", run=run, period_s=20.0))
    bench.look(13)
    assert [at_s - calls[0] for at_s in calls] == [0.0, 20.0, 40.0, 60.0]


def test_a_check_that_is_taken_away_takes_its_condition_along(bench):
    undo = bench.add("probe", BAD)
    bench.look(4)
    undo()
    assert bench.conditions[-1].level is Level.CLEAR
    assert bench.service.report()["components"] == {}


@pytest.mark.parametrize("component", ["node", "Not an id", "probe"])
def test_a_check_needs_a_name_of_its_own(bench, component):
    bench.add("probe")
    with pytest.raises(ValueError, match=r"node|ids|already"):
        bench.service.add_check(Check(component=component, name="answers", run=lambda: SOUND))


def test_a_task_that_gives_no_sign_of_life_is_critical_and_the_node_not_alive(bench):
    beat = bench.service.expect("outputs", every_s=1.0)
    for _ in range(10):
        beat()
        bench.look()
        beat()
    assert bench.service.answers()["live"] == {"ok": True, "reasons": []}
    bench.look(2)
    assert bench.healths("outputs") == ["HEALTHY", "CRITICAL"]
    assert not bench.service.answers()["live"]["ok"]
    assert "outputs" in bench.service.answers()["live"]["reasons"][0]


def test_ready_is_whether_outputs_may_move(bench):
    bench.refusal = "heater is latched"
    assert bench.service.answers()["ready"] == {"ok": False, "reasons": ["heater is latched"]}
    bench.refusal = ""
    assert bench.service.answers()["ready"] == {"ok": True, "reasons": []}


def test_started_is_once_everything_needed_has_given_evidence_and_stays(bench):
    bench.add("probe", NOTHING)
    bench.add("mqtt", NOTHING, is_critical=False)
    bench.look(2)
    assert bench.service.answers()["started"]["reasons"] == ["nothing is known of probe yet"]
    bench.findings["probe"] = SOUND
    bench.look()
    assert bench.service.answers()["started"]["ok"]
    bench.findings["probe"] = NOTHING
    bench.look(10)
    assert bench.service.answers()["started"]["ok"]


def test_the_report_has_what_a_person_wants_to_know(bench):
    bench.add("probe", BAD)
    bench.look(3)
    report = bench.service.report()
    probe = report["components"]["probe"]
    assert report["health"] == "CRITICAL"
    assert (probe["reason"], probe["advice"], probe["for_s"]) == ("it does not answer", "check its plug", 5.0)
    check = probe["checks"]["answers"]
    assert (check["kind"], check["code"], check["evidence_age_s"]) == ("custom", "no_answer", 5.0)


def test_history_is_bounded_by_count_and_age():
    bench = Bench(history_count=4, history_days=1.0)
    bench.add("probe")
    for _ in range(6):
        bench.findings["probe"] = BAD
        bench.look(4)
        bench.findings["probe"] = SOUND
        bench.look(30)
    assert len(bench.service.history()) == 4
    assert [each["new"] for each in bench.service.history("probe")] == ["WARNING", "HEALTHY"]
    bench.clock.advance(86_401.0)
    assert bench.service.history() == []


async def test_the_task_looks_and_the_end_ends_it():
    bench = Bench()
    bench.add("probe")
    await bench.service.start()
    await asyncio.sleep(0)
    assert bench.healths("probe") == ["HEALTHY"]
    await bench.service.stop()


PARTS = ["probe", "lamp", "bus"]
STEPS = st.one_of(
    st.tuples(st.just("finds"), st.sampled_from(PARTS), st.sampled_from([SOUND, SOUND, WARN, BAD, NOTHING])),
    st.tuples(st.just("told"), st.sampled_from([*PARTS, "disk"]), st.sampled_from(list(Level))),
    st.tuples(st.just("looks"), st.sampled_from([1, 3, 15, 30]), st.just(None)),
    st.tuples(st.just("waits"), st.sampled_from([3.0, 11.0, 16.0, 70.0]), st.just(None)),
    st.tuples(st.just("goes"), st.just("lamp"), st.just(None)),
)


@given(st.lists(STEPS, max_size=25))
@settings(max_examples=150)
def test_what_is_passed_over_because_it_is_calm_is_healthy_and_nothing_is_left_untold(steps):
    bench = Bench()
    for name in PARTS:
        bench.add(name, is_critical=name != "lamp", parent="bus" if name == "probe" else "")
    slow = Check(component="slow", name="custom", run=lambda: SOUND, period_s=20.0)
    bench.service.add_check(slow)
    undo = bench.service.add_check(Check(component="lamp", name="colour", run=lambda: bench.findings["lamp"]))
    for what, one, more in steps:
        if what == "finds":
            bench.findings[one] = more
        elif what == "told":
            bench.condition(one, more)
        elif what == "waits":
            bench.clock.advance(one)
        elif what == "goes":
            undo()
            undo = lambda: None  # noqa: E731 - it is gone
        else:
            bench.look(one)
        assert bench.service.node().value == bench.service.report()["health"]
    bench.service.look()
    components = bench.service.report()["components"]
    told = {event.component: event.new for event in bench.changes}
    assert {name: told.get(name, "UNKNOWN") for name in components} == {
        name: found["health"] for name, found in components.items()
    }
    assert told.get("node", "UNKNOWN") == bench.service.node().value
