"""Runs one fault after the other and measures what each comes to; it must not write pages.

What is measured is what is true in the enclosure, never what a sensor says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import Final

from alimante.config.model import Config, Device, Role
from alimante.core.events import CommandReceived
from alimante.safety.rules import Rules, rules_of
from alimante.simulation.cases import Case
from alimante.simulation.faults import Fault, device_kinds, parse
from alimante.simulation.node import Node
from alimante.simulation.rehearsal import rehearse
from alimante.simulation.report import Report
from alimante.simulation.stage import on_simulated_wires
from hardware.sim.load import Load

BEGIN_S: Final = 900.0
"""Faults begin no earlier: by then the enclosure is warm and the heater comes and goes."""
WITHIN_S: Final = 400.0
"""So long a fault waits for its output to go on or off by itself; after that a person commands it."""
SETTLED_S: Final = 5.0
"""So long an output has been on or off when the fault comes."""
LONG_S: Final = 2400.0
"""Of a fault of a heater or its cutoff: long enough for a trip, its rest of 900 s and a second trip."""
LASTS_S: Final = 1500.0
"""Of another fault that concerns a heater."""
BRIEFLY_S: Final = 300.0
"""Of a fault that concerns no heater."""
SLOWLY_S: Final[Mapping[str, float]] = {"drift": 7200.0, "stuck": LONG_S, "detached": LONG_S, "exchanged": LONG_S}
"""Of kinds that need longer until something comes of them, where they concern a heater."""
AFTER_S: Final = 330.0
"""How long a run goes on after its fault: a breaker may take 300 s to close."""
NORMAL_C: Final = 0.5
"""Heating is wanted up to so much above what the zone reaches without any fault."""
OFF: Final = 0.03
SLACK_S: Final = 2.0
STOOD_STILL_S: Final = 10.0
"""Nobody looked for so long: the computer stood still, and what was on stayed on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """What is so without a fault: the hottest moment of each zone, and when each output went on or off."""

    highest_c: Mapping[str, float]
    switched: Mapping[str, Sequence[tuple[float, bool]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one case came to. Spans are in seconds since the fault began; None where it never came.

    `alert` is the first one that people got while the fault lasted. `safe_s` is how long an output was on at most that
    should not have been: a heater in a zone that is hotter than it ever is without a fault, or that nobody measures,
    and any output beyond its longest time; None where that did not end before the fault. `healed_s` counts from the
    end of the fault, and `waits_for` is who or what it has to wait for instead. `highest_c` and `harm_c` are of the
    zone that came nearest to harm, `unseen_s` is the age of the oldest reading on which a heater was on
    while the computer ran, and `broken` has the invariants that did not hold. `colder_c` is how far a heated zone was
    below its target at most, excused or not, once it had become warm, and `false_trips` are the trips of sound
    heaters; None where that was not measured yet.
    """

    fault: str
    output: str
    state: str
    at_s: float
    detected_s: float | None
    alert: str
    safe_s: float | None
    healed_s: float | None
    waits_for: str
    zone: str
    highest_c: float
    harm_c: float | None
    unseen_s: float
    broken: tuple[str, ...]
    colder_c: float | None = None
    false_trips: int | None = None

    @property
    def case(self) -> Case:
        """What was tried."""
        return Case(fault=self.fault, output=self.output, state=self.state.partition(",")[0])

    @property
    def is_survived(self) -> bool:
        """Whether no invariant of safety was broken."""
        return not self.broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Calm:
    """A run without any fault. `false_alarms` are alerts, `repairs` and `restarts` what nobody had asked for.

    `colder_c` and `false_trips` are those of a `Row`.
    """

    seed: int
    for_s: float
    false_alarms: tuple[str, ...]
    repairs: int
    restarts: int
    broken: tuple[str, ...]
    unseen_s: float
    highest_c: Mapping[str, float]
    lowest_c: Mapping[str, float]
    colder_c: float | None = None
    false_trips: int | None = None


def norm(config: Config, *, seed: int = 1) -> Norm:
    """What `config` does without a fault, for about as long as a case."""
    watch = _Watch(config)
    report = rehearse(config, for_s=BEGIN_S + WITHIN_S + LONG_S, seed=seed, on_look=watch.look)
    highest = {name: round(zone.highest_c, 1) for name, zone in report.truth.zones.items()}
    return Norm(highest_c=highest, switched={name: tuple(at) for name, at in watch.switched.items()})


def try_case(config: Config, case: Case, usual: Norm, *, seed: int = 1) -> Row:
    """Run one case. The same arguments give the same row, in every process. Raises `BadFault`."""
    at_s, is_by_hand = _moment(case, usual)
    when, devices = f"{at_s:g}{_lasting(config, case)}", device_kinds(config)
    faults = [parse(f"{each}@{when}", devices) for each in case.faults]
    fault = faults[0]
    watch = _Watch(config, fault=fault, case=case, usual=usual, is_by_hand=is_by_hand)
    for_s = fault.at_s + (fault.for_s or LASTS_S) + AFTER_S
    report = rehearse(config, for_s=for_s, faults=faults, seed=seed, on_look=watch.look)
    return _row(case, report, watch)


def calm(config: Config, *, for_s: float, seed: int = 1) -> Calm:
    """Run without any fault for `for_s` seconds and count what went wrong all the same."""
    watch = _Watch(config)
    report = rehearse(config, for_s=for_s, seed=seed, on_look=watch.look)
    return Calm(
        seed=seed,
        for_s=for_s,
        false_alarms=tuple(f"{alert.component}/{alert.condition}" for alert in report.alerts),
        repairs=len(report.recoveries),
        restarts=report.starts - 1,
        broken=_broken(report),
        unseen_s=round(watch.unseen_s, 1),
        highest_c={name: round(zone.highest_c, 1) for name, zone in report.truth.zones.items()},
        lowest_c={name: round(zone.lowest_c, 1) for name, zone in report.truth.zones.items()},
        colder_c=_colder_c(report),
        false_trips=report.false_trips,
    )


def _moment(case: Case, usual: Norm) -> tuple[float, bool]:
    """When the fault begins, and whether a person has to bring the output to its state before."""
    if not case.state:
        return BEGIN_S, False
    wanted = case.state == "on"
    changes = [*usual.switched[case.output], (inf, not wanted)]
    for (since_s, is_on), (until_s, _) in pairwise(changes):
        at_s = max(since_s + SETTLED_S, BEGIN_S)
        if is_on is wanted and at_s < until_s and at_s <= BEGIN_S + WITHIN_S:
            return at_s, False
    return BEGIN_S, True


def _lasting(config: Config, case: Case) -> str:
    """How long the fault lasts, as text; nothing for one that happens in a moment."""
    is_around = case.target not in config.devices
    if is_around and parse(f"{case.fault}@1", device_kinds(config)).for_s == 0.0:
        return ""
    roles = [config.devices[name].role for name in (case.target, case.output) if name in config.devices]
    if not is_around and roles[0] in (Role.HEATER, Role.CUTOFF):
        return f"+{LONG_S:g}"
    if Role.HEATER not in roles:
        return f"+{BRIEFLY_S:g}"
    return f"+{LASTS_S if is_around else SLOWLY_S.get(case.kind, LASTS_S):g}"


@dataclass(slots=True)
class _Watch:
    """Looks along in one run."""

    config: Config
    fault: Fault | None = None
    case: Case | None = None
    usual: Norm | None = None
    is_by_hand: bool = False
    switched: dict[str, list[tuple[float, bool]]] = field(default_factory=dict)
    unseen_s: float = 0.0
    dangers: list[list[float]] = field(default_factory=list)
    """The spans in which an output was on that should not have been: begin and end since the start."""
    state: str = ""
    was_unwell: bool = False
    well_since_s: float | None = None
    waits_for: str = ""
    _looked_s: float = 0.0
    _outputs: list[tuple[Device, Rules, str]] = field(default_factory=list)
    _is_commanded: bool = False

    def __post_init__(self) -> None:
        first = next(iter(on_simulated_wires(self.config).simulation.zones))
        self._outputs = [
            (device, rules_of(device, self.config.references), device.zone or first)
            for device in self.config.devices.values()
            if device.spec.kind == "actuator"
        ]

    def look(self, node: Node) -> None:
        """Note what is true now."""
        now_s = node.clock.mono()
        at_s = round(now_s - node.start_s, 3)
        if self.is_by_hand and not self._is_commanded and at_s >= BEGIN_S - SETTLED_S:
            self._command(node, now_s)
        self._note_danger(node, at_s)
        if self.case and self.fault and at_s < self.fault.at_s:
            self._note_state(node.plant.loads.get(self.case.output))
        self._note_health(node, at_s)
        self._looked_s = at_s

    def _note_danger(self, node: Node, at_s: float) -> None:
        is_dangerous = False
        for device, rules, zone in self._outputs:
            load, was_on = node.plant.loads[device.id], device.id in self.switched and self.switched[device.id][-1][1]
            self._note_switching(device.id, load, at_s)
            stood_still = was_on and at_s - self._looked_s > STOOD_STILL_S
            if load.fraction > OFF or stood_still:
                is_dangerous |= self._is_unwanted(node, device, rules, zone, at_s)
        if is_dangerous:
            if not self.dangers or self._looked_s > self.dangers[-1][1]:
                self.dangers.append([self._looked_s, at_s])
            self.dangers[-1][1] = at_s

    def _note_health(self, node: Node, at_s: float) -> None:
        if node.supervisor is None:
            return
        self.waits_for = _waits_for(node)
        is_well = node.ledger.is_healthy and not self.waits_for
        if not is_well:
            self.well_since_s = None
            self.was_unwell |= self.fault is not None and at_s >= self.fault.at_s
        elif self.well_since_s is None:
            self.well_since_s = at_s

    def _note_switching(self, name: str, load: Load, at_s: float) -> None:
        changes, is_on = self.switched.setdefault(name, []), load.fraction > OFF
        if not changes or changes[-1][1] is not is_on:
            changes.append((at_s, is_on))

    def _note_state(self, load: Load | None) -> None:
        if load is not None:
            self.state = ("on" if load.fraction > OFF else "off") + (", by hand" if self.is_by_hand else "")

    def _is_unwanted(self, node: Node, device: Device, rules: Rules, zone: str, at_s: float) -> bool:
        """Whether an output that is on should not be."""
        if device.role is Role.HEATER:
            is_broken = self.fault is not None and self.fault.target == device.id and at_s >= self.fault.at_s
            now_s = node.clock.mono()
            stood_still = at_s - self._looked_s > STOOD_STILL_S
            if not is_broken and not stood_still and node.supervisor is not None:
                self.unseen_s = max(self.unseen_s, node.oracles.evidence_age_s(device.id, now_s))
            if node.oracles.lack(device.id, now_s) or self._is_too_warm(node, zone):
                return True
        return at_s - self.switched[device.id][-1][0] > rules.max_on_s + SLACK_S

    def _is_too_warm(self, node: Node, zone: str) -> bool:
        return self.usual is not None and node.plant.sense(zone, "temperature") > self.usual.highest_c[zone] + NORMAL_C

    def _command(self, node: Node, now_s: float) -> None:
        """What a person does who wants to have the output on or off now."""
        assert self.case is not None  # noqa: S101 # nosec B101 - there is nothing to command without one
        self._is_commanded = True
        rules = next(rules for device, rules, _ in self._outputs if device.id == self.case.output)
        command = CommandReceived(
            id="matrix",
            device=self.case.output,
            value=rules.most if self.case.state == "on" else rules.off,
            source="matrix",
            expires_s=now_s + SETTLED_S,
            ttl_s=LONG_S,
        )
        if node.supervisor is not None:
            node.supervisor.bus.publish(command)


def _waits_for(node: Node) -> str:
    """Who or what has to come before everything can be well again."""
    supervisor = node.supervisor
    latches = [] if supervisor is None else [output.latch for output in supervisor.gate.outputs.values()]
    if any(latch.is_tripped and latch.needs_person for latch in latches):
        return "a person"
    return "its rest" if any(latch.is_tripped for latch in latches) else ""


def _row(case: Case, report: Report, watch: _Watch) -> Row:
    record = report.faults[0]
    begun_s, ends_s = record.fault.at_s, record.fault.ends_s
    until_s = ends_s if record.fault.for_s else inf
    alert = next((alert for alert in report.alerts if begun_s <= alert.at_s <= until_s), None)
    seen_s = alert.at_s if alert else None if record.fault.device else record.detected_s
    if seen_s is not None and seen_s > until_s:
        seen_s = None
    zone, harm_c = _nearest_to_harm(watch.config, report)
    return Row(
        fault=case.fault,
        output=case.output,
        state=_told_state(case, watch),
        at_s=begun_s,
        detected_s=None if seen_s is None else round(seen_s - begun_s, 1),
        alert=f"{alert.component}/{alert.condition}" if alert else "",
        safe_s=_safe_s(record.fault, watch),
        healed_s=_healed_s(ends_s, watch),
        waits_for=watch.waits_for,
        zone=zone,
        highest_c=round(report.truth.zones[zone].highest_c, 1),
        harm_c=harm_c,
        unseen_s=round(watch.unseen_s, 1),
        broken=_broken(report),
        colder_c=_colder_c(report),
        false_trips=report.false_trips,
    )


def _told_state(case: Case, watch: _Watch) -> str:
    if not case.state or watch.state.startswith(case.state):
        return watch.state if case.state else ""
    return f"{case.state}, refused"


def _safe_s(fault: Fault, watch: _Watch) -> float | None:
    """How long the longest danger lasted, the first one from the fault on: what is tried again later is tried anew.

    0 for none at all, None when it was still there with the end of the fault.
    """
    spans = [(max(begin_s, fault.at_s), end_s) for begin_s, end_s in watch.dangers if end_s >= fault.at_s]
    if not spans:
        return 0.0
    if fault.for_s and any(begin_s < fault.ends_s - SLACK_S <= end_s for begin_s, end_s in spans):
        return None
    return round(max(spans[0][1] - fault.at_s, *(end_s - begin_s for begin_s, end_s in spans)), 1)


def _healed_s(ends_s: float, watch: _Watch) -> float | None:
    """When everything was well for good after the fault was over; 0 where nothing was ever unwell."""
    if not watch.was_unwell:
        return 0.0
    return None if watch.well_since_s is None else round(max(watch.well_since_s - ends_s, 0.0), 1)


def _nearest_to_harm(config: Config, report: Report) -> tuple[str, float | None]:
    """The zone with the least left up to harm; the first one where no heater has a limit."""
    zones = list(report.truth.zones)
    harm: dict[str, float] = {}
    for device in config.devices.values():
        if device.role is Role.HEATER and device.output.limit is not None:
            zone = device.zone or zones[0]
            harm[zone] = min(harm.get(zone, inf), device.output.limit.harmful_c)
    if not harm:
        return zones[0], None
    zone = min(harm, key=lambda name: harm[name] - report.truth.zones[name].highest_c)
    return zone, harm[zone]


def _colder_c(report: Report) -> float | None:
    """How far any heated zone was below its target at most; None where nothing is kept warm."""
    return max((round(chill.colder_c, 1) for both in report.cold.values() for chill in both), default=None)


def _broken(report: Report) -> tuple[str, ...]:
    return tuple(f"{each.invariant}: {each.text}" for each in report.violations)
