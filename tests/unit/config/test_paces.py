"""How often a node looks at itself follows its pace, unless the configuration says it."""

from types import SimpleNamespace
from typing import Any

import pytest

from alimante.config import paces
from alimante.config.climate import ControlKeys
from alimante.config.monitoring import MonitoringKeys
from alimante.config.supervision import HealthKeys


def sensors(*polls_s: float) -> list[Any]:
    relay = SimpleNamespace(spec=SimpleNamespace(kind="actuator"), poll_s=0.0)
    return [relay, *(SimpleNamespace(spec=SimpleNamespace(kind="sensor"), poll_s=poll_s) for poll_s in polls_s)]


@pytest.mark.parametrize(
    ("tick_s", "polls_s", "period_s"),
    [
        (1.0, (5.0,), 5.0),
        (1.0, (60.0,), 5.0),
        (0.2, (5.0,), 5.0),
        (5.0, (5.0, 30.0), 5.0),
        (5.0, (20.0, 30.0), 20.0),
        (5.0, (30.0, 30.0), 25.0),
        (5.0, (1.0,), 5.0),
        (5.0, (), 25.0),
    ],
)
def test_components_are_looked_at_no_more_often_than_anything_can_be_new_and_never_later_than_a_poll(
    tick_s, polls_s, period_s
):
    assert paces.health(HealthKeys(), ControlKeys(tick_s=tick_s), sensors(*polls_s)).period_s == period_s


@pytest.mark.parametrize(("tick_s", "period_s"), [(0.2, 10.0), (1.0, 10.0), (2.0, 20.0), (5.0, 50.0)])
def test_the_computer_is_looked_at_each_ten_ticks_and_within_a_minute(tick_s, period_s):
    assert paces.monitoring(MonitoringKeys(), ControlKeys(tick_s=tick_s)).period_s == period_s


def test_what_is_said_counts():
    slow = ControlKeys(tick_s=5.0)
    assert paces.health(HealthKeys(period_s=5.0), slow, sensors(30.0)).period_s == 5.0
    assert paces.monitoring(MonitoringKeys(period_s=7.0), slow).period_s == 7.0


def test_nothing_else_is_changed():
    slow, said = ControlKeys(tick_s=5.0), HealthKeys(optional=["lamp"], dwell_s=5.0)
    assert paces.health(said, slow, sensors(30.0)) == HealthKeys(optional=["lamp"], dwell_s=5.0, period_s=25.0)
