"""A verdict that is not worked out again is the one that all rules would come to, whatever happens."""

from collections import Counter
from math import inf
from typing import ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from test_gate_model import QUICK, GateModel

from alimante.core.events import Quality
from alimante.safety import gate as gate_module
from alimante.safety.decision import Cause
from alimante.safety.gate import Gate
from alimante.safety.grants import Grant


class DoubtingGate(Gate):
    """A gate that asks all rules again each time that it would not have to."""

    times: ClassVar = Counter()
    """How often that was, by output, in all of them."""

    def _still(self, granted, output, wish, now_s):
        still = super()._still(granted, output, wish, now_s)
        if still:
            self.times[output.id] += 1
            verdict = self._verdict(output, wish, now_s)
            assert (verdict.value, verdict.cause, verdict.text) == (granted.value, Cause.NONE, "")
            assert output.bound is Cause.NONE
            assert output.bound_text == ""
        return still


class DoubtingModel(GateModel):
    build_gate = DoubtingGate


DoubtingModel.TestCase.settings = QUICK
TestDoubtingModel = DoubtingModel.TestCase


@pytest.mark.slow
def test_a_long_search_finds_no_grant_that_the_rules_would_not_give():
    run_state_machine_as_test(DoubtingModel, settings=settings(QUICK, max_examples=1000, stateful_step_count=50))


def test_a_grant_that_outlives_its_time_is_found(monkeypatch):
    give = gate_module.grant

    def for_ever(*asked):
        granted = give(*asked)
        if granted is not None:
            granted.until_s = inf
        return granted

    monkeypatch.setattr(gate_module, "grant", for_ever)

    def want_water(model):
        for _ in range(10):
            model.demand("pump", 1.0)
            model.wait(4.0)

    assert _dies_of(want_water)


def test_a_grant_that_outlives_its_evidence_is_found(monkeypatch):
    holds = Grant.holds
    monkeypatch.setattr(
        Grant,
        "holds",
        lambda granted, *asked: holds(granted, *asked[:-1], dict(granted.beliefs).__getitem__),
    )

    def lose_the_probe(model):
        model.control_well(8, wanted=True)
        model.read(Quality.UNKNOWN)
        model.wait(4.0)

    assert _dies_of(lose_the_probe)


def _dies_of(history):
    """Whether the gate is found to be wrong in what `history` does to its model."""
    model = DoubtingModel()
    model.start()
    history(model)
    model.loop.run_until_complete(model.service.stop())
    model.loop.close()
    return bool(model.deaths)


def test_most_looks_at_what_is_on_are_granted():
    DoubtingGate.times.clear()
    hunt = settings(QUICK, max_examples=30, phases=[Phase.generate], database=None, derandomize=True)
    run_state_machine_as_test(DoubtingModel, settings=hunt)
    assert DoubtingGate.times.keys() == {"heater", "pump"}
    assert min(DoubtingGate.times.values()) > 50
