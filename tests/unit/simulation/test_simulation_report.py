"""What is said of a run: words, curves, the fingerprint, the bar and the picture."""

from collections.abc import Iterator
from io import StringIO

import pytest

from alimante.commands import simulate
from alimante.commands.simulate import Progress
from alimante.core.events import Event, HandlerSlow, LinkChanged, Quality, ReadingTaken
from alimante.safety.watch import ZoneBounds
from alimante.simulation.chart import COLOURS, READING, _Curve, _lines, _places, _runs, _short
from alimante.simulation.curves import Curves, HeaterCurve, every_s
from alimante.simulation.report import say_time
from alimante.simulation.trace import Trace
from hardware.sim.truth import Truth


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


def test_what_is_known_of_a_heater_is_sampled_and_is_unknown_while_no_supervisor_runs():
    curves = Curves(5.0, heaters={"heater": HeaterCurve(max_c=35.0, harm_c=39.0)})
    truth = Truth(at_s=0.0, ambient_c=21.0, tank_ml=0.0, door_open=False, zones={}, loads={})
    curves.add(0.0, truth, {"heater": ZoneBounds(reading_c=15.0, expected_c=30.0, highest_c=34.5)})
    curves.add(5.0, truth)
    assert curves.heaters["heater"].reading_c == [15.0, None]
    assert curves.heaters["heater"].highest_c == [34.5, None]


class Line:
    at_s = (0.0, 1.0, 2.0, 3.0)

    @staticmethod
    def x(at_s: float) -> float:
        return at_s

    @staticmethod
    def y(value: float) -> float:
        return value


def test_a_line_has_a_gap_where_nothing_is_known():
    assert list(_lines([1.0, 2.0, None, 4.0], Line())) == ["0.0,1.0 1.0,2.0", "3.0,4.0"]
    assert list(_lines([None] * 4, Line())) == []


def test_what_does_not_fit_in_one_line_of_the_legend_goes_on_in_the_next():
    curves = [_Curve(f"a heater with a name: {number}", COLOURS[0], [], READING) for number in range(6)]
    places = list(_places(curves))
    assert places[0][1] == 0
    assert places[-1][1] > 0
    assert len(set(places)) == 6


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
