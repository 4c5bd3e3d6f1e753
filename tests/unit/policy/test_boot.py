"""Bad starts lead to reboots and then to the safe mode, after exact counts; each death has a name."""

from dataclasses import replace

import pytest

from alimante.policy.boot import End, Note, Record, Start, StartRules, Step, bad_starts, next_step, post_mortem

RULES = StartRules()


class Machine:
    """A computer on which every start ends badly; `act` does what each start is told to do."""

    def __init__(self, *, may_reboot=True):
        self.record = Record()
        self.kernel, self.now_s, self.may_reboot = "boot 0", 10.0, may_reboot

    def start(self, *, after_s=3.0, end=End.OPEN, was_healthy=False):
        self.now_s += after_s
        new = Start(number=len(self.record.starts) + 1, kernel=self.kernel, at_s=self.now_s)
        self.record = replace(self.record, starts=(*self.record.starts, new))
        step = next_step(self.record, kernel=self.kernel, now_s=self.now_s, rules=RULES, may_reboot=self.may_reboot)
        if step is Step.REBOOT:
            record = self.record.latest(end=End.REBOOT)
            self.record = replace(record, reboots=(*record.reboots, self.kernel))
        else:
            self.record = self.record.latest(end=end, was_healthy=was_healthy)
        return step

    def reboot(self):
        self.kernel, self.now_s = f"boot {int(self.kernel.split()[1]) + 1}", 5.0


def test_f140_four_bad_starts_lead_to_a_reboot_three_times_and_then_to_the_safe_mode():
    machine, steps = Machine(), []
    for _ in range(20):
        steps.append(machine.start())
        if steps[-1] is Step.REBOOT:
            machine.reboot()
    assert steps == ([Step.RUN] * 4 + [Step.REBOOT]) * 3 + [Step.RUN] * 4 + [Step.SAFE_MODE]


def test_where_a_reboot_is_not_allowed_the_safe_mode_comes_at_once():
    machine = Machine(may_reboot=False)
    assert [machine.start() for _ in range(6)] == [Step.RUN] * 4 + [Step.SAFE_MODE] * 2


def test_a_reboot_that_did_not_happen_is_not_asked_for_again():
    machine = Machine()
    assert [machine.start() for _ in range(5)][-1] is Step.REBOOT
    assert [machine.start() for _ in range(5)] == [Step.RUN] * 4 + [Step.SAFE_MODE]


def test_bad_starts_with_more_time_between_them_are_forgotten():
    machine = Machine()
    assert {machine.start(after_s=226.0) for _ in range(100)} == {Step.RUN}


@pytest.mark.parametrize("kind", [{"end": End.CLEAN}, {"was_healthy": True}, {"end": End.GAVE_UP, "was_healthy": True}])
def test_a_good_run_begins_the_count_anew(kind):
    machine = Machine()
    assert [machine.start() for _ in range(3)] == [Step.RUN] * 3
    assert machine.start(**kind) is Step.RUN
    assert [machine.start() for _ in range(5)] == [Step.RUN] * 4 + [Step.REBOOT]


def test_starts_before_the_last_power_cut_count_by_their_order():
    machine = Machine()
    for _ in range(4):
        assert machine.start() is Step.RUN
        machine.reboot()
    assert machine.start() is Step.REBOOT


def test_giving_up_is_a_bad_start():
    machine = Machine()
    for _ in range(4):
        machine.start(end=End.GAVE_UP)
    machine.start()
    assert bad_starts(machine.record, kernel=machine.kernel, now_s=machine.now_s, rules=RULES) == 4


def test_the_safe_mode_stays_until_somebody_ends_it():
    record = Record(starts=(Start(number=1, kernel="a", at_s=1.0),), safe_mode="because")
    assert next_step(record, kernel="a", now_s=1e9, rules=RULES, may_reboot=True) is Step.SAFE_MODE


BEFORE = Start(number=7, kernel="a", at_s=1.0)


@pytest.mark.parametrize(
    ("before", "note", "kernel", "kind"),
    [
        (replace(BEFORE, end=End.GAVE_UP, reason="the disk burns"), None, "a", "gave_up"),
        (replace(BEFORE, end=End.REBOOT), None, "b", "reboot"),
        (BEFORE, None, "b", "power"),
        (BEFORE, None, "a", "killed"),
        (BEFORE, Note(number=6, result="oom-kill"), "a", "killed"),
        (BEFORE, Note(number=7, result="oom-kill", code="killed", status="KILL"), "a", "memory"),
        (BEFORE, Note(number=7, result="watchdog", code="dumped", status="ABRT"), "a", "watchdog"),
        (BEFORE, Note(number=7, result="signal", code="killed", status="SEGV"), "a", "signal"),
        (BEFORE, Note(number=7, result="signal", code="killed", status="KILL", guard="silence"), "a", "hang"),
        (BEFORE, Note(number=7, result="exit-code", code="exited", status="1"), "a", "crash"),
        (BEFORE, Note(number=7, result="timeout"), "a", "timeout"),
        (BEFORE, Note(number=7, result="oom-kill"), "b", "memory"),
    ],
)
def test_each_death_has_its_name(before, note, kernel, kind):
    death = post_mortem(before, note, kernel=kernel)
    assert death is not None
    assert death.kind == kind


def test_a_clean_end_and_a_first_start_have_no_post_mortem():
    assert post_mortem(None, None, kernel="a") is None
    assert post_mortem(replace(BEFORE, end=End.CLEAN), None, kernel="b") is None


def test_the_words_of_who_gave_up_are_kept():
    death = post_mortem(replace(BEFORE, end=End.GAVE_UP, reason="the disk burns"), None, kernel="a")
    assert death is not None
    assert death.text.endswith("the disk burns")
