import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.policy.flapping import RESULTS, Flapping, FlapRules

RECORD = st.lists(st.sampled_from(["clear", "critical"]), max_size=40)


def share(results):
    """The published formula, written down a second time: 20 places, weights from 0.75 to 1.25."""
    record = results[-RESULTS:]
    record = [record[0]] * (RESULTS - len(record)) + record if record else []
    weights = [0.75 + 0.5 * place / 19 for place in range(20)]
    return 5 * sum(w for w, a, b in zip(weights, record, record[1:], strict=False) if a != b)


@given(RECORD)
def test_the_share_is_the_published_one(results):
    flapping = Flapping(FlapRules())
    for result in results:
        flapping.add(result)
    assert flapping.percent == pytest.approx(share(results))


def test_a_change_each_time_is_a_hundred_percent():
    flapping = Flapping(FlapRules())
    for index in range(RESULTS):
        flapping.add("clear" if index % 2 else "critical")
    assert flapping.percent == pytest.approx(100.0)


@given(RECORD)
def test_it_starts_and_stops_at_its_two_limits_only(results):
    flapping, before = Flapping(FlapRules()), False
    for result in results:
        now = flapping.add(result)
        if now is not before:
            assert flapping.percent >= 30.0 if now else flapping.percent <= 20.0
        before = now


def test_one_long_failure_does_not_flap():
    flapping = Flapping(FlapRules())
    assert not any(flapping.add(result) for result in ["clear"] * 10 + ["critical"] * 30 + ["clear"] * 30)
