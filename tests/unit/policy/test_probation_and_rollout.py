"""What a changed configuration has to come up to, and what any series of changes can lead to."""

from hypothesis import given
from hypothesis import strategies as st

from alimante.policy import rollout as steps
from alimante.policy.probation import Survey, losses
from alimante.policy.rollout import CHECKPOINTS, KEPT, Journal, Step

BEFORE = Survey(is_armed=True, devices=("probe",), answering=("probe.temperature",), well=("link", "probe"))
NAMES = tuple("abcdefghijklmno")


def lost(now: Survey, *, before: Survey | None = BEFORE, wanted: tuple[str, ...] = ("probe.temperature",)) -> list[str]:
    return losses(before, now, wanted=wanted, components=("link", "probe"))


def test_what_is_as_well_as_before_has_lost_nothing():
    assert lost(BEFORE) == []


def test_what_is_worse_is_named():
    assert lost(Survey(devices=("probe",), well=("probe",))) == [
        "outputs may not move",
        "probe.temperature does not answer any more",
        "link was well and is not any more",
    ]


def test_a_new_device_must_answer_and_one_that_was_broken_before_need_not():
    wanted = ("probe.temperature", "new.temperature")
    assert lost(BEFORE, wanted=wanted) == ["new.temperature is new and does not answer"]
    broken = Survey(is_armed=True, devices=("probe", "new"), answering=("probe.temperature",))
    assert lost(BEFORE, before=broken, wanted=wanted) == []


def test_the_first_configuration_ever_must_answer_wholly():
    assert lost(Survey(), before=None) == ["outputs may not move", "probe.temperature is new and does not answer"]


@given(st.lists(st.tuples(st.sampled_from(["try", "pass", "fail", "agree"]), st.sampled_from(NAMES)), max_size=80))
def test_whatever_happens_what_was_committed_once_is_never_lost_and_everything_stays_bounded(
    story: list[tuple[str, str]],
):
    journal = Journal()
    for what, name in story:
        before = journal
        if what == "try" and name != journal.committed:
            journal = steps.tried(journal, name, why="", start=1, at_wall_s=0.0)
        elif what == "pass":
            journal = steps.passed(journal, now=Survey())
        elif what == "fail" and journal.committed:
            journal = steps.failed(journal, reason="")
        elif what == "agree":
            journal = steps.agreed(journal)
        if what == "fail" and before.trial and before.committed:
            assert steps.next_step(journal, before.trial.new) is Step.KEEP
        assert bool(journal.committed) >= bool(before.committed)
        assert what == "pass" or journal.checkpoints == before.checkpoints
        assert len(set(journal.checkpoints)) == len(journal.checkpoints) <= CHECKPOINTS
        assert len(journal.history) <= KEPT
        assert journal.committed == "" or not journal.refusal(journal.committed)
