"""One line in the log for each edge, and none for the same fact again."""

import logging

import pytest

from alimante.core.bus import EventBus
from alimante.core.events import (
    AlertChanged,
    BreakerChanged,
    Category,
    ClockStepped,
    ConditionChanged,
    ErrorSeen,
    Level,
    PeopleTold,
    RecoveryFinished,
    SafetyActed,
    Severity,
)
from alimante.services.journal import Journal, OneLine


@pytest.fixture
async def log(caplog):
    caplog.set_level(logging.INFO, "alimante")
    bus = EventBus()
    journal = Journal(bus)
    await journal.start()

    def lines(*events):
        caplog.clear()
        for event in events:
            bus.publish(event)
        return [(record.levelname, record.getMessage()) for record in caplog.records]

    yield lines
    await journal.stop()
    assert lines(ClockStepped(by_s=1.0)) == []


def condition(level, text="no answer", *, is_safety=False):
    return ConditionChanged(component="probe", condition="lost", level=level, text=text, is_safety=is_safety)


def alert(*, is_flapping=False, state="active"):
    return AlertChanged(
        component="probe",
        condition="lost",
        level=Level.WARNING,
        state=state,
        text="no answer",
        advice="",
        since_wall_s=0.0,
        count=1,
        is_flapping=is_flapping,
    )


def told(kind):
    return PeopleTold(kind=kind, level=Level.WARNING, alerts=("probe/lost",), text="probe: no answer")


def acted(action, text):
    return SafetyActed(device="probe", action=action, cause="x", text=text, at_s=0.0)


def test_a_condition_is_one_line_at_its_level_and_one_when_it_is_over(log):
    assert log(condition(Level.WARNING), condition(Level.CRITICAL), condition(Level.CLEAR)) == [
        ("WARNING", "probe/lost: no answer"),
        ("ERROR", "probe/lost: no answer"),
        ("INFO", "probe/lost is over"),
    ]


def test_a_condition_its_alert_and_its_notification_are_one_line(log):
    assert len(log(condition(Level.WARNING), alert(), told("alert"), alert(state="resolved"), told("resolved"))) == 1


def test_a_reminder_is_a_line(log):
    assert log(told("repeat")) == [("WARNING", "reminder (repeat) of probe/lost: probe: no answer")]


def test_an_act_of_safety_is_a_line_unless_its_condition_said_so(log):
    assert log(condition(Level.CRITICAL, "41 °C"), acted("tripped", "41 °C")) == [("ERROR", "probe/lost: 41 °C")]
    assert log(acted("forced_safe", "nobody renewed")) == [("WARNING", "probe was forced safe: nobody renewed")]
    assert log(acted("refused", "too hot")) == []


def test_f028_what_flaps_is_one_line_until_it_is_calm_but_for_safety(log):
    on, off = condition(Level.WARNING), condition(Level.CLEAR)
    lines = log(alert(is_flapping=True), *[on, off] * 100, condition(Level.CRITICAL, is_safety=True))
    assert [level for level, _ in lines] == ["WARNING", "ERROR"]
    assert log(alert(is_flapping=True), alert(), on) == [
        ("INFO", "probe/lost is calm again"),
        ("WARNING", "probe/lost: no answer"),
    ]


def test_a_breaker_and_single_errors_have_no_lines_of_their_own(log):
    breaker = BreakerChanged(component="probe", old="closed", new="open", reason="4 failures")
    error = ErrorSeen(
        component="probe", error="NoAnswer", severity=Severity.LOW, category=Category.SENSOR, text="no answer"
    )
    assert log(breaker, error) == []


def test_repairs_and_jumps_of_the_clock_are_told(log):
    repair = RecoveryFinished(
        component="probe",
        strategy="restart",
        action="reopen",
        attempt=2,
        allowed=5,
        succeeded=False,
        reason="no answer",
        took_s=0.1,
    )
    assert log(repair, ClockStepped(by_s=-7200.0)) == [
        ("WARNING", "repair of probe: reopen, attempt 2 of 5, failed: no answer"),
        ("WARNING", "the clock jumped by -7200.0 s"),
    ]


def test_f161_a_name_cannot_write_lines_of_its_own():
    record = logging.LogRecord("x", logging.INFO, "", 0, "%s is lost", ("a\nERROR b\x1b[2J",), None)
    assert OneLine().filter(record)
    assert record.getMessage() == "a\\nERROR b\\x1b[2J is lost"
