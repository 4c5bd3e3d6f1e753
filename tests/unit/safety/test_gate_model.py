"""Whatever wishes, readings, faults, time and restarts do, the gate keeps to its rules.

The model knows the rules in its own words and judges by what the far side of the wire really stands at. To show that
it can find anything, `test_a_planted_bug_is_found` takes one rule away at a time.
"""

import asyncio
import json
from dataclasses import dataclass, field
from functools import cache

import pytest
from benches import APPLIED, seconds
from fakes import FarOutput, an_actuator, heard
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from alimante.config.keys import Role
from alimante.config.outputs import InterlockKeys, LimitsKeys, OutputKeys, QuotaKeys
from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import CommandFinished, CommandReceived, Quality
from alimante.core.tasks import Tasks
from alimante.io.handle import WRITE_DEADLINE_S, ActuatorHandle
from alimante.io.worker import InlineWorker
from alimante.policy.belief import Belief, unknown
from alimante.safety import decision
from alimante.safety.evidence import Evidence
from alimante.safety.gate import Gate
from alimante.safety.output import Output
from alimante.services.outputs import TICK_S, OutputService
from alimante.simulation.virtual_time import VirtualTimeLoop

PROBE = "probe.temperature"
LOST_S = 30.0
LEASE_S = 10.0
MAX_ON_S, HOUR_QUOTA_S, GAP_S = 40.0, 100.0, 1.0
SLACK_S = TICK_S + WRITE_DEADLINE_S + 0.1
"""A decision takes effect on the next tick and within a write's deadline."""


def an_output(name, **keys):
    device = an_actuator(name)
    role = Role.HEATER if name == "heater" else Role.OTHER
    return type(device)(
        id=name,
        driver=device.driver,
        wire=device.wire,
        name=name,
        spec=device.spec,
        params=device.params,
        role=role,
        safe_value=0.0,
        output=OutputKeys(**keys),
    )


DEVICES = (
    an_output("heater", depends_on=[PROBE], limits=LimitsKeys(max_on_s=4000.0, min_on_s=20.0, min_off_s=5.0)),
    an_output("pump", limits=LimitsKeys(max_on_s=MAX_ON_S, min_off_s=5.0, quota=QuotaKeys(per_hour_s=HOUR_QUOTA_S))),
    an_output("left"),
    an_output("right"),
)
PAIR = InterlockKeys(outputs=["left", "right"], gap_s=GAP_S)


@dataclass
class Truth:
    """What one output really was: the spans for which it was on, and since when it is."""

    spans: list[tuple[float, float]] = field(default_factory=list)
    on_since_s: float | None = None
    off_since_s: float = float("-inf")


class WatchedOutput(FarOutput):
    """An output that writes down what it really was."""

    def __init__(self, now, truth):
        self.truth = truth
        self._level = 0.0
        super().__init__(now, level=0.0)

    @property
    def level(self):
        return self._level

    @level.setter
    def level(self, value):
        truth = self.truth
        if value and not self._level:
            truth.on_since_s = self.now()
        elif self._level and not value:
            truth.spans.append((truth.on_since_s, self.now()))
            truth.on_since_s, truth.off_since_s = None, self.now()
        self._level = value


