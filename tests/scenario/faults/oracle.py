"""Looks at the true plant once in each virtual second and notes what must never be; it must not ask the supervisor
what is believed, decided or permitted.

What is taken from the supervisor are bare facts: who has asked for an output, what was announced, and its states.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alimante.core.events import CommandReceived, SafetyActed
from alimante.core.states import NodeState
from tests.scenario.harness import Run

LOST_AFTER_S, LEASE_S, TICK_S = 30.0, 10.0, 1.0
PAUSE_S = 5.0
SLACK_S = 1.0
"""Between a decision and this oracle's next look."""


@dataclass(frozen=True, kw_only=True)
class Duties:
    """What the test knows of the configuration: harm in °C, pairs that exclude each other, and how long a load may be
    on in one go and in any hour, in seconds."""

    harm_c: float = 40.0
    pairs: tuple[tuple[str, str], ...] = ()
    most_on_s: Mapping[str, float] = field(default_factory=lambda: {"heater": 14400.0})
    most_in_hour_s: Mapping[str, float] = field(default_factory=dict)


class Oracle:
    """The invariants of one run. `broken` are the loads that a fault makes do as they like."""

    def __init__(self, run: Run, sensors: tuple[str, ...], *, needed: int, duties: Duties) -> None:
        self.violations: list[str] = []
        self.broken: set[str] = set()
        self.dark: set[str] = set()
        """The sensors that cannot give a good reading now."""
        self.max_c = 0.0
        self._run = run
        self._sensors, self._needed, self._duties = sensors, needed, duties
        self._seen_s = run.clock.mono()
        self._asked_s: dict[str, float] = {}
        self._commanded_until_s: dict[str, float] = {}
        self._unready = 0
        self._looked_s = run.clock.mono()
        self._acted: deque[SafetyActed] = deque()
        self._hours: dict[str, deque[tuple[float, float]]] = {name: deque() for name in duties.most_in_hour_s}
        run.supervisor.bus.subscribe(SafetyActed, self._acted.append)
        run.supervisor.bus.subscribe(CommandReceived, self._on_command)
        ask = run.supervisor.control._ask

        def spy(device: str, value: float, **rest: Any) -> object:
            self._asked_s[device] = run.clock.mono()
            return ask(device, value, **rest)

        run.supervisor.control._ask = spy

    async def watch(self) -> None:
        """Look once a second until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(TICK_S)

    def look(self) -> None:
        """Look once."""
        now_s, truth = self._run.clock.mono(), self._run.truth
        loads = {name: load for name, load in truth.loads.items() if name not in self.broken}
        if len(self._sensors) - len(self.dark) >= self._needed:
            self._seen_s = now_s
        self.max_c = max(self.max_c, max(zone.highest_c for zone in truth.zones.values()))
        if now_s - self._looked_s < PAUSE_S:  # nobody can act while the machine stands still, only soon after
            self._evidence(now_s, loads)
            self._leases(now_s, loads)
        self._looked_s = now_s
        self._harm()
        self._pairs(loads)
        self._times(now_s, loads)
        self._promptness(now_s, loads)
        self._readiness(loads)

    def _evidence(self, now_s: float, loads: Mapping[str, Any]) -> None:
        blind_s = now_s - self._seen_s
        if "heater" in loads and loads["heater"].fraction and blind_s > LOST_AFTER_S + TICK_S + SLACK_S:
            self._note(f"I1: the heater is on, and nothing good was measured for {blind_s:.0f} s")
        if blind_s > 60.0 and self._run.supervisor.health.node().value == "HEALTHY":
            self._note(f"I15: the node says that it is well after {blind_s:.0f} s without evidence")

    def _leases(self, now_s: float, loads: Mapping[str, Any]) -> None:
        for name, load in loads.items():
            if load.role in ("cutoff", "fan") or not load.fraction:
                continue
            silent_s = now_s - self._asked_s.get(name, float("-inf"))
            is_commanded = now_s <= self._commanded_until_s.get(name, float("-inf")) + SLACK_S
            if silent_s > LEASE_S + TICK_S + SLACK_S and not is_commanded:
                self._note(f"I2: {name} is on, and nobody has asked for it for {silent_s:.0f} s")

    def _harm(self) -> None:
        if self.max_c >= self._duties.harm_c:
            self._note(f"I3: it was {self.max_c:.1f} °C")

    def _pairs(self, loads: Mapping[str, Any]) -> None:
        for one, other in self._duties.pairs:
            if loads[one].fraction and loads[other].fraction:
                self._note(f"I4: {one} and {other} are on together")

    def _times(self, now_s: float, loads: Mapping[str, Any]) -> None:
        for name, most_s in self._duties.most_on_s.items():
            if name in loads and loads[name].longest_on_s > most_s + SLACK_S:
                self._note(f"I5: {name} was on for {loads[name].longest_on_s:.0f} s without a break")
        for name, hour in self._hours.items():
            hour.append((now_s, loads[name].on_s))
            while now_s - hour[0][0] > 3600.0:
                hour.popleft()
            if loads[name].on_s - hour[0][1] > self._duties.most_in_hour_s[name] + SLACK_S:
                self._note(f"I5: {name} was on for {loads[name].on_s - hour[0][1]:.0f} s within an hour")

    def _promptness(self, now_s: float, loads: Mapping[str, Any]) -> None:
        while self._acted and now_s - self._acted[0].at_s >= TICK_S:
            acted = self._acted.popleft()
            load = loads.get(acted.device)
            is_off = acted.action in ("tripped", "forced_safe")
            if is_off and load is not None and load.fraction and now_s - acted.at_s < 3.0:
                self._note(f"I6: {acted.device} is still on {now_s - acted.at_s:.1f} s after: {acted.text}")

    def _readiness(self, loads: Mapping[str, Any]) -> None:
        supervisor = self._run.supervisor
        is_safe = supervisor.node.current is NodeState.SAFE or bool(supervisor.gate.held)
        self._unready = self._unready + 1 if is_safe or not supervisor.gate.armed else 0
        on = [name for name, load in loads.items() if load.fraction]
        if self._unready > 2 and on:
            self._note(f"{'I8' if is_safe else 'I7'}: {', '.join(on)} on while the node must be safe")

    def _on_command(self, command: CommandReceived) -> None:
        if command.value:
            self._commanded_until_s[command.device] = self._run.clock.mono() + command.ttl_s

    def _note(self, text: str) -> None:
        if len(self.violations) < 5:
            self.violations.append(f"{self._run.clock.mono():.1f} s: {text}")
