"""Rows of measured figures and the table they make; it must not measure anything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What the project wants: the row's `figure`, or its `ratio` to the floor, is at most or at least `limit`."""

    of: Literal["figure", "ratio"]
    side: Literal["<=", ">="]
    limit: float

    def met_by(self, row: "Row") -> bool:
        """Whether `row` reaches it; a row without a floor has no ratio and so does not."""
        value = row.figure if self.of == "figure" else row.ratio
        if value is None:
            return False
        return value <= self.limit if self.side == "<=" else value >= self.limit

    def text(self, unit: str) -> str:
        sign = "≤" if self.side == "<=" else "≥"
        return f"{sign} {self.limit:g} ×" if self.of == "ratio" else f"{sign} {number(self.limit)} {unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured figure in `unit`, with what the same work costs with nothing of ours around it.

    `floor_spread` is how far the floor's repetitions in this run lie apart, as (highest - lowest) / median.
    """

    part: str
    what: str
    figure: float
    unit: str
    floor: float | None = None
    floor_spread: float | None = None
    peers: dict[str, float] = field(default_factory=dict)
    goal: Goal | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Figure ÷ floor: for durations smaller is better, for rates larger."""
        return self.figure / self.floor if self.floor else None

    def as_json(self) -> dict[str, object]:
        """Everything, for machines; `met` is null without a goal."""
        goal = self.goal
        return {
            "part": self.part,
            "what": self.what,
            "figure": self.figure,
            "unit": self.unit,
            "floor": self.floor,
            "floor_spread": self.floor_spread,
            "ratio": self.ratio,
            "peers": self.peers,
            "goal": {"of": goal.of, "side": goal.side, "limit": goal.limit} if goal else None,
            "met": goal.met_by(self) if goal else None,
            "note": self.note,
        }


def spread(values: Sequence[float]) -> float:
    """(highest - lowest) / median."""
    return (max(values) - min(values)) / median(values)


def percentile(values: Sequence[float], fraction: float) -> float:
    """The value that `fraction` of `values` do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]


def number(value: float | None) -> str:
    """Three significant digits, thousands with a space."""
    if value is None:
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


HEAD = ("what", "figure", "floor", "ratio", "peers", "goal", "met", "floor's spread")


def table(rows: Iterable[Row]) -> str:
    """The rows as a table in Markdown, which reads well in a terminal too; the notes follow it."""
    lines = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    shown = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    shown.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(shown)


def notes(rows: Iterable[Row]) -> str:
    """What the rows have to say beside their figures, one line each."""
    return "\n".join(f"- {row.what}: {row.note}" for row in rows if row.note)


def _cells(row: Row) -> tuple[str, ...]:
    goal = row.goal
    return (
        row.what,
        f"{number(row.figure)} {row.unit}",
        f"{number(row.floor)} {row.unit}" if row.floor is not None else "–",
        f"{row.ratio:.2f} ×" if row.ratio is not None else "–",
        ", ".join(f"{name} {number(value)}" for name, value in row.peers.items()) or "–",
        goal.text(row.unit) if goal else "–",
        ("yes" if goal.met_by(row) else "NO") if goal else "–",
        f"{row.floor_spread:.0%}" if row.floor_spread is not None else "–",
    )