class GateModel(RuleBasedStateMachine):
    build_gate = Gate

    def __init__(self):
        super().__init__()
        self.clock = ManualClock()
        self.loop = VirtualTimeLoop(self.clock)
        self.truth = {device.id: Truth() for device in DEVICES}
        self.far = {device.id: WatchedOutput(self.clock.mono, self.truth[device.id]) for device in DEVICES}
        self.reading = (Quality.UNKNOWN, self.clock.mono())  # quality, measured at
        self.good_s = float("-inf")
        """When evidence was good last."""
        self.wished_s = {device.id: float("-inf") for device in DEVICES}
        """Until when anybody wishes it on, as far as was said."""
        self.faulty_until_s = float("-inf")
        self.held = False
        self.saved = None
        self.count = 0
        self.quiet: set[str] = set()

    @initialize()
    def start(self):
        self._do(self._start())

    def _do(self, coroutine):
        self.loop.run_until_complete(coroutine)

    def _believed(self, name):
        quality, at_s = self.reading
        age_s = self.clock.mono() - at_s
        if quality is Quality.UNKNOWN or age_s >= LOST_S:
            return unknown("no reading")
        quality = Quality.SUSPECT if age_s >= LOST_S / 2 else quality
        if quality is Quality.GOOD:
            self.good_s = self.clock.mono()
        return self._belief(quality, at_s)

    @staticmethod
    @cache  # the very same one between two readings, as the readings' service has it
    def _belief(quality, at_s):
        return Belief(value=25.0, quality=quality, measured_s=at_s, highest=25.0, lowest=25.0, members=(25.0,))

    async def _start(self):
        self.bus = EventBus()
        self.worker = InlineWorker("gpio", clock=self.clock, on_wedged=lambda *told: None)
        handles = {
            device.id: ActuatorHandle(
                device, wire=self.far[device.id], worker=self.worker, clock=self.clock, bus=self.bus
            )
            for device in DEVICES
        }
        self.gate = self.build_gate(
            handles,
            bus=self.bus,
            now=self.clock.mono,
            believed=self._believed,
            interlocks=(PAIR,),
            wall=self.clock.wall,
        )
        if self.saved is not None:
            self.gate.restore(self.saved)
        self.deaths = []
        self.finished = heard(self.bus, CommandFinished)
        self.service = OutputService(
            self.gate, bus=self.bus, tasks=Tasks(lambda *death: self.deaths.append(death)), on_tick=lambda: None
        )
        await self.service.start()

    def teardown(self):
        try:
            for far in self.far.values():
                self._heal(far)
            self._do(seconds(40.0))
            self._do(self.service.stop())
            assert [name for name, far in self.far.items() if far.level] == []
            assert self.deaths == []
        finally:
            self.loop.close()

    def _heal(self, far):
        if far.fault:
            far.fault = ""
            self.faulty_until_s = self.clock.mono()

    @rule(pause_s=st.sampled_from([0.3, 1.0, 4.0, 15.0]))
    def wait(self, pause_s):
        self._do(seconds(pause_s))

    @rule(quality=st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.SUSPECT, Quality.UNKNOWN]))
    def read(self, quality):
        self.reading = (quality, self.clock.mono())

    @rule(times=st.sampled_from([3, 8]), wanted=st.booleans())
    def control_well(self, times, wanted):
        """A while of good readings and a controller that works."""
        for _ in range(times):
            self.read(Quality.GOOD)
            for _ in range(5):
                self.demand("heater", float(wanted))
                self.wait(1.0)

    @rule(times=st.sampled_from([10, 30]), dies=st.booleans())
    def want_water(self, times, dies):
        """A controller that insists, whatever it gets, perhaps over a restart."""
        for time in range(times):
            if dies and time == times // 2:
                self.restart(5.0)
            self.demand("pump", 1.0)
            self.wait(5.0)
            self.i5_the_longest_time_on_and_the_quota_hold()

    @rule(device=st.sampled_from(["heater", "pump", "left", "right"]), value=st.sampled_from([0.0, 1.0, 1.0]))
    def demand(self, device, value):
        async def ask():
            self.gate.demand(device, value, source="controller", reason="a model wants it")

        now_s = self.clock.mono()
        if value or device == "heater":  # its shortest time on may hold it as long as the demand lives
            self.wished_s[device] = max(self.wished_s[device], now_s + LEASE_S)
        self._do(ask())

    @rule(
        device=st.sampled_from(["heater", "pump", "left", "right"]),
        value=st.sampled_from([0.0, 1.0, 1.0, None]),
        ttl_s=st.sampled_from([3.0, 20.0, 3000.0]),
    )
    def command(self, device, value, ttl_s):
        self.count += 1
        now_s = self.clock.mono()

        async def say():
            self.bus.publish(
                CommandReceived(
                    id=f"c{self.count}",
                    device=device,
                    value=value,
                    source="person",
                    expires_s=now_s + 30.0,
                    ttl_s=ttl_s,
                )
            )
            await asyncio.sleep(0)

        if value:
            self.wished_s[device] = max(self.wished_s[device], now_s + ttl_s)
        self._do(say())
        if value == 0.0 and not self._is_faulty():
            assert self.finished[-1].outcome is APPLIED, "an off passes always"
            assert self.far[device].level == 0.0

    @rule(
        device=st.sampled_from(["heater", "pump"]),
        fault=st.sampled_from(["raise", "ignore", "lie", "hang"]),
        for_s=st.sampled_from([0.5, 3.0, 12.0]),
    )
    def break_the_wire(self, device, fault, for_s):
        far = self.far[device]
        far.fault, far.hang_s = fault, for_s
        self.loop.call_later(for_s, self._heal, far)

    @rule(device=st.sampled_from(["heater", "pump", "left"]))
    def move_from_outside(self, device):
        """Somebody's hand, or a bit that flips."""
        self.far[device].level = 1.0
        self.faulty_until_s = self.clock.mono() + 2.5  # it takes until the next look

    @rule(away_s=st.sampled_from([0.0, 5.0, 600.0]))
    def restart(self, away_s):
        """A process that is killed, with what it had saved, and time until the next one."""
        saved = json.loads(json.dumps(self.gate.snapshot(), allow_nan=False))

        async def die():
            await self.service._tasks.cancel()

        self._do(die())
        if away_s:
            for far in self.far.values():
                far.level = 0.0  # the service manager runs `alimante safe`
        self._do(seconds(away_s))
        self.saved = saved
        for far in self.far.values():
            self._heal(far)
        self.wished_s = dict.fromkeys(self.wished_s, float("-inf"))
        self._do(self._start())

    @rule(for_s=st.sampled_from([11.0, 600.0]))
    def pause(self, for_s):
        """The machine stands still; nothing runs meanwhile."""
        self.clock.advance(for_s)
        self.wished_s = dict.fromkeys(self.wished_s, float("-inf"))
        self.faulty_until_s = max(self.faulty_until_s, self.clock.mono() + TICK_S)
        self._do(seconds(TICK_S))

    def _is_faulty(self):
        recent = self.clock.mono() <= max(self.faulty_until_s, *[far.free_s for far in self.far.values()]) + SLACK_S
        return recent or any(far.fault for far in self.far.values())

    def _on_for_s(self, device):
        since_s = self.truth[device].on_since_s
        return 0.0 if since_s is None else self.clock.mono() - since_s

    @invariant()
    def i1_no_heater_is_on_without_good_evidence(self):
        if self.far["heater"].level and not self._is_faulty():
            assert self.clock.mono() - self.good_s <= LOST_S + SLACK_S

    @invariant()
    def i2_nothing_is_on_beyond_what_anybody_wishes(self):
        if not self._is_faulty():
            for name, far in self.far.items():
                if far.level:
                    assert self.clock.mono() <= self.wished_s[name] + SLACK_S, name

    @invariant()
    def i4_interlocked_outputs_are_never_on_together(self):
        if not self._is_faulty():
            assert not (self.far["left"].level and self.far["right"].level)

    @invariant()
    def i5_the_longest_time_on_and_the_quota_hold(self):
        if self._is_faulty():
            self.quiet.add("pump")  # what it did meanwhile the gate could not help
        truth, now_s = self.truth["pump"], self.clock.mono()
        if "pump" in self.quiet:
            return
        assert self._on_for_s("pump") <= MAX_ON_S + 0.01
        spans = [*truth.spans, *([] if truth.on_since_s is None else [(truth.on_since_s, now_s)])]
        used_s = sum(max(0.0, end_s - max(start_s, now_s - 3600.0)) for start_s, end_s in spans)
        assert used_s <= HOUR_QUOTA_S + 0.01

    @invariant()
    def nothing_died(self):
        assert getattr(self, "deaths", []) == []


