"""The service that lets groups vote: what it tells, when, and that nothing depends on it."""

from typing import Any

import pytest

from alimante.config.build import build
from alimante.config.model import Config
from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import ConditionChanged, GroupJudged, Level, Quality, ReadingMissed, ReadingTaken
from alimante.core.tasks import Tasks
from alimante.policy.belief import Belief, unknown
from alimante.services.groups import Groups, groups_of
from hardware.board import GENERIC
from tests.unit.fakes import heard


def config(groups: dict[str, Any]) -> Config:
    probes = {
        f"p{n}": {"driver": "ds18b20", "wire": "probes", "address": f"28-00000000000{n}", "zone": "warm"}
        for n in (1, 2, 3)
    }
    document = {
        "version": 1,
        "node": {"id": "test"},
        "mqtt": {"host": "127.0.0.1"},
        "wires": {"probes": {"kind": "onewire", "backend": "sim"}},
        "devices": probes,
        "groups": groups,
    }
    built = build(document, board=GENERIC)
    assert built.config is not None, built.errors
    return built.config


def a_group(**keys: Any) -> dict[str, Any]:
    return {"warm": {"members": ["p1", "p2", "p3.temperature"], **keys}}


class Bench:
    """Three probes whose beliefs are set by hand."""

    def __init__(self, **group: Any) -> None:
        self.clock = ManualClock(mono_s=100.0)
        self.bus = EventBus()
        self.beliefs: dict[str, Belief] = {f"p{n}.temperature": unknown("never heard") for n in (1, 2, 3)}
        self.groups = groups_of(config(a_group(**group)))
        tasks = Tasks(lambda name, error: None)
        self.service = Groups(
            self.groups, believed=self.beliefs.__getitem__, bus=self.bus, clock=self.clock, tasks=tasks
        )
        self.judged = heard(self.bus, GroupJudged)
        self.conditions = heard(self.bus, ConditionChanged)

    def say(self, *values: float | None) -> None:
        """A reading of each probe, five seconds later; None is one that fails and is lost."""
        self.clock.advance(5.0)
        for number, value in enumerate(values, start=1):
            name, now_s = f"p{number}", self.clock.mono()
            if value is None:
                self.beliefs[f"{name}.temperature"] = unknown("lost")
                event: Any = ReadingMissed(
                    device=name, channel="temperature", unit="°C", reason="no answer", at_s=now_s, seq=1
                )
            else:
                self.beliefs[f"{name}.temperature"] = Belief(value=value, quality=Quality.GOOD, measured_s=now_s)
                event = ReadingTaken(
                    device=name,
                    channel="temperature",
                    value=value,
                    unit="°C",
                    quality=Quality.GOOD,
                    measured_s=now_s,
                    seq=1,
                )
            self.bus.publish(event)

    def told(self) -> list[tuple[str, Level]]:
        return [(event.condition, event.level) for event in self.conditions]


@pytest.fixture
async def bench():
    bench = Bench()
    await bench.service.start()
    yield bench
    await bench.service.stop()


async def test_a_group_is_told_with_its_unit_when_it_changes_by_a_step(bench):
    bench.say(25.0, 25.0, 25.0)
    bench.say(25.0, 25.04, 25.04)
    bench.say(25.1, 25.1, 25.1)
    assert [(event.value, event.unit) for event in bench.judged] == [(25.0, "°C"), (25.1, "°C")]


async def test_it_says_nothing_before_the_first_round_is_over(bench):
    bench.service.tick()
    assert not bench.judged
    assert not bench.conditions


async def test_members_that_never_say_a_word_are_news_when_the_first_round_must_be_over(bench):
    bench.clock.advance(31.0)
    bench.service.tick()
    assert bench.told() == [("too_few_sensors", Level.CRITICAL)]


async def test_silence_is_critical_once_and_clear_once(bench):
    bench.say(25.0, 25.0, 25.0)
    for _ in range(3):
        bench.say(None, None, None)
        bench.service.tick()
    assert bench.told() == [("too_few_sensors", Level.CRITICAL)]
    assert "all of them hang on probes" in bench.conditions[0].advice
    assert bench.judged[-1].quality is Quality.UNKNOWN
    for _ in range(3):
        bench.say(25.0, 25.0, 25.0)
    assert bench.told()[1:] == [("too_few_sensors", Level.CLEAR)]
    assert bench.judged[-1].value == 25.0


async def test_an_ejected_member_is_named_and_its_return_is_told(bench):
    for _ in range(4):
        bench.say(25.0, 25.0, 29.0)
    assert bench.judged[-1].ejected == ("p3.temperature",)
    assert bench.told() == [("member_ejected", Level.WARNING)]
    assert "p3.temperature" in bench.conditions[0].text
    for _ in range(10):
        bench.say(25.0, 25.0, 25.0)
    assert bench.told()[1:] == [("member_ejected", Level.CLEAR)]


async def test_contradiction_becomes_a_warning_then_critical_then_clear(bench):
    for _ in range(80):
        bench.say(25.0, 29.0, None)
    for _ in range(2):
        bench.say(25.0, 25.0, None)
    levels = [level for condition, level in bench.told() if condition == "disagree"]
    assert levels == [Level.WARNING, Level.CRITICAL, Level.CLEAR]
    assert "4 °C apart" in bench.conditions[0].text
    assert "highest" in bench.conditions[0].text


async def test_time_alone_is_told_by_the_tick(bench):
    bench.say(25.0, 29.0, None)
    bench.clock.advance(61.0)
    bench.service.tick()
    assert ("disagree", Level.WARNING) in bench.told()


def test_what_a_group_says_needs_no_service():
    bench = Bench(min_sensors=2)
    vote = bench.groups["warm"].vote
    bench.say(25.0, 26.0, None)
    assert vote(bench.beliefs.__getitem__, bench.clock.mono()).value == 25.5
    bench.say(25.0, None, None)
    assert vote(bench.beliefs.__getitem__, bench.clock.mono()).quality is Quality.UNKNOWN


def test_the_report_shows_each_member():
    bench = Bench()
    for _ in range(3):
        bench.say(25.0, 25.1, 29.0)
        bench.service.tick()
    report = bench.service.report()["warm"]
    assert (report["value"], report["unit"], report["quality"], report["age_s"]) == (25.05, "°C", "good", 0.0)
    assert report["members"]["p3.temperature"] == {"value": 29.0, "quality": "good", "ejected": True}


def test_a_configuration_without_groups_has_none():
    assert groups_of(config({})) == {}


def test_the_configuration_says_the_rules():
    group = groups_of(config(a_group(tolerance=3.0, min_sensors=2, safe_side="low")))["warm"]
    assert (group.vote.rules.tolerance, group.vote.rules.min_sensors, group.vote.rules.safe_side) == (3.0, 2, "low")
    assert (group.step, group.wire, group.unit) == (0.1, "probes", "°C")
    assert group.members == ("p1.temperature", "p2.temperature", "p3.temperature")
