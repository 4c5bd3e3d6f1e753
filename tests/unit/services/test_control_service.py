"""The control service asks everybody at every tick, and one that fails stands alone with it."""

import pytest

from alimante.control.controller import Demand, Look
from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import ConditionChanged, ControllerFailed, Event, Level
from alimante.core.tasks import Tasks
from alimante.policy.belief import unknown
from alimante.services.control import ControlService


class Fixed:
    """A controller that wishes for what it is told, or raises it."""

    def __init__(self, name, *wishes):
        self.id, self.outputs = name, ("heater",)
        self.wishes = list(wishes)
        self.looks: list[Look] = []

    def decide(self, look):
        self.looks.append(look)
        wish = self.wishes.pop(0) if len(self.wishes) > 1 else self.wishes[0]
        if isinstance(wish, Exception):
            raise wish
        return (wish,)

    def report(self):
        return {"demand": 1.0}


class Rememberer(Fixed):
    milestones = 0

    def snapshot(self):
        return {"count": self.milestones}

    def restore(self, saved):
        self.milestones = saved["count"]


ON = Demand(output="heater", value=1.0, reason="cold", target=28.0)


class Bench:
    """A service with a gate that takes everything down."""

    def __init__(self, *controllers, ask=None):
        self.clock = ManualClock()
        self.bus = EventBus()
        self.events: list[Event] = []
        self.bus.subscribe(Event, self.events.append)
        self.asked: list[tuple[object, ...]] = []
        self.changes: list[bool] = []
        self.service = ControlService(
            controllers,
            believed=lambda name: unknown(),
            local=lambda: None,
            ask=ask or self.ask,
            bus=self.bus,
            clock=self.clock,
            tasks=Tasks(lambda name, error: None),
            tick_s=1.0,
            on_change=self.changes.append,
        )

    def ask(self, device, value, *, source, reason, target=None):
        self.asked.append((device, value, source, reason, target))

    def seen(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


def test_wishes_go_to_the_gate_in_the_order_of_the_configuration():
    bench = Bench(Fixed("second", ON), Fixed("first", ON))
    bench.service.tick()
    assert bench.asked == [
        ("heater", 1.0, "second", "cold", 28.0),
        ("heater", 1.0, "first", "cold", 28.0),
    ]


def test_all_look_at_the_same_moment():
    one, other = Fixed("one", ON), Fixed("other", ON)
    bench = Bench(one, other)
    bench.service.tick()
    assert one.looks == other.looks
    assert one.looks[0].now_s == bench.clock.mono()


def test_a_completed_round_is_evidence_of_life():
    bench = Bench(Fixed("one", ValueError("broken")))
    assert bench.service.completed_s is None
    bench.service.tick()
    assert bench.service.completed_s == bench.clock.mono()


@pytest.mark.parametrize(
    "wish",
    [
        ValueError("broken"),
        Demand(output="lamp", value=1.0, reason="not its own"),
        Demand(output="heater", value=float("nan"), reason="no number"),
    ],
)
def test_a_controller_that_fails_wishes_for_nothing_and_the_others_go_on(wish):
    bench = Bench(Fixed("bad", wish), Fixed("fine", ON))
    bench.service.tick()
    assert [source for _, _, source, _, _ in bench.asked] == ["fine"]
    (error,) = bench.seen(ControllerFailed)
    assert error.controller == "bad"
    (condition,) = bench.seen(ConditionChanged)
    assert (condition.component, condition.condition, condition.level, condition.is_safety) == (
        "bad",
        "controller_failed",
        Level.CRITICAL,
        True,
    )
    assert "failure" in bench.service.reports()["bad"]
    assert "failure" not in bench.service.reports()["fine"]


def test_a_failure_is_told_once_and_so_is_its_end():
    bench = Bench(Fixed("bad", *[ValueError(f"number {number}") for number in range(5)], ON))
    for _ in range(8):
        bench.service.tick()
    assert len(bench.seen(ControllerFailed)) == 1
    assert [event.level for event in bench.seen(ConditionChanged)] == [Level.CRITICAL, Level.CLEAR]
    assert len(bench.asked) == 3


def test_a_wish_that_the_gate_cannot_take_is_the_controllers_failure():
    def refuse(device, value, **rest):
        raise ValueError("too much")

    bench = Bench(Fixed("bad", ON), ask=refuse)
    bench.service.tick()
    assert bench.seen(ControllerFailed)[0].text == "the controller bad failed: ValueError: too much"


def test_a_milestone_is_saved_at_once_and_nothing_else_is():
    rememberer = Rememberer("one", ON)
    bench = Bench(rememberer)
    bench.service.tick()
    assert bench.changes == []
    rememberer.milestones = 1
    bench.service.tick()
    bench.service.tick()
    assert bench.changes == [True]


class Tuner(Fixed):
    def tune(self):
        return "not now"


def test_only_what_can_be_tuned_is():
    bench = Bench(Fixed("one", ON), Tuner("two", ON))
    assert bench.service.tune("two") == "not now"
    assert bench.service.tune("one") == "one cannot be tuned; what can be is two"
    assert Bench().service.tune("one") == "one cannot be tuned; what can be is nothing"


def test_each_controller_gets_back_what_it_remembered():
    before, after = Rememberer("one", ON), Rememberer("one", ON)
    before.milestones = 7
    saved = Bench(before, Fixed("two", ON)).service.snapshot()
    assert saved == {"one": {"count": 7}}
    Bench(after).service.restore({**saved, "gone": {}, "two": 3})
    assert after.milestones == 7
