"""The smallest run that still fails."""

from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from alimante.simulation.shrink import FIRST_S, MOST, Attempt, Injury, shrink

DAY_S = 86_400.0


def fault(number: int, *, at_s: float, for_s: float = 600.0) -> Injury:
    return Injury(f"p{number}=off", at_s, for_s)


class Runs:
    """Runs that fail two minutes after the last fault that matters, if all that matter are there for long enough."""

    def __init__(self, *culprits: str, at_least_s: float = 0.0) -> None:
        self.count = 0
        self._culprits = set(culprits)
        self._at_least_s = at_least_s

    def __call__(self, attempt: Attempt) -> float | None:
        self.count += 1
        matter = [each for each in attempt.injuries if each.what in self._culprits and each.for_s >= self._at_least_s]
        if {each.what for each in matter} != self._culprits:
            return None
        at_s = max((each.at_s for each in matter), default=0.0) + 120.0
        return at_s if at_s < attempt.for_s else None


def small(attempt: Attempt, runs: Runs) -> Attempt:
    at_s = runs(attempt)
    assert at_s is not None
    return shrink(attempt, runs, at_s=at_s)


def test_of_a_month_of_faults_the_one_that_matters_is_left_soon_and_short():
    injuries = tuple(fault(number, at_s=number * 30_000.0 + 5000.0) for number in range(80))
    runs = Runs("p61=off", at_least_s=40.0)
    smallest = small(Attempt(7, 30 * DAY_S, injuries), runs)
    assert smallest == Attempt(7, FIRST_S + 180.0, (Injury("p61=off", FIRST_S, 75.0),))
    assert runs.count <= MOST


def test_two_faults_that_matter_together_are_both_left():
    injuries = tuple(fault(number, at_s=number * 1000.0) for number in range(1, 30))
    smallest = small(Attempt(1, DAY_S, injuries), Runs("p5=off", "p24=off"))
    assert [each.what for each in smallest.injuries] == ["p5=off", "p24=off"]


def test_a_run_that_fails_without_any_fault_needs_none():
    smallest = small(Attempt(1, DAY_S, (fault(1, at_s=3000.0),)), Runs())
    assert smallest == Attempt(1, 180.0)


def test_a_fault_without_end_gets_one_if_it_may():
    smallest = small(Attempt(1, DAY_S, (fault(1, at_s=3000.0, for_s=inf),)), Runs("p1=off"))
    assert smallest.injuries[0].for_s < 30.0


def test_a_fault_reads_as_the_command_line_takes_it():
    assert Injury("p1=wrong(3)", 600.0, 90.0).spec == "p1=wrong(3)@600+90"
    assert Injury("p1=off", 1_234_567.0).spec == "p1=off@1234567"
    assert Injury("p1=off", 60.0, 2_592_000.5).spec == "p1=off@60+2592000.5"
    assert Injury("process=crash", 60.0, 0.0).spec == "process=crash@60"


@settings(max_examples=50)
@given(st.integers(1, 60), st.data())
def test_what_is_left_fails_and_is_never_more_than_there_was(count: int, data: st.DataObject):
    injuries = tuple(fault(number, at_s=100.0 * number) for number in range(count))
    culprits = data.draw(st.sets(st.sampled_from([each.what for each in injuries]), max_size=3))
    attempt, runs = Attempt(1, DAY_S, injuries), Runs(*culprits)
    smallest = small(attempt, runs)
    assert runs.count <= MOST + 1
    assert runs(smallest) is not None
    assert {each.what for each in smallest.injuries} <= {each.what for each in injuries}
    assert smallest.for_s <= attempt.for_s
