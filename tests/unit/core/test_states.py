"""States change only along their tables, and are announced exactly when they change."""

import itertools

import pytest

from alimante.core.states import (
    COMPONENT,
    DEVICE,
    NODE,
    ComponentState,
    DeviceState,
    IllegalTransition,
    NodeState,
    Tracked,
)

TABLES = [(NodeState, NODE), (ComponentState, COMPONENT), (DeviceState, DEVICE)]
PAIRS = [
    pytest.param(table, old, new, id=f"{states.__name__}-{old}-{new}")
    for states, table in TABLES
    for old, new in itertools.product(states, repeat=2)
]


@pytest.mark.parametrize(("table", "old", "new"), PAIRS)
def test_a_state_moves_along_its_table_only(table, old, new):
    announced = []
    tracked = Tracked(old, table, lambda *change: announced.append(change))
    if new is old:
        assert tracked.move(new, "why") is False
        assert announced == []
    elif new in table[old]:
        assert tracked.move(new, "why") is True
        assert announced == [(old, new, "why")]
        assert (tracked.current, tracked.reason) == (new, "why")
    else:
        with pytest.raises(IllegalTransition, match=f"{old} cannot become {new}"):
            tracked.move(new, "why")
        assert announced == []
        assert (tracked.current, tracked.reason) == (old, "")


@pytest.mark.parametrize(("states", "table"), TABLES)
def test_each_state_has_its_row(states, table):
    assert set(table) == set(states)
    assert all(old not in row for old, row in table.items())


@pytest.mark.parametrize(("states", "table"), TABLES)
def test_each_state_can_be_reached(states, table):
    reached, before = {next(iter(states))}, set()
    while reached != before:
        before = set(reached)
        reached |= {new for old in before for new in table[old]}
    assert reached == set(states)


@pytest.mark.parametrize("old", [state for state in NodeState if state is not NodeState.STARTING])
def test_a_node_that_was_put_safe_never_runs_again(old):
    assert NodeState.RUNNING not in NODE[old]


def test_the_new_state_stands_when_it_is_announced():
    seen = []
    tracked = Tracked(DeviceState.UNKNOWN, DEVICE, lambda *change: seen.append(tracked.current))
    tracked.move(DeviceState.ONLINE)
    assert seen == [DeviceState.ONLINE]
