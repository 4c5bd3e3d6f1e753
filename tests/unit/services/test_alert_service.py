import asyncio

import pytest

from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import AlertChanged, ConditionChanged, Level, PeopleTold
from alimante.core.tasks import Tasks
from alimante.policy.alerts import AlertRules
from alimante.services.alerts import AlertService
from alimante.simulation.virtual_time import run_virtual
from tests.unit.fakes import heard


class Node:
    def __init__(self, clock):
        self.bus = EventBus()
        self.facts = heard(self.bus, AlertChanged, PeopleTold)
        self.saves = []
        self.alerts = AlertService(
            AlertRules(), bus=self.bus, clock=clock, tasks=Tasks(self.died), on_change=self.saves.append
        )

    def died(self, name, error):
        raise AssertionError(name) from error

    def say(self, level, condition="lost"):
        self.bus.publish(ConditionChanged(component="probe", condition=condition, level=level, text="no answer"))

    def told(self):
        return [fact.kind for fact in self.facts if isinstance(fact, PeopleTold)]


def test_from_a_condition_to_its_end_without_anybody_asking():
    async def story():
        node = Node(clock)
        await node.alerts.start()
        node.say(Level.CRITICAL)
        assert node.told() == ["alert"]
        assert [row["alert"] for row in node.alerts.report()] == ["probe/lost"]
        assert node.saves
        await asyncio.sleep(100)
        node.say(Level.CLEAR)
        await asyncio.sleep(310 + 30)
        assert node.told() == ["alert", "resolved"]
        assert node.alerts.report() == []
        await node.alerts.stop()

    clock = ManualClock()
    run_virtual(story(), clock)


def test_a_warning_is_told_when_its_group_is_closed():
    async def story():
        node = Node(clock)
        await node.alerts.start()
        await asyncio.sleep(1000)
        node.say(Level.WARNING)
        await asyncio.sleep(29)
        assert node.told() == []
        await asyncio.sleep(3)
        assert node.told() == ["alert"]
        await node.alerts.stop()

    clock = ManualClock()
    run_virtual(story(), clock)


def test_who_acknowledges_is_shown_and_survives_a_restart():
    async def story():
        node = Node(clock)
        await node.alerts.start()
        node.say(Level.CRITICAL)
        node.alerts.acknowledge("probe/lost", by="Kim")
        with pytest.raises(KeyError):
            node.alerts.acknowledge("probe/found", by="Kim")
        saved = node.alerts.snapshot()
        await node.alerts.stop()
        again = Node(clock)
        again.alerts.restore(saved)
        await again.alerts.start()
        again.say(Level.CRITICAL)
        await asyncio.sleep(7000)
        assert again.told() == []
        assert again.alerts.report()[0]["acknowledged_by"] == "Kim"
        await again.alerts.stop()

    clock = ManualClock()
    run_virtual(story(), clock)
