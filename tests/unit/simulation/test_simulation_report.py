"""What is said of a run: words, curves, the fingerprint, the bar and the picture."""

from collections.abc import Iterator
from io import StringIO

import pytest

from alimante.commands import simulate
from alimante.commands.simulate import Progress
from alimante.core.events import Event, HandlerSlow, LinkChanged, Quality, ReadingTaken
from alimante.simulation.chart import _runs, _short
from alimante.simulation.curves import every_s
from alimante.simulation.report import say_time
from alimante.simulation.trace import Trace


def test_a_moment_has_its_day():
    assert say_time(2 * 86_400 + 3 * 3600 + 4 * 60 + 5.9) == "2d 03:04:05"


def a_reading(value: float, *, reasons: tuple[str, ...] = ()) -> ReadingTaken:
    return ReadingTaken(
        device="probe",
        channel="temperature",
        value=value,
        unit="°C",
        quality=Quality.GOOD,
        reasons=reasons,
        measured_s=1.0,
        seq=1,
    )


def fingerprint(*events: Event, at_s: float = 1.0) -> str:
    trace = Trace()
    for event in events:
        trace.event(at_s, event)
    return trace.sha256


def test_the_fingerprint_is_of_every_event_and_its_time():
    told = LinkChanged(connected=True, reason="x")
    prints = [
        fingerprint(),
        fingerprint(told),
        fingerprint(told, at_s=2.0),
        fingerprint(a_reading(21.0)),
        fingerprint(a_reading(21.0 + 2**-40)),
        fingerprint(a_reading(21.0, reasons=("noisy",))),
        fingerprint(told, a_reading(21.0)),
        fingerprint(a_reading(21.0), told),
    ]
    assert len(set(prints)) == len(prints)
    assert fingerprint(told, a_reading(21.0)) == prints[-2]


def test_how_long_a_handler_really_took_is_no_part_of_the_fingerprint():
    assert fingerprint(HandlerSlow(handler="h", event="e", took_s=0.1)) == fingerprint()


def test_a_long_run_keeps_no_more_samples_than_a_short_one():
    assert every_s(60.0) == 5.0
    assert 366 * 86_400.0 / every_s(366 * 86_400.0) <= 1200.0


def test_neighbours_of_the_same_duty_are_one_bar_and_nothing_is_none():
    at_s = [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    assert list(_runs(at_s, [0.0, 1.0, 1.0, 0.0, 0.31, 0.39])) == [(0.0, 20.0, 1.0), (30.0, 50.0, 0.4)]


def test_a_name_that_is_too_long_or_dangerous_is_made_fit():
    assert _short("<img>") == "&lt;img&gt;"
    assert _short("x" * 40) == "x" * 19 + "…"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def clock(monkeypatch: pytest.MonkeyPatch, *times_s: float) -> None:
    left: Iterator[float] = iter(times_s)
    monkeypatch.setattr(simulate, "monotonic", lambda: next(left))


def test_the_bar_tells_share_speed_and_what_is_left(monkeypatch: pytest.MonkeyPatch):
    clock(monkeypatch, 0.0, 0.1, 10.0)
    terminal = Terminal()
    bar = Progress(terminal, 3600.0)
    bar.show(0.01)  # too soon to be drawn
    bar.show(0.5)
    bar.clear()
    assert terminal.getvalue() == f"\r\x1b[K[{'#' * 15}{'.' * 15}]  50%  180 x  10 s left\r\x1b[K"


def test_there_is_no_bar_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch):
    clock(monkeypatch, 0.0, 10.0)
    stream = StringIO()
    bar = Progress(stream, 3600.0)
    bar.show(0.5)
    bar.clear()
    assert stream.getvalue() == ""
