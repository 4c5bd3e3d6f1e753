"""Draws a run as one SVG picture: temperatures, actuators and faults on one time axis; it must not judge it.

What is true are whole lines, what the supervisor goes by are broken ones. The colours have enough contrast on a light
and on a dark page, and the background is left transparent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite
from typing import Final

from alimante.core.durations import say_duration
from alimante.simulation.report import Report

WIDTH: Final = 960.0
LEFT: Final = 150.0
RIGHT: Final = 20.0
TOP: Final = 16.0
LEGEND: Final = 16.0
CURVES: Final = 240.0
ROW: Final = 16.0
GAP: Final = 28.0
NAME: Final = 20
"""The longest name that fits before the axis."""
LETTER: Final = 6.4
"""About the width of a letter."""

COLOURS: Final = ("#d1603d", "#2f7fb8", "#8a7a2d", "#7a5fb0", "#3c8f5a", "#b0527c")
TEXT: Final = "#808080"
FAULT: Final = "#d03030"
READING: Final = "1.5 3"
HIGHEST: Final = "7 3"
LIMIT: Final = "9 4 2 4"

_NICE_S: Final = (60, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000, 7_776_000)


def draw(report: Report) -> str:
    """The whole picture as the text of an SVG file."""
    names = list(report.curves.duty)
    axis = _Axis(report)
    bottom = axis.top + CURVES + GAP + ROW * len(names)
    faults_at = bottom + 8.0
    height = faults_at + ROW * len(report.faults) + 40.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" '
        'font-family="system-ui, sans-serif" font-size="11">',
        f"<title>Alimante: {say_duration(report.duration_s)}, seed {report.seed}, {report.verdict}</title>",
        *_time_axis(axis, bottom=faults_at + ROW * len(report.faults)),
        *_temperatures(axis),
        *_limits(report, axis),
        *_rows(report, axis, names),
        *_faults(report, axis, top=faults_at, height=bottom),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


@dataclass(frozen=True, slots=True)
class _Curve:
    name: str
    colour: str
    values: Sequence[float | None]
    dashes: str = ""

    @property
    def style(self) -> str:
        """How its line is drawn, but for its width."""
        dashes = f' stroke-dasharray="{self.dashes}"' if self.dashes else ""
        return f'stroke="{self.colour}"{dashes}'


class _Axis:
    """From seconds and degrees to places in the picture, below a legend of as many lines as it needs."""

    def __init__(self, report: Report) -> None:
        self.at_s = report.curves.at_s
        self.curves = _curves(report)
        self.legend = list(_places(self.curves))
        self.top = TOP + LEGEND * self.legend[-1][1] + 24.0
        values = [value for curve in self.curves for value in curve.values if value is not None]
        values += [value for heater in report.curves.heaters.values() for value in (heater.max_c, heater.harm_c)]
        self.low_c = floor(min(values, default=0.0) - 0.5)
        self.high_c = max(ceil(max(values, default=1.0) + 0.5), self.low_c + 1)
        self.for_s = report.duration_s

    def x(self, at_s: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * min(at_s / self.for_s, 1.0)

    def y(self, value_c: float) -> float:
        return self.top + CURVES * (self.high_c - value_c) / (self.high_c - self.low_c)


def _curves(report: Report) -> list[_Curve]:
    """The zones and the room, as they truly are, then what is known of each heater's zone."""
    curves = report.curves
    found = [_Curve(name, _colour(index), values) for index, (name, values) in enumerate(curves.temperature_c.items())]
    found.append(_Curve("room", TEXT, curves.ambient_c))
    for name, heater in curves.heaters.items():
        if any(value is not None for value in heater.highest_c):
            index = len(found) - 1  # the room has no colour of its own
            found.append(_Curve(f"{name}: reading", _colour(index), heater.reading_c, READING))
            found.append(_Curve(f"{name}: upper bound", _colour(index + 1), heater.highest_c, HIGHEST))
    return found


def _colour(index: int) -> str:
    return COLOURS[index % len(COLOURS)]


def _places(curves: Sequence[_Curve]) -> Iterator[tuple[float, int]]:
    """Where each curve stands in the legend: its x, and its line."""
    x, line = LEFT, 0
    for curve in curves:
        width = 40.0 + LETTER * len(curve.name)
        if x > LEFT and x + width > WIDTH - RIGHT:
            x, line = LEFT, line + 1
        yield x, line
        x += width


def _time_axis(axis: _Axis, *, bottom: float) -> Iterator[str]:
    step_s = next((step for step in _NICE_S if axis.for_s / step <= 12), _NICE_S[-1])
    at_s = 0.0
    while at_s <= axis.for_s:
        x = axis.x(at_s)
        yield f'<path d="M{x:.1f} {axis.top:g}V{bottom:.1f}" stroke="{TEXT}" stroke-opacity=".25"/>'
        label = say_duration(at_s) if at_s else "0"
        yield f'<text x="{x:.1f}" y="{bottom + 14:.1f}" fill="{TEXT}" text-anchor="middle">{label}</text>'
        at_s += step_s
    x = axis.x(axis.for_s / 2)
    yield f'<text x="{x:.1f}" y="{bottom + 30:.1f}" fill="{TEXT}" text-anchor="middle">time since the start</text>'