QUICK = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
GateModel.TestCase.settings = QUICK
TestGateModel = GateModel.TestCase


@pytest.mark.slow
def test_a_long_search_finds_no_difference_to_the_model():
    run_state_machine_as_test(GateModel, settings=settings(QUICK, max_examples=1000, stateful_step_count=50))


def _no_lease(monkeypatch):
    monkeypatch.setattr(
        Output,
        "wish",
        lambda output, now_s, with_controllers: output.override or next(iter(output.demands.values()), None),
    )


def _no_rule(name):
    # Replaced and not taken out: what is put back into a dictionary goes to its end, and rules count in their order.
    return lambda monkeypatch: monkeypatch.setitem(decision.RULES, name, lambda *given: None)


def _believe_anything(monkeypatch):
    good = Belief(value=25.0, quality=Quality.GOOD, measured_s=0.0)
    monkeypatch.setattr(Evidence, "look", lambda evidence, name: good)
    monkeypatch.setattr(Evidence, "lack", lambda evidence, looked: "")


def _forget_at_restart(monkeypatch):
    monkeypatch.setattr(Gate, "restore", lambda gate, saved: None)


BUGS = {
    "a demand lives for ever": (_no_lease, "i2_nothing_is_on_beyond_what_anybody_wishes"),
    "any evidence will do": (_believe_anything, "i1_no_heater_is_on_without_good_evidence"),
    "no rule of evidence": (_no_rule("lease"), "i1_no_heater_is_on_without_good_evidence"),
    "no interlocks": (_no_rule("interlocks"), "i4_interlocked_outputs_are_never_on_together"),
    "no longest time on": (_no_rule("max on"), "i5_the_longest_time_on_and_the_quota_hold"),
    "no quota": (_no_rule("quota"), "i5_the_longest_time_on_and_the_quota_hold"),
    "quotas begin anew at a restart": (_forget_at_restart, "i5_the_longest_time_on_and_the_quota_hold"),
}


@pytest.mark.parametrize("bug", list(BUGS))
def test_a_planted_bug_is_found(bug, monkeypatch):
    plant, finder = BUGS[bug]
    plant(monkeypatch)
    hunt = settings(QUICK, max_examples=600, phases=[Phase.generate], database=None, derandomize=True)
    with pytest.raises(AssertionError) as caught:
        run_state_machine_as_test(GateModel, settings=hunt)
    assert finder in [entry.name for entry in caught.traceback]
