"""One simulated computer in virtual time: its supervisor, life after life, its faults and what watches both.

It must not change what the supervisor does: everything that is simulated lies behind its ports or its wires.
"""

import asyncio
import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf, isfinite
from pathlib import Path
from typing import Any, Final

from alimante.app import Ports, Supervisor
from alimante.config.model import Config, Mqtt
from alimante.core.clock import ManualClock
from alimante.core.events import (
    CommandFinished,
    CommandReceived,
    Event,
    HealthChanged,
    LinkChanged,
    ReadingTaken,
    SafetyActed,
)
from alimante.core.rng import RandomStreams
from alimante.io.worker import InlineWorker, Worker
from alimante.mqtt.link import Link, Will
from alimante.services.systemd import NullNotifier
from alimante.simulation.broker import MemoryBroker
from alimante.simulation.computer import MemoryDisk, ScriptedFacts
from alimante.simulation.curves import Curves, every_s
from alimante.simulation.faults import Fault
from alimante.simulation.ledger import FaultRecord, Ledger
from alimante.simulation.liveness import Liveness
from alimante.simulation.oracles import Oracles
from alimante.simulation.trace import Trace
from alimante.wiring import open_wires
from hardware.sim.faults import BadFault
from hardware.sim.sabotage import Sabotage

RESTART_S: Final = 2.0
"""After so long the service manager starts a process again that ended (`RestartSec` of the unit)."""
TASKS_S: Final = 600.0

