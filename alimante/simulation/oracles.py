"""Judges a run by what is true in the simulated enclosure, never by what a sensor says; it must not change anything.

The invariants are numbered as in `INVARIANTS`. Where an oracle needs a number of the configuration it takes it, but it
comes to its own verdict: it does not ask the gate what is permitted.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Final

from alimante.config.model import Config, Role
from alimante.config.readings import freshness
from alimante.core.events import (
    CommandFinished,
    CommandReceived,
    HealthChanged,
    Outcome,
    Quality,
    ReadingTaken,
    SafetyActed,
)
from alimante.core.states import NodeState
from alimante.policy.health import Health
from alimante.simulation.cold import Cold
from alimante.simulation.faults import Fault
from alimante.simulation.watched import Seen, harms_c, seen_of, warming
from hardware.sim.load import Load
from hardware.sim.truth import Truth

INVARIANTS: Final[Mapping[str, str]] = {
    "I1": "nothing is on without good readings that are younger than its sensor's lost_after_s",
    "I2": "no output is on past its lease",
    "I3": "it is nowhere as hot as harm begins",
    "I4": "interlocked outputs are never on together",
    "I5": "no output is on for longer or more often than it may be",
    "I6": "an output that was put safe is off at most one tick later",
    "I7": "before everything was seen to be safe nothing is on",
    "I8": "in safe mode nothing is on",
    "I9": "the process is not restarted more often than its budget allows",
    "I10": "the computer is not rebooted more often than three times in a day",
    "I11": "what runs is the committed configuration or the one on probation, unchanged, and one stays committed",
    "I12": "no command is carried out twice or after its time",
    "I13": "the number of tasks stays bounded",
    "I14": "no secret leaves the process",
    "I15": "HEALTHY is said only with fresh readings",
    "I16": "the number of a reading rises within a run",
    "I17": "no healthy heater is kept off, or kept short, for long while its zone is too cold",
    "I18": "no zone is below its safe minimum while its healthy heater is off",
    "I19": "no healthy heater is tripped, and none waits for a person",
}

OF_COLD: Final = frozenset({"I17", "I18", "I19"})
"""The invariants that are about needless cold."""

SLACK_S: Final = 2.0
"""The deadline of a write and the grain of looking; a control tick comes on top of it."""
EVIDENCE_SLACK_S: Final = 60.0
"""How much older than lost evidence may be until health has degraded: three checks of some seconds each."""
ROUND_S: Final = 10.0
"""How often times on, health and, when it could be hot, temperatures are looked at; the physics keep them between."""
WINDOW_S: Final = 60.0
"""How often the time on is noted for the quotas."""
RESTARTS: Final = 4
RESTARTS_WITHIN_S: Final = 900.0
WELL_S: Final = 600.0
"""A process that was never CRITICAL for so long gives up for a new reason, and is no part of what came before."""
REBOOTS: Final = 3
REBOOTS_WITHIN_S: Final = 86_400.0
TASKS_SPARE: Final = 20
COMMANDS: Final = 1000
"""How many commands are remembered."""

_SELF_MOVED: Final = frozenset({Role.FAN, Role.CUTOFF})
"""Roles that the gate itself moves off their safe value, for the sake of safety."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """An invariant did not hold, for the first time of an episode, `at_s` seconds after the start."""

    invariant: str
    at_s: float
    text: str


class Oracles:
    """The invariants of one run over all lives of its process. Times are monotonic; what is told is since the start.

    `temperature` says what is true in a zone, in °C; it must cost little and change nothing. `events` are those that
    are to come: they excuse nothing, but things can become hot faster.
    """

    def __init__(
        self,
        config: Config,
        loads: Mapping[str, Load],
        *,
        temperature: Callable[[str], float],
        start_s: float,
        events: Sequence[Fault] = (),
    ) -> None:
        self.violations: list[Violation] = []
        self.looks = 0
        self._config = config
        self._start_s = start_s
        self._slack_s = config.control.tick_s + SLACK_S
        self._outputs = [
            seen_of(device, config, loads[device.id])
            for device in config.devices.values()
            if device.spec.kind == "actuator"
        ]
        self._shortest_lease_s = min((seen.rules.lease_s for seen in self._outputs), default=inf)
        self._by_id = {seen.device.id: seen for seen in self._outputs}
        self._lost_s = {
            f"{device.id}.{channel.name}": freshness(device.reading, device.poll_s).lost_after_s
            for device in config.devices.values()
            if device.spec.kind == "sensor"
            for channel in device.channels
        }
        self._harm = harms_c(config)
        self._warming_k_per_s, self._room_c = warming(config, loads, events)
        self._broken: set[tuple[str, str]] = set()
        self._restarts: deque[float] = deque()
        self._well_since_s = inf
        self._was_well = self._is_begun = False
        self._reboots: deque[float] = deque()
        self._commands: dict[str, float] = {}
        self._applied: dict[str, tuple[float, float]] = {}
        """By command: until when its output followed it, and when it was carried out last."""
        self._next_round_s = self._next_window_s = self._next_heat_s = start_s
        self.cold = Cold(
            config, loads, temperature=temperature, judge=self._judge, is_spent=self._is_spent, start_s=start_s
        )
        self.begin_life(None, start_s)

    def begin_life(self, supervisor: Any, now_s: float) -> None:
        """Another process begins, or another run of the same one; None while there is none."""
        self._supervisor = supervisor
        if supervisor is not None and not self._is_begun:
            self._well_since_s, self._is_begun = now_s, True
        self._life_s = now_s
        self._heard: dict[str, float] = {}
        self._seqs: dict[str, int] = {}
        self._is_healthy = False
        self._fresh_until_s = -inf
        self._tasks_at_first = 0
        for seen in self._outputs:
            seen.enough_until_s = -inf

    def resumed(self, now_s: float) -> None:
        """The computer stood still until this moment: nobody could do anything before it."""
        self._life_s = now_s

    def ended(self, now_s: float, *, gave_up: bool, unsaved_s: float = 0.0) -> None:
        """The process is gone, by itself where it `gave_up`, and is started again.

        Nobody knows of the commands of its last `unsaved_s` seconds any more.
        """
        for name in [name for name, (_, at_s) in self._applied.items() if at_s >= now_s - unsaved_s]:
            del self._applied[name]
        was_well = self._was_well or now_s - self._well_since_s >= WELL_S
        self._well_since_s, self._was_well, self._is_begun = inf, False, False
        if not gave_up or was_well:
            return
        self._restarts.append(now_s)
        while self._restarts[0] <= now_s - RESTARTS_WITHIN_S:
            self._restarts.popleft()
        is_broken = len(self._restarts) > RESTARTS
        self._judge("I9", "process", is_broken, now_s, f"{len(self._restarts)} restarts in {RESTARTS_WITHIN_S:g} s")

    def rebooted(self, now_s: float) -> None:
        """The supervisor had the computer rebooted, after which its restarts count anew."""
        self._restarts.clear()
        self._reboots.append(now_s)
        while self._reboots[0] <= now_s - REBOOTS_WITHIN_S:
            self._reboots.popleft()
        text = f"{len(self._reboots)} reboots in {REBOOTS_WITHIN_S:g} s"
        self._judge("I10", "computer", len(self._reboots) > REBOOTS, now_s, text)

    def configuration(self, running: Config, read: Config, now_s: float, fault: str = "") -> None:
        """What runs, told now and then, with what was read for it; `fault` says why it should not."""
        text = fault or ("what runs is not what was read" if running != read else "")
        self._judge("I11", "config", bool(text), now_s, text)

    def leaked(self, where: str, now_s: float) -> None:
        """A secret was seen in `where`."""
        self._judge("I14", where, True, now_s, f"a secret stands in {where}")

    def taint(self, device: str, now_s: float) -> None:
        """The actuator `device` is broken at this moment, so that what it does is nobody's fault."""
        if (seen := self._by_id.get(device)) is not None:
            seen.tainted_s = now_s

    # What is heard.

    def on_reading(self, event: ReadingTaken, now_s: float) -> None:
        """A reading came."""
        full = f"{event.device}.{event.channel}"
        if event.quality is not Quality.BAD:
            self._heard[full] = event.measured_s
        last = self._seqs.get(full, -1)
        self._seqs[full] = event.seq
        if event.seq <= last:
            self._judge("I16", full, True, now_s, f"reading {event.seq} of {full} came after {last}")

    def on_acted(self, event: SafetyActed, now_s: float) -> None:
        """The gate did something on its own."""
        seen = self._by_id.get(event.device)
        if seen is not None and event.action in ("tripped", "forced_safe") and seen.rules.role not in _SELF_MOVED:
            seen.must_be_safe_s = min(seen.must_be_safe_s, now_s + self._slack_s)
        self.cold.on_acted(event, now_s)

    def on_health(self, event: HealthChanged, now_s: float) -> None:
        """The health of something changed."""
        if event.component != "node":
            return
        self._is_healthy = event.new == Health.HEALTHY.value
        self._was_well = self._was_well or now_s - self._well_since_s >= WELL_S
        if event.new == Health.CRITICAL.value:
            self._well_since_s = inf
        elif self._well_since_s == inf:
            self._well_since_s = now_s

    def on_command(self, event: CommandReceived) -> None:
        """Somebody commands."""
        self._commands[event.id] = event.expires_s
        while len(self._commands) > COMMANDS:
            del self._commands[next(iter(self._commands))]

    def on_finished(self, event: CommandFinished, now_s: float) -> None:
        """A command ended."""
        if event.outcome is not Outcome.APPLIED:
            return
        until_s = self._until_s(event)
        before_s, _ = self._applied.get(event.id, (None, now_s))
        is_late = before_s is None and now_s > self._commands.get(event.id, inf) + self._slack_s
        is_twice = before_s is not None and until_s > before_s  # the same answer may be given again
        self._applied[event.id] = until_s, now_s
        while len(self._applied) > COMMANDS:
            del self._applied[next(iter(self._applied))]
        text = f"the command {event.id} was carried out {'twice' if is_twice else 'after its time'}"
        self._judge("I12", event.id, is_late or is_twice, now_s, text)

    def _until_s(self, event: CommandFinished) -> float:
        """Until when its output follows this command; -inf where it does not."""
        output = None if self._supervisor is None else self._supervisor.gate.outputs.get(event.device)
        wish = None if output is None else output.override
        return wish.until_s if wish is not None and wish.reason == f"command {event.id}" else -inf

    # What is looked at.

    def look(self, now_s: float, truth: Truth | None) -> None:
        """Hold everything against the truth; `truth` is given when `wants_truth` says so."""
        self.looks += 1
        is_calm = self._is_calm(now_s)
        for seen in self._outputs:
            if not seen.is_on:
                seen.must_be_safe_s = inf
                if self._broken:
                    self._forgive(seen.device.id)
            elif not is_calm or self._broken or now_s > seen.must_be_safe_s or now_s > seen.enough_until_s:
                self._look_at(seen, now_s)
        for interlock in self._config.interlocks:
            on = [name for name in interlock.outputs if name in self._by_id and self._by_id[name].load.fraction > 0.0]
            both = [name for name in on if self._by_id[name].load.stuck is None]
            self._judge("I4", ",".join(interlock.outputs), len(both) > 1, now_s, f"{' and '.join(both)} are both on")
        if truth is not None:
            self._look_at_heat(truth, now_s)
        if now_s >= self._next_round_s:
            self._next_round_s = now_s + ROUND_S
            self._look_at_use(now_s)
            self._look_at_health(now_s)
            if now_s >= self.cold.due_s:
                self.cold.look(now_s, self._supervisor)

    def wants_truth(self, now_s: float, *, also: bool = False) -> bool:
        """Whether it is time for the whole truth; `also` says that somebody else wants it in this round."""
        return now_s >= self._next_round_s and (also or now_s >= self._next_heat_s)

    def tasks(self, count: int, now_s: float) -> None:
        """How many tasks there are, told now and then while the process is well."""
        if self._tasks_at_first == 0:
            self._tasks_at_first = count
        text = f"{count} tasks run, of {self._tasks_at_first} at first"
        self._judge("I13", "tasks", count > 2 * self._tasks_at_first + TASKS_SPARE, now_s, text)

    def _is_calm(self, now_s: float) -> bool:
        """Whether nothing about the process as a whole speaks against an output that is on."""
        supervisor = self._supervisor
        if supervisor is None or supervisor.control.completed_s is None:
            return False
        is_led = now_s - supervisor.control.completed_s <= self._shortest_lease_s + self._slack_s
        gate = supervisor.gate
        return is_led and gate.armed and not gate.held and supervisor.node.current is not NodeState.SAFE

    def _look_at(self, seen: Seen, now_s: float) -> None:
        """Judge an output that is on."""
        is_excused = now_s - seen.tainted_s < self._slack_s or now_s - self._life_s < self._slack_s
        if is_excused or seen.rules.role is Role.CUTOFF:
            return
        name = seen.device.id
        self._judge("I6", name, now_s > seen.must_be_safe_s, now_s, f"{name} was put safe and is still on")
        supervisor = self._supervisor
        if seen.rules.role in _SELF_MOVED:
            return
        if supervisor is None:
            is_late = now_s - self._life_s > seen.rules.lease_s + self._slack_s
            self._judge("I2", name, is_late, now_s, f"{name} is on, and no process has been there to ask for it")
            return
        lack = "" if now_s <= seen.enough_until_s else self._lack_again(seen, now_s)
        self._judge("I1", name, bool(lack), now_s, f"{name} is on, and {lack}")
        gate, control = supervisor.gate, supervisor.control
        self._judge("I7", name, not gate.armed, now_s, f"{name} is on before it may be")
        is_held = bool(gate.held) or supervisor.node.current is NodeState.SAFE
        self._judge("I8", name, is_held, now_s, f"{name} is on although everything is held safe")
        is_left = control.completed_s is None or now_s - control.completed_s > seen.rules.lease_s + self._slack_s
        is_commanded = gate.outputs[name].override is not None
        self._judge(
            "I2", name, is_left and not is_commanded, now_s, f"{name} is on, and no controller has asked for it"
        )

    def evidence_age_s(self, output: str, now_s: float) -> float:
        """How old the youngest readings are that are enough for `output` to be on; 0 where it needs none."""
        oldest_s = 0.0
        for need in self._by_id[output].rules.needs:
            members, least = self._witnesses(need)
            heard_s = sorted((self._heard.get(member, self._life_s) for member in members), reverse=True)
            oldest_s = max(oldest_s, now_s - heard_s[least - 1])
        return oldest_s

    def _witnesses(self, need: str) -> tuple[list[str], int]:
        """Who measures what an output needs, and how many of them must."""
        group = self._config.groups.get(need)
        if group is None:
            return [need], 1
        return [self._config.references.get(member, member) for member in group.members], group.min_sensors

    def lack(self, output: str, now_s: float) -> str:
        """What `output` needs and nobody has measured lately; empty when it has all."""
        for need in self._by_id[output].rules.needs:
            members, least = self._witnesses(need)
            ages = [(now_s - self._heard.get(member, -inf), self._lost_s[member]) for member in members]
            if sum(age_s <= lost_s + self._slack_s for age_s, lost_s in ages) < least:
                return f"{need} was last measured {min(age_s for age_s, _ in ages):.0f} s ago"
        return ""

    def _lack_again(self, seen: Seen, now_s: float) -> str:
        """The same when it may have changed, and until when it will not."""
        lack = self.lack(seen.device.id, now_s)
        if not lack:
            seen.enough_until_s = min((self._enough_until_s(need) for need in seen.rules.needs), default=inf)
        return lack

    def _enough_until_s(self, need: str) -> float:
        members, least = self._witnesses(need)
        ends_s = (self._heard.get(member, -inf) + self._lost_s[member] + self._slack_s for member in members)
        return sorted(ends_s, reverse=True)[least - 1]

    def _look_at_heat(self, truth: Truth, now_s: float) -> None:
        """No zone can be hotter than the hottest of all and the room, and what all loads heat since then.

        So it is enough to look again when harm could have been reached.
        """
        warmest_c = max(self._room_c, *(zone.temperature_c for zone in truth.zones.values()))
        left_c = min((harm_c - warmest_c for harm_c in self._harm.values()), default=inf)
        self._next_heat_s = now_s + max(0.0, left_c) / self._warming_k_per_s
        for zone, harm_c in self._harm.items():
            reached_c = truth.zones[zone].highest_c
            self._judge(
                "I3", zone, reached_c >= harm_c, now_s, f"{zone} was at {reached_c:.1f} °C; harm: {harm_c:g} °C"
            )

    def _look_at_use(self, now_s: float) -> None:
        """Hold the times on, as the loads themselves count them, against the rules."""
        is_noted = now_s >= self._next_window_s
        for seen in self._outputs:
            load, longest_s = seen.load, seen.load.longest_on_by_s(now_s)
            if load.stuck is not None:
                seen.tainted_s = now_s
            if now_s - seen.tainted_s < self._slack_s + ROUND_S:
                seen.longest_s = longest_s
                for window in seen.windows:
                    window.noted.clear()
                continue
            most_s = max(seen.rules.max_on_s + self._slack_s, seen.longest_s)
            if longest_s > most_s or self._broken:
                text = f"{seen.device.id} was on for {longest_s:.0f} s at a time"
                self._judge("I5", seen.device.id, longest_s > most_s, now_s, text)
            if is_noted:
                self._note_use(seen, now_s)
        if is_noted:
            self._next_window_s = now_s + WINDOW_S

    def _note_use(self, seen: Seen, now_s: float) -> None:
        """Hold the time on within the last hour and day against the quotas."""
        on_s = seen.load.on_by_s(now_s)
        for window in seen.windows:
            used_s = window.used_s(now_s, on_s)
            is_over = used_s > window.most_s + self._slack_s
            if is_over or self._broken:
                text = f"{seen.device.id} was on for {used_s:.0f} s within {window.length_s / 3600:g} h"
                self._judge("I5", f"{seen.device.id} {window.length_s}", is_over, now_s, text)

    def _is_spent(self, output: str, now_s: float) -> bool:
        """Whether the quota of `output` is almost used up."""
        seen = self._by_id[output]
        return any(window.is_spent(seen.load.on_by_s(now_s)) for window in seen.windows)

    def _look_at_health(self, now_s: float) -> None:
        if not self._is_healthy or self._supervisor is None or now_s <= self._fresh_until_s:
            return
        ages = {full: now_s - max(self._heard.get(full, -inf), self._life_s) for full in self._lost_s}
        old = [full for full, age_s in ages.items() if age_s > self._lost_s[full] + EVIDENCE_SLACK_S]
        text = f"the node is HEALTHY, and {old[0]} was last measured {ages[old[0]]:.0f} s ago" if old else ""
        self._judge("I15", "node", bool(old), now_s, text)
        if not old:
            left_s = (self._lost_s[full] + EVIDENCE_SLACK_S - age_s for full, age_s in ages.items())
            self._fresh_until_s = now_s + min(left_s, default=inf)

    def _judge(self, invariant: str, subject: str, is_broken: bool, now_s: float, text: str) -> None:
        key = (invariant, subject)
        if not is_broken:
            if self._broken:
                self._broken.discard(key)
        elif key not in self._broken:
            self._broken.add(key)
            self.violations.append(Violation(invariant=invariant, at_s=round(now_s - self._start_s, 3), text=text))

    def _forgive(self, subject: str) -> None:
        """What was broken by being on is over when it is off."""
        self._broken -= {(invariant, subject) for invariant in ("I1", "I2", "I6", "I7", "I8")}