def _temperatures(axis: _Axis) -> Iterator[str]:
    step_c = next(step for step in (1, 2, 5, 10, 20, 50, 100) if (axis.high_c - axis.low_c) / step <= 9)
    value_c = ceil(axis.low_c / step_c) * step_c
    while value_c <= axis.high_c:
        y = axis.y(value_c)
        yield f'<path d="M{LEFT:g} {y:.1f}H{WIDTH - RIGHT:g}" stroke="{TEXT}" stroke-opacity=".25"/>'
        yield f'<text x="{LEFT - 6:g}" y="{y + 4:.1f}" fill="{TEXT}" text-anchor="end">{value_c}</text>'
        value_c += step_c
    yield f'<text x="4" y="{TOP + 4:g}" fill="{TEXT}">temperature, °C</text>'
    for curve in reversed(axis.curves):  # what is true lies on top of what is taken for it
        for points in _lines(curve.values, axis):
            yield f'<polyline points="{points}" fill="none" {curve.style} stroke-width="1.5"/>'
    for curve, (x, line) in zip(axis.curves, axis.legend, strict=True):
        y = TOP + LEGEND * line
        yield f'<path d="M{x:.1f} {y:g}h22" {curve.style} stroke-width="2.5"/>'
        yield f'<text x="{x + 26:.1f}" y="{y + 4:g}" fill="{TEXT}">{escape(curve.name)}</text>'


def _lines(values: Sequence[float | None], axis: _Axis) -> Iterator[str]:
    """The points of each stretch without a gap."""
    points: list[str] = []
    for at_s, value in zip(axis.at_s, values, strict=True):
        if value is not None:
            points.append(f"{axis.x(at_s):.1f},{axis.y(value):.1f}")
        elif points:
            yield " ".join(points)
            points = []
    if points:
        yield " ".join(points)


def _limits(report: Report, axis: _Axis) -> Iterator[str]:
    """Where each heater has its limit and where harm begins, once for those that have the same."""
    heaters = report.curves.heaters.values()
    for name, values in (("limit", [one.max_c for one in heaters]), ("harm", [one.harm_c for one in heaters])):
        for value_c in dict.fromkeys(values):
            y = axis.y(value_c)
            yield (
                f'<path d="M{LEFT:g} {y:.1f}H{WIDTH - RIGHT:g}" stroke="{FAULT}" stroke-dasharray="{LIMIT}" '
                'stroke-opacity=".8"/>'
            )
            yield f'<text x="{LEFT + 4:g}" y="{y - 3:.1f}" fill="{FAULT}">{name}</text>'


def _rows(report: Report, axis: _Axis, names: list[str]) -> Iterator[str]:
    """One row for each actuator: the fuller the colour, the more of the time it was on."""
    for index, name in enumerate(names):
        y = axis.top + CURVES + GAP + ROW * index
        colour = _colour(index)
        yield f'<text x="{LEFT - 6:g}" y="{y + 10:.1f}" fill="{TEXT}" text-anchor="end">{_short(name)}</text>'
        for begin_s, end_s, duty in _runs(report.curves.at_s, report.curves.duty[name]):
            x, width = axis.x(begin_s), axis.x(end_s) - axis.x(begin_s)
            yield (
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" height="{ROW - 4:g}" '
                f'fill="{colour}" fill-opacity="{duty:.1f}"/>'
            )


def _short(name: str) -> str:
    """As much of a name as stands left of the axis."""
    return escape(name if len(name) <= NAME else f"{name[: NAME - 1]}…")


def _runs(at_s: Sequence[float], duty: Sequence[float]) -> Iterator[tuple[float, float, float]]:
    """Neighbouring samples of about the same duty as one: begin, end, duty in tenths; without those at zero."""
    begin_s, level = 0.0, 0.0
    for index in range(1, len(at_s)):
        now = ceil(duty[index] * 10) / 10
        if now != level:
            if level > 0:
                yield begin_s, at_s[index - 1], level
            begin_s, level = at_s[index - 1], now
    if level > 0:
        yield begin_s, at_s[-1], level


def _faults(report: Report, axis: _Axis, *, top: float, height: float) -> Iterator[str]:
    for index, record in enumerate(report.faults):
        fault = record.fault
        end_s = fault.ends_s if isfinite(fault.ends_s) else report.duration_s
        x, width = axis.x(fault.at_s), axis.x(min(end_s, report.duration_s)) - axis.x(fault.at_s)
        y = top + ROW * index
        yield f'<path d="M{x:.1f} {axis.top:g}V{height:.1f}" stroke="{FAULT}" stroke-dasharray="3 3"/>'
        yield (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1.5):.1f}" height="{ROW - 4:g}" '
            f'fill="{FAULT}" fill-opacity=".4"/>'
        )
        name = _short(fault.spec.partition("@")[0])
        yield f'<text x="{LEFT - 6:g}" y="{y + 10:.1f}" fill="{FAULT}" text-anchor="end">{name}</text>'
