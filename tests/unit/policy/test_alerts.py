import json
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.core.events import AlertChanged, ConditionChanged, Level, PeopleTold
from alimante.policy.alerts import AlertBook, AlertRules

WALL_S = 1_750_000_000.0


class Story:
    """A book in time, and what people were told."""

    def __init__(self, **rules):
        self.rules = AlertRules(**rules)
        self.book = AlertBook(self.rules)
        self.now_s = 1000.0
        self.facts = []

    def say(self, component, condition, level, *, text="", is_safety=False, cause=""):
        event = ConditionChanged(
            component=component,
            condition=condition,
            level=level,
            text=text or f"{condition} is {level}",
            is_safety=is_safety,
            cause=cause,
        )
        self.facts += self.book.hear(event, now_s=self.now_s, wall_s=WALL_S)

    def wait(self, seconds, step_s=1.0):
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s = min(end_s, self.now_s + step_s)
            self.facts += self.book.tick(now_s=self.now_s, wall_s=WALL_S + self.now_s)

    def restart(self):
        saved = json.loads(json.dumps(self.book.snapshot(self.now_s)))
        self.book = AlertBook(self.rules)
        self.book.restore(saved, self.now_s)

    @property
    def told(self):
        return [(fact.kind, fact.alerts) for fact in self.facts if isinstance(fact, PeopleTold)]

    @property
    def states(self):
        return [fact.state for fact in self.facts if isinstance(fact, AlertChanged)]


@pytest.fixture
def story():
    return Story()


def test_a_critical_alert_is_told_at_once_and_its_end_after_five_minutes(story):
    story.say("probe", "lost", Level.CRITICAL)
    assert story.told == [("alert", ("probe/lost",))]
    story.wait(60)
    story.say("probe", "lost", Level.CLEAR)
    story.wait(299)
    assert len(story.told) == 1
    story.wait(2)
    assert story.told[1:] == [("resolved", ("probe/lost",))]
    assert not story.book.active
    assert story.book.history[0]["alert"] == "probe/lost"


def test_warnings_are_gathered_into_one_message(story):
    story.say("a", "stale", Level.WARNING)
    story.wait(20)
    story.say("b", "stale", Level.WARNING)
    assert story.told == []
    story.wait(11)
    assert story.told == [("group", ("a/stale", "b/stale"))]


def test_a_condition_that_returns_within_five_minutes_is_the_same_alert(story):
    for _ in range(3):
        story.say("a", "lost", Level.CRITICAL)
        story.wait(200)
        story.say("a", "lost", Level.CLEAR)
        story.wait(200)
    assert [kind for kind, _ in story.told] == ["alert"]
    assert story.book.active["a", "lost"].count == 3


def test_a_warning_that_becomes_critical_is_told_at_once(story):
    story.say("a", "hot", Level.WARNING)
    story.wait(31)
    story.say("a", "hot", Level.CRITICAL)
    assert [kind for kind, _ in story.told] == ["alert", "alert"]


def test_a_critical_alert_is_repeated_until_somebody_knows(story):
    story.say("a", "lost", Level.CRITICAL)
    story.wait(3700, 10)
    assert [kind for kind, _ in story.told] == ["alert", "repeat", "repeat"]
    story.facts += story.book.acknowledge("a", "lost", by="Kim")
    assert story.states[-1] == "acknowledged"
    story.wait(3 * 3600, 10)
    assert len(story.told) == 3
    story.wait(3600, 10)
    assert len(story.told) == 4  # even a known one is not forgotten: every four hours


def test_worse_than_what_was_acknowledged_is_not_acknowledged(story):
    story.say("a", "hot", Level.WARNING)
    story.book.acknowledge("a", "hot", by="Kim")
    story.say("a", "hot", Level.CRITICAL)
    assert story.book.active["a", "hot"].acknowledged_by == ""


def test_nobody_can_acknowledge_what_is_not_there(story):
    with pytest.raises(KeyError):
        story.book.acknowledge("a", "hot", by="Kim")


def test_what_another_failure_explains_is_not_told(story):
    story.say("i2c", "stuck", Level.CRITICAL)
    for device in ("a", "b", "c"):
        story.say(device, "lost", Level.CRITICAL, cause="i2c")
    story.wait(600)
    assert story.told == [("alert", ("i2c/stuck",))]
    assert len(story.book.active) == 4
    story.say("i2c", "stuck", Level.CLEAR)
    story.wait(302)
    assert ("alert", ("a/lost",)) in story.told  # its cause is over and it is not


