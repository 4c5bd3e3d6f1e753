"""Whatever commands, faults and time do to it, the gate leaves no output on beyond what was allowed.

Outputs stand on one wire, which other work uses too. Each command has a value of its own, so that the far side of the
wire, and not the gate, tells which command took effect, when and how often.
"""

import asyncio
from dataclasses import dataclass

import pytest
from benches import EXPIRED, FAILED, REJECTED, SUPERSEDED, UNKNOWN, GateBench, seconds
from fakes import an_actuator
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from alimante.core.clock import ManualClock
from alimante.core.events import CommandFinished, CommandReceived, Outcome
from alimante.io.handle import WRITE_DEADLINE_S
from alimante.policy.values import tolerance
from alimante.services.outputs import TICK_S
from alimante.simulation.virtual_time import VirtualTimeLoop
from hardware.api import Range, Unit

NUMBERED = Range(-200.0, 1000.0, Unit.RATIO, 0.0, 1000.0)
FIRST = 20.0
"""The value of the first command; each further one says 1 more, and none comes near a safe value."""

SAFE = {"heater": 0.0, "fan": -100.0}
LIE = -150.0
START_LEVEL = -200.0
"""Where a process that died left the outputs."""

BUSY_S = 0.6
SLACK_S = TICK_S + WRITE_DEADLINE_S + BUSY_S
"""A decision takes effect on the next tick, within a write's deadline, behind what other work has just begun."""


PAUSES_S = st.sampled_from([0.0, 0.06, 0.3, 1.0, 4.0, 20.0])


@dataclass
class Sent:
    """A command as its sender knows it."""

    device: str
    value: float
    at_s: float
    expires_s: float
    ttl_s: float
    repeated_after_answer: int = 0
    overruled_s: float | None = None
    """When everything was put safe after this was sent."""


class GateMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.clock = ManualClock()
        self.loop = VirtualTimeLoop(self.clock)
        devices = [an_actuator(name, safe_value=safe, accepts=NUMBERED) for name, safe in SAFE.items()]
        self.bench = GateBench(*devices, clock=self.clock)
        for far in self.bench.far.values():
            far.level = START_LEVEL
            far.lie = LIE
        self.sent: dict[str, Sent] = {}
        self.allowed_s = dict.fromkeys(SAFE, self.clock.mono())
        """Until when each output may be away from its safe value."""
        self.works_since_s = self.clock.mono()
        """When the last fault of any far side ended: the outputs share their wire."""
        self.held = False
        self.bench.bus.subscribe(CommandFinished, self._on_finished)

    @initialize(faults=st.tuples(*[st.sampled_from(["", "", "", "raise", "ignore", "hang"])] * len(SAFE)))
    def start(self, faults):
        for far, fault in zip(self.bench.far.values(), faults, strict=True):
            far.fault, far.hang_s = fault, 1.5
            self.loop.call_later(5.0, self._heal, far)
        self._do(self._start())

    def _do(self, coroutine):
        self.loop.run_until_complete(coroutine)

    async def _start(self):
        self.bench.build()
        await self.bench.service.start()

    def teardown(self):
        for far in self.bench.far.values():
            self._heal(far)
        self._do(seconds(31.0 + 3 * SLACK_S))  # the longest hang ends, and what was due is done
        self._every_command_has_its_answer()
        self.loop.run_until_complete(self.bench.service.stop())
        assert {name: far.level for name, far in self.bench.far.items()} == SAFE
        assert self.bench.deaths == []
        self.loop.close()

    def _heal(self, far):
        if far.fault:
            far.fault = ""
            self.works_since_s = self.clock.mono()

    def _on_finished(self, event):
        sent = self.sent[event.id]
        now_s = self.clock.mono()
        if self.held or event.outcome in (REJECTED, EXPIRED, SUPERSEDED) or self._answered_before(event):
            return
        ends_safe = sent.value == SAFE[sent.device] or event.outcome in (FAILED, UNKNOWN)
        if sent.overruled_s is not None:  # it was in flight then, or should have been superseded
            self.allowed_s[sent.device] = sent.overruled_s
        else:
            self.allowed_s[sent.device] = now_s if ends_safe else sent.at_s + sent.ttl_s

    def _answered_before(self, event):
        return len(self.bench.answers(event.id)) > 1

    @rule(
        device=st.sampled_from(sorted(SAFE)),
        safe=st.integers(0, 3).map(lambda n: n == 0),
        expires_in_s=st.sampled_from([-1.0, 0.1, 0.5, 30.0]),
        ttl_s=st.sampled_from([0.5, 3.0, 1800.0]),
        then_s=PAUSES_S,
    )
    def command(self, device, safe, expires_in_s, ttl_s, then_s):
        now_s = self.clock.mono()
        name = f"c{len(self.sent)}"
        value = SAFE[device] if safe else FIRST + len(self.sent)
        self.sent[name] = Sent(device, value, now_s, now_s + expires_in_s, ttl_s)
        refused = self.held or not self.bench.gate.armed
        self._send(name)
        if refused and not safe:
            (answer,) = self.bench.answers(name)
            assert answer.outcome in (REJECTED, EXPIRED)
        self.wait(then_s)

    def _send(self, name):
        sent = self.sent[name]

        async def publish():
            self.bench.bus.publish(
                CommandReceived(
                    id=name,
                    device=sent.device,
                    value=sent.value,
                    source="mqtt",
                    expires_s=sent.expires_s,
                    ttl_s=sent.ttl_s,
                )
            )
            await asyncio.sleep(0)

        self._do(publish())

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def repeat(self, data):
        name = data.draw(st.sampled_from(sorted(self.sent)))
        answered = bool(self.bench.answers(name))
        self.sent[name].repeated_after_answer += answered
        self._send(name)

    @rule(pause_s=PAUSES_S)
    def wait(self, pause_s):
        self._do(seconds(pause_s))

    @rule(times=st.sampled_from([1, 1, 20]))
    def occupy_the_wire(self, times):
        async def occupy():
            for _ in range(times):
                self.bench.occupy(BUSY_S)

        self._do(occupy())

    @rule(device=st.sampled_from(sorted(SAFE)))
    def insist(self, device):
        """Somebody's automation that says the same again and again, each time as a new command."""
        for _ in range(12):
            self.command(device, safe=False, expires_in_s=30.0, ttl_s=3.0, then_s=0.3)

    @rule(
        device=st.sampled_from(sorted(SAFE)),
        fault=st.sampled_from(["raise", "raise after", "ignore", "lie", "lie safe", "hang", "hang before"]),
        hang_s=st.sampled_from([0.5, 1.5, 30.0]),
        for_s=st.sampled_from([0.0, 0.5, 2.5, 15.0]),
        then_s=PAUSES_S,
    )
    def break_the_wire(self, device, fault, hang_s, for_s, then_s):
        far = self.bench.far[device]
        far.fault = fault.removesuffix(" safe")
        far.lie = SAFE[device] if fault == "lie safe" else LIE
        far.hang_s = hang_s
        self.loop.call_later(for_s, self._heal, far)
        self.wait(then_s)

    @rule()
    def make_safe(self):
        now_s = self.clock.mono()

        async def make_safe():
            self.bench.gate.make_safe("interlock", "a rule said so")

        self._do(make_safe())
        self.allowed_s = {name: min(until_s, now_s) for name, until_s in self.allowed_s.items()}
        for name, sent in self.sent.items():
            if not self.bench.answers(name):
                sent.overruled_s = now_s

    @precondition(lambda self: len(self.sent) > 10 and not self.held)
    @rule()
    def hold(self):
        async def hold():
            self.bench.gate.hold("a person said so")

        self._do(hold())
        self.held = True
        self.allowed_s = dict.fromkeys(SAFE, self.clock.mono())

    @invariant()
    def i1_i2_i6_i7_no_output_is_on_beyond_what_was_allowed(self):
        """Judged by the far side of the wire, from the moment on which a write could get there at all."""
        if any(far.fault for far in self.bench.far.values()):
            return
        works_s = max(self.works_since_s, *[far.free_s for far in self.bench.far.values()])
        for name, far in self.bench.far.items():
            if self.clock.mono() > max(self.allowed_s[name], works_s) + SLACK_S:
                assert far.level == SAFE[name], f"{name} has been on since before {self.clock.mono() - SLACK_S}"

    @invariant()
    def i12_no_command_takes_effect_twice_or_after_its_expiry(self):
        for far_name, far in self.bench.far.items():
            begun: dict[float, int] = {}
            for at_s, value in far.begun:
                if value == SAFE[far_name]:
                    continue
                sent = self.sent[f"c{round(value - FIRST)}"]
                begun[value] = begun.get(value, 0) + 1
                assert sent.device == far_name
                assert sent.at_s <= at_s <= sent.expires_s
            assert set(begun.values()) <= {1}

    @invariant()
    def what_is_told_as_applied_was_seen(self):
        for finished in self.bench.finished:
            if finished.outcome is Outcome.APPLIED:
                assert abs(finished.value - self.sent[finished.id].value) <= tolerance(NUMBERED)

    @invariant()
    def what_the_gate_believes_to_be_safe_is_safe(self):
        """Where the wire tells the truth, so does the gate."""
        for name, output in self.bench.gate.outputs.items():
            far = self.bench.far[name]
            if output.is_confirmed and output.commanded == SAFE[name] and not output.waiting and not far.fault:
                assert far.level == SAFE[name] or self.clock.mono() <= far.free_s

    @invariant()
    def nothing_died(self):
        assert self.bench.deaths == []

    def _every_command_has_its_answer(self):
        for name, sent in self.sent.items():
            answers = self.bench.answers(name)
            assert len(answers) == 1 + sent.repeated_after_answer
            assert len(set(answers)) == 1


GateMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
TestGateMachine = GateMachine.TestCase


@pytest.mark.slow
def test_a_long_search_finds_no_way_around_the_invariants():
    run_state_machine_as_test(GateMachine, settings=settings(max_examples=1000, stateful_step_count=60, deadline=None))
