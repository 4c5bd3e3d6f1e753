"""The page that shows a keeper what every fault came to; it must not judge anything itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from math import inf
from typing import Final

from alimante.core.durations import say_duration
from alimante.simulation.faults import AROUND, OF_WIRES
from alimante.simulation.matrix import Part, badge
from alimante.simulation.trials import Calm, Row
from hardware.sim.faults import KINDS

GROUPS: Final = (
    "The heater and its safety relay",
    "The thermometers that a heater goes by",
    "The computer, its disk, its clock and the broker",
    "Other outputs",
    "Other sensors",
)

INTRODUCTION: Final = """\
# What was broken, and what came of it

Every part of these terrariums was broken in every way that the simulation knows, one fault at a time, while its heater
(or whatever else it concerns) was on and again while it was off. The supervisor is the real one; only wires, air and
time are simulated. Temperatures are those that the simulated animal felt, never what a sensor said.
[safety.md](safety.md) explains what stands behind it.

**{badge}**

## How to read it

- **noticed**: how long after the fault people got the first alert, in the slowest run; "–" means nobody was told, and
  [below](#what-nobody-was-told) is why. Faults around the devices may be noticed in the log only.
- **safe**: for how long at most an output was on that should not have been: a heater in a zone that was hotter than it
  ever is without a fault or that nobody measured, or any output beyond its longest time. "always" means never a second.
  "not by itself" means until the fault was over.
- **well again**: how long after the fault was over everything was as before, without any help. "a person" means that a
  heater stays off until somebody has looked; "after its rest", that it is tried again 15 minutes after its trip;
  "never unwell", that nothing ever was wrong enough to tell.
- **hottest**: the highest true temperature in the heated zone up to the end of the run, the warm-up included.
{colder}- **✓** means that no [invariant of safety](safety.md) was broken. The worst comes first.

Your own configuration: `alimante simulate --matrix --config FILE --out matrix.md`. These pages: `make matrix`. One row
again, with all that happened: `alimante simulate --config config/FILE --for 4h --fault 'FAULT@BEGIN+40m'`, with
what the complete table says.
"""

COLDER: Final = """\
- **colder than the target by**: how far the true temperature in the heated zone was below it at most, once the zone had
  become warm. A heater that may not be on because of a fault lets its zone cool down; that a healthy one is kept off
  is no excuse but a broken invariant.
"""

NOT_COVERED: Final = """\
## What is not in it

- **Two faults at once**, such as a welded relay and a safety relay that does not open. Chance draws such things with
  `alimante simulate --chaos`.
- **A heater without a safety relay.** Each of these terrariums has one. Without it a welded relay heats on, and only a
  thermal cut-out in series ends that.
- **Your enclosure.** The simulated one is a wooden box of 90 × 45 × 45 cm in halves with a 60 W heater. `simulation` in
  the configuration changes that.
- **Other sizes of fault.** A thermometer is tried with 8 °C too much or too little and with a drift of 3 °C an hour. A
  single one that is wrong by more than lies between the target and harm does harm, and no program can know.
- **Real hardware.** Drivers, wires' timing, the kernel and the real processes are tested elsewhere.
"""

_GONE: Final = (
    "its last will makes the broker tell everybody that it is gone, and the next start says how the last run ended"
)
A_WIRE: Final = "a wire"
AT_ONCE: Final = "all thermometers of a heater"
_BECAUSE: Final[Mapping[str, str]] = {
    "stuck": "a value that stands still is a fault only where it should have moved, and here a heater that works "
    "with it, or a second thermometer, kept everything as it was",
    "wrong": "the value is plausible, came in order and nobody else measures the same; a single sensor cannot know "
    "that it is wrong",
    "drift": "each value follows from the one before and nobody else measures the same",
    "garbage": "the noise is within what this sensor may vary, or it has no usual noise to be held against",
    "detached": "the room was as warm as its zone, or nothing that can do harm goes by it",
    "exchanged": "both places were alike, or nothing that can do harm goes by them",
    "delayed": "what it measures changed so little that old values are as good as new ones",
    "intermittent": "it is asked again at once, and enough answers came",
    "slow": "the answers came in time",
    "sentinel": "this sensor has no such value, or it is a plausible one of it",
    "hang": "nobody asked it meanwhile",
    "welded": "it was to be on anyway, or nothing measures what it does. A safety relay that cannot open shows only on "
    "the day when it must: try it by hand now and then",
    "burnt_out": "it was to be off anyway, or nothing measures what it does",
    "inverted": "nothing measures what it does",
    "write_fails": "nothing had to be written meanwhile, and its line read as it should",
    "lies": "it said what was so",
    "leak": "the memory was not short yet",
    "command": "whoever may command is no fault",
    "process=restart": "a restart that was asked for is no fault",
    "process=crash": _GONE,
    "process=hang": _GONE,
    "process=leak": "the memory was not short yet",
    "computer=reboot": _GONE,
    "computer=off": _GONE,
    "people=command": "whoever may command is no fault",
    "clock=step": "it is in the log: lights and meals go by the new time, and nothing else goes by it",
    "clock=drift": "all that is about safety goes by a clock that nobody can set, and lights may be minutes late",
    "clock=unsynced": "this computer's clock is said to be trusted (`location.clock_is_trusted`)",
    "a wire=flaky": "what was disturbed was asked again at once, and enough answers came",
    "disk=slow": "writes wait in a thread of their own, and nothing waits for them",
}
"""Why a fault of a kind may pass without an alert. A kind that is not named here must be noticed each time."""


def page(parts: Sequence[Part]) -> str:
    """The whole page as Markdown."""
    colder = COLDER if any(map(_has_cold, parts)) else ""
    introduction = INTRODUCTION.format(badge=badge(parts), colder=colder)
    pieces = [introduction, *map(_part, parts), _calm(parts), _untold(parts), NOT_COVERED]
    return "\n".join([*pieces, *map(_complete, parts)])


def because(row: Row) -> str | None:
    """Why nobody was told of this fault; None where there is no reason that excuses it, or it was noticed."""
    return None if row.detected_s is not None else _BECAUSE.get("=".join(filter(None, _kind(row))))


def _part(part: Part) -> str:
    lines = [f"## {part.file}", ""]
    lines += [f"{len(part.rows)} runs of `config/{part.file}` (`{part.sha256[:12]}`), seed {part.seed}.", ""]
    for index, rows in _grouped(part):
        colder, line = (" colder than the target by |", "--:|") if _has_cold(part) else ("", "")
        lines += [f"### {GROUPS[index]}", ""]
        lines += [f"| what breaks | runs | noticed | safe | well again | hottest |{colder} |"]
        lines += [f"|---|--:|---|---|---|--:|{line}---|"]
        kinds = [list(some) for _, some in groupby(sorted(rows, key=_kind), key=_kind)]
        lines += [_summary(some) for some in sorted(kinds, key=lambda some: max(map(_dread, some)), reverse=True)]
        lines.append("")
    return "\n".join(lines)


def _grouped(part: Part) -> list[tuple[int, list[Row]]]:
    """The rows by the index of their group, what people fear most first."""
    of_heat = {row.case.target for row in part.rows if part.roles.get(row.output) == "heater"}

    def group(row: Row) -> int:
        role = part.roles.get(row.case.target)
        if role is None:
            return 2
        if role == "sensor":
            return 1 if row.case.target in of_heat else 4
        return 0 if role in ("heater", "cutoff") else 3

    return [(index, list(rows)) for index, rows in groupby(sorted(part.rows, key=group), key=group)]


def _kind(row: Row) -> tuple[str, str]:
    target = row.case.target
    if row.case.kind in OF_WIRES:
        return (A_WIRE, row.case.kind)
    if len(row.case.faults) > 1:
        return (AT_ONCE, row.case.kind)
    return (target if row.case.kind in AROUND.get(target, {}) else "", row.case.kind)


def _summary(rows: Sequence[Row]) -> str:
    """One kind of fault, with the worst of all its runs."""
    noticed = [row.detected_s for row in rows if row.detected_s is not None]
    told = "–" if not noticed else _span(max(noticed))
    if noticed and len(noticed) < len(rows):
        told += f" in {len(noticed)} of {len(rows)}"
    worst = max(rows, key=lambda row: _order(row.safe_s))
    slowest = max(rows, key=lambda row: (_order(row.healed_s), row.waits_for == "a person"))
    hottest = max(row.highest_c for row in rows)
    cells = [_words(rows), str(len(rows)), told, _safe(worst), _well(slowest), f"{hottest:.1f} °C"]
    colder = [row.colder_c for row in rows if row.colder_c is not None]
    cells += [f"{max(colder):.1f} °C"] if colder else []
    cells.append(_verdict(rows))
    return f"| {' | '.join(cells)} |"


def _has_cold(part: Part) -> bool:
    """Whether it was measured how cold it was; figures of before have none."""
    return any(row.colder_c is not None for row in part.rows)


def _words(rows: Sequence[Row]) -> str:
    """What breaks, and how it is written."""
    target, kind = _kind(rows[0])
    faults = [row.case.faults[0] if target == AT_ONCE else row.fault for row in rows]
    if target in ("", AT_ONCE):
        faults = [fault.partition("=")[2] for fault in faults]
    written = ", ".join(f"`{fault}`" for fault in dict.fromkeys(faults))
    if target in ("", AT_ONCE):
        summary = KINDS[kind].summary
    else:
        summary = (OF_WIRES if target == A_WIRE else AROUND[target])[kind].summary
    return f"{target and f'{target}: '}{summary} ({written})"


def _dread(row: Row) -> tuple[float, ...]:
    """The larger, the more to be feared."""
    return (float(bool(row.broken)), row.highest_c, _order(row.safe_s), _order(row.detected_s))


def _order(span_s: float | None) -> float:
    return inf if span_s is None else span_s


def _safe(row: Row) -> str:
    return "not by itself" if row.safe_s is None else "always" if row.safe_s == 0 else f"after {_span(row.safe_s)}"


def _well(row: Row) -> str:
    if row.waits_for:
        return "after its rest" if row.waits_for == "its rest" else row.waits_for
    if row.healed_s is None:
        return "not by the end"
    return "never unwell" if row.healed_s == 0 else _span(row.healed_s)


def _span(seconds: float) -> str:
    return "at once" if seconds < 1 else say_duration(seconds)


def _verdict(rows: Iterable[Row]) -> str:
    broken = [row for row in rows if row.broken]
    return f"**broken in {len(broken)}**" if broken else "✓"


def _calm(parts: Sequence[Part]) -> str:
    lines = ["## Without any fault", ""]
    lines += ["| | days | alerts | repairs | restarts | temperatures |", "|---|--:|--:|--:|--:|---|"]
    for part in parts:
        if (calm := part.calm) is not None:
            counts = f"{len(calm.false_alarms)} | {calm.repairs} | {calm.restarts}"
            lines.append(f"| {part.file}, seed {calm.seed} | {calm.for_s / 86_400:g} | {counts} | {_ranges(calm)} |")
    return "\n".join([*lines, ""])


def _ranges(calm: Calm) -> str:
    return ", ".join(f"{zone} {calm.lowest_c[zone]:.1f} to {high:.1f} °C" for zone, high in calm.highest_c.items())


def _untold(parts: Sequence[Part]) -> str:
    rows = [row for part in parts for row in part.rows if row.detected_s is None]
    lines = ["## What nobody was told", "", f"{len(rows)} runs ended without an alert. In each of them"]
    lines += ["the animal was as safe as the tables say. Why nobody had to be told, or could be:", ""]
    for (target, kind), some in groupby(sorted(rows, key=_kind), key=_kind):
        those = list(some)
        names = ", ".join(f"`{name}`" for name in dict.fromkeys(row.fault for row in those))
        reason = because(those[0]) or "**nobody knows; this is a defect**"
        fault = f"{target}={kind}" if target else kind
        lines.append(f"- **{fault}**, {len(those)} run{'s' * (len(those) > 1)}: {reason}. ({names})")
    return "\n".join([*lines, ""])


def _complete(part: Part) -> str:
    head = ["fault", "output", "begin, s", "noticed, s", "by", "safe, s", "well again, s", "°C"]
    head += ["colder by, °C"] if _has_cold(part) else []
    lines = [f"<details><summary>All {len(part.rows)} runs of {part.file}</summary>", ""]
    lines += [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines += [f"| {' | '.join(cells)} |" for cells in map(_cells, part.rows)]
    return "\n".join([*lines, "", "</details>", ""])


def _cells(row: Row) -> list[str]:
    output = f"{row.output} {row.state}".strip() or "–"
    well = row.waits_for or _number(row.healed_s)
    number: Callable[[float | None], str] = _number
    told = [number(row.detected_s), row.alert or "–", number(row.safe_s), well, f"{row.highest_c:.1f}"]
    told += [] if row.colder_c is None else [f"{row.colder_c:.1f}"]
    broken = f" **{'; '.join(row.broken)}**" if row.broken else ""
    return [f"`{row.fault}`{broken}", output, f"{row.at_s:g}", *told]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def untold(parts: Iterable[Part]) -> Iterator[str]:
    """Runs that nobody was told of and nothing excuses, each in a sentence."""
    for part in parts:
        for row in part.rows:
            if row.detected_s is None and because(row) is None:
                yield f"{part.file}: {row.fault} with {row.output} {row.state} raised no alert"