def test_f028_what_comes_and_goes_for_an_hour_is_told_twice_at_most():
    story = Story()
    for _ in range(30):
        story.say("probe", "lost", Level.CRITICAL)
        story.wait(60)
        story.say("probe", "lost", Level.CLEAR)
        story.wait(60)
    assert len(story.told) <= 2
    assert story.book.active["probe", "lost"].flapping.is_flapping
    story.wait(3600, 10)
    assert not story.book.active


def test_what_keeps_coming_back_after_it_was_over_is_seen_to_flap():
    story = Story(clear_s=10.0)
    for _ in range(120):
        story.say("probe", "lost", Level.CRITICAL)
        story.wait(60)
        story.say("probe", "lost", Level.CLEAR)
        story.wait(60)
    assert len(story.told) <= 8  # three times over, before there is enough to see it by


def test_while_it_flaps_the_worst_is_shown():
    story = Story()
    for _ in range(10):
        story.say("a", "hot", Level.CRITICAL)
        story.wait(60)
        story.say("a", "hot", Level.WARNING)
        story.wait(60)
    assert story.book.active["a", "hot"].level is Level.CRITICAL


def test_a_person_in_the_enclosure_hears_of_safety_only(story):
    story.book.is_quiet = True
    story.say("a", "lost", Level.CRITICAL)
    story.say("heater", "over_temperature", Level.CRITICAL, is_safety=True)
    story.wait(60)
    assert story.told == [("alert", ("heater/over_temperature",))]
    story.book.is_quiet = False
    story.wait(60)
    assert ("alert", ("a/lost",)) in story.told


def test_a_storm_ends_in_a_digest(story):
    for index in range(100):
        story.say(f"d{index}", "lost", Level.CRITICAL)
    assert len(story.told) == story.rules.most_per_hour
    story.wait(3700, 10)
    kinds = [kind for kind, _ in story.told[30:]]
    assert "digest" in kinds or "group" in kinds
    assert {name for _, names in story.told for name in names} == {f"d{index}/lost" for index in range(100)}


def test_a_restart_tells_nothing_again(story):
    story.say("a", "lost", Level.CRITICAL)
    story.wait(60)
    story.restart()
    story.say("a", "lost", Level.CRITICAL)
    story.wait(600)
    assert [kind for kind, _ in story.told] == ["alert"]


def test_an_alert_that_nobody_confirms_after_a_restart_is_over(story):
    story.say("a", "lost", Level.CRITICAL)
    story.restart()
    story.wait(600)
    assert not story.book.active
    assert [kind for kind, _ in story.told] == ["alert", "resolved"]


def test_nothing_is_due_when_nothing_is_wrong(story):
    assert story.book.due_s(story.now_s) == inf


KEYS = [("a", "lost"), ("b", "lost"), ("c", "hot")]
STEP = st.one_of(
    st.tuples(st.sampled_from(KEYS), st.sampled_from(list(Level))),
    st.floats(0.5, 2000.0),
    st.just("restart"),
)


@given(st.lists(STEP, max_size=40))
def test_whatever_happens_safety_is_told_at_once_and_all_is_over_in_the_end(steps):
    story = Story()
    present = {}
    for step in steps:
        if step == "restart":
            story.restart()
            for (component, condition), level in present.items():  # a start finds what is so once more
                if level is not Level.CLEAR:
                    story.say(component, condition, level, is_safety=component == "c")
        elif isinstance(step, float):
            story.wait(step, 7.0)
        else:
            (component, condition), level = step
            known = story.book.active.get(step[0])
            news = known is None or (known.told is not Level.CRITICAL)
            before = len(story.told)
            present[step[0]] = level
            story.say(component, condition, level, is_safety=component == "c")
            if component == "c" and level is Level.CRITICAL and news:
                assert any("c/hot" in names for _, names in story.told[before:])
    assert {key for key, level in present.items() if level is not Level.CLEAR} <= set(story.book.active)
    for component, condition in KEYS:
        story.say(component, condition, Level.CLEAR)
    story.wait(3600, 7.0)
    assert not story.book.active


@given(st.lists(st.tuples(st.sampled_from(KEYS[:2]), st.sampled_from(list(Level)), st.floats(1, 120)), max_size=60))
def test_people_are_never_told_more_than_the_cap_in_an_hour(steps):
    story = Story(most_per_hour=3, change_s=0.0, clear_s=0.0, group_s=0.0)
    times = []
    for (component, condition), level, pause_s in steps:
        before = len(story.told)
        story.say(component, condition, level)
        times += [story.now_s] * (len(story.told) - before)
        before = len(story.told)
        story.wait(pause_s, pause_s)
        times += [story.now_s] * (len(story.told) - before)
    assert all(sum(at_s - 3600 < other <= at_s for other in times) <= 3 for at_s in times)
