"""The service manager's unit is where the process is, and nothing that the process says has it killed."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alimante.core.clock import ManualClock
from alimante.policy.notices import Life, Notice, Phase, turn
from alimante.services.notices import Notices
from tests.manager import START_S, STOP_S, VERSIONS, WATCHDOG_S, Unit

SILENT_S = 8.0
"""The longest time without evidence of life of a process that is well."""
AS = {
    Phase.STARTING: {"start"},
    Phase.RUNNING: {"running"},
    Phase.CHANGING: {"reload", "reload-notify"},
    Phase.ENDING: {"start", "stop-sigterm", "reload"},  # of the start that fails; of 252, which only notes it in reload
}


class Process:
    """A process and its unit. `takes` says of each message whether the manager takes it."""

    def __init__(self, version, takes=lambda: True):
        self.clock = ManualClock()
        self.began_s = self.clock.mono()
        self.unit = Unit(version, now_s=self.began_s)
        self.takes = takes
        self.sent = []
        self.notices = Notices(self, self.clock)
        self.ended_s = None

    def send(self, *assignments):
        self.sent.append("\n".join(assignments))
        if not self.takes():
            return False
        self.unit.hear(self.sent[-1], self.clock.mono())
        return True

    def wait(self, pause_s):
        self.clock.advance(pause_s)
        self.unit.advance(self.clock.mono())

    def live(self, event):
        if event == "systemctl reload":
            if self.unit.reload(self.clock.mono()):
                self.notices.changes()
            return
        if event == "reload command done":
            self.unit.end_reload_command(self.clock.mono())
            return
        if event is Life.BEGUN:
            self.notices.begun("running")
        elif event is Life.ENDS:
            self.notices.ends("a test")
        else:
            getattr(self.notices, event)()
        if self.notices.phase is Phase.ENDING and self.ended_s is None:
            self.ended_s = self.clock.mono()

    def is_over(self):
        """Whether no process that is well would still be there: a start and an end have their time."""
        now_s = self.clock.mono()
        if self.ended_s is not None:
            return now_s - self.ended_s >= STOP_S - SILENT_S
        return self.notices.phase is Phase.STARTING and now_s - self.began_s > START_S - 3 * SILENT_S


LIVES = st.lists(
    st.tuples(st.floats(0.0, SILENT_S), st.sampled_from([*Life, "systemctl reload", "reload command done"])),
    max_size=60,
)


def play(process, lives):
    for pause_s, event in lives:
        if process.is_over():
            return
        process.wait(pause_s)
        process.live(event)
        yield event
        process.live(Life.LIVES)
        yield event


@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=100)
@given(lives=LIVES)
@example(lives=[(1.0, Life.BEGUN), (1.0, Life.CHANGES), (8.0, Life.ENDS), (7.0, Life.STAYS), (8.0, Life.BEGUN)])
def test_no_life_has_the_process_killed_and_the_unit_is_always_where_the_process_is(version, lives):
    process = Process(version)
    for event in play(process, lives):
        assert not process.unit.killed, process.unit.passed
        if not process.unit._is_reload_command:
            assert process.unit.state in AS[process.notices.phase], event
    assert ("stop-sigterm" in process.unit.passed) <= (process.notices.phase is Phase.ENDING)
    process.unit.end(process.clock.mono())
    assert not process.unit.killed


@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=100)
@given(lives=LIVES, takes=st.lists(st.booleans(), min_size=200, max_size=200))
def test_what_the_manager_did_not_take_is_told_again_with_the_next_sign_of_life(version, lives, takes):
    process = Process(version)
    answers = iter(takes)
    process.takes = lambda: next(answers, True) or process.sent[-1] == "WATCHDOG=1"
    for _ in play(process, lives):
        pass
    process.takes = lambda: True
    is_ending = process.notices.phase is Phase.ENDING
    process.live(Life.LIVES)
    process.live("reload command done")
    assert not process.unit.killed
    assert is_ending or process.unit.state in AS[process.notices.phase]


@pytest.mark.parametrize("version", VERSIONS)
def test_one_run_after_another_is_a_reload_and_only_the_end_of_the_process_is_a_stop(version):
    process = Process(version)
    for life in (Life.BEGUN, Life.CHANGES, Life.CHANGES, Life.BEGUN, Life.CHANGES, Life.STAYS, Life.ENDS):
        process.live(life)
    by_notice = "reload" if version == 252 else "reload-notify"
    assert process.unit.passed == ["start", "running", by_notice, "running", by_notice, "running", "stop-sigterm"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_reload_of_the_manager_lasts_as_long_as_the_change(version):
    process = Process(version)
    for event in (Life.BEGUN, "systemctl reload", "reload command done"):
        process.live(event)
    assert process.unit.state.startswith("reload")
    process.live(Life.BEGUN)
    assert process.unit.state == "running"


@pytest.mark.parametrize("life", [Life.BEGUN, Life.CHANGES, Life.STAYS, Life.LIVES, Life.ENDS])
def test_after_the_promise_to_end_nothing_is_told_and_the_watchdog_gets_no_food(life):
    assert turn(Phase.ENDING, life) == (Phase.ENDING, ())


def test_a_start_is_not_watched_before_it_is_ready():
    assert turn(Phase.STARTING, Life.LIVES) == (Phase.STARTING, ())


def test_only_the_end_of_the_process_is_told_as_a_stop():
    stops = {(phase, life) for phase in Phase for life in Life if Notice.STOPPING in turn(phase, life)[1]}
    assert stops == {(Phase.RUNNING, Life.ENDS), (Phase.CHANGING, Life.ENDS)}


def test_a_change_that_hangs_starves_the_watchdog():
    process = Process(252)
    for life in (Life.BEGUN, Life.CHANGES):
        process.live(life)
    process.wait(WATCHDOG_S)
    assert process.unit.killed == "the watchdog was not fed in reload"


def test_people_read_what_the_process_does():
    process = Process(252)
    process.notices.begun("safe mode: four starts ended badly")
    assert process.unit.status == "safe mode: four starts ended badly"
    process.notices.changes()
    assert process.unit.status == "the configuration is read again"
    process.notices.stays()
    assert process.unit.status == "safe mode: four starts ended badly"


def test_a_start_that_fails_says_why_and_promises_nothing():
    process = Process(252)
    process.notices.ends("no broker")
    assert process.sent == ["STATUS=ending: no broker"]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (["READY=1", "STOPPING=1", "RELOADING=1", "READY=1"], "stop-sigterm took too long"),
        (["READY=1", "STOPPING=1", "WATCHDOG=1"], "the watchdog was not fed in stop-sigterm"),
        (["WATCHDOG=1"], "the watchdog was not fed in start"),
        (["READY=1"], "the watchdog was not fed in running"),
        ([], "start took too long"),
    ],
)
def test_the_manager_above_kills_whom_the_real_one_kills(told, why):
    unit = Unit(252)
    for message in told:
        unit.hear(message, 1.0)
    unit.advance(1.0 + START_S)
    assert unit.killed == why
