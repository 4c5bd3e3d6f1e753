"""Draws a run as one SVG picture: temperatures, actuators and faults on one time axis; it must not judge it.

The colours have enough contrast on a light and on a dark page, and the background is left transparent.
"""

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil, floor, isfinite
from typing import Final

from alimante.core.durations import say_duration
from alimante.simulation.report import Report

WIDTH: Final = 960.0
LEFT: Final = 120.0
RIGHT: Final = 20.0
TOP: Final = 40.0
CURVES: Final = 240.0
ROW: Final = 16.0
GAP: Final = 28.0
NAME: Final = 20
"""The longest name that fits before the axis."""

COLOURS: Final = ("#d1603d", "#2f7fb8", "#8a7a2d", "#7a5fb0", "#3c8f5a", "#b0527c")
TEXT: Final = "#808080"
FAULT: Final = "#d03030"

_NICE_S: Final = (60, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000, 7_776_000)


def draw(report: Report) -> str:
    """The whole picture as the text of an SVG file."""
    names = list(report.curves.duty)
    bottom = TOP + CURVES + GAP + ROW * len(names)
    faults_at = bottom + 8.0
    height = faults_at + ROW * len(report.faults) + 40.0
    axis = _Axis(report)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" '
        'font-family="system-ui, sans-serif" font-size="11">',
        f"<title>Alimante: {say_duration(report.duration_s)}, seed {report.seed}, {report.verdict}</title>",
        *_time_axis(axis, bottom=faults_at + ROW * len(report.faults)),
        *_temperatures(report, axis),
        *_rows(report, axis, names),
        *_faults(report, axis, top=faults_at, height=bottom),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Axis:
    """From seconds and degrees to places in the picture."""

    def __init__(self, report: Report) -> None:
        values = [value for curve in _curves(report) for value in curve[1]]
        self.low_c = floor(min(values, default=0.0) - 0.5)
        self.high_c = max(ceil(max(values, default=1.0) + 0.5), self.low_c + 1)
        self.for_s = report.duration_s

    def x(self, at_s: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * min(at_s / self.for_s, 1.0)

    def y(self, value_c: float) -> float:
        return TOP + CURVES * (self.high_c - value_c) / (self.high_c - self.low_c)


def _curves(report: Report) -> list[tuple[str, Sequence[float]]]:
    return [*report.curves.temperature_c.items(), ("room", report.curves.ambient_c)]


def _time_axis(axis: _Axis, *, bottom: float) -> Iterator[str]:
    step_s = next((step for step in _NICE_S if axis.for_s / step <= 12), _NICE_S[-1])
    at_s = 0.0
    while at_s <= axis.for_s:
        x = axis.x(at_s)
        yield f'<path d="M{x:.1f} {TOP:g}V{bottom:.1f}" stroke="{TEXT}" stroke-opacity=".25"/>'
        label = say_duration(at_s) if at_s else "0"
        yield f'<text x="{x:.1f}" y="{bottom + 14:.1f}" fill="{TEXT}" text-anchor="middle">{label}</text>'
        at_s += step_s
    x = axis.x(axis.for_s / 2)
    yield f'<text x="{x:.1f}" y="{bottom + 30:.1f}" fill="{TEXT}" text-anchor="middle">time since the start</text>'


def _temperatures(report: Report, axis: _Axis) -> Iterator[str]:
    step_c = next(step for step in (1, 2, 5, 10, 20, 50, 100) if (axis.high_c - axis.low_c) / step <= 9)
    value_c = ceil(axis.low_c / step_c) * step_c
    while value_c <= axis.high_c:
        y = axis.y(value_c)
        yield f'<path d="M{LEFT:g} {y:.1f}H{WIDTH - RIGHT:g}" stroke="{TEXT}" stroke-opacity=".25"/>'
        yield f'<text x="{LEFT - 6:g}" y="{y + 4:.1f}" fill="{TEXT}" text-anchor="end">{value_c}</text>'
        value_c += step_c
    yield f'<text x="4" y="24" fill="{TEXT}">temperature, °C</text>'
    for index, (name, values) in enumerate(_curves(report)):
        colour = TEXT if name == "room" else COLOURS[index % len(COLOURS)]
        points = " ".join(
            f"{axis.x(at_s):.1f},{axis.y(value):.1f}" for at_s, value in zip(report.curves.at_s, values, strict=True)
        )
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.3"/>'
        x = LEFT + 110 * index
        yield f'<path d="M{x:g} 20h14" stroke="{colour}" stroke-width="3"/>'
        yield f'<text x="{x + 18:g}" y="24" fill="{TEXT}">{escape(name)}</text>'


def _rows(report: Report, axis: _Axis, names: list[str]) -> Iterator[str]:
    """One row for each actuator: the fuller the colour, the more of the time it was on."""
    for index, name in enumerate(names):
        y = TOP + CURVES + GAP + ROW * index
        colour = COLOURS[index % len(COLOURS)]
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
        yield f'<path d="M{x:.1f} {TOP:g}V{height:.1f}" stroke="{FAULT}" stroke-dasharray="3 3"/>'
        yield (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1.5):.1f}" height="{ROW - 4:g}" '
            f'fill="{FAULT}" fill-opacity=".4"/>'
        )
        name = _short(fault.spec.partition("@")[0])
        yield f'<text x="{LEFT - 6:g}" y="{y + 10:.1f}" fill="{FAULT}" text-anchor="end">{name}</text>'
