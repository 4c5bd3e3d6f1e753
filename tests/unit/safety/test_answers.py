"""Which commands are known, and which came too late."""

import pytest

from alimante.core.events import CommandFinished, CommandReceived, Outcome
from alimante.safety.answers import ORDERED_FOR_S, REMEMBERED_COMMANDS, Answers


def command(command_id="c1", *, seq=None, device="heater", source="mqtt"):
    return CommandReceived(
        id=command_id, device=device, value=1.0, source=source, expires_s=0.0, ttl_s=60.0, seq=seq
    )  # fmt: skip


def finished(command_id="c1", device="heater"):
    return CommandFinished(id=command_id, device=device, outcome=Outcome.APPLIED, reason="", value=1.0)


def test_a_command_is_new_once_and_has_no_answer_while_it_is_under_way():
    answers = Answers()
    assert [answers.is_known(command()), answers.is_known(command())] == [False, True]
    assert answers.of(command()) is None
    answers.keep(finished())
    assert answers.of(command()) == finished()
    assert not answers.is_known(command(device="mat"))


def test_the_answer_to_a_command_that_nobody_sent_is_not_kept():
    answers = Answers()
    answers.keep(finished())
    assert (len(answers), answers.of(command())) == (0, None)


def test_the_oldest_command_is_forgotten_first():
    answers = Answers()
    for at in range(REMEMBERED_COMMANDS + 1):
        answers.is_known(command(f"c{at}"))
    assert len(answers) == REMEMBERED_COMMANDS
    assert [answers.is_known(command(name)) for name in (f"c{REMEMBERED_COMMANDS}", "c1", "c0")] == [True, True, False]


@pytest.mark.parametrize(
    ("first", "then", "is_overtaken"), [(5, 5, True), (5, 4, True), (5, 6, False), (5, None, False)]
)
def test_a_number_that_is_not_higher_than_the_last_came_too_late(first, then, is_overtaken):
    answers = Answers()
    assert not answers.is_overtaken(command(seq=first), 0.0)
    assert answers.is_overtaken(command(seq=then), ORDERED_FOR_S - 0.1) is is_overtaken


def test_a_source_that_restarts_counts_anew_after_a_while():
    answers = Answers()
    answers.is_overtaken(command(seq=100), 0.0)
    assert not answers.is_overtaken(command(seq=1), ORDERED_FOR_S)
    assert answers.is_overtaken(command(seq=1), ORDERED_FOR_S + 1.0)


def test_each_source_and_each_device_has_numbers_of_its_own():
    answers = Answers()
    answers.is_overtaken(command(seq=100), 0.0)
    assert not answers.is_overtaken(command(seq=1, source="http"), 1.0)
    assert not answers.is_overtaken(command(seq=1, device="mat"), 1.0)


def test_the_number_that_was_told_longest_ago_is_forgotten_first():
    answers = Answers()
    for at in range(REMEMBERED_COMMANDS):
        answers.is_overtaken(command(seq=5, source=f"s{at}"), 0.0)
    answers.is_overtaken(command(seq=6, source="s0"), 1.0)
    assert answers.is_overtaken(command(seq=5, source="s1"), 1.0)
    answers.is_overtaken(command(seq=1, source="one more"), 1.0)
    assert answers.is_overtaken(command(seq=6, source="s0"), 2.0)
    assert answers.is_overtaken(command(seq=1, source="one more"), 2.0)
    assert answers.is_overtaken(command(seq=5, source="s2"), 2.0)
    assert not answers.is_overtaken(command(seq=5, source="s1"), 2.0)