_DISK: Final = {"full": errno.ENOSPC, "readonly": errno.EROFS, "failing": errno.EIO}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run: a configuration that is on simulated wires already, for how long, with which faults."""

    config: Config
    begins_wall_s: float
    for_s: float
    faults: tuple[Fault, ...] = ()
    seed: int = 1
    on_progress: Callable[[float], None] = lambda share: None
    on_look: "Callable[[Node], None]" = lambda node: None
    """Told after each look at the truth, about once a second."""


@dataclass(slots=True)
class Life:
    """One process of the supervisor."""

    supervisor: Supervisor
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None
    unhear: Callable[[], None] = lambda: None


class Node:
    """Runs a plan once; afterwards everything that there is to know stands in its attributes.

    Must be made within the running loop of virtual time. Raises `BadFault` for a fault that the devices cannot have,
    and `CannotBuild`.
    """

    def __init__(self, plan: Plan, clock: ManualClock) -> None:
        self.plan = plan
        self.clock = clock
        self.start_s = clock.mono()
        self.broker = MemoryBroker()
        self.disk = MemoryDisk()
        self.facts = ScriptedFacts()
        self.trace = Trace()
        self.wires = open_wires(plan.config, now=clock.mono)
        world = self.wires.world
        if world is None:
            raise ValueError("the configuration has no simulated wire")
        self.plant = world.plant
        self.oracles = Oracles(plan.config, self.plant.loads, start_s=self.start_s)
        self.ledger = Ledger(plan.config, self.plant.loads, self.start_s)
        self.liveness = Liveness(self.ledger, self.broker, start_s=self.start_s)
        self.curves = Curves(every_s(plan.for_s))
        self.starts = 0
        self.ends: list[str] = []
        """Why processes ended before the run did."""
        self._sabotage = Sabotage(world, now=clock.mono, sleep=self._sleep, seed=plan.seed)
        self._streams = RandomStreams(plan.seed)
        self._workers: dict[str, InlineWorker] = {}
        self._life: Life | None = None
        self._loop = asyncio.get_running_loop()
        self._look_s = max(1.0, plan.config.control.tick_s)
        self._sampled_s = self._counted_s = self.start_s
        self._faults = [fault for fault in plan.faults if self._can_be(fault)]

    def _can_be(self, fault: Fault) -> bool:
        """Whether what `fault` breaks can break so. Raises `BadFault` where a person asked for it."""
        try:
            if fault.device is not None:
                self._sabotage.add(fault.device)
        except BadFault:
            if not fault.is_drawn:
                raise
            return False
        return True

    @property
    def supervisor(self) -> Supervisor | None:
        """The one that runs now, if any."""
        return None if self._life is None else self._life.supervisor

    async def run(self) -> None:
        """From the start to the end of the plan."""
        for fault in self._faults:
            self._schedule(self.ledger.add(fault))
        self._sample()
        self._watch(self.start_s + self._look_s)
        end_s = self.start_s + self.plan.for_s
        while self.clock.mono() < end_s:
            await self._live(end_s)
            if self.clock.mono() < end_s:
                await asyncio.sleep(min(RESTART_S, end_s - self.clock.mono()))
        self._look(self.clock.mono())
        self._sample()
        self.liveness.look(self.clock.mono())
        self.trace.add(repr(self.plant.truth()))
        self.trace.add(repr(sorted(self.broker.retained)))

    async def _live(self, end_s: float) -> None:
        """One life of the process."""
        life = self._life = self._begin()
        life.task = asyncio.create_task(life.supervisor.run(life.stop))
        await asyncio.wait([life.task], timeout=end_s - self.clock.mono())
        is_cut = not life.task.done()
        life.stop.set()
        await asyncio.wait([life.task])
        life.unhear()
        self._life = None
        self.oracles.begin_life(None, self.clock.mono())
        self.ledger.end_life()
        error = life.task.exception()
        for wire in self.wires.opened.values():  # as the kernel does when a process ends
            wire.close()
        if error is not None:
            self.ends.append(f"{type(error).__name__}: {error}")
            self.oracles.restarted(self.clock.mono())
        elif not is_cut:
            self.ends.append("it was stopped")

    def _begin(self) -> Life:
        self.starts += 1
        life = Life(Supervisor(self.plan.config, self._ports(), on_address=lambda host, port: None))
        life.unhear = life.supervisor.bus.subscribe(Event, self._on_event)
        self.oracles.begin_life(life.supervisor, self.clock.mono())
        self.liveness.begin_life(life.supervisor)
        return life

    def _ports(self) -> Ports:
        return Ports(
            clock=self.clock,
            streams=self._streams,
            notifier=NullNotifier(),
            worker=self._worker,
            link=self._link,
            files=self.disk,
            state_dir=Path("/state"),
            facts=self.facts,
            wires=self.wires,
        )

    def _worker(self, wire: str, on_wedged: Callable[[bool, str], None]) -> Worker:
        worker = InlineWorker(wire, clock=self.clock, on_wedged=on_wedged)
        self._workers[wire] = worker
        if wire not in self.wires.opened:
            self.disk.sleep = worker.sleep
        return worker

    def _link(self, mqtt: Mqtt, will: Will, use_v5: bool) -> Link:
        return self.broker.link(will)

    def _sleep(self, device: str, seconds: float) -> None:
        """Keep the device's wire busy; what hangs without end comes back when its fault is over."""
        now_s = self.clock.mono()
        ends_s = [
            self.start_s + record.fault.ends_s
            for record in self.ledger.faults
            if record.is_active and record.fault.target == device
        ]
        worker = self._workers[self.plan.config.devices[device].wire]
        if seconds == inf and ends_s:
            seconds = max(0.0, min(ends_s) - now_s - worker.slept_s)
        worker.sleep(seconds)

    def _on_event(self, event: Event) -> None:
        now_s = self.clock.mono()
        self.trace.event(now_s, event)
        kind = event.__class__
        if kind is ReadingTaken:
            self.oracles.on_reading(event, now_s)  # type: ignore[arg-type]
            return
        self.ledger.hear(event, now_s)
        if kind in _JUDGED:
            self._judge(event, now_s)

    def _judge(self, event: Any, now_s: float) -> None:
        match event:
            case SafetyActed():
                self.oracles.on_acted(event, now_s)
            case HealthChanged():
                self.oracles.on_health(event)
            case CommandReceived():
                self.oracles.on_command(event)
            case CommandFinished():
                self.oracles.on_finished(event, now_s)
            case LinkChanged():
                self.liveness.on_link(connected=event.connected, now_s=now_s)

    # Looking.

    def _watch(self, due_s: float) -> None:
        """Look again and again. A timer without a task, which no cancellation reaches."""
        if due_s > self.start_s + self.plan.for_s:
            return
        self._loop.call_at(due_s, self._watched, due_s)

    def _watched(self, due_s: float) -> None:
        now_s = self.clock.mono()
        self._look(now_s)
        self._watch(max(due_s + self._look_s, now_s))

    def _look(self, now_s: float) -> None:
        for record in self.ledger.faults:
            if record.is_active and record.fault.device is not None:
                self.oracles.taint(record.fault.target, now_s)
        self.oracles.look(now_s, self.plant.truth() if self.oracles.wants_truth(now_s) else None)
        self.liveness.look(now_s)
        if self._faults:
            self.ledger.look(now_s)
        self.plan.on_look(self)
        if now_s - self._sampled_s >= self.curves.every_s:
            self._sample()
        if now_s - self._counted_s >= TASKS_S:
            self._counted_s = now_s
            self.oracles.tasks(len(asyncio.all_tasks()), now_s)

    def _sample(self) -> None:
        self._sampled_s = self.clock.mono()
        at_s = self._sampled_s - self.start_s
        self.curves.add(at_s, self.plant.truth())
        self.plan.on_progress(min(at_s / self.plan.for_s, 1.0))

    # Breaking.

    def _schedule(self, record: FaultRecord) -> None:
        fault = record.fault
        self._loop.call_at(self.start_s + fault.at_s, self._break, record)
        if isfinite(fault.ends_s) and fault.for_s > 0:
            self._loop.call_at(self.start_s + fault.ends_s, self._repair, record)

    def _break(self, record: FaultRecord) -> None:
        fault = record.fault
        record.is_active = True
        self.ledger.sometimes[f"fault {fault.kind}"] += 1
        if fault.device is not None:
            self.oracles.taint(fault.target, self.clock.mono())
            self._sabotage.step()
        else:
            _BREAK[fault.target](self, fault)
        if fault.for_s == 0:
            self._repair(record)

    def _repair(self, record: FaultRecord) -> None:
        record.is_active, record.is_over = False, True
        self.liveness.repaired(record, self.clock.mono())
        fault = record.fault
        if fault.device is not None:
            self._sabotage.step()
        elif fault.for_s > 0:
            _REPAIR[fault.target](self, fault)

    def _break_broker(self, fault: Fault) -> None:
        self.broker.go_down()

    def _repair_broker(self, fault: Fault) -> None:
        self.broker.go_up()

    def _break_clock(self, fault: Fault) -> None:
        if fault.kind == "step":
            self.clock.step_wall(fault.argument)
        else:
            self.clock.set_synced(False)

    def _repair_clock(self, fault: Fault) -> None:
        self.clock.set_synced(True)

    def _break_disk(self, fault: Fault) -> None:
        if fault.kind == "slow":
            self.disk.slow_s = fault.argument
        else:
            self.disk.fault = _DISK[fault.kind]
            if fault.kind == "full":
                self.facts.changed |= {"disk_free_bytes": 0.0, "disk_free_percent": 0.0}

    def _repair_disk(self, fault: Fault) -> None:
        self.disk.slow_s, self.disk.fault = 0.0, 0
        self.facts.changed.clear()

    def _break_process(self, fault: Fault) -> None:
        if fault.kind == "pause":
            self.clock.advance(fault.argument)
            self.oracles.resumed(self.clock.mono())
        elif self._life is not None:
            self._life.stop.set()


_JUDGED: Final = frozenset({SafetyActed, HealthChanged, CommandReceived, CommandFinished, LinkChanged})
_Deed = Callable[[Node, Fault], None]
_BREAK: Final[dict[str, _Deed]] = {
    "broker": Node._break_broker,
    "clock": Node._break_clock,
    "disk": Node._break_disk,
    "process": Node._break_process,
}
_REPAIR: Final[dict[str, _Deed]] = {
    "broker": Node._repair_broker,
    "clock": Node._repair_clock,
    "disk": Node._repair_disk,
}
