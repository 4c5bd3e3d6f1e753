"""What parts mean for the node, when tasks are late, and that there is advice for what goes wrong."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.core.clock import ManualClock
from alimante.core.events import Level
from alimante.policy.advice import advice_for
from alimante.policy.checkup import SOUND, Check, Checkup, Finding
from alimante.policy.health import Health, Part, of_level, of_node, roll_up
from alimante.policy.heartbeats import Heartbeats
from hardware import errors
from hardware.api import WireKind

PARTS = st.builds(
    Part, health=st.sampled_from(list(Health)), is_critical=st.booleans(), for_s=st.floats(0, 200, allow_nan=False)
)
RANK = [Health.HEALTHY, Health.WARNING, Health.UNKNOWN, Health.CRITICAL]


def node(*parts: Part) -> Health:
    return of_node(parts, unknown_after_s=60.0)


def test_a_node_of_nothing_is_unknown():
    assert node() is Health.UNKNOWN


@given(st.lists(PARTS, min_size=1, max_size=8))
def test_a_node_is_healthy_exactly_when_all_parts_are_whatever_they_are_worth(parts):
    assert (node(*parts) is Health.HEALTHY) is all(part.health is Health.HEALTHY for part in parts)


@given(st.lists(PARTS, min_size=1, max_size=8), PARTS)
def test_one_more_part_never_makes_a_node_better(parts, more):
    assert RANK.index(node(*parts, more)) >= RANK.index(node(*parts))


@given(st.lists(PARTS, min_size=1, max_size=8).flatmap(lambda parts: st.tuples(st.just(parts), st.permutations(parts))))
def test_the_order_of_the_parts_does_not_matter(both):
    assert node(*both[0]) is node(*both[1])


@pytest.mark.parametrize("health", list(Health))
def test_what_is_not_needed_is_a_warning_at_worst(health):
    expected = Health.HEALTHY if health is Health.HEALTHY else Health.WARNING
    assert node(Part(health=health, is_critical=False, for_s=1e6)) is expected


@pytest.mark.parametrize(("for_s", "expected"), [(60.0, Health.UNKNOWN), (60.1, Health.CRITICAL)])
def test_what_is_needed_and_unknown_counts_as_critical_after_a_minute(for_s, expected):
    assert node(Part(health=Health.UNKNOWN, for_s=for_s)) is expected


@given(st.lists(st.sampled_from(list(Health)), min_size=1))
def test_of_parts_that_are_needed_and_new_the_worst_counts(healths):
    assert node(*(Part(health=health) for health in healths)) is roll_up(healths)


def test_no_level_is_no_evidence():
    assert of_level(None) is Health.UNKNOWN
    assert of_level(Level.CLEAR) is Health.HEALTHY


def a_checkup(period_s: float = 5.0) -> Checkup:
    return Checkup(Check(component="probe", name="answers", run=lambda: SOUND, period_s=period_s))


def test_evidence_counts_for_three_periods():
    checkup = a_checkup()
    assert checkup.health(0.0) is Health.UNKNOWN
    checkup.feed(SOUND, 0.0)
    assert checkup.health(15.0) is Health.HEALTHY
    assert checkup.health(15.1) is Health.UNKNOWN


def test_no_evidence_is_not_taken_for_a_look():
    checkup = a_checkup()
    checkup.feed(SOUND, 0.0)
    checkup.feed(Finding(level=None), 10.0)
    assert checkup.health(15.1) is Health.UNKNOWN


def test_good_news_count_at_each_look_and_bad_news_once():
    checkup = a_checkup()
    for index, evidence in enumerate([1, 1, 1, 2, 2, 3]):
        checkup.feed(Finding(level=Level.CRITICAL, evidence=evidence), 5.0 * index)
    assert checkup.health(25.0) is Health.CRITICAL
    good = [Finding(level=Level.CLEAR, evidence=4)] * 15
    for index, finding in enumerate(good):
        checkup.feed(finding, 30.0 + 5.0 * index)
    assert checkup.health(100.0) is Health.HEALTHY


def test_a_task_is_late_after_three_of_its_periods():
    clock = ManualClock()
    beats = Heartbeats(clock.mono)
    beat = beats.expect("outputs", every_s=1.0)
    clock.advance(3.0)
    assert beats.finding("outputs") is SOUND
    clock.advance(0.5)
    assert beats.finding("outputs").level is Level.CRITICAL
    assert "outputs" in beats.late()[0]
    beat()
    assert beats.late() == []


def all_errors() -> list[str]:
    return [
        name for name, kind in vars(errors).items() if isinstance(kind, type) and kind.__module__ == errors.__name__
    ]


@pytest.mark.parametrize(
    ("wire", "error"), list(product(list(WireKind), [name for name in all_errors() if name != "DeviceError"]))
)
def test_there_is_advice_for_every_error_on_every_wire(wire, error):
    assert advice_for(error, of=("any_driver", wire.value))


def test_the_most_particular_advice_counts():
    assert "three wires" in advice_for("BadData", of=("ds18b20", "onewire"))
    assert "4.7 kΩ" in advice_for("BadData", of=("other", "onewire"))
    assert advice_for("BadData") not in (advice_for("BadData", of=("onewire",)), "")


def test_where_nothing_is_known_no_advice_is_made_up():
    assert advice_for("NeverHeardOf", of=("i2c",)) == ""
