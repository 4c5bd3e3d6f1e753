"""What a run was like, for programs and in words; it must not find anything out itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from alimante.core.durations import DAY_S, say_duration
from alimante.simulation.curves import Curves
from alimante.simulation.faults import Fault
from alimante.simulation.kept import Chill
from alimante.simulation.ledger import AlertRecord, FaultRecord
from alimante.simulation.oracles import INVARIANTS, OF_COLD, Violation
from hardware.sim.truth import Truth

SHOWN: Final = 20
"""How many alerts, repairs and violations the words name; the JSON form has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A finished run. Times are virtual seconds since its start, None where something did not happen.

    `cold` says for each heated zone how cold it was, and how cold while something was broken or a person had it in
    hand. `false_trips` are the trips of healthy heaters.
    """

    seed: int
    config_sha256: str
    duration_s: float
    trace_sha256: str
    truth: Truth
    curves: Curves
    faults: Sequence[FaultRecord]
    alerts: Sequence[AlertRecord]
    recoveries: Sequence[Mapping[str, Any]]
    violations: Sequence[Violation]
    late: Sequence[Violation]
    written_bytes: int
    notifications: int
    sometimes: Mapping[str, int]
    cold: Mapping[str, tuple[Chill, Chill]]
    false_trips: int
    starts: int
    ends: Sequence[str]

    @property
    def is_safe(self) -> bool:
        """Whether no invariant of safety was broken. That something came back late is told, and harms nobody."""
        return not self.violations

    @property
    def verdict(self) -> str:
        """`safe`, `too cold` where nothing but needless cold was found, or `unsafe`."""
        if self.is_safe:
            return "safe"
        return "too cold" if all(each.invariant in OF_COLD for each in self.violations) else "unsafe"

    def as_json(self) -> dict[str, Any]:
        """The form that programs read."""
        return {
            "seed": self.seed,
            "config_sha256": self.config_sha256,
            "duration_s": self.duration_s,
            "trace_sha256": self.trace_sha256,
            "plant": {name: _zone(self.curves, name) for name in self.truth.zones},
            "cold": {
                name: {**_chill(chill), "excused": _chill(excused)} for name, (chill, excused) in self.cold.items()
            },
            "false_trips": self.false_trips,
            "actuators": {
                name: {
                    "on_s": round(load.on_s, 1),
                    "cycles": load.cycles,
                    "max_on_s": round(load.longest_on_s, 1),
                    "strokes": load.strokes,
                    "energy_wh": round(load.energy_j / 3600.0, 1),
                }
                for name, load in self.truth.loads.items()
            },
            "faults": [_fault(record) for record in self.faults if not record.fault.is_event],
            "events": [_event(record) for record in self.faults if record.fault.is_event],
            "alerts": [asdict(alert) for alert in self.alerts],
            "recoveries": list(self.recoveries),
            "violations": [asdict(violation) for violation in (*self.violations, *self.late)],
            "writes_bytes_per_day": round(self.written_bytes / self.duration_s * DAY_S),
            "notifications": self.notifications,
            "starts": self.starts,
            "ends": list(self.ends),
            "sometimes": dict(sorted(self.sometimes.items())),
            "verdict": self.verdict,
        }

    def in_words(self) -> str:
        """The form that people read."""
        return "\n".join([*self._head(), *self._enclosure(), *self._events(), *self._judgement()]) + "\n"

    def _head(self) -> Iterator[str]:
        yield f"{say_duration(self.duration_s)} of simulated time, seed {self.seed}"

    def _enclosure(self) -> Iterator[str]:
        yield ""
        for name in self.truth.zones:
            zone = _zone(self.curves, name)
            yield (
                f"{name:<16} {zone['min_c']:5.1f} to {zone['max_c']:5.1f} °C, mean {zone['mean_c']:5.1f} °C"
                f"   humidity {zone['min_pct']:3.0f} to {zone['max_pct']:3.0f} %"
            )
            if name in self.cold:
                chill, excused = self.cold[name]
                yield f"{'':<16} colder than the target by at most {_cold(chill)}"
                if excused.below_s:
                    yield f"{'':<16} with an excuse, such as a fault, by at most {_cold(excused)}"
        yield ""
        for name, load in self.truth.loads.items():
            share = load.on_s / self.duration_s
            longest = say_duration(load.longest_on_s)
            times = "once" if load.cycles == 1 else f"{load.cycles} times"
            yield f"{name:<16} on {share:6.1%} of the time, {times}, at most {longest} at a time"

    def _events(self) -> Iterator[str]:
        for record in self.faults:
            yield ""
            yield f"{'event' if record.fault.is_event else 'fault'} {record.fault.spec}"
            if not record.fault.is_event:
                yield f"  noticed    {_after(record.detected_s, record.fault.at_s)}"
            if record.at_risk:
                yield f"  made safe  {_after(record.safe_s, record.fault.at_s)}"
            yield f"  all well   {_healed(record)}"
        if self.alerts:
            yield ""
        for alert in self.alerts[:SHOWN]:
            end = "" if alert.resolved_s is None else f", over after {say_duration(alert.resolved_s - alert.at_s)}"
            yield f"{say_time(alert.at_s)}  {alert.level:<8} {alert.component}/{alert.condition}: {alert.text}{end}"
        yield from _more(self.alerts, "alerts")
        for repair in self.recoveries[:SHOWN]:
            result = "it helped" if repair["succeeded"] else f"in vain: {repair['reason']}"
            yield f"{say_time(repair['at_s'])}  repair   {repair['component']}: {repair['action']}; {result}"
        yield from _more(self.recoveries, "repairs")
        for end in self.ends[:SHOWN]:
            yield f"the process ended and was started again: {end}"

    def _judgement(self) -> Iterator[str]:
        yield ""
        for violation in (*self.violations, *self.late)[:SHOWN]:
            yield f"{say_time(violation.at_s)}  {violation.invariant}: {violation.text}"
        yield from _more((*self.violations, *self.late), "violations")
        checked = f"{len(INVARIANTS)} invariants"
        if self.false_trips:
            yield f"healthy heaters tripped: {self.false_trips}"
        if self.violations:
            yield f"{self.verdict.upper()}: {len(self.violations)} violations of {checked}"
        else:
            late = f"; {len(self.late)} things came back late" if self.late else ""
            yield f"safe: {checked} held all the time{late}"


def say_time(at_s: float) -> str:
    """A moment of the run as day and time since the start: 2d 03:04:05."""
    days, rest = divmod(int(at_s), int(DAY_S))
    return f"{days}d {rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"


def _zone(curves: Curves, name: str) -> dict[str, float]:
    zone = curves.zones[name]
    return {
        "min_c": round(zone.min_c, 3),
        "max_c": round(zone.max_c, 3),
        "mean_c": round(zone.sum_c / zone.samples, 3),
        "min_pct": round(zone.min_pct, 2),
        "max_pct": round(zone.max_pct, 2),
    }


def _chill(chill: Chill) -> dict[str, float]:
    return {
        "colder_c": round(chill.colder_c, 2),
        "below_h": round(chill.below_s / 3600.0, 2),
        "below_k_h": round(chill.below_k_h, 2),
    }


def _cold(chill: Chill) -> str:
    told = f"{chill.colder_c:.1f} °C"
    if not chill.below_s:
        return told
    return f"{told}, and for {say_duration(chill.below_s)} in sum too cold ({chill.below_k_h:.1f} Kh)"


def _fault(record: FaultRecord) -> dict[str, Any]:
    return {
        "spec": record.fault.spec,
        "at_s": record.fault.at_s,
        "detected_s": record.detected_s,
        "safe_s": record.safe_s,
        "healed_s": record.healed_s,
    }


def _event(record: FaultRecord) -> dict[str, Any]:
    return {"spec": record.fault.spec, "at_s": record.fault.at_s, "healed_s": record.healed_s}


def _after(at_s: float | None, begun_s: float) -> str:
    return "never" if at_s is None else f"after {say_duration(at_s - begun_s)}"


def _healed(record: FaultRecord) -> str:
    fault: Fault = record.fault
    if record.healed_s is not None:
        return f"{say_duration(record.healed_s - fault.ends_s)} after it was over"
    return (
        "not by the end of the run"
        if record.is_over
        else f"the {'event' if fault.is_event else 'fault'} lasted to the end"
    )


def _more(items: Sequence[object], what: str) -> Iterator[str]:
    if len(items) > SHOWN:
        yield f"… and {len(items) - SHOWN} more {what}; --json tells all"
